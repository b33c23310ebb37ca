"""The core types: what goes in and out of every step. Frozen, slotted, standard library only.

Lengths are in points (1/72 inch), origin at the top left of the page as it is stored in the file.
Money is Decimal yuan, a percentage is a Decimal fraction, times carry their zone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")

# How a reader writes a check box whose state it knows from structure or from pixels.
TICKED, UNTICKED, UNCLEAR = "☑", "☐", "◪"


class Method(StrEnum):
    """How a value was read; goes into the records as it is."""

    DOCX = "docx"
    PDF = "pdf"
    OCR = "ocr"
    XLSX = "xlsx"
    HUMAN = "human"


class Bounds(StrEnum):
    """How a text was told from what stands beside it on the page, the surest first."""

    SEEN = "seen"  # by a cell's rules, by a label, or because nothing stands there
    RECKONED = "reckoned"  # a column without rules, or a line that was read across columns and cut
    AMISS = "amiss"  # another's, or a part of one: what stands there, or in its table, does not read as it must


class Role(StrEnum):
    """What a file is for an application."""

    FORM = "form"
    SUPPORTING = "supporting"
    CITY_LIST = "city_list"
    CONTAINER = "container"
    DECORATION = "decoration"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """What became of a ledger row."""

    PROCESSED = "processed"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    IGNORED = "ignored"
    FAILED = "failed"


class Verdict(StrEnum):
    """What staff decided about one exception."""

    ACCEPT = "accept"  # it is as the report says
    WAIVE = "waive"  # it stands in nobody's way; needs a reason
    ASK = "ask"  # the applicant is to mend it


class Outcome(StrEnum):
    """What a check says about one application or one city's list."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    WARN = "warn"
    UNDETERMINED = "undetermined"
    MANUAL = "manual"
    NOT_APPLICABLE = "not_applicable"


EXCEPTIONS = frozenset({Outcome.FAIL, Outcome.WARN, Outcome.UNDETERMINED})


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with an input: data, not an exception.

    `code` is a D- finding (``D-DAMAGED``, ``D-ENCRYPTED`` …) when the file could not be used, else a short
    lower-case word (``revisions``, ``name-encoding`` …). `message` is Chinese, for staff.
    """

    code: str
    message: str
    where: str = ""


BODY_TEXT = "body-text"

# --- what came in ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """One message, MIME part, archive member or loose file, as it came in. Exactly one ledger row each."""

    ledger_id: str
    parent: str | None
    path: str  # for people: mail.mbox#12/申报材料.zip/申报表.docx
    name: str
    sha256: str
    size: int
    media_type: str
    role: Role = Role.UNKNOWN  # intake knows containers and decorations, filing the rest
    problem: Problem | None = None  # why it cannot be used

    @property
    def is_body(self) -> bool:
        """Whether it is what the sender wrote, and nothing attached. Its role is unknown where it holds a table."""
        return self.problem is not None and self.problem.code == BODY_TEXT


@dataclass(frozen=True, slots=True)
class Submission:
    """来件: one mail, or one folder or file of paper that was scanned at the counter."""

    submission_id: str
    message_id: str | None
    received_at: datetime | None  # the mail's own Date; zone-aware
    sender: str
    subject: str
    text: str  # the mail's own words, plain
    in_reply_to: tuple[str, ...]  # In-Reply-To and References
    items: tuple[Item, ...]  # the message itself first, then everything in it, depth first
    problems: tuple[Problem, ...] = ()


# --- what one file says -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BBox:
    """A box in points from the top left."""

    x0: float
    top: float
    x1: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Line:
    """A run of text on one line. Confidence is 1.0 where nothing was recognised from pixels."""

    text: str
    bbox: BBox | None = None
    confidence: float = 1.0
    bounds: Bounds = Bounds.SEEN


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell in true grid coordinates (row and column count from 1); merged cells stand once."""

    row: int
    column: int
    row_span: int
    column_span: int
    lines: tuple[Line, ...]
    bbox: BBox | None = None
    tables: tuple["Table", ...] = ()  # nested tables, in order

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    @property
    def confidence(self) -> float:
        return min((line.confidence for line in self.lines), default=1.0)


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its cells ordered by row, then column."""

    cells: tuple[Cell, ...]
    bbox: BBox | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A page that lies askew on its scan or photograph, seen upright and straight: its size in points, and the
    homography (3 by 3, row by row) that takes points of the view to those of the page as stored."""

    width: float
    height: float
    to_stored: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `blocks` are its tables and the lines outside of them, in reading order.

    A DOCX has one Page, number None, without sizes; an XLSX has a Page a sheet, named by `title`. Boxes are as
    stored, those of a page with a `view` too.
    """

    number: int | None
    method: Method
    blocks: tuple["Line | Table", ...]
    width: float | None = None
    height: float | None = None
    title: str = ""
    view: View | None = None

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Line))

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Table))


@dataclass(frozen=True, slots=True)
class Document:
    """文件: what one file says. `page_count` is the file's own; `pages` may be its first ones only."""

    sha256: str
    media_type: str
    reader: str  # name and VERSION of the reader, OCR engine and weights included
    pages: tuple[Page, ...] = ()
    page_count: int = 0
    problems: tuple[Problem, ...] = ()


