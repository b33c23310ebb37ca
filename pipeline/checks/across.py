"""Checks of when an application came, and of what else its applicant sent."""

from pipeline.checks.given import Finding, Given
from pipeline.checks.wording import day, moment
from pipeline.model import CHINA, ApplicationRecord


def received_in_time(given: Given) -> Finding:
    """Received by the end of the last day, China's time."""
    until, received = given.date_of("until"), given.record.received_at
    if received is None:
        raise TypeError("received_at is not known")
    fills = {"received": moment(received), "until": day(until)}
    key = "pass" if received.astimezone(CHINA).date() <= until else "fail"
    return Finding(key, fills, claimed=fills["received"], expected=f"{fills['until']}24时前", fields=())


def one_per_direction(given: Given) -> Finding:
    """The applicant has no other application in this direction; a resubmission has replaced the older one before."""
    others = [other for other in _others(given) if other.direction == given.record.direction]
    return _with_others(given, others)


def exclusive(given: Given) -> Finding:
    """The applicant has not applied in both of the directions that exclude each other."""
    pair = given.words("pair")
    own = given.record.direction
    others = [other for other in _others(given) if own in pair and other.direction in pair and other.direction != own]
    return _with_others(given, others)


def _others(given: Given) -> list[ApplicationRecord]:
    peers = given.context.by_uscc.get(given.text("uscc"), ())
    return [peer for peer in peers if peer.application_id != given.record.application_id]


def _with_others(given: Given, others: list[ApplicationRecord]) -> Finding:
    if not others:
        return Finding("pass", {"name": given.record.value("applicant_name") or ""})
    listed = "、".join(_described(given, other) for other in others)
    evidence = tuple(claim.evidence for other in others if (claim := other.get("project_name")) is not None)
    fills = {"others": listed, "name": given.record.value("applicant_name") or "", "count": len(others) + 1}
    return Finding("fail", fills, claimed=_described(given, given.record), expected=listed, evidence=evidence)


def _described(given: Given, record: ApplicationRecord) -> str:
    direction = given.option("direction", record.direction or "")
    project = record.value("project_name") or "项目名称未读出"
    received = f"（{moment(record.received_at)}收到）" if record.received_at else ""
    return f"{direction}《{project}》{received}"
