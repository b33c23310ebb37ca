"""Checks of the purchases of computing services: in the year, enough, direct, invoiced."""

from collections.abc import Iterator
from decimal import Decimal
from enum import Enum

from pipeline.checks.figures import NONE, column_total
from pipeline.checks.given import Cells, Finding, Given
from pipeline.checks.wording import amount, span
from pipeline.companies import alike, same_company
from pipeline.model import Method, Period

TABLE = "compute_contracts"


class Overlap(Enum):
    WITHIN = "within"
    PARTLY = "partly"
    OUTSIDE = "outside"


def overlap(period: Period, year: Period) -> Overlap:
    """How a period lies to the year, both with their last day."""
    if year.start <= period.start and period.end <= year.end:
        return Overlap.WITHIN
    if period.end < year.start or year.end < period.start:
        return Overlap.OUTSIDE
    return Overlap.PARTLY


def amount_in_year(given: Given) -> Finding:
    """The purchases within the year reach the minimum. One partly outside counts only where it cannot decide."""
    year, minimum = _year(given), given.number("minimum")
    counted = dict.fromkeys(Overlap, NONE)
    for row in given.rows(TABLE):
        paid, period = row["amount"], row["period"]
        if isinstance(paid, Decimal) and isinstance(period, Period):
            counted[overlap(period, year)] += paid
    certain, open_ = counted[Overlap.WITHIN], counted[Overlap.PARTLY]
    fills = {"counted": amount(certain), "open": amount(open_), "minimum": amount(minimum), "year": span(year)}
    least, most = min(certain, certain + open_), max(certain, certain + open_)
    key = "pass" if least >= minimum else "fail" if most < minimum else "undetermined-partly"
    return Finding(key, fills, claimed=amount(certain), expected=f"不低于{amount(minimum)}")


def periods_in_year(given: Given) -> Finding:
    """The whole period and each contract's lie within the year; every one that does not is named."""
    year = _year(given)
    periods = [(given.label("compute_period"), given.period("compute_period"))]
    periods += [
        (_name(given, number, row), p) for number, row in _numbered(given) if isinstance(p := row["period"], Period)
    ]
    strays = [f"{name}（{span(period)}）" for name, period in periods if overlap(period, year) is not Overlap.WITHIN]
    listed = "、".join(strays)
    key = "fail" if strays else "pass"
    return Finding(
        key, {"strays": listed, "year": span(year)}, claimed=listed or span(periods[0][1]), expected=span(year)
    )


def bought_from_others(given: Given) -> Finding:
    """No purchase is from the applicant itself."""
    applicant = given.text("applicant_name")
    own, near = [], []
    for number, row in _numbered(given):
        provider = str(row["provider_name"])
        if same_company(provider, applicant):
            own.append(_name(given, number, row))
        elif _is_recognised(given, number) and alike(provider, applicant):
            near.append(_name(given, number, row))
    key = "fail" if own else "undetermined-alike" if near else "pass"
    fills = {"contracts": "、".join(own or near), "applicant": applicant}
    return Finding(key, fills, claimed=str(fills["contracts"]), expected="向算力服务企业直接购买")


def invoiced(given: Given) -> Finding:
    """The invoices cover the contracts' amounts, over all purchases."""
    billed, bought = (column_total(given, TABLE, column) for column in ("invoiced", "amount"))
    fills = {"billed": amount(billed), "bought": amount(bought), "shortfall": amount(max(bought - billed, NONE))}
    return Finding(
        "pass" if billed >= bought else "fail", fills, claimed=amount(billed), expected=f"不低于{amount(bought)}"
    )


def _year(given: Given) -> Period:
    return Period(given.date_of("first_day"), given.date_of("last_day"))


def _numbered(given: Given) -> Iterator[tuple[int, Cells]]:
    return enumerate(given.rows(TABLE), start=1)


def _name(given: Given, number: int, row: Cells) -> str:
    contract = row.get("contract_no")
    return f"第{number}行合同{contract}" if contract else f"第{number}行合同"


def _is_recognised(given: Given, number: int) -> bool:
    cells = dict(given.cells(TABLE, "provider_name"))
    cell = cells.get(number)
    return cell is not None and cell.evidence.method is Method.OCR
