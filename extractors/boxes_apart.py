"""Boxes that stand apart but form rows → grids, in which the text beside and over the boxes has cells, too.

Forms are drawn so with a gap between all cells, or with boxes for the values only. Pure geometry, in points.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from extractors.cell_grid import CellGrid, Cells
from extractors.items import shared
from extractors.lines import area, hull
from pipeline.model import BBox

APART = 16.0  # boxes nearer than this with nothing between share a side
_SNAP = 2.5  # edges nearer than this are one
_FEWEST, _MOST = 3, 400  # boxes of a grid; more are a drawing
_SMALLEST = 10.0  # no box is lower or narrower
_CHECK_BOX = 14.0  # the side of a square that is ticked
_LEVEL = 0.5  # of the lower one's height: boxes that share so much of it face each other
_BELOW = 60.0  # boxes further down are not of one grid
_LEADING = 0.6  # in heights of the text: lines further apart are not one label
_SLACK = 4.0  # how far a label may reach beyond its box


def grids_of_boxes(
    boxes: Sequence[BBox], cells: Sequence[BBox], tables: Sequence[BBox], lines: Sequence[BBox]
) -> list[tuple[CellGrid, list[BBox]]]:
    """A grid for each group of boxes that form rows and stand in the same cell or box, and the boxes that it is of.

    `cells` and `tables` are those that rules make elsewhere; `lines` are the places of the page's text.
    """
    boxes = [box for box in boxes if _is_cell(box)]
    around = sorted({*boxes, *cells}, key=area)
    inside: dict[BBox | None, list[BBox]] = {}
    for box in boxes:
        inside.setdefault(_holder(box, around), []).append(box)
    written: dict[BBox | None, list[BBox]] = {}
    for line in lines:
        written.setdefault(_holder(_middle(line), around), []).append(line)
    found = []
    for holder, own in inside.items():
        barriers = [table for table in tables if _holder(table, around) == holder]
        for group in _groups(own, barriers):
            grid = _grid(group, written.get(holder, ())) if _FEWEST <= len(group) <= _MOST else None
            if grid is not None:
                found.append((grid, group))
    return found


def _is_cell(box: BBox) -> bool:
    width, height = box.x1 - box.x0, box.bottom - box.top
    return min(width, height) >= _SMALLEST and max(width, height) >= _CHECK_BOX


def _holder(box: BBox, around: Sequence[BBox]) -> BBox | None:
    """The smallest that the box lies in."""
    return next(
        (
            one
            for one in around
            if one.x0 <= box.x0 and box.x1 <= one.x1 and one.top <= box.top and box.bottom <= one.bottom and one != box
        ),
        None,
    )


def _middle(box: BBox) -> BBox:
    x, y = (box.x0 + box.x1) / 2, (box.top + box.bottom) / 2
    return BBox(x, y, x, y)


def _groups(boxes: Sequence[BBox], barriers: Sequence[BBox]) -> list[list[BBox]]:
    """Boxes that stand side by side or one under the other, directly or through others."""
    groups, left = [], sorted(boxes, key=lambda box: (box.top, box.x0))
    while left:
        group = [left.pop(0)]
        for box in group:
            near = [other for other in left if _is_near(box, other, barriers)]
            group += near
            left = [other for other in left if other not in near]
        groups.append(group)
    return groups


def _is_near(a: BBox, b: BBox, barriers: Sequence[BBox]) -> bool:
    across, down = shared(a, b), shared(_turned(a), _turned(b))
    between = hull([a, b])
    if any(shared(between, other) > 0 and shared(_turned(between), _turned(other)) > 0 for other in barriers):
        return False
    return down > 0 or (across > 0 and -down < _BELOW)


def _turned(box: BBox) -> BBox:
    return BBox(box.top, box.x0, box.bottom, box.x1)


# --- the grid's lines ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sides:
    """Grid lines in one direction, and between which of them each box lies."""

    positions: tuple[float, ...]
    spans: tuple[tuple[int, int], ...]


def _sides(boxes: Sequence[BBox], lines: Sequence[BBox]) -> _Sides | None:
    """The lines at which boxes begin and end from left to right, those on both sides of a gap as one."""
    at = [x for box in boxes for x in (box.x0, box.x1)]
    same = _classes(len(at), _same_lines(boxes, at, lines))
    members: dict[int, list[float]] = {}
    for side, x in zip(same, at, strict=True):
        members.setdefault(side, []).append(x)
    number, positions = dict[int, int](), list[float]()
    for mean, side in sorted((sum(xs) / len(xs), side) for side, xs in members.items()):
        if not positions or mean - positions[-1] > _SNAP:
            positions.append(mean)
        number[side] = len(positions) - 1
    spans = tuple((number[first], number[last]) for first, last in zip(same[::2], same[1::2], strict=True))
    return _Sides(tuple(positions), spans) if all(first < last for first, last in spans) else None


def _same_lines(boxes: Sequence[BBox], at: Sequence[float], lines: Sequence[BBox]) -> Iterator[tuple[int, int]]:
    """Pairs of sides that are one line; the sides count through the boxes, the left one first."""
    for kind in (0, 1):
        ordered = sorted(range(kind, len(at), 2), key=lambda side: at[side])
        yield from ((a, b) for a, b in pairwise(ordered) if at[b] - at[a] <= _SNAP)
    for a, left in enumerate(boxes):
        yield from ((2 * a + 1, 2 * b) for b, right in enumerate(boxes) if _faces(left, right, lines))


def _classes(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Of each of so many the first one that it is the same as, directly or through others."""
    first = list(range(count))
    for a, b in pairs:
        low, high = sorted((first[a], first[b]))
        first = [low if one == high else one for one in first]
    return first


