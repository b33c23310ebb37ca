"""What staff filled in → entries of the journal, or why not. Pure; nothing that is half understood is taken in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.corrections import label_at, read_by_hand, spec_at
from pipeline.journal import corrections_of, decisions_of
from pipeline.model import Check, Correction, Decision, FieldSpec, JournalEntry, Programme, Verdict
from pipeline.normalise import normalise
from pipeline.normalise_base import fold
from pipeline.report.answers import Answer
from pipeline.report.rows import VERDICTS
from pipeline.report.sheets import is_part
from pipeline.report.xlsx_staff import EXCEPTIONS_SHEET, FIELDS_SHEET, WITHDRAW
from pipeline.snapshots import Snapshot, Told

_NAMED = 6  # fields that a refusal names


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken in, and what to do about it, in Chinese."""

    sheet: str
    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the last run said and what staff have said since: by any id of an application, and by exception_id."""

    programme: Programme
    applications: Mapping[str, Snapshot]
    exceptions: Mapping[str, Check]
    journal: Sequence[JournalEntry]


@dataclass(frozen=True, slots=True)
class Applied:
    """The entries to write, the rows that were refused, and how many said nothing new."""

    entries: tuple[JournalEntry, ...]
    refused: tuple[Refusal, ...]
    unchanged: int


class _Refused(Exception):
    """The reason, in Chinese, why a row is not taken in."""


def apply(rows: Sequence[Answer], known: Known, by: str, at: datetime) -> Applied:
    """The rows as entries by `by`, where a row names nobody itself, made at `at`."""
    entries: dict[tuple[str, str], tuple[JournalEntry, Answer]] = {}
    refused: list[Refusal] = []
    unchanged = 0
    for row in rows:
        for read in (_decision, _correction):
            try:
                entry = read(row, known, row.by or by, at)
                key = _key(entry) if entry else None
                if entry and key and key in entries and _differ(entry, entries[key][0]):
                    other = entries.pop(key)[1]
                    refused.append(Refusal(other.sheet, other.row, f"与工作表“{row.sheet}”第{row.row}行填写的不一致。"))
                    raise _Refused(f"与工作表“{other.sheet}”第{other.row}行填写的不一致。")
            except _Refused as reason:
                refused.append(Refusal(row.sheet, row.row, str(reason)))
                continue
            if entry and key:
                entries.setdefault(key, (entry, row))
    new = tuple(entry for entry, _ in entries.values() if not _is_said(entry, known.journal))
    unchanged = len(entries) - len(new)
    return Applied(new, tuple(refused), unchanged)


def _key(entry: JournalEntry) -> tuple[str, str]:
    if isinstance(entry, Correction):
        return entry.application_id, entry.field
    return ("exception", entry.exception_id) if isinstance(entry, Decision) else ("", "")


def _differ(one: JournalEntry, other: JournalEntry) -> bool:
    return _meaning(one) != _meaning(other)


def _meaning(entry: JournalEntry) -> tuple[object, ...]:
    match entry:
        case Correction():
            return entry.raw, entry.replaced_sha256, entry.replaced_raw
        case Decision():
            return entry.verdict, entry.reason
        case _:
            return (entry,)


def _is_said(entry: JournalEntry, journal: Sequence[JournalEntry]) -> bool:
    """The journal says so already; to withdraw what is not in force says nothing."""
    if isinstance(entry, Correction):
        held: JournalEntry | None = next(
            (one for one in corrections_of(journal).get(entry.application_id, ()) if one.field == entry.field), None
        )
        withdraws = entry.raw is None
    elif isinstance(entry, Decision):
        held, withdraws = decisions_of(journal).get(entry.exception_id), entry.verdict is None
    else:
        return False
    return withdraws if held is None else not _differ(entry, held)


# --- decisions ------------------------------------------------------------------------------------------


def _decision(row: Answer, known: Known, by: str, at: datetime) -> Decision | None:
    if not row.verdict:
        if row.note and not row.value and is_part(row.sheet, EXCEPTIONS_SHEET):
            raise _Refused("只有备注，没有处理意见或更正值；请在“处理意见”中选择一项。")
        return None
    check = _exception(row, known)
    withdraws = row.verdict.startswith(WITHDRAW)
    verdict = None if withdraws else _verdict(row.verdict)
    if verdict is Verdict.WAIVE and not row.note:
        raise _Refused("豁免须在“备注”中写明理由。")
    snapshot = known.applications.get(check.application_id or "")
    return Decision(
        exception_id=check.exception_id,
        application_id=snapshot.first_id if snapshot else None,
        check=check.check,
        verdict=verdict,
        message=check.message,
        by=by,
        at=at,
        reason="" if withdraws else row.note,
    )


def _exception(row: Answer, known: Known) -> Check:
    check = known.exceptions.get(row.exception_id)
    if check is None:
        told = f"异常编号“{row.exception_id}”" if row.exception_id else "这一行没有异常编号，异常"
        raise _Refused(f"{told}不在最近一次运行的异常中，可能已经消除；请在最新的报告中填写。")
    return check


def _verdict(text: str) -> Verdict:
    for verdict, word in VERDICTS.items():
        if text.startswith(word) or text.lower() == verdict.value:
            return verdict
    words = "、".join((*VERDICTS.values(), WITHDRAW))
    raise _Refused(f"处理意见“{text}”不在可选项中；可选：{words}。")


# --- corrections ------------------------------------------------------------------------------------------


def _correction(row: Answer, known: Known, by: str, at: datetime) -> Correction | None:
    if not row.value:
        return None
    snapshot, field = _field(row, known)
    spec = spec_at(known.programme, field)
    if spec is None:
        raise _Refused(f"栏目“{row.field}”不能更正。")
    told = snapshot.fields.get(field)
    if row.value.startswith(WITHDRAW):
        return Correction(snapshot.first_id, field, None, *_replaced(snapshot, told), by, at, row.note)
    _check_value(row, spec, told)
    correction = Correction(snapshot.first_id, field, row.value, *_replaced(snapshot, told), by, at, row.note)
    is_older = is_part(row.sheet, FIELDS_SHEET) and fold(row.now) != fold(told.words if told else "")
    if is_older and not _is_said(correction, known.journal):
        raise _Refused(f"现值已不是“{row.now}”，而是“{told.words if told else '空白'}”；请在最新的报告中填写。")
    return correction


def _replaced(snapshot: Snapshot, told: Told | None) -> tuple[str, str | None]:
    return (told.sha256, told.raw) if told else (snapshot.form_sha256, None)


def _field(row: Answer, known: Known) -> tuple[Snapshot, str]:
    """The application and the address that a row's 更正值 is for."""
    if is_part(row.sheet, FIELDS_SHEET):
        snapshot, cited = known.applications.get(row.application_id), tuple[str, ...]()
    else:
        check = _exception(row, known)
        snapshot = known.applications.get(check.application_id or "")
        places = _addresses(snapshot, known.programme) if snapshot else ()
        cited = tuple(place for place in places if place.partition("[")[0] in check.fields)
    if snapshot is None:
        raise _Refused("这一行不属于最近一次运行中的任何申报，更正值没有对象。")
    if not row.field:
        if len(cited) == 1:
            return snapshot, cited[0]
        words = "、".join(label_at(known.programme, place) for place in cited[:_NAMED]) + "等" * (len(cited) > _NAMED)
        why = f"涉及多个栏目（{words}），请在“更正栏目”中选定一个" if cited else "请在“更正栏目”中写明栏目"
        raise _Refused(f"不清楚更正值是哪个栏目的：{why}，或到“{FIELDS_SHEET}”表填写。")
    programme = known.programme
    found = [place for place in _addresses(snapshot, programme) if row.field in (place, label_at(programme, place))]
    if len(found) != 1:
        raise _Refused(f"申报表中{'没有' if not found else '有几个'}栏目“{row.field}”；请从下拉列表中选择。")
    return snapshot, found[0]


def _addresses(snapshot: Snapshot, programme: Programme) -> Iterator[str]:
    """Every place that can be put right: what the record has, and the fields that it lacks."""
    plain = (spec.name for spec in programme.fields if spec.kind != "table")
    yield from dict.fromkeys((*snapshot.fields, *plain))


def _check_value(row: Answer, spec: FieldSpec, told: Told | None) -> None:
    found = read_by_hand(spec, row.value)
    if found.value is None and found.problem is not None:
        raise _Refused(f"“{row.value}”不是{spec.labels[0]}可以有的值：{found.problem.message}")
    if not row.is_number or spec.kind != "money" or told is None:
        return
    if normalise(spec, f"{row.value}元", None, ocr=False).value == read_by_hand(spec, told.words).value:
        raise _Refused(f"“{row.value}”没有写单位，申报表以{spec.unit or '元'}为单位；请写明单位，如“{row.value}元”。")
