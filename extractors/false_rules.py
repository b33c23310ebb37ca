"""Upright rules that writing runs through, as a bad copy's strokes make them: the cells beside them are one.

Detected lines are cut at such a rule and read in two, each part sure of all its characters.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from extractors.lines import box_of
from pipeline.model import Bounds, Cell, Line, Table

_TOUCHES = 0.2  # of the text's height: so near to a rule a line is cut that runs through it
_MOST = 2000  # cells of a table; a form has a hundred

Beside = tuple[Cell, Cell]


def without_false_rules(table: Table, is_label: Callable[[str], bool]) -> Table:
    """The table with the cells on both sides of such a rule as one, and in doubt: where they were cut, a character may
    be lost. A label's own cell is parted from the next, however near their words come to the rule."""
    boxes = [box for cell in table.cells for box in (cell.bbox, *(line.bbox for line in cell.lines))]
    if len(table.cells) > _MOST or None in boxes:
        return table
    cells = [
        replace(cell, tables=tuple(without_false_rules(inner, is_label) for inner in cell.tables))
        for cell in table.cells
    ]
    while crossed := next((pairs for rule in _rules(cells) if (pairs := _crossed(rule, is_label))), None):
        for left, right in crossed:
            cells[cells.index(left)] = _one(left, right)
            cells.remove(right)
    return replace(table, cells=tuple(cells))


def _rules(cells: Sequence[Cell]) -> Iterator[list[Beside]]:
    """The cells to the left and right of each rule that a line runs through, row by row."""
    begins = {(cell.row, cell.column): cell for cell in cells}
    beside = [
        (cell, right) for cell in cells if (right := begins.get((cell.row, cell.column + cell.column_span))) is not None
    ]
    beside.sort(key=lambda pair: (pair[1].column, pair[1].row))
    rule: list[Beside] = []
    for pair in beside:
        if rule and (rule[-1][1].column, rule[-1][1].row + rule[-1][1].row_span) != (pair[1].column, pair[1].row):
            yield rule
            rule = []
        rule.append(pair)
    yield from [rule] if rule else []


def _crossed(rule: Sequence[Beside], is_label: Callable[[str], bool]) -> list[Beside]:
    """The cells that writing runs through from one to the other, if it does wherever both are written in."""
    return [pair for pair in rule if _is_crossed(pair)] if all(_may_be_one(pair, is_label) for pair in rule) else []


def _may_be_one(pair: Beside, is_label: Callable[[str], bool]) -> bool:
    """Whether two cells take the same rows, and are written through or not both written in."""
    left, right = pair
    if left.row_span != right.row_span or left.tables or right.tables:
        return False
    texts = ["".join(line.text for line in cell.lines) for cell in pair]
    return not all(texts) or (_is_crossed(pair) and not any(map(is_label, texts)))


def _is_crossed(pair: Beside) -> bool:
    """Whether a line ends right before the rule and one on its height begins right behind."""
    rule = pair[1].bbox.x0 if pair[1].bbox else 0.0
    boxes = [[box_of(line) for line in cell.lines] for cell in pair]
    return any(
        max(rule - a.x1, b.x0 - rule) < _TOUCHES * (b.bottom - b.top)
        and min(a.bottom, b.bottom) - max(a.top, b.top) > 0.5 * (b.bottom - b.top)
        for a in boxes[0]
        for b in boxes[1]
    )


def _one(left: Cell, right: Cell) -> Cell:
    lines: list[Line] = [replace(line, bounds=Bounds.AMISS) for line in (*left.lines, *right.lines)]
    box = replace(left.bbox, x1=right.bbox.x1) if left.bbox and right.bbox else None
    return replace(left, column_span=left.column_span + right.column_span, lines=tuple(lines), bbox=box)
