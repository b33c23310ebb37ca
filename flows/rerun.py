"""A re-run: the last run's submissions and what came since, through the same steps; what is known is not done again.

It runs without Prefect: starting its server takes longer than all that a corrected file needs. A Prefect flow may
call `rerun` as one step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flows import steps
from flows.keys import open_locked
from flows.last_run import last_run, login, open_last
from flows.settings import Settings
from pipeline.errors import UsageError
from pipeline.ledger import Ledger
from pipeline.model import CHINA, Run, Submission, Taken
from pipeline.programme import load_programme
from pipeline.registries import load_registries
from pipeline.report.rows import RunResult


@dataclass(frozen=True, slots=True)
class Rerun:
    """A re-run: what it found, and which of its submissions are new."""

    result: RunResult
    arrived: tuple[Submission, ...]
    fresh: frozenset[str]  # the applications that were reviewed


def rerun(sources: Sequence[Path], settings: Settings, application: str | None = None, by: str = "") -> Rerun:
    """Take in corrected files and mails, and review again what they touch; leave the report in `settings.out`.

    `application` is any id that an application has had: what the sources hold is for it, whatever they say. Raises
    UsageError when the workspace holds no run of the programme or no such application, and pipeline.errors else.
    """
    started_at = datetime.now(CHINA)
    programme = load_programme(settings.programme)
    ledger = open_last(settings)
    last = last_run(ledger, programme.id)
    registries = load_registries(settings.registries) if settings.registries else None
    known = submissions_of(last, ledger)
    if application and application not in ids_of(last, ledger):
        raise UsageError(f"--application {application}: the run {last.run_id} has no such application")
    arrived = _hand_in(sources, known, application, by or login(), ledger, settings)
    # A mail that has come since may tell the password of an archive that came before.
    submissions, journal = open_locked((*known, *arrived), ledger, settings), ledger.journal()
    readings = steps.read(submissions, ledger, programme, settings)
    filed = steps.file(submissions, readings, programme, ledger, journal)
    reviewed = steps.review_all(submissions, readings, filed, programme, registries, ledger, journal)
    pictures = steps.picture(reviewed, readings, ledger, programme, settings)
    run = steps.describe_run(
        sources, submissions, programme, reviewed, readings.read_pages, started_at, registries, journal
    )
    result = steps.conclude(run, programme, submissions, reviewed, pictures, ledger, journal)
    steps.report(result, ledger, settings.out)
    ledger.close()
    return Rerun(result, arrived, reviewed.fresh)


def ids_of(run: Run, ledger: Ledger) -> frozenset[str]:
    """Every id that an application of the run has had last or first."""
    return frozenset(
        id_ for kept in ledger.contents(run.run_id).applications for id_ in (kept.application_id, kept.first_id)
    )


def submissions_of(run: Run, ledger: Ledger) -> tuple[Submission, ...]:
    """What a run took in. Raises WorkspaceError when the workspace has lost some of it."""
    return tuple(steps.taken_in(ledger, submission_id) for submission_id in run.submission_ids)


def _hand_in(
    sources: Sequence[Path],
    known: Sequence[Submission],
    application: str | None,
    by: str,
    ledger: Ledger,
    settings: Settings,
) -> tuple[Submission, ...]:
    """The submissions in the sources that are new, with an entry each in the journal."""
    ids = {submission.submission_id for submission in known}
    received = steps.receive(sources, ledger, settings)
    arrived = tuple(submission for submission in received if submission.submission_id not in ids)
    at = datetime.now(CHINA)
    named = received if application else arrived
    ledger.write_journal(Taken(one.submission_id, application, by, at) for one in named)
    return arrived
