"""Two runs of a workspace against each other."""

from collections.abc import Sequence

from pipeline.codec import decode
from pipeline.difference import Difference, compare, differing_keys
from pipeline.ledger import Ledger
from pipeline.model import Check, Run
from pipeline.snapshots import Contents, Snapshot


def basis_of(run: Run, earlier: Sequence[Run]) -> str:
    """The id of the run to compare with: the newest before it of the same programme that shares a submission.

    A run that repeats an earlier one, with the same inputs, is compared with what that one was: its files are the
    same bytes.
    """
    repeated = next((one for one in earlier if one.inputs_key == run.inputs_key), None)
    if repeated is not None:
        return repeated.basis
    mails = set(run.submission_ids)
    related = (
        one for one in reversed(earlier) if one.programme == run.programme and not mails.isdisjoint(one.submission_ids)
    )
    return next((one.run_id for one in related), "")


def difference_of(basis: str, before: Contents, after: Contents, ledger: Ledger) -> Difference:
    """What the run with `after` found otherwise than the run `basis` with `before`."""
    results = ledger.results(differing_keys(before, after))

    def checks(key: str) -> tuple[Check, ...]:
        return decode(tuple[Check, ...], results[key]) if key else ()

    return compare(basis, before, after, checks, lambda key: decode(Snapshot, results[key]))
