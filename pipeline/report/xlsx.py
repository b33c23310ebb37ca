"""The report as a workbook: 汇总, 异常清单, 申报记录, 核查矩阵, 文件台账, 条款覆盖. No text becomes a formula."""

import math
import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.drawing.image import Image
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.model import ApplicationRecord, FieldSpec, FieldValue, Outcome
from pipeline.report.cards import Card, cards
from pipeline.report.jsonl import value_json
from pipeline.report.rows import (
    OUTCOMES,
    ROLES,
    STATUSES,
    RunResult,
    clause_rows,
    heading,
    outcome_counts,
    status_counts,
)

Value = str | int | Decimal | date | None
PICTURE_WIDTH, PICTURE_HEIGHT = 420, 140  # pixels at most
LONGEST_TEXT = 32_000  # a cell holds 32,767 characters
LINE_HEIGHT, HIGHEST_ROW = 15.0, 409.0  # points; a spreadsheet allows no higher row
FILLED = 0.85  # of a line: words are not broken
PAGE_CHARACTERS = 240  # column widths that stay legible on one A3 page across
FORMATS = {"money": "#,##0.00", "percent": "0.00%", "date": "yyyy-mm-dd", "integer": "0"}
PARAMETERS = {"review_threshold": "复核阈值（识别可信度低于此值的一律待确认）"}
FILLS = {
    Outcome.FAIL: PatternFill("solid", fgColor="F6D5D2"),
    Outcome.WARN: PatternFill("solid", fgColor="FBE7CC"),
    Outcome.UNDETERMINED: PatternFill("solid", fgColor="D6E4F5"),
}
BORDER = Border(bottom=Side("hair", color="9AA3B0"))
DOUBTFUL = FILLS[Outcome.UNDETERMINED]
HEADER_FILL, HEADER_FONT = PatternFill("solid", fgColor="20304A"), Font(bold=True, color="FFFFFF")
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_EXCEPTION_COLUMNS = (
    ("申报单位", 26),
    ("方向", 14),
    ("设区市", 10),
    ("结果", 9),
    ("核查项", 16),
    ("名称", 20),
    ("说明", 46),
    ("申报内容", 24),
    ("要求或核算", 24),
    ("下一步", 36),
    ("依据", 14),
    ("条款原文", 36),
    ("涉及栏目", 20),
    ("位置", 30),
    ("原文", 30),
    ("图片", 60),
    ("文件来路", 40),
    ("来件", 36),
    ("异常编号", 20),
)
_LEDGER_COLUMNS = (("来路", 60), ("名称", 30), ("用途", 12), ("状态", 10), ("问题", 14), ("原因", 50))
_LEDGER_MORE = (("大小（字节）", 12), ("类型", 40), ("SHA-256", 78), ("申报编号", 20), ("台账编号", 20))

_CLAUSE_COLUMNS = (("条款", 12), ("条款原文", 70), ("核查项", 20), ("名称", 28))


def write_xlsx(result: RunResult, out: Path) -> None:
    """Write report.xlsx into the folder `out`."""
    book = Workbook()
    summary = book.active
    assert isinstance(summary, Worksheet)  # noqa: S101
    _write_summary(summary, result)
    _write_exceptions(book.create_sheet("异常清单"), result)
    _write_records(book.create_sheet("申报记录"), result)
    _write_matrix(book.create_sheet("核查矩阵"), result)
    _write_ledger(book.create_sheet("文件台账"), result)
    _write_clauses(book.create_sheet("条款覆盖"), result)
    book.save(out / "report.xlsx")


def _write_summary(sheet: Worksheet, result: RunResult) -> None:
    sheet.title = "汇总"
    run = result.run
    outcomes, statuses = outcome_counts(result.checks), status_counts(result.rows)
    rows: list[tuple[str, Value]] = [
        ("项目", result.programme.title),
        ("运行编号", run.run_id),
        ("完成时间", run.ended_at.strftime("%Y-%m-%d %H:%M:%S")),
        ("条款版本", run.programme_version),
        ("申报份数", len(result.records)),
        ("未能审查", len(result.defects)),
        *((f"核查结果：{word}", outcomes[outcome.value]) for outcome, word in OUTCOMES.items()),
        *((f"文件：{word}", statuses[status.value]) for status, word in STATUSES.items()),
        *((PARAMETERS.get(name, f"参数：{name}"), str(value)) for name, value in sorted(run.parameters.items())),
    ]
    _header(sheet, (("内容", 48), ("数值", 60)))
    for number, (name, value) in enumerate(rows, start=2):
        _put(sheet, number, 1, name)
        _put(sheet, number, 2, value).alignment = Alignment(horizontal="left", vertical="top", wrap_text=True)
    _finish(sheet, 2)


def _write_exceptions(sheet: Worksheet, result: RunResult) -> None:
    _header(sheet, _EXCEPTION_COLUMNS)
    picture_column = [name for name, _ in _EXCEPTION_COLUMNS].index("图片") + 1
    for number, card in enumerate(cards(result, result.exceptions), start=2):
        for column, value in enumerate(_exception_values(card), start=1):
            _put(sheet, number, column, value)
        sheet.cell(number, 4).fill = FILLS[card.outcome]
        picture = next((place.picture for place in card.places if place.picture), None)
        if picture:
            _put_picture(sheet, number, picture_column, picture)
    _finish(sheet, len(_EXCEPTION_COLUMNS))


def _exception_values(card: Card) -> tuple[Value, ...]:
    return (
        card.applicant,
        card.direction,
        card.city,
        card.outcome_word,
        card.check,
        card.title,
        card.message,
        card.claimed,
        card.expected,
        card.action,
        card.article,
        card.quote,
        card.fields,
        "\n".join(place.caption for place in card.places),
        "\n".join(place.quote for place in card.places),
        None,
        card.source,
        card.mail,
        card.exception_id,
    )


