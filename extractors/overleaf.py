"""What a page break has parted made whole: runs of lines, tables, lists without rules, a row that goes on overleaf."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from extractors.labels import Labels, squeeze
from extractors.slots import Block, Grid, Run, Slot
from extractors.unruled import Unruled
from pipeline.model import BBox

_EDGE_TOLERANCE = 0.015  # of the page's width: how far two pages' rules of one column may lie apart


@dataclass(frozen=True, slots=True)
class Part:
    """One page's lines or one of its tables, before neighbours are joined."""

    block: Block
    page: int  # ordinal over all documents
    box: BBox | None
    width: float | None
    unruled: Unruled | None = None  # the block is a list without rules, which may go on overleaf


def joined(above: Part, below: Part, labels: Labels) -> Part | None:
    """The two as one, when the second continues the first on the next page."""
    if isinstance(above.block, Run) and isinstance(below.block, Run):
        return replace(below, block=Run(above.block.pieces + below.block.pieces))
    if not isinstance(above.block, Grid) or not isinstance(below.block, Grid) or below.page != above.page + 1:
        return None
    if not above.block.slots or not below.block.slots:
        return None
    if above.unruled or below.unruled:
        return _joined_lists(above, below)
    if above.box and below.box and above.width and below.width:
        if not _same_sides(above, below):
            return None
        first, second = _aligned(above.block, above.width), _aligned(below.block, below.width)
        edges = _merged_edges([*first.values(), *second.values()])
        top, bottom = (
            _regridded(above.block, first, edges, above.width),
            _regridded(below.block, second, edges, below.width),
        )
    elif above.block.last_column == below.block.last_column:
        top, bottom = above.block, below.block
    else:
        return None
    return Part(_stacked(top, bottom, labels), below.page, below.box, below.width)


def _joined_lists(above: Part, below: Part) -> Part | None:
    """Two parts of a list without rules, where both have the same columns."""
    if not (above.unruled and below.unruled and isinstance(above.block, Grid) and isinstance(below.block, Grid)):
        return None
    heads = [["".join(line.text for line in cell) for cell in part.rows[0]] for part in (above.unruled, below.unruled)]
    if not _is_repeated(*heads):
        return None
    offset = above.block.last_row - 1
    lower = [replace(s, row=s.row + offset, last_row=s.last_row + offset) for s in below.block.slots if s.row > 1]
    return replace(below, block=Grid([*above.block.slots, *lower]))


def _is_repeated(head: Sequence[str], again: Sequence[str]) -> bool:
    """Whether two rows of column labels are one, though recognition may have read one label otherwise."""
    same = [squeeze(one).text == squeeze(other).text for one, other in zip(head, again, strict=False)]
    return len(head) == len(again) and sum(same) > len(head) / 2


def _same_sides(above: Part, below: Part) -> bool:
    if above.box is None or below.box is None or not above.width or not below.width:
        return False
    left = abs(above.box.x0 / above.width - below.box.x0 / below.width)
    right = abs(above.box.x1 / above.width - below.box.x1 / below.width)
    return max(left, right) < 3 * _EDGE_TOLERANCE


def _aligned(grid: Grid, width: float) -> dict[int, float]:
    """The left edge of each column that a cell starts in, as a share of the page's width."""
    edges: dict[int, float] = {}
    for slot in grid.slots:
        if slot.where.bbox is not None:
            edges[slot.column] = min(edges.get(slot.column, 9.0), slot.where.bbox.x0 / width)
            edges.setdefault(slot.last_column + 1, slot.where.bbox.x1 / width)
    return edges


def _merged_edges(edges: Sequence[float]) -> list[float]:
    merged: list[float] = []
    for edge in sorted(edges):
        if not merged or edge - merged[-1] > _EDGE_TOLERANCE:
            merged.append(edge)
    return merged


def _regridded(grid: Grid, own: dict[int, float], edges: Sequence[float], width: float) -> Grid:
    """The grid with its columns counted in `edges`, which both pages share."""

    def column(index: int, fallback: int) -> int:
        if index not in own or not edges:
            return fallback
        return min(range(len(edges)), key=lambda i: abs(edges[i] - own[index])) + 1

    slots = []
    for slot in grid.slots:
        if slot.is_blank and _is_sliver(slot, width):
            continue
        first = column(slot.column, slot.column)
        last = max(column(slot.last_column + 1, slot.last_column + 1) - 1, first)
        slots.append(replace(slot, column=first, last_column=last))
    return Grid(slots)


