"""What a run found, on the terminal."""

from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.model import EXCEPTIONS, Outcome
from pipeline.report.rows import RunResult

LOG_WIDTH = 120  # columns where nobody's terminal sets them
FILES = ("report.html", "report.xlsx", "exceptions.jsonl", "checks.jsonl", "records.jsonl", "ledger.jsonl", "run.json")


def show_summary(result: RunResult, out: Path) -> None:
    """Print the table of outcomes by direction, the ledger's counts, and where the files are."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=LOG_WIDTH)
    console.print(_outcome_table(result))
    statuses = ", ".join(f"{name} {count}" for name, count in result.run.counts["ledger"].items())
    console.print(
        f"Ledger: {len(result.rows)} rows balance ({statuses}); {result.run.pages_read} pages read in this run"
    )
    for defect in result.defects:
        console.print(f"NOT REVIEWED: {defect.subject}", style="bold red")
        console.print(defect.traceback, markup=False)
    for name in FILES:
        console.print(f"  {out / name}", soft_wrap=True)


def _outcome_table(result: RunResult) -> Table:
    table = Table(title=f"{result.programme.id}: {len(result.records)} applications")
    table.add_column("direction")
    shown = (Outcome.FAIL, Outcome.WARN, Outcome.UNDETERMINED, Outcome.MANUAL, Outcome.PASS)
    for name in ("applications", "with exceptions", *(outcome.value for outcome in shown)):
        table.add_column(name, justify="right")
    directions = [option.code for option in result.programme.directions]
    for direction in [*directions, None]:
        ids = {record.application_id for record in result.records if record.direction == direction}
        if direction is None and not ids:
            continue
        checks = [check for check in result.checks if check.application_id in ids]
        counts = Counter(check.outcome for check in checks)
        excepted = {check.application_id for check in checks if check.outcome in EXCEPTIONS}
        cells = [len(ids), len(excepted), *(counts[outcome] for outcome in shown)]
        table.add_row(direction or "(unknown)", *map(str, cells))
    files = [check for check in result.checks if check.application_id is None]
    counts = Counter(check.outcome for check in files)
    table.add_section()
    table.add_row("(files and lists)", "", "", *(str(counts[outcome]) for outcome in shown))
    return table
