"""Forms as other bureaus make them and other applicants fill them in: labels, years, units, marks, signatures."""

from datetime import date
from decimal import Decimal

import pytest
from paper import by_name, paper, programme, table

from extractors.form import extract
from pipeline.model import FieldValue, Line, Period, Table


def read(*blocks: str | Line | Table) -> dict[str, list[FieldValue]]:
    return by_name(extract(paper(*blocks), programme()))


def values(*blocks: str | Line | Table) -> dict[str, object]:
    return {name: claims[0].value for name, claims in read(*blocks).items()}


def rows(claim: FieldValue) -> list[dict[str, object]]:
    assert isinstance(claim.value, tuple)
    return [{key: cell.value for key, cell in row.items()} for row in claim.value if not isinstance(row, str)]


@pytest.mark.parametrize(
    ("title", "direction"),
    [
        ("“领雁”软件企业申报表", "lingyan"),
        ("（算力服务补助方向）", "compute"),
        ("申报算力服务补助、软件优质产品的单位填写申报表", None),
    ],
)
def test_a_direction_that_only_the_title_names(title: str, direction: str | None) -> None:
    assert values(title, "申报单位：示例科技有限公司").get("direction") == direction


def test_the_date_beside_the_seal_and_not_an_authoritys() -> None:
    form = ("申报单位：示例科技有限公司", "示例科技有限公司（盖章）", "2024年6月28日")
    assert values(*form)["signed_on"] == date(2024, 6, 28)
    assert "signed_on" not in values(form[0], "设区市工信局审核：", "（盖章）", "2024年7月9日")
    assert "signed_on" not in values(form[0], "示例局收文专用章", "2024年7月9日", "第031号")
    assert "signed_on" not in values("1. 成立日期 [日期题]", "2014-09-09")


def test_a_unit_in_a_heading_holds_down_to_the_next_heading() -> None:
    form = table(
        [("二、2023年度财务数据（亿元）", 4)],
        ["营业收入", "3.52", "净利润", "0.21"],
        [("三、投资情况", 4)],
        ["总投资", "260", "联系人", "林示例"],
    )
    found = values(form)
    assert (found["revenue"], found["net_profit"]) == (Decimal("352000000.00"), Decimal("21000000.00"))
    assert found["investment"] == Decimal("2600000.00")


def test_a_unit_in_a_tables_own_label() -> None:
    form = table(
        [("算力服务采购明细\n单位：元", 1, 2), "供应商", "合同编号", "合同金额"],
        ["示例算力有限公司", "A-1", "836,000"],
    )
    assert rows(read(form)["compute_contracts"][0])[0]["amount"] == Decimal("836000.00")


def test_an_amount_that_nothing_gives_a_unit_is_doubtful_where_it_is_vast() -> None:
    assert read("营业收入：836,000")["revenue"][0].confidence < 0.9
    assert read("营业收入：8,360")["revenue"][0].confidence == 1.0


def test_figures_of_years_side_by_side() -> None:
    form = table(
        ["指标（单位：万元）", "2021年", "2022年", "2023年"],
        ["营业收入", "8100", "9320.55", "12688.3"],
        ["净利润", "610", "-120", "1024.6"],
    )
    assert values(form) == {"revenue": Decimal("126883000.00"), "net_profit": Decimal("10246000.00")}
    assert "revenue" not in values(table(["营业收入（2022年）", "9320.55"]))


def test_one_of_several_figures_that_nothing_tells_apart_is_doubtful() -> None:
    assert read(table(["营业收入（万元）", "9320", "12688"]))["revenue"][0].confidence < 0.9


def test_several_figures_in_a_sentence() -> None:
    found = values("十四、2023年营业收入 1,560.20 万元，净利润 96.5 万元", "职工总数： 38 人，其中研发人员 25 人")
    assert (found["revenue"], found["net_profit"]) == (Decimal("15602000.00"), Decimal("965000.00"))
    assert (found["employees"], found["rd_employees"]) == (38, 25)


@pytest.mark.parametrize("written", ["70.0%（2023年）", "70%，经审计", "70％（同比增长3个百分点）"])
def test_what_is_said_of_a_figure_changes_nothing_of_it(written: str) -> None:
    assert values(f"人工智能业务收入占比：{written}")["ai_revenue_ratio"] == Decimal("0.7000")


def test_a_loss_in_brackets_is_not_passed_over() -> None:
    assert read("净利润：120万元（亏损）")["net_profit"][0].value is None


def test_dots_lead_from_a_label_to_its_value() -> None:
    assert values("申报单位…………示例科技有限公司", "联系人......林示例") == {
        "applicant_name": "示例科技有限公司",
        "contact_name": "林示例",
    }


