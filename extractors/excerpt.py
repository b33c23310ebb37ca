"""A picture of a place in a file that has no pages of its own (DOCX, XLSX): the table rows around it, drawn."""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import as_file, files
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from pipeline.model import TICKED, UNCLEAR, UNTICKED, Cell, Document, Evidence, Line, Table

WIDTH, MARGIN, PADDING = 860, 8, 5
TEXT_SIZE, LINE_HEIGHT = 15, 21
MOST_LINES = 5  # of a cell's text
_BOXES = str.maketrans({TICKED: "[√]", UNTICKED: "[　]", UNCLEAR: "[?]"})  # the font has no ballot boxes
INK, RULE, MARK, PAPER, TINT = "#1d2026", "#9aa1ab", "#c62828", "#ffffff", "#fff4d6"


def draw_excerpt(document: Document, evidence: Evidence) -> bytes | None:
    """A PNG of the rows around the cell that the evidence quotes, or of the lines around its line; the place itself
    is tinted and outlined. None when the quote stands nowhere in the document."""
    wanted = _squeeze(evidence.quote)
    if not wanted:
        return None
    for page in document.pages:
        found = [
            (table, cell) for table in _tables(page.tables) for cell in table.cells if wanted in _squeeze(cell.text)
        ]
        if found:  # a short figure may stand in a longer one elsewhere
            return _png(_draw_rows(*min(found, key=lambda one: not evidence.place.endswith(_coordinates(one[1])))))
        for number, line in enumerate(page.lines):
            if wanted in _squeeze(line.text):
                return _png(_draw_lines(page.lines, number))
    return None


def _coordinates(cell: Cell) -> str:
    return f"第{cell.row}行第{cell.column}列"


def _tables(tables: Sequence[Table]) -> Iterator[Table]:
    """The tables, nested ones before those that hold them: the tightest cell is the place."""
    for table in tables:
        for cell in table.cells:
            yield from _tables(cell.tables)
        yield table


def _squeeze(text: str) -> str:
    return "".join(text.split())


def _draw_rows(table: Table, place: Cell) -> Image.Image:
    first, last = max(1, place.row - 1), place.row + place.row_span
    cells = [cell for cell in table.cells if cell.row <= last and cell.row + cell.row_span > first]
    lefts = _column_edges(cells)
    wrapped = {cell: _wrap(cell.text, _right(cell, lefts) - lefts[cell.column - 1] - 2 * PADDING) for cell in cells}
    tops = _row_edges(cells, wrapped, first, last)
    image = Image.new("RGB", (WIDTH, tops[last + 1] + MARGIN), PAPER)
    draw = ImageDraw.Draw(image)
    for cell in sorted(cells, key=lambda c: c is place):  # the place last, its outline on top
        top, bottom = tops[max(cell.row, first)], tops[min(cell.row + cell.row_span, last + 1)]
        box = (lefts[cell.column - 1], top, _right(cell, lefts), bottom)
        draw.rectangle(
            box,
            fill=TINT if cell is place else PAPER,
            outline=MARK if cell is place else RULE,
            width=1 + (cell is place),
        )
        _write(draw, wrapped[cell], box[0] + PADDING, top + PADDING)
    return image


def _right(cell: Cell, lefts: Sequence[int]) -> int:
    return lefts[min(cell.column - 1 + cell.column_span, len(lefts) - 1)]


def _column_edges(cells: Sequence[Cell]) -> list[int]:
    """Columns share the width by the longest text that stands in one column alone, within bounds."""
    count = max(cell.column + cell.column_span - 1 for cell in cells)
    needs = [4] * count
    for cell in cells:
        if cell.column_span == 1:
            needs[cell.column - 1] = max(needs[cell.column - 1], min(len(cell.text), 30))
    unit = (WIDTH - 2 * MARGIN) / sum(needs)
    edges = [float(MARGIN)]
    for need in needs:
        edges.append(edges[-1] + need * unit)
    return [round(edge) for edge in edges]


def _row_edges(cells: Sequence[Cell], wrapped: dict[Cell, list[str]], first: int, last: int) -> dict[int, int]:
    edges, y = {}, MARGIN
    for row in range(first, last + 1):
        edges[row] = y
        lines = [len(wrapped[cell]) for cell in cells if cell.row == row and cell.row_span == 1]
        y += max([1, *lines]) * LINE_HEIGHT + 2 * PADDING
    edges[last + 1] = y
    return edges


def _draw_lines(lines: Sequence[Line], number: int) -> Image.Image:
    shown = [
        (row, text)
        for row in range(max(0, number - 1), min(len(lines), number + 2))
        for text in _wrap(lines[row].text, WIDTH - 2 * MARGIN - 2 * PADDING)
    ]
    image = Image.new("RGB", (WIDTH, len(shown) * LINE_HEIGHT + 2 * MARGIN), PAPER)
    draw = ImageDraw.Draw(image)
    marked = [index for index, (row, _) in enumerate(shown) if row == number]
    top, bottom = MARGIN + marked[0] * LINE_HEIGHT - 2, MARGIN + (marked[-1] + 1) * LINE_HEIGHT
    draw.rectangle((MARGIN, top, WIDTH - MARGIN, bottom), fill=TINT, outline=MARK, width=2)
    _write(draw, [text for _, text in shown], MARGIN + PADDING, MARGIN)
    return image


def _wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` pixels; what is past MOST_LINES is cut with an ellipsis."""
    font, lines = _font(), []
    for paragraph in text.translate(_BOXES).split("\n"):
        line = ""
        for character in paragraph.expandtabs(4)[:400]:
            if line and font.getlength(line + character) > max(width, TEXT_SIZE):
                lines.append(line)
                line = ""
            line += character
        lines.append(line)
    return lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], lines[MOST_LINES - 1][:-1] + "…"]


def _write(draw: ImageDraw.ImageDraw, lines: Sequence[str], x: float, y: float) -> None:
    for number, line in enumerate(lines):
        draw.text((x, y + number * LINE_HEIGHT), line, fill=INK, font=_font())


@cache
def _font() -> ImageFont.FreeTypeFont:
    with as_file(files("pylopdf_fonts_zh_cn") / "NotoSansSC-Regular.otf") as path:
        return ImageFont.truetype(str(path), TEXT_SIZE)


def _png(image: Image.Image) -> bytes:
    data = BytesIO()
    image.quantize(32, method=Image.Quantize.FASTOCTREE).save(data, "PNG")
    return data.getvalue()
