"""A cell's value as a spreadsheet displays it, for the number formats (ECMA-376 part 1, 18.8.30 and 18.8.31) in use.

Money, percentages and counts print as their format asks, with what it sets around them (¥, 万元). Dates print as
ISO 8601 as far as the format shows them, since their dress says nothing. A zero that a format shows as a dash prints
as 0: a dash would be read as blank. A minus that a format shows by colour alone is written out.
"""

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal

Value = str | int | float | bool | date | time | timedelta | None

SIGNIFICANT = 15  # digits that a spreadsheet keeps
_MOST_DECIMALS = 30  # what Excel allows
_GENERAL = frozenset({"", "general", "@", "g/通用格式"})
_SECTION = re.compile(r'((?:"[^"]*"|\\.|[^;"\\])*)(?:;|$)')
_DRESS = re.compile(r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<money>[^\]-]*)[^\]]*\]|[_*].|\[[^\]]*\]')
_PLACEHOLDERS = re.compile(r"[0#?](?:,?[0#?])*(?P<decimals>\.[0#?]*)?(?P<scale>,*)")


def displayed(value: Value, number_format: str) -> str:
    """The text that stands in the cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(Decimal(repr(value)), number_format)
    if isinstance(value, date):
        return _date(value, number_format)
    return value.isoformat() if isinstance(value, time) else str(value)


def _date(value: date, number_format: str) -> str:
    shown = _DRESS.sub("", number_format).lower()
    day = value.strftime("%Y-%m-%d" if "d" in shown or "y" not in shown else "%Y-%m")
    if isinstance(value, datetime) and (value.time() != time() or "h" in shown):
        return f"{day} {value.time().isoformat('seconds')}"
    return day


def _number(value: Decimal, number_format: str) -> str:
    section, explicit_sign = _section(value, number_format)
    bare = _DRESS.sub(_undressed, section)
    placeholders = _PLACEHOLDERS.search(bare)
    if not value.is_finite() or section.strip().lower() in _GENERAL or placeholders is None or _is_special(bare):
        return _general(value)
    prefix, suffix = bare[: placeholders.start()], bare[placeholders.end() :]
    value = value.scaleb(2 * bare.count("%") - 3 * len(placeholders["scale"]))
    digits = _digits(abs(value), placeholders[0], placeholders["decimals"] or "")
    sign = "-" if value < 0 and not explicit_sign and digits.strip("0.,") else ""
    return f"{sign}{prefix}{digits}{suffix}".strip().replace("\0", "")


def _section(value: Decimal, number_format: str) -> tuple[str, bool]:
    """The section of a format for a value's sign, and whether it writes a minus or brackets of its own."""
    sections = [match[1] for match in _SECTION.finditer(number_format)][:-1] or [number_format]
    if value < 0 and len(sections) > 1:
        return sections[1], any(sign in sections[1] for sign in "-(（")
    if value == 0 and len(sections) > 2 and re.search("[0#]", _DRESS.sub("", sections[2])):
        return sections[2], False
    return sections[0], False


def _undressed(dress: re.Match[str]) -> str:
    return dress["quoted"] or dress["escaped"] or dress["money"] or ""


def _is_special(bare: str) -> bool:
    """Fractions and scientific notation: their value is written out instead."""
    return bool(re.search(r"[0#?]\s*/|E[+-]", bare, re.IGNORECASE))


def _general(value: Decimal) -> str:
    """Plain digits; beyond what a spreadsheet keeps, a float's last digits are noise, an integer's are not."""
    if value == value.to_integral_value():
        return format(value.to_integral_value(), "f") if value else "0"
    return format(Context(prec=SIGNIFICANT).plus(value).normalize(), "f")


def _digits(value: Decimal, placeholders: str, decimals: str) -> str:
    places = min(sum(char in "0#?" for char in decimals), _MOST_DECIMALS)
    exact = value if value == value.to_integral_value() else Context(prec=SIGNIFICANT).plus(value)
    rounded = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, Context(prec=400))
    grouping = "," in placeholders.split(".")[0].rstrip(",")
    text = format(rounded, ",f" if grouping else "f")
    optional = len(decimals) - len(decimals.rstrip("#?"))
    for _ in range(optional):
        text = text.removesuffix("0") if "." in text else text
    whole, point, fraction = text.removesuffix(".").partition(".")
    return whole.zfill(sum(char == "0" for char in placeholders.split(".")[0])) + point + fraction
