"""The review of each application, as far as the ledger does not hold it: the checks of an application are stored
under a digest of everything that they can see."""

import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from flows.cases import Record, Records
from flows.progress import follow
from pipeline.assemble import abridged
from pipeline.checks.given import Context
from pipeline.codec import decode, encode
from pipeline.corrections import Replayed
from pipeline.difference import Cause
from pipeline.errors import ReviewDefect
from pipeline.ledger import Ledger
from pipeline.model import ApplicationRecord, Check, Outcome
from pipeline.report.rows import Defect
from pipeline.report.snapshot import take_snapshot
from pipeline.review import context_of, correction_checks, review, surroundings
from pipeline.snapshots import Kept, digest
from pipeline.version import code_version

Checks = tuple[Check, ...]
_BATCH = 100  # applications whose checks are fetched and kept at a time


@dataclass(frozen=True, slots=True)
class Known:
    """What a review goes by: who all the applications are, and digests of what each says and of what its neighbours
    say. The records themselves are fetched one by one."""

    context: Context  # its records are abridged
    records: Mapping[str, str]
    neighbours: Mapping[str, str]  # by USCC, where several applications have it
    submissions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Review:
    """Where one application's checks are kept, and whether they were made in this run."""

    kept: Kept
    outcomes: Mapping[Outcome, int]
    is_fresh: bool
    defect: Defect | None = None


def survey(records: Records, context: Context) -> Known:
    """One look through all records, after which none is held whole."""
    light, digests, submissions = [], {}, {}
    for application_id, (record, _) in follow(records.items(), "Assembling", len(records)):
        light.append(abridged(record))
        digests[application_id] = record_digest(record)
        if record.submission.submission_id not in submissions:
            submissions[record.submission.submission_id] = digest(record.submission)
    around = context_of(light, context)
    several = {code: same for code, same in around.by_uscc.items() if len(same) > 1}
    neighbours = {code: digest(*(digests[one.application_id] for one in same)) for code, same in several.items()}
    return Known(around, digests, neighbours, submissions)


def review_each(records: Records, known: Known, ledger: Ledger) -> Iterator[Review]:
    """The review of every record, in their order, a batch at a time."""
    everyone = follow(records.items(), "Reviewing", len(records))
    while batch := tuple(islice(everyone, _BATCH)):
        yield from _review_batch([record for _, record in batch], known, ledger)


def record_digest(record: ApplicationRecord) -> str:
    """Of all that a record says; the way of its files through the mail is no part of it."""
    return digest(record.first_id, record.direction or "", str(record.received_at), dict(record.claims))


def _review_batch(records: Sequence[Record], known: Known, ledger: Ledger) -> Iterator[Review]:
    keeps = [_kept(record, replayed, known) for record, replayed in records]
    checks = ledger.results(kept.checks for kept in keeps)
    snapshots = ledger.known(kept.snapshot for kept in keeps)
    new: dict[str, bytes] = {}
    reviews = []
    for (record, replayed), kept in zip(records, keeps, strict=True):
        made: Checks | Defect
        if kept.checks in checks:
            made = decode(Checks, checks[kept.checks])
        elif isinstance(made := _made(record, replayed, known.context), Defect):
            kept = Kept(kept.application_id, kept.first_id, kept.snapshot, "", kept.causes)
        else:
            new[kept.checks] = encode(made, Checks)
        if kept.snapshot not in snapshots:
            new[kept.snapshot] = encode(take_snapshot(record, replayed, known.context.programme))
        reviews.append(_review(kept, made, is_fresh=kept.checks not in checks))
    ledger.put_results(new)
    yield from reviews


def _review(kept: Kept, made: Checks | Defect, *, is_fresh: bool) -> Review:
    if isinstance(made, Defect):
        return Review(kept, {}, is_fresh, made)
    return Review(kept, Counter(check.outcome for check in made), is_fresh)


def _kept(record: ApplicationRecord, replayed: Iterable[Replayed], known: Known) -> Kept:
    around = surroundings(record, known.context)
    code = record.value("uscc")
    causes = {
        Cause.RESUBMISSION: digest(record.submission.submission_id, record.filings, record.earlier),
        Cause.CORRECTION: digest(tuple((one.correction, one.state) for one in replayed)),
        Cause.READING: known.records[record.application_id],
        Cause.NEIGHBOURS: known.neighbours.get(code, "") if isinstance(code, str) else "",
        Cause.CITY_LIST: digest(around.city_lists, tuple(one.row for one in around.recommended.values())),
        Cause.REGISTRIES: digest(around.registries) if around.registries else "",
        Cause.PROGRAMME: f"{around.programme.id} {around.programme.version}",
        Cause.CODE: code_version(),
    }
    named = {cause.value: told for cause, told in causes.items()}
    own = digest("snapshot", named, known.submissions[record.submission.submission_id])
    return Kept(record.application_id, record.first_id, own, digest("checks", named), named)


def _made(record: ApplicationRecord, replayed: Sequence[Replayed], context: Context) -> Checks | Defect:
    try:
        made = review(record, context.programme, surroundings(record, context))
    except ReviewDefect:  # ours, and for this application only; the run ends with exit status 1
        subject = f"{record.value('applicant_name') or record.submission.subject} {record.application_id}"
        return Defect(subject, record.application_id, None, traceback.format_exc())
    return (*made, *correction_checks(record, replayed, context.programme))
