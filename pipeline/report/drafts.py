"""What a letter says to an applicant, from a run's exceptions: pure, and the same whatever the template.

One draft an applicant, all its applications in it. Applications are one applicant's where they name the same company
in full: a code that was misread must not put one company's figures into another's letter.
"""

import hashlib
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr

from pipeline import media
from pipeline.assemble import abridged
from pipeline.checks.wording import day
from pipeline.companies import company_key
from pipeline.model import EXCEPTIONS, ApplicationRecord, Check, Clause, Outcome, Submission
from pipeline.report.consequences import consequences
from pipeline.report.rows import RunResult, heading

_LONGEST_QUOTE = 60  # characters of a place's own words
_MOST_PLACES = 3
_UNSURE = "（识别不清）"
_LONGEST_NAME = 40  # characters of an applicant's name in a file's name


@dataclass(frozen=True, slots=True)
class Matter:
    """补正事项: one thing to mend. `places` are for people: 《申报表.docx》第1页 …"""

    message: str
    clauses: tuple[Clause, ...]
    places: tuple[str, ...]
    request: str
    claimed: str
    expected: str
    exception_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What one application, or the files of one mail, has to mend."""

    application_id: str | None
    project: str
    direction: str
    received: str
    subject: str  # of the mail, which an answer keeps
    matters: tuple[Matter, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter before it is put into a template. What is not known is empty."""

    addressee: str
    contact: str
    phone: str
    email: str  # as the form has it
    sender: str  # the address that the mail came from
    file_name: str
    parts: tuple[Part, ...]

    @property
    def matters(self) -> int:
        return sum(len(part.matters) for part in self.parts)


def drafts(result: RunResult, waived: Collection[str] = (), asked: Collection[str] = ()) -> tuple[Draft, ...]:
    """A draft for each applicant that has something to mend, in the records' order; then those for senders of files
    that belong to no application.

    `waived` and `asked` are exception ids: staff have settled the one without the applicant, and want the other put
    to the applicant although it is of a kind that staff usually settle.
    """
    known: dict[str, list[ApplicationRecord]] = {}
    parts: dict[str, list[Part]] = {}
    for application_id, case in result.cases.items():
        checks = (*case.checks, *result.others_about.get(application_id, ()))
        found = [check for check in checks if _is_wanted(check, waived, asked)]
        record = abridged(case.record)
        known.setdefault(_applicant(record), []).append(record)
        if found:
            parts.setdefault(_applicant(record), []).append(_application_part(result, record, found))
    alone = _applicants_by_mail(known)
    by_mail: dict[str, list[Check]] = {}
    for check in result.others:
        mail = result.submission_of.get(check.ledger_id or "")
        if mail and not check.application_id and _is_wanted(check, waived, asked):
            by_mail.setdefault(mail.submission_id, []).append(check)
    mails = {mail.submission_id: mail for mail in result.submissions}
    for submission_id, found in by_mail.items():
        addressee = alone.get(submission_id) or f"mail {_address(mails[submission_id].sender)}"
        parts.setdefault(addressee, []).append(_mail_part(result, mails[submission_id], found))
    return tuple(
        _draft(result, key, known[key], found) if key in known else _senders_draft(key, found)
        for key, found in parts.items()
    )


def _is_wanted(check: Check, waived: Collection[str], asked: Collection[str]) -> bool:
    if check.outcome not in EXCEPTIONS or check.exception_id in waived:
        return False
    return bool(check.request) or check.exception_id in asked


def _applicants_by_mail(known: Mapping[str, Sequence[ApplicationRecord]]) -> Mapping[str, str]:
    """The applicant of each mail that brought applications of one applicant only."""
    found: dict[str, set[str]] = {}
    for applicant, records in known.items():
        for record in records:
            found.setdefault(record.submission.submission_id, set()).add(applicant)
    return {submission_id: next(iter(keys)) for submission_id, keys in found.items() if len(keys) == 1}


def _applicant(record: ApplicationRecord) -> str:
    name = record.value("applicant_name")
    return company_key(name) if isinstance(name, str) else f"application {record.application_id}"


def _application_part(result: RunResult, record: ApplicationRecord, checks: Sequence[Check]) -> Part:
    head = heading(result, record)
    return Part(
        application_id=record.application_id,
        project=_line(head.project),
        direction=head.direction,
        received=day(record.received_at.date()) if record.received_at else "",
        subject=_line(head.subject),
        matters=tuple(_matters(result, checks)),
    )


