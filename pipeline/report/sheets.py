"""Tables of a workbook, written row by row and never held. No text becomes a formula."""

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.drawing.image import Image
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

Value = str | int | Decimal | date | None
PICTURE_WIDTH, PICTURE_HEIGHT = 420, 140  # pixels at most
LAST_ROW = 1_048_576  # of a sheet, by the format
LONGEST_TEXT = 32_000  # a cell holds 32,767 characters
LINE_HEIGHT, HIGHEST_ROW = 15.0, 409.0  # points; a spreadsheet allows no higher row
FILLED = 0.85  # of a line: words are not broken
PAGE_CHARACTERS = 240  # column widths that stay legible on one A3 page across
_RULE = Border(bottom=Side("hair", color="9AA3B0"))
_BOX = Border(*(Side("hair", color="9AA3B0"),) * 4)
_HEAD, _STAFF_HEAD, STAFF = "20304A", "B7791F", "FFF9DB"  # fills, those of what staff fill in last
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def is_part(sheet: str, table: str) -> bool:
    """Whether a sheet is the table of this name, or what did not fit into its first sheet."""
    return re.fullmatch(rf"{re.escape(table)}(?:（\d+）)?", sheet) is not None


@dataclass(frozen=True, slots=True)
class Look:
    """How a cell looks, besides what follows from its value. `fill` is a colour as RRGGBB."""

    fill: str = ""
    number_format: str = ""
    is_head: bool = False
    is_left: bool = False  # a number that stands where texts do


@dataclass(frozen=True, slots=True)
class Styled:
    """A value that does not look as its column does."""

    value: Value
    look: Look


PLAIN = Look()
_FILL_IN = Look(STAFF)


class Table:
    """A table with its header frozen and filters over it, rows as high as their texts, for A3 across. Where a sheet is
    full it goes on in one of the same name with a number. In the `invited` columns staff fill in something."""

    def __init__(
        self,
        book: Workbook,
        title: str,
        columns: Sequence[tuple[str, int]],
        invited: Sequence[str] = (),
        close: Callable[[Worksheet, int], None] = lambda sheet, last: None,
    ) -> None:
        """`columns` are names and widths; `close` is called with each sheet that is done, and its last row."""
        self.parts: list[Worksheet] = []
        self._book, self._title, self._columns, self._close = book, title, columns, close
        self._invited = [name in invited for name, _ in columns]
        self._styles: dict[object, Cell] = {}
        self._begin()

    @property
    def sheet(self) -> Worksheet:
        """Where the next row goes."""
        return self.parts[-1]

    def make_room(self, rows: int) -> None:
        """Begin another sheet where so many rows do not fit into this one."""
        if self._row + rows > LAST_ROW:
            self.finish()
            self._begin()

    def append(self, values: Sequence[Value | Styled], picture: Path | None = None, at: int = 0) -> int:
        """Write a row, with a picture in the column `at` (from 1); returns its number in its sheet."""
        self.make_room(1)
        self._row += 1
        sheet = self.sheet
        shown = [value if isinstance(value, Styled) else Styled(value, look)
                 for value, look in zip(values, self._looks, strict=True)]  # fmt: skip
        height = self._height(shown)
        if picture:
            image = _image(picture)
            sheet.add_image(image, f"{get_column_letter(at)}{self._row}")
            height = max(height, image.height * 0.75 + 6)
        sheet.row_dimensions[self._row].height = min(height, HIGHEST_ROW)
        sheet.append([self._cell(one.value, one.look) for one in shown])
        del sheet.row_dimensions[self._row]  # written, and not to be kept
        return self._row

    def finish(self) -> None:
        """No more rows follow."""
        sheet, last = self.sheet, self._row
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(self._columns))}{last}"
        width = sum(width for _, width in self._columns)
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", "8"  # A3
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = math.ceil(width / PAGE_CHARACTERS), 0
        sheet.print_title_rows, sheet.print_title_cols = "1:1", "A:A"
        self._close(sheet, last)

    def _begin(self) -> None:
        number = len(self.parts) + 1
        index = self._book.index(self.sheet) + 1 if self.parts else None
        # A write-only sheet, which has what a Worksheet has, as far as it is used here.
        sheet: Worksheet = self._book.create_sheet(self._title if number == 1 else f"{self._title}（{number}）", index)
        for column, (_, width) in enumerate(self._columns, start=1):
            sheet.column_dimensions[get_column_letter(column)].width = width
        sheet.freeze_panes = "B2"
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        self.parts.append(sheet)
        self._row = 0
        self._looks = [Look(_STAFF_HEAD if invited else _HEAD, is_head=True) for invited in self._invited]
        self.append([name for name, _ in self._columns])
        self._looks = [_FILL_IN if invited else PLAIN for invited in self._invited]

    def _cell(self, value: Value, look: Look) -> Cell:
        cell = WriteOnlyCell(self.sheet)
        if isinstance(value, str):
            text = _NOT_IN_XML.sub("", value)[:LONGEST_TEXT]
            is_quoted = text.startswith(("=", "+", "-", "@", "\t", "\r"))
            cell._style = self._style(look, is_text=True, is_quoted=is_quoted)._style  # type: ignore[attr-defined]
            cell.value = text
            cell.data_type = "s"
        else:
            # Its own, since the library gives a date a format.
            cell._style = copy(self._style(look)._style)  # type: ignore[attr-defined]
            cell.value = value
        return cell

    def _style(self, look: Look, *, is_text: bool = False, is_quoted: bool = False) -> Cell:
        """A cell that looks so; making one takes longer than writing it."""
        key = look, is_text, is_quoted
        if key not in self._styles:
            cell = WriteOnlyCell(self.sheet)
            cell.border = _BOX if look.fill == STAFF else _RULE
            cell.alignment = Alignment(
                horizontal="left" if look.is_left else None,
                vertical="center" if look.is_head else "top",
                wrap_text=is_text or look.is_left,
            )
            if look.fill:
                cell.fill = PatternFill("solid", fgColor=look.fill)
            if look.is_head:
                cell.font, cell.border = Font(bold=True, color="FFFFFF"), Border()
            if look.number_format:
                cell.number_format = look.number_format
            cell.quotePrefix = is_quoted
            self._styles[key] = cell
        return self._styles[key]

    def _height(self, shown: Sequence[Styled]) -> float:
        """High enough for the texts: not every program sees to that by itself."""
        lines = (_lines(str(one.value or ""), width) for one, (_, width) in zip(shown, self._columns, strict=True))
        return max(lines) * LINE_HEIGHT


def _image(picture: Path) -> Image:
    image = Image(str(picture))  # the file is read when the workbook is saved
    scale = min(PICTURE_WIDTH / image.width, PICTURE_HEIGHT / image.height, 1.0)
    image.width, image.height = round(image.width * scale), round(image.height * scale)
    return image


def _lines(text: str, width: float) -> int:
    return sum(max(1, math.ceil(_width(line) / (width * FILLED))) for line in text.split("\n"))


@lru_cache(maxsize=1 << 12)
def _width(line: str) -> int:
    wide = "WFA"  # two characters' width
    return len(line) + sum(unicodedata.east_asian_width(char) in wide for char in line)
