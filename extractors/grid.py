"""Rulings and lines of text → tables with merged cells in true grid coordinates. Pure geometry, PDF and scan alike.

rulings → joined → components that cross → grid lines → cells, or boxes that stand apart → lines in their cells. All
lengths in points.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from extractors.boxes_apart import grids_of_boxes
from extractors.cell_grid import CellGrid, Cells, interval
from extractors.combs import join_combs
from extractors.lines import area, baselines, box_of, cut, hull, join_near
from extractors.open_tables import open_tables
from pipeline.model import BBox, Cell, Line, Table

SNAP = 2.5  # rulings nearer than this are one: double lines, what is left of a skew
GAP = 4.0  # a hole in a ruling that is bridged: dashes, a stroke that a scan broke
REACH = 3.0  # a ruling that ends this near to another meets it
SHORTEST = 5.0  # no cell is smaller
NARROWEST = 6.5  # between two rules nearer than this nothing is written
COVERED = 0.7  # the share of an edge that must be ruled to part two cells
MOST_RULINGS = 3000  # a page with more is a drawing


@dataclass(frozen=True, slots=True, order=True)
class Ruling:
    """A ruled line: `position` is the y of a horizontal or the x of a vertical, from `start` to `end` along it."""

    position: float
    start: float
    end: float


def tables_from_rulings(
    horizontals: Sequence[Ruling], verticals: Sequence[Ruling], lines: Sequence[Line]
) -> tuple[tuple[Table, ...], tuple[Line, ...]]:
    """The ruled tables of a page, ordered by top, and the lines outside of them.

    A missing inner rule merges cells; a grid inside one cell of another goes to that cell's `tables`; a frame
    with a single cell is no table. A line that crosses a rule is cut there.
    """
    rows, columns = _joined(horizontals), _joined(verticals)
    if max(len(rows), len(columns)) > MOST_RULINGS:
        return (), tuple(lines)
    grids = _grids(rows, columns, lines)
    grids.sort(key=lambda grid: area(grid.bbox))
    outlines = [grid.bbox for grid in grids]
    placed: list[list[list[Line]]] = [[[] for _ in range(int(grid.owner.max()) + 1)] for grid in grids]
    rest = []
    for line in lines:
        holder = next((i for i, outline in enumerate(outlines) if _inside(line, outline)), None)
        if holder is None:
            rest.append(line)
        else:
            rest += _place(line, grids[holder], placed[holder])
    loose = [row for row in rows if not any(_meets(row, outline) for outline in outlines)]
    ruled = _nest(grids, placed, rest)
    tables, remaining = open_tables(loose, rest)
    return tuple(_by_top((*ruled, *tables))), remaining


def innermost(table: Table) -> Iterator[BBox]:
    """Where its cells stand; of one with tables in it, where theirs do."""
    for cell in table.cells:
        if cell.tables:
            for inner in cell.tables:
                yield from innermost(inner)
        elif cell.bbox:
            yield cell.bbox


def order_blocks(tables: Sequence[Table], lines: Sequence[Line]) -> tuple[Line | Table, ...]:
    """Reading order: top down, left to right; lines on one baseline with no wide gap between them become one."""
    blocks: list[tuple[float, float, Line | Table]] = []
    for row in baselines(lines):
        box = hull(map(box_of, row))
        blocks += (((box.top + box.bottom) / 2, box_of(line).x0, line) for line in join_near(row))
    for table in tables:
        if table.bbox is None:
            raise ValueError("table without a box")
        blocks.append((table.bbox.top, table.bbox.x0, table))
    return tuple(block for *_, block in sorted(blocks, key=lambda entry: entry[:2]))


# --- rulings -------------------------------------------------------------------------------------------------


def _joined(rulings: Iterable[Ruling]) -> list[Ruling]:
    """Rulings in one line become one; what is shorter than any cell is dropped."""
    found = []
    ordered = sorted(rulings)
    for first, last in _clusters([ruling.position for ruling in ordered]):
        run: list[Ruling] = []
        for ruling in sorted(ordered[first:last], key=lambda ruling: (ruling.start, ruling.end)):
            if run and ruling.start > run[-1].end + GAP:
                found.append(_merged(run))
                run = []
            run.append(replace(ruling, end=max(ruling.end, run[-1].end)) if run else ruling)
        found.append(_merged(run))
    return [ruling for ruling in found if ruling.end - ruling.start >= SHORTEST]


def _merged(run: Sequence[Ruling]) -> Ruling:
    weights = [max(ruling.end - ruling.start, 0.1) for ruling in run]
    position = sum(ruling.position * weight for ruling, weight in zip(run, weights, strict=True)) / sum(weights)
    return Ruling(position, run[0].start, max(ruling.end for ruling in run))


def _clusters(positions: Sequence[float]) -> list[tuple[int, int]]:
    """Index ranges of sorted positions that belong together: no step over SNAP, no range wider than two SNAP."""
    cuts = [0]
    for i in range(1, len(positions)):
        if positions[i] - positions[i - 1] > SNAP or positions[i] - positions[cuts[-1]] > 2 * SNAP:
            cuts.append(i)
    return list(pairwise([*cuts, len(positions)])) if positions else []


def _components(rows: Sequence[Ruling], columns: Sequence[Ruling]) -> list[tuple[list[Ruling], list[Ruling]]]:
    """Rulings that cross or meet each other, directly or through others."""
    if not rows or not columns:
        return []
    y, x0, x1 = (np.array([getattr(ruling, name) for ruling in rows]) for name in ("position", "start", "end"))
    x, y0, y1 = (np.array([getattr(ruling, name) for ruling in columns]) for name in ("position", "start", "end"))
    meet = (
        (x0[:, None] - REACH <= x)
        & (x <= x1[:, None] + REACH)
        & (y0 - REACH <= y[:, None])
        & (y[:, None] <= y1 + REACH)
    )
    found, free = [], set(range(len(rows)))
    while free:
        mine, reached = np.zeros(len(rows), bool), np.zeros(len(columns), bool)
        mine[min(free)] = True
        while True:
            reached = meet[mine].any(axis=0)
            grown = mine | meet[:, reached].any(axis=1)
            if (grown == mine).all():
                break
            mine = grown
        free -= set(np.flatnonzero(mine).tolist())
        if mine.sum() > 1 and reached.any():
            found.append(([rows[i] for i in np.flatnonzero(mine)], [columns[i] for i in np.flatnonzero(reached)]))
    return found


# --- cells ---------------------------------------------------------------------------------------------------


def _grids(rows: Sequence[Ruling], columns: Sequence[Ruling], lines: Sequence[Line]) -> list[CellGrid]:
    """The components as grids, and those whose boxes stand apart together as one."""
    parts = [(part, _boxes_apart(*part)) for part in _components(rows, columns)]
    ruled = [grid for part, boxes in parts if not boxes if (grid := _grid(*part, lines)) is not None]
    cells = [grid.box(span) for grid in ruled for span in grid.spans()]
    every = [box for _, boxes in parts for box in boxes]
    apart = grids_of_boxes(every, cells, [grid.bbox for grid in ruled], [box_of(line) for line in lines])
    taken = {box for _, group in apart for box in group}
    alone = [part for part, boxes in parts if len(boxes) > 1 and not taken.intersection(boxes)]
    return [*ruled, *(grid for grid, _ in apart), *(g for part in alone if (g := _grid(*part, lines)) is not None)]


def _boxes_apart(rows: Sequence[Ruling], columns: Sequence[Ruling]) -> list[BBox]:
    """The component's boxes, if it is a single one or if most have gaps between them across or down; else none."""
    xs, ys = _grid_lines(columns, rows), _grid_lines(rows, columns)
    if len(xs) < 2 or len(ys) < 2:
        return []
    ruled_h, ruled_v = _coverage(rows, ys, xs), _coverage(columns, xs, ys).T
    grid = CellGrid(xs, ys, _regions(ruled_h[1:-1], ruled_v[:, 1:-1]))
    gaps_x, gaps_y = _gaps(xs), _gaps(ys)
    spans = [span for span in grid.spans() if span[3] - span[1] > 1 or span[1] not in gaps_x]
    spans = [span for span in spans if span[2] - span[0] > 1 or span[0] not in gaps_y]
    across = [side in gaps_x for _, left, _, right in spans for side in (left - 1, right) if 0 < side < len(xs) - 2]
    down = [side in gaps_y for top, _, bottom, _ in spans for side in (top - 1, bottom) if 0 < side < len(ys) - 2]
    if len(spans) > 1 and not any(2 * sum(sides) > len(sides) for sides in (across, down)):
        return []
    return [
        grid.box((top, left, bottom, right))
        for top, left, bottom, right in spans
        if ruled_h[(top, bottom), left:right].all() and ruled_v[top:bottom, (left, right)].all()
    ]


