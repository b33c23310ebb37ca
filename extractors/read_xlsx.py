"""Spreadsheets (.xlsx, .xlsm, .xltx): every sheet that is shown is a Page with one Table of its used range."""

import io
import warnings
from collections.abc import Iterator, Sequence
from typing import cast

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.worksheet.worksheet import Worksheet

from extractors import ooxml
from extractors.ooxml import Package
from extractors.unusable import Unusable
from extractors.xlsx_format import SIGNIFICANT, Value, displayed
from extractors.xlsx_package import MAX_CELLS, Reduced, reduce
from pipeline import media
from pipeline.model import Cell, Document, Line, Method, Page, Problem, Table

VERSION = "1"

_NAMED = 5  # places that a message names


def read(data: bytes, pages: range) -> Document:
    """Read every sheet that is shown, whatever `pages` says. Never raises for what is in the file."""
    del pages
    reader = f"xlsx/{VERSION}"
    try:
        reduced = reduce(Package(data))
        workbook = _open(reduced)
    except Unusable as unusable:
        return ooxml.document(data, media.XLSX, reader, (), 0, (unusable.problem,))
    shown = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    read_pages = tuple(_page(number, sheet) for number, sheet in enumerate(shown, start=1))
    if not any(page.blocks for page in read_pages):
        empty = Problem("D-EMPTY", "表格文件中没有内容。请申报单位核对后重新发送。")
        return ooxml.document(data, media.XLSX, reader, (), len(shown), (empty,))
    return ooxml.document(data, media.XLSX, reader, read_pages, len(shown), tuple(_problems(workbook, reduced)))


def _open(reduced: Reduced) -> Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what openpyxl warns of is about looks, which were left out
        try:
            return load_workbook(io.BytesIO(reduced.data), data_only=True)
        except MemoryError:
            raise
        except Exception as error:  # openpyxl raises whatever a wrong attribute led it to
            raise ooxml.damaged(f"{type(error).__name__}: {str(error)[:60]}") from error


def _page(number: int, sheet: Worksheet) -> Page:
    cells = tuple(_cells(sheet))
    return Page(number, Method.XLSX, (Table(cells),) if cells else (), title=sheet.title)


def _cells(sheet: Worksheet) -> Iterator[Cell]:
    """The cells of the used range by row, then column; merged ones once, blank ones too unless they are too many."""
    filled = {(cell.row, cell.column): cell for cell in _filled(sheet)}
    if not filled:
        return
    rows, columns = [row for row, _ in filled], [column for _, column in filled]
    top, bottom, left, right = min(rows), max(rows), min(columns), max(columns)
    spans: dict[tuple[int, int], tuple[int, int]] = {}
    covered: set[tuple[int, int]] = set()
    for merge in sheet.merged_cells.ranges:
        last_row, last_column = min(merge.max_row, bottom), min(merge.max_col, right)
        origin = (merge.min_row, merge.min_col)
        spans[origin] = (last_row - merge.min_row + 1, last_column - merge.min_col + 1)
        covered.update(
            (row, column)
            for row in range(merge.min_row, last_row + 1)
            for column in range(merge.min_col, last_column + 1)
            if (row, column) != origin
        )
    small = (bottom - top + 1) * (right - left + 1) <= MAX_CELLS
    places = ((r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)) if small else sorted(filled)
    for place in places:
        if place not in covered:
            text = _text(filled[place]) if place in filled else ""
            lines = tuple(Line(part.strip()) for part in text.splitlines() if part.strip())
            yield Cell(*place, *spans.get(place, (1, 1)), lines)


def _filled(sheet: Worksheet) -> Iterator[SheetCell]:
    """The cells that hold something. openpyxl's own iteration makes a cell for every place up to the last one, and
    one stray character in the last row and column would make 17 thousand million."""
    for cell in sheet._cells.values():
        if isinstance(cell, SheetCell) and cell.value is not None and str(cell.value).strip():
            yield cell


def _text(cell: SheetCell) -> str:
    return displayed(cast(Value, cell.value), cell.number_format)


def _problems(workbook: Workbook, reduced: Reduced) -> Iterator[Problem]:
    if reduced.uncalculated:
        where = _places(reduced.uncalculated)
        yield Problem(
            "uncalculated", f"{where}是公式，文件中没有保存计算结果，请用 Excel 打开并保存后重新发送。", where
        )
    shown = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    cells = [(f"{sheet.title}!{cell.coordinate}", cell) for sheet in shown for cell in _filled(sheet)]
    if errors := [place for place, cell in cells if cell.data_type == "e"]:
        yield Problem(
            "formula-error", f"{_places(errors)}的公式出错，没有可用的值，请与申报单位核对。", _places(errors)
        )
    if rounded := [place for place, cell in cells if _is_too_long(cell.value)]:
        message = f"{_places(rounded)}的长号码存成了数字，第{SIGNIFICANT}位以后可能已失真，请与申报单位核对。"
        yield Problem("number-precision", message, _places(rounded))
    if hidden := [sheet.title for sheet in workbook.worksheets if sheet.sheet_state != "visible"]:
        yield Problem("hidden-sheet", f"隐藏的工作表未读取：{_places(hidden)}。", _places(hidden))
    if folded := [sheet.title for sheet in shown if _has_hidden_cells(sheet)]:
        yield Problem("hidden-cells", f"工作表{_places(folded)}有隐藏的行或列，其内容已一并读取。", _places(folded))


def _is_too_long(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= 10**SIGNIFICANT


def _has_hidden_cells(sheet: Worksheet) -> bool:
    rows = {cell.row for cell in _filled(sheet)}
    columns = {cell.column for cell in _filled(sheet)}
    return any(sheet.row_dimensions[row].hidden for row in rows if row in sheet.row_dimensions) or any(
        span.hidden and any(span.min <= column <= span.max for column in columns)
        for span in sheet.column_dimensions.values()
        if span.min is not None and span.max is not None
    )


def _places(places: Sequence[str]) -> str:
    return "、".join(places[:_NAMED]) + (f"等{len(places)}处" if len(places) > _NAMED else "")
