"""Tables ruled by horizontals only (three-line tables, rows parted by rules): columns are found in the text's gaps."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Protocol

from extractors.lines import baselines, box_of, hull, join_near
from extractors.marks import has_mark
from pipeline.model import BBox, Bounds, Cell, Line, Table

SAME_END = 4.0  # points: rules of one table begin and end this near to each other
COLUMN_GAP = 6.0  # points of white from the first row to the last
HIGHEST_HEADER = 60.0
_PARTING = 8.0  # points of white that part columns in some rows only
_FEWEST = 2  # such rows
_FLUSH = 1.0  # points from the column's text, where a long label or value beside it comes near
_LIST = 3  # columns that a list has more than the labels and values above it


class Rule(Protocol):
    """A horizontal ruling."""

    @property
    def position(self) -> float: ...
    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...


def open_tables(rules: Sequence[Rule], lines: Sequence[Line]) -> tuple[tuple[Table, ...], tuple[Line, ...]]:
    """Tables between three or more rules of one width that hold at least two columns; and the other lines.

    Underlined blanks are none: their labels stand beside the rules. With three rules the first row is the header
    and every line of the body that begins in the first column is a row; with more, each space between two is one.
    """
    tables = []
    groups = _groups(rules, lines)
    parts = [
        (part, len(whole) > 3)
        for whole in groups
        for run in _around_inner(whole, groups)
        for part in _parted(run, lines)
    ]
    for group, is_ruled in ((alike, is_ruled) for part, is_ruled in parts for alike in _of_like_rows(part, lines)):
        inside = [line for line in lines if _is_between(line, group)]
        table = _table(group, inside, is_ruled) if not _has_neighbours(group, lines, inside) else None
        if table:
            tables.append(table)
            lines = [line for line in lines if line not in inside]
    return tuple(tables), tuple(lines)


def _groups(rules: Sequence[Rule], lines: Sequence[Line]) -> list[list[Rule]]:
    groups: list[list[Rule]] = []
    for rule in sorted(rules, key=lambda rule: rule.position):
        for group in groups:
            if abs(group[0].start - rule.start) <= SAME_END and abs(group[0].end - rule.end) <= SAME_END:
                group.append(rule)
                break
        else:
            groups.append([rule])
    inner = [part for group in groups for part in _within(group, rules, lines)]
    return [group for group in map(_below_the_running_head, inner) if len(group) >= 3]


def _within(group: Sequence[Rule], rules: Sequence[Rule], lines: Sequence[Line]) -> list[list[Rule]]:
    """The group's parts between wider rules, as of the table that it stands in: the wider rule ends its last row."""
    wider = [
        rule
        for rule in sorted(rules, key=lambda rule: rule.position)
        if rule not in group and rule.start <= group[0].start and rule.end >= group[0].end
    ]
    parts: list[list[Rule]] = [[]]
    for rule, following in zip(group, [*group[1:], None], strict=True):
        parts[-1].append(rule)
        below = next((one for one in wider if one.position > rule.position), None)
        if below is None or (following is not None and below.position > following.position):
            continue
        if any(map(_has_gap, baselines([line for line in lines if _is_between(line, [rule, below])]))):
            parts[-1].append(below)
        parts.append([])
    return [part for part in parts if part]


def _around_inner(group: Sequence[Rule], groups: Sequence[Sequence[Rule]]) -> Iterator[Sequence[Rule]]:
    """The group's rules above and below each table that stands between two of them, as in a cell of its own."""
    start = 0
    for index, (upper, lower) in enumerate(pairwise(group), 1):
        if any(
            upper.position < other[0].position and other[-1].position <= lower.position and _is_narrower(other, group)
            for other in groups
        ):
            yield group[start:index]
            start = index
    yield group[start:]


def _is_narrower(inner: Sequence[Rule], outer: Sequence[Rule]) -> bool:
    return inner is not outer and inner[0].start >= outer[0].start and inner[0].end <= outer[0].end


def _below_the_running_head(group: list[Rule]) -> list[Rule]:
    """Without the rules far above the next: a page's running head has one as wide as its tables."""
    while len(group) > 1 and group[1].position - group[0].position > HIGHEST_HEADER:
        group = group[1:]
    return group


def _parted(group: Sequence[Rule], lines: Sequence[Line]) -> list[Sequence[Rule]]:
    """The rules of each table where several of one width stand under each other with a line of text between."""
    for index in range(3, len(group) - 2):
        inside = [line for line in lines if _is_between(line, group[index - 1 : index + 1])]
        if inside and not any(_has_gap(row) for row in baselines(inside)):
            return [group[:index], *_parted(group[index:], lines)]
    return [group]


def _of_like_rows(group: Sequence[Rule], lines: Sequence[Line]) -> list[Sequence[Rule]]:
    """The rules of each run of rows with the same columns: labels with their values, and a list among them."""
    start, text, parts = 0, list[Line](), list[Sequence[Rule]]()
    for index in range(1, len(group)):
        row = [line for line in lines if _is_between(line, group[index - 1 : index + 1])]
        had, has, both = (len(_columns(group, some)) for some in (text, row, text + row))
        if text and row and (both < had > has or has >= had + _LIST):
            parts.append(group[start:index])
            start, text = index - 1, []
        text += row
    return [*parts, group[start:]]


def _has_gap(row: Sequence[Line]) -> bool:
    """Does paper part the lines of one baseline as it parts columns?"""
    boxes = [box_of(line) for line in row]
    return any(right.x0 - left.x1 > COLUMN_GAP for left, right in pairwise(boxes))


