"""Lines of text as boxes on a page: which stand on one baseline, joining them, cutting them. Pure geometry.

Every line here carries a box; a baseline is shared when two boxes overlap by most of the height of the lower one and
the other is no text that runs downwards.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Protocol
from unicodedata import east_asian_width

import numpy as np
import numpy.typing as npt

from pipeline.model import BBox, Bounds, Line

Floats = npt.NDArray[np.float64]

WORD_GAP = 0.25  # in heights of the text: a wider gap is a space
TAB_GAP = 1.5  # a wider gap separates two things that stand on one line
WIDEST_SETTING = 4.0  # between the characters of a label that is set wide: 名    称

_ABREAST = 0.7  # of the lower one's height: lines on one baseline share nine tenths, one set midway beside two half
_BOUNDS = tuple(Bounds)
_LABELLED = re.compile(r"[^\d\s：:]{2,24}[：:]")
_WORD = re.compile(r"[\u4e00-\u9fff]{2}|[0-9A-Za-z.,]{2}")  # a rule between such characters may be none
_ENDS_WIDE = re.compile(r"(?:^|\s)[\u4e00-\u9fff]$")
_BEGINS_WIDE = re.compile(r"[\u4e00-\u9fff](?:$|[\s：:（(])")


class Bounded(Protocol):
    """A line, or a piece of text that was made of one."""

    @property
    def bounds(self) -> Bounds: ...


def box_of(line: Line) -> BBox:
    """The line's box; a line without one has no place on a page, which is a defect of the caller."""
    if line.bbox is None:
        raise ValueError(f"line without a box: {line.text!r}")
    return line.bbox


def hull(boxes: Iterable[BBox]) -> BBox:
    """The smallest box around all of them (at least one)."""
    x0s, tops, x1s, bottoms = zip(*((box.x0, box.top, box.x1, box.bottom) for box in boxes), strict=True)
    return BBox(round(min(x0s), 2), round(min(tops), 2), round(max(x1s), 2), round(max(bottoms), 2))


def touch(a: BBox, b: BBox) -> bool:
    """Whether two boxes share anything; most do not, and this is the cheapest way to say so."""
    return a.x0 < b.x1 and b.x0 < a.x1 and a.top < b.bottom and b.top < a.bottom


def touching(boxes: Sequence[BBox], others: Sequence[BBox]) -> npt.NDArray[np.bool_]:
    """Which box, a row each, shares anything with which of the others, a column each."""
    x0, top, x1, bottom = sides(boxes)
    left, upper, right, lower = (side.T for side in sides(others))
    return np.asarray((x0 < right) & (left < x1) & (top < lower) & (upper < bottom), np.bool_)


def sides(boxes: Sequence[BBox]) -> tuple[Floats, Floats, Floats, Floats]:
    """Left, top, right and bottom, a column each."""
    found = np.array([(box.x0, box.top, box.x1, box.bottom) for box in boxes]).reshape(-1, 4)
    return found[:, 0:1], found[:, 1:2], found[:, 2:3], found[:, 3:4]


def shifted(box: BBox, right: float, down: float) -> BBox:
    """The box so far to the right and down."""
    return BBox(box.x0 + right, box.top + down, box.x1 + right, box.bottom + down)


def area(box: BBox) -> float:
    return (box.x1 - box.x0) * (box.bottom - box.top)