def _is_sliver(slot: Slot, width: float) -> bool:
    """Whether the cell is too narrow to be told from the rule beside it, as between a frame and the table in it."""
    box = slot.where.bbox
    return box is not None and box.x1 - box.x0 < _EDGE_TOLERANCE * width


def _stacked(above: Grid, below: Grid, labels: Labels) -> Grid:
    offset = above.last_row
    below = _without_header(below, above, labels)
    if _is_rest_of_labels(above, below, labels):
        below = _without_first_row(below)
    lower = [replace(slot, row=slot.row + offset, last_row=slot.last_row + offset) for slot in below.slots]
    first = [slot for slot in lower if slot.row == offset + 1]
    if not _is_rest_of_row(first, above, labels):
        return Grid([*above.slots, *lower])
    upper = list(above.slots)
    for slot in first:
        target = above.at(offset, slot.column)
        if target is None:
            return Grid([*above.slots, *lower])
        index = above.slots.index(target)
        upper[index] = replace(
            upper[index],
            last_row=upper[index].last_row + slot.last_row - slot.row,
            pieces=upper[index].pieces + slot.pieces,
            grids=upper[index].grids + slot.grids,
        )
    moved = [replace(s, row=s.row - 1, last_row=s.last_row - 1) for s in lower if s.row > offset + 1]
    return Grid([*upper, *moved])


def _without_header(below: Grid, above: Grid, labels: Labels) -> Grid:
    """The lower grid without a first row that repeats one of the upper's, as headers are repeated overleaf."""
    head = [slot.text for slot in below.row(1)]
    is_single = all(slot.row == slot.last_row for slot in below.row(1))
    rows = [[slot.text for slot in above.row(row)] for row in range(1, above.last_row + 1)]
    repeated = head in rows or (labels.is_header(head) and any(_is_repeated(row, head) for row in rows))
    if not repeated or not is_single or below.last_row < 2 or sum(bool(text.strip()) for text in head) < 2:
        return below
    return _without_first_row(below)


def _without_first_row(grid: Grid) -> Grid:
    return Grid([replace(slot, row=slot.row - 1, last_row=slot.last_row - 1) for slot in grid.slots if slot.row > 1])


def _is_rest_of_labels(above: Grid, below: Grid, labels: Labels) -> bool:
    """Whether a page's blank first row is the rest of a row of labels: what stands under it has none of its own."""

    def is_label(slot: Slot) -> bool:
        return labels.whole(slot.text) is not None

    first, second = below.row(1), below.row(2)
    return (
        len(first) > 1
        and all(slot.is_blank and slot.last_row == 1 for slot in first)
        and [slot.column for slot in first] == [slot.column for slot in second]
        and all(is_label(slot) for slot in above.row(above.last_row))
        and not any(is_label(slot) for slot in second)
    )


def _is_rest_of_row(row: Sequence[Slot], above: Grid, labels: Labels) -> bool:
    """Whether a page's first row is the rest of the row before: most of it is empty, its label too or what ran over
    from cells above."""
    filled = [slot for slot in row if not slot.is_blank]
    if not filled or len(filled) * 2 > len(row) or any(labels.whole(slot.text) for slot in row):
        return False
    return row[0].is_blank or _ran_over(row, above)


def _ran_over(row: Sequence[Slot], above: Grid) -> bool:
    """Whether all cells of a list's last row are written in, and those that go on here are full to their end."""
    pairs = [(slot, above.at(above.last_row, slot.column)) for slot in row]
    return all(over is not None and not over.is_blank and (slot.is_blank or _is_full(over)) for slot, over in pairs)


def _is_full(slot: Slot) -> bool:
    """Whether the cell's last line ends less than two characters before the cell does."""
    cell, line = slot.where.bbox, slot.pieces[-1].bbox if slot.pieces else None
    return cell is not None and line is not None and cell.x1 - line.x1 < 2 * (line.bottom - line.top)
