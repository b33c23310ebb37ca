"""Tables that no rule marks: a row of labels, and under each of them what stands at the same place. Pure geometry.

Labels over their values (cards, stacked forms) and detail tables alike. Where lines have no boxes (a Word file), the
tabs of a line count its columns. Lines beside each other at different heights are one row; a line that fills few of
the columns belongs to the row that is nearest.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

from extractors.gutters import Gutter, cut_at, gutters, half_width
from extractors.lines import baselines, box_of, halves, hull, join_near
from pipeline.model import BBox, Cell, Line, Table

_OVERLAP = 0.1  # of the height: lines that share so much of it may stand side by side
_LEADING = 1.0  # in heights of the text: lines nearer than this are one paragraph
_SPECK = 2.0  # in heights of the text: what is larger is no text of the table
_ROW_GAP = 4.0  # in heights of the text: lines further apart are not one table
_MOST_ROWS = 400
_FULL = 0.6  # of the columns: a line that fills so many begins a row
_NEAR, _NEARER = 0.5, 0.25  # of the paper between rows, and of the text's height: lines nearer by so much are one row
_FIGURE = re.compile(r"\d[\d,.]*")
_BROKEN = 2.0  # in heights of the text: nearer to the right margin than this a line may have been broken
_ROOM = 4.0  # in heights of the text, more than cells are padded with: where there is so much, no line was broken
_NUMBER = "序号"  # the first column's label, which recognition joins to the next one's
_JOINS = "及和与或、/"  # 联系人及联系电话 is one label
_MOST_LABELS = 4  # read as one
_LONGEST = 40  # characters
_TAB = 1000.0  # points that a tab is taken for where lines have no boxes


class Vocabulary(Protocol):
    """What is known of a text as a label."""

    def is_label(self, text: str) -> bool:
        """All of the text is a label."""

    def is_header(self, texts: Sequence[str]) -> bool:
        """At least two of the texts are column labels of one table."""

    def begins(self, text: str) -> bool:
        """The text begins with a label and its value, or is a heading."""


@dataclass(frozen=True, slots=True)
class Item:
    """A line and its place, reckoned where the line itself has none."""

    line: Line
    box: BBox


Row = list[Item]  # what stands side by side, left to right; a wrapped cell has several lines
Cells = tuple[tuple[Line, ...], ...]


@dataclass(frozen=True, slots=True)
class Unruled:
    """A table's rows; the first is its header. `columns` are the columns' places."""

    rows: tuple[Cells, ...]
    columns: tuple[BBox, ...]
    is_list: bool  # a detail table, which may go on overleaf


def unruled_tables(lines: Sequence[Line], words: Vocabulary, above: Unruled | None = None) -> list[Line | Unruled]:
    """The lines, with those that make a table as one. `above` is a list that ended the page before."""
    rows = _rows(lines)
    found: list[Line | Unruled] = []
    index = 0
    if above is not None and rows and (going := _going_on(rows, above, words)):
        table, index = going
        found.append(table)
    while index < len(rows):
        table_and_end = _table(rows, index, words) or _pairs(rows, index, words)
        if table_and_end is None:
            found += _lines_of(rows[index])
            index += 1
        else:
            table, index = table_and_end
            found.append(table)
    return found


def _rows(lines: Sequence[Line]) -> list[Row]:
    if any(line.bbox is None for line in lines):
        return [_tabbed(line, number) for number, line in enumerate(lines)]
    rows: list[Row] = []
    last: Row = []
    for own in baselines(lines):
        row = [Item(line, box_of(line)) for line in join_near(own)]
        if last and _is_beside(last, row):
            rows[-1] = rows[-1] + row
        else:
            rows.append(row)
        last = row
    return rows


def _is_beside(above: Row, below: Row) -> bool:
    """Whether two lines reach into each other's height and nothing in one stands over the other."""
    top, bottom = max(item.box.bottom for item in above), min(item.box.top for item in below)
    height = below[0].box.bottom - below[0].box.top
    if max(map(_height, above)) > _SPECK * height or max(map(_height, below)) > _SPECK * _height(above[0]):
        return False
    return top - bottom > _OVERLAP * height and not any(_shared(a.box, b.box) > 0 for a in above for b in below)


