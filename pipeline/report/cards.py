"""An exception as staff read it: one card in the page, one row in the workbook."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.model import Check, Evidence, Outcome
from pipeline.report.rows import (
    METHODS,
    OUTCOMES,
    RunResult,
    check_title,
    decision_line,
    heading,
    labels,
    mail_line,
    picture_name,
    subject,
)

NOT_AN_APPLICATION = "（文件与来件）"


@dataclass(frozen=True, slots=True)
class Place:
    """One place of evidence: what it says, where, and the name of its picture if there is one."""

    evidence: Evidence
    caption: str
    quote: str
    picture: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """A check in words."""

    exception_id: str
    outcome: Outcome
    outcome_word: str
    check: str
    title: str
    group: str  # application_id, city list or ledger_id that it is listed under
    applicant: str
    direction: str
    city: str
    message: str
    claimed: str
    expected: str
    action: str
    fields: str
    document: str
    article: str
    quote: str
    source: str
    mail: str
    state: str
    decision: str
    places: tuple[Place, ...]


def cards(result: RunResult, checks: Iterable[Check]) -> tuple[Card, ...]:
    """The checks as cards, in their order."""
    return tuple(_card(result, check) for check in checks)


def _card(result: RunResult, check: Check) -> Card:
    record = result.who(check.application_id)
    head = heading(result, record) if record else None
    is_file = check.check.startswith("D-")
    return Card(
        exception_id=check.exception_id,
        outcome=check.outcome,
        outcome_word="未能使用" if is_file else OUTCOMES[check.outcome],
        check=check.check,
        title=check_title(result, check.check),
        group=subject(check),
        applicant=head.applicant if head else check.city_list or NOT_AN_APPLICATION,
        direction=head.direction if head else "",
        city=head.city if head else "",
        message=check.message,
        claimed=check.claimed,
        expected=check.expected,
        action=check.action,
        fields=labels(result, check.fields),
        document=check.clause.document,
        article=check.clause.article,
        quote=check.clause.quote,
        source="；".join(_sources(result, check)),
        state=result.state(check.exception_id) if check.exception_id else "",
        decision=decision_line(result.decisions.get(check.exception_id)),
        mail=mail_line(record.submission if record else result.submission_of.get(check.ledger_id or "")),
        places=tuple(_place(result, check, evidence) for evidence in check.evidence),
    )


def _place(result: RunResult, check: Check, evidence: Evidence) -> Place:
    row = result.row_of.get(result.ledger_id(check, evidence) or "")
    words = [row.item.name if row else "", evidence.place, METHODS.get(evidence.method, "")]
    if evidence.confidence < 1:
        words.append(f"识别可信度 {evidence.confidence:.0%}")
    picture = picture_name(evidence)
    shown = picture if picture in result.pictures else None
    return Place(evidence, " · ".join(word for word in words if word), evidence.quote, shown)


def _sources(result: RunResult, check: Check) -> Iterator[str]:
    """The way of each file through the mail, the files of the evidence first."""
    ids = [result.ledger_id(check, evidence) for evidence in check.evidence] or [check.ledger_id]
    record = result.who(check.application_id)
    if not any(ids) and record:
        ids = [filing.ledger_id for filing in record.filings if filing.role == "form"]
    for ledger_id in dict.fromkeys(ids):
        if ledger_id and ledger_id in result.row_of:
            yield result.row_of[ledger_id].item.path
