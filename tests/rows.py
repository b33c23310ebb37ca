"""The ledger rows of a few mails after all steps but the report."""

from pathlib import Path

from flows import steps
from flows.settings import Settings
from pipeline.ledger import open_workspace
from pipeline.model import LedgerRow
from pipeline.programme import load_programme

PROGRAMME = load_programme("fujian-ai-2024")


def rows_of(folder: Path, *mails: bytes, passwords: str = "") -> list[LedgerRow]:
    """Every row of the mails, in order."""
    return list(reviewed(folder, *mails, passwords=passwords).rows)


def reviewed(folder: Path, *mails: bytes, passwords: str = "") -> steps.Reviewed:
    """What the steps make of the mails; none is a defect."""
    source = folder / "mails"
    source.mkdir(exist_ok=True)
    for number, raw in enumerate(mails, start=1):
        (source / f"{number}.eml").write_bytes(raw)
    given = folder / "passwords.txt"
    given.write_text(passwords, "utf-8")
    settings = Settings(workspace=folder / "workspace", out=folder / "out", passwords=given if passwords else None)
    ledger = open_workspace(settings.workspace)
    submissions = steps.receive([source], ledger, settings)
    readings = steps.read(submissions, ledger, PROGRAMME, settings)
    applications = steps.file(submissions, readings, PROGRAMME, ledger)
    result = steps.review_all(submissions, readings, applications, PROGRAMME, None, ledger)
    ledger.close()
    assert not result.defects
    return result
