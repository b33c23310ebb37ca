"""Lines with their places, as tables without rules are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from pipeline.model import BBox, Line

LEVEL = 0.35  # of the text's height: lines so near to each other stand on one height


@dataclass(frozen=True, slots=True)
class Item:
    """A line and its place, reckoned where the line itself has none."""

    line: Line
    box: BBox


Row = list[Item]  # what stands side by side, left to right; a wrapped cell has several lines
Cells = tuple[tuple[Line, ...], ...]


def height(item: Item) -> float:
    return item.box.bottom - item.box.top


def gap(above: Sequence[Item], below: Sequence[Item]) -> float:
    """The paper between what stands above and what stands below, negative where they reach into each other."""
    return min(item.box.top for item in below) - max(item.box.bottom for item in above)


def pitch(above: Sequence[Item], below: Sequence[Item]) -> float:
    """From the lowest line above to the highest one below, middle to middle, which detection finds nearer than edges;
    of lines side by side it is their median."""
    return _outermost(below, -1) - _outermost(above, 1)


def _outermost(items: Sequence[Item], sign: int) -> float:
    """The middle of what stands lowest, or highest where the sign is negative."""
    middles = [sign * (item.box.top + item.box.bottom) / 2 for item in items]
    reach = max(middles) - LEVEL * median(map(height, items))
    return sign * median(middle for middle in middles if middle >= reach)


def shared(a: BBox, b: BBox) -> float:
    """The width that two boxes share, negative when a gap lies between them."""
    return min(a.x1, b.x1) - max(a.x0, b.x0)