def _gaps(positions: Sequence[float]) -> set[int]:
    """The intervals that are too narrow for anything but paper."""
    return {index for index, (a, b) in enumerate(pairwise(positions)) if b - a < NARROWEST}


def _grid(rows: Sequence[Ruling], columns: Sequence[Ruling], lines: Sequence[Line]) -> CellGrid | None:
    """The component as a grid, or None when it has fewer than two cells.

    Sides that are not ruled (a table open at the left and right, or cut by the page's end) are closed where the
    rulings end. What is open both sideways and up or down lies outside of the outline: no cell, unless it holds text.
    """
    ys = _grid_lines(rows, columns)
    xs = _grid_lines(columns, rows)
    if len(xs) * len(ys) < 6 or len(xs) < 2 or len(ys) < 2:
        return None
    ruled_h = _coverage(rows, ys, xs)
    ruled_v = _coverage(columns, xs, ys).T
    owner = _regions(ruled_h[1:-1], ruled_v[:, 1:-1])
    upward = {*owner[0][~ruled_h[0]].tolist(), *owner[-1][~ruled_h[-1]].tolist()}
    sideways = {*owner[:, 0][~ruled_v[:, 0]].tolist(), *owner[:, -1][~ruled_v[:, -1]].tolist()}
    grid = CellGrid(xs, ys, owner)
    written = {grid.at(*_centre(box_of(line))) for line in lines if _inside(line, grid.bbox)}
    kept = sorted(set(owner.ravel().tolist()) - ((upward & sideways) - written))
    if len(kept) < 2:
        return None
    number = np.full(int(owner.max()) + 1, -1, np.int32)
    number[kept] = np.arange(len(kept))
    return replace(grid, owner=number[owner])


