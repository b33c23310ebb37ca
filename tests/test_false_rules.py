"""Upright strokes of a bad copy that a table's writing runs through."""

from paper import programme

from extractors.false_rules import without_false_rules
from extractors.labels import labels_of
from pipeline.model import BBox, Bounds, Cell, Line, Table

LABELS = labels_of(programme().fields)
RULES = (40.0, 120.0, 200.0)  # the second one is in doubt


def cell(row: int, column: int, text: str, x0: float, x1: float) -> Cell:
    """A cell with a line from `x0` to `x1`; none where the text is empty."""
    top = 20.0 * row
    lines = (Line(text, BBox(x0, top + 4, x1, top + 16), 0.999),) if text else ()
    return Cell(row, column, 1, 1, lines, BBox(RULES[column - 1], top, RULES[column], top + 20))


def texts(*rows: tuple[Cell, Cell]) -> list[list[str]]:
    cells = tuple(each for row in rows for each in row)
    whole = without_false_rules(Table(cells, None), LABELS.is_label)
    return [[line.text for line in each.lines] for each in whole.cells]


CUT = (cell(1, 1, "工程图纸检测方法", 43, 119), cell(1, 2, "及装置", 121, 150))


def test_cells_that_writing_runs_through_are_one_in_doubt() -> None:
    assert texts(CUT) == [["工程图纸检测方法", "及装置"]]
    (whole,) = without_false_rules(Table(CUT, None), LABELS.is_label).cells
    assert whole.column_span == 2
    assert {line.bounds for line in whole.lines} == {Bounds.AMISS}


def test_a_row_with_a_blank_says_nothing_of_a_rule() -> None:
    blank = (cell(2, 1, "2021.4.7", 43, 86), cell(2, 2, "", 0, 0))
    assert texts(CUT, blank) == [["工程图纸检测方法", "及装置"], ["2021.4.7"], []]


def test_a_rule_that_parts_the_words_of_another_row_is_one() -> None:
    apart = (cell(2, 1, "港口堆场", 43, 86), cell(2, 2, "发明专利", 124, 165))
    assert len(texts(CUT, apart)) == 4


def test_a_label_has_a_cell_of_its_own() -> None:
    pair = (cell(1, 1, "产品累计销售收入", 43, 119), cell(1, 2, "4294.00万元", 121, 175))
    assert len(texts(pair)) == 2


def test_a_table_within_a_cell_is_looked_at_too() -> None:
    outer = Cell(1, 1, 1, 1, (), BBox(0, 0, 300, 100), (Table(CUT, None),))
    (holder,) = without_false_rules(Table((outer,), None), LABELS.is_label).cells
    assert len(holder.tables[0].cells) == 1
