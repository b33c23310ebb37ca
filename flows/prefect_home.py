"""Prefect's settings for a run without a started server, set before Prefect is imported.

An own PREFECT_HOME keeps a run out of the user's Prefect database; the start-up timeout is longer since the first
start migrates the database (prefect #16397).
"""

import os
from pathlib import Path

from pipeline.errors import WorkspaceError
from pipeline.files import private_folder


def prepare_prefect(workspace: Path) -> None:
    """Fills in what the environment does not already say; a PREFECT_API_URL of the site's own server is kept.
    Raises WorkspaceError."""
    home = workspace.resolve() / "prefect"
    try:
        private_folder(home)
    except OSError as error:
        raise WorkspaceError(f"The workspace {workspace} cannot be used: {error.strerror}") from error
    for name, value in {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "CRITICAL",  # errors come back to us, and are told once
        "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
        "PREFECT_TASKS_DEFAULT_NO_CACHE": "true",
        "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }.items():
        os.environ.setdefault(name, value)
