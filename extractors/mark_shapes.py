"""Shapes on a page that may be an answer's mark: squares and circles, hollow or filled, and ticks that stand alone.

Shape and state alone are told here; whether a shape is a mark or a character, `checkboxes` tells from its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil, inf
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from extractors.box_states import circle, corners, share, state
from extractors.colour import grey
from extractors.lines import shifted, touch
from extractors.ocr import crop
from pipeline.model import TICKED, BBox

Image = npt.NDArray[np.uint8]
Columns = tuple[float, float]  # from the first to the last, in pixels

_SMALLEST, _LARGEST = 0.36, 1.15  # side over the height of the line's box
_SQUARE = 1.3  # the longer side over the shorter
_NO_CIRCLE = 0.92  # of a square: what fills more of it is no circle
_CLEAR, _WEAK = 0.86, 0.68  # how much a shape is like a square or a circle: for certain, and if its place agrees
_WIDE = 0.45  # of the line's height: a narrower tick may be a part of a character
_GAPS = (0.0, 0.08, 0.12)  # of the line's height: holes in an outline that are bridged, the smallest first
_THICK = 0.3  # of the line's height: whatever is thinner is no part of a filled outline
_REACH, _OUTLINED = 0.17, 0.5  # of the side: how deep an outline lies; share of each side that is ink
_THIN = 0.5  # of the box around a tick that is ink, at most
_CROWDED = 0.3  # of a tick's columns, at most, that a second stroke stands in
_GROWTH, _EDGE = 0.1, 0.3  # of the side: how far an outline may lie outside, and how much of a side's ink it keeps
_APART = 0.05, 0.15  # of the line's height: paper on both sides, or on one, that a part of a character has not
_STRAY = 0.2  # of a shape's area: more ink above and below it makes it a part of a character
_FAINT = 0.82  # of the paper's brightness
_MARK, _SOLID = 0.67, 0.7  # of the line's height: a filled mark is higher; what is filled of a box or a circle
_NO_MASK = np.empty(0, np.uint8)  # for floodFill, whose types know no None


@dataclass(frozen=True, slots=True)
class Shape:
    """A box (square or circle) or a tick in pixels; `mark` is its state, `clear` that its form leaves no doubt.

    `alone` says that paper is all around it, as it is not around a part of a character; `before` is how much paper
    stands before it, endless at the line's start; `corners` is how many of its corners are inked: a square's four, none
    of a ring."""

    bbox: BBox
    kind: Literal["box", "tick"]
    mark: str
    clear: bool
    alone: bool
    before: float
    corners: int = 0


def find_shapes(image: Image, ink: Image, row: BBox, height: float, places: Sequence[Columns]) -> tuple[Shape, ...]:
    """Shapes within a row of text `height` pixels high, from left to right. `image` is RGB or grey, `ink` 255 on ink.

    Boxes that lie within none of the places may be left out."""
    x0, top = max(0, round(row.x0)), max(0, round(row.top))
    within = slice(top, max(0, round(row.bottom))), slice(x0, max(0, round(row.x1)))
    if not ink[within].size:
        return ()
    faint = np.maximum(ink[within], _faint(image[within]))
    inked = _inked(faint, height)
    x0, top = x0 + inked[1].start, top + inked[0].start
    part, faint = (np.ascontiguousarray(picture[inked]) for picture in (ink[within], faint))
    ticks = _ticks(part, height)
    wanted = [(left - x0, right - x0) for left, right in places]
    wanted += [(tick.bbox.x0 - height, tick.bbox.x1 + height) for tick in ticks]  # which is none if a box overlaps it
    stretches = _stretches(faint, wanted, height)
    boxes = [box for stretch in stretches for box in _boxes(part, faint, stretch, wanted, height)]
    ticks = [tick for tick in ticks if not any(touch(tick.bbox, box.bbox) for box in boxes)]
    shapes = [replace(shape, bbox=shifted(shape.bbox, x0, top)) for shape in [*boxes, *ticks]]
    return tuple(sorted(shapes, key=lambda shape: shape.bbox.x0))


def _bridged(height: float) -> int:
    """How much paper stands between what nothing bridges."""
    return max(3, round(_GAPS[-1] * height))


def _inked(faint: Image, height: float) -> tuple[slice, slice]:
    """The rows and columns of ink, with as much paper around it as there is up to what nothing bridges."""
    x, y, width, tall = cv2.boundingRect(faint)
    paper = _bridged(height)
    return slice(max(0, y - paper), y + tall + paper), slice(max(0, x - paper), x + width + paper)


def _stretches(faint: Image, wanted: Sequence[Columns], height: float) -> list[slice]:
    """What of a row is looked at: from paper too wide to be bridged to paper, if a box may lie in what is wanted."""
    paper = _bridged(height)
    runs = _runs(faint.any(axis=0), paper)
    return [slice(max(0, first - paper), last + paper) for first, last in runs if _lies_in(first, last, wanted, height)]


def _runs(inked: npt.ArrayLike, paper: int) -> list[tuple[int, int]]:
    """From where to where columns are inked, with less paper than that between them."""
    at = np.flatnonzero(inked)
    ends = np.flatnonzero(np.diff(at) > paper)
    firsts, lasts = at[:1].tolist() + at[ends + 1].tolist(), at[ends].tolist() + at[-1:].tolist()
    return [(first, last + 1) for first, last in zip(firsts, lasts, strict=True)]


def _lies_in(first: float, last: float, places: Sequence[Columns], height: float) -> bool:
    """Whether as much of the columns lies in one of the places as the smallest box takes."""
    return any(min(last, right) - max(first, left) >= _SMALLEST * height for left, right in places)


def _faint(image: Image) -> Image:
    """Ink and what is hardly darker than the paper around it: thin outlines lose more to blur than characters do."""
    bright = grey(np.ascontiguousarray(image))
    return (bright < _FAINT * _percentile(bright, 0.8)).view(np.uint8) * np.uint8(255)


def _percentile(values: Image, fraction: float) -> float:
    """As numpy's, which sorts: of brightness a histogram tells it."""
    below = np.cumsum(cv2.calcHist([values], [0], None, [256], [0, 256]))
    at = fraction * (values.size - 1)
    low, high = np.searchsorted(below, (int(at), int(at) + 1), side="right").tolist()
    return float(low + (high - low) * (at - int(at)))