# --- the programme ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a choice: its code and the words for it, the first being the form's own."""

    code: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field of the form. `kind` is one of text, uscc, choice, choices, money, percent, integer, date,
    period, phone, email, address, table; `directions` empty means all."""

    name: str
    labels: tuple[str, ...]
    kind: str
    unit: str | None = None
    options: tuple[Option, ...] = ()
    required: bool = False
    directions: frozenset[str] = frozenset()
    columns: tuple["FieldSpec", ...] = ()

    def applies_to(self, direction: str | None) -> bool:
        return not self.directions or direction is None or direction in self.directions


@dataclass(frozen=True, slots=True)
class Clause:
    """Where the notice asks for it: 二（一）1 of the notice, with the words."""

    document: str
    article: str
    quote: str


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example of a criterion: given these fields, this outcome."""

    title: str
    given: Mapping[str, object]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Criterion:
    """One check as data. `function` names an entry of pipeline.checks.CHECKS."""

    id: str
    title: str
    clause: Clause
    function: str
    reads: tuple[str, ...]
    directions: frozenset[str]
    parameters: Mapping[str, object]
    messages: Mapping[str, str]
    actions: Mapping[str, str]
    examples: tuple[Example, ...]
    requests: Mapping[str, str] = field(default_factory=dict)  # what a letter asks of the applicant


@dataclass(frozen=True, slots=True)
class NoticeClause:
    """A numbered clause of the notice, whole; `judgement` is why it has no check of its own, if it has none."""

    clause: Clause
    judgement: str = ""


@dataclass(frozen=True, slots=True)
class Programme:
    """A call for applications: its form, criteria and parameters, all data."""

    id: str
    version: str  # a hash of its files
    title: str
    form_titles: tuple[str, ...]  # the form's printed title, by which a form is known
    directions: tuple[Option, ...]
    fields: tuple[FieldSpec, ...]
    criteria: tuple[Criterion, ...]
    parameters: Mapping[str, object]
    issuer: str = ""  # the office that issued the notice, which signs the letters
    clauses: tuple[NoticeClause, ...] = ()
    file_clause: Clause = Clause("", "", "")  # what a file that cannot be used falls short of
    messages: Mapping[str, str] = field(default_factory=dict)  # of the review itself: a value missing, doubtful …


# --- what a form claims -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Period:
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a value was read. `place` is Chinese for people: 第1页, 表1 第4行第2列."""

    sha256: str
    method: Method
    page: int | None
    place: str
    bbox: BBox | None
    quote: str
    confidence: float
    bounds: Bounds = Bounds.SEEN
    lines: tuple[float, ...] = ()  # the confidence of each line, where it has several


Row = Mapping[str, "FieldValue"]
Value = str | int | Decimal | date | Period | tuple[str, ...] | tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class FieldValue:
    """One claim of one field in one place. A choice is its code, choices a tuple of codes, a table a tuple of
    rows; `value` is None when it is blank or will not parse, which `problem` says."""

    name: str
    raw: str | None
    value: Value | None
    evidence: Evidence
    unit: str | None = None
    problem: Problem | None = None

    @property
    def confidence(self) -> float:
        return self.evidence.confidence

    @property
    def rows(self) -> tuple[Row, ...]:
        """A table's rows; none of anything else."""
        return tuple(row for row in self.value if isinstance(row, Mapping)) if isinstance(self.value, tuple) else ()


