"""The flows of the schedule: new dumps of the inbox, and a file that staff name on Prefect's page.

A run ends as Completed or Failed with a message for staff; its table and the way to its report are an artifact. One
runs at a time: the work pool has one place, and whoever else works in the workspace holds it (flows/lock.py). Only
fetching is retried: an inbox may lie on a share that is away for a moment.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas import State
from prefect.flows import FlowStateHook
from prefect.states import Completed, Failed
from pydantic import Field

from flows.inbox import Claim, claim, fail, finish
from flows.last_run import has_run
from flows.lock import hold
from flows.notify import notify
from flows.reports import report_links, with_own_folder
from flows.rerun import rerun
from flows.review_mailbox import review_mailbox
from flows.settings import Settings, load_settings
from flows.sources import open_sources
from flows.summary import markdown_summary
from pipeline.model import CHINA
from pipeline.report.rows import RunResult

NOTHING_NEW = "NothingNew"


def tell(flow: Any, flow_run: Any, state: State[Any]) -> None:
    """The hook of every end but that of a run that found nothing to do."""
    if state.name == NOTHING_NEW:
        return
    told = {"flow": flow.name, "run": flow_run.name, "state": state.type.value, "message": state.message or ""}
    for mistake in notify(load_settings(), told):
        get_run_logger().warning(mistake)


def name() -> str:
    return datetime.now(CHINA).strftime("%Y-%m-%d %H:%M:%S")


_TELL: list[FlowStateHook[..., Any]] = [tell]
_told_flow = partial(
    flow,
    flow_run_name=name,
    persist_result=False,
    on_completion=_TELL,
    on_failure=_TELL,
    on_crashed=_TELL,
    on_cancellation=_TELL,
)


@_told_flow(name="review-inbox")
def review_inbox() -> State[None]:
    """处理收件夹里的新来件：归入已有的申报，核查，生成报告。"""
    settings = with_own_folder(load_settings())
    with hold(settings.workspace):
        claimed = fetch(settings.inbox, settings.inbox_settle_seconds)
        if claimed is None:
            return Completed(name=NOTHING_NEW, message="收件夹没有新来件。")
        try:
            result = review_new(claimed.dumps, settings)
        except Exception as error:
            fail(claimed, f"{type(error).__name__}: {error}")
            raise
        finish(claimed)
    return _conclude(result, settings)


@_told_flow(name="rerun-file")
def rerun_file(
    file: Annotated[str, Field(title="补正材料", description="邮件、文件或文件夹在本机上的完整路径")],
    application: Annotated[
        str, Field(title="申报编号", description="材料本身看不出属于哪一份申报时填写，通常留空")
    ] = "",
) -> State[None]:
    """补正材料到了，重新核查受影响的申报。"""
    settings = with_own_folder(load_settings())
    with hold(settings.workspace):
        result = review_again((fetch_file(Path(file)),), settings, application or None)
    return _conclude(result, settings)


@task(name="fetch", retries=2, retry_delay_seconds=10, cache_policy=NO_CACHE, persist_result=False)
def fetch(inbox: Path, settle_seconds: int) -> Claim | None:
    return claim(inbox, settle_seconds)


@task(name="fetch", retries=2, retry_delay_seconds=10, cache_policy=NO_CACHE, persist_result=False)
def fetch_file(path: Path) -> Path:
    """The path, when something lies there. Raises SourceError."""
    open_sources((path,))
    return path


@task(name="rerun", cache_policy=NO_CACHE, persist_result=False)
def review_again(paths: tuple[Path, ...], settings: Settings, application: str | None = None) -> RunResult:
    return rerun(paths, settings, application).result


def review_new(dumps: Sequence[Path], settings: Settings) -> RunResult:
    """The first run of a workspace whole; later ones add to what the last one took in."""
    if has_run(settings):
        return review_again(tuple(dumps), settings)
    return review_mailbox(tuple(dumps), settings)


def _conclude(result: RunResult, settings: Settings) -> State[None]:
    links = report_links(settings)
    create_markdown_artifact(key="report", markdown=markdown_summary(result, links), description="本次运行的结果和报告")
    page = next(iter(links.values()))
    if result.defects:
        return Failed(message=f"{len(result.defects)}个对象因程序错误未能审查，其余已生成报告：{page}")
    return Completed(message=f"{len(result.index)}份申报，{sum(result.states.values())}项异常。报告：{page}")
