"""What staff filled in: report.xlsx as it comes back from Excel, WPS or LibreOffice → rows as texts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.errors import SourceError
from pipeline.report.sheets import is_part
from pipeline.report.xlsx_staff import (
    APPLICATION,
    CHOOSE,
    CLERK,
    EXCEPTION,
    EXCEPTIONS_SHEET,
    FIELD,
    FIELDS_SHEET,
    FOR_FIELD,
    NOTE,
    NOW,
    SUMMARY_SHEET,
    VALUE,
    VERDICT,
)

_NEEDED = {EXCEPTIONS_SHEET: {EXCEPTION, VERDICT, VALUE, NOTE}, FIELDS_SHEET: {APPLICATION, FIELD, NOW, VALUE}}


@dataclass(frozen=True, slots=True)
class Answer:
    """A row in which staff filled in something; `row` counts as the spreadsheet does."""

    sheet: str
    row: int
    exception_id: str
    application_id: str
    field: str  # as the form calls it; empty where the row does not tell
    now: str  # the value that the row showed
    value: str
    is_number: bool
    verdict: str
    note: str
    by: str


@dataclass(frozen=True, slots=True)
class Answers:
    """A workbook's rows that say something, and who filled it in."""

    rows: tuple[Answer, ...]
    by: str = ""
    missing: tuple[str, ...] = field(default=())  # sheets or columns that are not there


def read_answers(path: Path) -> Answers:
    """Read the sheets that staff fill in, wherever their columns stand by now. Raises SourceError when the file is
    no workbook or has none of the sheets."""
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (OSError, BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise SourceError(f"{path} is no workbook that can be read (XLSX): {error}") from error
    found: list[Answer] = []
    missing: list[str] = []
    for table, needed in _NEEDED.items():
        names = [name for name in book.sheetnames if is_part(name, table)]
        missing.extend([] if names else [f"工作表“{table}”"])
        for name in names:
            rows = _rows(book[name])
            lacking = needed - next(rows, (0, {}))[1].keys()
            missing.extend(f"工作表“{name}”的“{column}”列" for column in sorted(lacking))
            found.extend(_answers(name, rows) if not lacking else ())
    by = _clerk(book[SUMMARY_SHEET]) if SUMMARY_SHEET in book.sheetnames else ""
    book.close()
    if not any(is_part(name, table) for name in book.sheetnames for table in _NEEDED):
        raise SourceError(f"{path} has none of the sheets {'、'.join(_NEEDED)}; give the report.xlsx of a run")
    return Answers(tuple(found), by, tuple(missing))


def _rows(sheet: Worksheet) -> Iterator[tuple[int, Mapping[str, tuple[str, bool]]]]:
    """Each row's texts by the header's names, and whether it is a number; the header's own row first."""
    names: list[str] = []
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        texts = [_text(cell.value, cell.number_format) for cell in cells]
        if not names:
            names = [text for text, _ in texts]
        yield number, {name: text for name, text in zip(names, texts, strict=False) if name}


def _answers(sheet: str, rows: Iterator[tuple[int, Mapping[str, tuple[str, bool]]]]) -> Iterator[Answer]:
    for number, cells in rows:
        said = {name: text for name, (text, _) in cells.items()}
        if not any(said.get(name) for name in (VERDICT, VALUE, NOTE)):
            continue
        yield Answer(
            sheet=sheet,
            row=number,
            exception_id=said.get(EXCEPTION, ""),
            application_id=said.get(APPLICATION, ""),
            field=said.get(FOR_FIELD if is_part(sheet, EXCEPTIONS_SHEET) else FIELD, "").removeprefix(CHOOSE),
            now=said.get(NOW, ""),
            value=said[VALUE],
            is_number=cells[VALUE][1],
            verdict=said.get(VERDICT, ""),
            note=said.get(NOTE, ""),
            by=said.get(CLERK, ""),
        )


def _clerk(sheet: Worksheet) -> str:
    for cells in sheet.iter_rows(max_col=2):
        texts = [_text(cell.value, cell.number_format)[0] for cell in cells]
        if len(texts) == 2 and texts[0].startswith(CLERK):
            return texts[1]
    return ""


def _text(value: object, number_format: str) -> tuple[str, bool]:
    """A cell's value as a person reads it, and whether it is a bare number."""
    match value:
        case None:
            return "", False
        case bool():
            return "是" if value else "否", False
        case datetime() | date():
            return value.strftime("%Y-%m-%d"), False
        case int() | float() if "%" in number_format:
            return f"{round(value * 100, 10):.10g}%", False
        case int() | float():
            return f"{value:.15g}", True
        case _:
            return str(value).strip(), False