def text_row(ink: Image, line: BBox) -> BBox:
    """A line's box as high as detection draws it around the text alone: cells and pens make some far too high."""
    top, bottom = max(0, round(line.top)), max(0, round(line.bottom))
    inked = (ink[top:bottom, max(0, round(line.x0)) : max(0, round(line.x1))] > 0).sum(axis=1)
    if not inked.any():
        return line
    below = np.cumsum(inked) / inked.sum()
    first, last = int(np.searchsorted(below, 0.02)), int(np.searchsorted(below, 0.98)) + 1
    margin = 0.13 * (last - first)
    return replace(line, top=max(line.top, top + first - margin), bottom=min(line.bottom, top + last + margin))


def _boxes(part: Image, faint: Image, stretch: slice, wanted: Sequence[Columns], height: float) -> list[Shape]:
    """Those of a stretch of a row of text that lie in what is wanted: of all that may be one, the most box-like of each
    place."""
    within = [(left - stretch.start, right - stretch.start) for left, right in wanted]
    found = _box_like(part[:, stretch], faint[:, stretch], within, height)
    taken: list[BBox] = []
    boxes: list[Shape] = []
    for likeness, place in sorted(found, key=lambda item: -item[0]):
        inner = shifted(place, stretch.start, 0)
        if likeness < _WEAK or any(touch(inner, other) for other in taken):
            continue
        box = _grown(part, inner)
        if _outlined(faint, box):
            taken.append(box)
            if _lies_in(box.x0, box.x1, wanted, height):
                boxes.append(_shape(part, box, likeness, height))
    return boxes


