"""Boxes of text lines from what detection gives: rapidocr's, in its steps, and those of lines that it lets go."""

from operator import itemgetter

import cv2
import numpy as np
import numpy.typing as npt
from rapidocr.ch_ppocr_det.utils import DBPostProcess

Seen = npt.NDArray[np.float32]
Points = npt.NDArray[np.float32] | npt.NDArray[np.int32]

_SEEN = 0.3  # of 1: where detection sees text
_SURE = 0.5  # of 1: the mean of what it sees within a box around text
_SURE_OUTLINED = 0.8  # the same within the outline: what is left of a seal has less
_SPREAD = 1.5  # times its usual thickness: what is thicker holds more than a row
_MOSTLY = 80  # per cent of its columns
_MOST = 1000  # outlines of a page
_LOWEST, _LOWEST_WHOLE = 3, 5  # of detection's pixels: the box around an outline, and the same around whole characters
_SMALLEST = 4.0  # pixels of the page: what its edge leaves of a box


class Outlines:
    """Detection is judged by the rectangle around an outline that has the least area. Around a line that is a little
    higher at one end that lies askew, and is mostly paper: such a line is judged by its outline alone."""

    def __init__(self) -> None:
        self._grown = DBPostProcess(unclip_ratio=1.5).unclip  # detection sees the midst of characters

    def __call__(self, seen: Seen, width: int, height: int) -> list[list[float]]:
        """Left, top, right and bottom of each line of text on a page so wide and high."""
        outlines, _ = cv2.findContours((seen > _SEEN).view(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        boxes = [self._box(seen, np.asarray(outline, np.int32)) for outline in outlines[:_MOST]]
        corners = np.array([box for box in boxes if box is not None], np.float32).reshape(-1, 4, 2)
        corners = np.round(corners / np.array(seen.shape[::-1], np.float32) * np.array((width, height), np.float32))
        corners = corners.clip(0, (width - 1, height - 1))
        across, down = (np.linalg.norm(corners[:, index] - corners[:, 0], axis=1) for index in (1, 3))
        corners = corners[np.minimum(across, down) >= _SMALLEST]
        found: list[list[float]] = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1).tolist()
        return found

    def _box(self, seen: Seen, outline: npt.NDArray[np.int32]) -> Points | None:
        """The corners of the box around an outline's characters, if it is text."""
        corners, side = _rectangle(outline)
        if side < _LOWEST or _sureness(seen, outline, corners) < _SURE:
            return None
        whole, side = _rectangle(self._grown(corners))
        return whole if side >= _LOWEST_WHOLE else None


def _rectangle(points: Points) -> tuple[Points, float]:
    """The corners of the rectangle around points that has the least area, clockwise, and its shorter side."""
    found = cv2.minAreaRect(points)
    corners = sorted(cv2.boxPoints(found).tolist(), key=itemgetter(0))
    (top_left, bottom_left), (top_right, bottom_right) = (
        sorted(pair, key=itemgetter(1)) for pair in (corners[:2], corners[2:])
    )
    return np.array([top_left, top_right, bottom_right, bottom_left], np.float32), min(found[1])


def _sureness(seen: Seen, outline: npt.NDArray[np.int32], corners: Points) -> float:
    """How sure it is that an outline with this rectangle around it is text."""
    within_box = _mean(seen, corners)
    if within_box >= _SURE or not _is_one_row(outline):
        return within_box
    within = _mean(seen, outline)
    return within if within >= _SURE_OUTLINED else within_box


def _mean(seen: Seen, polygon: Points) -> float:
    x, y, width, height = cv2.boundingRect(polygon)
    left, top = max(x, 0), max(y, 0)
    part = seen[top : y + height, left : x + width]
    mask = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(mask, [polygon.astype(np.int32)], (1,), offset=(-left, -top))
    return cv2.mean(part, mask)[0]


def _is_one_row(outline: npt.NDArray[np.int32]) -> bool:
    """Whether an outline is about as thick all along, as two rows of unequal length are not."""
    x, y, width, height = cv2.boundingRect(outline)
    filled = np.zeros((height, width), np.uint8)
    cv2.drawContours(filled, [outline], -1, (1,), cv2.FILLED, offset=(-x, -y))
    thickness = filled.sum(axis=0)
    return bool(np.percentile(thickness, _MOSTLY) <= _SPREAD * np.median(thickness))
