"""What happened to one application: mails, runs with what they found, and what staff did, in order of time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.compare import compare_contents
from pipeline.codec import decode
from pipeline.difference import Cause, cause_of
from pipeline.errors import UsageError
from pipeline.ledger import Ledger
from pipeline.model import CHINA, Check, Correction, Decision, JournalEntry, Letter, Run, Submission, Taken
from pipeline.snapshots import Contents, Kept, Snapshot


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `by` is who did it, for a run with the versions of code and programme."""

    at: datetime | None
    kind: str
    by: str
    what: str


@dataclass(frozen=True, slots=True)
class _Seen:
    """The application in one run."""

    run: Run
    kept: Kept


def history(application: str, ledger: Ledger) -> tuple[Snapshot, tuple[Event, ...]]:
    """The application as the last run that covers it saw it, and its events, the oldest first.

    `application` is an id that it has had, the beginning of one, or its applicant's USCC. Raises UsageError when
    there is none such or several.
    """
    runs = [(run, ledger.contents(run.run_id)) for run in ledger.runs() if run.inputs_key]
    first_id = _first_id(application, runs, ledger)
    seen = [_Seen(run, kept) for run, found in runs for kept in found.applications if kept.first_id == first_id]
    snapshots = [_snapshot(one.kept, ledger) for one in seen]
    mails = {snapshot.submission_id for snapshot in snapshots}
    events = [
        *_mail_events(dict.fromkeys(snapshot.submission_id for snapshot in snapshots), ledger),
        *_run_events(seen, ledger),
        *(event for entry in ledger.journal() if (event := _journal_event(entry, first_id, mails))),
    ]
    events.sort(key=lambda event: event.at or datetime.min.replace(tzinfo=CHINA))
    return snapshots[-1], tuple(events)


def _first_id(name: str, runs: Sequence[tuple[Run, Contents]], ledger: Ledger) -> str:
    kept = {one.first_id: one for _, found in runs for one in found.applications}
    ids = {(id_, one.first_id) for _, found in runs for one in found.applications for id_ in _ids(one)}
    found = {first_id for id_, first_id in ids if name and id_.startswith(name)}
    if not found:
        found = {one.first_id for one in kept.values() if _uscc(_snapshot(one, ledger)) == name}
    if len(found) != 1:
        told = "several applications are" if found else "no application of any run is"
        raise UsageError(f"{told} called {name}; give its 申报编号 from the report")
    return found.pop()


def _ids(kept: Kept) -> tuple[str, str]:
    return kept.first_id, kept.application_id


def _uscc(snapshot: Snapshot) -> str:
    return snapshot.fields["uscc"].words if "uscc" in snapshot.fields else ""


def _snapshot(kept: Kept, ledger: Ledger) -> Snapshot:
    return decode(Snapshot, ledger.results([kept.snapshot])[kept.snapshot])


def _mail_events(submission_ids: Iterable[str], ledger: Ledger) -> Iterator[Event]:
    for submission_id in submission_ids:
        submission = ledger.get_submission(submission_id)
        if submission is not None:
            yield Event(submission.received_at, "received", submission.sender, _files(submission))


def _files(submission: Submission) -> str:
    usable = [item.name for item in submission.items if item.role not in ("container", "decoration")]
    return f"{submission.subject}: {', '.join(usable)}"


# --- runs -------------------------------------------------------------------------------------------------


def _run_events(seen: Sequence[_Seen], ledger: Ledger) -> Iterator[Event]:
    """The first run, and every later one in which something is otherwise."""
    before: _Seen | None = None
    for one in seen:
        cause = cause_of(before.kept, one.kept) if before else None
        if before is None or cause:
            run = one.run
            by = f"{run.by}, code {run.code_version}, {run.programme} {run.programme_version}"
            yield Event(run.ended_at, f"run {run.run_id}", by, "".join(_found(before, one, cause, ledger)))
        before = one


def _found(before: _Seen | None, one: _Seen, cause: Cause | None, ledger: Ledger) -> Iterator[str]:
    if before is None:
        checks = _exceptions(one.kept, ledger)
        yield f"reviewed, {len(checks)} exceptions" + "".join(f"\n+ {check.check} {check.message}" for check in checks)
        return
    found = compare_contents(before.run.run_id, Contents((before.kept,)), Contents((one.kept,)), ledger)
    yield f"reviewed again because of {cause.value if cause else 'nothing'}"
    for change in found.changes:
        yield f"\n~ {change.label}: {change.before or '（空白）'} → {change.after or '（空白）'}"
    for gone in found.resolved:
        yield f"\n- {gone.check.check} {gone.check.message}"
    for check in _exceptions(one.kept, ledger):
        if check.exception_id in found.new:
            yield f"\n+ {check.check} {check.message}"


def _exceptions(kept: Kept, ledger: Ledger) -> list[Check]:
    if not kept.checks:
        return []
    checks = decode(tuple[Check, ...], ledger.results([kept.checks])[kept.checks])
    return [check for check in checks if check.exception_id]


# --- the journal --------------------------------------------------------------------------------------------


def _journal_event(entry: JournalEntry, first_id: str, mails: set[str]) -> Event | None:
    match entry:
        case Correction() if entry.application_id == first_id:
            now = "withdrawn" if entry.raw is None else f"{entry.replaced_raw or '（空白）'} → {entry.raw}"
            return Event(entry.at, "correction", entry.by, f"{entry.field}: {now} {entry.reason}".rstrip())
        case Decision() if entry.application_id == first_id:
            verdict = entry.verdict.value if entry.verdict else "withdrawn"
            return Event(entry.at, "decision", entry.by, f"{entry.check}: {verdict} {entry.reason}".rstrip())
        case Taken() if entry.submission_id in mails:
            return Event(entry.at, "handed in", entry.by, f"for {entry.application_id or 'what it is found to be for'}")
        case Letter() if entry.application_id == first_id:
            due = f", due {entry.due}" if entry.due else ""
            return Event(entry.at, "letter", entry.by, f"{entry.name}: {len(entry.exception_ids)} exceptions{due}")
        case _:
            return None