def _write_records(sheet: Worksheet, result: RunResult) -> None:
    fields = result.programme.fields
    columns = [
        ("申报编号", 20),
        ("收到时间", 18),
        ("发件人", 24),
        *((_head(spec), 60 if spec.kind == "table" else 20) for spec in fields),
    ]
    _header(sheet, columns)
    for number, record in enumerate(result.records, start=2):
        head = heading(result, record)
        for column, value in enumerate((record.application_id, head.received, head.sender), start=1):
            _put(sheet, number, column, value)
        for column, spec in enumerate(fields, start=4):
            _put_field(sheet, number, column, spec, record, result)
    _finish(sheet, len(columns))


def _put_field(
    sheet: Worksheet, row: int, column: int, spec: FieldSpec, record: ApplicationRecord, result: RunResult
) -> None:
    claim = record.get(spec.name)
    if claim is None:
        return
    number = claim.value if isinstance(claim.value, (Decimal, date)) else None
    cell = _put(sheet, row, column, number if number is not None else shown(spec, claim))
    if number is not None:
        cell.number_format = FORMATS[spec.kind]
    threshold = result.programme.parameters["review_threshold"]
    if claim.value is None or claim.confidence < float(str(threshold)):
        cell.fill = DOUBTFUL


def _head(spec: FieldSpec) -> str:
    return f"{spec.labels[0]}（元）" if spec.kind == "money" else spec.labels[0]


def shown(spec: FieldSpec, claim: FieldValue) -> str:
    """A value as staff read it: answers in words, money in yuan, a table a row a line; the raw text if unreadable."""
    if claim.value is None:
        return claim.raw or ""
    if spec.kind == "table":
        inner = {column.name: column for column in spec.columns}
        rows = [row for row in claim.value if not isinstance(row, str)] if isinstance(claim.value, tuple) else []
        return "\n".join("；".join(shown(inner[name], cell) for name, cell in row.items()) for row in rows)
    words = {option.code: option.labels[0] for option in spec.options}
    value = value_json(spec, claim.value)
    if isinstance(value, dict):
        return f"{value['start']} 至 {value['end']}"
    if isinstance(value, list):
        return "、".join(words.get(code, code) for code in map(str, value))
    return words.get(str(value), str(value))


def _write_matrix(sheet: Worksheet, result: RunResult) -> None:
    criteria = [criterion.id for criterion in result.programme.criteria]
    columns = [("申报单位", 28), ("方向", 16), *((id_, 14) for id_ in criteria)]
    _header(sheet, columns)
    outcomes: dict[tuple[str, str], list[Outcome]] = {}
    for check in result.checks:
        if check.application_id:
            outcomes.setdefault((check.application_id, check.check), []).append(check.outcome)
    for number, record in enumerate(result.records, start=2):
        head = heading(result, record)
        _put(sheet, number, 1, head.applicant)
        _put(sheet, number, 2, head.direction)
        for column, criterion in enumerate(criteria, start=3):
            found = outcomes.get((record.application_id, criterion), [])
            if found:
                worst = min(found, key=list(OUTCOMES).index)
                cell = _put(sheet, number, column, OUTCOMES[worst])
                if worst in FILLS:
                    cell.fill = FILLS[worst]
    _finish(sheet, len(columns))


def _write_ledger(sheet: Worksheet, result: RunResult) -> None:
    columns = _LEDGER_COLUMNS + _LEDGER_MORE
    _header(sheet, columns)
    for number, row in enumerate(result.rows, start=2):
        item = row.item
        words: tuple[Value, ...] = (
            item.path,
            item.name,
            ROLES[row.role],
            STATUSES[row.status],
            row.finding,
            row.reason,
        )
        more: tuple[Value, ...] = (item.size, item.media_type, item.sha256, row.application_id, item.ledger_id)
        for column, value in enumerate(words + more, start=1):
            _put(sheet, number, column, value)
    _finish(sheet, len(columns))


def _write_clauses(sheet: Worksheet, result: RunResult) -> None:
    _header(sheet, (*_CLAUSE_COLUMNS, *((word, 9) for word in OUTCOMES.values()), ("留待人工判断的理由", 50)))
    for number, row in enumerate(clause_rows(result), start=2):
        counts = (row.counts[outcome] if row.check else None for outcome in OUTCOMES)
        values: tuple[Value, ...] = (row.article, row.quote, row.check, row.title, *counts, row.judgement)
        for column, value in enumerate(values, start=1):
            _put(sheet, number, column, value)
    _finish(sheet, len(_CLAUSE_COLUMNS) + len(OUTCOMES) + 1)


def _header(sheet: Worksheet, columns: Sequence[tuple[str, int]]) -> None:
    for number, (name, width) in enumerate(columns, start=1):
        cell = sheet.cell(1, number, name)
        cell.font, cell.fill = HEADER_FONT, HEADER_FILL
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "B2"


def _finish(sheet: Worksheet, columns: int) -> None:
    """Rows as high as their texts, filters; on paper A3 across, the header and the first column on every page."""
    for row in range(1, sheet.max_row + 1):
        _heighten(sheet, row)
    sheet.auto_filter.ref = f"A1:{get_column_letter(columns)}{max(sheet.max_row, 1)}"
    width = sum(sheet.column_dimensions[get_column_letter(number)].width for number in range(1, columns + 1))
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = math.ceil(width / PAGE_CHARACTERS), 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows, sheet.print_title_cols = "1:1", "A:A"


def _put(sheet: Worksheet, row: int, column: int, value: Value) -> Cell:
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


def _put_picture(sheet: Worksheet, row: int, column: int, png: bytes) -> None:
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
