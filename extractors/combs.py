"""Rows of boxes for single characters (a code written one character a box) are one cell."""

from collections.abc import Sequence
from itertools import groupby

from extractors.lines import hull
from pipeline.model import Cell, Line

FEWEST = 8  # boxes: a phone number has 11, a credit code 18
WIDEST = 26.0  # points of a box
UNEQUAL = 1.35  # the widest box against the narrowest


def join_combs(cells: Sequence[Cell]) -> list[Cell]:
    """Cells ordered by row and column, each comb joined into one cell that holds its characters as one line."""
    joined: list[Cell] = []
    for _, row in groupby(cells, key=lambda cell: cell.row):
        run: list[Cell] = []
        for cell in row:
            if not _goes_on(run, cell):
                joined += _closed(run)
                run = []
            run.append(cell)
        joined += _closed(run)
    return joined


def _goes_on(run: Sequence[Cell], cell: Cell) -> bool:
    if not run:
        return True
    widths = [_width(one) for one in (*run, cell)]
    return (
        all(_is_box(one) for one in (*run[-1:], cell))
        and run[-1].column + run[-1].column_span == cell.column
        and run[-1].row_span == cell.row_span
        and max(widths) <= UNEQUAL * min(widths)
    )


def _is_box(cell: Cell) -> bool:
    return _width(cell) <= WIDEST and len(cell.text) <= 1 and not cell.tables


def _width(cell: Cell) -> float:
    return cell.bbox.x1 - cell.bbox.x0 if cell.bbox else WIDEST + 1


def _closed(run: Sequence[Cell]) -> list[Cell]:
    if len(run) < FEWEST:
        return list(run)
    first, last, lines = run[0], run[-1], [line for cell in run for line in cell.lines]
    text = "".join(line.text for line in lines)
    boxes = [line.bbox for line in lines if line.bbox]
    line = Line(text, hull(boxes), min(line.confidence for line in lines)) if boxes else None
    span = last.column + last.column_span - first.column
    bbox = hull(cell.bbox for cell in run if cell.bbox)
    return [Cell(first.row, first.column, first.row_span, span, (line,) if line else (), bbox)]
