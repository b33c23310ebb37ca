"""Spaces in what a recogniser read: false ones between figures that are set wide, 1 30 6 for １３０６, and those
that it does not see where paper parts two words."""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median
from unicodedata import category

import numpy as np
import numpy.typing as npt

from extractors.ocr import Reading

_PAPER = 0.37  # of a line's height, half a character's width: so much paper behind a character is a space
_FURTHER = 1.35, 1.7  # times what the characters are wide, two figures more: from there they are apart
_NARROW = 0.55  # of a Chinese character's width: a figure's
_MARGIN = 0.15  # of a line's height above and below, where rules and the next lines' strokes may stand
_HALF_BLANK = frozenset("，。、；！？）〕】》”’％,.;!?)%")  # half of their square may be paper behind them
_ATTACHED = frozenset(
    ":：_，。、；！？（〔【《“‘￥）〕】》”’％,.;!?()%"
)  # paper before these, and around a colon, tells nothing
_WIDER = 1.4  # times the distance of two characters without a space between them: from there a space is one
_FEWEST = 4  # digits that stand one by one: fewer may be a list
# （ 务必填写）, but not a blank in brackets that is to be ticked.
_WITHIN_BRACKETS = re.compile(r"(?<=[（(〔【《“‘]) +(?![ ）)〕】》”’])|(?<![ （(〔【《“‘]) +(?=[）)〕】》”’])")
_WITHIN_DATE = re.compile(r"(?<=年)(?=\d{1,2}月)|(?<=月)(?=\d{1,2}日)")  # paper there is the face's, and parts nothing
_SQUARE = 0.9  # of a line's height: three that stand no further apart are as wide as Chinese characters


def without_false_spaces(reading: Reading, shape: tuple[int, ...]) -> Reading:
    """The reading without the spaces that brackets have of themselves on their inner side, and without those between
    figures that stand no further apart than those without a space.

    `shape` is that of the crop that was read."""
    within = {index for match in _WITHIN_BRACKETS.finditer(reading.text) for index in range(*match.span())}
    return _without_even_spaces(_without(reading, within), shape)


def _without(reading: Reading, places: set[int]) -> Reading:
    """The reading without the characters at these places."""
    kept = [index for index in range(len(reading.text)) if index not in places]
    text, middles = "".join(reading.text[i] for i in kept), tuple(reading.places[i] for i in kept)
    return replace(reading, text=text, places=middles) if places else reading


def _without_even_spaces(reading: Reading, shape: tuple[int, ...]) -> Reading:
    if " " not in reading.text:
        return reading
    placed = [(index, place) for index, place in enumerate(reading.places) if reading.text[index] != " "]
    near = [b - a for (i, a), (j, b) in pairwise(placed) if j == i + 1 and _in_figure(reading.text, i, j)]
    apart = _apart(reading, shape[1] / shape[0])
    if not (near or apart):
        return reading
    widest = _WIDER * max(apart or near)
    false = {
        index
        for (i, a), (j, b) in pairwise(placed)
        if j > i + 1 and _in_figure(reading.text, i, j) and b - a < widest
        for index in range(i + 1, j)
    }
    return _without(reading, false)


def _apart(reading: Reading, length: float) -> list[float]:
    """The distances of the digits where a space stands before each of them and all stand equally far apart.

    `length` is the line's, in its heights."""
    digits = [(place, char) for place, char in zip(reading.places, reading.text, strict=True) if char not in " .,%"]
    if len(digits) < _FEWEST - 1 or not all(char.isdigit() for _, char in digits):
        return []
    if any(len(part.strip(".,%")) > 1 for part in reading.text.split(" ")):
        return []
    between = [b - a for (a, _), (b, _) in pairwise(digits)]
    if len(digits) < _FEWEST and max(between) * length > _SQUARE:
        return []
    even = [distance for distance in between if distance < _WIDER * min(between)]
    return between if len(between) - len(even) <= sum(reading.text.count(point) for point in ".,") else []