def baselines(lines: Sequence[Line]) -> list[list[Line]]:
    """Groups of lines on one baseline, top down; within a group left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=_centre_then_left):
        row = next((row for row in reversed(rows[-3:]) if all(_same_baseline(line, other) for other in row)), None)
        if row is None:
            rows.append([line])
        else:
            row.append(line)
    return [sorted(row, key=lambda line: box_of(line).x0) for row in rows]


def join(row: Sequence[Line]) -> Line:
    """One line from lines of one baseline, left to right; a space or a tab stands for the gap between two."""
    if len(row) == 1:
        return row[0]
    text = row[0].text
    for left, right in pairwise(row):
        text = text.rstrip(" ") + _separator(left, right) + right.text.lstrip(" ")
    return Line(text, hull(map(box_of, row)), min(line.confidence for line in row), least_sure(row))


def least_sure(parts: Iterable[Bounded]) -> Bounds:
    """The bounds of what is made of these parts; seen where there are none."""
    return max((part.bounds for part in parts), key=_BOUNDS.index, default=Bounds.SEEN)


def reckoned(bounds: Bounds) -> Bounds:
    """The bounds of what was found by geometry, too: no surer than that."""
    return max(bounds, Bounds.RECKONED, key=_BOUNDS.index)


def join_baselines(lines: Sequence[Line]) -> tuple[Line, ...]:
    """All lines, those on one baseline joined, top down."""
    return tuple(join(row) for row in baselines(lines))


def join_near(row: Sequence[Line]) -> tuple[Line, ...]:
    """The lines of one baseline, left to right, joined but for those that a tab would part."""
    groups = [[row[0]]]
    for left, right in pairwise(row):
        if _separator(left, right) == "\t":
            groups.append([right])
        else:
            groups[-1].append(right)
    return tuple(map(join, groups))


def cut(line: Line, positions: Sequence[float]) -> tuple[Line, ...]:
    """The line cut at rules that cross it.

    Only the whole line's box is known, so a character's place is reckoned from its width (a Chinese one counts
    twice a Latin one); a gap in the text within two Chinese characters of the rule is the better guess. In a line
    much longer than its characters the gaps hold the rest, so as many gaps as rules are the places.
    """
    words = line.text.split()
    if positions and len(words) == len(positions) + 1 and _is_stretched(line):
        edges = [box_of(line).x0, *sorted(positions), box_of(line).x1]
        return tuple(_part(line, word, *sides) for word, sides in zip(words, pairwise(edges), strict=True))
    pieces = []
    for position in sorted(positions):
        box = box_of(line)
        index = _cut_index(line.text, box, position)
        left, right = line.text[:index].rstrip(), line.text[index:].lstrip()
        if not left or not right:
            continue
        bounds = Bounds.AMISS if _WORD.match(line.text[index - 1 : index + 1]) else line.bounds
        pieces.append(_part(line, left, box.x0, position, bounds))
        line = _part(line, right, position, box.x1, bounds)
    return (*pieces, line)


def _part(line: Line, text: str, x0: float, x1: float, bounds: Bounds = Bounds.RECKONED) -> Line:
    box = box_of(line)
    return Line(text, BBox(x0, box.top, x1, box.bottom), line.confidence, reckoned(bounds))


def halves(text: str) -> int:
    """The width of a text in halves of a Chinese character."""
    return sum(_widths(text))


def setting(words: Sequence[str], width: float, half: float) -> tuple[float, float]:
    """How wide half a Chinese character and each space are in a line of words: as said, where they have room."""
    total, spaces = sum(map(halves, words)), len(words) - 1
    half = min(half, width / (total + spaces))
    return half, (width - half * total) / max(spaces, 1)


def _widths(text: str) -> list[int]:
    return [2 if east_asian_width(char) in "WFA" else 1 for char in text]


def _is_stretched(line: Line) -> bool:
    box = box_of(line)
    return box.x1 - box.x0 > 1.4 * halves(line.text) / 2 * (box.bottom - box.top)


def _cut_index(text: str, box: BBox, position: float) -> int:
    edges = [0, *accumulate(_widths(text))]
    target = (position - box.x0) / (box.x1 - box.x0) * edges[-1]
    gaps = [i for i, char in enumerate(text) if char.isspace() and abs(edges[i] - target) <= 4]
    return min(gaps or range(len(edges)), key=lambda i: abs(edges[i] - target))


def _centre_then_left(line: Line) -> tuple[float, float]:
    box = box_of(line)
    return (box.top + box.bottom) / 2, box.x0


def _same_baseline(a: Line, b: Line) -> bool:
    one, other = box_of(a), box_of(b)
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    low, high = sorted((one, other), key=lambda box: box.bottom - box.top)
    is_upright = high.bottom - high.top > max(3 * (low.bottom - low.top), high.x1 - high.x0)
    return shared > _ABREAST * (low.bottom - low.top) and not is_upright


def _separator(left: Line, right: Line) -> str:
    """A tab parts two things; a label's colon and its value, and the characters of a label set wide, are one."""
    one, other = box_of(left), box_of(right)
    gap = other.x0 - one.x1
    height = max(min(one.bottom - one.top, other.bottom - other.top), 1.0)
    set_wide = gap < WIDEST_SETTING * height and _ENDS_WIDE.search(left.text) and _BEGINS_WIDE.match(right.text)
    is_value = left.text.endswith(("：", ":")) and not _LABELLED.match(right.text)
    if gap > TAB_GAP * height and not set_wide and not is_value:
        return "\t"
    return " " if gap > WORD_GAP * height else ""
