"""Boxes that stand apart as cells of one table: gaps of any width, frames around them, labels without a box."""

from collections.abc import Sequence

import pytest

from extractors.grid import Ruling, tables_from_rulings
from extractors.lines import halves
from pipeline.model import BBox, Line, Table

Sides = tuple[float, float, float, float]  # x0, top, x1, bottom


def rules(boxes: Sequence[Sides]) -> tuple[list[Ruling], list[Ruling]]:
    """The four sides of each box."""
    horizontals = [Ruling(y, x0, x1) for x0, top, x1, bottom in boxes for y in (top, bottom)]
    return horizontals, [Ruling(x, top, bottom) for x0, top, x1, bottom in boxes for x in (x0, x1)]


def at(x: float, top: float, text: str) -> Line:
    return Line(text, BBox(x, top, x + 5 * halves(text), top + 10))


def inside(box: Sides, text: str) -> Line:
    return at(box[0] + 4, (box[1] + box[3]) / 2 - 5, text)


def rows(table: Table) -> list[list[str]]:
    last = max(cell.row for cell in table.cells)
    return [[cell.text for cell in table.cells if cell.row == row] for row in range(1, last + 1)]


def two_pairs(across: float, down: float) -> list[Sides]:
    """Two rows of label, value, label, value, and one of a label and a value over the rest."""
    boxes = []
    for row in range(3):
        x, top = 50.0, 50.0 + row * (22 + down)
        for width in (80.0, 120.0, 90.0, 130.0) if row < 2 else (80.0, 340.0 + 2 * across):
            boxes.append((x, top, x + width, top + 22))
            x += width + across
    return boxes


TEXTS = ["联系人", "例甲", "手机", "13900001234", "邮箱", "a@example.com", "传真", "", "注册地址", "示例路1号"]


@pytest.mark.parametrize("across", [2.7, 3.2, 4, 5, 8, 12, 15])
@pytest.mark.parametrize("down", [2.7, 4, 6, 11])
def test_a_form_of_boxes_is_a_table_however_wide_the_gaps_are(across: float, down: float) -> None:
    boxes = two_pairs(across, down)
    written = [inside(box, text) for box, text in zip(boxes, TEXTS, strict=True) if text]
    (table,), rest = tables_from_rulings(*rules(boxes), written)
    assert rows(table) == [TEXTS[:4], TEXTS[4:8], TEXTS[8:]]
    assert [cell.column_span for cell in table.cells if cell.row == 3] == [1, 3]
    assert not rest


@pytest.mark.parametrize("gap", [2.7, 4, 8])
def test_a_frame_around_the_boxes_and_boxes_within_a_box(gap: float) -> None:
    boxes = two_pairs(gap, gap)
    right, bottom = boxes[3][2], boxes[-1][3]
    list_box = (50.0, bottom + gap, right, bottom + gap + 100)
    inner = [(x, y, x + 90, y + 20) for y in (bottom + gap + 8, bottom + 28 + 2 * gap) for x in (60, 150 + gap)]
    frame = (50 - gap, 50 - gap, right + gap, list_box[3] + gap)
    written = [inside(box, text) for box, text in zip(boxes, TEXTS, strict=True) if text]
    columns = [inside(box, text) for box, text in zip(inner, ["用户", "合同金额", "示例公司", "12.5"], strict=True)]
    (table,), rest = tables_from_rulings(*rules([frame, *boxes, list_box, *inner]), [*written, *columns])
    assert rows(table) == [TEXTS[:4], TEXTS[4:8], TEXTS[8:], [""]]
    (nested,) = table.cells[-1].tables
    assert rows(nested) == [["用户", "合同金额"], ["示例公司", "12.5"]]
    assert not rest


