"""Sheets of a workbook: header, cells, heights. No text becomes a formula."""

import math
import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO

from openpyxl.cell import Cell
from openpyxl.drawing.image import Image
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

Value = str | int | Decimal | date | None
PICTURE_WIDTH, PICTURE_HEIGHT = 420, 140  # pixels at most
LONGEST_TEXT = 32_000  # a cell holds 32,767 characters
LINE_HEIGHT, HIGHEST_ROW = 15.0, 409.0  # points; a spreadsheet allows no higher row
FILLED = 0.85  # of a line: words are not broken
PAGE_CHARACTERS = 240  # column widths that stay legible on one A3 page across
BORDER = Border(bottom=Side("hair", color="9AA3B0"))
HEADER_FILL, HEADER_FONT = PatternFill("solid", fgColor="20304A"), Font(bold=True, color="FFFFFF")
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def header(sheet: Worksheet, columns: Sequence[tuple[str, int]]) -> None:
    for number, (name, width) in enumerate(columns, start=1):
        cell = sheet.cell(1, number, name)
        cell.font, cell.fill = HEADER_FONT, HEADER_FILL
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "B2"


def finish(sheet: Worksheet, columns: int) -> None:
    """Rows as high as their texts, filters; on paper A3 across, the header and the first column on every page."""
    for row in range(1, sheet.max_row + 1):
        _heighten(sheet, row)
    sheet.auto_filter.ref = f"A1:{get_column_letter(columns)}{max(sheet.max_row, 1)}"
    width = sum(sheet.column_dimensions[get_column_letter(number)].width for number in range(1, columns + 1))
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = math.ceil(width / PAGE_CHARACTERS), 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows, sheet.print_title_cols = "1:1", "A:A"


def put(sheet: Worksheet, row: int, column: int, value: Value) -> Cell:
    """Write a value; a text stays a text even where it starts as a formula would."""
    cell = sheet.cell(row, column)
    cell.border = BORDER
    assert isinstance(cell, Cell)  # noqa: S101
    if isinstance(value, str):
        text = _NOT_IN_XML.sub("", value)[:LONGEST_TEXT]
        cell.value = text
        cell.data_type = "s"
        cell.quotePrefix = text.startswith(("=", "+", "-", "@", "\t", "\r"))
        cell.alignment = Alignment(vertical="top", wrap_text=True)
    else:
        cell.value = value
        cell.alignment = Alignment(vertical="top")
    return cell


def put_picture(sheet: Worksheet, row: int, column: int, png: bytes) -> None:
    image = Image(BytesIO(png))
    scale = min(PICTURE_WIDTH / image.width, PICTURE_HEIGHT / image.height, 1.0)
    image.width, image.height = round(image.width * scale), round(image.height * scale)
    sheet.add_image(image, f"{get_column_letter(column)}{row}")
    sheet.row_dimensions[row].height = image.height * 0.75 + 6


def _heighten(sheet: Worksheet, row: int) -> None:
    """Make a row high enough for its texts and its picture: not every program does so by itself."""
    lines = max(
        _lines(str(cell.value or ""), sheet.column_dimensions[get_column_letter(number)].width)
        for number, cell in enumerate(sheet[row], start=1)
    )
    height = max(sheet.row_dimensions[row].height or 0, lines * LINE_HEIGHT)
    sheet.row_dimensions[row].height = min(height, HIGHEST_ROW)


def _lines(text: str, width: float) -> int:
    wide = "WFA"  # two characters' width
    widths = (sum(2 if unicodedata.east_asian_width(c) in wide else 1 for c in line) for line in text.split("\n"))
    return sum(max(1, math.ceil(each / (width * FILLED))) for each in widths)
