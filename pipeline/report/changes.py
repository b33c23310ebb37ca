"""What is otherwise than in the run before, and what staff put right, as rows: the same whatever the format."""

from collections.abc import Iterator
from typing import NamedTuple

from pipeline.checks.wording import shown
from pipeline.corrections import label_at, spec_at
from pipeline.model import CHINA, Check, Programme
from pipeline.report.rows import CAUSES, CORRECTION_STATES, Case, RunResult, decision_line

CONFIRMED = "现在读作的就是更正值"


class ChangeRow(NamedTuple):
    """An exception that is gone, waived or new, or a value that is another now."""

    kind: str
    applicant: str
    direction: str
    about: str  # the check, or the field's label
    before: str
    after: str
    why: str
    application_id: str
    exception_id: str


class CorrectionRow(NamedTuple):
    """A correction in force, and how it stands to what is read now."""

    applicant: str
    label: str
    replaced: str
    value: str
    read_now: str
    state: str
    by: str
    at: str
    reason: str
    application_id: str


def change_rows(result: RunResult) -> Iterator[ChangeRow]:
    """Exceptions gone first, then those waived and new in the report's order, then values."""
    found = result.difference
    if found is None:
        return
    for one in found.resolved:
        check, why = one.check, CAUSES[one.cause] if one.cause else "文件或名单变化"
        about = (one.applicant, one.direction, _title(result, check))
        yield ChangeRow("异常消除", *about, check.message, "", why, check.application_id or "", check.exception_id)
    for check in result.exceptions(found.waived | found.new):
        if check.exception_id in found.waived:
            yield _still_there(result, check, "异常豁免")
        else:
            yield _still_there(result, check, "异常新增")
    for change in found.changes:
        words = (change.label, change.before, change.after, CAUSES[change.cause])
        yield ChangeRow("栏目变化", change.applicant, "", *words, change.application_id, "")


def _still_there(result: RunResult, check: Check, kind: str) -> ChangeRow:
    record = result.who(check.application_id)
    who = str(record.value("applicant_name") or "") if record else check.city_list or ""
    direction = result.direction_of.get(record.direction or "", "") if record else ""
    about, ids = _title(result, check), (check.application_id or "", check.exception_id)
    why = decision_line(result.decisions.get(check.exception_id))
    return ChangeRow(kind, who, direction, about, "", check.message, why, *ids)


def _title(result: RunResult, check: Check) -> str:
    return f"{check.check} {result.title_of.get(check.check, '')}".strip()


def correction_rows(case: Case, programme: Programme) -> Iterator[CorrectionRow]:
    """Every correction of an application."""
    for one in case.replayed:
        correction, spec = one.correction, spec_at(programme, one.correction.field)
        yield CorrectionRow(
            applicant=str(case.record.value("applicant_name") or ""),
            label=label_at(programme, correction.field),
            replaced=correction.replaced_raw or "",
            value=correction.raw or "",
            read_now=shown(spec, one.reading) if spec and one.reading else "",
            state=CONFIRMED if one.confirmed else CORRECTION_STATES[one.state],
            by=correction.by,
            at=f"{correction.at.astimezone(CHINA):%Y-%m-%d %H:%M}",
            reason=correction.reason,
            application_id=case.record.application_id,
        )