def _mail_part(result: RunResult, mail: Submission, checks: Sequence[Check]) -> Part:
    received = day(mail.received_at.date()) if mail.received_at else ""
    return Part(None, "", "", received, _line(mail.subject), tuple(_matters(result, checks)))


def _matters(result: RunResult, checks: Sequence[Check]) -> Iterator[Matter]:
    """The checks in their order, those in one that ask the same for the same reason."""
    following = consequences(checks, result.programme)
    kept = [check for check in checks if check.exception_id not in following]
    together: dict[tuple[str, ...], list[Check]] = {}
    for check in kept:
        reason = check.claimed if check.outcome is Outcome.UNDETERMINED and check.claimed else check.message
        together.setdefault((reason, check.request), []).append(check)
    for (reason, _), same in together.items():
        first = same[0]
        yield Matter(
            message=_line(_named(result, first) if len(same) == 1 else f"{reason}。"),
            clauses=tuple(dict.fromkeys(check.clause for check in same)),
            places=tuple(dict.fromkeys(_places(result, same)))[:_MOST_PLACES],
            request=_line(first.request or first.action),
            claimed="" if first.ledger_id else _line(first.claimed),  # of a file it is the path in our mailbox
            expected=_line(first.expected),
            exception_ids=tuple(check.exception_id for check in same),
        )


def _named(result: RunResult, check: Check) -> str:
    """The message, with a mail named by its subject: its path in our mailbox tells its sender nothing."""
    row = result.row_of.get(check.ledger_id or "")
    mail = result.submission_of.get(check.ledger_id or "")
    if row is None or mail is None or row.item is not mail.items[0] or row.item.media_type != media.EML:
        return check.message
    return check.message.replace(row.item.name or row.item.path, mail.subject or "（无主题）")


def _places(result: RunResult, checks: Iterable[Check]) -> Iterator[str]:
    for check in checks:
        for evidence in check.evidence:
            row = result.row_of.get(result.ledger_id(check, evidence) or "")
            quote = _line(evidence.quote)
            shown = quote if len(quote) <= _LONGEST_QUOTE else quote[:_LONGEST_QUOTE] + "…"
            yield f"《{row.item.name if row else '申报材料'}》{evidence.place}" + (f"，原文“{shown}”" if shown else "")


def _draft(result: RunResult, key: str, records: Sequence[ApplicationRecord], parts: Sequence[Part]) -> Draft:
    name, contact, phone, email = (
        _first_said(result, records, field)
        for field in ("applicant_name", "contact_name", "contact_phone", "contact_email")
    )
    sender = next((_address(record.submission.sender) for record in records if record.submission.sender), "")
    shown = name.removesuffix(_UNSURE)
    return Draft(shown or "（单位名称未识别）", contact, phone, email, sender, _file_name(shown, key), tuple(parts))


def _first_said(result: RunResult, records: Sequence[ApplicationRecord], field: str) -> str:
    """What the first application that states the field says, marked where it was not read well."""
    claim = next((claim for record in records if (claim := record.get(field)) and claim.value is not None), None)
    if claim is None:
        return ""
    threshold = float(str(result.programme.parameters["review_threshold"]))
    return _line(str(claim.value)) + (_UNSURE if claim.confidence < threshold else "")


def _senders_draft(key: str, parts: Sequence[Part]) -> Draft:
    address = key.removeprefix("mail ")
    return Draft(address or "（来件人未识别）", "", "", "", address, _file_name("来件人", key), tuple(parts))


def _address(sender: str) -> str:
    return _line(parseaddr(sender)[1] or sender)


def _file_name(name: str, key: str) -> str:
    """A name for the letter's file: the same in every run, safe on every system, one applicant's only."""
    letters = "".join(char for char in unicodedata.normalize("NFKC", name) if char.isalnum())[:_LONGEST_NAME]
    return f"补正通知书-{letters or '未识别单位'}-{hashlib.sha256(key.encode()).hexdigest()[:8]}.docx"


def _line(text: str) -> str:
    """The text on one line, of characters that XML can hold and that change no direction of writing."""
    marks = ("Cc", "Cf", "Cs", "Co", "Cn")
    return " ".join("".join(c if unicodedata.category(c) not in marks else " " for c in text).split())
