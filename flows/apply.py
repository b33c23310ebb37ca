"""Take in what staff filled into report.xlsx: into the journal, apart from everything that was read."""

from datetime import datetime
from pathlib import Path

from flows.last_run import last_held, last_run, login, snapshots_of
from flows.settings import Settings
from pipeline.ledger import Ledger
from pipeline.model import CHINA, EXCEPTIONS, Programme, Run
from pipeline.programme import load_programme
from pipeline.report.answers import read_answers
from pipeline.report.apply import Applied, Known, apply


def apply_report(path: Path, settings: Settings, by: str = "") -> tuple[Applied, tuple[str, ...]]:
    """What came of the workbook's rows, and which of its sheets or columns are missing.

    Who filled it in: a row's 经办人, else the summary's, else `by`, else the login. Raises SourceError when the file
    is no workbook, UsageError when the workspace holds no run.
    """
    programme = load_programme(settings.programme)
    answers = read_answers(path)
    with last_held(settings) as ledger:
        known = _known(last_run(ledger, programme.id), programme, ledger)
        applied = apply(answers.rows, known, answers.by or by or login(), datetime.now(CHINA))
        ledger.write_journal(applied.entries)
    return applied, answers.missing


def _known(run: Run, programme: Programme, ledger: Ledger) -> Known:
    checks = ledger.checks(run.run_id)
    return Known(
        programme=programme,
        applications=snapshots_of(ledger.contents(run.run_id), ledger),
        exceptions={check.exception_id: check for check in checks if check.outcome in EXCEPTIONS},
        journal=ledger.journal(),
    )