@dataclass(frozen=True, slots=True)
class Filing:
    """归档: a document's place in an application. `rank` orders an application's copies, best first."""

    ledger_id: str
    sha256: str
    application_id: str
    role: Role
    rank: int = 0


@dataclass(frozen=True, slots=True)
class ApplicationRecord:
    """申报记录: one application, normalised. `claims` keeps every claim of a field, the best document's first."""

    application_id: str
    programme: str
    direction: str | None
    received_at: datetime | None
    submission: Submission
    filings: tuple[Filing, ...]
    claims: Mapping[str, tuple[FieldValue, ...]] = field(default_factory=dict)
    supersedes: str | None = None
    earlier: tuple[str, ...] = ()  # the ids of all that it replaced, the oldest first

    @property
    def first_id(self) -> str:
        """The id under which it came first: exceptions, corrections and history hang on it through resubmissions."""
        return self.earlier[0] if self.earlier else self.application_id

    def get(self, name: str) -> FieldValue | None:
        """The claim in force, or None when the form does not have the field."""
        claims = self.claims.get(name, ())
        return claims[0] if claims else None

    def value(self, name: str) -> Value | None:
        claim = self.get(name)
        return claim.value if claim else None


# --- what the review says -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Check:
    """核查: the outcome of one criterion on one application, one city's list, or one file (D- findings)."""

    check: str
    clause: Clause
    outcome: Outcome
    message: str
    action: str
    application_id: str | None = None
    city_list: str | None = None
    ledger_id: str | None = None
    claimed: str = ""
    expected: str = ""
    fields: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    exception_id: str = ""
    request: str = ""  # what a letter asks of the applicant; empty where it is for staff to settle


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """What became of one Item."""

    item: Item
    role: Role
    status: Status
    finding: str | None = None
    reason: str = ""
    application_id: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the pipeline."""

    run_id: str
    programme: str
    programme_version: str
    started_at: datetime
    ended_at: datetime
    inputs: tuple[str, ...]
    parameters: Mapping[str, object]
    counts: Mapping[str, Mapping[str, int]]
    pages_read: int = 0  # pages that were read in this run and not taken from the workspace
    submission_ids: tuple[str, ...] = ()  # what it took in, by which the workspace finds it again
    code_version: str = ""
    by: str = ""  # who started it
    registries: str = ""  # a digest of the lists that it was given; empty for none
    journal: int = 0  # how much of the staff's journal it took into account
    inputs_key: str = ""  # a digest of all of the above that decides what comes out
    basis: str = ""  # the run that it is compared with


# --- what staff say -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Correction:
    """更正: a field's right value by a person, and the reading that it replaced.

    `field` is a name, or ``table[row].column`` with rows counted from 1. `raw` is what the person wrote, None when
    the correction is withdrawn. `application_id` is the first id of the application.
    """

    application_id: str
    field: str
    raw: str | None
    replaced_sha256: str
    replaced_raw: str | None
    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """处理意见 about one exception; None withdraws an earlier one. `message` is what the exception said then."""

    exception_id: str
    application_id: str | None
    check: str
    verdict: Verdict | None
    message: str
    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A submission that staff handed in as a correction, and the application that they said it is for, if they did."""

    submission_id: str
    application_id: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """补正通知书: a letter that was drafted for an application's open exceptions."""

    application_id: str
    exception_ids: tuple[str, ...]
    name: str  # of its file
    due: date | None
    by: str
    at: datetime


JournalEntry = Correction | Decision | Taken | Letter
