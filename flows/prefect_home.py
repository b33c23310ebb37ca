"""Prefect's settings, set before Prefect is imported: for a run by itself, and for a server on this machine.

An own PREFECT_HOME keeps a run out of the user's Prefect database; the start-up timeout is longer since the first
start migrates the database (prefect #16397).
"""

import os
import signal
from contextlib import suppress
from pathlib import Path

from pipeline.errors import WorkspaceError
from pipeline.files import private_folder

_ALWAYS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    "PREFECT_TASKS_DEFAULT_NO_CACHE": "true",
    "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
    "DO_NOT_TRACK": "1",
}


def end_orphans(home: Path) -> None:
    """Ends the server that a killed run left behind. Nobody else can have one with this home: we hold the workspace."""
    marks = {b"PREFECT__SERVER_EPHEMERAL=1", b"PREFECT_HOME=" + os.fsencode(home)}
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # another user's, or just gone
            if marks <= set(environment.read_bytes().split(b"\0")):
                os.kill(int(environment.parent.name), signal.SIGKILL)


def prepare_prefect(workspace: Path) -> None:
    """Fills in what the environment does not already say; a PREFECT_API_URL of the site's own server is kept.

    Call it while the workspace is held. Raises WorkspaceError.
    """
    end_orphans(workspace.resolve() / "prefect")
    _fill_in(
        workspace,
        {
            "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
            "PREFECT_LOGGING_LEVEL": "CRITICAL",  # errors come back to us, and are told once
            "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
        },
    )


def prepare_server(workspace: Path, port: int) -> None:
    """The same for a server of our own at `port` of this machine, and for what talks to it."""
    page = f"http://127.0.0.1:{port}"
    os.environ["PREFECT_API_URL"] = f"{page}/api"
    _fill_in(
        workspace,
        {
            "PREFECT_UI_API_URL": f"{page}/api",
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": page,  # no other page in the browser may start runs
            "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
            "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        },
    )


def _fill_in(workspace: Path, settings: dict[str, str]) -> None:
    home = workspace.resolve() / "prefect"
    try:
        private_folder(home)
    except OSError as error:
        raise WorkspaceError(f"The workspace {workspace} cannot be used: {error.strerror}") from error
    for name, value in {"PREFECT_HOME": str(home), **_ALWAYS, **settings}.items():
        os.environ.setdefault(name, value)
