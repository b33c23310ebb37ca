"""Grid lines and the cells between them: what rules, and boxes that stand apart, both come down to."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.model import BBox

Cells = npt.NDArray[np.int32]
Span = tuple[int, int, int, int]  # grid lines: top, left, bottom, right


@dataclass(frozen=True, slots=True)
class CellGrid:
    """Grid lines and, for each elementary box between them, the number of the cell it belongs to (-1: none)."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    owner: Cells

    @property
    def bbox(self) -> BBox:
        return BBox(self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])

    def at(self, x: float, y: float) -> int:
        """The number of the cell at a place, or of the nearest one where the place lies outside."""
        return int(self.owner[interval(self.ys, y), interval(self.xs, x)])

    def box(self, span: Span) -> BBox:
        """The place between four grid lines."""
        top, left, bottom, right = span
        return BBox(self.xs[left], self.ys[top], self.xs[right], self.ys[bottom])

    def spans(self) -> list[Span]:
        """The grid lines around each cell, one after the other; cells are rectangles."""
        numbers, width = self.owner.ravel(), self.owner.shape[1]
        places = np.flatnonzero(numbers >= 0)
        first, last = np.zeros((2, int(numbers.max()) + 1), np.intp)
        first[numbers[places[::-1]]], last[numbers[places]] = places[::-1], places  # what is written last stays
        top, left, bottom, right = first // width, first % width, last // width + 1, last % width + 1
        return list(zip(top.tolist(), left.tolist(), bottom.tolist(), right.tolist(), strict=True))

    def span(self, number: int) -> Span:
        """The grid lines around a cell."""
        rows, columns = np.nonzero(self.owner == number)
        return int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1


def interval(positions: Sequence[float], value: float) -> int:
    """Between which two of the positions a value lies, the outermost for one beyond them."""
    return min(max(bisect_right(positions, value) - 1, 0), len(positions) - 2)