def _in_figure(text: str, left: int, right: int) -> bool:
    return (text[left].isdigit() or text[left] in ".,") and (text[right].isdigit() or text[right] in ".,%")


def with_gaps(reading: Reading, ink: npt.NDArray[np.uint8]) -> Reading:
    """The reading with a space where paper parts two words of which it made one: cells, or a label and its value.

    `ink` is the crop that was read, 255 where there is ink. Words of which all characters are set apart stay."""
    height, width = ink.shape
    text, places = list(reading.text), list(reading.places)
    within = {match.start() for match in _WITHIN_DATE.finditer(reading.text)}
    found = []
    for start, end in _paper(ink):
        if end - start <= _PAPER * height:
            continue
        middle = (start + end) / 2 / width
        index = bisect_left(places, middle)
        if index in within:
            continue
        if 0 < index < len(text) and end - start > _PAPER * height * (1 + _inner(text[index - 1], text[index])):
            found.append((index, middle))
    if not found:
        return reading
    ends = [0, *(i for i, char in enumerate(text) if char.isspace()), *(index for index, _ in found), len(text)]
    for index, middle in reversed(found):
        if _is_further(reading, index) and not _is_single(reading.text, index, ends):
            text.insert(index, " ")
            places.insert(index, middle)
    return replace(reading, text="".join(text), places=tuple(places))


def _paper(ink: npt.NDArray[np.uint8]) -> list[tuple[int, int]]:
    """From where to where no ink stands between the first and the last of the crop's characters."""
    margin = round(_MARGIN * len(ink))
    blank = np.asarray(~(ink[margin : len(ink) - margin] > 0).any(axis=0))
    edges = np.flatnonzero(blank[1:] != blank[:-1]) + 1
    return [(a, b) for a, b in pairwise(edges.tolist()) if blank[a]]


def _inner(left: str, right: str) -> float:
    """How many times more paper between two characters is their own; endless where a space would tell nothing."""
    if (
        right in _ATTACHED
        or left in ":：_.（(〔【《“‘"
        or any(one.isspace() or category(one)[0] == "S" for one in (left, right))
    ):
        return float("inf")
    return float(left in _HALF_BLANK)


def _is_single(text: str, index: int, ends: Sequence[int]) -> bool:
    """Whether a space would set a character apart from both sides, or a Chinese one from the rest: 传　真, １号."""
    single = [at for at, end in ((index - 1, index - 1), (index, index + 1)) if end in ends]
    return any(_is_chinese(text[at]) or 0 < at < len(text) - 1 for at in single)


def _is_further(reading: Reading, index: int) -> bool:
    """Whether two characters stand further apart than the widths of their kinds, which the line tells, account for."""
    kinds = [next((kind for kind in (_is_chinese, str.isdigit) if kind(char)), None) for char in reading.text]
    left, right = kinds[index - 1], kinds[index]
    if left is None or right is None:
        return True
    pitches = {kind: _pitch(reading, kind) for kind in (_is_chinese, str.isdigit)}
    chinese = pitches[_is_chinese] or pitches[str.isdigit] / _NARROW
    widths = {_is_chinese: chinese, str.isdigit: pitches[str.isdigit] or _NARROW * chinese}
    own = reading.places[index] - reading.places[index - 1]
    return own > (_FURTHER[1] if left is right is str.isdigit else _FURTHER[0]) * (widths[left] + widths[right]) / 2


def _pitch(reading: Reading, is_kind: Callable[[str], bool]) -> float:
    """How far characters of a kind stand from each other, as a fraction of the crop's width; 0 where nothing tells."""
    placed = list(zip(reading.text, reading.places, strict=True))
    apart = [right - left for (a, left), (b, right) in pairwise(placed) if is_kind(a) and is_kind(b)]
    return median(apart) if apart else 0.0


def _is_chinese(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff"
