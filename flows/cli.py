"""The command `shenbao`: the only place where an error becomes an exit code."""

import os
import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.markup import escape

from flows import cli_letters, cli_programme, cli_rerun
from flows.cli_options import OUT, PASSWORDS, PROGRAMME, REGISTRIES, WORKSPACE
from flows.keys import load_passwords
from flows.lock import hold
from flows.output import output_folder
from flows.prefect_home import prepare_prefect
from flows.progress import console
from flows.settings import load_settings
from flows.sources import open_sources
from pipeline.errors import ShenbaoError, UsageError
from pipeline.masking import mask_logs, masked
from pipeline.programme import load_programme

app = typer.Typer(
    name="shenbao",
    help="Reads mailed applications, checks them against a notice's clauses and reports the exceptions.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",  # paragraphs flow, and what stands in brackets is shown
    pretty_exceptions_enable=False,
)


app.add_typer(cli_programme.app)
app.command()(cli_letters.letters)


@app.command()
def run(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE...",
            help="An mbox file, a Maildir, an .eml or .msg file, a folder of them, or a folder of loose documents "
            "(paper scanned at the counter; files in one subfolder belong together).",
        ),
    ],
    programme: PROGRAMME = None,
    registries: REGISTRIES = None,
    passwords: PASSWORDS = None,
    workspace: WORKSPACE = None,
    out: OUT = None,
) -> None:
    """Take in mail or scanned paper, read it, check it, and write the exceptions report.

    Nothing is sent anywhere and no source is changed. What was read once is not read again: run the same command
    on a grown mailbox and only what is new costs time. Every option may also stand in ./shenbao.toml or in the
    environment (SHENBAO_WORKSPACE, SHENBAO_OUT, SHENBAO_WORKERS, ...); the command line wins.

    Exit status: 0 when every input is accounted for and the report is written, however many exceptions it lists;
    1 when the run could not finish or an application could not be reviewed; 2 for a mistaken command line.
    """
    settings = load_settings(
        programme=programme, registries=registries, passwords=passwords, workspace=workspace, out=out
    )
    open_sources(sources)  # a path that is missing, or a programme that is wrong, is told before anything starts
    load_programme(settings.programme)
    if settings.passwords:
        load_passwords(settings.passwords)
    output_folder(settings.out)
    with hold(settings.workspace):
        prepare_prefect(settings.workspace)
        from flows.review_mailbox import review_mailbox  # Prefect takes seconds to import: not for --help

        result = review_mailbox(tuple(sources), settings)
    from flows.summary import show_summary

    show_summary(result, settings.out)
    if result.defects:
        raise typer.Exit(1)


@app.command()
def summary(
    out: Annotated[Path, typer.Option(metavar="FILE.xlsx", help="The workbook to write.")],
    programme: PROGRAMME = None,
    workspace: WORKSPACE = None,
) -> None:
    """Write the department's own 项目推荐汇总表 of the last run: the applications that passed.

    An application passes when no check of that run contradicts it or leaves it open. They stand by city, direction
    and the priority that the city's list gives them. Nothing is read again: the run's checks, mails and readings
    come from the workspace.
    """
    if out.suffix.lower() != ".xlsx":
        raise UsageError(f"--out {out}: the list is a workbook, its name ends in .xlsx")
    settings = load_settings(programme=programme, workspace=workspace)
    from flows.recall import summarise

    count = summarise(settings, out)
    print(f"Applications that passed: {count}\n  {out}")


app.add_typer(cli_rerun.app)  # beside run, not in a group of their own


def _stop(*_: object) -> NoReturn:
    """Ctrl-C ends the command at once, which a kill may do as well: what is kept is whole at every moment. Prefect
    would try for a minute to tell its server, which the same Ctrl-C has ended."""
    cursor = "\x1b[?25h" if sys.stderr.isatty() else ""  # which a progress bar hides
    told = f"{cursor}\nshenbao: stopped by Ctrl-C. What was done is kept: the same command goes on from there.\n"
    os.write(sys.stderr.fileno(), told.encode())
    os._exit(128 + signal.SIGINT)


def main() -> None:
    """Runs the command; ends with the exit status of pipeline.errors."""
    signal.signal(signal.SIGINT, _stop)
    os.umask(0o077)  # whatever is written here, by libraries too, is for the owner only
    mask_logs()
    try:
        app()
    except ShenbaoError as error:
        console.print(f"[bold red]shenbao:[/] {type(error).__name__}: {escape(masked(str(error)))}", soft_wrap=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
