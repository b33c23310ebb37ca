"""What every format of the report shows, as rows: pure, and the same whatever the format."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from pipeline.assemble import abridged
from pipeline.corrections import Replayed, State
from pipeline.difference import Cause, Difference
from pipeline.model import (
    CHINA,
    EXCEPTIONS,
    ApplicationRecord,
    Check,
    Decision,
    Evidence,
    FieldSpec,
    LedgerRow,
    Outcome,
    Programme,
    Run,
    Status,
    Submission,
    Verdict,
)
from pipeline.snapshots import Contents

OUTCOMES = {
    Outcome.FAIL: "不符合",
    Outcome.WARN: "需核实",
    Outcome.UNDETERMINED: "待确认",
    Outcome.MANUAL: "人工判断",
    Outcome.PASS: "通过",
    Outcome.NOT_APPLICABLE: "不适用",
}
STATUSES = {
    Status.PROCESSED: "已处理",
    Status.DUPLICATE: "重复",
    Status.SUPERSEDED: "已被替换",
    Status.IGNORED: "已忽略",
    Status.FAILED: "未能使用",
}
ROLES = {
    "form": "申报表",
    "supporting": "佐证材料",
    "city_list": "推荐汇总表",
    "container": "邮件或压缩包",
    "decoration": "正文或装饰",
    "unknown": "未识别",
}
FILE_FINDING = "文件问题"
STATES = {"new": "新增", "open": "仍存在", "waived": "已豁免"}
VERDICTS = {Verdict.ACCEPT: "认可", Verdict.WAIVE: "豁免", Verdict.ASK: "请申报单位补正"}
CAUSES = {
    Cause.RESUBMISSION: "重新提交",
    Cause.CORRECTION: "人工更正",
    Cause.READING: "识别结果变化",
    Cause.NEIGHBOURS: "同一单位其他申报变化",
    Cause.CITY_LIST: "推荐汇总表变化",
    Cause.REGISTRIES: "名单变化",
    Cause.PROGRAMME: "条款版本变化",
    Cause.CODE: "程序版本变化",
}
CORRECTION_STATES = {
    State.APPLIED: "采用",
    State.REREAD: "采用，识别结果已变化",
    State.CARRIED: "采用，原文件已被替换",
    State.STALE: "未采用，原文件已被替换",
}
METHODS = {"docx": "Word", "pdf": "PDF文字", "ocr": "扫描识别", "xlsx": "Excel", "human": "人工更正"}


@dataclass(frozen=True, slots=True)
class Defect:
    """An application or a file that a failure of ours left unreviewed."""

    subject: str
    application_id: str | None
    ledger_id: str | None
    traceback: str


@dataclass(frozen=True, slots=True)
class Case:
    """One application as a run found it: its record, its checks, and what became of staff's corrections."""

    record: ApplicationRecord
    checks: tuple[Check, ...]
    replayed: tuple[Replayed, ...] = ()


class Noted(NamedTuple):
    """An exception in a word."""

    check: str
    outcome: Outcome
    exception_id: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a run's index: who an application is (`record` is abridged) and in short what all checks say that are
    about it. `worst` is the worst outcome by criterion, in the programme's order, None where there is none."""

    record: ApplicationRecord
    counts: Mapping[Outcome, int]
    worst: tuple[Outcome | None, ...]
    exceptions: tuple[Noted, ...]
    is_corrected: bool


@dataclass(frozen=True, slots=True)
class _Survey:
    """What one look through all cases tells: the index, and how often each check of a clause gave each outcome."""

    index: Mapping[str, Entry]
    tally: Mapping[tuple[str, str, Outcome], int]  # by article, check and outcome


