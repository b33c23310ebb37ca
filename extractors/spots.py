"""Where lines of text stand on a page: what detection found, put right by the page's rules and its ink."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, compress, pairwise

import cv2
import numpy as np
import numpy.typing as npt

from extractors.lines import area, hull, touch, touching
from pipeline.model import BBox

Image = npt.NDArray[np.uint8]

BODY = 14.5  # points: the height of the box that detection draws around body text
_INSET = 1.2  # points between a cell's rule and what may be text
_TALL = 1.8  # a box this much higher than wide holds characters one below the other
_REST = 3.0  # points: how thick the rest of a rule is at most, and how near to the border of its cell
_SLOPE = 0.03  # what curl leaves of a slope
_END = 0.6  # of a line's height: how far beyond its box its last character ends
_STOP = 0.12, 0.45  # of a line's height: the size of full stops and commas
_LEAST = 0.5  # of a line's height: what is narrower is the margin that detection draws around it
_TOUCHES, _STROKES = 0.1, (0.1, 0.8)  # of a line's height: so near to a rule; the share of rows inked there by strokes
_BESIDE = 1.2  # of a line's height: how far from its end a character stands that detection left out


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a line of text stands, and the part of the page that it may not leave: its cell, or all of it.

    `is_cut` where its writing goes on behind a rule, so that what is read of it may be a part."""

    box: BBox
    within: BBox
    is_cut: bool = False


def apart(found: Iterable[BBox]) -> tuple[BBox, ...]:
    """The boxes, those that overlap along one line of text as one: else what both hold is read twice."""
    boxes: list[BBox] = []
    for box in sorted(found, key=lambda box: (box.x0, box.top)):
        other = next((other for other in boxes if touch(other, box) and _runs_into(other, box)), None)
        if other is not None:
            boxes.remove(other)
        boxes.append(hull([other, box]) if other is not None else box)
    return tuple(sorted(boxes, key=lambda box: (box.top, box.x0)))


def _runs_into(left: BBox, right: BBox) -> bool:
    """Do two boxes of about one height hold parts of one line, and some of it both?"""
    low, high = sorted((left.bottom - left.top, right.bottom - right.top))
    part = shared(left, right)
    return high < 1.5 * low and part.bottom - part.top > 0.7 * low and part.x1 - part.x0 > 0.15 * low


@dataclass(frozen=True, slots=True)
class _Side:
    """What lies just before a line, or just behind it, and whether other lines leave it free."""

    box: BBox
    is_free: bool


def _beside(spots: Sequence[Spot], reach: float) -> Iterator[tuple[Spot, _Side, _Side]]:
    """Each spot with its two sides, which reach so many of its heights and not out of its cell."""
    sides = [side for spot in spots for side in _sides(spot, reach * (spot.box.bottom - spot.box.top))]
    others = touching(sides, [spot.box for spot in spots]).sum(axis=1).tolist()
    found = [_Side(side, not count) for side, count in zip(sides, others, strict=True)]
    yield from zip(spots, found[::2], found[1::2], strict=True)


def _sides(spot: Spot, reach: float) -> tuple[BBox, BBox]:
    box = spot.box
    return (
        BBox(max(box.x0 - reach, spot.within.x0), box.top, box.x0, box.bottom),
        BBox(box.x1, box.top, min(box.x1 + reach, spot.within.x1), box.bottom),
    )


def _with_whole_ends(spot: Spot, left: _Side, right: _Side, ink: Image) -> Spot:
    """The spot with all of the characters that its ends cut, and with a full stop or comma that it leaves out."""
    box, height = spot.box, spot.box.bottom - spot.box.top
    if _is_tall(box):
        return spot
    reach = _END * height
    before, after = (side.box.x1 - side.box.x0 if side.is_free else 0.0 for side in (left, right))
    x0 = box.x0 - _missing(_part_of(ink, box, box.x0 - before, box.x0 + reach)[:, ::-1], before, height)
    x1 = box.x1 + _missing(_part_of(ink, box, box.x1 - reach, box.x1 + after), after, height)
    return replace(spot, box=replace(box, x0=x0, x1=x1))


def _missing(part: Image, beyond: float, height: float) -> float:
    """How far a line goes on into the last `beyond` pixels of a part of its ink; all of its end lies in the part."""
    tall, end = part.shape[0], part.shape[1] - beyond
    if beyond < 1 or not part[:, max(0, int(end)) :].any():
        return 0.0
    _, _, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(part), connectivity=8)
    ends = [0.0]
    for x, y, width, thick, _ in stats[1:].tolist():
        large = max(width, thick)
        is_cut = x < end and thick < 0.95 * tall  # what is as high as the line is a rule beside it
        is_stop = large < _STOP[1] * height and y + thick / 2 > tall / 2
        is_whole = end < x + width < part.shape[1]
        if is_whole and large > _STOP[0] * height and (is_cut or is_stop):
            ends.append(x + width - end + 1)
    return max(ends)


