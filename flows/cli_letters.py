"""The command that drafts letters."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.cli_options import PROGRAMME, WORKSPACE
from flows.settings import load_settings
from pipeline.model import CHINA
from pipeline.workdays import holidays_known

DAY = ["%Y-%m-%d"]


def letters(
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new folder: letters, their list, a zip of all.")],
    by: Annotated[
        datetime | None,
        typer.Option(
            formats=DAY, metavar="YYYY-MM-DD", help="The last day for answers. [default: the programme's working days]"
        ),
    ] = None,
    dated: Annotated[
        datetime | None,
        typer.Option(formats=DAY, metavar="YYYY-MM-DD", help="The day that the letters bear. [default: today]"),
    ] = None,
    template: Annotated[
        Path | None, typer.Option(metavar="FILE.docx", help="A template of your own. [default: the package's]")
    ] = None,
    programme: PROGRAMME = None,
    workspace: WORKSPACE = None,
) -> None:
    """Draft a 补正通知书 for each applicant with open exceptions of the last run; nothing is sent.

    A letter holds all of an applicant's applications and what the applicant can settle: waived exceptions and those
    that staff settle (a doubtful reading, a city's list) are left out, unless staff chose 请申报单位补正 for them. What
    was drafted is remembered. Office, contact, reply address and template are settings too: office, office_contact,
    reply_to, letter_template.
    """
    settings = load_settings(programme=programme, workspace=workspace, letter_template=template)
    from flows.letters import draft_letters

    day = dated.date() if dated else datetime.now(CHINA).date()
    drafted = draft_letters(settings, out, day, by.date() if by else None)
    matters, due = sum(draft.matters for draft in drafted.drafts), drafted.terms.due
    print(f"Letters: {len(drafted.drafts)}, matters: {matters}, to be answered by {due:%Y-%m-%d (%A)}\n  {out}")
    if drafted.working_days is not None and not holidays_known(due.year):
        print(f"The holidays of {due.year} are not known here, only weekends were left out; --by names another day.")
