"""The steps as Prefect tasks: one or two lines each, nothing decided here.

Arguments are quoted by the flow, since Prefect would walk every dataclass of a mailbox in search of futures. Only
receiving is retried: a mailbox may lie on a share that is away for a moment. Caching is off: the ledger is the memory.
"""

from pathlib import Path
from typing import TypeVar, cast

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.utilities.annotations import quote

from flows import steps
from flows.file_step import Filed, Readings
from flows.settings import Settings
from pipeline.ledger import Ledger
from pipeline.model import JournalEntry, Programme, Submission
from pipeline.registries import Registries
from pipeline.report.rows import RunResult

T = TypeVar("T")


def whole(value: T) -> T:
    """The value as an argument that Prefect hands on without walking through it."""
    return cast(T, quote(value))


@task(name="receive", retries=2, retry_delay_seconds=5, cache_policy=NO_CACHE, persist_result=False)
def receive(sources: tuple[Path, ...], ledger: Ledger, settings: Settings) -> tuple[Submission, ...]:
    return steps.receive(sources, ledger, settings)


@task(name="read", cache_policy=NO_CACHE, persist_result=False)
def read(submissions: tuple[Submission, ...], ledger: Ledger, programme: Programme, settings: Settings) -> Readings:
    return steps.read(submissions, ledger, programme, settings)


@task(name="file", cache_policy=NO_CACHE, persist_result=False)
def file(
    submissions: tuple[Submission, ...],
    readings: Readings,
    programme: Programme,
    ledger: Ledger,
    journal: tuple[JournalEntry, ...],
) -> Filed:
    return steps.file(submissions, readings, programme, ledger, journal)


@task(name="review", cache_policy=NO_CACHE, persist_result=False)
def review(
    submissions: tuple[Submission, ...],
    readings: Readings,
    filed: Filed,
    programme: Programme,
    registries: Registries | None,
    ledger: Ledger,
    journal: tuple[JournalEntry, ...],
) -> steps.Reviewed:
    return steps.review_all(submissions, readings, filed, programme, registries, ledger, journal)


@task(name="picture", cache_policy=NO_CACHE, persist_result=False)
def picture(
    reviewed: steps.Reviewed, readings: Readings, ledger: Ledger, programme: Programme, settings: Settings
) -> frozenset[str]:
    return steps.picture(reviewed, readings, ledger, programme, settings)


@task(name="report", cache_policy=NO_CACHE, persist_result=False)
def report(result: RunResult, ledger: Ledger, settings: Settings) -> None:
    steps.report(result, ledger, settings)
