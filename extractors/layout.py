"""A Document as the extractor walks it: grids, and runs of lines, each piece of text knowing where it stands.

Page numbers and running headers are left out; a table that runs over a page break is one grid again.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count

from extractors.broken_labels import whole_labels
from extractors.columns import beside
from extractors.false_rules import without_false_rules
from extractors.labels import Labels
from extractors.lines import join_baselines, reckoned
from extractors.overleaf import Part, joined
from extractors.slots import Block, Grid, Piece, Run, Slot
from extractors.text_columns import columns_apart
from extractors.unruled import Unruled, under_ruled, unruled_tables
from pipeline.model import Cell, Document, Line, Page, Table

_PAGE_NUMBER = re.compile(r"[-—–·\s]*(第\s*)?\d{1,4}(\s*页)?([\s,，]*[/／共of]+\s*\d{1,4}\s*页?)?[-—–·\s]*")
_UNCOUNTED = 3  # pages before the one that is numbered 1
_GRID_LIMIT = 200_000  # positions of a grid; a larger one is read as if it had no merged cells


def blocks(documents: Sequence[Document], labels: Labels) -> tuple[Block, ...]:
    """The documents' grids and runs in reading order; several documents are the pages of one paper."""
    parts: list[Part] = []
    tables = 0
    ordinal = 0
    for document in documents:
        headers = _running_lines(document.pages)
        for page in document.pages:
            tables = 0 if page.number is not None or page.title else tables
            above = parts[-1].unruled if parts else None
            for part in _page_parts(document, page, ordinal, headers, tables, labels, above):
                tables += isinstance(part.block, Grid)
                if parts and (whole := joined(parts[-1], part, labels)):
                    parts[-1] = whole
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
) -> Iterator[Part]:
    prefix = f"{page.title} " if page.title else f"第{page.number}页 " if page.number is not None else ""
    numbers = count(1)

    def pieces(lines: Sequence[Line]) -> tuple[Piece, ...]:
        unit = "段" if page.number is None else "行"
        return tuple(_piece(line, document, page, f"{prefix}第{next(numbers)}{unit}") for line in joined_lines(lines))

    for group in _as_ruled(_groups(page, headers), labels):
        if isinstance(group, Table):
            tables += 1
            if group.cells:
                yield Part(_grid(group, document, page, f"{prefix}表{tables}"), ordinal, group.bbox, page.width)
        else:
            for block, table in _line_blocks(group, pieces, labels, above):
                yield Part(block, ordinal, None, page.width, table)
        above = None


def _as_ruled(groups: Iterable[Table | list[Line]], labels: Labels) -> Iterator[Table | list[Line]]:
    """The tables without rules that are none, and what has lost its rules among the lines under it."""
    lines: list[Line] = []
    for group in groups:
        if isinstance(group, list):
            yield [*lines, *group]
            lines = []
            continue
        if lines:
            yield lines
        ruled, rest = under_ruled(without_false_rules(group, labels.is_label), labels)
        yield ruled
        lines = list(rest)
    if lines:
        yield lines


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
    lines = whole_labels(lines, lambda text: labels.whole(text) is not None)
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
        yield _open_row([_reckoned(pieces(column)) for column in item]), None
    if plain:
        yield Run(pieces(plain)), None


def _open_grid(table: Unruled, pieces: Callable[[Sequence[Line]], tuple[Piece, ...]]) -> Grid:
    """A table without rules; a blank cell stands where its row does."""
    slots: list[Slot] = []
    for number, cells in enumerate(table.rows, 1):
        row = [_reckoned(pieces(lines)) for lines in cells]
        first = next(own[0] for own in row if own)
        for column, own in enumerate(row, 1):
            where = replace(own[0] if own else first, text="")
            slots.append(Slot(number, column, number, column, own, where))
    return Grid(slots)


def _reckoned(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The pieces of a cell that no rule bounds."""
    return tuple(replace(piece, bounds=reckoned(piece.bounds)) for piece in pieces)


def _is_furniture(line: Line, index: int, page: Page, headers: set[str]) -> bool:
    """Blank lines, running headers, and page numbers, which stand alone at the head or the foot of the page."""
    text = line.text.strip()
    if not text:
        return True
    if not (index < 2 or index >= len(page.blocks) - 2):
        return False
    return line.text in headers or (_is_page_number(text, page) and not _has_company(line, page))


def _is_page_number(text: str, page: Page) -> bool:
    """第3页, — 3 —, 3/12; a bare number only if it can be this page's: a cover or two may not be counted."""
    if page.number is not None and text.isdecimal():
        return page.number - _UNCOUNTED <= int(text) <= page.number + 1
    return _PAGE_NUMBER.fullmatch(text) is not None


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
    return Piece(line.text, document.sha256, page.method, page.number, place, line.bbox, line.confidence, line.bounds)


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
