"""Pages set in two columns as a newspaper is: the left one is read to its end before the right one. Pure geometry.

Rows of pairs that merely stand side by side stay rows: only where a value goes on in its own column's next line do
the two have to be read apart.
"""

from collections.abc import Callable, Sequence

from extractors.lines import box_of
from pipeline.model import Line

_LEAST = 3  # pairs that each column begins at its own edge
_MOST = 600  # lines of a page; a form has a hundred


def columns_apart(lines: Sequence[Line], begins: Callable[[str], bool]) -> list[Sequence[Line]]:
    """The lines in groups to be read one after the other; `begins` tells that a label stands at a text's beginning."""
    if any(line.bbox is None for line in lines) or not 2 * _LEAST < len(lines) <= _MOST:
        return [lines]
    leads = [line for line in lines if begins(line.text)]
    edges = _edges(leads)
    for edge in edges[1:]:
        region = _region(lines, leads, edges[0], edge)
        if region is not None:
            above, left, right, below = region
            return [group for group in (above, left, right, below) if group]
    return [lines]


def _edges(leads: Sequence[Line]) -> list[float]:
    """The left edges at which several labels begin, from the left."""
    found: list[list[Line]] = []
    for lead in sorted(leads, key=lambda line: box_of(line).x0):
        if found and box_of(lead).x0 - box_of(found[-1][0]).x0 < _height(lead):
            found[-1].append(lead)
        else:
            found.append([lead])
    return [box_of(group[0]).x0 for group in found if len(group) >= _LEAST]


def _region(
    lines: Sequence[Line], leads: Sequence[Line], left: float, right: float
) -> tuple[list[Line], list[Line], list[Line], list[Line]] | None:
    """What stands above two columns, in the left one, in the right one and below; None when there are none."""
    crossing = [box_of(line) for line in lines if box_of(line).x0 < right - 1 and box_of(line).x1 > right]
    tops = sorted(box_of(line).top for line in leads if abs(box_of(line).x0 - right) < _height(line))
    middle = tops[len(tops) // 2]
    top = max((box.bottom for box in crossing if box.top < middle), default=float("-inf"))
    bottom = min((box.top for box in crossing if box.top >= middle), default=float("inf"))
    inside = [line for line in lines if top - 1 <= box_of(line).top < bottom]
    own = (
        [line for line in inside if box_of(line).x0 < right - 1],
        [line for line in inside if box_of(line).x0 >= right - 1],
    )
    if not all(_is_column(column, edge, leads) for column, edge in zip(own, (left, right), strict=True)):
        return None
    if not any(_goes_on(column, edge, leads) for column, edge in zip(own, (left, right), strict=True)):
        return None
    above = [line for line in lines if box_of(line).top < top - 1]
    end = max(box_of(line).bottom for line in own[1])
    after = min((box_of(line).top for line in leads if line in own[0] and box_of(line).top > end), default=bottom)
    left_column = [line for line in own[0] if box_of(line).top < after]
    return above, left_column, own[1], [line for line in lines if line not in (*above, *left_column, *own[1])]


def _is_column(lines: Sequence[Line], edge: float, leads: Sequence[Line]) -> bool:
    return sum(_is_at(line, edge) and line in leads for line in lines) >= _LEAST


def _goes_on(lines: Sequence[Line], edge: float, leads: Sequence[Line]) -> bool:
    """Whether a line at the column's edge is no label's: the rest of the value above it."""
    first = next((i for i, line in enumerate(lines) if line in leads), len(lines))
    return any(_is_at(line, edge) and line not in leads for line in lines[first:])


def _is_at(line: Line, edge: float) -> bool:
    return abs(box_of(line).x0 - edge) < _height(line)


def _height(line: Line) -> float:
    return box_of(line).bottom - box_of(line).top
