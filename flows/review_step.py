"""The review of each application, as far as the ledger does not hold it: the checks of an application are stored
under a digest of everything that they can see."""

import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flows.progress import follow
from pipeline.checks.given import Context
from pipeline.codec import decode, encode
from pipeline.corrections import Replayed
from pipeline.difference import Cause
from pipeline.errors import ReviewDefect
from pipeline.ledger import Ledger
from pipeline.model import ApplicationRecord, Check, Programme
from pipeline.report.rows import Defect
from pipeline.report.snapshot import take_snapshot
from pipeline.review import correction_checks, review, surroundings
from pipeline.snapshots import Kept, digest
from pipeline.version import code_version

Checks = tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """One application's checks, where they are kept, and whether they were made in this run."""

    kept: Kept
    checks: Checks
    is_fresh: bool
    defect: Defect | None = None


def review_each(
    records: Sequence[ApplicationRecord],
    replayed: Mapping[str, Sequence[Replayed]],
    context: Context,
    ledger: Ledger,
) -> tuple[Review, ...]:
    """The review of every record, in their order; `context` is that of `context_of`, `replayed` by application."""
    digests = {record.application_id: record_digest(record) for record in records}
    keeps = [_kept(record, replayed.get(record.application_id, ()), context, digests) for record in records]
    known = ledger.results(key for kept in keeps for key in (kept.checks, kept.snapshot))
    reviews = [
        _known_or_made(record, kept, replayed.get(record.application_id, ()), context, known)
        for record, kept in follow(list(zip(records, keeps, strict=True)), "Reviewing", len(records))
    ]
    ledger.put_results(dict(_new_results(records, reviews, replayed, context.programme, known)))
    return tuple(reviews)


def record_digest(record: ApplicationRecord) -> str:
    """Of all that a record says; the way of its files through the mail is no part of it."""
    return digest(record.first_id, record.direction or "", str(record.received_at), dict(record.claims))


def _kept(
    record: ApplicationRecord, replayed: Sequence[Replayed], context: Context, digests: Mapping[str, str]
) -> Kept:
    around = surroundings(record, context)
    peers = (peer for same in around.by_uscc.values() for peer in same if peer is not record)
    causes = {
        Cause.RESUBMISSION: digest(record.submission.submission_id, record.filings, record.earlier),
        Cause.CORRECTION: digest(tuple((one.correction, one.state) for one in replayed)),
        Cause.READING: digests[record.application_id],
        Cause.NEIGHBOURS: digest(*(digests[peer.application_id] for peer in peers)),
        Cause.CITY_LIST: digest(around.city_lists, tuple(one.row for one in around.recommended.values())),
        Cause.REGISTRIES: digest(around.registries) if around.registries else "",
        Cause.PROGRAMME: f"{context.programme.id} {context.programme.version}",
        Cause.CODE: code_version(),
    }
    named = {cause.value: told for cause, told in causes.items()}
    own = digest("snapshot", named, record.submission)
    return Kept(record.application_id, record.first_id, own, digest("checks", named), named)


def _known_or_made(
    record: ApplicationRecord,
    kept: Kept,
    replayed: Sequence[Replayed],
    context: Context,
    known: Mapping[str, bytes],
) -> Review:
    if kept.checks in known:
        return Review(kept, decode(Checks, known[kept.checks]), is_fresh=False)
    programme = context.programme
    try:
        made = review(record, programme, surroundings(record, context))
    except ReviewDefect:  # ours, and for this application only; the run ends with exit status 1
        subject = f"{record.value('applicant_name') or record.submission.subject} {record.application_id}"
        defect = Defect(subject, record.application_id, None, traceback.format_exc())
        unreviewed = Kept(kept.application_id, kept.first_id, kept.snapshot, "", kept.causes)
        return Review(unreviewed, (), is_fresh=True, defect=defect)
    return Review(kept, (*made, *correction_checks(record, replayed, programme)), is_fresh=True)


def _new_results(
    records: Sequence[ApplicationRecord],
    reviews: Sequence[Review],
    replayed: Mapping[str, Sequence[Replayed]],
    programme: Programme,
    known: Mapping[str, bytes],
) -> Iterator[tuple[str, bytes]]:
    for record, one in zip(records, reviews, strict=True):
        if one.is_fresh and one.kept.checks:
            yield one.kept.checks, encode(one.checks, Checks)
        if one.kept.snapshot not in known:
            yield one.kept.snapshot, encode(take_snapshot(record, replayed.get(record.application_id, ()), programme))
