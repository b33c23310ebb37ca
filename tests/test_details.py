"""Detail tables: where they stand in a form, where they end, what is no row of theirs."""

from datetime import date
from decimal import Decimal

import pytest
from paper import by_name, pages, paper, programme, table

from extractors.form import extract
from pipeline.model import Cell, Document, FieldValue, Line, Method, Table

CODE = "91350100MA2XQ3JC5T"
HEADER = ["序号", "知识产权名称", "类型", "登记号/专利号", "权利人"]
FIRST = ["1", "示例视觉软件V1.0", "软件著作权", "2023SR0000001", "示例科技有限公司"]
SECOND = ["2", "一种示例方法", "发明专利", "ZL202310000001.X", "示例科技有限公司"]


def rows(document: Document, name: str) -> list[dict[str, object]]:
    claims = by_name(extract(document, programme()))[name]
    assert len(claims) == 1, claims
    return plain(claims[0])


def plain(claim: FieldValue) -> list[dict[str, object]]:
    assert isinstance(claim.value, tuple), claim
    return [{key: cell.value for key, cell in row.items()} for row in claim.value if not isinstance(row, str)]


def titles(document: Document) -> list[object]:
    return [row["title"] for row in rows(document, "ip_rights")]


BOTH = ["示例视觉软件V1.0", "一种示例方法"]


def test_under_its_heading() -> None:
    assert rows(paper("七、自主知识产权情况", table(HEADER, FIRST)), "ip_rights") == [
        {"title": FIRST[1], "kind": FIRST[2], "number": FIRST[3], "owner": FIRST[4]}
    ]


def test_label_merged_to_the_left_among_other_rows() -> None:
    form = table(
        ["项目名称", ("示例平台", 5)],
        [("自主知识产权\n情况", 1, 4), *HEADER],
        FIRST,
        SECOND,
        ["", "", "", "", ""],
        ["联系人", ("林示例", 5)],
    )
    assert titles(paper(form)) == BOTH
    assert by_name(extract(paper(form), programme()))["contact_name"][0].value == "林示例"


def test_label_in_a_row_above() -> None:
    form = table(
        ["联系人", ("林示例", 4)], [("自主知识产权情况", 5)], HEADER, FIRST, SECOND, ["项目简介", ("很好。", 4)]
    )
    assert titles(paper(form)) == BOTH
    assert by_name(extract(paper(form), programme()))["summary"][0].value == "很好。"


def test_inside_a_cell() -> None:
    inner = table(HEADER, FIRST, SECOND)
    form = table(["知识产权情况", Cell(1, 2, 1, 1, (), None, (inner,))], ["联系人", "林示例"])
    assert titles(paper(form)) == BOTH


def test_inside_the_cell_of_its_label() -> None:
    inner = table(HEADER, FIRST, SECOND)
    form = table([Cell(1, 1, 1, 2, (Line("知识产权清单："),), None, (inner,))], ["联系人", "林示例"])
    assert titles(paper(form)) == BOTH


def test_without_any_label() -> None:
    assert titles(paper(table(HEADER, FIRST, SECOND))) == BOTH


@pytest.mark.parametrize("repeated", [True, False])
def test_over_a_page_break(repeated: bool) -> None:
    below = table(HEADER, SECOND) if repeated else table(SECOND)
    document = pages(["知识产权情况", table(HEADER, FIRST), "- 1 -"], [below], method=Method.PDF)
    assert titles(document) == BOTH


def test_row_broken_over_a_page() -> None:
    cut = ["2", "一种示", "发明专利", "ZL2023100", "示例科技"]
    rest = ["", "例方法", "", "00001.X", ""]
    assert rows(pages([table(HEADER, FIRST, cut)], [table(rest)]), "ip_rights")[1] == {
        "title": "一种示例方法",
        "kind": "发明专利",
        "number": "ZL202310000001.X",
        "owner": "示例科技",
    }


def test_totals_fillers_and_ellipses_are_no_rows() -> None:
    form = table(
        ["序号", "算力服务企业", "合同编号", "合同金额（万元）", "发票金额"],
        ["1", "示例算力有限公司", "HT-2023-\n001", "60", "60万元"],
        ["2", "/", "/", "/", "/"],
        ["……", "", "", "", ""],
        [("合  计", 3), "60", "60"],
    )
    assert rows(paper(form), "compute_contracts") == [
        {
            "provider_name": "示例算力有限公司",
            "contract_no": "HT-2023-001",
            "amount": Decimal("600000.00"),
            "invoiced": Decimal("600000.00"),
        }
    ]


def test_unit_above_the_table() -> None:
    form = table(["服务商名称", "合同编号", "采购金额"], ["示例算力有限公司", "1号", "600000"])
    assert rows(paper("采购明细", "单位：元", form), "compute_contracts")[0]["amount"] == Decimal("600000.00")
    assert rows(paper("采购明细（单位：元）", form), "compute_contracts")[0]["amount"] == Decimal("600000.00")


def test_empty_table_and_none() -> None:
    assert rows(paper(table(HEADER, ["1", "", "", "", ""])), "ip_rights") == []
    assert rows(paper(table(["联合体成员", "无"])), "consortium") == []
    assert rows(paper("联合体成员：无"), "consortium") == []


