"""Ruled lines from a page's pixels: level and upright strokes too long to be writing.

Straightened pages keep a rest of skew and scans break lines, so a line is followed through gaps and steps of a pixel.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from extractors.grid import Ruling
from pipeline.model import BBox

Image = npt.NDArray[np.uint8]

_RUN = 11.0  # points of unbroken ink that may belong to a rule
_SHORTEST = 14.0  # points: a row of a table is not lower
_THICKEST = 5.0  # points: more is a bar or a photo
_CHARACTER = 0.8  # of the height of a line's box: no stroke of its characters is longer
_GAP = 2.5  # points that a scan may break out of a line


def rulings(ink: Image, pixels_per_point: float, text: Sequence[BBox]) -> tuple[tuple[Ruling, ...], tuple[Ruling, ...]]:
    """Horizontal and vertical rulings of a straightened page, in points.

    `ink` is 255 where there is ink; `text` are the boxes of lines of text in pixels, so that a long stroke of a
    large character is not taken for a rule."""
    horizontals = _horizontals(ink, pixels_per_point, text)
    verticals = _horizontals(ink.T, pixels_per_point, [BBox(box.top, box.x0, box.bottom, box.x1) for box in text])
    return horizontals, verticals


def _horizontals(ink: Image, scale: float, text: Sequence[BBox]) -> tuple[Ruling, ...]:
    run, gap = max(3, round(_RUN * scale)), max(2, round(_GAP * scale))
    closed = cv2.morphologyEx(np.ascontiguousarray(ink), cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    strokes = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
    # What a rest of skew broke into steps touches again after one pixel, and reaches over a gap.
    joined = cv2.dilate(strokes, np.ones((3, 2 * gap + 1), np.uint8))
    _, _, stats, centres = cv2.connectedComponentsWithStats(joined, connectivity=8)
    found = []
    for (x, y, width, height, _), (_, middle) in zip(stats[1:], centres[1:], strict=True):
        stroke = BBox(float(x + gap), float(y + 1), float(x + width - gap), float(y + height - 1))
        if _is_rule(stroke, scale) and not any(_is_writing(stroke, box) for box in text):
            found.append(Ruling((middle + 0.5) / scale, stroke.x0 / scale, stroke.x1 / scale))
    return tuple(sorted(found))


def _is_rule(stroke: BBox, scale: float) -> bool:
    length, height = stroke.x1 - stroke.x0, stroke.bottom - stroke.top
    return length >= _SHORTEST * scale and height <= _THICKEST * scale + 0.02 * length


def _is_writing(stroke: BBox, box: BBox) -> bool:
    """Is the stroke part of a character in the line, or of several side by side?"""
    height = min(box.x1 - box.x0, box.bottom - box.top)
    margin = 0.25 * height
    around = BBox(box.x0 - margin, box.top - margin, box.x1 + margin, box.bottom + margin)
    return _within(stroke, box) or (stroke.x1 - stroke.x0 < _CHARACTER * height and _within(stroke, around))


def _within(stroke: BBox, box: BBox) -> bool:
    return box.x0 <= stroke.x0 and stroke.x1 <= box.x1 and box.top <= stroke.top and stroke.bottom <= box.bottom
