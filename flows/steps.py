"""The steps of a run, without Prefect: each takes values and gives values, and the ledger is the only memory."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from pathlib import Path

from extractors.narrative import figure_reader
from flows.cases import Cases, records_of
from flows.compare import basis_of, difference_of
from flows.file_step import Filed, Readings, file_all
from flows.keys import open_locked, passwords_of_files
from flows.last_run import login
from flows.output import told_as_output_error
from flows.picture_step import take_pictures
from flows.progress import follow
from flows.reading import DEFECT, read_files
from flows.receiving import receive_all
from flows.review_step import review_each, survey
from flows.settings import Settings
from flows.sources import open_sources
from flows.worker import ReadJob
from pipeline.balance import Disposition, balance, ledger_rows, pending
from pipeline.checks.given import Context
from pipeline.city_lists import CityList, read_city_lists
from pipeline.codec import encode
from pipeline.errors import WorkspaceError
from pipeline.files import private_folder, remove_unfinished
from pipeline.intake import at_hand, has_locked
from pipeline.journal import corrections_of, decisions_of, taken_of
from pipeline.ledger import Ledger
from pipeline.model import (
    CHINA,
    Check,
    Document,
    JournalEntry,
    LedgerRow,
    Outcome,
    Programme,
    Role,
    Run,
    Submission,
)
from pipeline.registries import Registries
from pipeline.report.html import write_html
from pipeline.report.jsonl import write_jsonl, write_run
from pipeline.report.rows import Defect, RunResult, outcome_counts, status_counts
from pipeline.report.xlsx import write_xlsx
from pipeline.review import file_checks, review_lists
from pipeline.snapshots import Contents, digest
from pipeline.version import code_version


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The outcome of a run before it is written."""

    cases: Cases
    others: tuple[Check, ...]  # of lists and files
    rows: tuple[LedgerRow, ...]
    defects: tuple[Defect, ...]
    contents: Contents
    outcomes: Mapping[Outcome, int]  # how many checks gave each
    fresh: frozenset[str]  # the applications that were reviewed in this run; the ledger knew the others' checks


def receive(sources: Sequence[Path], ledger: Ledger, settings: Settings) -> tuple[Submission, ...]:
    """Take in everything that lies in the sources; bytes go to the ledger, what they are comes back."""
    limits, intake = settings.process_limits, settings.intake_limits
    everything = receive_all(open_sources(sources, intake.source_bytes), ledger.blob_dir, limits, intake)
    received = []
    for submission in follow(everything, "Receiving"):
        if not has_locked(submission):  # else it may open when the passwords of all mails are known
            ledger.put_submission(submission)
            submission = at_hand(submission)
        received.append(submission)
    submissions = open_locked(received, ledger, settings)
    for before, now in zip(received, submissions, strict=True):
        if has_locked(before) and at_hand(before) == now:
            ledger.put_submission(before)
    return submissions


def read(
    submissions: Sequence[Submission],
    ledger: Ledger,
    programme: Programme,
    settings: Settings,
    again: Collection[str] = (),
) -> Readings:
    """Read each file once, as far as it is worth reading; the files in `again`, by sha256, once more."""
    items = {item.sha256: item for item in pending(submissions)}
    passwords = passwords_of_files(submissions, ledger, settings)
    jobs = [ReadJob(item.sha256, item.media_type, passwords[item.sha256]) for item in items.values()]
    reading = read_files(jobs, ledger, programme, settings.process_limits, again)
    readings = dict(follow(reading, "Reading", len(jobs)))
    defects = [
        Defect(items[sha256].path, None, items[sha256].ledger_id, reading.defect)
        for sha256, reading in readings.items()
        if reading.defect
    ]
    return Readings(
        readings={sha256: readings[sha256] for sha256 in items},
        defects=tuple(defects),
        read_pages=sum(reading.read_pages for reading in readings.values()),
        seconds=sum(reading.seconds for reading in readings.values()),
        ocr_seconds=sum(reading.ocr_seconds for reading in readings.values()),
        passwords=passwords,
    )


def file(
    submissions: Sequence[Submission],
    readings: Readings,
    programme: Programme,
    ledger: Ledger,
    journal: Sequence[JournalEntry] = (),
) -> Filed:
    """Classify the documents, extract the forms' claims and put them into applications."""
    return file_all(submissions, readings, programme, ledger, journal)


def review_all(
    submissions: Sequence[Submission],
    readings: Readings,
    filed: Filed,
    programme: Programme,
    registries: Registries | None,
    ledger: Ledger,
    journal: Sequence[JournalEntry] = (),
) -> Reviewed:
    """Review each application and each city's list, and close the ledger. Raises LedgerImbalance."""
    dispositions = dispositions_of(submissions, filed)
    rows = ledger_rows(submissions, dispositions)
    balance((item for submission in submissions for item in submission.items), rows)
    records = records_of(filed, programme, ledger, journal)
    lists = city_lists_of(submissions, readings.documents, dispositions, programme)
    known = survey(records, Context(programme, registries, lists, figure_reader(programme)))
    reviews = tuple(review_each(records, known, ledger))
    others = (*review_lists(known.context), *file_checks([row for row in rows if row.finding != DEFECT], programme))
    if registries:
        ledger.put_results({digest(registries): encode(registries)})
    stored = encode(others, tuple[Check, ...])
    contents = Contents(tuple(one.kept for one in reviews), digest("checks", stored.decode()))
    ledger.put_results({contents.others: stored})
    return Reviewed(
        cases=Cases(records, contents.applications, ledger),
        others=others,
        rows=rows,
        defects=(*readings.defects, *(one.defect for one in reviews if one.defect)),
        contents=contents,
        outcomes=sum((Counter(one.outcomes) for one in reviews), Counter(check.outcome for check in others)),
        fresh=frozenset(one.kept.application_id for one in reviews if one.is_fresh),
    )