def _height(item: Item) -> float:
    return item.box.bottom - item.box.top


def _tabbed(line: Line, number: int) -> Row:
    """The parts of a line between its tabs, at places that count them."""
    top = number * 20.0
    return [
        Item(replace(line, text=part.strip()), BBox(i * _TAB, top, i * _TAB + 10 * len(part), top + 12))
        for i, part in enumerate(line.text.strip().split("\t"))
        if part.strip()
    ]


def _lines_of(row: Row) -> list[Line]:
    """The row as lines again; the parts of a line without a box are that line."""
    if len(row) > 1 and row[0].line.bbox is None:
        return [replace(row[0].line, text="\t".join(item.line.text for item in row))]
    return [item.line for item in row]


def _shared(a: BBox, b: BBox) -> float:
    """The width that two boxes share, negative when a gap lies between them."""
    return min(a.x1, b.x1) - max(a.x0, b.x0)


# --- one table --------------------------------------------------------------------------------------------------


def _table(rows: Sequence[Row], index: int, words: Vocabulary) -> tuple[Unruled, int] | None:
    """The table whose header is this row, and the index of the row after it."""
    following = [list(row) for row in rows[index + 1 : index + 1 + _MOST_ROWS]]
    header = _header(rows[index], following[:2], words)
    if header is None:
        return None
    texts = [_text(cell) for cell in header]
    boxes = [hull(item.box for item in cell) for cell in header]
    is_list = words.is_header(texts)
    body = _body(rows[index], following, boxes, words, is_list=is_list)
    columns = _columns(boxes, body)
    cells = _listed(body, columns, _margin(rows)) if is_list else [_merged(body, columns)] if any(body) else []
    if not cells and not (is_list and index + 1 == len(rows)):  # at a page's foot the rows are overleaf
        return None
    first = tuple(tuple(item.line for item in cell) for cell in header)
    return Unruled((first, *cells), columns, is_list), index + 1 + len(body)


def _pairs(rows: Sequence[Row], index: int, words: Vocabulary) -> tuple[Unruled, int] | None:
    """A row of labels and values of which some are wrapped, all centred on one height."""
    cells = _cells(rows[index], words)
    if len(cells) < 2 or all(len(cell) == 1 for cell in cells):
        return None
    known = [words.is_label(_text(cell)) for cell in cells]
    if not known[0] or any(a and b for a, b in pairwise(known)) or known[-1]:
        return None
    columns = tuple(hull(item.box for item in cell) for cell in cells)
    if any(_goes_on(row, columns) for row in (*rows[max(index - 1, 0) : index], *rows[index + 1 : index + 2])):
        return None
    return Unruled((tuple(tuple(item.line for item in cell) for cell in cells),), columns, False), index + 1


def _goes_on(row: Row, columns: Sequence[BBox]) -> bool:
    """Whether the row is one more line of a value, so near to it that it is of the same paragraph."""
    box = hull(item.box for item in row)
    for column in columns[1:]:
        gap = max(box.top - column.bottom, column.top - box.bottom)
        if len(row) == 1 and abs(box.x0 - column.x0) < _height(row[0]) and gap < _LEADING * _height(row[0]):
            return True
    return False


def _text(cell: Sequence[Item]) -> str:
    return "".join(item.line.text for item in cell)


def _header(row: Row, below: Sequence[Row], words: Vocabulary) -> list[Row] | None:
    """The row's cells if they are labels side by side: of fields, or of a table's columns."""
    cells = [_completed(cell, below, words) for cell in _cells(row, words)]
    if len(cells) < 2:
        return None
    texts = [_text(cell) for cell in cells]
    if not words.is_header(texts) and not all(map(words.is_label, texts)):
        return None
    taken = {id(item) for cell in cells for item in cell}
    for other in below:
        other[:] = [item for item in other if id(item) not in taken]
    return cells


def _cells(row: Row, words: Vocabulary) -> list[Row]:
    """The row's parts by their place: those that stand over each other are one cell, two labels in a part are two."""
    cells: list[Row] = []
    apart = [part for item in row for each in _unstacked(item, row, words) for part in _parted(each, words)]
    for item in sorted(apart, key=lambda item: item.box.x0):
        if cells and _shared(cells[-1][-1].box, item.box) > 0:
            cells[-1] = sorted([*cells[-1], item], key=lambda each: each.box.top)
        else:
            cells.append([item])
    return cells


