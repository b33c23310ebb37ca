"""Labels whose value stands beside them in several lines without any rule between: pure geometry.

In a table without borders, or one that a page break has cut open, a label stands at half the height of its value, so
that in reading order it falls among the value's lines.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

from extractors.lines import hull
from pipeline.model import BBox, Line

_LEADING = 1.1  # in heights of the text: lines further apart than this belong to different cells
_NEARER = 0.15  # of the height of the text
_REACH = 12  # lines of a value that are looked at on either side of its label
_MOST = 500  # lines of a page; a form has a hundred

Beside = tuple[tuple[Line, ...], tuple[Line, ...]]  # a label's lines, its value's lines


def beside(lines: Sequence[Line], is_label: Callable[[str], bool]) -> list[Line | Beside]:
    """The lines, with a label and the lines of its value as one where the value has lines above or below the label."""
    if any(line.bbox is None for line in lines) or not 3 <= len(lines) <= _MOST:
        return list(lines)
    found: dict[int, Beside] = {}
    taken: set[int] = set()
    for index in range(len(lines)):
        if index in taken:
            continue
        pair = _pair(lines, index, is_label, taken)
        if pair:
            label, value = pair
            found[min(label + value)] = tuple(lines[i] for i in label), tuple(lines[i] for i in value)
            taken |= {*label, *value}
    kept: list[Line | Beside] = []
    for index, line in enumerate(lines):
        if index in found:
            kept.append(found[index])
        elif index not in taken:
            kept.append(line)
    return kept


def _pair(
    lines: Sequence[Line], index: int, is_label: Callable[[str], bool], taken: set[int]
) -> tuple[list[int], list[int]] | None:
    """The indices of the label that begins with this line and of its value."""
    label = [index]
    height = _box(lines[index]).bottom - _box(lines[index]).top
    while not is_label("".join(lines[i].text for i in label)):
        below = _next_in_column(lines, label[-1], height)
        if below is None or len(label) == 4:
            return None
        label.append(below)
    box = hull(_box(lines[i]) for i in label)
    right = sorted(
        (i for i in range(len(lines)) if i not in taken and _box(lines[i]).x0 > box.x1 + 0.5 * height),
        key=lambda i: _centre(lines[i]),
    )
    least = 1 if len(label) > 1 else 2  # a label of several lines stands beside a single one, too
    value = _around(lines, right, box, height, least)
    others = (i for i in range(len(lines)) if i not in label and _box(lines[i]).x0 <= box.x1)
    if len(value) < least or any(_within(_box(lines[i]), hull(_box(lines[v]) for v in value)) for i in others):
        return None
    return label, value


def _next_in_column(lines: Sequence[Line], index: int, height: float) -> int | None:
    """The line right below that begins at the same place."""
    above = _box(lines[index])
    for i, line in enumerate(lines):
        box = _box(line)
        if (
            abs(box.x0 - above.x0) < height
            and 0 < box.top - above.top < height * (1 + _LEADING)
            and box.x1 < above.x1 + height
        ):
            return i
    return None


def _around(lines: Sequence[Line], right: Sequence[int], label: BBox, height: float, least: int) -> list[int]:
    """The largest block of lines, each close under the one before, whose middle is the label's."""
    middle = (label.top + label.bottom) / 2
    near = [i for i in right if abs(_centre(lines[i]) - middle) < _REACH * 2 * height][: 4 * _REACH]
    boxes = [_box(lines[i]) for i in near]
    best: list[int] = []
    for start in range(len(near)):
        for stop in range(start + least, len(near) + 1):
            is_larger = stop - start > len(best)
            if is_larger and _is_block(boxes[start:stop], middle, height) and not _is_cut(boxes, start, stop, height):
                best = near[start:stop]
    return best


def _is_cut(boxes: Sequence[BBox], start: int, stop: int, height: float) -> bool:
    """Whether a line before or behind the block is nearer to it than its own lines are to each other."""
    widest = max((_pitch(a, b) for a, b in pairwise(boxes[start:stop])), default=0.0)
    ends = [pair for pair in (boxes[max(start - 1, 0) : start + 1], boxes[stop - 1 : stop + 1]) if len(pair) == 2]
    return any(abs(a.x0 - b.x0) < height and _pitch(a, b) < widest - _NEARER * height for a, b in ends)


def _pitch(above: BBox, below: BBox) -> float:
    """From middle to middle, which detection finds nearer than edges."""
    return (below.top + below.bottom - above.top - above.bottom) / 2


def _is_block(boxes: Sequence[BBox], middle: float, height: float) -> bool:
    close = all(b.top - a.bottom < _LEADING * height and b.top > a.top + 0.5 * height for a, b in pairwise(boxes))
    aligned = max(box.x0 for box in boxes) - min(box.x0 for box in boxes) < 3 * height
    return close and aligned and abs((boxes[0].top + boxes[-1].bottom) / 2 - middle) < 0.4 * height


def _within(box: BBox, outer: BBox) -> bool:
    return outer.top < (box.top + box.bottom) / 2 < outer.bottom


def _centre(line: Line) -> float:
    return (_box(line).top + _box(line).bottom) / 2


def _box(line: Line) -> BBox:
    return line.bbox or BBox(0, 0, 0, 0)
