"""Who is told how a run ended, and that a run is not worth less for a message that reached nobody."""

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from flows.notify import notify
from flows.settings import Settings

TOLD = {"flow": "review-inbox", "state": "FAILED", "message": "收件夹打不开"}


@pytest.fixture
def heard() -> Iterator[tuple[str, list[object]]]:
    """A URL, and what has been posted to it."""
    bodies: list[object] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204 if self.path == "/hook" else 500)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", bodies
        server.shutdown()
        thread.join()


def test_a_command_and_a_url_are_told(tmp_path: Path, heard: tuple[str, list[object]]) -> None:
    url, bodies = heard
    command = f"{shutil.which('tee')} '{tmp_path / 'told here.json'}'"
    assert notify(Settings(notify_command=command, notify_url=f"{url}/hook"), TOLD) == []
    assert json.loads((tmp_path / "told here.json").read_text("utf-8")) == TOLD
    assert bodies == [TOLD]


def test_what_cannot_be_told_is_a_warning(heard: tuple[str, list[object]]) -> None:
    url, _ = heard
    mistakes = notify(Settings(notify_command="/no/such/command", notify_url=f"{url}/broken"), TOLD)
    assert [mistake.partition(":")[0] for mistake in mistakes] == ["notify_command", "notify_url"]
    assert notify(Settings(notify_command=shutil.which("false")), TOLD)
    assert notify(Settings(), TOLD) == []
