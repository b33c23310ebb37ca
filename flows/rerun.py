"""A re-run: the last run's submissions and what came since, through the same steps; what is known is not done again.

It runs without Prefect: starting its server takes longer than all that a corrected file needs. A Prefect flow may
call `rerun` as one step.
"""

from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flows import steps
from flows.keys import open_locked
from flows.last_run import last_held, last_run, login, open_last, registries_of, run_called
from flows.output import output_folder
from flows.settings import Settings
from pipeline.balance import pending
from pipeline.difference import Cause, cause_of
from pipeline.errors import UsageError
from pipeline.ledger import Ledger
from pipeline.model import CHINA, JournalEntry, Programme, Run, Submission, Taken
from pipeline.programme import load_programme
from pipeline.registries import Registries, load_registries
from pipeline.report.rows import RunResult
from pipeline.snapshots import Contents


@dataclass(frozen=True, slots=True)
class Treatment:
    """What a re-run did about one application. `why` is None where nothing that its checks see has changed."""

    application_id: str
    applicant: str
    is_new: bool
    why: Cause | None


@dataclass(frozen=True, slots=True)
class Rerun:
    """A re-run: what it found, which of its submissions are new, and what it did about each application."""

    result: RunResult
    arrived: tuple[Submission, ...]
    treatments: tuple[Treatment, ...]


def rerun(
    sources: Sequence[Path], settings: Settings, application: str | None = None, by: str = "", *, force: bool = False
) -> Rerun:
    """Take in corrected files and mails, and review again what they touch; leave the report in `settings.out`.

    `application` is any id that an application has had: what the sources hold is for it, whatever they say. `force`
    reads the sources' files again, or all files where there is no source. Without `settings.registries` the last
    run's lists hold. Whoever calls holds the workspace (flows/lock.py). Raises UsageError when it holds no run of the
    programme or no such application, and the other errors of pipeline.errors.
    """
    started_at = datetime.now(CHINA)
    programme = load_programme(settings.programme)
    output_folder(settings.out)
    given = load_registries(settings.registries) if settings.registries else None
    with closing(open_last(settings)) as ledger:
        last = last_run(ledger, programme.id)
        before = ledger.contents(last.run_id)
        if application and application not in _ids(before):
            raise UsageError(f"--application {application}: the run {last.run_id} has no such application")
        known = submissions_of(last, ledger)
        received = steps.receive(sources, ledger, settings)
        arrived = _hand_in(received, known, application, by or login(), ledger)
        again = _files(received if sources else known) if force else frozenset[str]()
        order = _Order(programme, given or registries_of(last, ledger), ledger.journal(), started_at)
        # A mail that has come since may tell the password of an archive that came before.
        submissions = open_locked((*known, *arrived), ledger, settings)
        result = _find_out(order, sources, submissions, ledger, settings, again)
        steps.report(result, ledger, settings)
    return Rerun(result, arrived, _treatments(before, result))


def redo(run_id: str, settings: Settings) -> tuple[Run, RunResult]:
    """An earlier run over again, with the inputs that it had: mails, lists, and what staff had said by then. Its files
    are the same bytes where the code is the same. Raises UsageError when the programme is not what it was."""
    started_at = datetime.now(CHINA)
    programme = load_programme(settings.programme)
    output_folder(settings.out)
    with last_held(settings) as ledger:
        run = run_called(run_id, ledger)
        if (run.programme, run.programme_version) != (programme.id, programme.version):
            raise UsageError(
                f"run {run.run_id} was of {run.programme} {run.programme_version}, and {settings.programme} is "
                f"{programme.id} {programme.version}; give the folder of that version with --programme"
            )
        order = _Order(programme, registries_of(run, ledger), ledger.journal(run.journal), started_at)
        sources = tuple(Path(name) for name in run.inputs)
        result = _find_out(order, sources, submissions_of(run, ledger), ledger, settings, ())
        steps.report(result, ledger, settings)
    return run, result


@dataclass(frozen=True, slots=True)
class _Order:
    """What a run goes by besides its submissions."""

    programme: Programme
    registries: Registries | None
    journal: tuple[JournalEntry, ...]
    started_at: datetime


def _find_out(
    order: _Order,
    sources: Sequence[Path],
    submissions: Sequence[Submission],
    ledger: Ledger,
    settings: Settings,
    again: Collection[str],
) -> RunResult:
    programme, registries, journal = order.programme, order.registries, order.journal
    readings = steps.read(submissions, ledger, programme, settings, again)
    filed = steps.file(submissions, readings, programme, ledger, journal)
    reviewed = steps.review_all(submissions, readings, filed, programme, registries, ledger, journal)
    pictures = steps.picture(reviewed, readings, ledger, programme, settings)
    pages, at = readings.read_pages, order.started_at
    run = steps.describe_run(sources, submissions, programme, reviewed, pages, at, registries, journal)
    return steps.conclude(run, programme, submissions, reviewed, pictures, ledger, journal)


def submissions_of(run: Run, ledger: Ledger) -> tuple[Submission, ...]:
    """What a run took in. Raises WorkspaceError when the workspace has lost some of it."""
    return tuple(steps.taken_in(ledger, submission_id) for submission_id in run.submission_ids)


def _hand_in(
    received: Sequence[Submission], known: Sequence[Submission], application: str | None, by: str, ledger: Ledger
) -> tuple[Submission, ...]:
    """The submissions that are new, each with an entry in the journal; one that is known only when it is now said
    what it is for."""
    ids = {submission.submission_id for submission in known}
    arrived = tuple(submission for submission in received if submission.submission_id not in ids)
    at = datetime.now(CHINA)
    handed_in = received if application else arrived
    ledger.write_journal(Taken(submission.submission_id, application, by, at) for submission in handed_in)
    return arrived


def _ids(contents: Contents) -> frozenset[str]:
    return frozenset(id_ for kept in contents.applications for id_ in (kept.application_id, kept.first_id))


def _files(submissions: Sequence[Submission]) -> frozenset[str]:
    return frozenset(item.sha256 for item in pending(submissions))


def _treatments(before: Contents, result: RunResult) -> tuple[Treatment, ...]:
    older = {kept.first_id: kept for kept in before.applications}
    names = {id_: str(entry.record.value("applicant_name") or "") for id_, entry in result.index.items()}
    return tuple(
        Treatment(
            application_id=kept.application_id,
            applicant=names[kept.application_id],
            is_new=kept.first_id not in older,
            why=cause_of(older[kept.first_id], kept) if kept.first_id in older else None,
        )
        for kept in result.contents.applications
    )