def test_labels_in_two_languages() -> None:
    form = table(["申报单位 Applicant", "示例科技有限公司"], ["净利润 Net Profit (万元)", "(120.5)"])
    assert values(form) == {"applicant_name": "示例科技有限公司", "net_profit": Decimal("-1205000.00")}
    assert values(table(["模型名称 SampleGPT", ""]))["model_name"] == "SampleGPT"


def test_a_numbered_label_that_a_year_begins() -> None:
    assert values(table(["15. 2023年营业收入（万元）", "18650.2"]))["revenue"] == Decimal("186502000.00")


def test_telephones_of_others() -> None:
    form = table(
        ["类别", "姓名", "职务", "手机", "电子邮箱"],
        ["法定代表人", "赖示例", "董事长", "13800000001", "lai@example.com"],
        ["联系人", "温样例", "经理", "13800000002", "wen@example.com"],
    )
    found = values(form)
    assert (found["contact_phone"], found["contact_email"]) == ("13800000002", "wen@example.com")
    assert "contact_phone" not in values(table(["法定代表人姓名", "赖示例", "法人手机", "13800000001"]))


def test_answers_in_cells_of_their_own() -> None:
    form = table(
        ["企业类型", "软件和信息技术服务业企业", "工业企业\n√", "其他"], ["产品类别", "芯片 √", "传感器", "其他"]
    )
    assert values(form) == {"enterprise_type": "industrial", "hardware_kind": "chip"}


def test_an_answer_in_brackets_within_a_sentence() -> None:
    found = values("承诺：本单位有无涉黑涉恶违法行为（无），是否列入经营异常名录或失信名单（否）。")
    assert found == {"illegal_acts": "no", "listed_dishonest": "no"}


def test_a_detail_table_whose_rows_are_columns() -> None:
    turned = table(
        ["知识产权名称", "示例软件V1.0", "一种示例方法"],
        ["类型", "软件著作权", "发明专利"],
        ["登记号/专利号", "2021SR0000001", "ZL202010000001.7"],
    )
    assert [row["title"] for row in rows(read("一、自主知识产权情况", turned)["ip_rights"][0])] == [
        "示例软件V1.0",
        "一种示例方法",
    ]


def test_a_list_ends_where_the_cell_that_names_it_ends() -> None:
    form = table(
        [("成果", 1, 2), "知识产权名称", "类型", "登记号"],
        ["示例软件V1.0", "软件著作权", "2021SR0000001"],
        [("情况说明", 1, 2), "序号", "内容", "说明"],
        ["1", "210", "2021-05-11"],
    )
    assert len(rows(read(form)["ip_rights"][0])) == 1


def test_a_paper_attached_in_a_word_file_claims_nothing() -> None:
    form = [f"{label}：{text}" for label, text in (
        ("申报单位", "示例科技有限公司"), ("联系人", "林示例"), ("注册资本", "500万元"), ("职工总数", "20人"),
        ("总资产", "800万元"), ("总负债", "100万元"), ("净利润", "20万元"), ("营业收入", "700万元"),
        ("项目名称", "示例平台"), ("法定代表人", "陈示例"),
    )]  # fmt: skip
    behind = ("附件3：购销合同", "联系人：曾甲方", "签订日期：2023年3月1日")
    assert [claim.value for claim in read(*form, *behind)["contact_name"]] == ["林示例"]
    listed = ("附件1：营业执照", "附件2：审计报告", "填报日期：2024年6月28日")
    assert values(*form, *listed)["signed_on"] == date(2024, 6, 28)


def test_a_question_that_says_first_about_whom_it_asks() -> None:
    question = "企业（含法定代表人、实际控制人）\n有无涉黑涉恶违法行为"
    form = table(
        ["服务商名称", "合同编号", "合同金额（元）"],
        ["示例算力有限公司", "A-1", "836,000"],
        [(question, 2), "□有 ☑无"],
        [("申报单位近三年内是否被列入企业经营异常名录\n或失信企业名单", 2), "□是 ☑否"],
    )
    found = read("算力服务采购明细：", form)
    assert len(rows(found["compute_contracts"][0])) == 1
    assert (found["illegal_acts"][0].value, found["listed_dishonest"][0].value) == ("no", "no")
    assert "revenue" not in values(table(["近三年营业收入（万元）", "9320"]))


def test_names_of_one_field_side_by_side() -> None:
    form = table(["名称", "类别", "证书编号", "著作权人/专利权人"], ["示例软件", "软件著作权", "1", "示例科技有限公司"])
    assert rows(read("知识产权清单", form)["ip_rights"][0])[0]["owner"] == "示例科技有限公司"


def test_a_name_with_what_nobody_asks_for() -> None:
    assert values(table(["联系人/职务", "林示例/经理"])) == {"contact_name": "林示例"}
    assert values(table(["联系人/职务", "林示例"])) == {}


