"""Check boxes from a page's pixels: recognisers drop the boxes, or read 口 for ticked and empty ones alike.

A box is a square outline about as high as the text beside it, standing where an option starts. What is inside of
the outline tells its state; a pen's tick may run beyond it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from unicodedata import category

import cv2
import numpy as np
import numpy.typing as npt

from extractors.ocr import Reading
from pipeline.model import TICKED, UNCLEAR, UNTICKED, BBox

Image = npt.NDArray[np.uint8]

_SMALLEST, _LARGEST = 0.45, 1.1  # side over the height of the line's box
_SQUARE = 1.3  # the longer side over the shorter
_CLEAR, _BROKEN = 0.85, 0.6  # share of each side that is ink: a sure outline, and one that the reading must confirm
_EMPTY, _MARKED = 0.025, 0.07  # share of ink inside: up to the first a blank box, from the second a ticked one
_GAP = 0.14  # of the line's height: a hole in an outline that is bridged
_SAME_SIZE = 0.15
_DOUBTFUL = 0.5  # the most that a line with an unclear box is worth
# What recognisers make of a box, besides symbols or nothing at all; all of it is also writing, which the place tells.
_MISREAD = frozenset("囗口回xXvVOo0")
_TICKS = frozenset("/\\,，、'’‘7丿")  # what they make of a pen's tick beyond the box
_NEAR = 0.18  # of the line's height: a character whose centre is as near to the square as that stands in it
_PUNCTUATION = frozenset("：:；;，,、。.（(）)/|【[]】“”\"'")


@dataclass(frozen=True, slots=True)
class Square:
    """A square outline in pixels; `clear` when its upright sides are inked all but whole."""

    bbox: BBox
    clear: bool


@dataclass(frozen=True, slots=True)
class CheckBox:
    """An outline and the mark that stands for its state: TICKED, UNTICKED or UNCLEAR. Pixels."""

    bbox: BBox
    mark: str


def find_squares(ink: Image, row: BBox, height: float) -> tuple[Square, ...]:
    """Square outlines within a row of text `height` pixels high, from left to right. `ink` is 255 on ink."""
    x0, top = max(0, round(row.x0)), max(0, round(row.top))
    part = np.ascontiguousarray(ink[top : max(0, round(row.bottom)), x0 : max(0, round(row.x1))])
    if not part.size:
        return ()
    found = []
    for gap in (3, max(3, round(_GAP * height))):
        strokes = sorted(_strokes(part, height, gap), key=lambda stroke: stroke.top)
        upright = np.asarray(cv2.morphologyEx(part, cv2.MORPH_CLOSE, np.ones((gap, 1), np.uint8)), np.uint8)
        pairs = combinations(strokes, 2)
        found += [square for upper, lower in pairs if (square := _square(upright, upper, lower, height))]
    outer: list[Square] = []
    for square in sorted(found, key=lambda square: (-_side(square.bbox), square.bbox.x0)):
        if not any(_overlap(square.bbox, other.bbox) for other in outer):
            outer.append(square)
    moved = [replace(square, bbox=_moved(square.bbox, x0, top)) for square in outer]
    return tuple(sorted(moved, key=lambda square: square.bbox.x0))


def state(ink: Image, square: BBox) -> str:
    """TICKED, UNTICKED or UNCLEAR, by the ink inside of the outline."""
    x0, top, x1, bottom = (round(v) for v in (square.x0, square.top, square.x1, square.bottom))
    border = _border(ink[top:bottom, x0:x1])
    inside = ink[top + border : bottom - border, x0 + border : x1 - border]
    share = float(np.mean(inside > 0)) if inside.size else 0.5
    if share <= _EMPTY:
        return UNTICKED
    return TICKED if share >= _MARKED else UNCLEAR


def boxes_of_line(ink: Image, squares: Sequence[Square], line: BBox, reading: Reading) -> tuple[CheckBox, ...]:
    """Those squares that are check boxes and not characters, judged by what the recogniser saw in their place."""
    free = [square for square in squares if _misread(square, line, reading)]
    sure = [square for square in free if _starts_an_option(square, line, reading)]
    alike = [square for square in free if any(_same_size(square.bbox, other.bbox) for other in sure)]
    return tuple(CheckBox(square.bbox, state(ink, square.bbox)) for square in alike)


def with_marks(reading: Reading, line: BBox, boxes: Sequence[CheckBox]) -> Reading:
    """A line that was read with its boxes blanked, with each box's mark at its place in the text.

    `places` stay those of the characters alone; an unclear box makes the line doubtful."""
    unclear = any(box.mark == UNCLEAR for box in boxes)
    confidence = min(reading.confidence, _DOUBTFUL) if unclear else reading.confidence
    return replace(reading, text=_marked_text(reading, line, boxes), confidence=confidence)


def _marked_text(reading: Reading, line: BBox, boxes: Sequence[CheckBox]) -> str:
    height = line.bottom - line.top
    symbols = [
        (x, char) for x, char in _placed(reading, line) if char != " " and not _rest_of_a_tick(x, char, boxes, height)
    ]
    symbols += [((box.bbox.x0 + box.bbox.x1) / 2, box.mark) for box in boxes]
    symbols.sort()
    text = ""
    for index, (x, char) in enumerate(symbols):
        before = x - symbols[index - 1][0] if index else 0.0
        after = symbols[index + 1][0] - x if index + 1 < len(symbols) else before
        if _is_mark(char) and before and not text.endswith(" "):
            # A box is set apart from the option that it does not belong to.
            text += f" {char}" if before >= after else f"{char} "
        else:
            text += char
    return text.strip()


def _rest_of_a_tick(x: float, char: str, boxes: Sequence[CheckBox], height: float) -> bool:
    """A pen's tick that runs beyond its box is not read again."""
    near = 0.35 * height
    return (char in _TICKS or _is_symbol(char)) and any(box.bbox.x0 - near <= x <= box.bbox.x1 + near for box in boxes)


