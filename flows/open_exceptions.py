"""What is open at the end of the last run: for letters, and for whoever asks."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.codec import decode
from pipeline.journal import decisions_of
from pipeline.ledger import Ledger
from pipeline.model import EXCEPTIONS, Check, Decision, Run, Verdict
from pipeline.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class OpenException:
    """An exception of a run, and what staff decided about it, if they did."""

    check: Check
    decision: Decision | None = None

    @property
    def is_waived(self) -> bool:
        return self.decision is not None and self.decision.verdict is Verdict.WAIVE


@dataclass(frozen=True, slots=True)
class OpenApplication:
    """An application of a run with its exceptions in the report's order, waived ones included and marked."""

    snapshot: Snapshot
    exceptions: tuple[OpenException, ...]


def open_applications(run: Run, ledger: Ledger) -> tuple[OpenApplication, ...]:
    """Every application of the run in the report's order, those without exceptions included.

    Files that could not be used (D- findings) belong to their application where the ledger knows it.
    """
    contents = ledger.contents(run.run_id)
    keys = {key for kept in contents.applications for key in (kept.checks, kept.snapshot) if key}
    found = ledger.results({*keys, contents.others})
    decisions = decisions_of(ledger.journal())
    others = _by_application(decode(tuple[Check, ...], found[contents.others]) if contents.others else ())
    return tuple(
        OpenApplication(
            decode(Snapshot, found[kept.snapshot]),
            tuple(
                OpenException(check, decisions.get(check.exception_id))
                for check in (
                    *(decode(tuple[Check, ...], found[kept.checks]) if kept.checks else ()),
                    *others.get(kept.application_id, ()),
                )
                if check.outcome in EXCEPTIONS
            ),
        )
        for kept in contents.applications
    )


def _by_application(checks: tuple[Check, ...]) -> Mapping[str, tuple[Check, ...]]:
    found: dict[str, list[Check]] = {}
    for check in checks:
        if check.application_id:
            found.setdefault(check.application_id, []).append(check)
    return {key: tuple(own) for key, own in found.items()}
