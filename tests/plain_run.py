"""A run without Prefect, step by step: `python -m tests.plain_run WORKSPACE OUT SOURCE...`"""

import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from flows import steps
from flows.lock import hold
from flows.settings import Settings, load_settings
from pipeline.ledger import open_workspace
from pipeline.model import CHINA
from pipeline.programme import load_programme
from pipeline.report.rows import RunResult


def run(sources: Sequence[Path], settings: Settings) -> RunResult:
    """What the flow does, and the report."""
    started_at = datetime.now(CHINA)
    programme, ledger = load_programme(settings.programme), open_workspace(settings.workspace)
    submissions = steps.receive(sources, ledger, settings)
    readings = steps.read(submissions, ledger, programme, settings)
    applications = steps.file(submissions, readings, programme, ledger)
    reviewed = steps.review_all(submissions, readings, applications, programme, None, ledger, ())
    pictures = steps.picture(reviewed, readings, ledger, programme, settings)
    about = steps.describe_run(sources, submissions, programme, reviewed, readings.read_pages, started_at)
    result = steps.conclude(about, programme, submissions, reviewed, pictures, ledger, ())
    steps.report(result, ledger, settings)
    ledger.close()
    return result


def main() -> None:
    os.umask(0o077)  # as the command does
    workspace, out, *sources = map(Path, sys.argv[1:])
    with hold(workspace):
        run(sources, load_settings(workspace=workspace, out=out))


if __name__ == "__main__":
    main()