def _is_between(line: Line, group: Sequence[Rule]) -> bool:
    box = box_of(line)
    middle = (box.top + box.bottom) / 2
    across = group[0].start - SAME_END <= box.x0 and box.x1 <= group[0].end + SAME_END
    return across and group[0].position < middle < group[-1].position


def _has_neighbours(group: Sequence[Rule], lines: Sequence[Line], inside: Sequence[Line]) -> bool:
    """Does text stand on the height of the rules and beside them?"""
    top, bottom = group[0].position, group[-1].position
    others = [box_of(line) for line in lines if line not in inside]
    return any(top < (box.top + box.bottom) / 2 < bottom for box in others)


def _table(group: Sequence[Rule], lines: Sequence[Line], is_ruled: bool) -> Table | None:
    """The table; `is_ruled` says that a rule parts every row from the next."""
    edges = _columns(group, lines)
    rows = _rows(group, lines, edges, is_ruled)
    if len(edges) < 3 or len(rows) < 2 or max(len({_column(line, edges) for line in row}) for row in rows[1:]) < 2:
        return None
    finer = _finer(edges, rows) if is_ruled else edges
    cells = []
    for number, row in enumerate(rows, 1):
        extent, own_edges = hull(map(box_of, row)), _own_edges(finer, edges, row)
        for left, right in pairwise(own_edges):
            own = [line for line in row if (left <= _centre(line) or left == edges[0]) and _centre(line) < right]
            text = tuple(replace(part, bounds=Bounds.RECKONED) for words in baselines(own) for part in join_near(words))
            column, span = finer.index(left) + 1, finer.index(right) - finer.index(left)
            cells.append(Cell(number, column, 1, span, text, BBox(left, extent.top, right, extent.bottom)))
    return Table(tuple(cells), BBox(edges[0], group[0].position, edges[-1], group[-1].position))


def _columns(group: Sequence[Rule], lines: Sequence[Line]) -> list[float]:
    """The table's sides, and between them the middles of the gaps that run through all rows."""
    boxes = sorted(map(box_of, lines), key=lambda box: box.x0)
    edges, end = [group[0].start], boxes[0].x1 if boxes else group[0].end
    for box in boxes:
        if box.x0 - end > COLUMN_GAP:
            edges.append((end + box.x0) / 2)
        end = max(end, box.x1)
    return [*edges, group[0].end]


def _finer(edges: Sequence[float], rows: Sequence[Sequence[Line]]) -> list[float]:
    """The edges, with those at which only some rows are parted, at least two: label, value, label, value among values
    that take the whole width."""
    free = [gap for row in rows for gap in _gaps(row) if not any(gap[0] <= edge <= gap[1] for edge in edges)]
    found = list[float]()
    while len(free) > 1:
        places = [(sum(left <= start <= right for left, right in free), start) for start, _ in free]
        support, at = max(places)
        if support < _FEWEST:
            break
        over = [gap for gap in free if gap[0] <= at <= gap[1]]
        found.append(_least_crossed(at, min(right for _, right in over), rows))
        free = [gap for gap in free if gap not in over]
    return sorted([*edges, *found])


def _least_crossed(left: float, right: float, rows: Sequence[Sequence[Line]]) -> float:
    """Where between two places the fewest lines are crossed: in the midst, or just before or behind what is flush."""
    boxes = [box_of(line) for row in rows for line in row]
    places = (left + right) / 2, right - _FLUSH, left + _FLUSH
    return min(places, key=lambda place: sum(box.x0 + 1 < place < box.x1 - 1 for box in boxes))


def _gaps(row: Sequence[Line]) -> list[tuple[float, float]]:
    """The paper between what stands side by side in a row."""
    boxes = sorted(map(box_of, row), key=lambda box: box.x0)
    ends = list(accumulate((box.x1 for box in boxes), max))
    return [(end, box.x0) for end, box in zip(ends, boxes[1:], strict=False) if box.x0 - end > _PARTING]


def _own_edges(finer: Sequence[float], edges: Sequence[float], row: Sequence[Line]) -> list[float]:
    """The table's edges, and of the finer ones those that nothing in the row crosses and no option begins behind."""

    def parts(edge: float) -> bool:
        behind = min(
            (line for line in row if box_of(line).x0 >= edge - 1), key=lambda line: box_of(line).x0, default=None
        )
        is_crossed = any(box_of(line).x0 + 1 < edge < box_of(line).x1 - 1 for line in row)
        return not is_crossed and not (behind is not None and has_mark(behind.text[:1]))

    return [edge for edge in finer if edge in edges or parts(edge)]


def _rows(group: Sequence[Rule], lines: Sequence[Line], edges: Sequence[float], is_ruled: bool) -> list[list[Line]]:
    """The lines by row, rows without any left out."""
    rows: list[list[Line]] = []
    for number, (upper, lower) in enumerate(pairwise(group)):
        band = [line for line in lines if upper.position < _middle(line) <= lower.position]
        if is_ruled or number == 0:
            rows.append(band)
            continue
        for words in baselines(band):
            if _column(words[0], edges) == 1 or not rows[1:]:
                rows.append(list(words))
            else:
                rows[-1] += words
    return [row for row in rows if row]


def _column(line: Line, edges: Sequence[float]) -> int:
    box = box_of(line)
    return sum(edge <= (box.x0 + box.x1) / 2 for edge in edges[:-1])


def _centre(line: Line) -> float:
    box = box_of(line)
    return (box.x0 + box.x1) / 2


def _middle(line: Line) -> float:
    box = box_of(line)
    return (box.top + box.bottom) / 2
