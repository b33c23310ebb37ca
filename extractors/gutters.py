"""Where the columns of a table without rules part, and what was read across them cut there. Pure geometry.

A recogniser reads cells that stand near to each other as one line with a space between, or with none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, combinations_with_replacement, pairwise
from math import comb
from statistics import median_low

from extractors.lines import halves, setting
from pipeline.model import BBox

_REACH = 6.0  # half widths of a character: so far from the gutter may the cut be reckoned
_FUSED = 1.0  # half widths: how much nearer a cut without a space must be
_MOST_WAYS = 5000
_FEWEST = 4  # half widths of a text that tells the width of its characters
_KINDS = re.compile(r"(?<=[\u4e00-\u9fff）〕])(?=[0-9A-Za-z])|(?<=[0-9])(?=[\u4e00-\u9fff])")  # 有限公司|289.55
_DATE = re.compile(r"20\d\d年\d{1,2}月(?:\d{1,2}日)?")


@dataclass(frozen=True, slots=True)
class Gutter:
    """The paper between two columns, from `left` to `right`."""

    left: float
    right: float

    def aside(self, x0: float, x1: float) -> float:
        """How far from it the paper from `x0` to `x1` lies; 0 where they overlap."""
        return max(self.left - x1, x0 - self.right, 0.0)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a text may be cut: behind so many of its characters, the paper there, and what speaks against it."""

    index: int
    x0: float
    x1: float
    doubt: float


def gutters(header: Sequence[BBox], body: Sequence[BBox]) -> tuple[Gutter, ...]:
    """What parts the columns that the header's boxes name, left to right: where the fewest boxes of the body stand."""
    return tuple(_gutter(left.x1, right.x0, body) for left, right in pairwise(header))


def _gutter(x0: float, x1: float, body: Sequence[BBox]) -> Gutter:
    if x1 <= x0:
        return Gutter(x1, x0)
    edges = sorted({x0, x1, *(x for box in body for x in (box.x0, box.x1) if x0 < x < x1)})
    runs: dict[int, list[Gutter]] = {}
    for left, right in pairwise(edges):
        own = runs.setdefault(sum(box.x0 < right and box.x1 > left for box in body), [])
        if own and own[-1].right == left:
            own[-1] = Gutter(own[-1].left, right)
        else:
            own.append(Gutter(left, right))
    return max(runs[min(runs)], key=lambda gutter: gutter.right - gutter.left)


def half_width(texts: Sequence[tuple[str, BBox]]) -> float | None:
    """Points of half a Chinese character, from texts with their boxes; None where none tells."""
    told = [
        (box.x1 - box.x0) / halves(text)
        for text, box in texts
        if not any(char.isspace() for char in text) and halves(text) >= _FEWEST
    ]
    return median_low(told) if told else None  # what was read across columns seems wider


def cut_at(text: str, box: BBox, columns: Sequence[Gutter], half: float) -> list[tuple[str, BBox]]:
    """The text in parts where it crosses gutters, each with its box; whole where no place for a cut is near enough."""
    crossed = [g for g in columns if box.x0 < (g.left + g.right) / 2 - half and box.x1 > (g.left + g.right) / 2 + half]
    places = _places(text, box, half)
    if not crossed or not places or comb(len(places) + len(crossed) - 1, len(crossed)) > _MOST_WAYS:
        return [(text, box)]

    def cost(way: Sequence[_Place]) -> float:
        own = {place: place.doubt for place in way}
        return sum(own.values()) + sum(g.aside(p.x0, p.x1) for g, p in zip(crossed, way, strict=True))

    for ways in (combinations, combinations_with_replacement):  # a cell may be blank, but few are
        best = min(ways(places, len(crossed)), key=cost, default=())
        if best and all(g.aside(p.x0, p.x1) <= _REACH * half for g, p in zip(crossed, best, strict=True)):
            return _parts(text, box, list(dict.fromkeys(best)), half)
    return [(text, box)]


def _parts(text: str, box: BBox, cuts: Sequence[_Place], half: float) -> list[tuple[str, BBox]]:
    if len(cuts) == 1 and not re.search(r"\s", text):  # what the characters leave of the box is the paper there
        cuts = [replace(cuts[0], x1=max(cuts[0].x1, box.x1 - half * halves(text[cuts[0].index :])))]
    starts, ends = [0, *(cut.index for cut in cuts)], [*(cut.index for cut in cuts), len(text)]
    lefts, rights = [box.x0, *(cut.x1 for cut in cuts)], [*(cut.x0 for cut in cuts), box.x1]
    return [
        (text[start:end].strip(), BBox(left, box.top, right, box.bottom))
        for start, end, left, right in zip(starts, ends, lefts, rights, strict=True)
    ]


def _places(text: str, box: BBox, half: float) -> list[_Place]:
    """Spaces, and where one kind of characters follows another; what the characters leave of the box is the spaces'."""
    words = list(re.finditer(r"\S+", text))
    if not words:
        return []
    half, space = setting([word[0] for word in words], box.x1 - box.x0, half)
    found, x = list[_Place](), box.x0
    for number, word in enumerate(words):
        if number:
            is_own = words[number - 1][0].endswith(("）", "〕", "】"))  # a bracket's square is half paper
            found.append(_Place(word.start(), x, x + space, _FUSED * half if is_own else 0.0))
            x += space
        for index in _changes(word[0]):
            at = x + half * halves(word[0][:index])
            found.append(_Place(word.start() + index, at, at, _FUSED * half))
        x += half * halves(word[0])
    return found


def _changes(word: str) -> list[int]:
    """Where one kind of characters follows another, but within a date."""
    dates = [match.span() for match in _DATE.finditer(word)]
    changes = [match.start() for match in _KINDS.finditer(word)]
    return [index for index in changes if not any(start < index < end for start, end in dates)]
