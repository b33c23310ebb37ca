"""Ruled lines from a page's pixels: level and upright strokes too long to be writing.

Straightened pages keep a rest of skew and scans break lines, so a line is followed through gaps and steps of a pixel.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from extractors.dotted import dotted, pieces_of, specks
from extractors.grid import Ruling, tables_from_rulings
from extractors.lines import Floats, shifted, sides, touch
from extractors.runs import Image, Labels, Places, Runs, labelled, opened, runs_of
from pipeline.model import BBox

_RUN = 11.0  # points of unbroken ink that may belong to a rule
_MARGIN = 12.0  # points around the ink: as far as what lies beside it is asked for
_SHORTEST = 14.0  # points: a row of a table is not lower
_THICKEST = 5.0  # points: more is a bar or a photo
_GAP = 2.5  # points that a scan may break out of a line
_INKED = 0.6  # of a stroke on a page with specks that is ink
_FULL = 0.5  # of a rule's fullest row of pixels: rows that hold less are skew, or text that touches it
_SOLID = 0.85  # of a rule through text that is ink: strokes that nearly meet the rules around them leave gaps
_INSIDE = 0.1  # of a line's height: nearer to its edge a rule may part it from what stands beside it
_THROUGH = 0.6  # of a rule's length that lies in lines of text
_MEETS = 3.0  # points: a rule that ends so near to another meets it
_STROKE = 1.9  # times the height of a line of text: no stroke of a character is longer
_LONG, _MOSTLY = 60.0, 0.7  # points: a rule that may have noise beside it; its share of all that hangs together
_MANY = 4  # strokes that reach out of one line's box: rules between cells are fewer
_BEYOND = 0.35  # of that height: characters of headings reach so far out of the box that detection draws


@dataclass(frozen=True, slots=True)
class _Written:
    """A line of text: its box, where its characters may reach, and the longest that their strokes may be."""

    box: BBox
    reach: BBox
    stroke: float

    @classmethod
    def of(cls, box: BBox) -> Self:
        size = min(box.x1 - box.x0, box.bottom - box.top)
        beyond = _BEYOND * size
        return cls(box, BBox(box.x0, box.top - beyond, box.x1, box.bottom + beyond), _STROKE * size)

    def turned(self) -> Self:
        return replace(self, box=_turned(self.box), reach=_turned(self.reach))


@dataclass(frozen=True, slots=True)
class _Page:
    """The part of a page that holds all its ink, as it is or turned, to look for level rules in.

    `dots` are the rows of dots in it drawn through; `left` and `top` say where on the page it begins, in pixels, as the
    boxes of the lines of text are."""

    ink: Image
    dots: Image | None
    is_shaded: bool
    left: int
    top: int
    scale: float
    text: Sequence[_Written]


def rulings(
    ink: Image, scale: float, text: Sequence[BBox], pale: Image | None = None
) -> tuple[tuple[Ruling, ...], tuple[Ruling, ...]]:
    """Horizontal and vertical rulings of a straightened page, in points.

    `ink` is 255 where there is ink, with `scale` pixels a point; `text` are the boxes of lines of text in pixels, so
    that a long stroke of a large character is not taken for a rule. `pale` are strokes of rules that are no ink."""
    rows, columns = _around_ink(_with(ink, pale), round(_MARGIN * scale))
    left, top, part = columns.start, rows.start, ink[rows, columns]
    pieces = pieces_of(part)
    is_speck = specks(pieces, left, top, scale)
    is_shaded = bool(is_speck.any())
    level_dots, upright_dots = dotted(pieces, ~is_speck, scale)
    level = np.where(is_speck[pieces.labels], np.uint8(0), part) if is_shaded else part
    level = level if pale is None else _with(level, pale[rows, columns])
    upright = np.asarray(cv2.transpose(level), np.uint8)
    lines = [_Written.of(box) for box in text]
    page = _Page(level, level_dots, is_shaded, left, top, scale, lines)
    turned = _Page(upright, upright_dots, is_shaded, top, left, scale, [line.turned() for line in lines])
    # As a whole first: what is no rule would part others where it crosses them.
    horizontals = _without_strokes(_horizontals(page), (), page)
    verticals = _without_strokes(_horizontals(turned), (), turned)
    horizontals, verticals = (
        _without_strokes(horizontals, verticals, page),
        _without_strokes(verticals, horizontals, turned),
    )
    horizontals = _without_underlines(horizontals, verticals)
    characters = _characters(horizontals, verticals, [_scaled(box, 1 / scale) for box in text])
    return (
        tuple(rule for rule in horizontals if not any(_within(_stroke(rule), box) for box in characters)),
        tuple(rule for rule in verticals if not any(_within(_turned(_stroke(rule)), box) for box in characters)),
    )


def _around_ink(ink: Image, margin: int) -> tuple[slice, slice]:
    """The rows and columns of pixels that hold ink, with so many more on all sides as far as there are."""
    x, y, width, height = cv2.boundingRect(ink)
    return slice(max(0, y - margin), y + height + margin), slice(max(0, x - margin), x + width + margin)


def _with(ink: Image, more: Image | None) -> Image:
    return ink if more is None else np.asarray(cv2.bitwise_or(ink, more), np.uint8)


def _characters(horizontals: Sequence[Ruling], verticals: Sequence[Ruling], text: Sequence[BBox]) -> list[BBox]:
    """Places where strokes of characters such as 目 or 用 look like a small table; points."""
    crossing = _crossing(verticals, text)
    if not any(length > 0.5 * (rule.end - rule.start) for rule, length in zip(verticals, crossing, strict=True)):
        return []
    tables, _ = tables_from_rulings(horizontals, verticals, ())
    places = [_grown(table.bbox, 1.0) for table in tables if table.bbox]
    places += [
        _grown(inner.bbox, 1.0) for table in tables for cell in table.cells for inner in cell.tables if inner.bbox
    ]
    return [
        place
        for place in places
        if _crosses_text(place, verticals, crossing) and not _is_ruled(place, horizontals, text)
    ]


def _is_ruled(place: BBox, horizontals: Sequence[Ruling], text: Sequence[BBox]) -> bool:
    """Whether level rules longer than any stroke of the place's text lie further apart than its strokes reach.

    These are rows, of which detection joined the text across the upright rules. A low row may be boxes for single
    characters, which read better as one line, or an underline with the strokes above it."""
    sizes = [min(box.x1 - box.x0, box.bottom - box.top) for box in text if touch(box, place)]
    longest = _STROKE * max(sizes, default=0.0)
    rows = [rule.position for rule in horizontals if _within(_stroke(rule), place) and rule.end - rule.start > longest]
    return bool(rows) and max(rows) - min(rows) > longest


def _crosses_text(place: BBox, verticals: Sequence[Ruling], crossing: Sequence[float]) -> bool:
    """Do the upright rules of the place run through lines of text and not between them?"""
    inside = [
        (rule.end - rule.start, length)
        for rule, length in zip(verticals, crossing, strict=True)
        if place.x0 <= rule.position <= place.x1 and rule.start < place.bottom and rule.end > place.top
    ]
    return sum(length for _, length in inside) > 0.5 * sum(length for length, _ in inside)


def _crossing(verticals: Sequence[Ruling], text: Sequence[BBox]) -> list[float]:
    """How much of each upright rule runs through lines of text."""
    x, start, end = np.array([(rule.position, rule.start, rule.end) for rule in verticals]).reshape(-1, 3).T[..., None]
    x0, top, x1, bottom = (side.T for side in sides(text))
    shared = np.clip(np.minimum(end, bottom) - np.maximum(start, top), 0, None) * ((x0 < x) & (x < x1))
    lengths: list[float] = shared.sum(axis=1).tolist()
    return lengths


def _horizontals(page: _Page) -> tuple[Ruling, ...]:
    found = list(_joined(page))
    written = _written([stroke for stroke, _ in found], page.text)
    return tuple(
        sorted(
            Ruling(middle / page.scale, stroke.x0 / page.scale, stroke.x1 / page.scale)
            for (stroke, middle), is_written in zip(found, written, strict=True)
            if not is_written
        )
    )


def _joined(page: _Page) -> Iterator[tuple[BBox, float]]:
    """The places of strokes that are rules, those of one rule as one, and the height at which each runs."""
    gap = max(2, round(_GAP * page.scale))
    rows, strokes = _strokes(page, gap)
    if not rows.size:
        return
    # What a rest of skew broke into steps touches again after one pixel, and reaches over a gap.
    joined = cv2.dilate(strokes, np.ones((3, 2 * gap + 1), np.uint8))
    count, labels = labelled(np.asarray(joined, np.uint8))
    runs = runs_of(strokes)
    of = labels[runs.row, runs.start] - 1  # the first is the paper
    runs = replace(runs, row=rows[runs.row])
    height, width = page.ink.shape
    x0, y0, x1, y1 = runs.sides(of, count - 1)
    x0, y0, x1, y1 = x0.clip(gap), y0.clip(1), x1.clip(max=width - gap), y1.clip(max=height - 1)
    middles = _middles(runs, of, y0 - 1)
    for index in np.flatnonzero(x1 - x0 >= _SHORTEST * page.scale).tolist():
        left, top, right, bottom = (int(side[index]) for side in (x0, y0, x1, y1))
        stroke = shifted(BBox(left, top, right, bottom), page.left, page.top)
        middle = float(middles[index])
        if not _is_thin(stroke, page.scale):
            start = int(np.searchsorted(rows, top - 1))
            place = slice(start, start + bottom - top + 2), slice(left - gap, right + gap)
            if not _runs_through((labels[place] == index + 1) & (strokes[place] > 0), middle, page.scale):
                continue
        yield stroke, page.top + top - 1 + middle


def _strokes(page: _Page, gap: int) -> tuple[Places, Image]:
    """The rows of pixels that hold level strokes, as most hold none, and the strokes in them. Two rows more on either
    side keep those apart that others lie between."""
    run = max(3, round(_RUN * page.scale))
    closed = cv2.morphologyEx(page.ink, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    strokes = opened(np.asarray(closed, np.uint8), run)
    if page.is_shaded:  # what gaps between specks bridge is no stroke
        strokes[cv2.blur(page.ink, (run, 1)) < _INKED * 255] = 0
    strokes = _with(strokes, page.dots)
    holding = np.flatnonzero(strokes.any(axis=1))
    rows = np.unique((holding[:, None] + np.arange(-2, 3)).clip(0, len(strokes) - 1))
    return rows, strokes[rows]


def _middles(runs: Runs, of: Labels, tops: Places) -> Floats:
    """How far below its top each rule runs: at the height of its fullest rows, since strokes of text may touch it."""
    height = runs.row.max(initial=0) + 1
    line, at = np.unique(of * height + runs.row, return_inverse=True)
    piece, row = np.divmod(line, height)
    filled = np.bincount(at, runs.end - runs.start)
    fullest = np.zeros(len(tops))
    np.maximum.at(fullest, piece, filled)
    filled[filled < _FULL * fullest[piece]] = 0
    return np.bincount(piece, filled * (row - tops[piece])) / np.bincount(piece, filled) + 0.5


def _without_strokes(rules: Sequence[Ruling], across: Sequence[Ruling], page: _Page) -> tuple[Ruling, ...]:
    """The rules without their pieces, from one rule across to the next, that are strokes of characters: these join
    with the rules that they touch and with strokes below them, but there is no ink all along."""
    pieces = [
        Ruling(rule.position, start, end)
        for rule in rules
        for start, end in pairwise([rule.start, *_crossings(rule, across), rule.end])
    ]
    doubtful = _through_text([_scaled(_stroke(piece), page.scale) for piece in pieces], page.text)
    kept: list[Ruling] = []
    for piece, is_doubtful in zip(pieces, doubtful, strict=True):
        if is_doubtful and not _is_solid(page, piece):
            continue
        if kept and (kept[-1].position, kept[-1].end) == (piece.position, piece.start):
            kept[-1] = replace(kept[-1], end=piece.end)
        else:
            kept.append(piece)
    return tuple(kept)


def _crossings(rule: Ruling, across: Sequence[Ruling]) -> list[float]:
    """Where others cross a rule or meet it, its ends left out."""
    return sorted(
        {
            other.position
            for other in across
            if rule.start + _MEETS < other.position < rule.end - _MEETS
            and other.start - _MEETS < rule.position < other.end + _MEETS
        }
    )


def _without_underlines(rules: Sequence[Ruling], uprights: Sequence[Ruling]) -> tuple[Ruling, ...]:
    """The level rules without those within a cell that end at none of its sides: such are drawn below words.

    The rules of a list within a cell have their ends in common."""
    return tuple(rule for rule in rules if not _hangs(rule, uprights) or _has_twin(rule, rules))


def _hangs(rule: Ruling, uprights: Sequence[Ruling]) -> bool:
    start, end = rule.start - _MEETS, rule.end + _MEETS
    beside = [other.position for other in uprights if other.start - _MEETS < rule.position < other.end + _MEETS]
    return bool(beside) and min(beside) < start and end < max(beside) and not any(start <= x <= end for x in beside)


def _has_twin(rule: Ruling, rules: Sequence[Ruling]) -> bool:
    return any(
        other is not rule and max(abs(other.start - rule.start), abs(other.end - rule.end)) < _MEETS for other in rules
    )


def _through_text(strokes: Sequence[BBox], text: Sequence[_Written]) -> npt.NDArray[np.bool_]:
    """Which strokes lie in lines of text for most of their length."""
    x0, y, x1, _ = sides(strokes)
    left, top, right, bottom = (side.T for side in sides([line.box for line in text]))
    margin = _INSIDE * np.minimum(right - left, bottom - top)
    inside = (top + margin < y) & (y < bottom - margin)
    shared = np.clip(np.minimum(x1, right) - np.maximum(x0, left), 0, None) * inside
    return np.asarray(shared.sum(axis=1) > _THROUGH * (x1 - x0)[:, 0], np.bool_)


def _is_solid(page: _Page, piece: Ruling) -> bool:
    """Is there ink all along, as drawn and before gaps were bridged?"""
    start, end, middle = (round(place * page.scale) for place in (piece.start, piece.end, piece.position))
    rows = slice(max(0, middle - page.top - 2), middle - page.top + 2)
    columns = slice(start - page.left, end - page.left)
    part = _with(page.ink[rows, columns], None if page.dots is None else page.dots[rows, columns])
    return bool((part > 0).any(axis=0).mean() > _SOLID) if part.size else False


def _written(strokes: Sequence[BBox], text: Sequence[_Written]) -> npt.NDArray[np.bool_]:
    """Which belong to characters: within a line of text, or one of many that reach out of it."""
    x0, _, x1, _ = sides(strokes)
    short = _inside(strokes, [line.reach for line in text]) & (x1 - x0 <= np.array([line.stroke for line in text]))
    many = short & (short.sum(axis=0) >= _MANY)
    return np.asarray((_inside(strokes, [line.box for line in text]) | many).any(axis=1), np.bool_)


def _inside(boxes: Sequence[BBox], others: Sequence[BBox]) -> npt.NDArray[np.bool_]:
    """Which box, a row each, lies within which of the others, a column each."""
    x0, top, x1, bottom = sides(boxes)
    left, upper, right, lower = (side.T for side in sides(others))
    return np.asarray((left <= x0) & (x1 <= right) & (upper <= top) & (bottom <= lower), np.bool_)


def _is_thin(stroke: BBox, scale: float) -> bool:
    return stroke.bottom - stroke.top <= _THICKEST * scale + 0.02 * (stroke.x1 - stroke.x0)


def _runs_through(piece: npt.NDArray[np.bool_], middle: float, scale: float) -> bool:
    """Whether a long rule runs through a piece from end to end, with noise of shaded fields hanging on to it."""
    if piece.shape[1] < _LONG * scale:
        return False
    half = max(1, round(_THICKEST * scale / 4))
    rule, beside = piece[max(0, int(middle) - half) : int(middle) + half + 1], np.count_nonzero(piece)
    return bool(rule.any(axis=0).mean() >= _SOLID and np.count_nonzero(rule) >= _MOSTLY * beside)


def _within(stroke: BBox, box: BBox) -> bool:
    return box.x0 <= stroke.x0 and stroke.x1 <= box.x1 and box.top <= stroke.top and stroke.bottom <= box.bottom


def _stroke(rule: Ruling) -> BBox:
    return BBox(rule.start, rule.position, rule.end, rule.position)


def _turned(box: BBox) -> BBox:
    """With x and y changed."""
    return BBox(box.top, box.x0, box.bottom, box.x1)


def _scaled(box: BBox, by: float) -> BBox:
    return BBox(box.x0 * by, box.top * by, box.x1 * by, box.bottom * by)


def _grown(box: BBox, by: float) -> BBox:
    return BBox(box.x0 - by, box.top - by, box.x1 + by, box.bottom + by)
