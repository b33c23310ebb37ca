"""The report as a workbook. Its first sheets are worked in by staff; the others show what they rest on."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook

from pipeline.corrections import label_at
from pipeline.files import whole_file
from pipeline.model import (
    EXCEPTIONS,
    ApplicationRecord,
    Check,
    Decision,
    FieldSpec,
    FieldValue,
    Outcome,
    Programme,
)
from pipeline.report.cards import Card, cards
from pipeline.report.changes import change_rows, correction_rows
from pipeline.report.clauses import clause_rows
from pipeline.report.jsonl import value_json
from pipeline.report.rows import (
    OUTCOMES,
    ROLES,
    STATES,
    STATUSES,
    VERDICTS,
    Case,
    RunResult,
    heading,
    outcome_counts,
    status_counts,
)
from pipeline.report.sheets import STAFF, Look, Styled, Table, Value
from pipeline.report.xlsx_staff import (
    CHANGE_COLUMNS,
    CHOOSE,
    CLERK,
    CORRECTION_COLUMNS,
    EXCEPTIONS_SHEET,
    FOR_FIELD,
    STAFF_COLUMNS,
    SUMMARY_SHEET,
    append_fields,
    cited_fields,
    fields_table,
    invite,
    offer_fields,
)

FORMATS = {"money": "#,##0.00", "percent": "0.00%", "date": "yyyy-mm-dd", "integer": "0"}
PARAMETERS = {
    "review_threshold": "复核阈值（识别可信度低于此值的一律待确认）",
    "letter_working_days": "补正通知书的答复期限（工作日）",
}
FILLS = {
    Outcome.FAIL: "F6D5D2",
    Outcome.WARN: "FBE7CC",
    Outcome.UNDETERMINED: "D6E4F5",
}
DOUBTFUL = FILLS[Outcome.UNDETERMINED]
_LEFT = Look(is_left=True)

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


def write_xlsx(result: RunResult, out: Path, most_pictures: int) -> None:
    """Write report.xlsx into the folder `out`, with the pictures of the first exceptions, so many that programs open it
    with ease; for the others it names the picture's file."""
    book = Workbook(write_only=True)
    summary = Table(book, SUMMARY_SHEET, (("内容", 48), ("数值", 60)))
    staff = _StaffTables(book, result, out, most_pictures)
    more = [_change_table(book, result)]
    corrections = Table(book, "更正记录", CORRECTION_COLUMNS)
    records = Table(book, "申报记录", _record_columns(result.programme))
    for case in result.cases.values():
        staff.append(case)
        for row in correction_rows(case, result.programme):
            corrections.append(row)
        records.append(_record_values(result, case.record))
    staff.append_others()
    more += [_matrix_table(book, result), _ledger_table(book, result), _clause_table(book, result)]
    tables = [*staff.tables, *more, corrections, records]
    _write_summary(summary, result, tables, staff.unpictured)
    for table in (summary, *tables):
        table.finish()
    with whole_file(out / "report.xlsx") as stream:
        book.save(stream)


def _write_summary(table: Table, result: RunResult, tables: Sequence[Table], unpictured: int) -> None:
    run = result.run
    outcomes, statuses = outcome_counts(result.outcomes), status_counts(result.rows)
    rows: list[tuple[str, Value]] = [
        ("项目", result.programme.title),
        ("运行编号", run.run_id),
        ("完成时间", run.ended_at.strftime("%Y-%m-%d %H:%M:%S")),
        ("条款版本", run.programme_version),
        ("申报份数", len(result.index)),
        ("未能审查", len(result.defects)),
        *_difference_counts(result),
        *((f"核查结果：{word}", outcomes[outcome.value]) for outcome, word in OUTCOMES.items()),
        *((f"文件：{word}", statuses[status.value]) for status, word in STATUSES.items()),
        *((PARAMETERS.get(name, f"参数：{name}"), str(value)) for name, value in sorted(run.parameters.items())),
        *(
            (f"工作表“{table.parts[0].title}”", f"行数超过一个工作表的上限，分列于{len(table.parts)}个工作表")
            for table in tables
            if len(table.parts) > 1
        ),
        *([("图片", f"较多：其中{unpictured}项异常不附图片，只写明图片的文件名")] if unpictured else []),
    ]
    for name, value in rows:
        table.append((name, Styled(value, _LEFT)))
    table.append((f"{CLERK}（在右侧填写处理本表的人）", Styled(None, Look(STAFF))))


def _difference_counts(result: RunResult) -> tuple[tuple[str, Value], ...]:
    found = result.difference
    compared = (("与上次运行比较", found.basis), ("异常：已消除", len(found.resolved))) if found else ()
    return (*compared, *((f"异常：{word}", result.states.get(state, 0)) for state, word in STATES.items()))


