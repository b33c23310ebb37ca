"""Letters to the applicants of the last run, and the memory of having drafted them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from flows.last_run import last_held, login
from flows.output import told_as_output_error
from flows.recall import recall
from flows.settings import Settings
from pipeline.errors import UsageError
from pipeline.files import private_folder, whole_file
from pipeline.model import CHINA, Letter, Verdict
from pipeline.report.drafts import Draft, drafts
from pipeline.report.letters import TEMPLATE, Terms, letter_files
from pipeline.report.rows import RunResult
from pipeline.workdays import after_working_days

WORKING_DAYS = 5  # to answer in, where the programme does not say


@dataclass(frozen=True, slots=True)
class Drafted:
    """The letters that were written, and the terms that they all state."""

    drafts: tuple[Draft, ...]
    terms: Terms
    working_days: int | None  # from which the day was counted; None where it was given


def draft_letters(settings: Settings, out: Path, dated: date, due: date | None, by: str = "") -> Drafted:
    """Write the letters, their list and the zip of them all into the new or empty folder `out`.

    Raises UsageError when the folder holds something (a letter of another day must not be sent by mistake), when
    the template cannot be used, and as `recall` does; OutputError when nothing can be written.
    """
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise UsageError(f"--out {out} is not empty: name a new folder, so that no older letter is sent with these")
    if due is not None and due <= dated:
        raise UsageError(f"--by {due} is not after the letters' own day, {dated}")
    with last_held(settings) as ledger:
        result, _ = recall(settings, ledger)
        terms, working_days = _terms(settings, result, dated, due)
        found = drafts(result, _decided(result, Verdict.WAIVE), _decided(result, Verdict.ASK))
        _write(letter_files(found, result.programme, terms, settings.letter_template or TEMPLATE), out)
        ledger.write_journal(_entries(result, found, terms.due, by or login()))
    return Drafted(found, terms, working_days)


def _terms(settings: Settings, result: RunResult, dated: date, due: date | None) -> tuple[Terms, int | None]:
    working_days = None if due else int(str(result.programme.parameters.get("letter_working_days", WORKING_DAYS)))
    terms = Terms(
        office=settings.office or result.programme.issuer,
        dated=dated,
        due=due or after_working_days(dated, working_days or 0),
        reply_to=settings.reply_to,
        contact=settings.office_contact,
    )
    return terms, working_days


def _decided(result: RunResult, verdict: Verdict) -> frozenset[str]:
    return frozenset(key for key, decision in result.decisions.items() if decision.verdict is verdict)


def _write(files: Mapping[str, bytes], out: Path) -> None:
    with told_as_output_error(out):
        private_folder(out)
        for name, data in files.items():
            with whole_file(out / name) as stream:
                stream.write(data)


def _entries(result: RunResult, found: tuple[Draft, ...], due: date, by: str) -> Iterator[Letter]:
    """A letter in the journal for each application in it; what belongs to none stands under no application."""
    at = datetime.now(CHINA)
    for draft in found:
        for part in draft.parts:
            record = result.who(part.application_id)
            ids = tuple(one for matter in part.matters for one in matter.exception_ids)
            yield Letter(record.first_id if record else "", ids, draft.file_name, due, by, at)