def _part_of(ink: Image, line: BBox, x0: float, x1: float) -> Image:
    """The ink on a line's height between two places."""
    return ink[max(0, round(line.top)) : round(line.bottom), max(0, round(x0)) : round(x1)]


def _with_lone_stroke(spot: Spot, left: _Side, right: _Side, ink: Image) -> Spot:
    """The spot with a 一 or a dash at its ends, which detection takes for a rule and leaves out."""
    if _is_tall(spot.box):
        return spot
    height = spot.box.bottom - spot.box.top
    strokes = [
        stroke
        for side, outer in ((left, left.box.x0), (right, right.box.x1))
        if side.is_free
        for stroke in _lone_strokes(ink, side.box, height)
        if abs(stroke.x0 - outer) > 1 and abs(stroke.x1 - outer) > 1
    ]
    return (
        replace(spot, box=hull([spot.box, *(_widened(stroke, 0.1 * height, spot.within) for stroke in strokes)]))
        if strokes
        else spot
    )


def _widened(box: BBox, by: float, within: BBox) -> BBox:
    return replace(box, x0=max(box.x0 - by, within.x0), x1=min(box.x1 + by, within.x1))


def _lone_strokes(ink: Image, side: BBox, height: float) -> list[BBox]:
    """The one level stroke at mid-height that a side of a line holds."""
    x0, top = round(side.x0), max(0, round(side.top))
    part = np.ascontiguousarray(ink[top : round(side.bottom), x0 : round(side.x1)])
    if not part.any():
        return []
    _, _, stats, centres = cv2.connectedComponentsWithStats(part, connectivity=8)
    found = [(stat, centre[1]) for stat, centre in zip(stats[1:], centres[1:], strict=True) if stat[2] > 0.2 * height]
    if len(found) != 1:
        return []
    (x, _, width, thick, _), middle = found[0]
    level = thick < 0.25 * height and abs(middle - part.shape[0] / 2) < 0.2 * height
    if not (level and 0.3 * height < width < 1.1 * height):
        return []
    return [BBox(float(x0 + x), side.top, float(x0 + x + width), side.bottom)]


def find_spots(found: Sequence[BBox], cells: Sequence[BBox], ink: Image, scale: float) -> list[Spot]:
    """One spot a line of text: detected ones cut at the cells' borders, and ink in cells that detection missed."""
    page = BBox(0.0, 0.0, float(ink.shape[1]), float(ink.shape[0]))
    inner = [_shrunk(cell, _INSET * scale) for cell in cells]
    spots: list[Spot] = []
    for box, near in zip(found, _near(found, inner), strict=True):
        parts = [Spot(part, cell) for cell in near if (part := _part_in(box, cell))]
        spots += [*_told_apart(parts, ink), *_beyond(box, near, page, ink, scale)] if parts else [Spot(box, page)]
    level = [
        replace(spot, box=row)
        for spot in spots
        for row in (_rows(ink, spot.box, scale) if _is_tall(spot.box) else [spot.box])
    ]
    boxes = [spot.box for spot in level]
    level = [
        spot
        for spot, near in zip(level, _near(boxes, boxes), strict=True)
        if not any(_covers(other, spot.box) for other in near)
    ]
    written = {spot.within for spot in level}
    level = [_with_whole_ends(*one, ink) for one in _beside(level, _END)]
    level = [_with_lone_stroke(*one, ink) for one in _beside(level, _BESIDE)]
    level += [Spot(row, cell) for cell in inner if cell not in written for row in _rows(ink, cell, scale)]
    return level


def _told_apart(parts: Sequence[Spot], ink: Image) -> Iterator[Spot]:
    """The parts of a line in their cells, those marked that it runs through a rule from one to the next: what was taken
    for that rule may be a crease, or show through the paper."""
    ordered = sorted(parts, key=lambda spot: spot.box.x0)
    cut = [_runs_through(*pair, ink) for pair in pairwise(ordered)]
    for spot, *sides in zip(ordered, [False, *cut], [*cut, False], strict=True):
        yield replace(spot, is_cut=any(sides))


def _runs_through(left: Spot, right: Spot, ink: Image) -> bool:
    """Whether strokes come near to the rule between two cells from both sides, as what is set in cells does not."""
    if right.within.x0 < left.within.x1 or left.box.x1 < left.within.x1 or right.box.x0 > right.within.x0:
        return False
    reach = _TOUCHES * (left.box.bottom - left.box.top)
    before = _part_of(ink, left.box, left.box.x1 - 3 * reach, left.box.x1)[:, ::-1]
    behind = _part_of(ink, right.box, right.box.x0, right.box.x0 + 3 * reach)
    return _comes_near(before, round(reach)) and _comes_near(behind, round(reach))


def _comes_near(part: Image, reach: int) -> bool:
    """Whether the part, from a rule onwards, has strokes right behind what is left of the rule."""
    if not part.size:
        return False
    is_rest = (part > 0).mean(axis=0) > _STROKES[1]
    first = len(is_rest) if is_rest.all() else int(is_rest.argmin())
    near = part[:, first : first + max(1, reach)]
    return bool(near.size and (near > 0).any(axis=1).mean() > _STROKES[0])


