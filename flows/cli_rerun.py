"""The commands of the weeks after the first run: rerun, apply, diff, runs, history, redo."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from flows.cli_options import BY, OUT, PASSWORDS, PROGRAMME, REGISTRIES, WORKSPACE
from flows.settings import load_settings
from flows.sources import open_sources
from flows.summary import LOG_WIDTH

if TYPE_CHECKING:
    from flows.rerun import Rerun

app = typer.Typer()


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=LOG_WIDTH)


@app.command()
def rerun(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Corrected files and new mails: whatever `run` takes as a SOURCE."),
    ] = None,
    application: Annotated[
        str | None,
        typer.Option(metavar="ID", help="The 申报编号 that the paths are for, where they do not tell themselves."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Read the paths' files again, or all files where no path is given.")
    ] = False,
    registries: REGISTRIES = None,
    passwords: PASSWORDS = None,
    by: BY = None,
    programme: PROGRAMME = None,
    workspace: WORKSPACE = None,
    out: OUT = None,
) -> None:
    """Run again with corrected files, new mails, staff's corrections or a changed programme.

    Covers what the last run covered and what the paths add. What takes an older file's place: an answer in the
    thread of its mail; what has its USCC and direction and is named a correction (更正, 补正, 修改 …); and a loose file
    with its USCC and direction. Only what is new is read, and only what it touches is reviewed.

    Exit status: as for run.
    """
    from flows.last_run import held
    from flows.rerun import rerun as carry_out  # takes a second to import: not for --help
    from flows.summary import show_summary

    settings = load_settings(
        programme=programme, registries=registries, passwords=passwords, workspace=workspace, out=out
    )
    open_sources(sources or ())  # a path that is missing is told before anything starts
    with held(settings):
        done = carry_out(sources or (), settings, application, by or "", force=force)
    show_summary(done.result, settings.out)
    if sources and not done.arrived:
        print("Nothing new in the paths: the workspace had it all.")
    _show_treatments(done)
    if done.result.defects:
        raise typer.Exit(1)


def _show_treatments(done: "Rerun") -> None:
    console = _console()
    rows = {row.item.ledger_id: row for row in done.result.rows}
    for submission in done.arrived:
        ids = {rows[item.ledger_id].application_id for item in submission.items} - {None}
        what = ", ".join(sorted(filter(None, ids))) or "no application (see 文件台账)"
        console.print(f"{submission.subject or submission.submission_id}: {what}", markup=False)
    table = Table(title="What was done about each application")
    for name in ("application", "applicant", "done", "because of"):
        table.add_column(name)
    for one in done.treatments:
        if one.is_new or one.why:
            what = "reviewed, new" if one.is_new else "reviewed again"
            table.add_row(one.application_id, one.applicant, what, one.why.value if one.why else "first seen")
    left = sum(not one.is_new and one.why is None for one in done.treatments)
    table.add_section()
    table.add_row(f"{left} others", "", "left alone", "nothing that their checks see has changed")
    console.print(table)


@app.command()
def apply(
    report: Annotated[Path, typer.Argument(metavar="REPORT.xlsx", help="A report that staff have filled in.")],
    by: BY = None,
    programme: PROGRAMME = None,
    workspace: WORKSPACE = None,
) -> None:
    """Take in 更正值, 处理意见 and 备注 from report.xlsx; `shenbao rerun` then shows what follows.

    A value is checked by its field's type. What is refused is listed with sheet and row. Taken in twice, a workbook
    changes nothing. Exit status: 1 when a row was refused.
    """
    from flows.apply import apply_report

    settings = load_settings(programme=programme, workspace=workspace)
    applied, missing = apply_report(report, settings, by or "")
    kinds = Counter(type(entry).__name__.lower() for entry in applied.entries)
    told = ", ".join(f"{kind}s {count}" for kind, count in sorted(kinds.items())) or "nothing new"
    print(f"Taken in: {told}; unchanged {applied.unchanged}; refused {len(applied.refused)}")
    for name in missing:
        print(f"  没有找到{name}，其中填写的内容未读取")
    for refusal in applied.refused:
        print(f"  {refusal.sheet} 第{refusal.row}行：{refusal.reason}")
    if applied.refused or missing:
        raise typer.Exit(1)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or the beginning of it; see runs.")],
    after: Annotated[str, typer.Argument(metavar="RUN", help="A later run.")],
    workspace: WORKSPACE = None,
) -> None:
    """Tell what the second run says otherwise than the first: exceptions gone and new, values changed.

    A line each: what, 申报编号, applicant, check or field, words, cause; parted by tabs.
    """
    from flows.compare import difference_lines
    from flows.last_run import open_last, run_called

    ledger = open_last(load_settings(workspace=workspace))
    for line in difference_lines(run_called(before, ledger), run_called(after, ledger), ledger):
        print("\t".join(part.replace("\n", " ") for part in line))
    ledger.close()


@app.command()
def runs(workspace: WORKSPACE = None) -> None:
    """List the workspace's runs: when, by whom, of which code and programme, what they found."""
    from flows.last_run import open_last

    ledger = open_last(load_settings(workspace=workspace))
    table = Table()
    for name in ("run", "by", "code", "programme", "inputs", "applications", "fail", "warn", "undetermined", "pages"):
        table.add_column(name, overflow="fold", no_wrap=name == "run")  # an id is copied whole
    for run in ledger.runs():
        checks = run.counts.get("checks", {})
        found = str(len(ledger.contents(run.run_id).applications)) if run.inputs_key else "?"
        counts = (str(checks.get(name, 0)) for name in ("fail", "warn", "undetermined"))
        named = f"{run.programme} {run.programme_version}"
        inputs = " ".join(run.inputs)
        table.add_row(run.run_id, run.by, run.code_version, named, inputs, found, *counts, str(run.pages_read))
    _console().print(table)
    ledger.close()


@app.command()
def history(
    application: Annotated[str, typer.Argument(help="Its 申报编号, the beginning of it, or the applicant's USCC.")],
    workspace: WORKSPACE = None,
) -> None:
    """Show what happened to an application: mails, runs, exceptions, corrections, letters, and who did what."""
    from flows.history import history as history_of
    from flows.last_run import open_last

    ledger = open_last(load_settings(workspace=workspace))
    snapshot, events = history_of(application, ledger)
    table = Table(title=f"{snapshot.applicant} {snapshot.direction} {snapshot.application_id}", show_lines=True)
    for name in ("when", "what", "by", "details"):
        table.add_column(name, overflow="fold")
    for event in events:
        at = event.at.isoformat(sep=" ", timespec="seconds") if event.at else ""
        table.add_row(at, event.kind, event.by, event.what)
    _console().print(table, markup=False)
    ledger.close()


@app.command()
def redo(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or the beginning of it; see runs.")],
    programme: PROGRAMME = None,
    workspace: WORKSPACE = None,
    out: OUT = None,
) -> None:
    """Do an earlier run over again, with the mails, lists and corrections that it had.

    Records, checks, exceptions and ledger are the same bytes where the code is the same.
    """
    from flows.rerun import redo as carry_out
    from flows.summary import show_summary
    from pipeline.version import code_version

    settings = load_settings(programme=programme, workspace=workspace, out=out)
    earlier, result = carry_out(run, settings)
    show_summary(result, settings.out)
    if earlier.code_version != code_version():
        print(f"The run was made by code {earlier.code_version}, this one by {code_version()}: they may differ")
    if result.defects:
        raise typer.Exit(1)
