"""`make bench`: where the time of a run over a mailbox goes, measured in one go on an empty workspace.

The steps are timed one by one without Prefect; then the command runs in a process of its own, and what it takes
longer is Prefect's (start-up of its server, and its tasks). Reading is done by several processes at a time: its wall
time is split between OCR and the rest in the proportion of the seconds that the processes spent.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from flows import steps
from flows.settings import Settings, load_settings
from pipeline.ledger import open_workspace
from pipeline.model import CHINA
from pipeline.programme import load_programme

T = TypeVar("T")


def main() -> None:
    """Prints the table for the mailbox named on the command line."""
    source = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(workspace=Path(folder) / "steps", out=Path(folder) / "out-steps")
        seconds = time_steps(source, settings)
        command = time_command(source, Path(folder))
    total = sum(seconds.values())
    prefect = command - total
    outside = 1 - seconds["OCR"] / total
    for name, spent in seconds.items():
        print(f"{name:<10} {spent:7.1f} s  {spent / total:6.1%} of the steps")
    print(f"{'steps':<10} {total:7.1f} s")
    print(f"{'Prefect':<10} {prefect:7.1f} s  (the command took {command:.1f} s)")
    own, children = (
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(f"peak memory: {own:.0f} MiB in the run, {children:.0f} MiB in the largest of its processes")
    print(f"outside_ocr={outside:.3f} (at most 0.35)")


def time_steps(source: Path, settings: Settings) -> dict[str, float]:
    """Wall seconds by step, OCR apart from the rest of reading."""
    seconds: dict[str, float] = {}

    def timed(name: str, step: Callable[[], T]) -> T:
        started = time.perf_counter()
        result = step()
        seconds[name] = time.perf_counter() - started
        return result

    started_at = datetime.now(CHINA)
    programme = load_programme(settings.programme)
    ledger = open_workspace(settings.workspace)
    submissions = timed("intake", lambda: steps.receive([source], ledger, settings))
    readings = timed("reading", lambda: steps.read(submissions, ledger, programme, settings))
    share = readings.ocr_seconds / readings.seconds
    seconds["OCR"] = seconds["reading"] * share
    seconds["reading"] *= 1 - share
    applications = timed("fields", lambda: steps.file(submissions, readings, programme, ledger))
    reviewed = timed("checks", lambda: steps.review_all(submissions, readings, applications, programme, None, ledger))
    pictures = timed("pictures", lambda: steps.picture(reviewed, readings, ledger, programme, settings))
    run = steps.describe_run([source], submissions, programme, reviewed, readings.read_pages, started_at)
    result = steps.conclude(run, programme, submissions, reviewed, pictures, ledger, ())
    timed("report", lambda: steps.report(result, ledger, settings))
    ledger.close()
    print(f"{len(submissions)} submissions, {readings.read_pages} pages read, {len(reviewed.cases)} applications")
    return seconds


def time_command(source: Path, folder: Path) -> float:
    """Wall seconds of the command over the same source with a workspace of its own."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "flows.cli", "run", str(source)]
    options = ["--workspace", str(folder / "command"), "--out", str(folder / "out-command")]
    subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
