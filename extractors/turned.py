"""Pages that were scanned askew: extraction sees them upright, evidence cites them as they are stored."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from pipeline.model import BBox, Cell, Document, Evidence, FieldValue, Line, Page, Table

Move = Callable[[float, float], tuple[float, float]]


def upright(document: Document) -> Document:
    """The document with the boxes of its turned pages as they would be on upright ones."""
    if not any(page.turn for page in document.pages):
        return document
    return replace(document, pages=tuple(_upright(page) for page in document.pages))


def as_stored(value: FieldValue, pages: Mapping[tuple[str, int | None], Page]) -> FieldValue:
    """A claim whose evidence, and that of its rows, cites the pages as stored; `pages` by sha256 and number."""
    moved = replace(value, evidence=_cited(value.evidence, pages))
    if isinstance(value.value, tuple):
        rows = tuple(
            row if isinstance(row, str) else {name: as_stored(cell, pages) for name, cell in row.items()}
            for row in value.value
        )
        return replace(moved, value=rows)  # type: ignore[arg-type]  # codes stay codes, rows stay rows
    return moved


def _upright(page: Page) -> Page:
    if not page.turn or page.width is None or page.height is None:
        return page
    move = _turning(page.turn, page.width, page.height)
    size = (page.width, page.height) if page.turn == 180 else (page.height, page.width)
    blocks = tuple(_moved_table(b, move) if isinstance(b, Table) else _moved_line(b, move) for b in page.blocks)
    return replace(page, blocks=blocks, width=size[0], height=size[1])


def _cited(evidence: Evidence, pages: Mapping[tuple[str, int | None], Page]) -> Evidence:
    page = pages.get((evidence.sha256, evidence.page))
    if page is None or not page.turn or page.width is None or page.height is None or evidence.bbox is None:
        return evidence
    width, height = (page.width, page.height) if page.turn == 180 else (page.height, page.width)
    return replace(evidence, bbox=_moved(evidence.bbox, _turning(-page.turn % 360, width, height)))


def _turning(degrees: int, width: float, height: float) -> Move:
    """What a turn of a page of this size by so many degrees counter-clockwise does to a point."""
    return {
        90: lambda x, y: (y, width - x),
        180: lambda x, y: (width - x, height - y),
        270: lambda x, y: (height - y, x),
    }[degrees]


def _moved(box: BBox, move: Move) -> BBox:
    (x0, y0), (x1, y1) = move(box.x0, box.top), move(box.x1, box.bottom)
    return BBox(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _moved_line(line: Line, move: Move) -> Line:
    return replace(line, bbox=_moved(line.bbox, move)) if line.bbox else line


def _moved_table(table: Table, move: Move) -> Table:
    cells = tuple(_moved_cell(cell, move) for cell in table.cells)
    return replace(table, cells=cells, bbox=_moved(table.bbox, move) if table.bbox else None)


def _moved_cell(cell: Cell, move: Move) -> Cell:
    return replace(
        cell,
        lines=tuple(_moved_line(line, move) for line in cell.lines),
        bbox=_moved(cell.bbox, move) if cell.bbox else None,
        tables=tuple(_moved_table(table, move) for table in cell.tables),
    )
