"""Dates and periods as applicants write them."""

import calendar
import re
from dataclasses import dataclass
from datetime import date

import cn2an

from pipeline.model import Period, Problem
from pipeline.normalise_base import Normalised, half_width, refuse, settle_digits

_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_YEAR_DIGITS = str.maketrans("〇○零Oo一二三四五六七八九壹贰叁肆伍陆柒捌玖", "00000" + "123456789" * 2)
_DASH_MISREAD = re.compile(r"(?<=[日月\d])一(?=(?:19|20)\d\d)")  # 2023年6月23日—2023年12月19日
_SPELT_YEAR = re.compile(r"[〇○零Oo一二三四五六七八九壹贰叁肆伍陆柒捌玖]{4}(?=年)")
_SPELT_PART = re.compile(r"[〇零一二三四五六七八九十廿卅壹贰叁肆伍陆柒捌玖拾]+(?=[月日号])")
_TIME = re.compile(r"[T\s]\s*\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?")

_Y, _M, _D = r"(?P<y>\d{4})", r"(?P<m>\d{1,2})", r"(?P<d>\d{1,2})"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_Y}年{_M}月{_D}[日号]?",
        rf"{_Y}(?P<s>[-./、·]){_M}(?P=s){_D}",
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
        rf"{_Y}年{_M}月份?",
        rf"{_Y}[-./]{_M}",
    )
)
_END_ONLY = tuple(re.compile(p) for p in (rf"{_M}月{_D}[日号]?", rf"{_M}[-./]{_D}", rf"{_M}月份?"))
_DASH_LOST = re.compile(r"(?<=\d)\s*\n\s*(?=(?:19|20)\d\d[-./、·年])")  # a narrow cell broke the line at it
_LENGTH = re.compile(r"\(?(?:共|合计|共计|为期)\d{1,3}个?[年月天日]\)?$")  # what a period adds about itself
_WHOLE_YEAR = re.compile(rf"{_Y}年?(?:度|全年)?")
_MONTHS_OF_YEAR = re.compile(rf"{_Y}年{_M}月?[-~至到](?P<to>\d{{1,2}})月份?")


@dataclass(frozen=True, slots=True)
class _Day:
    """A date as written: the day is None when only the month was given."""

    year: int
    month: int
    day: int | None

    def first(self) -> date:
        return date(self.year, self.month, self.day or 1)

    def last(self) -> date:
        return date(self.year, self.month, self.day or calendar.monthrange(self.year, self.month)[1])


def calendar_date(raw: str, *, ocr: bool) -> Normalised:
    """A day. A month alone stands for its first day, with the Problem ``month-only``; a year alone is no date."""
    day = _day(_plain(raw, ocr=ocr))
    if day is None:
        return refuse("unreadable", f"“{raw.strip()}”读不出日期")
    only_month = Problem("month-only", f"“{raw.strip()}”只写到月，按当月1日计") if day.day is None else None
    return Normalised(day.first(), None, only_month)


def period(raw: str, *, ocr: bool) -> Normalised:
    """From the first day to the last, both counted in. A month alone runs from its first day to its last."""
    text = _LENGTH.sub("", _plain(_DASH_LOST.sub("~", raw), ocr=ocr))
    text = re.sub(r"[止()]|^自|^从", "", text).replace("起", "")
    found = _months_of_year(text) or _whole_year(text) or _two_days(text)
    if found is None:
        return refuse("unreadable", f"“{raw.strip()}”读不出起止时间")
    if found.end < found.start:
        return refuse("reversed", f"“{raw.strip()}”的结束早于开始")
    return Normalised(found)


def _plain(raw: str, *, ocr: bool) -> str:
    text = re.sub(r"\s+", "", _TIME.sub("", half_width(raw))).rstrip("。.;,")
    text = _DASH_MISREAD.sub("-", text) if ocr else text
    text = _SPELT_YEAR.sub(lambda m: m[0].translate(_YEAR_DIGITS), text)
    text = _SPELT_PART.sub(lambda m: str(cn2an.cn2an(m[0], "smart")), text)
    return settle_digits(text) if ocr else text


def _valid(year: int, month: int, day: int | None) -> _Day | None:
    if not (_FIRST_YEAR <= year <= _LAST_YEAR and 1 <= month <= 12):
        return None
    if day is not None and not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return _Day(year, month, day)


def _day(text: str) -> _Day | None:
    for pattern in _DATES:
        if match := pattern.fullmatch(text):
            parts = match.groupdict()
            return _valid(int(parts["y"]), int(parts["m"]), int(parts["d"]) if parts.get("d") else None)
    return None


def _end_day(text: str, start: _Day) -> _Day | None:
    """A whole date, or a month and a day in the year of the start."""
    for pattern in _END_ONLY:
        if match := pattern.fullmatch(text):
            day = match.groupdict().get("d")
            return _valid(start.year, int(match["m"]), int(day) if day else None)
    return _day(text)


def _two_days(text: str) -> Period | None:
    """Split at each mark that may stand between two dates; the one split that leaves a date on both sides counts."""
    periods = set()
    for mark in re.finditer(r"-{1,2}|~+|至|到|(?<=日)(?=20\d\d年)", text):
        start = _day(text[: mark.start()].rstrip("-~至到:"))
        end = _end_day(text[mark.end() :].lstrip("-~至到:"), start) if start else None
        if start and end:
            periods.add(Period(start.first(), end.last()))
    return periods.pop() if len(periods) == 1 else None


def _months_of_year(text: str) -> Period | None:
    match = _MONTHS_OF_YEAR.fullmatch(text)
    if match is None:
        return None
    start, end = (_valid(int(match["y"]), int(match[group]), None) for group in ("m", "to"))
    return Period(start.first(), end.last()) if start and end else None


def _whole_year(text: str) -> Period | None:
    match = _WHOLE_YEAR.fullmatch(text)
    year = int(match["y"]) if match else 0
    return Period(date(year, 1, 1), date(year, 12, 31)) if _FIRST_YEAR <= year <= _LAST_YEAR else None
