"""Prefect's settings for a run without a started server, set before Prefect is imported.

An own PREFECT_HOME keeps a run out of the user's Prefect database; the start-up timeout is longer since the first
start migrates the database (prefect #16397).
"""

import os
from pathlib import Path


def prepare_prefect(workspace: Path) -> None:
    """Fills in what the environment does not already say; a PREFECT_API_URL of the site's own server is kept."""
    home = workspace.resolve() / "prefect"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
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