def _near(boxes: Sequence[BBox], others: Sequence[BBox]) -> Iterator[list[BBox]]:
    """Those of the others that each box shares anything with."""
    return (list(compress(others, near)) for near in touching(boxes, others).tolist())


def _beyond(box: BBox, cells: Sequence[BBox], page: BBox, ink: Image, scale: float) -> list[Spot]:
    """What of a line lies beside the cells that it runs into: the label of a box, or the unit behind it."""
    height, rule = box.bottom - box.top, 2 * _INSET * scale
    taken = sorted((cell.x0 - rule, cell.x1 + rule) for cell in cells if _is_on(box, cell))
    starts, ends = [page.x0, *accumulate((x1 for _, x1 in taken), max)], [*(x0 for x0, _ in taken), page.x1]
    rests = [
        Spot(replace(box, x0=max(box.x0, x0), x1=min(box.x1, x1)), replace(page, x0=x0, x1=x1))
        for x0, x1 in zip(starts, ends, strict=True)
        if min(box.x1, x1) - max(box.x0, x0) > _LEAST * height
    ]
    return [rest for rest in rests if _rows(ink, rest.box, scale)]


def _is_on(box: BBox, cell: BBox) -> bool:
    """Whether a cell stands on the height of a line that reaches into it."""
    part = shared(box, cell)
    return part.x1 > part.x0 and part.bottom - part.top > 0.5 * min(box.bottom - box.top, cell.bottom - cell.top)


def _covers(larger: BBox, box: BBox) -> bool:
    """Detection draws some characters twice: most of the box lies in a larger one."""
    return area(larger) > area(box) and area(shared(larger, box)) > 0.5 * area(box)


def shared(a: BBox, b: BBox) -> BBox:
    """What two boxes share; of no size when they share nothing."""
    x0, top = max(a.x0, b.x0), max(a.top, b.top)
    return BBox(x0, top, max(x0, min(a.x1, b.x1)), max(top, min(a.bottom, b.bottom)))


def _part_in(box: BBox, cell: BBox) -> BBox | None:
    """The part of a box that lies in a cell, when it is more than a margin."""
    part = shared(box, cell)
    height = box.bottom - box.top
    big = part.x1 - part.x0 > 0.3 * min(height, box.x1 - box.x0) and part.bottom - part.top > 0.5 * min(
        height, cell.bottom - cell.top
    )
    return part if big else None


def _is_tall(box: BBox) -> bool:
    return box.bottom - box.top > _TALL * (box.x1 - box.x0)


def _rows(ink: Image, box: BBox, scale: float) -> list[BBox]:
    """The rows of ink inside a box, each as a box with a margin."""
    x0, top = max(0, round(box.x0)), max(0, round(box.top))
    part = np.ascontiguousarray(ink[top : round(box.bottom), x0 : round(box.x1)])
    if not part.size:
        return []
    part = _without_specks(part, scale)
    filled = np.append((part > 0).any(axis=1), False)
    edges = np.flatnonzero(np.diff(filled, prepend=False))
    rows = []
    for first, last in _joined(list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)), 2.0 * scale):
        columns = np.flatnonzero((part[first:last] > 0).any(axis=0))
        middle = (first + last) / 2
        half = max((last - first) / 2 + 1.5 * scale, BODY / 2 * scale)
        rows.append(
            BBox(
                max(box.x0, x0 + columns[0] - 2 * scale),
                max(box.top, top + middle - half),
                min(box.x1, x0 + columns[-1] + 1 + 2 * scale),
                min(box.bottom, top + middle + half),
            )
        )
    return rows


def _without_specks(part: Image, scale: float) -> Image:
    """The ink without specks and without what skew or curl left of the rules at its borders."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
    kept = [
        i
        for i in range(1, count)
        if max(stats[i, 2], stats[i, 3]) >= 3.0 * scale and not _is_rest_of_rule(stats[i], part.shape, scale)
    ]
    return np.where(np.isin(labels, kept), 255, 0).astype(np.uint8)


def _is_rest_of_rule(stat: npt.NDArray[np.int32], shape: tuple[int, ...], scale: float) -> bool:
    x, y, width, height = (int(value) for value in stat[:4])
    near, thin, long = _REST * scale, _REST * scale, BODY * scale
    level = width > long and height < thin + _SLOPE * width and min(y, shape[0] - y - height) < near
    upright = height > long and width < thin + _SLOPE * height and min(x, shape[1] - x - width) < near
    return level or upright


def _joined(spans: Sequence[tuple[int, int]], gap: float) -> list[tuple[int, int]]:
    """Spans nearer than the gap as one."""
    joined: list[tuple[int, int]] = []
    for first, last in spans:
        if joined and first - joined[-1][1] < gap:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def _shrunk(box: BBox, by: float) -> BBox:
    return BBox(box.x0 + by, box.top + by, box.x1 - by, box.bottom - by)
