"""Rules that are rows of dots or dashes, drawn through, and the specks of a copy's shaded fields, which are none."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from extractors.runs import Image, Labels, Places, labelled, runs_of

Flags = npt.NDArray[np.bool_]

_DOT, _DASH, _GAP = 3.0, 6.0, 6.0  # points: height and length of a rule's marks, and what parts them
_RUN = 20.0  # points: a row of dots this long is no writing
_SPECK, _PLACE, _SPECKLED = 1.5, 10.0, 20  # points, and the specks in a square of ten points that shading makes


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of a page's ink: which one each pixel is of, and their boxes: x, y, width and height, a row each.

    The first is the paper, as large as the page."""

    labels: Labels
    boxes: Places


def pieces_of(ink: Image) -> Pieces:
    """`ink` is 255 where there is ink."""
    count, labels = labelled(ink)
    runs = runs_of(ink)
    x0, y0, x1, y1 = runs.sides(labels[runs.row, runs.start], count)
    boxes = np.stack([x0, y0, x1 - x0, y1 - y0], axis=1)
    boxes[0] = (0, 0, *labels.shape[::-1])
    return Pieces(labels, boxes)


def specks(pieces: Pieces, left: int, top: int, scale: float) -> Flags:
    """Which pieces are specks where the page is full of them: those of a copy's shaded fields would make rules, while
    a dotted rule has few in a place. `left` and `top` say where on the page they lie, `scale` is pixels a point."""
    small = pieces.boxes[:, 2:].max(axis=1) <= _SPECK * scale
    column, row = ((pieces.boxes[:, :2] + (left, top)) // max(1, round(_PLACE * scale))).T
    _, place, count = np.unique(row[small] << 32 | column[small], return_inverse=True, return_counts=True)
    found = np.zeros(len(small), np.bool_)
    found[small] = count[place] >= _SPECKLED
    return found


def dotted(pieces: Pieces, counts: Flags, scale: float) -> tuple[Image | None, Image | None]:
    """Level rules of those pieces that count, drawn through, and upright ones with x and y changed; 255 each."""
    sides = pieces.boxes[:, 2:].T
    small = counts & (sides.max(axis=0) <= _DASH * scale)
    narrow, flat = sides <= _DOT * scale
    level, upright = _both(pieces, small & flat, small & narrow, scale)
    if level is None and upright is None:
        return None, None
    # Where they cross, a dot has the shape of neither's.
    crosses = _is_on(level, pieces.labels, len(small)) | _is_on(upright, pieces.labels.T, len(small))
    return _both(pieces, small & (flat | crosses), small & (narrow | crosses), scale)


def _both(pieces: Pieces, flat: Flags, narrow: Flags, scale: float) -> tuple[Image | None, Image | None]:
    """The level rules of flat dots, and the upright ones of narrow ones with x and y changed."""
    turned = pieces.boxes[:, [1, 0, 3, 2]]
    level = _drawn_through(pieces.labels, pieces.boxes, flat, scale)
    return level, _drawn_through(pieces.labels.T, turned, narrow, scale)


def _is_on(rules: Image | None, labels: Labels, count: int) -> Flags:
    """Which of the pieces of ink the rules were drawn through."""
    on = np.zeros(count, np.bool_)
    if rules is not None:
        rows = np.flatnonzero(rules.any(axis=1))
        on[labels[rows][rules[rows] > 0]] = True
    return on


def _drawn_through(labels: Labels, boxes: Places, is_dot: Flags, scale: float) -> Image | None:
    """The level ones, None where there are none. Most rows of pixels have none."""
    gap, run = max(2, round(_GAP * scale)), round(_RUN * scale)
    x, y, width, height = boxes[is_dot].T
    rows = _rows_with_runs(x, y, width, height, gap, run, labels.shape[1])
    if not rows.size:
        return None
    dots = is_dot[labels[rows]].view(np.uint8) * np.uint8(255)
    joined = cv2.morphologyEx(dots, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    rules = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
    if not rules.any():
        return None
    drawn = np.zeros(labels.shape, np.uint8)
    drawn[rows] = cv2.dilate(rules, np.ones((1, gap), np.uint8))  # the last dot is off the joint
    return drawn


def _rows_with_runs(x: Places, y: Places, width: Places, height: Places, gap: int, run: int, across: int) -> Places:
    """The rows of pixels in which boxes reach as far as a run, less than a gap apart from each other or the edge."""
    each = np.repeat(np.arange(len(x)), height)  # each box once a row
    rows = y[each] + np.arange(len(each)) - np.repeat(np.cumsum(height) - height, height)
    line = across + 2 * run + gap  # all rows as one
    start = line * rows + np.where(x < gap, -run, x)[each]
    end = line * rows + np.where(x + width > across - gap, across + run, x + width)[each]
    order = np.argsort(start)
    start, reach = start[order], np.maximum.accumulate(end[order])
    apart = np.flatnonzero(start[1:] - reach[:-1] >= gap)
    first, last = np.append(0, apart + 1)[: len(start)], np.append(apart, len(start) - 1)[: len(start)]
    return np.unique(rows[order][first[reach[last] - start[first] >= run]])
