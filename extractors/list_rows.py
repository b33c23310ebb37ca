"""The rows of a list that no rules part, by its columns: cells that are broken, at whatever height they are set.

Pure geometry, but that a figure, a date or a dash is known to be one cell's whole content.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from statistics import median

from extractors.items import LEVEL, Cells, Item, Row, height, pitch, shared
from extractors.lines import hull
from pipeline.model import BBox, Bounds

_FULL = 0.6  # of the columns: a line that fills so many begins a row
_NEAR, _NEARER = 0.5, 0.25  # of the paper between rows, and of the text's height: lines nearer by so much are one row
_DOUBT, _CLEAR = 0.25, 0.5  # of the text's height: gaps that differ by less on the average tell nothing, or not enough
_FIGURE = re.compile(r"[-¥￥]?\d[\d,]*(?:\.\d+)?(?:亿元|万元|元|%|人)?|20\d\d[-年./]\d{1,2}[-月./]\d{1,2}日?|[—–/-]|无")
_OVER = 0.4  # of the narrower figure
_BROKEN = 2.0  # in heights of the text: nearer to the right margin than this a line may have been broken
_ROOM = 4.0  # in heights of the text, more than cells are padded with: where there is so much, no line was broken


def columns_of(header: Sequence[BBox], body: Sequence[Row]) -> tuple[BBox, ...]:
    """The columns' places: their labels, with what stands under one of them alone or in a row that fills all."""
    columns = list(header)
    for row in body:
        ordered = sorted(row, key=lambda item: item.box.x0)
        if len(row) == len(columns):
            columns = [_wider(column, item.box) for column, item in zip(columns, ordered, strict=True)]
    for item in (item for row in body for item in row):
        under = [index for index, column in enumerate(columns) if shared(item.box, column) > 0]
        if len(under) == 1:
            columns[under[0]] = _wider(columns[under[0]], item.box)
    return tuple(columns)


def _wider(column: BBox, box: BBox) -> BBox:
    return BBox(min(column.x0, box.x0), column.top, max(column.x1, box.x1), column.bottom)


def _column(item: Item, columns: Sequence[BBox]) -> int:
    """The column that the part shares most with, else the nearest."""

    def nearness(index: int) -> tuple[float, float]:
        column = columns[index]
        aside = min(abs(item.box.x0 - column.x0), abs(item.box.x1 - column.x1))
        return max(shared(item.box, column), 0.0), -aside

    return max(range(len(columns)), key=nearness)


def merged(rows: Sequence[Row], columns: Sequence[BBox]) -> Cells:
    """One row of cells from all lines, top down within a cell."""
    cells: list[list[Item]] = [[] for _ in columns]
    for item in (item for row in rows for item in row):
        cells[_column(item, columns)].append(item)
    return tuple(tuple(item.line for item in sorted(cell, key=lambda item: item.box.top)) for cell in cells)


def listed(rows: Sequence[Row], columns: Sequence[BBox], margin: float) -> list[Cells]:
    """The rows of a list; lines that fill few columns belong to the nearest line that fills most.

    `margin` is where the page's text ends at the right."""
    rows = _with_returned([row for row in rows if row], columns, margin)
    least = max(2, _FULL * len(columns)) if len(columns) > 2 else len(columns)
    wide = [i for i, row in enumerate(rows) if len({_column(item, columns) for item in row}) >= least]
    full = [i for i in wide if not _is_rest(rows, columns, i)]
    by_figures = _by_figures([item for row in rows for item in row], len(full))
    parted = [[row] for row in by_figures] or (_rows_around(rows, full) if full else [])
    return [merged(_with_uncut(row, columns), columns) for row in parted]


def _with_uncut(row: Sequence[Row], columns: Sequence[BBox]) -> list[Row]:
    """A list's row, the cells amiss that were read as one and could not be cut."""
    return _doubted(row, [[item for item in line if crosses(item, columns)] for line in row])


def crosses(item: Item, columns: Sequence[BBox]) -> bool:
    """Whether a part goes through the middles of several columns."""
    return sum(item.box.x0 < (column.x0 + column.x1) / 2 < item.box.x1 for column in columns) > 1


def _by_figures(items: Sequence[Item], likely: int) -> list[Row]:
    """The rows of a list by the figures that stand under each other most often, one a row; none where nothing else
    agrees: figures elsewhere, numbers that count the rows, or the `likely` number of them.

    However its cells are broken and whatever height they are set to, no row has two figures in a column."""
    items = sorted(items, key=lambda item: item.box.top + item.box.bottom)
    stacks = _stacks(items)
    anchors = max(stacks, key=len, default=[])
    counts = [items[index].line.text.strip() for index in anchors] == [str(n) for n in range(1, len(anchors) + 1)]
    is_told = [len(stack) for stack in stacks].count(len(anchors)) > 1 or len(anchors) >= likely
    if not anchors or not (is_told or (counts and len(anchors) > 1)):
        return []
    rows = [[item for line in row for item in line] for row in _rows_around([[item] for item in items], anchors)]
    ends = accumulate(map(len, rows), initial=0)
    is_one_each = all(sum(a <= i < b for i in stack) < 2 for a, b in pairwise(ends) for stack in stacks)
    return rows if is_one_each else []