def _unstacked(item: Item, row: Row, words: Vocabulary) -> Sequence[Item]:
    """A line of broken labels side by side, 合同金 发票金 over 额 额, as one for each."""
    texts = item.line.text.split()
    if len(texts) < 2:
        return [item]
    stacked = [other for other in row if other is not item and _shared(item.box, other.box) > 0]
    others = [text for other in sorted(stacked, key=lambda one: one.box.x0) for text in other.line.text.split()]
    is_above = all(item.box.top < other.box.top for other in stacked)
    whole = [a + b if is_above else b + a for a, b in zip(texts, others, strict=False)]
    is_broken = len(texts) == len(others) and all(map(words.is_label, whole))
    return _placed(item, texts) if is_broken else [item]


def _parted(item: Item, words: Vocabulary) -> Sequence[Item]:
    """A part that is several labels, 序号 名称 or 序号名称, as those."""
    text = item.line.text.strip()
    if words.is_label(text) and not text.startswith(_NUMBER):
        return [item]
    texts = [label for word in text.split() for label in _labels(word, words)]
    return _placed(item, texts) if 2 <= len(texts) <= _MOST_LABELS and all(map(words.is_label, texts)) else [item]


def _labels(text: str, words: Vocabulary) -> list[str]:
    """The labels that a text without spaces is made of, the longest first; the text itself where it is none."""
    if len(text) > _LONGEST or (words.is_label(text) and not text.startswith(_NUMBER)):
        return [text]
    for cut in range(len(text) - 2, 1, -1):
        is_own = words.is_label(text[:cut]) and text[cut] not in _JOINS
        if is_own and all(map(words.is_label, rest := _labels(text[cut:], words))):
            return [text[:cut], *rest]
    return [text]


def _completed(cell: Row, below: Sequence[Row], words: Vocabulary) -> Row:
    """A label with the line under it, if it takes both to be one."""
    if words.is_label(_text(cell)):
        return cell
    box = cell[-1].box
    for item in (item for row in below for item in row):
        is_under = abs(item.box.x0 - box.x0) < box.bottom - box.top and item.box.top - box.bottom < box.bottom - box.top
        if is_under and words.is_label(_text([*cell, item])):
            return [*cell, item]
    return cell


def _body(
    header: Row, following: Sequence[Row], columns: Sequence[BBox], words: Vocabulary, *, is_list: bool
) -> list[Row]:
    """The rows under the header, up to one that is no part of the table: under labels that are no list, one value."""
    body: list[Row] = []
    last = header
    between, half = _gutters(columns, following, words)
    for row in following:
        parts = [part for item in row if not _is_speck(item, header) for part in _at_columns(item, between, half)]
        parts = [part for part in parts if not _is_number(part, parts, columns)]
        is_next = not is_list and any(body) and _gap(last, parts) > _LEADING * _height(parts[0]) if parts else False
        if parts and (is_next or _is_far(last, parts) or _ends(parts, columns, words)):
            break
        body.append(parts)
        last = parts or last
    return body


def _is_speck(item: Item, header: Row) -> bool:
    """What a seal or a stroke of a pen leaves over the table: a character or two, much larger than the text."""
    return len(item.line.text) <= 2 and _height(item) > _SPECK * max(map(_height, header))


def _is_number(item: Item, row: Row, columns: Sequence[BBox]) -> bool:
    """A row's number, in a column of which no label was read: it stands before what fills the first one."""
    is_before = item.line.bbox is not None and item.box.x1 < columns[0].x0
    return is_before and item.line.text.strip().isdecimal() and any(_shared(o.box, columns[0]) > 0 for o in row)


def _is_far(above: Row, below: Row) -> bool:
    return _gap(above, below) > _ROW_GAP * _height(below[0])


def _gap(above: Row, below: Row) -> float:
    return min(item.box.top for item in below) - max(item.box.bottom for item in above)