def blanked(image: Image, boxes: Iterable[CheckBox]) -> Image:
    """The image with the boxes painted over in the paper's colour."""
    clean = image.copy()
    for box in boxes:
        margin = max(2, round(0.06 * (box.bbox.x1 - box.bbox.x0)))
        x0, top = max(0, round(box.bbox.x0) - margin), max(0, round(box.bbox.top) - margin)
        part = clean[top : round(box.bbox.bottom) + margin, x0 : round(box.bbox.x1) + margin]
        part[:] = np.percentile(part, 90, axis=(0, 1)).astype(np.uint8)
    return clean


def _strokes(part: Image, height: float, gap: int) -> list[BBox]:
    """Level strokes that may be a box's side, a pen's tick across it included; `gap` pixels are bridged."""
    closed = cv2.morphologyEx(part, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    long = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((1, max(4, round(_SMALLEST * height))), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(long, connectivity=8)
    strokes = [BBox(float(x), float(y), float(x + w), float(y + h)) for x, y, w, h, _ in stats[1:]]
    return [
        stroke
        for stroke in strokes
        if stroke.x1 - stroke.x0 <= 1.5 * _LARGEST * height and stroke.bottom - stroke.top <= 0.3 * height
    ]


def _square(part: Image, upper: BBox, lower: BBox, height: float) -> Square | None:
    box = BBox(max(upper.x0, lower.x0), upper.top, min(upper.x1, lower.x1), lower.bottom)
    width, tall = box.x1 - box.x0, box.bottom - box.top
    fits = (
        _SMALLEST * height <= tall <= _LARGEST * height
        and max(width, tall) <= _SQUARE * min(width, tall)
        and max(upper.x1 - upper.x0, lower.x1 - lower.x0) <= 1.6 * width
    )
    if not fits:
        return None
    outlined = _outlined(part, box)
    return Square(box, outlined >= _CLEAR) if outlined >= _BROKEN else None


def _outlined(part: Image, box: BBox) -> float:
    """The share of the less inked one of the box's upright sides."""
    x0, top, x1, bottom = int(box.x0), int(box.top), int(box.x1), int(box.bottom)
    reach = max(2, round(0.15 * (x1 - x0)))
    left, right = part[top:bottom, max(0, x0 - 1) : x0 + reach], part[top:bottom, x1 - reach : x1 + 1]
    return min(float((side > 0).any(axis=1).mean()) for side in (left, right))


def _border(part: Image) -> int:
    """How many pixels the outline and its blur take on each side."""
    side = min(part.shape)
    rows = (part > 0).mean(axis=1)
    thick = int(np.argmax(rows < 0.6)) if (rows < 0.6).any() else side // 4
    return int(min(max(thick + 1, round(0.16 * side)), side // 3))


def _starts_an_option(square: Square, line: BBox, reading: Reading) -> bool:
    """The recogniser saw a box there, or nothing but a gap or punctuation stands before it."""
    if any(_is_symbol(char) for char in _seen(square, line, reading)):
        return True
    height = line.bottom - line.top
    before = [(x, char) for x, char in _placed(reading, line) if x < square.bbox.x0 and char != " "]
    if not square.clear:
        return False
    if not before:
        return True
    x, char = before[-1]
    return char in _PUNCTUATION or square.bbox.x0 - (x + _width(char, height) / 2) > 0.4 * height


def _misread(square: Square, line: BBox, reading: Reading) -> bool:
    return all(char in _MISREAD or char == " " or _is_symbol(char) for char in _seen(square, line, reading))


def _seen(square: Square, line: BBox, reading: Reading) -> list[str]:
    near = _NEAR * (line.bottom - line.top)
    return [char for x, char in _placed(reading, line) if square.bbox.x0 - near <= x <= square.bbox.x1 + near]


def _placed(reading: Reading, line: BBox) -> list[tuple[float, str]]:
    width = line.x1 - line.x0
    return [(line.x0 + place * width, char) for place, char in zip(reading.places, reading.text, strict=True)]


def _width(char: str, height: float) -> float:
    return (0.35 if ord(char) < 0x2000 else 0.7) * height


def _is_symbol(char: str) -> bool:
    """□ ☑ ⊠ ✓ and their like, which no word has."""
    return category(char) in ("So", "Sm")


def _is_mark(char: str) -> bool:
    return char in (TICKED, UNTICKED, UNCLEAR)


def _same_size(a: BBox, b: BBox) -> bool:
    return abs(_side(a) - _side(b)) <= _SAME_SIZE * max(_side(a), _side(b)) + 1


def _side(box: BBox) -> float:
    return box.bottom - box.top


def _moved(box: BBox, right: float, down: float) -> BBox:
    return BBox(box.x0 + right, box.top + down, box.x1 + right, box.bottom + down)


def _overlap(a: BBox, b: BBox) -> bool:
    return min(a.x1, b.x1) > max(a.x0, b.x0) and min(a.bottom, b.bottom) > max(a.top, b.top)