def city_lists_of(
    submissions: Sequence[Submission],
    documents: Mapping[str, Document],
    dispositions: Mapping[str, Disposition],
    programme: Programme,
) -> tuple[CityList, ...]:
    return tuple(
        city_list
        for submission in submissions
        for item in submission.items
        if item.ledger_id in dispositions and dispositions[item.ledger_id].role is Role.CITY_LIST
        for city_list in read_city_lists(documents[item.sha256], programme, item.ledger_id, submission.received_at)
    )


def dispositions_of(submissions: Sequence[Submission], filed: Filed) -> dict[str, Disposition]:
    """What each file turned out to be, by ledger_id."""
    found = {
        item.ledger_id: Disposition(Role.UNKNOWN, finding=filed.findings[item.ledger_id])
        if item.ledger_id in filed.findings
        else Disposition(filed.roles[item.ledger_id], note=filed.notes.get(item.ledger_id, ""))
        for item in pending(submissions)
    }
    for application in filed.applications:
        reason = f"已被{_when(application.submission)}收到的新版本替换。"
        for filing in application.superseded:
            found[filing.ledger_id] = Disposition(filing.role, filing.application_id, superseded=reason)
        for filing in application.filings:
            settled = replace(found[filing.ledger_id], role=filing.role, application_id=filing.application_id)
            found[filing.ledger_id] = settled
    return found


def _when(submission: Submission) -> str:
    moment = submission.received_at
    return moment.astimezone(CHINA).strftime("%Y年%m月%d日%H:%M") if moment else "后来"


def picture(
    reviewed: Reviewed, readings: Readings, ledger: Ledger, programme: Programme, settings: Settings
) -> frozenset[str]:
    """Pictures of the places that the exceptions cite, written into the output folder; their names. Raises
    OutputError."""
    every = chain(map(reviewed.cases.checks, reviewed.cases), [reviewed.others])
    places = (place for checks in every for check in checks if check.exception_id for place in check.evidence)
    with told_as_output_error(settings.out):
        remove_unfinished(private_folder(private_folder(settings.out) / "evidence"))
        return take_pictures(places, readings, ledger, programme, settings)


def report(result: RunResult, ledger: Ledger, settings: Settings) -> None:
    """Write every file of a run, run.json last, and remember the run. Raises OutputError."""
    out, most = settings.out, settings.report_exceptions
    with told_as_output_error(out):
        remove_unfinished(private_folder(out))
        write_jsonl(result, out)
        write_html(result, out, most)
        write_xlsx(result, out, most)
        write_run(result.run, out)
    ledger.put_run(result.run, result.contents)


def describe_run(
    sources: Sequence[Path],
    submissions: Sequence[Submission],
    programme: Programme,
    reviewed: Reviewed,
    read_pages: int,
    started_at: datetime,
    registries: Registries | None = None,
    journal: Sequence[JournalEntry] = (),
) -> Run:
    """The run's own row."""
    submission_ids = tuple(submission.submission_id for submission in submissions)
    lists = digest(registries) if registries else ""
    said = (corrections_of(journal), decisions_of(journal), taken_of(journal))
    inputs = digest("\n".join(submission_ids), programme.id, programme.version, lists, code_version(), said)
    return Run(
        run_id=started_at.strftime("%Y%m%d-%H%M%S-%f")[:-3],
        programme=programme.id,
        programme_version=programme.version,
        started_at=started_at,
        ended_at=datetime.now(CHINA),
        inputs=tuple(source.name for source in sources),
        parameters=programme.parameters,
        counts={"ledger": status_counts(reviewed.rows), "checks": outcome_counts(reviewed.outcomes)},
        pages_read=read_pages,
        submission_ids=submission_ids,
        code_version=code_version(),
        by=login(),
        registries=lists,
        journal=len(journal),
        inputs_key=inputs,
    )


def conclude(
    run: Run,
    programme: Programme,
    submissions: Sequence[Submission],
    reviewed: Reviewed,
    pictures: Collection[str],
    ledger: Ledger,
    journal: Sequence[JournalEntry],
) -> RunResult:
    """Everything that a run found out, and how that differs from the run before it."""
    basis = basis_of(run, ledger.runs())
    return RunResult(
        run=replace(run, basis=basis.run_id if basis else ""),
        programme=programme,
        cases=reviewed.cases,
        others=reviewed.others,
        rows=reviewed.rows,
        defects=reviewed.defects,
        pictures=pictures,
        submissions=tuple(submissions),
        contents=reviewed.contents,
        difference=difference_of(basis, reviewed.contents, ledger, journal) if basis else None,
        decisions=decisions_of(journal),
    )


def taken_in(ledger: Ledger, submission_id: str) -> Submission:
    """A submission of an earlier run, without its text. Raises WorkspaceError when it is gone."""
    submission = ledger.get_submission(submission_id)
    if submission is None:
        raise WorkspaceError(f"The workspace lost the submission {submission_id}; run again")
    return at_hand(submission)
