"""What every format of the report shows, as rows: pure, and the same whatever the format."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

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
from pipeline.programme import clause_matrix
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


@dataclass(frozen=True)
class RunResult:
    """Everything that a run found out. `pictures` are PNGs by Evidence, where a picture could be taken."""

    run: Run
    programme: Programme
    records: tuple[ApplicationRecord, ...]
    checks: tuple[Check, ...]
    rows: tuple[LedgerRow, ...]
    defects: tuple[Defect, ...]
    pictures: Mapping[Evidence, bytes]
    submissions: tuple[Submission, ...] = ()
    contents: Contents = field(default_factory=Contents)
    difference: Difference | None = None  # None where there is no earlier run to compare with
    decisions: Mapping[str, Decision] = field(default_factory=dict)  # by exception_id
    replayed: Mapping[str, tuple[Replayed, ...]] = field(default_factory=dict)  # by application_id

    @property
    def exceptions(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.outcome in EXCEPTIONS)

    @property
    def manual(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.outcome is Outcome.MANUAL)

    @property
    def unusable(self) -> tuple[LedgerRow, ...]:
        return tuple(row for row in self.rows if row.status is Status.FAILED or row.finding)

    @cached_property
    def record_of(self) -> Mapping[str, ApplicationRecord]:
        return {record.application_id: record for record in self.records}

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

    def state(self, check: Check) -> str:
        """How an exception stands to the run before: ``new``, ``open``, or ``waived`` by staff."""
        decision = self.decisions.get(check.exception_id)
        if decision and decision.verdict is Verdict.WAIVE:
            return "waived"
        return "open" if self.difference and check.exception_id not in self.difference.new else "new"

    def ledger_id(self, check: Check, evidence: Evidence) -> str | None:
        """The row of the file that the evidence was read from, in the check's own application first."""
        record = self.record_of.get(check.application_id or "")
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


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """A clause of the notice, and a criterion that serves it with how often it gave each outcome; a clause that
    several serve has a row each, one that none serves a row with the reason alone."""

    article: str
    quote: str
    judgement: str
    check: str
    title: str
    counts: Mapping[Outcome, int]


def clause_rows(result: RunResult) -> tuple[ClauseRow, ...]:
    """Every clause of the notice in its order; findings on files stand under the clause that they cite."""
    counts = Counter((check.check, check.outcome) for check in result.checks)
    cited: dict[str, dict[str, None]] = {}
    for check in sorted(result.checks, key=lambda check: check.check):
        if check.check not in result.title_of:
            cited.setdefault(check.clause.article, {})[check.check] = None
    return tuple(
        ClauseRow(
            article=clause.clause.article,
            quote=clause.clause.quote,
            judgement=clause.judgement,
            check=check,
            title=result.title_of.get(check, FILE_FINDING if check else ""),
            counts={outcome: counts[check, outcome] for outcome in OUTCOMES},
        )
        for clause, served in clause_matrix(result.programme)
        for check in (*served, *cited.get(clause.clause.article, ())) or ("",)
    )


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


def outcome_counts(checks: Sequence[Check]) -> dict[str, int]:
    """How many checks gave each outcome, every outcome named."""
    return {outcome.value: sum(check.outcome is outcome for check in checks) for outcome in Outcome}


def status_counts(rows: Sequence[LedgerRow]) -> dict[str, int]:
    """How many ledger rows have each status, every status named."""
    return {status.value: sum(row.status is status for row in rows) for status in Status}
