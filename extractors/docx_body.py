"""The walk through a plain WordprocessingML tree: paragraphs to Lines, tables to true grid coordinates.

It goes through every wrapper (content controls, custom XML, smart tags, insertions, hyperlinks, fields), so that
nothing is lost to a nesting that nobody thought of.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lxml import etree

from extractors.docx_names import value, w, whole_number
from extractors.docx_symbols import glyph_text
from extractors.ooxml import too_large
from pipeline.model import Cell, Line, Table

Element = etree._Element
Block = Line | Table

MAX_NESTING = 24  # tables and text boxes inside of each other
MAX_SPAN = 1_000  # columns; Word stops at 63

_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_FIXED_TEXT = {
    w("tab"): "\t",
    w("ptab"): "\t",
    w("br"): "\n",
    w("cr"): "\n",
    w("noBreakHyphen"): "-",
    f"{_M}den": "/",  # before the denominator of a fraction
}
_PROPERTIES = frozenset(
    w(name)
    for name in ("pPr", "rPr", "tblPr", "tblGrid", "trPr", "tcPr", "tblPrEx", "sectPr", "sdtPr", "sdtEndPr", "rt")
)
_GRAPHICS = frozenset(w(name) for name in ("drawing", "pict", "object"))
_LABEL_ENDS = (":", "：", "\t")


def blocks(container: Element, depth: int = 0) -> Iterator[Block]:
    """The Lines and Tables of a body, header, text box or cell, in reading order. Raises Unusable past MAX_NESTING."""
    if depth > MAX_NESTING:
        raise too_large(f"表格嵌套超过 {MAX_NESTING} 层")
    for element in _topmost(container, (w("p"), w("tbl"), w("r"))):
        if element.tag == w("tbl"):
            table = _table(element, depth)
            if table.cells:
                yield table
        else:
            yield from _paragraph(element, depth)


def _topmost(container: Element, tags: Sequence[str]) -> Iterator[Element]:
    """The nearest descendants with one of these tags, whatever wraps them."""
    for child in container:
        if child.tag in tags:
            yield child
        elif isinstance(child.tag, str) and child.tag not in _PROPERTIES:
            yield from _topmost(child, tags)


def _paragraph(paragraph: Element, depth: int) -> Iterator[Block]:
    """A text box stands where it is anchored if a label ends there, else after the paragraph: an anchor in the
    middle of a word must not cut it."""
    text, waiting = "", list[Element]()
    for piece in _pieces(paragraph):
        if isinstance(piece, str):
            text += piece
        elif not text.strip() or text.rstrip(" \u3000").endswith(_LABEL_ENDS):
            yield from _lines(text)
            text = ""
            yield from blocks(piece, depth + 1)
        else:
            waiting.append(piece)
    yield from _lines(text)
    for box in waiting:
        yield from blocks(box, depth + 1)


def _pieces(element: Element) -> Iterator[str | Element]:
    """The strings and the text boxes of a paragraph in order."""
    for child in element:
        if not isinstance(child.tag, str) or child.tag in _PROPERTIES:
            continue
        if child.tag in (w("t"), w("sym")):
            yield glyph_text(child)
        elif child.tag == f"{_M}t":
            yield child.text or ""
        elif child.tag in _GRAPHICS:
            yield from _topmost(child, (w("txbxContent"),))
        elif child.tag != w("tabs"):
            yield _FIXED_TEXT.get(child.tag, "")
            yield from _pieces(child)


def _lines(text: str) -> Iterator[Line]:
    for part in text.split("\n"):
        if part.strip():
            yield Line(part.strip())


@dataclass(slots=True)
class _OpenCell:
    """A cell that rows below or cells to the right may still extend."""

    row: int
    column: int
    column_span: int
    row_span: int = 1
    lines: list[Line] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)

    def add(self, content: Sequence[Block]) -> None:
        """Take in content; what a merged cell repeats from the cell that it continues is not taken twice."""
        lines = [block for block in content if isinstance(block, Line)]
        if lines != self.lines:
            self.lines += lines
        self.tables += [block for block in content if isinstance(block, Table)]

    def closed(self) -> Cell:
        return Cell(
            self.row, self.column, self.row_span, self.column_span, tuple(self.lines), tables=tuple(self.tables)
        )


def _table(element: Element, depth: int) -> Table:
    cells: list[_OpenCell] = []
    above: dict[int, _OpenCell] = {}  # by its first column, what a vertical merge may continue from the row above
    for number, row in enumerate(_topmost(element, (w("tr"),)), start=1):
        above = _row(row, number, above, cells, depth)
    return Table(tuple(cell.closed() for cell in sorted(cells, key=lambda cell: (cell.row, cell.column))))


def _row(
    row: Element, number: int, above: dict[int, _OpenCell], cells: list[_OpenCell], depth: int
) -> dict[int, _OpenCell]:
    """Add a row's cells to `cells`; returns its open vertical merges."""
    merging: dict[int, _OpenCell] = {}
    column = 1 + whole_number(row.find(f"{w('trPr')}/{w('gridBefore')}"), 0, MAX_SPAN)
    left: _OpenCell | None = None
    for element in _topmost(row, (w("tc"),)):
        span = max(whole_number(element.find(f"{w('tcPr')}/{w('gridSpan')}"), 1, MAX_SPAN), 1)
        content = tuple(blocks(element, depth + 1))
        if left is not None and _merge(element, "hMerge") == "continue":
            left.column_span += span
            left.add(content)
        else:
            left = _cell(element, _OpenCell(number, column, span), above, cells)
            left.add(content)
            if _merge(element, "vMerge"):
                merging[column] = left
        column += span
    return merging


def _cell(element: Element, cell: _OpenCell, above: dict[int, _OpenCell], cells: list[_OpenCell]) -> _OpenCell:
    """The cell that `element` belongs to: the one above that it continues, else `cell`, which is new. A continuation
    without a beginning, or of another width, is a cell of its own."""
    start = above.get(cell.column)
    if start is not None and _merge(element, "vMerge") == "continue" and start.column_span == cell.column_span:
        start.row_span += 1
        return start
    cells.append(cell)
    return cell


def _merge(element: Element, name: str) -> str:
    """``restart``, ``continue`` or nothing (ECMA-376 part 1, 17.4.84: no value means continue)."""
    merge = element.find(f"{w('tcPr')}/{w(name)}")
    return "" if merge is None else "restart" if value(merge) == "restart" else "continue"