def _shape(part: Image, box: BBox, likeness: float, height: float) -> Shape:
    inside = crop(part, box)
    is_clear, inked = likeness >= _CLEAR and not _is_bullet(inside, height), corners(inside)
    return Shape(box, "box", state(inside, not inked), is_clear, *_paper(part, box, height), inked)


def _box_like(part: Image, faint: Image, wanted: Sequence[Columns], height: float) -> list[tuple[float, BBox]]:
    """All in a stretch that may be a box in what is wanted, and what that may touch, each with how box-like it is."""
    gaps = sorted({round(gap * height) for gap in _GAPS})
    widest = _blots(faint, gaps[-1], height)
    levels = {gap: _level(part, gap, height) for gap in sorted({max(3, round(gap * height)) for gap in _GAPS[1:]})}
    # Where a box may stand: the blots of the widest gap hold all others, and two sides stand above each other.
    columns = widest.any(axis=0)
    for level in levels.values():
        columns |= _strokes(level > 0) > 1
    if not (span := _span(columns, wanted, height)):
        return []
    drawn = [item for gap, level in levels.items() for item in _drawn(part, level, gap, span, height)]
    if not drawn and not _span(widest.any(axis=0), wanted, height):
        return []
    others = [(ink, gap) for ink in (part, faint) for gap in gaps][:-1]
    blots = [*(_blots(ink, gap, height) for ink, gap in others), widest]
    return [item for blot in blots for item in _likenesses(blot, span, height)] + drawn


def _span(columns: npt.ArrayLike, wanted: Sequence[Columns], height: float) -> tuple[int, int] | None:
    """From where to where boxes may lie in what is wanted or touch others that do, by the columns that boxes may take.

    No box grows over the paper between runs of columns; an even gap moves what it closes by a pixel."""
    paper = 2 + max(2, round(_GROWTH * _LARGEST * height))
    runs = [(max(0, first - 1), last + 1) for first, last in _runs(columns, paper)]
    runs = [run for run in runs if _lies_in(*run, wanted, height)]
    return (runs[0][0], runs[-1][1]) if runs else None


def _is_bullet(part: Image, height: float) -> bool:
    """Whether a box is filled and so small that it may be a point of a list or a letter's bowl."""
    return len(part) < _MARK * height and share(part > 0) > _SOLID


def _blots(ink: Image, gap: int, height: float) -> Image:
    """Filled, an outline is a thick blot, and pen strokes across it are not."""
    thick = max(3, round(_THICK * height))
    return np.asarray(cv2.morphologyEx(_filled(ink, gap), cv2.MORPH_OPEN, _kernel(thick, thick)), np.uint8)


def _likenesses(blots: Image, span: tuple[int, int], height: float) -> list[tuple[float, BBox]]:
    """The blots of a box's size in a span of columns, each with how box-like it is."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(blots[:, slice(*span)], connectivity=4)
    return [
        (_likeness(labels[y : y + h, x : x + w] == label, area), _box(span[0] + x, y, w, h))
        for label, (x, y, w, h, area) in enumerate(stats[1:].tolist(), 1)
        if _fits(w, h, height)
    ]


def _box(x: int, y: int, width: int, height: int) -> BBox:
    return BBox(float(x), float(y), float(x + width), float(y + height))


def _level(part: Image, gap: int, height: float) -> Image:
    """The level lines as long as a box's side."""
    closed = cv2.morphologyEx(part, cv2.MORPH_CLOSE, _kernel(1, gap))
    long = _kernel(1, max(4, round(_SMALLEST * height)))
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, long), np.uint8)


