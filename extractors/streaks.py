"""Lines that a speck in a fax or a scanner draws along the paper's whole way.

They run from edge to edge, through margins in which nothing is printed, and part text and cells."""

from collections.abc import Iterator
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from extractors.colour import grey

Image = npt.NDArray[np.uint8]

_PARTS, _LOOKS = 20, 8  # of the way, in each of which a streak is dark for the most part; rows looked at in a part
_MARGIN = 1 / 100  # of the way at both its ends, which nothing else is written in
_THICKEST = 1 / 200  # of the page's width
_DARKER = 48  # of 255: than the brightest beside it
_WRITTEN = 0.02  # of a margin's pixels: it is one no longer


def without_streaks(image: Image) -> Image:
    """The page with what stands beside its streaks, upright or level, in their place."""
    return _without_level(_without_upright(image))


def _without_level(image: Image) -> Image:
    turned = np.swapaxes(image, 0, 1)
    cleared = _without_upright(turned)
    return image if cleared is turned else np.ascontiguousarray(np.swapaxes(cleared, 0, 1))


def _without_upright(image: Image) -> Image:
    streaks = list(_streaks(image))
    if not streaks:
        return image
    cleared = image.copy()
    for first, last in streaks:
        cleared[:, first:last] = np.maximum(image[:, first - 1], image[:, last])[:, None]
    return cleared


def _streaks(image: Image) -> Iterator[tuple[int, int]]:
    """The columns of each, with those that blur has made grey."""
    height, width = image.shape[:2]
    thickest, margin = max(3, round(_THICKEST * width)), round(_MARGIN * height)
    step = height // (_PARTS * _LOOKS)
    if not step:
        return
    looks = _dark(image[::step][: _PARTS * _LOOKS], thickest).reshape(_PARTS, _LOOKS, width)
    everywhere = (looks.sum(axis=1, dtype=np.uint8) > _LOOKS // 2).all(axis=0)
    if not everywhere.any():
        return
    near = cv2.dilate(everywhere.astype(np.uint8)[None], np.ones((1, 5), np.uint8))[0] > 0
    for end in (image[:margin], image[-margin:]):
        bright = grey(np.ascontiguousarray(end))
        written = bright < np.percentile(bright, 90) - _DARKER
        if not written.size or written[:, ~near].mean() > _WRITTEN:
            return
        everywhere &= written.mean(axis=0) > 0.5
    edges = np.flatnonzero(np.diff(everywhere, prepend=False, append=False)).tolist()
    for first, last in list(pairwise(edges))[::2]:
        if last - first <= thickest and first > 2 and last < width - 2:
            yield first - 1, last + 1


def _dark(rows: Image, thickest: int) -> Image:
    """1 where it is darker than the brightest beside it."""
    bright = grey(np.ascontiguousarray(rows))
    around = cv2.dilate(bright, np.ones((1, 2 * thickest + 1), np.uint8))
    return np.asarray(cv2.threshold(cv2.subtract(around, bright), _DARKER, 1, cv2.THRESH_BINARY)[1], np.uint8)
