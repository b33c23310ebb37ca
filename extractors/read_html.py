"""Web pages, and the HTML text of a mail: some applicants paste the form into it. Tables get true grid coordinates.

Nothing that the page names is fetched. Hidden and struck text is left out, as in a Word file.
"""

import re
from collections.abc import Iterator
from hashlib import sha256

from lxml import etree, html

from pipeline.model import TICKED, UNTICKED, Cell, Document, Line, Method, Page, Problem, Table
from pipeline.names import decode_text

VERSION = "2"
MEDIA_TYPE = "text/html"
LONGEST = 8_000_000  # bytes; a form has some ten thousand, pictures inside of it are another matter
MOST_CELLS = 100_000  # of one table's grid
MOST_SPAN = 1_000  # HTML's own limit
DEEPEST = 30  # tables within each other

_BLOCK = re.compile(
    r"address|article|aside|blockquote|br|center|d[dlt]|details|div|fieldset|fig\w+|footer|form|h[1-6]|header|hr|legend|li"
    r"|main|nav|ol|p|pre|section|ul"
)
_SILENT = re.compile(r"script|style|head|title|template|noscript|object|iframe|svg|math|del|s|strike")
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0(?![.\d])|line-through", re.I
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]{2,40})", re.I)
_DATA_URI = re.compile(rb"data:[\w.+-]+/[\w.+-]+;base64,[\w+/=%\s-]+", re.I)

# Where mail programs put the mail that is answered: Thunderbird and Apple, Gmail, Outlook, QQ. An Outlook's and a QQ
# quotation stands beside its heading and not inside of it.
_QUOTED = (
    "//blockquote | //*[contains(concat(' ', @class, ' '), ' gmail_quote ')]"
    " | //*[@id='appendonsend' or @id='divRplyFwdMsg' or contains(text(), '--- 原始邮件 ---')]/following-sibling::*"
)
_NOT_TYPED = frozenset({"hidden", "submit", "button", "reset", "image", "password", "file"})

_Block = Line | Table


def read(data: bytes, pages: range) -> Document:
    """The page as one Page without a number, whatever `pages` asks. Never raises."""
    del pages
    slim = _DATA_URI.sub(b"", data)
    if len(slim) > LONGEST:
        return _document(data, problem=Problem("D-TOO-LARGE", "网页文件过大，未读取；请以 Word 或 PDF 重新发送。"))
    root = _parsed(slim)
    try:
        blocks = () if root is None else tuple(_content(root, 0))
    except _TooLargeError:
        return _document(data, problem=Problem("D-TOO-LARGE", "网页中的表格过大，未读取；请以 Word 或 PDF 重新发送。"))
    if not blocks:
        return _document(data, problem=Problem("D-EMPTY", "网页文件中没有文字；请来件人核对后重新发送。"))
    return _document(data, blocks)


class _TooLargeError(Exception):
    """A table whose grid, or whose nesting, is past the limits."""


def _document(data: bytes, blocks: tuple[_Block, ...] = (), problem: Problem | None = None) -> Document:
    read_pages = (Page(None, Method.DOCX, blocks),) if blocks else ()
    problems = (problem,) if problem else ()
    return Document(sha256(data).hexdigest(), MEDIA_TYPE, f"html/{VERSION}", read_pages, len(read_pages), problems)


def _parsed(data: bytes) -> html.HtmlElement | None:
    declared = _CHARSET.search(data[:4096])
    text = decode_text(data, declared[1].decode("ascii") if declared else None)
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(text.encode(), parser=parser)
    except (etree.LxmlError, ValueError):
        return None
    _leave_out_quotation(root)
    return root


def _leave_out_quotation(root: html.HtmlElement) -> None:
    """An answer that brings the form itself replaces the one that it quotes. A mail that only passes one on has no
    table but a letterhead or a signature, a fraction of the size, and keeps what it quotes."""
    quoted = root.xpath(_QUOTED)
    around = {element for one in quoted for element in one.iterancestors()}
    within = {table for one in quoted for table in one.iter("table")}
    own = [_size(table) for table in root.iter("table") if table not in within and table not in around]
    if own and 2 * max(own) >= max(map(_size, within), default=0):
        for one in quoted:
            one.drop_tree()


def _size(table: etree._Element) -> int:
    return sum(1 for _ in table.iter("td", "th"))


