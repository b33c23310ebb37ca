"""Rules too pale or too thin to count as ink: hairlines, grey rules, and what blur and light leave of them."""

from collections.abc import Sequence

import cv2
import numpy as np

from extractors.runs import Image, opened
from pipeline.model import BBox

_THIN = 3.0  # points: a rule with its blur is thinner
_DARKER = 16  # of 255: how much darker it is than the paper beside it, at least
_RUN = 16.0  # points that it goes on unbroken: longer than strokes of characters
_GAP = 1.0  # points: where it crosses another, and where noise breaks it
_STEP = 16  # pixels: a glance looks at one of so many columns
_GLANCE = 10  # looks in a row that see a rule: writing does not stand on one height for so long
_PALE = 3  # of them, at least, that see no ink
_EDGE = 0.25  # of a line's height: what is level and further inside are strokes that blur has joined


def hairlines(ink: Image, flat: Image, scale: float, text: Sequence[BBox]) -> Image | None:
    """The thin rules that are paler than ink, 255, and what is as thin and as long of the ink; None on a page without.

    `ink` is 255 where there is ink, `flat` the page flattened, with `scale` pixels a point, `text` the boxes of lines
    of text in pixels. Hardly any page has such rules, so that all of it is looked at only where a glance sees one."""
    thin = max(3, round(_THIN * scale) | 1)
    glances = (ink[:, ::_STEP], flat[:, ::_STEP]), (ink[::_STEP].T, flat[::_STEP].T)
    if not any(_has_pale_rules(inked, page, thin) for inked, page in glances):
        return None
    level = _strokes(flat, thin, scale)
    for box in text:
        edge = _EDGE * min(box.x1 - box.x0, box.bottom - box.top)
        level[round(box.top + edge) : round(box.bottom - edge), round(box.x0) : round(box.x1)] = 0
    upright = _strokes(np.asarray(cv2.transpose(flat), np.uint8), thin, scale)
    return np.asarray(cv2.bitwise_or(level, cv2.transpose(upright)), np.uint8)


def _has_pale_rules(ink: Image, flat: Image, thin: int) -> bool:
    """Whether a level rule that is not all ink goes through many columns."""
    ridges = _ridges(np.ascontiguousarray(flat), thin)
    rules = cv2.morphologyEx(ridges, cv2.MORPH_OPEN, np.ones((1, _GLANCE), np.uint8))
    inked = cv2.dilate(np.ascontiguousarray(ink), np.ones((3, 1), np.uint8))
    pale = cv2.bitwise_and(rules, cv2.bitwise_not(inked))
    return bool(((pale > 0).sum(axis=1) >= _PALE).any())


def _strokes(flat: Image, thin: int, scale: float) -> Image:
    """Those that are level and thin, 255."""
    gap, run = max(2, round(_GAP * scale)), round(_RUN * scale)
    ridges = cv2.morphologyEx(_ridges(flat, thin), cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    return opened(np.asarray(ridges, np.uint8), run)


def _ridges(flat: Image, thin: int) -> Image:
    """255 where something thin is darker than what is above and below it."""
    darker = cv2.morphologyEx(flat, cv2.MORPH_BLACKHAT, np.ones((thin, 1), np.uint8))
    return np.asarray(cv2.threshold(darker, _DARKER - 1, 255, cv2.THRESH_BINARY)[1], np.uint8)
