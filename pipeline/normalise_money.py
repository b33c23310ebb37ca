"""Amounts, percentages and whole numbers as applicants write them."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

import cn2an

from pipeline.model import Problem
from pipeline.normalise_base import CHINESE_DIGITS, Normalised, half_width, refuse, settle_digits

CENT, BASIS_POINT = Decimal("0.01"), Decimal("0.0001")
# No applicant's figure comes near it (a thousand trillion yuan); a longer one is two numbers run together.
_LARGEST = Decimal("1e15")

UNITS = {
    "元": Decimal(1),
    "百元": Decimal(100),
    "千元": Decimal(1_000),
    "万元": Decimal(10_000),
    "十万元": Decimal(100_000),
    "百万元": Decimal(1_000_000),
    "千万元": Decimal(10_000_000),
    "亿元": Decimal(100_000_000),
}
_UNIT = re.compile(r"(?:千万|百万|十万|亿|万|千|百)?元")
_NUMBER = r"\d[\d,.\s]*"
_DIGITS_THEN_UNIT = re.compile(rf"({_NUMBER})(亿|千万|百万|十万|万|千|百)?")
_NUMERAL = rf"[{CHINESE_DIGITS}万亿点]+"
_CAPITALS = re.compile(rf"({_NUMERAL})(?:元|圆)?(?:([{CHINESE_DIGITS}])角)?(?:([{CHINESE_DIGITS}])分)?(?:整|正)?")
_CAPITALS_MISREAD = str.maketrans("伯什任贷武捡叄式", "佰仟仟贰贰拾叁贰")  # no numeral has the former
_WRITTEN_TWICE = re.compile(rf"\(?(?:大写|小写)\)?:?|(?<=[元圆整])\((?={_NUMERAL}|\d)")
_APPROXIMATE = re.compile(r"约|大概|左右|上下|余|多|近|超|不低于|不少于|不足|以上|以下|以内|[<>≤≥≈+]")
_FOREIGN = re.compile(r"美元|美金|港元|港币|欧元|日元|英镑|USD|HKD|EUR|JPY|[$€£]", re.IGNORECASE)
_CURRENCY = re.compile(r"人民币|RMB|CNY|[¥￥]", re.IGNORECASE)
_CURRENCY_SIGN = re.compile("[¥￥]")
_LOSS = re.compile(r"^(?:净?亏损?|负)(?=[\d(])")
_RANGE = re.compile(r"\d[^\d]*(?:-|~|至|到)[^\d]*\d")


def money(raw: str, unit: str | None, own_unit: str | None, *, ocr: bool) -> Normalised:
    """An amount in yuan, to the cent, and the unit it stood in.

    The unit in the value goes before the one in the label, this before ¥, and ¥ before the field's own. An amount
    in digits and in capital numerals has to agree with itself.
    """
    text = _plain(raw, ocr=ocr)
    if _FOREIGN.search(text):
        return refuse("currency", f"“{raw.strip()}”不是人民币金额")
    if trouble := _vague(raw, text):
        return trouble
    label = _unit_of(unit) or ("元" if _CURRENCY_SIGN.search(text) else _unit_of(own_unit)) or "元"
    parts = [part for part in _WRITTEN_TWICE.split(_CURRENCY.sub("", text)) if part.strip("():;,")]
    for fallback in dict.fromkeys((label, "元") if len(parts) > 1 else (label,)):
        readings = [_amount(part, fallback, ocr=ocr) for part in parts]
        if not readings or None in readings:
            return refuse("unreadable", f"“{raw.strip()}”读不出金额")
        amounts = [reading for reading in readings if reading is not None]
        if len({value for value, _ in amounts}) == 1:
            return _to_the_cent(*amounts[0], raw)
    return refuse("ambiguous", f"“{raw.strip()}”的大小写金额不一致")


def percent(raw: str, unit: str | None, *, ocr: bool) -> Normalised:
    """A share as a fraction to four places. Without a sign, more than 1 is a percentage; at most 1 is a fraction when
    written with two decimals or more, and else ambiguous ("1" may be 1 % or all of it)."""
    text = _plain(raw, ocr=ocr)
    if trouble := _vague(raw, text):
        return trouble
    if match := re.fullmatch(rf"百分之({_NUMERAL})", text):
        number, divisor = _chinese(match[1]), 100
    else:
        bare = text.rstrip("%‰")
        sign = text[len(bare) :] or ("‰" if unit and "‰" in unit else "%" if unit and re.search("[%％]", unit) else "")
        number = _decimal(bare, ocr=ocr)
        divisor = {"": 0, "%": 100, "‰": 1000}.get(sign, 0)
        if number is not None and not divisor:
            divisor = _divisor_without_sign(number)
            if not divisor:
                return refuse("ambiguous", f"“{raw.strip()}”没有百分号，分不清是比例还是百分数")
    if number is None or abs(number) > 10_000:
        return refuse("unreadable", f"“{raw.strip()}”读不出百分比")
    return Normalised((number / divisor).quantize(BASIS_POINT, ROUND_HALF_UP), "%" if divisor == 100 else None)


def integer(raw: str, unit: str | None, *, ocr: bool) -> Normalised:
    """A whole number, with or without a counter (人, 名, 个)."""
    text = re.sub(r"[人名个位家项台套]$", "", _plain(raw, ocr=ocr))
    if trouble := _vague(raw, text):
        return trouble
    number = _chinese(text) if re.fullmatch(_NUMERAL, text) else _decimal(text, ocr=ocr)
    if number is None or number != number.to_integral_value() or number > _LARGEST:
        return refuse("unreadable", f"“{raw.strip()}”读不出整数")
    return Normalised(int(number), unit)


def _plain(raw: str, *, ocr: bool) -> str:
    """Half-width; a number that a narrow cell broke over lines is one again; spaces stay where they part digits."""
    text = re.sub(r"\s*\n\s*", "", half_width(raw).strip())
    text = re.sub(r"(?<=\d)\s*[·•∙・]\s*(?=\d)", ".", text) if ocr else text
    text = re.sub(r"(?<=[\d,.])\s+(?=[,.])|(?<=[,.])\s+(?=\d)|(?<!\d)\s+|\s+(?!\d)", "", text)
    text = text.strip(":;,。、").rstrip(".")
    return settle_digits(text) if ocr and not re.search(r"RMB|CNY|USD|HKD|EUR", text, re.IGNORECASE) else text


def _vague(raw: str, text: str) -> Normalised | None:
    if _APPROXIMATE.search(text):
        return refuse("ambiguous", f"“{raw.strip()}”是约数，不是确切数字")
    if _RANGE.search(text):
        return refuse("ambiguous", f"“{raw.strip()}”是范围，不是一个数")
    return None


def _unit_of(text: str | None) -> str | None:
    found = _UNIT.search(half_width(text)) if text else None
    return found[0] if found else None


def _amount(part: str, fallback: str, *, ocr: bool) -> tuple[Decimal, str] | None:
    """One way of writing an amount → yuan and the unit it stood in; None when it is not one."""
    negative, text = _sign(part.strip(":;,"))
    stripped = re.sub(r"\(?((?:千万|百万|十万|亿|万|千|百)?元|万|亿)整?\)?$", r"\1", text).strip("()")
    numeral = stripped.translate(_CAPITALS_MISREAD) if ocr else stripped
    found = _digits(stripped, fallback, ocr=ocr) or _capitals(numeral, fallback)
    return found and ((-found[0] if negative else found[0]), found[1])


def _sign(text: str) -> tuple[bool, str]:
    bracketed = re.fullmatch(r"\(([\d,.]+)\)((?:千万|百万|十万|亿|万|千|百)?元?)", text)
    if bracketed:
        return True, bracketed[1] + bracketed[2]
    bare = _LOSS.sub("", text)
    if bare != text:
        return True, bare
    return text.startswith("-"), text.removeprefix("-")


def _digits(text: str, fallback: str, *, ocr: bool) -> tuple[Decimal, str] | None:
    """86.4, 86.4万元, 3亿2000万元: digits with a unit each, the larger first."""
    body = text.removesuffix("元")
    parts = list(_DIGITS_THEN_UNIT.finditer(body))
    if not parts or "".join(p[0] for p in parts) != body:
        return None
    numbers = [_decimal(p[1], ocr=ocr) for p in parts]
    units = [f"{p[2] or ''}元" for p in parts]
    if len(parts) == 1:
        applied = units[0] if parts[0][2] or text != body else fallback
        return None if numbers[0] is None else (numbers[0] * UNITS[applied], applied)
    scales = [UNITS[u] for u in units]
    if None in numbers or scales != sorted(set(scales), reverse=True):
        return None
    return sum((n * s for n, s in zip(numbers, scales, strict=True) if n is not None), Decimal(0)), "元"


def _capitals(text: str, fallback: str) -> tuple[Decimal, str] | None:
    """人民币捌拾陆万肆仟元整. A numeral with 万, 亿 or 元 in it is in yuan, another in the label's unit."""
    match = _CAPITALS.fullmatch(text)
    whole = _chinese(match[1]) if match else None
    if match is None or whole is None:
        return None
    if not re.search("[万亿元圆角分]", text):
        return whole * UNITS[fallback], fallback
    dimes, cents = (_chinese(match[group]) if match[group] else Decimal(0) for group in (2, 3))
    if dimes is None or cents is None:
        return None
    return whole + dimes / 10 + cents / 100, "元"


