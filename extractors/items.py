"""Lines with their places, as tables without rules are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model import BBox, Line


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


def shared(a: BBox, b: BBox) -> float:
    """The width that two boxes share, negative when a gap lies between them."""
    return min(a.x1, b.x1) - max(a.x0, b.x0)
