"""`shenbao programme`: check a programme's files, and show which criteria serve which clause of its notice."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from flows.settings import load_settings
from pipeline.errors import ProgrammeError
from pipeline.examples import failed_examples
from pipeline.model import NoticeClause
from pipeline.programme import clause_matrix, load_programme

app = typer.Typer(
    name="programme", help="Check a programme's files, and see what they cover of the notice.", no_args_is_help=True
)


@app.command()
def check(
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="A programme's folder, or the id of one that is built in.")
    ],
) -> None:
    """Tell every mistake in a programme's files, and every worked example that does not come out as it states.

    Exit status: 0 when there is none, 2 otherwise.
    """
    from extractors.narrative import figure_reader  # spaCy takes seconds to import: not for --help

    programme = load_programme(path)
    failed = failed_examples(programme, figure_reader(programme))
    if failed:
        raise ProgrammeError([f"{programme.id}: {mistake}" for mistake in failed])
    examples = sum(len(criterion.examples) for criterion in programme.criteria)
    print(
        f"{programme.id} ({programme.version}): {len(programme.fields)} fields, {len(programme.clauses)} clauses, "
        f"{len(programme.criteria)} criteria, {examples} worked examples; no mistakes"
    )


@app.command()
def clauses(
    programme: Annotated[
        str | None,
        typer.Argument(metavar="[PROGRAMME]", help="Programme id, or a folder that holds one. [default: as for run]"),
    ] = None,
) -> None:
    """Print each clause of the notice with the criteria that serve it, or why it is left to judgement.

    A table on a terminal; elsewhere a line a clause: article, criteria, reason and words, parted by tabs.
    """
    matrix = clause_matrix(load_programme(programme or load_settings().programme))
    console = Console(highlight=False)
    if console.is_terminal:
        console.print(_table(matrix))
        return
    for clause, served in matrix:
        print("\t".join((clause.clause.article, " ".join(served), clause.judgement, clause.clause.quote)))


def _table(matrix: tuple[tuple[NoticeClause, tuple[str, ...]], ...]) -> Table:
    table = Table(title=matrix[0][0].clause.document if matrix else None, show_lines=True)
    table.add_column("clause", no_wrap=True)
    table.add_column("criteria")
    table.add_column("left to judgement because", ratio=1)
    table.add_column("words", ratio=2)
    for clause, served in matrix:
        table.add_row(clause.clause.article, "\n".join(served), clause.judgement, clause.clause.quote)
    return table
