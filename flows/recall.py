"""The workspace's last run again, from what it remembers: nothing is read anew, checked anew or pictured."""

from collections.abc import Sequence
from pathlib import Path

from flows import steps
from flows.cases import Cases, records_of
from flows.last_run import last_held, last_run
from flows.output import told_as_output_error
from flows.settings import Settings
from pipeline.balance import ledger_rows
from pipeline.checks.given import Context
from pipeline.city_lists import CityList
from pipeline.codec import decode
from pipeline.errors import UsageError
from pipeline.files import private_folder
from pipeline.journal import decisions_of
from pipeline.ledger import Ledger
from pipeline.model import Check
from pipeline.programme import load_programme
from pipeline.report.recommended import recommended_rows, write_recommended
from pipeline.report.rows import RunResult
from pipeline.review import context_of


def recall(settings: Settings, ledger: Ledger) -> tuple[RunResult, Sequence[CityList]]:
    """What the last run found, with the decisions that staff have taken since, and the lists of cities it had.

    Raises UsageError when there is no run of this programme as it is now, WorkspaceError when its mails are gone.
    """
    programme = load_programme(settings.programme)
    run = last_run(ledger, programme.id)
    if run.programme_version != programme.version:
        raise UsageError(f"the last run was of {run.programme} {run.programme_version}; run {programme.version} first")
    journal, contents = ledger.journal(), ledger.contents(run.run_id)
    submissions = tuple(steps.taken_in(ledger, submission_id) for submission_id in run.submission_ids)
    readings = steps.read(submissions, ledger, programme, settings)
    known = journal[: run.journal]
    filed = steps.file(submissions, readings, programme, ledger, known)
    dispositions = steps.dispositions_of(submissions, filed)
    result = RunResult(
        run=run,
        programme=programme,
        cases=Cases(records_of(filed, programme, ledger, known), contents.applications, ledger),
        others=decode(tuple[Check, ...], ledger.result(contents.others)),
        rows=ledger_rows(submissions, dispositions),
        defects=readings.defects,
        pictures=(),
        submissions=submissions,
        decisions=decisions_of(journal),
    )
    return result, steps.city_lists_of(submissions, readings.documents, dispositions, programme)


def summarise(settings: Settings, path: Path) -> int:
    """Write the list of the applications that passed the workspace's last run; how many they are.

    Raises as `recall`, OutputError when the list cannot be written, and WorkspaceError when the workspace is in use.
    """
    with last_held(settings) as ledger:
        result, lists = recall(settings, ledger)
        context = context_of(result.everyone, Context(result.programme, city_lists=tuple(lists)))
        counted = (check for check in result.all_checks() if result.state(check.exception_id) != "waived")
        rows = recommended_rows(context, counted)
    with told_as_output_error(path):
        private_folder(path.parent)
        write_recommended(rows, f"{result.programme.title}推荐汇总表", path)
    return len(rows)