class _StaffTables:
    """异常清单 and 栏目更正, which staff fill in: the fields of an application's exceptions are offered beside them."""

    def __init__(self, book: Workbook, result: RunResult, out: Path, most_pictures: int) -> None:
        self._result, self._out, self._pictures_left = result, out, most_pictures
        self.unpictured = 0  # exceptions whose picture is only named
        self._exceptions = invite(book, EXCEPTIONS_SHEET, _EXCEPTION_COLUMNS)
        self._fields = fields_table(book)
        self._names = [name for name, _ in _EXCEPTION_COLUMNS]

    @property
    def tables(self) -> tuple[Table, Table]:
        return self._exceptions, self._fields

    def append(self, case: Case) -> None:
        """Add an application."""
        programme = self._result.programme
        checks = [check for check in case.checks if check.outcome in EXCEPTIONS]
        cited = {check.exception_id: cited_fields(case, check, programme) for check in checks}
        by_field: dict[str, list[str]] = {}
        for check in checks:
            for place in cited[check.exception_id]:
                by_field.setdefault(place, []).append(check.check)
        fields = append_fields(self._fields, case, by_field, programme) if by_field else ""
        self._exceptions.make_room(len(checks))
        several = [row for check in checks if (row := self._append(check, cited[check.exception_id]))]
        if several:
            offer_fields(self._exceptions.sheet, self._names.index(FOR_FIELD) + 1, several, fields)

    def append_others(self) -> None:
        """Add the exceptions of lists and files."""
        for check in self._result.others:
            if check.outcome in EXCEPTIONS:
                self._append(check, ())

    def _append(self, check: Check, fields: Sequence[str]) -> int:
        """Its row where there are several fields to choose from, else 0."""
        result = self._result
        (card,) = cards(result, [check])
        only = label_at(result.programme, fields[0]) if len(fields) == 1 else CHOOSE if fields else ""
        values = list(_exception_values(card, result.decisions.get(check.exception_id), only))
        values[self._names.index("结果")] = Styled(card.outcome_word, Look(FILLS[card.outcome]))
        picture = next((place.picture for place in card.places if place.picture), None)
        shown = self._out / picture if picture and self._pictures_left > 0 else None
        at = self._names.index("图片")
        values[at] = None if shown else picture
        self._pictures_left -= shown is not None
        self.unpictured += picture is not None and shown is None
        row = self._exceptions.append(values, shown, at + 1)
        return row if len(fields) > 1 else 0


def _exception_values(card: Card, decision: Decision | None, only_field: str) -> tuple[Value | Styled, ...]:
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


def _record_columns(programme: Programme) -> Sequence[tuple[str, int]]:
    fields = ((_head(spec), 60 if spec.kind == "table" else 20) for spec in programme.fields)
    return (("申报编号", 20), ("收到时间", 18), ("发件人", 24), *fields)


def _record_values(result: RunResult, record: ApplicationRecord) -> Sequence[Value | Styled]:
    head = heading(result, record)
    threshold = float(str(result.programme.parameters["review_threshold"]))
    fields = (_field_value(spec, record.get(spec.name), threshold) for spec in result.programme.fields)
    return (record.application_id, head.received, head.sender, *fields)


def _field_value(spec: FieldSpec, claim: FieldValue | None, threshold: float) -> Value | Styled:
    if claim is None:
        return None
    number = claim.value if isinstance(claim.value, (Decimal, date)) else None
    is_doubtful = claim.value is None or claim.confidence < threshold
    look = Look(DOUBTFUL if is_doubtful else "", FORMATS[spec.kind] if number is not None else "")
    return Styled(number if number is not None else shown(spec, claim), look)


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


def _change_table(book: Workbook, result: RunResult) -> Table:
    """What is otherwise than in the run before: exceptions gone, waived and new, and values field by field."""
    table = Table(book, "变化", CHANGE_COLUMNS)
    for row in change_rows(result):
        table.append(row)
    return table


def _matrix_table(book: Workbook, result: RunResult) -> Table:
    criteria = [criterion.id for criterion in result.programme.criteria]
    table = Table(book, "核查矩阵", [("申报单位", 28), ("方向", 16), *((id_, 14) for id_ in criteria)])
    for entry in result.index.values():
        head = heading(result, entry.record)
        words = (Styled(OUTCOMES[one], Look(FILLS.get(one, ""))) if one else None for one in entry.worst)
        table.append((head.applicant, head.direction, *words))
    return table


def _ledger_table(book: Workbook, result: RunResult) -> Table:
    table = Table(book, "文件台账", _LEDGER_COLUMNS + _LEDGER_MORE)
    for row in result.rows:
        item = row.item
        words = (item.path, item.name, ROLES[row.role], STATUSES[row.status], row.finding, row.reason)
        table.append((*words, item.size, item.media_type, item.sha256, row.application_id, item.ledger_id))
    return table


def _clause_table(book: Workbook, result: RunResult) -> Table:
    outcomes = ((word, 9) for word in OUTCOMES.values())
    table = Table(book, "条款覆盖", (*_CLAUSE_COLUMNS, *outcomes, ("留待人工判断的理由", 50)))
    for row in clause_rows(result):
        counts = (row.counts[outcome] if row.check else None for outcome in OUTCOMES)
        table.append((row.article, row.quote, row.check, row.title, *counts, row.judgement))
    return table
