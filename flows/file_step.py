"""What each submission holds, as far as the ledger does not know it, and the applications that they make."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from extractors.applications import Application, file_drafts
from extractors.drafts import Draft, Drafts, abridged, decode_values, draft, encode_values
from flows.fetched import Fetched
from flows.progress import follow
from flows.reading import Reading
from pipeline.balance import pending
from pipeline.codec import decode, encode
from pipeline.journal import taken_of
from pipeline.ledger import Ledger
from pipeline.model import Document, FieldValue, JournalEntry, Problem, Programme, Role, Submission
from pipeline.report.rows import Defect
from pipeline.snapshots import digest
from pipeline.version import code_version

_BATCH = 100  # submissions whose results are fetched and kept at a time


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
        """What was read, by the sha256 of the file."""
        return Fetched(self.readings, lambda reading: reading.document)


@dataclass(frozen=True, slots=True)
class Filed:
    """The applications in force, with no more of their values than filing asks for; what each file is, why it could
    not be used, and what staff should know of it, by ledger_id. All values are in the ledger, `keys` says where."""

    applications: tuple[Application, ...]
    roles: Mapping[str, Role]
    findings: Mapping[str, Problem]
    notes: Mapping[str, str]
    keys: Mapping[str, str]  # by application_id

    def values(self, application_id: str, programme: Programme, ledger: Ledger) -> Sequence[Sequence[FieldValue]]:
        """All that each copy of an application's form says, the best copy's first."""
        return decode_values(ledger.result(self.keys[application_id]), programme)


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
    keys = [_key(submission, readings, programme) for submission in usable]
    drafted = list(_drafted(usable, keys, readings, programme, ledger))
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
        keys={one.application_id: _values_key(key, one) for key, held in zip(keys, drafted, strict=True)
              for one in held.drafts},
    )  # fmt: skip


def _drafted(
    submissions: Sequence[Submission],
    keys: Sequence[str],
    readings: Readings,
    programme: Programme,
    ledger: Ledger,
) -> Iterator[Drafts]:
    """What each submission holds, without the values that filing does not ask for; some submissions at a time."""
    pairs = follow(zip(submissions, keys, strict=True), "Filing", len(keys))
    while batch := tuple(islice(pairs, _BATCH)):
        known = ledger.results(key for _, key in batch)
        made: dict[str, bytes] = {}
        for submission, key in batch:
            if key not in known:
                held = draft(submission, readings.documents, programme)
                known[key] = made[key] = encode(abridged(held))
                made |= {_values_key(key, one): encode_values(one) for one in held.drafts}
        ledger.put_results(made)
        # Decoded even when it is fresh, so that what is remembered and what is used are the same to the byte.
        yield from (decode(Drafts, known[key]) for _, key in batch)


def _values_key(key: str, one: Draft) -> str:
    return digest("values", key, one.application_id)


def _key(submission: Submission, readings: Readings, programme: Programme) -> str:
    read = (readings.readings[item.sha256].digest for item in submission.items)
    identity = (submission.submission_id, programme.id, programme.version, code_version())
    return digest("drafts", *identity, submission.items, *read)