def _faces(left: BBox, right: BBox, lines: Sequence[BBox]) -> bool:
    """Does one box stand right behind the other, with nothing between?"""
    if not -_SNAP <= right.x0 - left.x1 <= APART:
        return False
    top, bottom = max(left.top, right.top), min(left.bottom, right.bottom)
    if bottom - top <= _LEVEL * min(left.bottom - left.top, right.bottom - right.top):
        return False
    return not any(
        left.x1 < (line.x0 + line.x1) / 2 < right.x0 and line.top < bottom and line.bottom > top for line in lines
    )


# --- the text between ----------------------------------------------------------------------------------------


def _grid(boxes: Sequence[BBox], lines: Sequence[BBox]) -> CellGrid | None:
    """The boxes as cells, and text to their sides and over them as further ones; None where they overlap."""
    across, down = _sides(boxes, lines), _sides([*map(_turned, boxes)], [*map(_turned, lines)])
    if across is None or down is None:
        return None
    xs, ys = _with_margins(across.positions, boxes, lines), _with_text_rows(down, boxes, across, lines)
    columns = [(xs.index(across.positions[a]), xs.index(across.positions[b])) for a, b in across.spans]
    rows = [(ys.index(down.positions[a]), ys.index(down.positions[b])) for a, b in down.spans]
    owner: Cells = np.full((len(ys) - 1, len(xs) - 1), -1, np.int32)
    for number, ((left, right), (top, bottom)) in enumerate(zip(columns, rows, strict=True)):
        if (owner[top:bottom, left:right] >= 0).any():
            return None
        owner[top:bottom, left:right] = number
    grid = CellGrid(xs, ys, owner)
    for number, (top, left, bottom, right) in enumerate(_text_cells(grid, lines), len(boxes)):
        owner[top:bottom, left:right] = number
    return grid


def _with_margins(xs: Sequence[float], boxes: Sequence[BBox], lines: Sequence[BBox]) -> tuple[float, ...]:
    """With a column before and behind the boxes for what stands on their height there."""
    level = [
        line
        for line in lines
        if any(box.top < (line.top + line.bottom) / 2 < box.bottom for box in boxes)
        and (line.x1 <= xs[0] + _SNAP or line.x0 >= xs[-1] - _SNAP)
    ]
    before = [line.x0 - 1 for line in level if line.x0 < xs[0]]
    after = [line.x1 + 1 for line in level if line.x0 > xs[0]]
    return (*([min(before)] if before else []), *xs, *([max(after)] if after else []))