def _ends(row: Row, columns: Sequence[BBox], words: Vocabulary) -> bool:
    """Whether the row is the form's next one: labels again, a label with its value, a heading, prose across columns."""
    if words.is_header([_text(cell) for cell in _cells(row, words)]):
        return False
    first = row[0]
    if words.begins(first.line.text) or words.is_label(first.line.text):
        return True
    centres = [(column.x0 + column.x1) / 2 for column in columns]
    return any(sum(item.box.x0 < centre < item.box.x1 for centre in centres) > 1 for item in row)


def _gutters(header: Sequence[BBox], rows: Sequence[Row], words: Vocabulary) -> tuple[tuple[Gutter, ...], float]:
    """What parts the columns, by the rows down to the next label, and half a character's width there."""
    own: list[Item] = []
    for row in rows:
        if row and (words.begins(row[0].line.text) or words.is_label(row[0].line.text)):
            break
        own += row
    half = half_width([(item.line.text, item.box) for item in own])
    return gutters(header, [item.box for item in own]), half or (header[0].bottom - header[0].top) / 2


def _at_columns(item: Item, columns: Sequence[Gutter], half: float) -> Sequence[Item]:
    """The part, cut where it was read across columns."""
    if item.line.bbox is None:
        return [item]
    parts = cut_at(item.line.text, item.box, columns, half)
    return [item] if len(parts) == 1 else [Item(replace(item.line, text=text, bbox=box), box) for text, box in parts]


def _placed(item: Item, texts: Sequence[str]) -> list[Item]:
    """The part as these texts, their places reckoned from the width of the characters; the gaps share the rest."""
    widths = [halves(text) for text in texts]
    width, gaps = item.box.x1 - item.box.x0, len(texts) - 1
    unit = min(_height(item) / 2, width / (sum(widths) + gaps))
    space = (width - unit * sum(widths)) / gaps
    x, placed = item.box.x0, []
    for text, own in zip(texts, widths, strict=True):
        box = BBox(x, item.box.top, x + unit * own, item.box.bottom)
        placed.append(Item(replace(item.line, text=text, bbox=item.line.bbox and box), box))
        x += unit * own + space
    return placed


# --- columns and rows -----------------------------------------------------------------------------------------------


def _columns(header: Sequence[BBox], body: Sequence[Row]) -> tuple[BBox, ...]:
    """The columns' places: their labels, with what stands under them where a row fills all."""
    columns = list(header)
    for row in body:
        if len(row) == len(columns):
            ordered = sorted(row, key=lambda item: item.box.x0)
            columns = [_wider(column, item.box) for column, item in zip(columns, ordered, strict=True)]
    return tuple(columns)


def _wider(column: BBox, box: BBox) -> BBox:
    return BBox(min(column.x0, box.x0), column.top, max(column.x1, box.x1), column.bottom)


def _column(item: Item, columns: Sequence[BBox]) -> int:
    """The column that the part shares most with, else the nearest."""

    def nearness(index: int) -> tuple[float, float]:
        column = columns[index]
        aside = min(abs(item.box.x0 - column.x0), abs(item.box.x1 - column.x1))
        return max(_shared(item.box, column), 0.0), -aside

    return max(range(len(columns)), key=nearness)


def _merged(rows: Sequence[Row], columns: Sequence[BBox]) -> Cells:
    """One row of cells from all lines, top down within a cell."""
    cells: list[list[Item]] = [[] for _ in columns]
    for item in (item for row in rows for item in row):
        cells[_column(item, columns)].append(item)
    return tuple(tuple(item.line for item in sorted(cell, key=lambda item: item.box.top)) for cell in cells)


def _listed(rows: Sequence[Row], columns: Sequence[BBox], margin: float) -> list[Cells]:
    """The rows of a list; lines that fill few columns belong to the nearest line that fills most.

    `margin` is where the page's text ends at the right."""
    rows = _with_returned([row for row in rows if row], columns, margin)
    least = max(2, _FULL * len(columns)) if len(columns) > 2 else len(columns)
    wide = [i for i, row in enumerate(rows) if len({_column(item, columns) for item in row}) >= least]
    full = [i for i in wide if not _is_rest(rows, columns, i)]
    if not full:
        return []
    starts = [0, *(_widest_gap(rows, a, b) for a, b in pairwise(full)), len(rows)]
    return [_merged(rows[a:b], columns) for a, b in pairwise(starts)]