# --- blocks -----------------------------------------------------------------------------------------------


class _Lines:
    """Collects text as a browser sets it: white space runs together, blocks stand on lines of their own."""

    def __init__(self) -> None:
        self.blocks: list[_Block] = []
        self._pending: list[str] = []

    def text(self, text: str | None) -> None:
        if text:
            self._pending.append(text)

    def end_line(self) -> None:
        line = " ".join("".join(self._pending).split())
        self._pending.clear()
        if line:
            self.blocks.append(Line(line))


def _content(element: etree._Element, depth: int) -> list[_Block]:
    """What an element shows: lines and tables in order."""
    found = _Lines()
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, node in walk:
        tag = node.tag
        if event == "end":
            if node is not element:
                if _BLOCK.fullmatch(tag):
                    found.end_line()
                found.text(node.tail)
        elif node is element:
            found.text(node.text)
        elif _SILENT.fullmatch(tag) or _is_hidden(node):
            walk.skip_subtree()
        elif tag == "table":
            found.end_line()
            found.blocks += _table_blocks(node, depth)
            walk.skip_subtree()
        else:
            _begin(node, found)
            if tag in ("select", "textarea"):
                walk.skip_subtree()
    found.end_line()
    return found.blocks


def _begin(node: etree._Element, found: _Lines) -> None:
    if _BLOCK.fullmatch(node.tag):
        found.end_line()
    found.text(_typed(node) if node.tag in ("input", "select", "textarea") else node.text)


def _typed(node: etree._Element) -> str:
    """What a control of a web form holds."""
    if node.tag == "textarea":
        return str(node.text or "")
    if node.tag == "select":
        return " ".join(str(option.text or "").strip() for option in node.iter("option") if "selected" in option.attrib)
    kind = node.get("type", "text").lower()
    if kind in ("checkbox", "radio"):
        return TICKED if "checked" in node.attrib else UNTICKED
    return str(node.get("value", "")) if kind not in _NOT_TYPED else ""


def _is_hidden(node: etree._Element) -> bool:
    return "hidden" in node.attrib or bool(_HIDING.search(node.get("style", "")))


# --- tables -----------------------------------------------------------------------------------------------


def _table_blocks(table: etree._Element, depth: int) -> list[_Block]:
    """The table; of one that only lays out a mail, a column of cells with tables in them, what it holds."""
    if depth >= DEEPEST:
        raise _TooLargeError
    captions = [block for caption in table.iterchildren("caption") for block in _content(caption, depth)]
    rows = [[(cell, _content(cell, depth + 1)) for cell in row.iterchildren("td", "th")] for row in _rows(table)]
    rows = [row for row in rows if row]
    if rows and all(len(row) == 1 for row in rows):
        content = [block for row in rows for _, blocks in row for block in blocks]
        if len(rows) == 1 or any(isinstance(block, Table) for block in content):
            return captions + content
    cells = tuple(_placed(rows))
    return [*captions, Table(cells)] if any(cell.lines or cell.tables for cell in cells) else captions


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    for child in table.iterchildren("tr", "thead", "tbody", "tfoot"):
        shown = [child] if child.tag == "tr" else child.iterchildren("tr")
        yield from (row for row in shown if not _is_hidden(row))


def _placed(rows: list[list[tuple[etree._Element, list[_Block]]]]) -> Iterator[Cell]:
    """Cells in true grid coordinates (HTML, 4.9.12.1 Forming a table)."""
    taken: set[tuple[int, int]] = set()
    for number, row in enumerate(rows, start=1):
        column = 1
        for element, blocks in row:
            while (number, column) in taken:
                column += 1
            wide = _span(element, "colspan")
            high = min(_span(element, "rowspan") or len(rows), len(rows) - number + 1)
            wide = max(wide, 1)
            if len(taken) + high * wide > MOST_CELLS:
                raise _TooLargeError
            taken.update((r, c) for r in range(number, number + high) for c in range(column, column + wide))
            lines = tuple(block for block in blocks if isinstance(block, Line))
            tables = tuple(block for block in blocks if isinstance(block, Table))
            yield Cell(number, column, high, wide, lines, tables=tables)
            column += wide


def _span(element: etree._Element, name: str) -> int:
    value = element.get(name, "1").strip()
    return min(int(value), MOST_SPAN) if value.isascii() and value.isdigit() else 1
