"""`make torture CORPUS=DIR`: every file of a folder through intake, reading and review, as a run would take it.

Prints the outcomes by kind of file and the slowest files. Exit status 0 when every file that came in ended with one
ledger row, none with a traceback, and none past its time limit; 1 otherwise.
"""

import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows import steps
from flows.process import WAITING
from flows.progress import follow
from flows.reading import Reading, read_files
from flows.settings import Settings, load_settings
from flows.worker import ReadJob
from pipeline.balance import pending
from pipeline.ledger import open_workspace
from pipeline.model import LedgerRow
from pipeline.programme import load_programme

SLOWEST = 15


@dataclass(frozen=True, slots=True)
class Ordeal:
    """What became of a corpus; `failures` says what must not happen."""

    rows: tuple[LedgerRow, ...]
    readings: Mapping[str, Reading]
    failures: tuple[str, ...]


def main() -> None:
    """Runs over the folder named on the command line."""
    corpus = Path(sys.argv[1])
    files = sorted(path for path in corpus.rglob("*") if path.is_file() and not path.is_symlink())
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(workspace=Path(folder) / "workspace", out=Path(folder) / "out")
        ordeal = undergo(files, settings)
        show(ordeal)
    print(f"\n{len(files)} files, {len(ordeal.rows)} ledger rows, {time.perf_counter() - started:.0f} s")
    for failure in ordeal.failures:
        print(f"FAILURE: {failure}")
    sys.exit(1 if ordeal.failures or not files else 0)


def undergo(files: Sequence[Path], settings: Settings) -> Ordeal:
    """Each file as a source of its own, through every step that its bytes reach."""
    programme = load_programme(settings.programme)
    ledger = open_workspace(settings.workspace)
    failures: list[str] = []
    submissions = steps.receive(files, ledger, settings)
    items = {item.sha256: item for item in pending(submissions)}
    jobs = [ReadJob(item.sha256, item.media_type) for item in items.values()]
    readings: dict[str, Reading] = {}
    for sha256, reading in follow(read_files(jobs, ledger, programme, settings.process_limits), "Reading", len(jobs)):
        readings[sha256] = reading
        if reading.defect:
            failures.append(f"{items[sha256].path}: {reading.defect}")
        if reading.seconds > settings.read_seconds * WAITING:
            failures.append(f"{items[sha256].path}: past its time limit, {reading.seconds:.0f} s")
    told = steps.Readings(readings, (), 0, 0.0, 0.0)
    rows: tuple[LedgerRow, ...] = ()
    try:
        applications = steps.file(submissions, told, programme, ledger)
        rows = steps.review_all(submissions, told, applications, programme, None, ledger).rows
    except Exception:
        failures.append(f"review: {traceback.format_exc()}")
    ledger.close()
    return Ordeal(rows, readings, tuple(failures))


def show(ordeal: Ordeal) -> None:
    """Counts by kind and outcome, then the slowest files."""
    counts = Counter((row.item.media_type, row.status.value, row.finding or "") for row in ordeal.rows)
    pages: Counter[tuple[str, str, str]] = Counter()
    for row in ordeal.rows:
        reading = ordeal.readings.get(row.item.sha256)
        if reading:
            pages[row.item.media_type, row.status.value, row.finding or ""] += len(reading.document.pages)
    print(f"{'kind':<75} {'status':<10} {'finding':<14} {'rows':>6} {'pages':>6}")
    for (kind, status, finding), count in sorted(counts.items()):
        print(f"{kind:<75} {status:<10} {finding:<14} {count:>6} {pages[kind, status, finding]:>6}")
    print(f"\n{'seconds':>8} {'pages':>6}  the slowest files")
    paths = {row.item.sha256: row.item.path for row in reversed(ordeal.rows)}
    slowest = sorted(ordeal.readings.items(), key=lambda pair: -pair[1].seconds)[:SLOWEST]
    for sha256, reading in slowest:
        print(f"{reading.seconds:>8.1f} {len(reading.document.pages):>6}  {paths.get(sha256, sha256)}")


if __name__ == "__main__":
    main()