def _stacks(items: Sequence[Item]) -> list[list[int]]:
    """The figures that stand under each other, by their indices; without those among which other numbers stand."""
    figures = [i for i, item in enumerate(items) if _FIGURE.fullmatch(item.line.text.strip())]
    stacks: list[list[int]] = []
    for index in sorted(figures, key=lambda i: items[i].box.x0):
        if stacks and any(_is_over(items[index].box, items[other].box) for other in stacks[-1]):
            stacks[-1].append(index)
        else:
            stacks.append([index])
    others = [item for i, item in enumerate(items) if i not in figures and re.search(r"\d", item.line.text)]
    places = [hull(items[i].box for i in stack) for stack in stacks]
    return [
        sorted(stack)
        for stack, place in zip(stacks, places, strict=True)
        if len(stack) > sum(shared(place, other.box) > 0 for other in others)
    ]


def _is_over(box: BBox, other: BBox) -> bool:
    """Whether two figures stand over each other by more than their places may be misjudged."""
    return shared(box, other) > _OVER * min(box.x1 - box.x0, other.x1 - other.x0)


def _rows_around(lines: Sequence[Row], anchors: Sequence[int]) -> list[list[Row]]:
    """The rows of a list, one around each anchor; the lines are ordered by their middles.

    The further lines of a cell stand under its row's height where nothing stands above the first row's, unless the
    gaps of all rows say otherwise together. Where neither says it clearly, the cells in question are amiss."""
    pairs, size = list(pairwise(anchors)), _size(lines)
    widest = [max(range(a + 1, b + 1), key=lambda start: _apart(lines, a, start, b)) for a, b in pairs]
    is_set_to_top = _abreast(lines, -1, anchors[0], size) == 0
    own = [_abreast(lines, a, b, size) for a, b in pairs] if is_set_to_top else widest
    losses = [
        _apart(lines, a, wide, b) - _apart(lines, a, start, b)
        for (a, b), wide, start in zip(pairs, widest, own, strict=True)
        if wide != start
    ]
    loss = sum(losses) / (len(losses) * size) if losses else 0.0
    ends = [0, *(own if loss < _DOUBT else widest), len(lines)]
    rows = [list(lines[a:b]) for a, b in pairwise(ends)]
    for below, (wide, start) in enumerate(zip(widest, own, strict=True), 1) if loss < _CLEAR else ():
        contested = lines[min(wide, start) : max(wide, start)]
        rows[below - 1], rows[below] = _doubted(rows[below - 1], contested), _doubted(rows[below], contested)
    return rows


def _doubted(lines: Sequence[Row], contested: Sequence[Row]) -> list[Row]:
    """The lines, those in the columns of contested ones amiss."""
    boxes = [item.box for line in contested for item in line]
    return [
        [_amiss(item) if any(shared(item.box, box) > 0 for box in boxes) else item for item in line] for line in lines
    ]


def _amiss(item: Item) -> Item:
    return replace(item, line=replace(item.line, bounds=Bounds.AMISS))


def _apart(lines: Sequence[Row], above: int, start: int, below: int) -> float:
    """How far a row that starts there stands below the one before; their anchors are `above` and `below`."""
    upper, lower = ([item for line in part for item in line] for part in (lines[above:start], lines[start : below + 1]))
    return pitch(upper, lower)


def _abreast(lines: Sequence[Row], above: int, anchor: int, size: float) -> int:
    """The first line behind the one above that stands on the anchor's height; `size` is that of the text."""
    return next(i for i in range(above + 1, anchor + 1) if pitch(lines[i], lines[anchor]) < LEVEL * size)


def _size(lines: Sequence[Row]) -> float:
    """The height of the text."""
    return median(height(item) for line in lines for item in line)


def _is_rest(rows: Sequence[Row], columns: Sequence[BBox], index: int) -> bool:
    """Whether a line goes on in cells of the one above it, much nearer to it than one row is to the next."""
    if index == 0:
        return False
    above, below = ({_column(item, columns): item.line.text for item in row} for row in rows[index - 1 : index + 1])
    two_figures = any(
        _FIGURE.fullmatch(above[place].strip()) and _FIGURE.fullmatch(below[place].strip())
        for place in below.keys() & above
    )
    if two_figures or not below.keys() <= above.keys():
        return False
    size = _size(rows)
    gaps = [pitch(above, below) - size for above, below in pairwise(rows)]
    if len(rows) == 2:
        return below.keys() < above.keys() and gaps[0] < _NEAR * size
    step, paper = max(((b - a, b) for a, b in pairwise(sorted(gaps))), default=(0.0, 0.0))
    return gaps[index - 1] < _NEAR * paper and step > _NEARER * size


def _with_returned(rows: Sequence[Row], columns: Sequence[BBox], margin: float) -> list[Row]:
    """The rows, with the end of a last cell that was broken at the page's margin in that cell.

    Columns at tab stops break there and go on at the left margin, where the first cell had room for more. Of two
    columns nothing tells whether the first one's words or the second's go on.
    """
    whole: list[Row] = []
    for row in rows:
        if whole and len(columns) > 2 and _is_returned(row, whole[-1], columns, margin):
            shift = columns[-1].x0 - row[0].box.x0
            box = replace(row[0].box, x0=columns[-1].x0, x1=row[0].box.x1 + shift)
            whole[-1] = [*whole[-1], replace(row[0], box=box)]
        else:
            whole.append(row)
    return whole


def _is_returned(row: Row, above: Row, columns: Sequence[BBox], margin: float) -> bool:
    first, last = (max(above, key=lambda item: sign * item.box.x1) for sign in (-1, 1))
    size = height(row[0])
    return (
        len(row) == 1
        and _column(row[0], columns) == _column(first, columns) == 0
        and _column(last, columns) == len(columns) - 1
        and abs(row[0].box.x0 - first.box.x0) < size
        and last.box.x1 > margin - _BROKEN * size
        and columns[1].x0 - first.box.x1 > _ROOM * size
        and row[0].box.x1 - row[0].box.x0 < first.box.x1 - first.box.x0
    )
