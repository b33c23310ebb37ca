"""A Document as the extractor walks it: grids, and runs of lines, each piece of text knowing where it stands.

Page numbers and running headers are left out; a table that runs over a page break is one grid again.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

from extractors.columns import beside
from extractors.labels import Labels
from extractors.lines import hull, join_baselines
from extractors.text_columns import columns_apart
from extractors.unruled import Unruled, under_ruled, unruled_tables
from pipeline.model import BBox, Cell, Document, Line, Method, Page, Table

_PAGE_NUMBER = re.compile(r"[-—–·\s]*(第\s*)?\d{1,4}(\s*页)?([\s,，]*[/／共of]+\s*\d{1,4}\s*页?)?[-—–·\s]*")
_EDGE_TOLERANCE = 0.015  # of the page's width: how far two pages' rules of one column may lie apart
_GRID_LIMIT = 200_000  # positions of a grid; a larger one is read as if it had no merged cells


@dataclass(frozen=True, slots=True)
class Piece:
    """A line of text (or none) and the place that it stands in."""

    text: str
    sha256: str
    method: Method
    page: int | None
    place: str
    bbox: BBox | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Slot:
    """A table cell in a grid's coordinates, both ends counted in."""

    row: int
    column: int
    last_row: int
    last_column: int
    pieces: tuple[Piece, ...]
    where: Piece  # the cell itself, without text: the evidence of a blank
    grids: tuple["Grid", ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(piece.text for piece in self.pieces)

    @property
    def is_blank(self) -> bool:
        return not self.text.strip() and not self.grids


class Grid:
    """A table, or several that a page break had parted."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.slots = tuple(sorted(slots, key=lambda slot: (slot.row, slot.column)))
        self.last_row = max((slot.row for slot in slots), default=0)
        self.last_column = max((slot.last_column for slot in slots), default=0)
        self._at = {
            (row, column): slot
            for slot in reversed(self.slots)
            for row in range(slot.row, min(slot.last_row, self.last_row) + 1)
            for column in range(slot.column, slot.last_column + 1)
        }
        self._rows: dict[int, list[Slot]] = {}
        for slot in self.slots:
            for row in range(slot.row, min(slot.last_row, self.last_row) + 1):
                self._rows.setdefault(row, []).append(slot)

    def at(self, row: int, column: int) -> Slot | None:
        return self._at.get((row, column))

    def row(self, row: int) -> list[Slot]:
        """The slots that the row touches, left to right."""
        return sorted(self._rows.get(row, ()), key=lambda slot: slot.column)


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive lines outside of tables."""

    pieces: tuple[Piece, ...]


Block = Grid | Run


@dataclass(frozen=True, slots=True)
class _Part:
    """One page's lines or one of its tables, before neighbours are joined."""

    block: Block
    page: int  # ordinal over all documents
    box: BBox | None
    width: float | None
    unruled: Unruled | None = None  # the block is a list without rules, which may go on overleaf


def blocks(documents: Sequence[Document], labels: Labels) -> tuple[Block, ...]:
    """The documents' grids and runs in reading order; several documents are the pages of one paper."""
    parts: list[_Part] = []
    tables = 0
    ordinal = 0
    for document in documents:
        headers = _running_lines(document.pages)
        for page in document.pages:
            tables = 0 if page.number is not None or page.title else tables
            above = parts[-1].unruled if parts else None
            for part in _page_parts(document, page, ordinal, headers, tables, labels, above):
                tables += isinstance(part.block, Grid)
                if parts and (joined := _joined(parts[-1], part, labels)):
                    parts[-1] = joined
                else:
                    parts.append(part)
            ordinal += 1
    return tuple(part.block for part in parts)


# --- one page ---------------------------------------------------------------------------------------------


def _page_parts(
    document: Document,
    page: Page,
    ordinal: int,
    headers: set[str],
    tables: int,
    labels: Labels,
    above: Unruled | None,
) -> Iterator[_Part]:
    prefix = f"{page.title} " if page.title else f"第{page.number}页 " if page.number is not None else ""
    numbers = count(1)

    def pieces(lines: Sequence[Line]) -> tuple[Piece, ...]:
        unit = "段" if page.number is None else "行"
        return tuple(_piece(line, document, page, f"{prefix}第{next(numbers)}{unit}") for line in joined_lines(lines))

    for group in _groups(page, headers):
        if isinstance(group, Table):
            tables += 1
            ruled, rest = under_ruled(group, labels)
            if ruled.cells:
                yield _Part(_grid(ruled, document, page, f"{prefix}表{tables}"), ordinal, ruled.bbox, page.width)
            for block, table in _line_blocks(rest, pieces, labels, None):
                yield _Part(block, ordinal, None, page.width, table)
        else:
            for block, table in _line_blocks(group, pieces, labels, above):
                yield _Part(block, ordinal, None, page.width, table)
        above = None


def _groups(page: Page, headers: set[str]) -> Iterator[Table | list[Line]]:
    """The page's tables and the lines between them, without running headers and page numbers."""
    lines: list[Line] = []
    for index, block in enumerate(page.blocks):
        if isinstance(block, Table):
            if lines:
                yield lines
            lines = []
            yield block
        elif not _is_furniture(block, index, page, headers):
            lines.append(block)
    if lines:
        yield lines


def _line_blocks(
    lines: Sequence[Line],
    pieces: Callable[[Sequence[Line]], tuple[Piece, ...]],
    labels: Labels,
    above: Unruled | None,
) -> Iterator[tuple[Block, Unruled | None]]:
    """Runs of lines, tables without rules, and a row of two cells where a label stands beside several lines."""
    for group in columns_apart(lines, labels.leads):
        plain: list[Line] = []
        for item in unruled_tables(group, labels, above):
            if isinstance(item, Line):
                plain.append(item)
                continue
            yield from _runs(plain, pieces, labels)
            plain = []
            yield _open_grid(item, pieces), item if item.is_list else None
        yield from _runs(plain, pieces, labels)
        above = None


def _runs(
    lines: Sequence[Line], pieces: Callable[[Sequence[Line]], tuple[Piece, ...]], labels: Labels
) -> Iterator[tuple[Block, None]]:
    plain: list[Line] = []
    for item in beside(lines, lambda text: labels.whole(text) is not None):
        if isinstance(item, Line):
            plain.append(item)
            continue
        if plain:
            yield Run(pieces(plain)), None
            plain = []
        yield _open_row([pieces(column) for column in item]), None
    if plain:
        yield Run(pieces(plain)), None


def _open_grid(table: Unruled, pieces: Callable[[Sequence[Line]], tuple[Piece, ...]]) -> Grid:
    """A table without rules; a blank cell stands where its row does."""
    slots: list[Slot] = []
    for number, cells in enumerate(table.rows, 1):
        row = [pieces(lines) for lines in cells]
        first = next(own[0] for own in row if own)
        for column, own in enumerate(row, 1):
            where = replace(own[0] if own else first, text="")
            slots.append(Slot(number, column, number, column, own, where))
    return Grid(slots)


def _is_furniture(line: Line, index: int, page: Page, headers: set[str]) -> bool:
    """Blank lines, running headers, and page numbers, which stand alone at the head or the foot of the page."""
    text = line.text.strip()
    if not text:
        return True
    if not (index < 2 or index >= len(page.blocks) - 2):
        return False
    return line.text in headers or (_PAGE_NUMBER.fullmatch(text) is not None and not _has_company(line, page))


def _has_company(line: Line, page: Page) -> bool:
    """Whether other text stands on the line's height, so that it may be a value of a table without rules."""
    box = line.bbox
    others = [other.bbox for other in page.lines if other is not line and other.bbox]
    return box is not None and any(other.top < (box.top + box.bottom) / 2 < other.bottom for other in others)


def _running_lines(pages: Sequence[Page]) -> set[str]:
    """Lines that stand at the head or the foot of at least three pages."""
    edges: Counter[str] = Counter()
    for page in pages:
        ends = {block.text for block in (*page.blocks[:2], *page.blocks[-2:]) if isinstance(block, Line)}
        edges.update(ends)
    return {text for text, count in edges.items() if count >= 3}


def joined_lines(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Lines on one baseline as one, where their boxes are known."""
    if len(lines) < 2 or any(line.bbox is None for line in lines):
        return tuple(lines)
    return join_baselines(lines)


def _piece(line: Line, document: Document, page: Page, place: str) -> Piece:
    return Piece(line.text, document.sha256, page.method, page.number, place, line.bbox, line.confidence)


def _grid(table: Table, document: Document, page: Page, place: str) -> Grid:
    last_row = max((cell.row for cell in table.cells), default=0)
    last_column = max((cell.column for cell in table.cells), default=0)
    spans = last_row * last_column <= _GRID_LIMIT
    return Grid([_slot(cell, document, page, place, (last_row, last_column), spans) for cell in table.cells])


def _open_row(columns: Sequence[tuple[Piece, ...]]) -> Grid:
    """A row of cells that have no rules between them."""
    return Grid([Slot(1, i, 1, i, pieces, replace(pieces[0], text="")) for i, pieces in enumerate(columns, 1)])


def _slot(cell: Cell, document: Document, page: Page, table: str, last: tuple[int, int], spans: bool) -> Slot:
    place = f"{table}第{cell.row}行第{cell.column}列"
    last_row = min(cell.row + max(cell.row_span, 1) - 1, last[0]) if spans else cell.row
    last_column = min(cell.column + max(cell.column_span, 1) - 1, last[1]) if spans else cell.column
    return Slot(
        cell.row,
        cell.column,
        max(last_row, cell.row),
        max(last_column, cell.column),
        tuple(_piece(line, document, page, place) for line in joined_lines(cell.lines) if line.text.strip()),
        _piece(Line("", cell.bbox, cell.confidence), document, page, place),
        tuple(_grid(t, document, page, f"{place}内表{i}") for i, t in enumerate(cell.tables, 1)),
    )


# --- over a page break ------------------------------------------------------------------------------------


def _joined(above: _Part, below: _Part, labels: Labels) -> _Part | None:
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
    return _Part(_stacked(top, bottom, labels), below.page, below.box, below.width)


def _joined_lists(above: _Part, below: _Part) -> _Part | None:
    """Two parts of a list without rules, where both have the same columns."""
    if not (above.unruled and below.unruled and isinstance(above.block, Grid) and isinstance(below.block, Grid)):
        return None
    if [[line.text for line in cell] for cell in above.unruled.rows[0]] != [
        [line.text for line in cell] for cell in below.unruled.rows[0]
    ]:
        return None
    offset = above.block.last_row - 1
    lower = [replace(s, row=s.row + offset, last_row=s.last_row + offset) for s in below.block.slots if s.row > 1]
    return replace(below, block=Grid([*above.block.slots, *lower]))


def _same_sides(above: _Part, below: _Part) -> bool:
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
    if _is_rest_of_labels(above, below, labels):
        below = Grid([replace(s, row=s.row - 1, last_row=s.last_row - 1) for s in below.slots if s.row > 1])
    offset = above.last_row
    lower = [replace(slot, row=slot.row + offset, last_row=slot.last_row + offset) for slot in below.slots]
    first = [slot for slot in lower if slot.row == offset + 1]
    if not _is_broken_row(first, labels):
        return Grid([*above.slots, *lower])
    upper = list(above.slots)
    for slot in first:
        target = above.at(offset, slot.column)
        if target is None:
            return Grid([*above.slots, *lower])
        index = upper.index(target)
        upper[index] = replace(
            upper[index], pieces=upper[index].pieces + slot.pieces, grids=upper[index].grids + slot.grids
        )
    moved = [replace(s, row=s.row - 1, last_row=s.last_row - 1) for s in lower if s.row > offset + 1]
    return Grid([*upper, *moved])


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


def _is_broken_row(row: Sequence[Slot], labels: Labels) -> bool:
    """Whether a page's first row is the rest of the row before: its label is empty, or most of it is."""
    filled = [slot for slot in row if not slot.is_blank]
    if not filled or not row[0].is_blank or any(labels.whole(slot.text) for slot in row):
        return False
    return len(filled) * 2 <= len(row)


def box_of_pieces(pieces: Sequence[Piece]) -> BBox | None:
    """The smallest box around the pieces of the first page among them, None where no box is known."""
    boxes = [piece.bbox for piece in pieces if piece.bbox is not None and piece.page == pieces[0].page]
    return hull(boxes) if boxes else None
