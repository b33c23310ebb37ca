"""A box's state by the ink in it, and its corners, which tell a square from a circle.

`part` is what a page's ink has within a box, 255 where there is ink.
"""

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.model import TICKED, UNCLEAR, UNTICKED

Image = npt.NDArray[np.uint8]

_CENTRE = 0.25  # of the side: what is nearer to the outline is not looked at for the state
_CORNER, _FEW = 0.14, 0.2  # of the side: the square that a circle leaves blank; the share of it that noise may ink
_EMPTY, _MARKED = 0.05, 0.12  # share of ink in the middle: up to the first a blank box, from the second a ticked one
_SPECK = 0.34  # of the side: of what is marked, some ink is as long


def state(part: Image, is_round: bool) -> str:
    """TICKED, UNTICKED or UNCLEAR: by the ink in the middle of a box, and by what stands nearer to its outline."""
    border = _border(part, is_round)
    middle, inside = (_inked(part, depth, is_round) for depth in (round(_CENTRE * min(part.shape)), border))
    if middle >= _MARKED or inside >= 1.5 * _MARKED:
        return TICKED if _has_stroke(part, border) else UNCLEAR
    return UNTICKED if middle <= _EMPTY and inside <= _MARKED else UNCLEAR


def _inked(part: Image, border: int, is_round: bool) -> float:
    """The share of ink that many pixels inside of a box; of a circle, whose ring reaches into its square's corners,
    within a circle."""
    inside = part[border : part.shape[0] - border, border : part.shape[1] - border] > 0
    if not inside.size:
        return 0.5 * (_EMPTY + _MARKED)
    if not is_round:
        return share(inside)
    disc, area = circle(*inside.shape)
    return int(np.count_nonzero(inside & disc)) / area


def _has_stroke(part: Image, border: int) -> bool:
    """Whether anything that many pixels inside of a box is larger than a speck."""
    inside = part[border : part.shape[0] - border, border : part.shape[1] - border]
    _, _, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(inside), connectivity=8)
    return bool(stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(initial=0) >= _SPECK * min(part.shape))


def corners(part: Image) -> int:
    """How many of a box's corners are inked, where a circle leaves paper."""
    size = max(1, int(_CORNER * min(part.shape)))
    squares = (part[rows, columns] for rows in _ends(size) for columns in _ends(size))
    return sum(int(np.count_nonzero(square)) > _FEW * size * size for square in squares)


def _ends(size: int) -> tuple[slice, slice]:
    return slice(0, size), slice(-size, None)


def _border(part: Image, is_round: bool) -> int:
    """How many pixels the outline and its blur take on each side."""
    side, third = min(part.shape), part.shape[1] // 3
    across = part[:, third : part.shape[1] - third] if is_round else part  # a ring is level at its top alone
    rows = (across > 0).mean(axis=1)
    thick = int(np.argmax(rows < 0.6)) if (rows < 0.6).any() else side // 4
    return int(min(max(thick + 1, round(0.16 * side)), round(_CENTRE * side)))


@lru_cache(maxsize=1024)
def circle(tall: int, width: int) -> tuple[npt.NDArray[np.bool_], int]:
    """The circle in a box, and its area."""
    down, right = np.ogrid[:tall, :width]
    inside = ((down + 0.5) / tall * 2 - 1) ** 2 + ((right + 0.5) / width * 2 - 1) ** 2 <= 1
    return inside, int(np.count_nonzero(inside))


def share(mask: npt.ArrayLike) -> float:
    """What of a mask is set; on areas of a few pixels several times as fast as its mean."""
    return int(np.count_nonzero(mask)) / max(np.size(mask), 1)
