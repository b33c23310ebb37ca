"""Tables without rules: labels over their values, lists by columns, wrapped cells, page breaks, tabs of a Word file."""

from collections.abc import Sequence

from paper import programme

from extractors.form import extract
from extractors.labels import labels_of
from extractors.unruled import Unruled, unruled_tables
from pipeline.model import BBox, Document, FieldValue, Line, Method, Page

LABELS = labels_of(programme().fields)


def at(x: float, top: float, text: str, size: float = 10.0) -> Line:
    width = sum(size if ord(char) > 0x2E80 else size / 2 for char in text)
    return Line(text, BBox(x, top, x + width, top + size))


def read(*pages: Sequence[Line]) -> dict[str, FieldValue]:
    content = tuple(Page(i, Method.PDF, tuple(lines), 595, 842) for i, lines in enumerate(pages, 1))
    document = Document("0" * 64, "application/pdf", "test", content, len(content))
    return {value.name: value for value in extract(document, programme())}


def rows_of(value: FieldValue) -> list[list[object]]:
    assert isinstance(value.value, tuple)
    return [[cell.value for cell in row.values()] for row in value.value if isinstance(row, dict)]


def test_values_stand_under_labels_that_share_a_line() -> None:
    found = read(
        [
            at(50, 50, "联系人："), at(200, 50, "联系电话（务必准确）："), at(380, 50, "邮政编码："),
            at(50, 64, "例甲"), at(200, 64, "13900001234"), at(380, 64, "350001"),
        ]
    )  # fmt: skip
    assert found["contact_name"].value == "例甲"
    assert found["contact_phone"].value == "13900001234"


def test_a_value_of_two_lines_under_its_label_and_a_label_of_two_lines() -> None:
    found = read(
        [
            at(50, 50, "申报单位"), at(200, 50, "是否被列入企业经营异常名录或"),
            at(50, 64, "示例云上数据有限公司福"), at(200, 62, "失信企业名单"),
            at(50, 78, "建分公司"), at(200, 80, "□是 ☑否"),
            at(50, 110, "成立时间"), at(200, 110, "注册资本（万元）"),
            at(50, 124, "2015年3月1日"), at(200, 124, "500"),
        ]
    )  # fmt: skip
    assert found["applicant_name"].value == "示例云上数据有限公司福建分公司"
    assert found["listed_dishonest"].value == "no"
    assert str(found["registered_capital"].value) == "5000000.00"


LIST = [
    at(60, 50, "知识产权清单："),
    at(60, 80, "序号 名称"), at(220, 80, "类别"), at(300, 80, "登记号"), at(420, 80, "权利人"),
    at(220, 100, "软件著作"), at(60, 105, "1 示例审阅软件V3.0"), at(300, 105, "2022SR0101234"),
    at(420, 105, "示例有限公司"),
    at(220, 112, "权"),
    at(60, 130, "2 示例图谱工具"), at(220, 130, "发明专利 ZL202110012345.6"), at(420, 130, "示例有限公司"),
]  # fmt: skip


def test_a_list_without_rules_with_wrapped_cells_and_narrow_gaps() -> None:
    assert rows_of(read(LIST)["ip_rights"]) == [
        ["示例审阅软件V3.0", "软件著作权", "2022SR0101234", "示例有限公司"],
        ["示例图谱工具", "发明专利", "ZL202110012345.6", "示例有限公司"],
    ]


def test_a_list_goes_on_overleaf_with_its_header_again_or_without() -> None:
    more = [
        at(60, 40, "3 示例三号"), at(220, 40, "实用新型"), at(300, 40, "ZL202220036974.6"), at(420, 40, "示例有限公司"),
    ]  # fmt: skip
    again = [Line(line.text, BBox(box.x0, 20, box.x1, 30)) for line in LIST[1:5] if (box := line.bbox)]
    for overleaf in (more, [*again, *more]):
        found = read(LIST, [*overleaf, at(60, 80, "联系人：例乙")])
        assert [row[0] for row in rows_of(found["ip_rights"])] == ["示例审阅软件V3.0", "示例图谱工具", "示例三号"]
        assert found["contact_name"].value == "例乙"


def test_a_list_ends_at_the_next_label_or_heading() -> None:
    for after in ("三、推广应用情况", "项目简介：示例平台已在多家示例单位稳定运行。"):
        kept = unruled_tables([*LIST, at(60, 160, after)], LABELS)
        assert isinstance(kept[-2], Unruled)
        assert isinstance(kept[-1], Line)
        assert kept[-1].text == after


def test_tabs_are_the_columns_of_a_word_file() -> None:
    lines = [
        Line("推广应用情况："),
        Line("用户单位\t合同金额（万元）\t应用时间"),
        Line("福建示例港务集团有限公司\t128.50\t2022年9月1日"),
        Line("样例银行\t96\t2023年3月2日"),
        Line("填报日期：2024年6月21日"),
    ]
    document = Document("0" * 64, "x", "test", (Page(None, Method.DOCX, tuple(lines)),), 1)
    found = {value.name: value for value in extract(document, programme())}
    assert [str(row[1]) for row in rows_of(found["customers"])] == ["1285000.00", "960000.00"]
    assert found["signed_on"].value is not None


def test_label_and_value_side_by_side_are_no_table() -> None:
    lines = [at(60, 50, "联系人"), at(160, 50, "例甲"), at(60, 70, "法定代表人"), at(160, 70, "例乙")]
    assert unruled_tables(lines, LABELS) == lines


def test_a_row_of_pairs_with_wrapped_cells_centred_on_one_height() -> None:
    found = read(
        [
            at(400, 98, "示例文档审阅平台"), at(60, 106, "申报单位"), at(160, 106, "示例有限公司"),
            at(300, 106, "产品名称"),
            at(400, 113, "V3.2"),
            at(60, 141, "2023年净利润（万"), at(160, 148, "765.43"), at(300, 148, "联系人"), at(400, 148, "例甲"),
            at(60, 155, "元）"),
        ]
    )  # fmt: skip
    assert found["project_name"].value == "示例文档审阅平台V3.2"
    assert str(found["net_profit"].value) == "7654300.00"
    assert found["contact_name"].value == "例甲"