def _drawn(part: Image, level: Image, gap: int, span: Columns, height: float) -> list[tuple[float, BBox]]:
    """Squares in a span of columns by their level sides, however pen strokes or breaks spoil the outline; each with its
    sides' ink."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(level, connectivity=8)
    sides = sorted(
        (y, x, w, h)
        for x, y, w, h, _ in stats[1:].tolist()
        if w <= 1.6 * height and h <= 0.3 * height and _lies_in(x, x + w, [span], height)
    )
    boxes = _between(np.array(sides).reshape(-1, 4), height)
    if not boxes:
        return []
    upright = np.asarray(cv2.morphologyEx(part, cv2.MORPH_CLOSE, _kernel(gap, 1)), np.uint8)
    return [(_upright_ink(upright, box), box) for box in boxes]


def _between(sides: npt.NDArray[np.int64], height: float) -> list[BBox]:
    """The boxes of a mark's size and shape that have two of the level sides (y, x, width, thickness), from the top."""
    y, x, width, thick = sides.T
    x0, x1 = np.maximum.outer(x, x), np.minimum.outer(x + width, x + width)
    across, tall = x1 - x0, np.subtract.outer(-y, -(y + thick))
    less, more = np.minimum(across, tall), np.maximum(across, tall)
    fits = (less >= _SMALLEST * height) & (more <= _LARGEST * height) & (more <= _SQUARE * less + 1)
    alike = np.maximum.outer(width, width) <= 1.6 * across
    pairs = np.argwhere(np.triu(fits & alike, 1)).tolist()
    return [BBox(float(x0[i, j]), float(y[i]), float(x1[i, j]), float(y[i] + tall[i, j])) for i, j in pairs]


def _upright_ink(part: Image, box: BBox) -> float:
    """The share of the less inked one of the box's upright sides."""
    x0, top, x1, bottom = int(box.x0), int(box.top), int(box.x1), int(box.bottom)
    reach = max(2, round(_REACH * (x1 - x0)))
    left, right = part[top:bottom, max(0, x0 - 1) : x0 + reach], part[top:bottom, x1 - reach : x1 + 1]
    return min(share((side > 0).any(axis=1)) for side in (left, right))


def _filled(part: Image, gap: int) -> Image:
    """1 on ink and on what it encloses: where paper does not flow in from outside."""
    closed = cv2.morphologyEx(part, cv2.MORPH_CLOSE, _kernel(gap, gap)) if gap > 1 else part
    flooded = np.asarray(cv2.copyMakeBorder(closed, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(0,)), np.uint8)
    cv2.floodFill(flooded, _NO_MASK, (0, 0), (1,))
    return np.asarray(flooded[1:-1, 1:-1] != 1).view(np.uint8)


def _fits(width: int, tall: int, height: float) -> bool:
    return (
        _SMALLEST * height <= min(width, tall)
        and max(width, tall) <= _LARGEST * height
        and max(width, tall) <= _SQUARE * min(width, tall) + 1
    )


def _likeness(blot: npt.NDArray[np.bool_], area: int) -> float:
    """What a blot and its square, or the circle in it, have in common over what either has."""
    square = area / blot.size
    if square > _NO_CIRCLE:
        return square
    disc, inside = circle(*blot.shape)
    common = int(np.count_nonzero(blot & disc))
    return max(square, common / (area + inside - common))


def _grown(part: Image, box: BBox) -> BBox:
    """A box out to where its outline ends: what was bridged and opened has lost some of it."""
    x0, top, x1, bottom = int(box.x0), int(box.top), int(box.x1), int(box.bottom)
    ink = part > 0
    for _ in range(max(2, round(_GROWTH * (x1 - x0)))):
        x0 -= x0 > 0 and share(ink[top:bottom, x0 - 1]) > _EDGE
        x1 += x1 < ink.shape[1] and share(ink[top:bottom, x1]) > _EDGE
        top -= top > 0 and share(ink[top - 1, x0:x1]) > _EDGE
        bottom += bottom < len(ink) and share(ink[bottom, x0:x1]) > _EDGE
    return BBox(float(x0), float(top), float(x1), float(bottom))