def _with_text_rows(down: _Sides, boxes: Sequence[BBox], across: _Sides, lines: Sequence[BBox]) -> tuple[float, ...]:
    """With a row for each block of text between two rows of boxes, and for the labels over the first one."""
    left, right = across.positions[0] - _SLACK, across.positions[-1] + _SLACK
    within = [line for line in lines if line.x0 >= left and line.x1 <= right]
    ys = list[float]()
    for number, (upper, lower) in enumerate(pairwise(down.positions)):
        ys.append(upper)
        if not any(first <= number < last for first, last in down.spans):
            blocks = _blocks([line for line in within if upper < (line.top + line.bottom) / 2 < lower])
            ys += [(above.bottom + below.top) / 2 for above, below in pairwise(blocks)]
    first = [box for box, (top, _) in zip(boxes, down.spans, strict=True) if top == 0]
    over = [line for line in within if line.bottom <= ys[0] + _SNAP and ys[0] - line.top < _BELOW]
    label = _blocks(over)[-1:]
    own = [line for line in over if label and label[0].top <= line.top]
    if label and ys[0] - label[0].bottom < APART and all(any(_is_over(line, box) for line in own) for box in first):
        ys.insert(0, label[0].top - 1)
    return (*ys, down.positions[-1])


def _blocks(lines: Iterable[BBox]) -> list[BBox]:
    """The lines from top to bottom, those that stand as near to each other as within a label as one."""
    blocks: list[BBox] = []
    for line in sorted(lines, key=lambda line: line.top):
        if blocks and line.top - blocks[-1].bottom < _LEADING * (line.bottom - line.top):
            blocks[-1] = hull([blocks[-1], line])
        else:
            blocks.append(line)
    return blocks


def _text_cells(grid: CellGrid, lines: Sequence[BBox]) -> Iterator[tuple[int, int, int, int]]:
    """The spans of cells without a frame, labels over their boxes first: top, left, bottom, right."""
    between = [bool((row < 0).all()) for row in grid.owner]
    for number in range(int(grid.owner.max()) + 1):
        span = top, left, _, right = grid.span(number)
        above = _above(grid, between, top, left, right)
        own = _within(lines, grid, (above, left, top, right))
        if own and all(_is_over(line, grid.box(span)) for line in own):
            yield above, left, top, right
    for row in range(len(grid.ys) - 1):
        for left, right in _runs(grid.owner[row] < 0):
            place = (row, left, _bottom(grid, row, left, right), right)
            if _within(lines, grid, place):
                yield place


def _within(lines: Iterable[BBox], grid: CellGrid, span: tuple[int, int, int, int]) -> list[BBox]:
    top, left, bottom, right = span
    place = BBox(grid.xs[left], grid.ys[top], grid.xs[right], grid.ys[bottom])
    return [line for line in lines if _holder(_middle(line), [place])]


def _above(grid: CellGrid, between: Sequence[bool], row: int, left: int, right: int) -> int:
    """Where the free paper over a box begins: with the row of text over the boxes beside it, which may be higher."""
    first = row
    while first > 0 and grid.ys[row] - grid.ys[first - 1] < _BELOW and (grid.owner[first - 1, left:right] < 0).all():
        first -= 1
        if between[first]:
            break
    return first


def _runs(free: Sequence[bool]) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], free, [False]]).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _bottom(grid: CellGrid, row: int, left: int, right: int) -> int:
    """Where text beside a box ends: with the box behind it, else with the one before it."""
    for column in (right, left - 1):
        if 0 <= column < len(grid.xs) - 1:
            top, _, bottom, _ = grid.span(int(grid.owner[row, column]))
            if top == row and (grid.owner[row:bottom, left:right] < 0).all():
                return bottom
    return row + 1


def _is_over(line: BBox, box: BBox) -> bool:
    return box.x0 - _SLACK <= line.x0 and line.x1 <= box.x1 + _SLACK
