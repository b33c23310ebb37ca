"""A list for people as a sheet: a title, heads, rows. No text becomes a formula, and it prints on A4 across."""

from collections.abc import Iterable, Sequence

from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.names import writable

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SIDE = Side("thin", color="9AA3B0")
_BORDER = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)


def write_list(
    sheet: Worksheet, title: str, heads: Sequence[str], rows: Iterable[Sequence[str | int]], widths: Sequence[int]
) -> None:
    """Fill an empty sheet; `widths` are those of the columns, in characters."""
    sheet.append([title])
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(heads))
    sheet.cell(1, 1).font = Font(bold=True, size=14)
    sheet.cell(1, 1).alignment = Alignment(horizontal="center", vertical="center")
    for number, values in enumerate((heads, *rows), start=2):
        for column, value in enumerate(values, start=1):
            cell = sheet.cell(number, column, writable(value) if isinstance(value, str) else value)
            cell.alignment = Alignment(wrap_text=True, vertical="center")
            cell.border = _BORDER
            if isinstance(value, str):
                cell.data_type = "s"
                cell.quotePrefix = value.startswith(_FORMULA)
            if number == 2:
                cell.font = Font(bold=True)
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "A3"
    sheet.print_title_rows = "1:2"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