def _grid_lines(rulings: Sequence[Ruling], crossing: Sequence[Ruling]) -> tuple[float, ...]:
    """The distinct positions of the rulings, and the ends of the crossing ones where these stick out."""
    ordered = sorted(ruling.position for ruling in rulings)
    found = [sum(ordered[first:last]) / (last - first) for first, last in _clusters(ordered)]
    start, end = min(ruling.start for ruling in crossing), max(ruling.end for ruling in crossing)
    before = [start] if start < found[0] - SHORTEST else []
    after = [end] if end > found[-1] + SHORTEST else []
    return (*before, *found, *after)


def _coverage(rulings: Sequence[Ruling], positions: Sequence[float], across: Sequence[float]) -> npt.NDArray[np.bool_]:
    """For each position and each interval across it: is it ruled?"""
    edges = np.array(across)
    position, start, end = np.array([(rule.position, rule.start, rule.end) for rule in rulings]).T[..., None]
    length = np.zeros((len(positions), len(across) - 1))
    nearest = np.abs(np.array(positions) - position).argmin(axis=1)
    np.add.at(length, nearest, np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], start), 0, None))
    covered: npt.NDArray[np.bool_] = length >= COVERED * np.diff(edges)
    return covered


def _regions(between_rows: npt.NDArray[np.bool_], between_columns: npt.NDArray[np.bool_]) -> Cells:
    """Elementary boxes with no rule between them are one cell; each cell a rectangle, numbered by row, column."""
    below, behind = between_rows.tolist(), between_columns.tolist()
    height, width = len(below) + 1, len(behind[0]) + 1
    owner = [[-1] * width for _ in range(height)]
    number = 0
    for row in range(height):
        for column in range(width):
            if owner[row][column] >= 0:
                continue
            right = column + 1
            while right < width and owner[row][right] < 0 and not behind[row][right - 1]:
                right += 1
            bottom = row + 1
            while bottom < height and _continues(below, behind, owner, bottom, column, right):
                bottom += 1
            for line in owner[row:bottom]:
                line[column:right] = [number] * (right - column)
            number += 1
    return np.array(owner, np.int32)


def _continues(
    below: Sequence[Sequence[bool]],
    behind: Sequence[Sequence[bool]],
    owner: Sequence[Sequence[int]],
    row: int,
    left: int,
    right: int,
) -> bool:
    """Does a cell from column `left` to `right` go on into this row?"""
    is_parted = any(below[row - 1][left:right]) or any(behind[row][left : right - 1])
    return not is_parted and max(owner[row][left:right]) < 0


# --- text ----------------------------------------------------------------------------------------------------


