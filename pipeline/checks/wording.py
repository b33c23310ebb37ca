"""Values as staff write them."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from pipeline.model import CHINA, FieldSpec, FieldValue, Period, Value

_WAN = Decimal(10_000)
_BRIEF = 60  # characters of an answer that a sentence can bear


def amount(yuan: Decimal) -> str:
    """864000.00 → 86.4万元, but 299999.99 → 299,999.99元: in 万元 up to four decimals, and nothing is rounded away."""
    if yuan != yuan.to_integral_value():
        return f"{yuan:,.2f}元"
    return f"{_plain(yuan / _WAN)}万元"


def share(fraction: Decimal) -> str:
    """0.6667 → 66.67%."""
    return f"{_plain(fraction * 100)}%"


def brief(text: str) -> str:
    """An answer as a sentence cites it: on one line, and a long one by its beginning."""
    line = " ".join(text.split())
    return line if len(line) <= _BRIEF else line[:_BRIEF] + "…"


def day(value: date) -> str:
    return f"{value.year}年{value.month}月{value.day}日"


def moment(value: datetime) -> str:
    """In China's time, to the second."""
    local = value.astimezone(CHINA)
    return f"{day(local)}{local:%H:%M:%S}"


def span(value: Period) -> str:
    return f"{day(value.start)}至{day(value.end)}"


def shown(spec: FieldSpec, claim: FieldValue) -> str:
    """A claim as the form's reader would say it; what was written where it has no value."""
    if claim.value is None:
        return (claim.raw or "").strip()
    return said(spec, claim.value)


def said(spec: FieldSpec, value: Value) -> str:
    match value:
        case Decimal():
            return share(value) if spec.kind == "percent" else amount(value)
        case date():
            return day(value)
        case Period():
            return span(value)
        case tuple():
            rows = [row for row in value if isinstance(row, Mapping)]
            codes = [_option(spec, code) for code in value if isinstance(code, str)]
            return "、".join(codes) if codes else "；".join(_row(spec, row) for row in rows)
        case _:
            return _option(spec, str(value))


def _option(spec: FieldSpec, code: str) -> str:
    return next((option.labels[0] for option in spec.options if option.code == code), code)


def _row(spec: FieldSpec, row: Mapping[str, FieldValue]) -> str:
    return " ".join(shown(column, row[column.name]) for column in spec.columns if column.name in row)


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
