"""The reports of scheduled runs, a folder each in `settings.out`, as pages on this machine.

A page that comes by http may not link to files, and Prefect's page comes by http. Served are the reports by their
names and nothing else of the disk.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from fnmatch import fnmatch
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

from flows.settings import Settings
from pipeline.errors import WorkspaceError
from pipeline.model import CHINA

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SERVED = {"report*.html": "text/html; charset=utf-8", "report.xlsx": XLSX}  # by pattern; a large report has pages


def reports_url(settings: Settings) -> str:
    """The page that shows the newest report."""
    return f"http://127.0.0.1:{settings.report_port}/"


def report_links(settings: Settings) -> dict[str, str]:
    """The links to a run's report, by title; `settings.out` is the run's own folder."""
    folder = f"{reports_url(settings)}{settings.out.name}"
    return {"打开异常报告": f"{folder}/report.html", "下载Excel": f"{folder}/report.xlsx"}


def with_own_folder(settings: Settings) -> Settings:
    """The settings with a new folder for a run's report: staff may still be filling in the workbook of the last."""
    return settings.model_copy(update={"out": settings.out / datetime.now(CHINA).strftime("%Y%m%d-%H%M%S-%f")[:-3]})


@contextmanager
def serving_reports(settings: Settings) -> Iterator[None]:
    """Raises WorkspaceError when the port is taken."""
    try:
        server = ThreadingHTTPServer(("127.0.0.1", settings.report_port), partial(_Reports, settings.out))
    except OSError as error:
        raise WorkspaceError(f"Port {settings.report_port} (setting report_port): {error.strerror}") from error
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


class _Reports(BaseHTTPRequestHandler):
    """GET of one report, or of / for the newest."""

    def __init__(self, out: Path, *arguments: object) -> None:
        self.out = out
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        if self.headers.get("Host", "").rpartition(":")[0] not in ("127.0.0.1", "localhost"):
            self.send_error(HTTPStatus.FORBIDDEN)  # a page from elsewhere that gave us a name of its own
            return
        if self.path == "/":
            self._to_newest()
            return
        path = _reports_of(self.out).get(unquote(self.path.partition("?")[0]))
        if path is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        data = path.read_bytes()
        self.send_response(HTTPStatus.OK)
        for name, value in {
            "Content-Type": next(kind for name, kind in SERVED.items() if fnmatch(path.name, name)),
            "Content-Length": str(len(data)),
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _to_newest(self) -> None:
        pages = [where for where in _reports_of(self.out) if where.endswith("/report.html")]
        if not pages:
            self.send_error(HTTPStatus.NOT_FOUND, "No report yet")
            return
        self.send_response(HTTPStatus.FOUND)
        self.send_header("Location", max(pages))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads who opened which report."""


def _reports_of(out: Path) -> dict[str, Path]:
    """What may be served, by its path in a URL."""
    found = (path for name in SERVED for path in out.glob(f"*/{name}"))
    return {f"/{path.parent.name}/{path.name}": path for path in found}