def _place(line: Line, grid: CellGrid, cells: list[list[Line]]) -> list[Line]:
    """Puts the line into its cells; returns what belongs to none."""
    outside = []
    for piece in cut(line, _crossings(line, grid)):
        owner = grid.at(*_centre(box_of(piece))) if _inside(piece, grid.bbox) else -1
        if owner < 0:
            outside.append(piece)
        else:
            cells[owner].append(piece)
    return outside


def _crossings(line: Line, grid: CellGrid) -> list[float]:
    """The rules that part the line, each with at least half a character on either side."""
    box = box_of(line)
    row = interval(grid.ys, (box.top + box.bottom) / 2)
    margin = 0.5 * (box.bottom - box.top)
    owners = [-1, *grid.owner[row].tolist(), -1]
    return [
        position
        for position, left, right in zip(grid.xs, owners, owners[1:], strict=False)
        if left != right and box.x0 + margin < position < box.x1 - margin
    ]


def _nest(grids: Sequence[CellGrid], placed: Sequence[list[list[Line]]], rest: list[Line]) -> tuple[Table, ...]:
    """Tables from grids, the smallest first, each inside the cell that holds it or on its own.

    A comb is no table: what is written in it is a line where the table would be.
    """
    inner: dict[tuple[int, int], list[Table]] = {}
    top: list[Table] = []
    for i, grid in enumerate(grids):
        table = _table(grid, placed[i], {cell: inner.get((i, cell), []) for cell in range(len(placed[i]))})
        holder = next(
            ((j, cell) for j in range(i + 1, len(grids)) if (cell := _holder(grids[j], grid.bbox)) >= 0), None
        )
        if len(table.cells) == 1:
            (placed[holder[0]][holder[1]] if holder else rest).extend(table.cells[0].lines)
        else:
            (inner.setdefault(holder, []) if holder else top).append(table)
    return tuple(_by_top(top))


def _by_top(tables: Iterable[Table]) -> list[Table]:
    return sorted(tables, key=lambda table: (table.bbox.top, table.bbox.x0) if table.bbox else (0.0, 0.0))


def _holder(grid: CellGrid, box: BBox) -> int:
    """The one cell that the whole box lies in, or -1."""
    outer = grid.bbox
    if not (outer.x0 <= box.x0 and outer.top <= box.top and box.x1 <= outer.x1 and box.bottom <= outer.bottom):
        return -1
    corners = {grid.at(x, y) for x in (box.x0, box.x1) for y in (box.top, box.bottom)}
    return corners.pop() if len(corners) == 1 else -1


def _table(grid: CellGrid, written: Sequence[Sequence[Line]], inner: Mapping[int, Sequence[Table]]) -> Table:
    cells = []
    for number, (lines, span) in enumerate(zip(written, grid.spans(), strict=True)):
        text = tuple(part for group in baselines(lines) for part in join_near(group))
        top, left, bottom, right = span
        cells.append(Cell(top, left, bottom - top, right - left, text, grid.box(span), tuple(_by_top(inner[number]))))
    cells = join_combs(sorted(cells, key=lambda cell: (cell.row, cell.column)))
    return Table(tuple(_numbered(cells)), grid.bbox)


def _numbered(cells: Sequence[Cell]) -> Iterator[Cell]:
    """Rows and columns counted from 1, those at which no cell begins left out."""
    rows, columns = sorted({cell.row for cell in cells}), sorted({cell.column for cell in cells})
    for cell in cells:
        row, column = bisect_right(rows, cell.row), bisect_right(columns, cell.column)
        row_span = bisect_right(rows, cell.row + cell.row_span - 1) - row + 1
        column_span = bisect_right(columns, cell.column + cell.column_span - 1) - column + 1
        yield replace(cell, row=row, column=column, row_span=row_span, column_span=column_span)


def _centre(box: BBox) -> tuple[float, float]:
    return (box.x0 + box.x1) / 2, (box.top + box.bottom) / 2


def _inside(line: Line, box: BBox) -> bool:
    """Is the line in the box, by its middle and by any part across?"""
    own = box_of(line)
    middle = (own.top + own.bottom) / 2
    shared = min(own.x1, box.x1) - max(own.x0, box.x0)
    return box.top <= middle <= box.bottom and shared > 0.5 * min(own.x1 - own.x0, box.x1 - box.x0)


def _meets(row: Ruling, box: BBox) -> bool:
    return box.top - REACH <= row.position <= box.bottom + REACH and row.start <= box.x1 and box.x0 <= row.end