def test_labels_beside_the_boxes_of_their_values() -> None:
    boxes = [(100, 50, 250, 72), (350, 50, 500, 72), (100, 78, 500, 120), (100, 126, 250, 148), (350, 126, 500, 148)]
    written = [
        at(60, 56, "联系人"), inside(boxes[0], "例甲"), at(300, 51, "电子邮箱"), at(300, 61, "（常用）"),
        inside(boxes[1], "a@example.com"), at(50, 94, "项目简介"), at(104, 84, "第一行"), at(104, 98, "第二行"),
        at(60, 132, "手机"), at(320, 132, "传真"), at(504, 132, "（选填）"),
    ]  # fmt: skip
    (table,), rest = tables_from_rulings(*rules(boxes), written)
    assert rows(table) == [
        ["联系人", "例甲", "电子邮箱\n（常用）", "a@example.com"],
        ["项目简介", "第一行\n第二行"],
        ["手机", "", "传真", "", "（选填）"],
    ]
    assert not rest


def test_labels_over_the_boxes_of_their_values_one_of_two_lines_and_a_heading_between() -> None:
    boxes = [(50, 62, 200, 84), (210, 74, 360, 96), (370, 62, 520, 84), (50, 150, 280, 172), (290, 150, 520, 172)]
    written = [
        at(50, 50, "联系人"), at(210, 50, "是否被列入企业经营异常"), at(210, 61, "名录"), at(370, 50, "手机"),
        inside(boxes[0], "例甲"), inside(boxes[1], "否"), at(50, 110, "经营情况"),
        at(50, 137, "营业收入（万元）"), at(290, 137, "净利润（万元）"), inside(boxes[3], "120"), inside(boxes[4], "7"),
    ]  # fmt: skip
    (table,), rest = tables_from_rulings(*rules(boxes), written)
    texts = [cell.text for cell in table.cells if cell.text]
    assert texts == [
        "联系人", "是否被列入企业经营异常\n名录", "手机", "例甲", "否",
        "经营情况", "营业收入（万元）", "净利润（万元）", "120", "7",
    ]  # fmt: skip
    assert not rest
    column = {cell.text: (cell.column, cell.column + cell.column_span) for cell in table.cells}
    assert column["是否被列入企业经营异常\n名录"] == column["否"]
    assert column["净利润（万元）"] == column["7"]


def test_what_stands_between_two_boxes_parts_them() -> None:
    boxes = [(50, 50, 90, 72), (102, 50, 142, 72), (154, 50, 194, 72)]
    written = [inside(boxes[0], "2024"), at(91, 56, "年"), inside(boxes[1], "6"), at(143, 56, "月")]
    (table,), _ = tables_from_rulings(*rules(boxes), written)
    assert rows(table) == [["2024", "年", "6", "月", ""]]


def test_a_few_boxes_and_boxes_to_tick_are_no_table() -> None:
    for boxes in (
        [(50.0, 50.0, 500.0, 300.0), (50.0, 310.0, 500.0, 400.0)],
        [(50.0 + 60 * n, 50.0, 60.0 + 60 * n, 60.0) for n in range(6)],
    ):
        tables, rest = tables_from_rulings(*rules(boxes), [at(65, 50, "一行字")])
        assert not tables
        assert [line.text for line in rest] == ["一行字"]


def test_a_table_with_a_double_frame_and_a_double_rule_stays_one_of_rules() -> None:
    horizontals = [Ruling(y, 50, 450) for y in (47, 50, 72, 94, 98, 120, 123)]
    verticals = [Ruling(x, 47, 123) for x in (47, 50, 150, 250, 350, 450, 453)]
    horizontals = [Ruling(rule.position, 47, 453) for rule in horizontals]
    texts = [f"{row}{column}" for row in "甲乙丙" for column in range(4)]
    written = [
        at(60 + 100 * (i % 4), (55, 77, 103)[i // 4], text) for i, text in enumerate(texts)
    ]  # fmt: skip
    (table,), _ = tables_from_rulings(horizontals, verticals, written)
    assert [cell.text for cell in table.cells if cell.text] == texts