def _chinese(numeral: str) -> Decimal | None:
    try:
        return Decimal(str(cn2an.cn2an(numeral.replace("○", "〇"), "normal")))
    except (ValueError, InvalidOperation):
        return None


def _decimal(text: str, *, ocr: bool) -> Decimal | None:
    """Digits with thousands in commas or spaces; what a recogniser made of , and . only where one reading is left."""
    number = re.sub(r"(?<=\d)\s(?=\d{3}(?!\d))", "", text)
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", number):
        number = number.replace(",", "")
    elif ocr:
        number = _settle_separators(number)
    return Decimal(number) if re.fullmatch(r"-?\d+(\.\d+)?", number) and len(number) < 40 else None


def _settle_separators(number: str) -> str:
    """1.234.56 and 1,234,56 have one reading: the last mark is the point. So has 86,4: thousands take three digits."""
    if re.fullmatch(r"(\d{1,3}([,.]\d{3})+[,.]|\d+,)(\d{1,2}|\d{4,6})", number):
        whole, _, rest = number.replace(",", ".").rpartition(".")
        return f"{whole.replace('.', '')}.{rest}"
    if re.fullmatch(r"\d{1,3}([,.]\d{3}){2,}", number):
        return re.sub("[,.]", "", number)
    return number


def _to_the_cent(value: Decimal, unit: str, raw: str) -> Normalised:
    if abs(value) >= _LARGEST:
        return refuse("unreadable", f"“{raw.strip()}”大得不像金额")
    rounded = value.quantize(CENT, ROUND_HALF_UP)
    rounding = Problem("rounded", f"“{raw.strip()}”不足一分的部分已四舍五入") if rounded != value else None
    return Normalised(rounded, unit, rounding)


def _divisor_without_sign(number: Decimal) -> int:
    """1 for a fraction, 100 for a percentage, 0 when it may be either."""
    if abs(number) > 1:
        return 100
    exponent = number.as_tuple().exponent
    return 1 if number == 0 or (isinstance(exponent, int) and exponent <= -2) else 0
