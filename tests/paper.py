"""Documents built by hand: rows of cells and lines, as a reader would hand them over."""

from collections.abc import Sequence
from functools import cache

from pipeline.model import BBox, Cell, Document, FieldValue, Line, Method, Page, Programme, Table
from pipeline.programme import load_programme

SHA = "a" * 64
Text = str | tuple[str, int] | tuple[str, int, int]  # text, columns, rows


@cache
def programme() -> Programme:
    return load_programme("fujian-ai-2024")


def table(*rows: Sequence[Text | Cell], bbox: BBox | None = None, confidence: float = 1.0) -> Table:
    """Rows as HTML has them: a merged cell stands once and the cells beside it move over."""
    taken: set[tuple[int, int]] = set()
    cells: list[Cell] = []
    for row, texts in enumerate(rows, 1):
        column = 1
        for text in texts:
            while (row, column) in taken:
                column += 1
            cell = _cell(text, row, column, confidence)
            cells.append(cell)
            taken |= {(row + i, column + j) for i in range(cell.row_span) for j in range(cell.column_span)}
            column += cell.column_span
    return Table(tuple(cells), bbox)


def _cell(text: Text | Cell, row: int, column: int, confidence: float) -> Cell:
    if isinstance(text, Cell):
        return Cell(row, column, text.row_span, text.column_span, text.lines, text.bbox, text.tables)
    words, columns, rows = (text, 1, 1) if isinstance(text, str) else (*text, 1)[:3]
    lines = tuple(Line(line, None, confidence) for line in words.split("\n")) if words else ()
    return Cell(row, column, rows, columns, lines)


def paper(*blocks: str | Line | Table, method: Method = Method.DOCX, number: int | None = None) -> Document:
    """A document of one page."""
    return pages(blocks, method=method, first=number)


def pages(*contents: Sequence[str | Line | Table], method: Method = Method.PDF, first: int | None = 1) -> Document:
    numbered = [
        Page(
            None if first is None else first + index,
            method,
            tuple(Line(block) if isinstance(block, str) else block for block in blocks),
            595.0,
            842.0,
        )
        for index, blocks in enumerate(contents)
    ]
    return Document(SHA, "application/pdf", "test 1", tuple(numbered), len(numbered))


def by_name(values: Sequence[FieldValue]) -> dict[str, list[FieldValue]]:
    found: dict[str, list[FieldValue]] = {}
    for value in values:
        found.setdefault(value.name, []).append(value)
    return found