def _outlined(part: Image, box: BBox) -> bool:
    """Whether ink stands along most of every side, as near as a circle comes to it."""
    x0, top, x1, bottom = int(box.x0), int(box.top), int(box.x1), int(box.bottom)
    inked = part[top:bottom, x0:x1] > 0
    reach = max(2, round(_REACH * (x1 - x0)))
    sides = (
        inked[:reach].any(axis=0),
        inked[-reach:].any(axis=0),
        inked[:, :reach].any(axis=1),
        inked[:, -reach:].any(axis=1),
    )
    return min(map(share, sides)) >= _OUTLINED


def _paper(part: Image, box: BBox, height: float) -> tuple[bool, float]:
    """Whether a shape stands alone, and the columns without ink before it; a pen's tick may leave it at the top."""
    x0, top, x1, bottom = int(box.x0), int(box.top), int(box.x1), int(box.bottom)
    lower = part[(top + bottom) // 2 : bottom] > 0
    inked = lower.sum(axis=0) > max(1, 0.1 * len(lower))
    before, after = np.flatnonzero(inked[: max(0, x0 - 1)]), np.flatnonzero(inked[x1 + 1 :])
    left = x0 - 1 - float(before[-1]) if before.size else inf
    right = 1 + float(after[0]) if after.size else inf
    margin = max(1, round(0.08 * height))
    above, below = part[: max(0, top - margin), x0:x1], part[bottom + margin :, x0:x1]
    ink = np.count_nonzero(above) + np.count_nonzero(below)
    apart = min(left, right) >= _APART[0] * height or max(left, right) >= _APART[1] * height
    return apart and bool(ink <= _STRAY * (x1 - x0) * (bottom - top)), left


def _ticks(part: Image, height: float) -> list[Shape]:
    closed = cv2.morphologyEx(part, cv2.MORPH_CLOSE, _kernel(2, 2))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    ticks = []
    for label, (x, y, w, h, area) in enumerate(stats[1:].tolist(), 1):
        sized = _SMALLEST * height <= h <= 1.3 * height and 0.6 <= w / h <= 2 and area <= _THIN * w * h
        if sized and _is_tick(labels[y : y + h, x : x + w] == label):
            box = _box(x, y, w, h)
            alone, before = _paper(part, box, height)
            ticks.append(Shape(box, "tick", TICKED, True, alone and w >= _WIDE * height, before))
    return ticks


def _is_tick(stroke: npt.NDArray[np.bool_]) -> bool:
    """A short arm down to a corner at the left, a long one up to the right, and nothing else."""
    tall, width = stroke.shape
    edge, high = max(1, width // 6), 0.15 * tall
    if np.count_nonzero(stroke[: ceil(high), :edge]) or not np.count_nonzero(stroke[: int(high) + 1, -edge:]):
        return False  # as most characters are told from it
    if _strokes_above_each_other(stroke) > _CROWDED:
        return False
    upper = stroke[:, :edge].argmax(axis=0).min() / tall
    lower = 1 - stroke[::-1].argmax(axis=0) / tall
    corner = int(lower.argmax())
    climbs = np.diff(lower[corner:])
    return bool(
        0.08 * width <= corner <= 0.6 * width
        and upper <= 0.9
        and lower[-edge:].mean() <= 0.5
        and climbs[climbs > 0].sum() <= 0.12
    )


def _strokes_above_each_other(shape: npt.NDArray[np.bool_]) -> float:
    """The share of columns that hold more than one stroke: few of a tick, most of a character."""
    return share(_strokes(shape) > 1)


def _strokes(shape: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """How many strokes stand above each other in each column."""
    return np.asarray(shape[0] + (shape[1:] > shape[:-1]).sum(axis=0))


@lru_cache(maxsize=256)
def _kernel(tall: int, width: int) -> Image:
    """What strokes are closed and opened with; kept, since making one takes a fifth of the time of using it."""
    return np.ones((tall, width), np.uint8)
