"""Boxes of text lines from what detection gives: rapidocr's, and those of lines that it lets go."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from rapidocr.ch_ppocr_det.utils import DBPostProcess

_SEEN = 0.3  # of 1: where detection sees text
_SURE = 0.5  # of 1: the mean of what it sees within a box around text
_SURE_OUTLINED = 0.8  # the same within the outline: what is left of a seal has less
_SPREAD = 1.5  # times its usual thickness: what is thicker holds more than a row
_MOSTLY = 80  # per cent of its columns


class Outlines(DBPostProcess):
    """Detection is judged by the rectangle around an outline that has the least area. Around a line that is a little
    higher at one end that lies askew, and is mostly paper: such a line is judged by its outline alone."""

    def __init__(self) -> None:
        super().__init__(thresh=_SEEN, box_thresh=_SURE, unclip_ratio=1.5, score_mode="slow")

    def box_score_slow(self, bitmap: npt.NDArray[np.float32], contour: cv2.typing.MatLike) -> float:
        """How sure it is that the outline is text."""
        within_box = float(self.box_score_fast(bitmap, self.get_mini_boxes(contour)[0]))
        if within_box >= _SURE or not _is_one_row(contour):
            return within_box
        within: Any = super().box_score_slow(bitmap, contour)
        return float(within) if within >= _SURE_OUTLINED else within_box


def _is_one_row(contour: cv2.typing.MatLike) -> bool:
    """Whether an outline is about as thick all along, as two rows of unequal length are not."""
    x, y, width, height = cv2.boundingRect(contour)
    filled = np.zeros((height, width), np.uint8)
    cv2.drawContours(filled, [contour], -1, (1,), cv2.FILLED, offset=(-x, -y))
    thickness = filled.sum(axis=0)
    return bool(np.percentile(thickness, _MOSTLY) <= _SPREAD * np.median(thickness))
