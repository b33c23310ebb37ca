"""Grid lines and the cells between them: what rules, and boxes that stand apart, both come down to."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.model import BBox

Cells = npt.NDArray[np.int32]


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

    def box(self, number: int) -> BBox:
        top, left, bottom, right = self.span(number)
        return BBox(self.xs[left], self.ys[top], self.xs[right], self.ys[bottom])

    def span(self, number: int) -> tuple[int, int, int, int]:
        """The grid lines around a cell: top, left, bottom, right."""
        rows, columns = np.nonzero(self.owner == number)
        return int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1


def interval(positions: Sequence[float], value: float) -> int:
    """Between which two of the positions a value lies, the outermost for one beyond them."""
    return min(max(bisect_right(positions, value) - 1, 0), len(positions) - 2)
