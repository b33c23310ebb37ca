"""Runs of pixels: where ink begins and ends in each row of a picture. A page has a hundred times as many pixels."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]

_LOOKS = 4  # times that a first look at some columns meets a run


@dataclass(frozen=True, slots=True)
class Runs:
    """The row of each run, where it begins and where it ends, row by row from left to right."""

    row: Places
    start: Places
    end: Places

    def sides(self, of: Labels, count: int) -> tuple[Places, Places, Places, Places]:
        """Left, top, right and bottom of each of so many pieces; `of` says which one each run is of."""
        x0, y0, x1, y1 = np.zeros((4, count), np.int64)
        x0[of] = self.start
        np.minimum.at(x0, of, self.start)
        np.maximum.at(x1, of, self.end)
        y0[of[::-1]], y1[of] = self.row[::-1], self.row + 1  # what is written last stays
        return x0, y0, x1, y1


def runs_of(picture: Image) -> Runs:
    """The runs of what is not 0; `picture` is 0 or 255 throughout."""
    height, width = picture.shape
    changes = np.empty((height, width + 1), np.bool_)
    np.not_equal(picture[:, 1:], picture[:, :-1], out=changes[:, 1:-1])
    changes[:, 0], changes[:, -1] = picture[:, 0], picture[:, -1]
    # Eight at a time first: hardly any place is a change.
    packed = np.packbits(changes)
    some = np.flatnonzero(packed > 0)
    found = np.flatnonzero(np.unpackbits(packed[some]).view(np.bool_))
    row, x = np.divmod(8 * some[found >> 3] + (found & 7), width + 1)
    return Runs(row[::2], x[::2], x[1::2])


def labelled(picture: Image) -> tuple[int, Labels]:
    """How many pieces there are of what is not 0, and which one each pixel is of; the first is the rest."""
    count, labels = cv2.connectedComponents(picture, connectivity=8)
    return count, np.asarray(labels, np.int32)


def opened(picture: Image, run: int) -> Image:
    """What of it lies in level runs so long, or half so long at its edges: its opening, in the rows that have such."""
    step = max(1, run // _LOOKS)
    looks = cv2.erode(np.ascontiguousarray(picture[:, ::step]), np.ones((1, run // step), np.uint8))
    likely = np.flatnonzero(looks.any(axis=1) | picture[:, [0, -1]].any(axis=1))
    found = np.zeros(picture.shape, np.uint8)
    if likely.size:
        found[likely] = cv2.morphologyEx(picture[likely], cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
    return found
