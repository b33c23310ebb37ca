"""Where applicants put a field: one small paper for each way of laying out a form."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paper import SHA, by_name, pages, paper, programme, table

from extractors.form import extract, extract_pages
from pipeline.model import BBox, Cell, Document, FieldValue, Line, Method, Page, Period, Table
from pipeline.programme import load_programme

CODE = "91350100MA2XQ3JC5T"


def read(*blocks: str | Line | Table, method: Method = Method.DOCX) -> dict[str, list[FieldValue]]:
    return by_name(extract(paper(*blocks, method=method), programme()))


def said(*blocks: str | Line | Table, method: Method = Method.DOCX) -> dict[str, object]:
    """The one value of each field; two claims of one field are a failure of the test."""
    found = read(*blocks, method=method)
    assert all(len(claims) == 1 for claims in found.values()), found
    return {name: claims[0].value for name, claims in found.items()}


# --- tables ---------------------------------------------------------------------------------------------------


def test_two_columns() -> None:
    assert said(table(["项目名称", "示例平台"], ["法定代表人", "林示例"])) == {
        "project_name": "示例平台",
        "legal_representative": "林示例",
    }


def test_labels_between_tabs_that_the_form_does_not_ask_for() -> None:
    assert said("研发人员\t13\t企业规模\t中型", "职工总数\t42\t邮 政 编 码： 350001") == {
        "rd_employees": 13,
        "employees": 42,
    }


def test_four_columns_with_merged_rows() -> None:
    form = table(
        ["项目名称", ("示例平台", 3)],
        ["申报单位", "示例科技有限公司", "成立时间", "2015年6月1日"],
        ["联系人", "林示例", "联系电话", "0591-87654321"],
        ["项目简介", ("本项目面向制造业。", 3)],
    )
    assert said(form) == {
        "project_name": "示例平台",
        "applicant_name": "示例科技有限公司",
        "established_on": date(2015, 6, 1),
        "contact_name": "林示例",
        "contact_phone": "0591-87654321",
        "summary": "本项目面向制造业。",
    }


def test_label_above_value() -> None:
    form = table(["企业名称", "注册资本（万元）", "法定代表人"], ["示例科技有限公司", "500", "林示例"])
    assert said(form) == {
        "applicant_name": "示例科技有限公司",
        "registered_capital": Decimal("5000000.00"),
        "legal_representative": "林示例",
    }


def test_narrative_under_its_own_row() -> None:
    form = table(["联系人", "林示例"], [("项目简介（300字以内）", 2)], [("本项目很好。\n已经应用。", 2)])
    assert said(form) == {"contact_name": "林示例", "summary": "本项目很好。已经应用。"}


def test_label_and_value_in_one_cell() -> None:
    form = table(["申报单位（盖章）：示例科技有限公司", "联系人：林示例\n联系电话：13800000000"])
    assert said(form) == {
        "applicant_name": "示例科技有限公司",
        "contact_name": "林示例",
        "contact_phone": "13800000000",
    }


def test_label_above_value_in_one_cell() -> None:
    assert said(table(["申报单位\n示例科技有限公司", "申报单位\n意见"])) == {"applicant_name": "示例科技有限公司"}


def test_group_labels_one_character_a_line() -> None:
    form = table(
        [("申\n报\n单\n位\n情\n况", 1, 3), "单位名称", "示例科技有限公司"],
        ["注册地址", "福州市鼓楼区示例路1号"],
        ["员工总数", "120人"],
        [("项\n目\n概\n况", 1, 2), "项目名称", "示例平台"],
        ["联系人", "林示例"],
    )
    assert said(form) == {
        "applicant_name": "示例科技有限公司",
        "registered_address": "福州市鼓楼区示例路1号",
        "employees": 120,
        "project_name": "示例平台",
        "contact_name": "林示例",
    }


def test_narrow_cells_break_values_and_labels() -> None:
    form = table(
        ["统一社会\n信用代码", f"{CODE[:8]}\n{CODE[8:]}", "电子\n邮箱", "someone@exam\nple.com"],
        ["联系\n电话", "1380000\n0000", "项 目 名 称", "示例\n平台"],
    )
    assert said(form) == {
        "uscc": CODE,
        "contact_email": "someone@example.com",
        "contact_phone": "13800000000",
        "project_name": "示例平台",
    }


def test_code_written_a_character_a_cell() -> None:
    assert said(table(["统一社会信用代码", *CODE], ["项目名称", ("示例平台", 18)]))["uscc"] == CODE


def test_longest_label_wins() -> None:
    form = table(
        ["项目联系人", "林示例", "联系人电话", "13800000000"],
        ["产品销售收入（万元）", "12", "营业收入（万元）", "34"],
        ["研发投入占比", "10%", "研发投入", "3.4万元"],
    )
    assert said(form) == {
        "contact_name": "林示例",
        "contact_phone": "13800000000",
        "product_revenue": Decimal("120000.00"),
        "revenue": Decimal("340000.00"),
        "rd_ratio": Decimal("0.1"),
        "rd_expense": Decimal("34000.00"),
    }


@pytest.mark.parametrize(
    "label",
    [
        "1.营业收入（万元）",
        "（一）2023年度营业收入（单位：万元）",
        "★营业收入/万元",
        "营业收入*（万元）：",
        "营 业\n收 入\n（万元）",
        "一、上年度营业收入（万元，经审计）",
        "①营业收入［万元］".replace("［", "[").replace("］", "]"),
        "企业营业收入（万元）",
        "2023年末营业收入总额（万元）",
    ],
)
def test_ways_to_write_a_label(label: str) -> None:
    assert said(table([label, "864.5"])) == {"revenue": Decimal("8645000.00")}


@pytest.mark.parametrize(
    "label", ["营业收入增长率", "2022年营业收入", "申报单位意见", "研发人员占比", "项目名称变更说明"]
)
def test_longer_words_are_other_labels(label: str) -> None:
    assert said(table([label, "示例"])) == {}


def test_unit_in_a_cell_of_its_own_or_above_the_table() -> None:
    assert said(table(["注册资本", "500", "万元"])) == {"registered_capital": Decimal("5000000.00")}
    assert said("（单位：元）", table(["资产总额", "500"]))["total_assets"] == Decimal("500.00")
    assert said(table(["资产总额", "0.5亿元"]))["total_assets"] == Decimal("50000000.00")


def test_column_of_the_year_that_is_asked_for() -> None:
    form = table(
        ["指标", "2021年", "2022年", "2023年"], ["营业收入（万元）", "1", "2", "3"], ["净利润", "1", "2", "-3"]
    )
    assert said(form) == {"revenue": Decimal("30000.00"), "net_profit": Decimal("-30000.00")}


def test_row_of_the_year_that_is_asked_for() -> None:
    form = table(["年度", "营业收入", "净利润"], ["2022年", "1", "2"], ["2023年", "3", "4"])
    assert said(form) == {"revenue": Decimal("30000.00"), "net_profit": Decimal("40000.00")}


def test_telephone_of_somebody_else() -> None:
    form = table(
        ["法定代表人", "姓名", "陈示例", "联系电话", "0591-11111111"],
        ["项目负责人", "姓名", "李示例", "手机", "13911111111"],
        ["联系人", "姓名", "林示例", "联系电话", "0591-87654321"],
    )
    assert said(form) == {
        "legal_representative": "陈示例",
        "contact_name": "林示例",
        "contact_phone": "0591-87654321",
    }


def test_list_of_people_is_not_the_contact() -> None:
    form = table(["序号", "姓名", "职务", "联系电话"], ["1", "甲", "工程师", "13900000000"])
    assert said(form) == {}


def test_several_fields_in_one_label() -> None:
    form = table(["联系人及电话", "林示例 13800000000"], ["法定代表人", "陈示例"])
    assert said(form) == {"contact_name": "林示例", "contact_phone": "13800000000", "legal_representative": "陈示例"}


def test_authority_s_opinion_has_a_contact_of_its_own() -> None:
    form = table(["联系人", "林示例"], ["主管部门意见", "同意推荐。\n联系人：王示例"])
    assert said(form) == {"contact_name": "林示例"}
    assert said("联系人：林示例", "推荐单位意见：", "联系人：王示例") == {"contact_name": "林示例"}


def test_figures_with_remarks() -> None:
    form = table(["职工总数", "210（人）"], ["注册资本", "500万元（人民币）"])
    assert said(form) == {"employees": 210, "registered_capital": Decimal("5000000.00")}


def test_unit_of_a_part_of_the_table() -> None:
    form = table(["注册资本", "500万元"], [("财务情况（单位：元）", 2)], ["资产总额", "500"])
    assert said(form)["total_assets"] == Decimal("500.00")


def test_labels_in_brackets() -> None:
    assert said("【项目名称】示例平台", "【联系人】林示例　【联系电话】13800000000") == {
        "project_name": "示例平台",
        "contact_name": "林示例",
        "contact_phone": "13800000000",
    }


def test_spacer_column() -> None:
    assert said(table(["项目名称", "", "示例平台"])) == {"project_name": "示例平台"}


@pytest.mark.parametrize("blank", ["", "无", "/", "—", "N/A", "____", "　", "   年   月   日", "万元"])
def test_blank(blank: str) -> None:
    claim = read(table(["电子邮箱", blank]))["contact_email"][0]
    assert (claim.value, claim.problem) == (None, None)


def test_placeholder_is_blank() -> None:
    assert said(table(["项目名称", "（请填写与合同一致的名称）"])) == {"project_name": None}


def test_blank_beside_next_label() -> None:
    assert said(table(["项目名称", "", "联系人", "林示例"])) == {"project_name": None, "contact_name": "林示例"}


# --- lines ----------------------------------------------------------------------------------------------------


def test_lines() -> None:
    assert said("项 目 名 称：示例平台", "申报单位：示例科技有限公司", "填报日期：2024年6月28日") == {
        "project_name": "示例平台",
        "applicant_name": "示例科技有限公司",
        "signed_on": date(2024, 6, 28),
    }


@pytest.mark.parametrize("gap", ["    ", "\t", "；", "　　", " "])
def test_several_pairs_in_a_line(gap: str) -> None:
    line = gap.join(["联系人：林示例", "传真：0591-1111111", "联系电话：13800000000"])
    assert said(line) == {"contact_name": "林示例", "contact_phone": "13800000000"}


def test_pairs_that_lost_their_space() -> None:
    assert said("联系人：林示例联系电话：13800000000") == {"contact_name": "林示例", "contact_phone": "13800000000"}


def test_wide_gap_for_a_colon() -> None:
    assert said("项目名称    示例平台", "申报单位  示例科技有限公司") == {
        "project_name": "示例平台",
        "applicant_name": "示例科技有限公司",
    }


def test_value_on_the_next_line() -> None:
    assert said("项目名称：", "示例平台", "联系人：林示例") == {"project_name": "示例平台", "contact_name": "林示例"}


def test_narrative_until_the_next_label() -> None:
    text = ["四、项目简介", "第一段。", "第二段：产品 v2 release", "五、承诺", "本单位承诺。"]
    assert said(*text) == {"summary": "第一段。第二段：产品 v2 release"}


def test_narrative_in_a_box_under_its_heading() -> None:
    assert said("四、项目简介", table(["第一段。\n第二段。"])) == {"summary": "第一段。第二段。"}


def test_value_wrapped_at_the_right_margin() -> None:
    lines = [
        Line("项目名称：面向离散制造业的工业视觉质检大模型研", BBox(90, 100, 500, 112)),
        Line("发与应用", BBox(90, 118, 140, 130)),
        Line("示例科技有限公司", BBox(300, 400, 400, 412)),
    ]
    assert said(*lines, method=Method.PDF) == {"project_name": "面向离散制造业的工业视觉质检大模型研发与应用"}


def test_a_short_line_set_apart_from_a_paragraph_is_no_part_of_it() -> None:
    lines = [
        Line("项目概况", BBox(54, 100, 100, 112)),
        Line("已批量供货，用于产线巡检、设备预测性维护等，典型功耗低，工作温", BBox(54, 114, 530, 126)),
        Line("度范围宽，用户反映良好。", BBox(54, 128, 230, 140)),
        Line("项目负责人职称", BBox(54, 160, 116, 172)),
        Line("高级工程师", BBox(54, 174, 110, 186)),
    ]
    expected = "已批量供货，用于产线巡检、设备预测性维护等，典型功耗低，工作温度范围宽，用户反映良好。"
    assert said(*lines, method=Method.OCR) == {"summary": expected}


def test_instructions_claim_nothing() -> None:
    front = ["填写说明", "1.项目名称：应与合同一致。", "2.联系人：填写经办人姓名。", "3. 注册资本：万元"]
    content = (front, ["项目名称：示例平台"])
    assert by_name(extract(pages(*content), programme()))["project_name"][0].raw == "示例平台"
    assert set(by_name(extract(pages(*content), programme()))) == {"project_name"}
    assert said(*front, table(["项目名称", "示例平台"])) == {"project_name": "示例平台"}


def test_instructions_end_with_their_page_where_each_page_is_a_file() -> None:
    front = Page(1, Method.OCR, (Line("填写说明"), Line("1.项目名称：应与合同一致。")))
    form = Page(1, Method.OCR, (Line("项目名称：示例平台"),))
    files = [Document(f"page {number}", "image/jpeg", "image", (page,), 1) for number, page in enumerate((front, form))]
    claims = by_name(extract_pages(files, programme()))
    assert [(claim.raw, claim.evidence.sha256) for claim in claims["project_name"]] == [("示例平台", "page 1")]


def test_words_about_a_field_are_not_its_value() -> None:
    assert (
        said("申报单位应当在辖区内从事生产经营活动。", "联系人和联系电话请如实填写。", "注：项目名称：不超过30字") == {}
    )


def test_signature_place_is_not_a_blank_field() -> None:
    assert said("申报单位（盖章）：", "年   月   日") == {}


def test_cover_and_table_are_two_claims() -> None:
    found = read("项目名称：示例平台一期", table(["项目名称", "示例平台"]))
    assert [claim.value for claim in found["project_name"]] == ["示例平台一期", "示例平台"]


def test_page_numbers_and_running_heads_are_no_values() -> None:
    contents = [
        ["2024年申报材料", "项目名称：示例平台", "联系人：", "- 1 -"],
        ["2024年申报材料", "示例", "第2页 共3页"],
        ["2024年申报材料", "示例", "3"],
    ]
    found = by_name(extract(pages(*contents), programme()))
    assert {claim.value for claims in found.values() for claim in claims} <= {"示例平台", "示例", None}


# --- over a page break ----------------------------------------------------------------------------------------


def test_form_goes_on_and_a_cell_is_broken() -> None:
    found = by_name(
        extract(
            pages(
                [table(["联系人", "林示例"], ["项目简介", "第一段，"]), "1"],
                [table(["", "接着说。"], ["项目名称", "示例平台"]), "2"],
            ),
            programme(),
        )
    )
    assert {name: claims[0].value for name, claims in found.items()} == {
        "contact_name": "林示例",
        "summary": "第一段，接着说。",
        "project_name": "示例平台",
    }


def test_a_list_goes_on_in_the_cell_whose_label_stands_before_it_on_the_page_before() -> None:
    head = ["用户单位", "合同金额（万元）", "应用时间"]
    above = table([("推广应用情况", 1, 2), *head], ["示例甲", "128.5", "2022年9月1日"])
    below = table(
        [("", 1, 3), "公司", "", ""],
        ["示例乙", "96", "2022年10月1日"],
        ["示例丙", "33", "2022年11月1日"],
        ["项目名称", ("示例平台", 3)],
    )
    found = by_name(extract(pages([above], [below]), programme()))
    rows = found["customers"][0].value
    assert isinstance(rows, tuple)
    names = [row["customer_name"].value for row in rows if not isinstance(row, str)]
    assert names == ["示例甲公司", "示例乙", "示例丙"]
    assert found["project_name"][0].value == "示例平台"


def test_pictures_of_one_paper() -> None:
    first = Document("b" * 64, "image/jpeg", "t", (Page(1, Method.OCR, (table(["项目名称", "示例平台"]),)),), 1)
    second = Document("c" * 64, "image/jpeg", "t", (Page(1, Method.OCR, (table(["联系人", "林示例"]),)),), 1)
    found = by_name(extract_pages((first, second), programme()))
    assert found["contact_name"][0].evidence.sha256 == "c" * 64
    assert found["project_name"][0].evidence.sha256 == "b" * 64


def test_contract_bound_behind_the_form() -> None:
    found = by_name(extract(pages(["联系人：林示例"], ["算力服务合同", "联系人：陈示例"]), programme()))
    assert [claim.value for claim in found["contact_name"]] == ["林示例"]


def test_narrative_goes_on_overleaf() -> None:
    found = by_name(extract(pages(["项目简介：", "- 1 -"], ["本项目很好。", "已经应用。"]), programme()))
    assert [claim.value for claim in found["summary"]] == ["本项目很好。已经应用。"]
    found = by_name(extract(pages([table([("项目简介", 2)])], ["本项目很好。", "已经应用。"]), programme()))
    assert [claim.value for claim in found["summary"]] == ["本项目很好。已经应用。"]


def test_a_label_of_which_the_last_line_was_not_read() -> None:
    found = read(table(["总资产（元", "173898500"], ["申报单位（", "示例有限公司"]), method=Method.OCR)
    assert found["total_assets"][0].value == Decimal(173898500)
    assert found["applicant_name"][0].value == "示例有限公司"


def test_value_of_a_recogniser_that_may_have_lost_a_point() -> None:
    claim = read(table(["研发投入占比", "55\n55%"]), method=Method.OCR)["rd_ratio"][0]
    assert claim.confidence < 0.9


# --- evidence -------------------------------------------------------------------------------------------------


def test_evidence() -> None:
    cell = Cell(1, 2, 1, 1, (Line("示例平台", BBox(10, 20, 60, 30), 0.93), Line("一期", BBox(10, 32, 30, 42), 0.95)))
    label = Line("项目名称", BBox(1, 1, 2, 2), 0.5)
    form = table([Cell(1, 1, 1, 1, (label,)), cell])
    claim = extract(paper("封面", form, method=Method.OCR, number=2), programme())[0]
    assert claim.evidence.sha256 == SHA
    assert (claim.evidence.page, claim.evidence.place) == (2, "第2页 表1第1行第2列")
    assert claim.evidence.bbox == BBox(10, 20, 60, 42)
    assert claim.confidence == 0.93
    assert claim.raw == "示例平台\n一期"


def test_period() -> None:
    found = said(table(["算力服务起止时间", "2023年1月1日至2023年12月31日"]))
    assert found == {"compute_period": Period(date(2023, 1, 1), date(2023, 12, 31))}


# --- anything at all ------------------------------------------------------------------------------------------

SOME_WORDS = (
    "项目名称 联系人 联系电话： 有□无☑ 注册资本（万元） 合同编号 合同金额 序号 权利人 合计 无 / ____ 13800000000 "
    "是否列入经营异常名录或失信名单 本单位□有☑无涉黑涉恶违法行为 项目简介 填写说明 2023年 ：： （（ ☑ ◪"
)
WORDS = st.sampled_from(SOME_WORDS.split())
TEXT = st.one_of(WORDS, st.text(max_size=12), st.lists(WORDS, max_size=4).map("  ".join))
BOX = st.none() | st.builds(
    BBox, *[st.floats(0, 900, allow_nan=False, allow_infinity=False, width=32) for _ in range(4)]
)
LINE = st.builds(Line, TEXT, BOX, st.floats(0, 1, width=32))
CELL = st.builds(Cell, *[st.integers(1, 6)] * 2, *[st.integers(0, 9)] * 2, st.lists(LINE, max_size=3).map(tuple), BOX)
TABLE = st.builds(Table, st.lists(CELL, max_size=14).map(tuple), BOX)
PAGE = st.builds(
    Page,
    st.none() | st.integers(1, 9),
    st.sampled_from(Method),
    st.lists(LINE | TABLE, max_size=6).map(tuple),
    st.none() | st.just(595.0),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(PAGE, max_size=3))
def test_never_raises(found: list[Page]) -> None:
    document = Document(SHA, "application/pdf", "t", tuple(found), len(found))
    for value in extract(document, programme()):
        assert value.name in {spec.name for spec in programme().fields}
        assert value.evidence.sha256 == SHA


def test_an_earlier_years_figure_on_a_scan_is_not_this_years() -> None:
    lines = (
        Line("2023年营业收入（万元）：41800", BBox(50, 500, 220, 512)),
        Line("2022年营业收入（万元）：5123.40", BBox(50, 559, 215, 571)),
    )
    document = Document("sha", "image/png", "image", (Page(1, Method.OCR, lines, 600, 800),), 1)
    claims = [claim for claim in extract(document, load_programme("fujian-ai-2024")) if claim.name == "revenue"]
    assert [claim.value for claim in claims] == [Decimal("418000000.00")]