@dataclass(frozen=True)
class RunResult:
    """Everything that a run found out. `cases` are by application_id, in the report's order, and may be fetched each
    time that one is asked for; a mailbox of them does not fit into memory. `others` are the checks of lists and
    files; `pictures` the names, below the output folder, of those that could be taken.
    """

    run: Run
    programme: Programme
    cases: Mapping[str, Case]
    others: tuple[Check, ...]
    rows: tuple[LedgerRow, ...]
    defects: tuple[Defect, ...]
    pictures: Collection[str]
    submissions: tuple[Submission, ...] = ()
    contents: Contents = field(default_factory=Contents)
    difference: Difference | None = None  # None where there is no earlier run to compare with
    decisions: Mapping[str, Decision] = field(default_factory=dict)  # by exception_id

    def all_checks(self) -> Iterator[Check]:
        """Every check in the report's order; each call looks through all cases."""
        for case in self.cases.values():
            yield from case.checks
        yield from self.others

    def exceptions(self, wanted: Collection[str]) -> Iterator[Check]:
        """The exceptions with these ids in the report's order; only the cases that have one are looked at."""
        for application_id, entry in self.index.items():
            if any(one.exception_id in wanted for one in entry.exceptions):
                yield from (check for check in self.cases[application_id].checks if check.exception_id in wanted)
        yield from (check for check in self.others if check.exception_id in wanted)

    @property
    def index(self) -> Mapping[str, Entry]:
        return self._survey.index

    @property
    def tally(self) -> Mapping[tuple[str, str, Outcome], int]:
        return self._survey.tally

    @cached_property
    def _survey(self) -> _Survey:
        tally = Counter(_tallied(check) for check in self.others)
        index = {}
        for application_id, case in self.cases.items():
            tally.update(map(_tallied, case.checks))
            checks = (*case.checks, *self.others_about.get(application_id, ()))
            index[application_id] = _entry(case, checks, self.programme)
        return _Survey(index, tally)

    @cached_property
    def others_about(self) -> Mapping[str, tuple[Check, ...]]:
        """The checks of lists and files by what they are about: an application_id, a city or a ledger_id."""
        found: dict[str, list[Check]] = {}
        for check in self.others:
            found.setdefault(subject(check), []).append(check)
        return {key: tuple(checks) for key, checks in found.items()}

    @property
    def outcomes(self) -> Mapping[Outcome, int]:
        """How many checks gave each outcome."""
        counts: Counter[Outcome] = Counter()
        for (_, _, outcome), count in self.tally.items():
            counts[outcome] += count
        return counts

    @cached_property
    def states(self) -> Mapping[str, int]:
        """How many exceptions are new, open and waived."""
        ids = [one.exception_id for entry in self.index.values() for one in entry.exceptions]
        ids += [check.exception_id for check in self.others if subject(check) not in self.index]
        return Counter(self.state(exception_id) for exception_id in ids if exception_id)

    @property
    def unusable(self) -> tuple[LedgerRow, ...]:
        return tuple(row for row in self.rows if row.status is Status.FAILED or row.finding)

    @property
    def everyone(self) -> tuple[ApplicationRecord, ...]:
        """The abridged records of all applications."""
        return tuple(entry.record for entry in self.index.values())

    def who(self, application_id: str | None) -> ApplicationRecord | None:
        """The abridged record of an application."""
        entry = self.index.get(application_id or "")
        return entry.record if entry else None

    @cached_property
    def row_of(self) -> Mapping[str, LedgerRow]:
        return {row.item.ledger_id: row for row in self.rows}

    @cached_property
    def submission_of(self) -> Mapping[str, Submission]:
        """What each ledger row came in with."""
        return {item.ledger_id: submission for submission in self.submissions for item in submission.items}

    @cached_property
    def spec_of(self) -> Mapping[str, FieldSpec]:
        return {spec.name: spec for spec in self.programme.fields}

    @cached_property
    def title_of(self) -> Mapping[str, str]:
        return {criterion.id: criterion.title for criterion in self.programme.criteria}

    @cached_property
    def direction_of(self) -> Mapping[str, str]:
        return {option.code: option.labels[0] for option in self.programme.directions}

    def state(self, exception_id: str) -> str:
        """How an exception stands to the run before: ``new``, ``open``, or ``waived`` by staff."""
        decision = self.decisions.get(exception_id)
        if decision and decision.verdict is Verdict.WAIVE:
            return "waived"
        return "open" if self.difference and exception_id not in self.difference.new else "new"

    def ledger_id(self, check: Check, evidence: Evidence) -> str | None:
        """The row of the file that the evidence was read from, in the check's own application first."""
        record = self.who(check.application_id)
        for filing in record.filings if record else ():
            if filing.sha256 == evidence.sha256:
                return filing.ledger_id
        return self._first_row.get(evidence.sha256, check.ledger_id)

    @cached_property
    def _first_row(self) -> Mapping[str, str]:
        first: dict[str, str] = {}
        for row in self.rows:
            first.setdefault(row.item.sha256, row.item.ledger_id)
        return first


