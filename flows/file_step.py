"""What each submission holds, as far as the ledger does not know it, and the applications that they make."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from extractors.applications import Application, file_drafts
from extractors.drafts import Drafts, decode_drafts, draft, encode_drafts
from flows.progress import follow
from flows.reading import Reading
from pipeline.balance import pending
from pipeline.journal import taken_of
from pipeline.ledger import Ledger
from pipeline.model import Document, JournalEntry, Problem, Programme, Role, Submission
from pipeline.report.rows import Defect
from pipeline.snapshots import digest
from pipeline.version import code_version


class Documents(Mapping[str, Document]):
    """What was read, by the sha256 of the file; fetched when it is asked for."""

    def __init__(self, readings: Mapping[str, Reading]) -> None:
        self._readings = readings

    def __getitem__(self, sha256: str) -> Document:
        return self._readings[sha256].document

    def __iter__(self) -> Iterator[str]:
        return iter(self._readings)

    def __len__(self) -> int:
        return len(self._readings)


@dataclass(frozen=True, slots=True)
class Readings:
    """Every file that was worth reading, by sha256; seconds are summed over the processes that read."""

    readings: Mapping[str, Reading]
    defects: tuple[Defect, ...]
    read_pages: int
    seconds: float
    ocr_seconds: float
    passwords: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)  # that may open each file

    @property
    def documents(self) -> Mapping[str, Document]:
        return Documents(self.readings)


@dataclass(frozen=True, slots=True)
class Filed:
    """The applications in force; what each file is, why it could not be used, and what staff should know of it, by
    ledger_id."""

    applications: tuple[Application, ...]
    roles: Mapping[str, Role]
    findings: Mapping[str, Problem]
    notes: Mapping[str, str]


def file_all(
    submissions: Sequence[Submission],
    readings: Readings,
    programme: Programme,
    ledger: Ledger,
    journal: Sequence[JournalEntry],
) -> Filed:
    """Classify the documents, extract the forms' claims and put them into applications."""
    unread = {defect.ledger_id for defect in readings.defects}
    wanted = {item.ledger_id for item in pending(submissions)} - unread
    usable = [
        replace(submission, items=tuple(item for item in submission.items if item.ledger_id in wanted))
        for submission in submissions
    ]
    drafted = _drafted(usable, readings, programme, ledger)
    defects = {
        item.ledger_id: problem
        for submission in submissions
        for item in submission.items
        if item.ledger_id in unread
        for problem in readings.documents[item.sha256].problems
    }
    return Filed(
        applications=file_drafts(zip(usable, drafted, strict=True), taken_of(journal)),
        roles={ledger_id: role for held in drafted for ledger_id, role in held.roles.items()},
        findings=defects | {ledger_id: problem for held in drafted for ledger_id, problem in held.findings.items()},
        notes={ledger_id: note for held in drafted for ledger_id, note in held.notes.items()},
    )


def _drafted(
    submissions: Sequence[Submission], readings: Readings, programme: Programme, ledger: Ledger
) -> list[Drafts]:
    keys = [_key(submission, readings, programme) for submission in submissions]
    known = ledger.results(keys)
    drafted, made = [], {}
    for submission, key in follow(list(zip(submissions, keys, strict=True)), "Filing", len(keys)):
        if key not in known:
            made[key] = encode_drafts(draft(submission, readings.documents, programme))
        # Decoded even when it is fresh, so that what is remembered and what is used are the same to the byte.
        drafted.append(decode_drafts(known[key] if key in known else made[key], programme))
    ledger.put_results(made)
    return drafted


def _key(submission: Submission, readings: Readings, programme: Programme) -> str:
    read = (readings.readings[item.sha256].digest for item in submission.items)
    identity = (submission.submission_id, programme.id, programme.version, code_version())
    return digest("drafts", *identity, submission.items, *read)
