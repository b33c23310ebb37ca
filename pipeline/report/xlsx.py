"""The report as a workbook. Its first sheets are worked in by staff; the others show what they rest on."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.corrections import label_at
from pipeline.files import whole_file
from pipeline.model import ApplicationRecord, Decision, FieldSpec, FieldValue, Outcome
from pipeline.report.cards import Card, cards
from pipeline.report.jsonl import value_json
from pipeline.report.rows import (
    OUTCOMES,
    ROLES,
    STATES,
    STATUSES,
    VERDICTS,
    RunResult,
    clause_rows,
    heading,
    outcome_counts,
    status_counts,
)
from pipeline.report.sheets import Value, finish, header, put, put_picture
from pipeline.report.xlsx_staff import (
    CHOOSE,
    CLERK,
    EXCEPTIONS_SHEET,
    FIELDS_SHEET,
    FILL_IN,
    FOR_FIELD,
    STAFF_COLUMNS,
    SUMMARY_SHEET,
    cited_fields,
    invite,
    offer_fields,
    write_changes,
    write_corrections,
    write_fields,
)

FORMATS = {"money": "#,##0.00", "percent": "0.00%", "date": "yyyy-mm-dd", "integer": "0"}
PARAMETERS = {
    "review_threshold": "复核阈值（识别可信度低于此值的一律待确认）",
    "letter_working_days": "补正通知书的答复期限（工作日）",
}
FILLS = {
    Outcome.FAIL: PatternFill("solid", fgColor="F6D5D2"),
    Outcome.WARN: PatternFill("solid", fgColor="FBE7CC"),
    Outcome.UNDETERMINED: PatternFill("solid", fgColor="D6E4F5"),
}
DOUBTFUL = FILLS[Outcome.UNDETERMINED]

# What is wrong, its picture and what to do stand beside the columns that staff fill in; the rest is for looking up.
_EXCEPTION_COLUMNS = (
    ("申报单位", 24),
    ("方向", 13),
    ("结果", 8),
    ("状态", 8),
    ("名称", 18),
    ("说明", 42),
    ("图片", 60),
    ("下一步", 32),
    *STAFF_COLUMNS,
    ("申报内容", 24),
    ("要求或核算", 24),
    ("设区市", 10),
    ("核查项", 16),
    ("依据", 14),
    ("条款原文", 36),
    ("涉及栏目", 20),
    ("位置", 30),
    ("原文", 30),
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
    exceptions = book.create_sheet(EXCEPTIONS_SHEET)
    _write_exceptions(exceptions, result, write_fields(book.create_sheet(FIELDS_SHEET), result))
    write_changes(book.create_sheet("变化"), result)
    write_corrections(book.create_sheet("更正记录"), result)
    _write_records(book.create_sheet("申报记录"), result)
    _write_matrix(book.create_sheet("核查矩阵"), result)
    _write_ledger(book.create_sheet("文件台账"), result)
    _write_clauses(book.create_sheet("条款覆盖"), result)
    with whole_file(out / "report.xlsx") as stream:
        book.save(stream)


def _write_summary(sheet: Worksheet, result: RunResult) -> None:
    sheet.title = SUMMARY_SHEET
    run = result.run
    outcomes, statuses = outcome_counts(result.checks), status_counts(result.rows)
    rows: list[tuple[str, Value]] = [
        ("项目", result.programme.title),
        ("运行编号", run.run_id),
        ("完成时间", run.ended_at.strftime("%Y-%m-%d %H:%M:%S")),
        ("条款版本", run.programme_version),
        ("申报份数", len(result.records)),
        ("未能审查", len(result.defects)),
        *_difference_counts(result),
        *((f"核查结果：{word}", outcomes[outcome.value]) for outcome, word in OUTCOMES.items()),
        *((f"文件：{word}", statuses[status.value]) for status, word in STATUSES.items()),
        *((PARAMETERS.get(name, f"参数：{name}"), str(value)) for name, value in sorted(run.parameters.items())),
    ]
    header(sheet, (("内容", 48), ("数值", 60)))
    for number, (name, value) in enumerate(rows, start=2):
        put(sheet, number, 1, name)
        put(sheet, number, 2, value).alignment = Alignment(horizontal="left", vertical="top", wrap_text=True)
    put(sheet, len(rows) + 2, 1, f"{CLERK}（在右侧填写处理本表的人）")
    put(sheet, len(rows) + 2, 2, None).fill = FILL_IN
    finish(sheet, 2)


def _difference_counts(result: RunResult) -> tuple[tuple[str, Value], ...]:
    states = Counter(result.state(check) for check in result.exceptions)
    found = result.difference
    compared = (("与上次运行比较", found.basis), ("异常：已消除", len(found.resolved))) if found else ()
    return (*compared, *((f"异常：{word}", states[state]) for state, word in STATES.items()))


def _write_exceptions(sheet: Worksheet, result: RunResult, field_rows: Mapping[str, tuple[int, int]]) -> None:
    header(sheet, _EXCEPTION_COLUMNS)
    names = [name for name, _ in _EXCEPTION_COLUMNS]
    several: dict[str, list[int]] = {}
    number = 1
    for number, (check, card) in enumerate(zip(result.exceptions, cards(result, result.exceptions), strict=True), 2):
        fields = cited_fields(result, check)
        only = label_at(result.programme, fields[0]) if len(fields) == 1 else CHOOSE if fields else ""
        if len(fields) > 1:
            several.setdefault(card.group, []).append(number)
        for column, value in enumerate(_exception_values(card, result.decisions.get(check.exception_id), only), 1):
            put(sheet, number, column, value)
        sheet.cell(number, names.index("结果") + 1).fill = FILLS[card.outcome]
        picture = next((place.picture for place in card.places if place.picture), None)
        if picture:
            put_picture(sheet, number, names.index("图片") + 1, picture)
    invite(sheet, names, number)
    for application_id, rows in several.items():
        offer_fields(sheet, names.index(FOR_FIELD) + 1, rows, field_rows[application_id])
    finish(sheet, len(_EXCEPTION_COLUMNS))


def _exception_values(card: Card, decision: Decision | None, only_field: str) -> tuple[Value, ...]:
    verdict = VERDICTS[decision.verdict] if decision and decision.verdict else None
    return (
        card.applicant,
        card.direction,
        card.outcome_word,
        STATES[card.state],
        card.title,
        card.message,
        None,
        card.action,
        *(verdict, only_field, None, decision.reason if decision else None, None),
        None if card.claimed in card.message else card.claimed,
        card.expected,
        card.city,
        card.check,
        card.article,
        card.quote,
        card.fields,
        "\n".join(place.caption for place in card.places),
        "\n".join(place.quote for place in card.places),
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
    header(sheet, columns)
    for number, record in enumerate(result.records, start=2):
        head = heading(result, record)
        for column, value in enumerate((record.application_id, head.received, head.sender), start=1):
            put(sheet, number, column, value)
        for column, spec in enumerate(fields, start=4):
            _put_field(sheet, number, column, spec, record, result)
    finish(sheet, len(columns))


def _put_field(
    sheet: Worksheet, row: int, column: int, spec: FieldSpec, record: ApplicationRecord, result: RunResult
) -> None:
    claim = record.get(spec.name)
    if claim is None:
        return
    number = claim.value if isinstance(claim.value, (Decimal, date)) else None
    cell = put(sheet, row, column, number if number is not None else shown(spec, claim))
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
    header(sheet, columns)
    outcomes: dict[tuple[str, str], list[Outcome]] = {}
    for check in result.checks:
        if check.application_id:
            outcomes.setdefault((check.application_id, check.check), []).append(check.outcome)
    for number, record in enumerate(result.records, start=2):
        head = heading(result, record)
        put(sheet, number, 1, head.applicant)
        put(sheet, number, 2, head.direction)
        for column, criterion in enumerate(criteria, start=3):
            found = outcomes.get((record.application_id, criterion), [])
            if found:
                worst = min(found, key=list(OUTCOMES).index)
                cell = put(sheet, number, column, OUTCOMES[worst])
                if worst in FILLS:
                    cell.fill = FILLS[worst]
    finish(sheet, len(columns))


def _write_ledger(sheet: Worksheet, result: RunResult) -> None:
    columns = _LEDGER_COLUMNS + _LEDGER_MORE
    header(sheet, columns)
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
            put(sheet, number, column, value)
    finish(sheet, len(columns))


def _write_clauses(sheet: Worksheet, result: RunResult) -> None:
    header(sheet, (*_CLAUSE_COLUMNS, *((word, 9) for word in OUTCOMES.values()), ("留待人工判断的理由", 50)))
    for number, row in enumerate(clause_rows(result), start=2):
        counts = (row.counts[outcome] if row.check else None for outcome in OUTCOMES)
        values: tuple[Value, ...] = (row.article, row.quote, row.check, row.title, *counts, row.judgement)
        for column, value in enumerate(values, start=1):
            put(sheet, number, column, value)
    finish(sheet, len(_CLAUSE_COLUMNS) + len(OUTCOMES) + 1)
