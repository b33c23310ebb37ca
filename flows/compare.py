"""Two runs of a workspace against each other."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from pipeline.codec import decode
from pipeline.difference import Difference, compare
from pipeline.journal import decisions_of
from pipeline.ledger import Ledger
from pipeline.model import Check, JournalEntry, Run, Verdict
from pipeline.snapshots import Contents, Snapshot

_AT_HAND = 4  # sets of checks: those of lists and files, and of the pair that is compared


def basis_of(run: Run, earlier: Sequence[Run]) -> Run | None:
    """The run to compare with: the newest before it of the same programme that shares a submission.

    A run that repeats an earlier one, with the same inputs, is compared with what that one was: its files are the
    same bytes.
    """
    repeated = next((one for one in earlier if one.inputs_key == run.inputs_key), None)
    if repeated is not None:
        return next((one for one in earlier if one.run_id == repeated.basis), None)
    mails = set(run.submission_ids)
    # A run of before the ledger kept what a run found has no inputs_key.
    related = (one for one in reversed(earlier) if one.programme == run.programme and one.inputs_key)
    return next((one for one in related if not mails.isdisjoint(one.submission_ids)), None)


def difference_of(basis: Run, after: Contents, ledger: Ledger, journal: Sequence[JournalEntry]) -> Difference:
    """What a run that found `after`, and knew this much of the journal, says otherwise than the run `basis`."""
    found = compare_contents(basis.run_id, ledger.contents(basis.run_id), after, ledger)
    return replace(found, waived=frozenset(_waived(journal) - _waived(journal[: basis.journal])))


def compare_contents(basis: str, before: Contents, after: Contents, ledger: Ledger) -> Difference:
    """What `after` says otherwise than `before`, which the run `basis` found."""

    @lru_cache(_AT_HAND)
    def checks(key: str) -> tuple[Check, ...]:
        return decode(tuple[Check, ...], ledger.result(key)) if key else ()

    return compare(basis, before, after, checks, lambda key: decode(Snapshot, ledger.result(key)))


def _waived(journal: Sequence[JournalEntry]) -> set[str]:
    return {key for key, decision in decisions_of(journal).items() if decision.verdict is Verdict.WAIVE}


def difference_lines(before: Run, after: Run, ledger: Ledger) -> Iterator[tuple[str, ...]]:
    """What the run `after` says otherwise than `before`, a line each."""
    contents = ledger.contents(after.run_id)
    found = difference_of(before, contents, ledger, ledger.journal(after.journal))
    for one in found.resolved:
        check, cause = one.check, one.cause.value if one.cause else ""
        yield "resolved", check.application_id or "", one.applicant, check.check, check.message, cause
    for check in ledger.checks(after.run_id):
        if check.exception_id in found.waived:
            yield "waived", check.application_id or "", "", check.check, check.message, "waiver"
        elif check.exception_id in found.new:
            yield "new", check.application_id or "", "", check.check, check.message, ""
    for change in found.changes:
        words = f"{change.before} → {change.after}"
        yield "changed", change.application_id, change.applicant, change.label, words, change.cause.value