def test_words_instead_of_a_table() -> None:
    claim = by_name(extract(paper(table(["知识产权情况", "详见附件"])), programme()))["ip_rights"][0]
    assert claim.value is None
    assert claim.problem is not None


@pytest.mark.parametrize("in_cell", [True, False])
def test_members_told_in_words_are_not_the_applicant(in_cell: bool) -> None:
    words = f"示例医院（应用方，统一社会信用代码：{CODE}）；单位名称：示例技术公司"
    document = paper(table(["联合体成员", words])) if in_cell else paper(f"联合体成员：{words}")
    found = by_name(extract(document, programme()))
    assert set(found) == {"consortium"}
    assert found["consortium"][0].problem is not None


def test_members_do_not_become_the_applicant() -> None:
    form = table(
        ["单位名称", "示例科技有限公司", "统一社会信用代码", CODE],
        ["联合体成员", "成员单位名称", "统一社会信用代码", "承担角色"],
        ["", "示例医院", "12350000488000000X", "应用方"],
        ["", "示例技术公司", CODE, "技术提供方"],
    )
    found = by_name(extract(paper(form), programme()))
    assert [claim.value for claim in found["applicant_name"]] == ["示例科技有限公司"]
    assert [claim.value for claim in found["uscc"]] == [CODE]
    assert [row["member_role"] for row in plain(found["consortium"][0])] == ["user", "provider"]


def test_main_form_is_no_member_list() -> None:
    form = table(["单位名称", "统一社会信用代码"], ["示例科技有限公司", CODE])
    found = by_name(extract(paper(form), programme()))
    assert set(found) == {"applicant_name", "uscc"}
    found = by_name(extract(paper("联合体成员单位", form), programme()))
    assert set(found) == {"consortium"}


def test_names_of_columns_alone_are_no_claims() -> None:
    people = table(["序号", "名称", "数量", "备注"], ["1", "服务器", "3", ""])
    assert extract(paper(people), programme()) == ()


def test_merged_cell_counts_for_each_row() -> None:
    form = table(HEADER, [*FIRST[:4], ("示例科技有限公司", 1, 2)], SECOND[:4])
    assert [row["owner"] for row in rows(paper(form), "ip_rights")] == ["示例科技有限公司"] * 2


def test_two_tables_in_one() -> None:
    form = table(
        [("知识产权情况", 1, 2), *HEADER[1:]],
        FIRST[1:],
        [("推广应用情况", 1, 2), "用户名称", "合同金额", "应用时间", "备注"],
        ["示例用户", "12", "2023-05-01", ""],
    )
    assert titles(paper(form)) == [FIRST[1]]
    assert rows(paper(form), "customers")[0]["customer_name"] == "示例用户"


def test_evidence_of_cells() -> None:
    claim = by_name(extract(paper(table(HEADER, FIRST), method=Method.PDF, number=3), programme()))["ip_rights"][0]
    assert isinstance(claim.value, tuple)
    assert claim.evidence.page == 3
    row = claim.value[0]
    assert not isinstance(row, str)
    assert row["owner"].evidence.place == "第3页 表1第2行第5列"


def test_records_as_pairs() -> None:
    form = table(
        [("联合体成员", 1, 4), "成员单位名称", "示例医院"],
        ["承担角色", "应用方"],
        ["成员单位名称", "示例技术公司"],
        ["承担角色", "技术提供方"],
    )
    assert rows(paper(form), "consortium") == [
        {"member_name": "示例医院", "member_role": "user"},
        {"member_name": "示例技术公司", "member_role": "provider"},
    ]


def test_header_of_two_rows() -> None:
    form: Table = table(
        [("序号", 1, 2), ("用户名称", 1, 2), ("合同", 2)],
        ["合同金额（万元）", "合同时间"],
        ["1", "示例用户", "12", "2023-05-01"],
    )
    assert rows(paper("推广应用情况", form), "customers") == [
        {"customer_name": "示例用户", "amount": Decimal("120000.00"), "applied_on": date(2023, 5, 1)}
    ]


def test_numbers_of_rows_that_share_the_first_column() -> None:
    form = table(
        ["序号 知识产权名称", "类别", "登记号"],
        ["1\n示例审阅软件", "软件著作权", "2022SR0101234"],
        ["2 示例图谱工具", "发明专利", "ZL202110012345.6"],
    )
    assert titles(paper("知识产权情况：", form)) == ["示例审阅软件", "示例图谱工具"]


def test_the_forms_next_label_with_its_value_is_no_row_though_nobody_asks_for_it() -> None:
    own = [[("知识产权清单", 12)], [(HEADER[0], 1), (HEADER[1], 5), (HEADER[2], 2), (HEADER[3], 2), (HEADER[4], 2)]]
    listed = [[(row[0], 1), (row[1], 5), (row[2], 2), (row[3], 2), (row[4], 2)] for row in (FIRST, SECOND)]
    assert titles(paper(table(*own, *listed, [("项目负责人职称", 3), ("高级工程师", 9)]))) == BOTH


def test_a_row_of_which_two_cells_are_one_is_a_row() -> None:
    form = table(HEADER, FIRST, ["2", ("一种示例方法", 2), *SECOND[3:]])
    assert len(titles(paper("自主知识产权情况", form))) == 2