def subject(check: Check) -> str:
    """What a check is listed under: its application, its city or its file."""
    return check.application_id or check.city_list or check.ledger_id or ""


def _tallied(check: Check) -> tuple[str, str, Outcome]:
    return check.clause.article, check.check, check.outcome


def _entry(case: Case, checks: Sequence[Check], programme: Programme) -> Entry:
    rank = {outcome: number for number, outcome in enumerate(OUTCOMES)}
    worst: dict[str, Outcome] = {}
    for check in checks:
        worst[check.check] = min(check.outcome, worst.get(check.check, check.outcome), key=rank.__getitem__)
    return Entry(
        record=abridged(case.record),
        counts=Counter(check.outcome for check in checks),
        worst=tuple(worst.get(criterion.id) for criterion in programme.criteria),
        exceptions=tuple(
            Noted(check.check, check.outcome, check.exception_id) for check in checks if check.outcome in EXCEPTIONS
        ),
        is_corrected=bool(case.replayed),
    )


@dataclass(frozen=True, slots=True)
class Heading:
    """Who an application is, in the words that staff know it by."""

    applicant: str
    project: str
    direction: str
    city: str
    uscc: str
    received: str
    sender: str
    subject: str
    files: tuple[str, ...]


def heading(result: RunResult, record: ApplicationRecord) -> Heading:
    """The heading of one application; what is not known stands as （未识别）."""

    def said(name: str) -> str:
        value = record.value(name)
        return str(value) if value is not None else "（未识别）"

    received = record.received_at.strftime("%Y-%m-%d %H:%M") if record.received_at else "（无日期）"
    files = tuple(
        result.row_of[filing.ledger_id].item.path for filing in record.filings if filing.ledger_id in result.row_of
    )
    return Heading(
        applicant=said("applicant_name"),
        project=said("project_name"),
        direction=result.direction_of.get(record.direction or "", "（未识别方向）"),
        city=said("city"),
        uscc=said("uscc"),
        received=received,
        sender=record.submission.sender,
        subject=record.submission.subject,
        files=files,
    )


def check_title(result: RunResult, check: str) -> str:
    """What a check is called: a criterion's title, else what kind of finding it is."""
    return result.title_of.get(check, FILE_FINDING if check.startswith("D-") else check)


def mail_line(submission: Submission | None) -> str:
    """Who sent it, when, under which subject: how staff find the mail and whom they answer."""
    if submission is None:
        return ""
    received = submission.received_at.strftime("%Y-%m-%d %H:%M") if submission.received_at else ""
    subject = f"主题“{submission.subject}”" if submission.subject else ""
    return "　".join(word for word in (submission.sender, received, subject) if word)


def decision_line(decision: Decision | None) -> str:
    """What staff decided, who, when and why."""
    if decision is None or decision.verdict is None:
        return ""
    who = f"{VERDICTS[decision.verdict]}（{decision.by}，{decision.at.astimezone(CHINA):%Y-%m-%d}）"
    return f"{who}：{decision.reason}" if decision.reason else who


def labels(result: RunResult, names: Sequence[str]) -> str:
    """Field names as the form's own labels, a table's column as 表·列."""
    words = []
    for name in names:
        table, _, column = name.partition(".")
        spec = result.spec_of.get(table)
        if spec is None:
            words.append(name)
            continue
        inner = next((c.labels[0] for c in spec.columns if c.name == column), "")
        words.append(f"{spec.labels[0]}·{inner}" if inner else spec.labels[0])
    return "、".join(words)


def picture_name(evidence: Evidence) -> str:
    """A stable file name for the picture of a place."""
    box = evidence.bbox
    place = f"{evidence.sha256}/{evidence.page}/{evidence.place}/{box}"
    return f"evidence/{hashlib.sha256(place.encode()).hexdigest()[:20]}.png"


def outcome_counts(outcomes: Mapping[Outcome, int]) -> dict[str, int]:
    """How many checks gave each outcome, every outcome named."""
    return {outcome.value: outcomes.get(outcome, 0) for outcome in Outcome}


def status_counts(rows: Sequence[LedgerRow]) -> dict[str, int]:
    """How many ledger rows have each status, every status named."""
    return {status.value: sum(row.status is status for row in rows) for status in Status}
