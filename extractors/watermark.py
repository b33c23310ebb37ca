"""Takes pale lettering that lies behind the text off a page: 仅限申报使用 and the like, slanted and large.

A watermark is evenly pale, larger than the text, and thicker than the soft edges of black strokes.
"""

import cv2
import numpy as np
import numpy.typing as npt

from extractors.colour import with_paper

Image = npt.NDArray[np.uint8]

_TEXT, _PALE, _PAPER = 140, 170, 246  # brightness, of paper at 255: text is darker than the first, marks are between
_EDGE = 3  # pixels beside a dark stroke that may be its soft edge
_LETTER = (0.02, 0.25)  # of the page's longer side: a watermark's strokes are larger than text, smaller than shadows
_SHARE = 0.001  # of the page: less pale ink is no watermark
_DARK = 0.1  # of as much ink: where less is darker than the marks, they are the text of a pale print
_MARGIN = 12  # brightness that a watermark varies by
_EVEN = 8  # a quarter of a watermark's ink is not much darker than its median; of a shadow it is


def without_watermark(image: Image, flat: Image, longest: int) -> Image:
    """The image with what is as pale as its watermark turned to paper; the very image given if there is none.

    `flat` is the image flattened, `longest` the page's longer side."""
    strokes = _strokes(flat)
    if cv2.countNonZero(strokes) < _SHARE * flat.size:
        return image
    marks = _letters(flat, strokes, longest)
    if not marks.size:
        return image
    low, quarter, half = np.percentile(marks, (10, 25, 50))
    if half - quarter > _EVEN:
        return image
    paper = cv2.threshold(flat, max(low, _PALE) - _MARGIN, 255, cv2.THRESH_BINARY)[1]
    if flat.size - cv2.countNonZero(paper) < _DARK * cv2.countNonZero(strokes):
        return image
    return with_paper(image, paper)


def _strokes(flat: Image) -> Image:
    """Pale strokes that are not the edges of dark ones, 255."""
    text = cv2.threshold(flat, _TEXT - 1, 255, cv2.THRESH_BINARY_INV)[1]
    near_text = cv2.dilate(text, np.ones((2 * _EDGE + 1,) * 2, np.uint8))
    pale = cv2.subtract(cv2.inRange(flat, _PALE, _PAPER - 1), near_text)  # type: ignore[call-overload]
    return np.asarray(cv2.morphologyEx(pale, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)


def _letters(flat: Image, strokes: Image, longest: int) -> Image:
    """The brightness of those that belong to something larger than text; of none where they are too few."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    size = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) / longest
    letter = (size > _LETTER[0]) & (size < _LETTER[1])
    letter[0] = False
    if stats[letter, cv2.CC_STAT_AREA].sum() < _SHARE * flat.size:
        return np.empty(0, np.uint8)
    drawn = strokes > 0
    return np.asarray(flat[drawn][letter[labels[drawn]]], np.uint8)
