"""Checks of software and hardware products: whose rights, since when on the market, and who uses them."""

import re
from collections.abc import Sequence

from pipeline.checks.gate import gate, is_doubtful, is_surely_blank
from pipeline.checks.given import Finding, Given
from pipeline.checks.wording import day
from pipeline.companies import alike, same_company
from pipeline.model import CHINA, FieldValue, Method

_BETWEEN_OWNERS = re.compile(r"[、，,；;/\n]|(?<=[公司学院所])[和与及]")


def owned_right(given: Given) -> Finding:
    """At least one right is the applicant's, alone or with others. A row that is not sure cannot make it fail."""
    applicant = given.text("applicant_name")
    owners = [cell for _, cell in given.cells("ip_rights", "owner")]
    named = "、".join(dict.fromkeys(_words(owners)))
    fills: dict[str, object] = {"applicant": applicant, "owners": named, "count": len(owners)}
    trusted = [cell for cell in owners if cell and cell.value is not None and not is_doubtful(given, cell)]
    if any(_is_owner(applicant, cell) for cell in trusted):
        return Finding("pass", fills, claimed=str(fills["owners"]), expected=applicant)
    if doubt := gate(given, ("ip_rights.owner",)):
        return doubt
    near = any(cell.evidence.method is Method.OCR and alike(str(cell.value), applicant) for cell in trusted)
    return Finding("undetermined-alike" if near else "fail", fills, str(fills["owners"]), applicant)


def on_market(given: Given) -> Finding:
    """Launched by the day received, and used by at least one customer."""
    launched, received = given.day("launched_on"), given.record.received_at
    if received is None:
        raise TypeError("received_at is not known")
    arrived = received.astimezone(CHINA).date()
    fills: dict[str, object] = {"launched": day(launched), "received": day(arrived)}
    if launched > arrived:
        return Finding("fail-later", fills, day(launched), f"不晚于{day(arrived)}", ("launched_on",))
    if _may_be_later(given, arrived.year * 12 + arrived.month):
        return Finding("undetermined-month", fills, day(launched), f"不晚于{day(arrived)}", ("launched_on",))
    customers = [cell for _, cell in given.cells("customers", "customer_name")]
    sure = [cell for cell in customers if cell and cell.value is not None and not is_doubtful(given, cell)]
    if sure:
        return Finding("pass", {**fills, "customers": "、".join(_words(sure))}, claimed="、".join(_words(sure)))
    if given.record.value("customers") == () and is_surely_blank(given, "customers"):
        return Finding("fail-customer", fills, "没有用户", "至少一个用户", ("customers",))
    return gate(given, ("customers.customer_name",)) or Finding("fail-customer", fills, fields=("customers",))


def _may_be_later(given: Given, month_received: int) -> bool:
    """Only the month of the launch was written, and it is the month received."""
    claim = given.claim("launched_on")
    launched = given.day("launched_on")
    month_only = claim is not None and claim.problem is not None and claim.problem.code == "month-only"
    return month_only and launched.year * 12 + launched.month == month_received


def _is_owner(applicant: str, cell: FieldValue) -> bool:
    whole = str(cell.value)
    return any(same_company(owner, applicant) for owner in (whole, *_BETWEEN_OWNERS.split(whole)) if owner)


def _words(cells: Sequence[FieldValue | None]) -> list[str]:
    return [str(cell.value) for cell in cells if cell is not None and cell.value is not None]
