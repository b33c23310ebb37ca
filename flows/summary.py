"""What a run found: on the terminal, and as the table of Prefect's page."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.masking import masked
from pipeline.model import Outcome
from pipeline.report.rows import OUTCOMES, STATUSES, RunResult

LOG_WIDTH = 120  # columns where nobody's terminal sets them
FILES = (
    "report.html",
    "report.xlsx",
    "exceptions.jsonl",
    "checks.jsonl",
    "records.jsonl",
    "ledger.jsonl",
    "difference.jsonl",
    "run.json",
)
SHOWN = (Outcome.FAIL, Outcome.WARN, Outcome.UNDETERMINED, Outcome.MANUAL, Outcome.PASS)


@dataclass(frozen=True, slots=True)
class Line:
    """The checks of one direction (None: the direction is not known) and how often each outcome of SHOWN is theirs."""

    direction: str | None
    applications: int
    excepted: int
    outcomes: tuple[int, ...]


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
    if found := result.difference:
        console.print(
            f"Since run {found.basis}: {len(found.new)} exceptions new, {len(found.resolved)} resolved, "
            f"{len(found.waived)} waived"
        )
        if found.left_out:
            console.print(
                f"{found.left_out} applications of that run are not in these sources; `shenbao rerun` keeps them"
            )
    for defect in result.defects:
        console.print(f"NOT REVIEWED: {masked(defect.subject)}", style="bold red")
        console.print(masked(defect.traceback), markup=False)
    for name in FILES:
        console.print(f"  {out / name}", soft_wrap=True)


def markdown_summary(result: RunResult, links: Mapping[str, str]) -> str:
    """The same in Chinese, with `links` to the report's files by their titles."""
    heads = ("申报方向", "申报", "有异常", *(OUTCOMES[outcome] for outcome in SHOWN))
    rows: list[Sequence[str | int]] = [heads, ("---", *["---:"] * (len(heads) - 1))]
    for line in _by_direction(result):
        name = result.direction_of.get(line.direction or "", "（未识别方向）")
        rows.append((name, line.applications, line.excepted, *line.outcomes))
    rows.append(("（文件和汇总表）", "", "", *_others(result)))
    statuses = ((word, result.run.counts["ledger"][status.value]) for status, word in STATUSES.items())
    parts = [
        "　".join(f"[{title}]({link})" for title, link in links.items()),
        *(f"**未审查（程序错误，请联系维护人员）：** `{_plain(defect.subject)}`" for defect in result.defects),
        "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows),
        f"来件与文件{len(result.rows)}件：" + "，".join(f"{word}{count}" for word, count in statuses if count),
    ]
    return "\n\n".join([f"### {result.programme.title}", *parts]) + "\n"


def _plain(text: str) -> str:
    """An applicant's words as markdown shows them between backticks."""
    return " ".join(text.replace("`", "'").split())


def _outcome_table(result: RunResult) -> Table:
    table = Table(title=f"{result.programme.id}: {len(result.index)} applications")
    table.add_column("direction")
    for name in ("applications", "with exceptions", *(outcome.value for outcome in SHOWN)):
        table.add_column(name, justify="right")
    for line in _by_direction(result):
        cells = [line.applications, line.excepted, *line.outcomes]
        table.add_row(line.direction or "(unknown)", *map(str, cells))
    table.add_section()
    table.add_row("(files and lists)", "", "", *map(str, _others(result)))
    return table


def _by_direction(result: RunResult) -> Iterator[Line]:
    directions = [option.code for option in result.programme.directions]
    for direction in [*directions, None]:
        own = [entry for entry in result.index.values() if entry.record.direction == direction]
        if own or direction is not None:
            excepted = sum(bool(entry.exceptions) for entry in own)
            yield Line(direction, len(own), excepted, _counts(*(entry.counts for entry in own)))


def _others(result: RunResult) -> tuple[int, ...]:
    return _counts(Counter(check.outcome for check in result.others if check.application_id is None))


def _counts(*outcomes: Mapping[Outcome, int]) -> tuple[int, ...]:
    return tuple(sum(counts.get(outcome, 0) for counts in outcomes) for outcome in SHOWN)