def test_words_that_are_ticked() -> None:
    assert values(table(["所属设区市", "□福州市 ☑厦门市 □漳州市"]))["city"] == "厦门市"
    assert values(table(["所属设区市", "福州市□ 厦门市☑ 漳州市□"]))["city"] == "厦门市"
    for written in ("□福州市 □厦门市", "☑福州市 ☑厦门市 □漳州市"):
        claim = read(table(["所属设区市", written]))["city"][0]
        assert claim.value is None
        assert claim.problem is not None


def test_a_period_that_says_its_length_and_a_number_that_says_its_share() -> None:
    found = values("算力服务起止时间：2023年1月1日起至2023年12月31日止（共12个月）", "研发人员数：52（占43.3%）")
    assert found["compute_period"] == Period(date(2023, 1, 1), date(2023, 12, 31))
    assert found["rd_employees"] == 52


@pytest.mark.parametrize("in_cell", [False, True])
def test_a_list_where_a_table_is_asked_for(*, in_cell: bool) -> None:
    items = (
        "1. 用户单位：示例会展有限公司，合同金额：120万元，应用时间：2022年3月；",
        "2. 用户单位：样例服务有限公司，合同金额：86.5万元，应用时间：2023年1月。",
    )
    form = [table(["主要用户", "\n".join(items)])] if in_cell else ["主要用户：", *items, "四、信用情况", "示例"]
    assert rows(read(*form)["customers"][0]) == [
        {"customer_name": "示例会展有限公司", "amount": Decimal("1200000.00"), "applied_on": date(2022, 3, 1)},
        {"customer_name": "样例服务有限公司", "amount": Decimal("865000.00"), "applied_on": date(2023, 1, 1)},
    ]


@pytest.mark.parametrize(
    "item",
    [
        "1. 示例会展有限公司，合同金额：120万元",
        "1. 客户名称：示例会展有限公司，所在行业：会展，合同金额：120万元",
        "1. 客户名称：示例会展有限公司（合同金额：120万元）",
        "1. 客户名称：示例会展有限公司",
    ],
)
def test_a_list_that_labels_do_not_tell_is_no_table(item: str) -> None:
    claim = read(table(["主要用户", item]))["customers"][0]
    assert claim.value is None
    assert claim.problem is not None


def test_one_label_of_two_fields_in_a_line() -> None:
    found = {"contact_name": "林示例", "contact_phone": "13800000001"}
    assert values("联系人及联系电话：林示例 13800000001") == found
    assert values("（十）联系人及电话：", "林示例，13800000001") == found
    assert values("（十）联系人及电话：", "二、经营情况") == {}
    assert values("联系人及电话：林示例，0591-8765 4321转18，13800000001") == {
        "contact_name": "林示例",
        "contact_phone": "0591-87654321-18/13800000001",
    }


@pytest.mark.parametrize("label", ["法定代表人/联系人", "法定代表人\n联系人", "法定代表人、联系人"])
def test_two_persons_under_one_label(label: str) -> None:
    found = {"legal_representative": "江示例", "contact_name": "林示例"}
    assert values(table([label, "江示例/林示例"])) == found
    assert values(f"{label}：江示例/林示例".replace("\n", "/")) == found
    assert not any(values(table([label, "江示例"])).values())


@pytest.mark.parametrize(
    ("label", "value"),
    [("营业收入/净利润（元）", "1,000"), ("营业收入/净利润", "10/5"), ("注册地址/经营地址", "福州市示例路1号，2号楼")],
)
def test_two_figures_or_addresses_under_one_label_are_not_parted(label: str, value: str) -> None:
    assert not any(values(table([label, value])).values())


def test_an_address_that_is_said_to_be_another() -> None:
    for written in ("同上", "同注册地址", "与注册地址一致", "☑同注册地址 □其他："):
        form = table(["注册地址", "福州市同安区示例路1号"], ["经营地址", written])
        assert values(form)["business_address"] == "福州市同安区示例路1号"
    for alone in (table(["经营地址", "同注册地址"]), table(["经营地址", "同上"])):
        claim = read(alone)["business_address"][0]
        assert claim.value is None
        assert claim.problem is not None
    assert values(table(["经营地址", "同安区示例路"]))["business_address"] == "同安区示例路"


def test_a_list_without_labels_whose_kinds_tell_the_columns() -> None:
    first = "1.示例发展有限公司（牵头单位），91350500MA8LT1J293，场景运营方"
    items = f"{first}\n2.样例软件有限公司，91350500MAKDYNXJ9T，技术提供方"
    assert rows(read(table(["协作单位（可多行）", items]))["consortium"][0]) == [
        {"member_name": "示例发展有限公司", "member_uscc": "91350500MA8LT1J293", "member_role": "operator"},
        {"member_name": "样例软件有限公司", "member_uscc": "91350500MAKDYNXJ9T", "member_role": "provider"},
    ]
    for unsure in (items.replace("，场景运营方", ""), items.replace("技术提供方", "技术提供方，示例服务有限公司")):
        assert read(table(["协作单位", unsure]))["consortium"][0].value is None
