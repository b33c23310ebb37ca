"""The flow: a mailbox dump in, records and the exceptions report out. It only calls named steps."""

from datetime import datetime
from pathlib import Path

from prefect import flow

from flows import tasks
from flows.settings import Settings
from flows.steps import conclude, describe_run
from flows.tasks import whole
from pipeline.ledger import open_workspace
from pipeline.model import CHINA
from pipeline.programme import load_programme
from pipeline.registries import load_registries
from pipeline.report.rows import RunResult


@flow(name="review-mailbox", validate_parameters=False, persist_result=False)
def review_mailbox(sources: tuple[Path, ...], settings: Settings) -> RunResult:
    """Run the whole job and leave its files in `settings.out`. Raises the errors of pipeline.errors."""
    started_at = datetime.now(CHINA)
    programme = load_programme(settings.programme)
    registries = load_registries(settings.registries) if settings.registries else None
    ledger = open_workspace(settings.workspace, settings.database_url)
    submissions = tasks.receive(sources, whole(ledger), settings)
    journal = ledger.journal()
    readings = tasks.read(whole(submissions), whole(ledger), whole(programme), settings)
    filed = tasks.file(whole(submissions), whole(readings), whole(programme), whole(ledger), whole(journal))
    reviewed = tasks.review(
        whole(submissions),
        whole(readings),
        whole(filed),
        whole(programme),
        whole(registries),
        whole(ledger),
        whole(journal),
    )
    pictures = tasks.picture(whole(reviewed), whole(readings), whole(ledger), whole(programme), settings)
    run = describe_run(sources, submissions, programme, reviewed, readings.read_pages, started_at, registries, journal)
    result = conclude(run, programme, submissions, reviewed, pictures, ledger, journal)
    tasks.report(whole(result), whole(ledger), settings)
    ledger.close()
    return result