def _is_rest(rows: Sequence[Row], columns: Sequence[BBox], index: int) -> bool:
    """Whether a line goes on in cells of the one above it, much nearer to it than one row is to the next."""
    if index == 0:
        return False
    above, below = ({_column(item, columns): item.line.text for item in row} for row in rows[index - 1 : index + 1])
    two_figures = any(
        _FIGURE.fullmatch(above[place]) and _FIGURE.fullmatch(below[place]) for place in below.keys() & above
    )
    if two_figures or not below.keys() <= above.keys():
        return False
    own, widest = _gap(*rows[index - 1 : index + 1]), max(_gap(a, b) for a, b in pairwise(rows))
    if len(rows) == 2:
        return below.keys() < above.keys() and own < _NEAR * _height(rows[index][0])
    return own < _NEAR * widest and widest - own > _NEARER * _height(rows[index][0])


def _margin(rows: Sequence[Row]) -> float:
    return max(item.box.x1 for row in rows for item in row)


def _with_returned(rows: Sequence[Row], columns: Sequence[BBox], margin: float) -> list[Row]:
    """The rows, with the end of a last cell that was broken at the page's margin in that cell.

    Columns at tab stops break there and go on at the left margin, where the first cell had room for more. Of two
    columns nothing tells whether the first one's words or the second's go on.
    """
    whole: list[Row] = []
    for row in rows:
        if whole and len(columns) > 2 and _is_returned(row, whole[-1], columns, margin):
            shift = columns[-1].x0 - row[0].box.x0
            box = replace(row[0].box, x0=columns[-1].x0, x1=row[0].box.x1 + shift)
            whole[-1] = [*whole[-1], replace(row[0], box=box)]
        else:
            whole.append(row)
    return whole


def _is_returned(row: Row, above: Row, columns: Sequence[BBox], margin: float) -> bool:
    first, last = (max(above, key=lambda item: sign * item.box.x1) for sign in (-1, 1))
    height = _height(row[0])
    return (
        len(row) == 1
        and _column(row[0], columns) == _column(first, columns) == 0
        and _column(last, columns) == len(columns) - 1
        and abs(row[0].box.x0 - first.box.x0) < height
        and last.box.x1 > margin - _BROKEN * height
        and columns[1].x0 - first.box.x1 > _ROOM * height
        and row[0].box.x1 - row[0].box.x0 < first.box.x1 - first.box.x0
    )


def _widest_gap(rows: Sequence[Row], above: int, below: int) -> int:
    """The first row after the widest gap between two."""

    def gap(index: int) -> float:
        return min(i.box.top for i in rows[index]) - max(i.box.bottom for i in rows[index - 1])

    return max(range(above + 1, below + 1), key=gap)


# --- over a page break ------------------------------------------------------------------------------------------------


def _going_on(rows: Sequence[Row], above: Unruled, words: Vocabulary) -> tuple[Unruled, int] | None:
    """The rest of a list that the page before began, without a header of its own."""
    if _header(rows[0], [], words) is not None or rows[0][0].line.bbox is None:
        return None
    body = _body(rows[0], [list(row) for row in rows[:_MOST_ROWS]], above.columns, words, is_list=True)
    columns = _columns(above.columns, body)
    cells = _listed(body, columns, _margin(rows))
    return (Unruled((above.rows[0], *cells), columns, True), len(body)) if cells else None


# --- rules that are missing -------------------------------------------------------------------------------------------


def under_ruled(table: Table, words: Vocabulary) -> tuple[Table, tuple[Line, ...]]:
    """The table's rows down to a list of which a scan has lost the rules between columns, and the lines from there on.

    Such a list shows by a cell that holds two of its column labels side by side.
    """
    lost = min((cell.row for cell in table.cells if _holds_columns(cell, words)), default=None)
    if lost is None:
        return table, ()
    kept = tuple(cell for cell in table.cells if cell.row < lost)
    rest = tuple(line for cell in table.cells if cell.row >= lost for line in cell.lines)
    return replace(table, cells=kept), rest


def _holds_columns(cell: Cell, words: Vocabulary) -> bool:
    if cell.tables or len(cell.lines) < 2 or any(line.bbox is None for line in cell.lines):
        return False
    return any(_header(row, [], words) is not None for row in _rows(cell.lines)[:1])
