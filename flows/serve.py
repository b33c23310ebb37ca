"""`make serve`: Prefect's server with its page, the schedule, and the reports, on this machine only.

Everything that Prefect keeps lies in the workspace. It ends as a whole: with Ctrl-C, or when one of its parts ends.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import httpx

from flows.prefect_home import prepare_server
from flows.reports import reports_url, serving_reports
from flows.settings import Settings, load_settings
from pipeline.errors import ShenbaoError, WorkspaceError

POOL = "shenbao"
START_SECONDS = 300  # the first start migrates Prefect's database
STOP_SECONDS = 30
DEPLOYMENTS = Path(__file__).parent.parent / "prefect.yaml"

Part = subprocess.Popen[bytes]


def main() -> None:
    """Serves until it is stopped; ends with exit status 1 when a part of it ends by itself."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background jobs start with the first one ignored
        signal.signal(number, _stop)
    try:
        settings = load_settings()
        with serving(settings) as parts:
            print(f"Prefect's page: http://127.0.0.1:{settings.server_port}")
            print(f"Newest report: {reports_url(settings)}")
            print(f"Inbox: {settings.inbox.resolve()}\nCtrl-C stops it.", flush=True)
            while all(part.poll() is None for part in parts):
                time.sleep(1)
        sys.exit("shenbao: a part of the server ended by itself; what it said stands above")
    except KeyboardInterrupt:
        print("Stopped.")
    except ShenbaoError as error:
        sys.exit(f"shenbao: {type(error).__name__}: {error}")


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextmanager
def serving(settings: Settings) -> Iterator[tuple[Part, ...]]:
    """Reports, server, deployments and worker, started in this order and stopped in the other.

    Raises WorkspaceError.
    """
    prepare_server(settings.workspace, settings.server_port)
    settings.inbox.mkdir(parents=True, exist_ok=True)
    address = ("--host", "127.0.0.1", "--port", str(settings.server_port))
    with serving_reports(settings), _part("server", "start", *address) as server:
        _wait_for(server, settings.server_port)
        _make_pool()
        _prefect("--no-prompt", "deploy", "--all", "--prefect-file", str(DEPLOYMENTS))
        with _part("worker", "start", "--pool", POOL, "--type", "process") as worker:
            yield server, worker


def _make_pool() -> None:
    """The work pool with one place: one run at a time."""
    from prefect.client.orchestration import get_client  # reads its settings when it is imported
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.workers.process import ProcessWorker

    template = ProcessWorker.get_default_base_job_template()
    pool = WorkPoolCreate(name=POOL, type=ProcessWorker.type, base_job_template=template, concurrency_limit=1)
    with get_client(sync_client=True) as client:
        client.create_work_pool(pool, overwrite=True)


def _wait_for(server: Part, port: int) -> None:
    """Until the server answers."""
    for _ in range(START_SECONDS * 2):
        if server.poll() is not None:
            raise WorkspaceError(f"Prefect's server ended at its start; is port {port} taken? (setting server_port)")
        try:
            if httpx.get(f"http://127.0.0.1:{port}/api/health", timeout=5, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    raise WorkspaceError(f"Prefect's server did not answer on port {port} within {START_SECONDS} s")


@contextmanager
def _part(*arguments: str) -> Iterator[Part]:
    part = subprocess.Popen(_command(*arguments))  # noqa: S603  # our own words and a port
    try:
        yield part
    finally:
        part.terminate()
        try:
            part.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            part.kill()
            part.wait()


def _prefect(*arguments: str) -> None:
    environment = {**os.environ, "PWD": str(Path.cwd())}  # where runs find shenbao.toml
    done = subprocess.run(  # noqa: S603  # our own words
        _command(*arguments), env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise WorkspaceError(f"prefect {' '.join(arguments)} failed: {done.stdout}{done.stderr}")


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "prefect", *arguments]


if __name__ == "__main__":
    main()
