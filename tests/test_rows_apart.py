"""A list's rows that no rule parts come as one row of its table."""

from collections.abc import Sequence

from paper import paper, programme, table

from extractors.form import extract
from pipeline.model import BBox, Bounds, Cell, FieldValue, Line, Method

WIDTHS = (140.0, 70.0, 110.0, 120.0)
HEADER = ("知识产权名称", "类型", "登记号", "权利人")
LISTED = (  # how many heights of a line each line stands from the cell's top, and its text
    ((0, "一种示例布匹瑕疵智能检测"), (1, "方法及装置"), (2.5, "示例茶叶分拣软件"), (4, "示例仓储监测装置")),
    ((0, "发明专利"), (2.5, "软件著作权"), (4, "实用新型")),
    ((0, "ZL202210000001.X"), (2.5, "2023SR0000001"), (4, "ZL202220000002.1")),
    ((0, "示例云帆有限公司"), (2.5, "示例星澜股份有限公司"), (4, "示例云帆有限公司")),
)


def cell(column: int, top: float, height: float, lines: Sequence[tuple[float, str]]) -> Cell:
    left = sum(WIDTHS[:column])
    found = tuple(Line(text, _box(left + 4, top + 4 + 14 * at, text), 0.99) for at, text in lines)
    return Cell(1, 1, 1, 1, found, BBox(left, top, left + WIDTHS[column], top + height))


def _box(x: float, y: float, text: str) -> BBox:
    return BBox(x, y, x + sum(5.0 if char.isascii() else 10.0 for char in text), y + 10)


def read(*columns: Sequence[tuple[float, str]]) -> FieldValue:
    head = [cell(column, 100, 18, [(0, label)]) for column, label in enumerate(HEADER)]
    body = [cell(column, 118, 90, lines) for column, lines in enumerate(columns)]
    claims = extract(paper("自主知识产权清单：", table(head, body), method=Method.OCR, number=1), programme())
    (claim,) = (claim for claim in claims if claim.name == "ip_rights")
    return claim


def test_rows_that_came_as_one_are_told_apart() -> None:
    claim = read(*LISTED)
    assert [[cell.value for cell in row.values()] for row in claim.rows] == [
        ["一种示例布匹瑕疵智能检测方法及装置", "发明专利", "ZL202210000001.X", "示例云帆有限公司"],
        ["示例茶叶分拣软件", "软件著作权", "2023SR0000001", "示例星澜股份有限公司"],
        ["示例仓储监测装置", "实用新型", "ZL202220000002.1", "示例云帆有限公司"],
    ]
    assert {cell.evidence.bounds for row in claim.rows for cell in row.values()} == {Bounds.RECKONED}


def test_they_are_all_in_doubt_where_one_still_holds_more() -> None:
    lost = [lines[:-1] if column > 1 else lines for column, lines in enumerate(LISTED)]
    assert {cell.evidence.bounds for row in read(*lost).rows for cell in row.values()} == {Bounds.AMISS}


def test_a_single_row_whose_cells_are_all_broken_stays_one() -> None:
    claim = read(
        ((0, "一种示例布匹瑕疵检测方法"), (1, "及装置")),
        ((0, "计算机软件著"), (1, "作权")),
        ((0, "2023SR0000001、"), (1, "2023SR0000002")),
        ((0, "示例云帆信息技术股份"), (1, "有限公司")),
    )
    assert len(claim.rows) == 1
