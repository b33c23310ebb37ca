"""The schedule on a real server: `flows.serve` with its work pool, worker, deployments and reports."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.test_run import write_mailbox

PATIENCE = 600  # seconds before a server that does not answer is a failure


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Served:
    """A served folder, and its Prefect API as Prefect's page uses it."""

    def __init__(self, folder: Path, api: str) -> None:
        self.folder = folder
        client = str(uuid.uuid4())
        self.http = httpx.Client(base_url=f"{api}/api/", timeout=30, trust_env=False)
        token = self.http.get("csrf-token", params={"client": client}).json()["token"]
        self.http.headers.update({"Prefect-Csrf-Token": token, "Prefect-Csrf-Client": client})

    def ask(self, method: str, path: str, **body: object) -> Any:
        """The answer; asked again where the server's database was busy."""
        for _ in range(PATIENCE):
            answer = self.http.request(method, path, json=body or None)
            if not answer.is_server_error:
                return answer.raise_for_status().json()
            time.sleep(1)
        raise AssertionError(answer.text)

    def start(self, deployment: str, **parameters: str) -> str:
        found = self.ask("GET", f"deployments/name/{deployment}")
        once = {"parameters": parameters, "idempotency_key": deployment}
        return str(self.ask("POST", f"deployments/{found['id']}/create_flow_run", **once)["id"])

    def ended(self, run_id: str) -> dict[str, Any]:
        for _ in range(PATIENCE):
            run: dict[str, Any] = self.ask("GET", f"flow_runs/{run_id}")
            if run["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"):
                return run
            time.sleep(1)
        raise AssertionError(f"the run is still {run['state']}")

    def artifacts(self, run_id: str) -> list[str]:
        wanted = {"flow_run_id": {"any_": [run_id]}}
        return [artifact["data"] for artifact in self.ask("POST", "artifacts/filter", artifacts=wanted)]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    port = free_port()
    (folder / "shenbao.toml").write_text(
        f"server_port = {port}\nreport_port = {free_port()}\ninbox_settle_seconds = 0\n"
        f"notify_command = '{shutil.which('tee')} -a notified.jsonl'\n",
        "utf-8",
    )
    (folder / "inbox").mkdir()
    write_mailbox(folder / "inbox" / "mail.mbox")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SHENBAO_", "PREFECT_"))}
    log = folder / "serve.log"
    with log.open("wb") as stream:
        server = subprocess.Popen(
            [sys.executable, "-u", "-m", "flows.serve"], cwd=folder, env=environment, stdout=stream, stderr=stream
        )
    try:
        for _ in range(PATIENCE * 2):
            assert server.poll() is None, log.read_text("utf-8")
            if "Ctrl-C stops it." in log.read_text("utf-8"):
                break
            time.sleep(0.5)
        found = Served(folder, f"http://127.0.0.1:{port}")
        with closing(found.http):
            yield found
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(PATIENCE)


def test_a_scheduled_run_and_one_that_staff_start_one_after_the_other(served: Served) -> None:
    inbox = served.start("review-inbox/inbox")
    rerun = served.start("rerun-file/file", file="shenbao.toml", application="x")
    run = served.ended(inbox)
    assert (run["state_type"], run["state"]["message"].partition("，")[0]) == ("COMPLETED", "1份申报"), run["state"]
    assert not (served.folder / "inbox" / "mail.mbox").exists()
    assert [path.name for path in served.folder.glob("inbox/done/*/*")] == ["mail.mbox"]
    assert not list(served.folder.glob("inbox/claimed/*"))

    (table,) = served.artifacts(inbox)
    assert "| 算力服务补助 | 1 | 1 |" in table
    link = table.partition("[打开异常报告](")[2].partition(")")[0]
    page = httpx.get(link, trust_env=False)
    assert page.status_code == 200
    assert page.text == next(served.folder.glob("out/*/report.html")).read_text("utf-8")
    assert httpx.get(link.replace("report.html", "ledger.jsonl"), trust_env=False).status_code == 404
    assert httpx.get(link, headers={"Host": "example.com"}, trust_env=False).status_code == 403

    refused = served.ended(rerun)
    assert refused["state_type"] == "FAILED"
    assert "no such application" in refused["state"]["message"] or "no run" in refused["state"]["message"]
    first, second = sorted((run, refused), key=lambda one: one["start_time"])
    assert first["end_time"] <= second["start_time"]

    told = [json.loads(line) for line in (served.folder / "notified.jsonl").read_text("utf-8").splitlines()]
    assert sorted((one["flow"], one["state"]) for one in told) == [
        ("rerun-file", "FAILED"),
        ("review-inbox", "COMPLETED"),
    ]
