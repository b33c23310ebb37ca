"""Tables that no rule marks: a row of labels, and under each of them what stands at the same place. Pure geometry.

Labels over their values (cards, stacked forms) and detail tables alike. Where lines have no boxes (a Word file), the
tabs of a line count its columns. Lines beside each other at different heights are one row; a line that fills few of
the columns belongs to the row that is nearest.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Protocol

from extractors.gutters import Gutter, cut_at, gutters, half_width
from extractors.items import Cells, Item, Row, gap, height, pitch, shared
from extractors.lines import baselines, box_of, halves, hull, join_near, setting
from extractors.list_rows import columns_of, crosses, listed, merged
from pipeline.model import BBox, Bounds, Cell, Line, Table

_OVERLAP = 0.1  # of the height: lines that share so much of it may stand side by side
_LEADING = 1.0  # in heights of the text: lines nearer than this are one paragraph
_NEXT = 0.5  # in heights: what stands so much further below a value than the value below its label is no part of it
_SPECK = 2.0  # in heights of the text: what is larger is no text of the table
_ROW_GAP = 4.0  # in heights of the text: lines further apart are not one table
_MOST_ROWS = 400
_NUMBER = "序号"  # the first column's label, which recognition joins to the next one's
_JOINS = "及和与或、/"  # 联系人及联系电话 is one label
_MOST_LABELS = 4  # read as one
_LONGEST = 40  # characters
_ASIDE = re.compile(r"[^\d\s：:（(]{2,16}[：:]|[（(※*]?(?:注|说明|备注)\d?[：:]")  # 主营业务：…, 注：…
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
    own = height(below[0])
    if max(map(height, above)) > _SPECK * own or max(map(height, below)) > _SPECK * height(above[0]):
        return False
    return top - bottom > _OVERLAP * own and not any(shared(a.box, b.box) > 0 for a in above for b in below)


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
    body = _body(rows[index], following, boxes, words, rows[index], is_list=is_list)
    columns = columns_of(boxes, body)
    cells = listed(body, columns, _margin(rows)) if is_list else [merged(body, columns)] if any(body) else []
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
        apart = max(box.top - column.bottom, column.top - box.bottom)
        if len(row) == 1 and abs(box.x0 - column.x0) < height(row[0]) and apart < _LEADING * height(row[0]):
            return True
    return False


def _margin(rows: Sequence[Row]) -> float:
    """Where the page's text ends at the right."""
    return max(item.box.x1 for row in rows for item in row)


def _text(cell: Sequence[Item]) -> str:
    return "".join(item.line.text for item in cell)


def _header(row: Row, below: Sequence[Row], words: Vocabulary) -> list[Row] | None:
    """The row's cells if they are labels side by side: of fields, or of a table's columns."""
    cells = [_completed(cell, below, words) for cell in _cells(row, words, below)]
    if len(cells) < 2:
        return None
    texts = [_text(cell) for cell in cells]
    if not words.is_header(texts) and not all(map(words.is_label, texts)):
        return None
    taken = {id(item) for cell in cells for item in cell}
    for other in below:
        other[:] = [item for item in other if id(item) not in taken]
    return cells


def _cells(row: Row, words: Vocabulary, below: Sequence[Row] = ()) -> list[Row]:
    """The row's parts by their place: those that stand over each other are one cell, two labels in a part are two."""
    cells: list[Row] = []
    apart = [part for item in row for each in _unstacked(item, row, words) for part in _parted(each, words, below)]
    for item in sorted(apart, key=lambda item: item.box.x0):
        if cells and shared(cells[-1][-1].box, item.box) > 0:
            cells[-1] = sorted([*cells[-1], item], key=lambda each: each.box.top)
        else:
            cells.append([item])
    return cells


def _unstacked(item: Item, row: Row, words: Vocabulary) -> Sequence[Item]:
    """A line of labels side by side, broken ones among them, 合同金 发票金 备注 over 额 额, as one for each."""
    parts = _words(item)
    stacked = [other for other in row if other is not item and shared(item.box, other.box) > 0]
    if len(parts) < 2 or not stacked:
        return [item]
    cells = [[part] for part in parts]
    for other in (word for line in stacked for word in _words(line)):
        index = max(range(len(parts)), key=lambda place: shared(parts[place].box, other.box))
        if shared(parts[index].box, other.box) > 0:
            cells[index].append(other)
    whole = [_text(sorted(cell, key=lambda each: each.box.top)) for cell in cells]
    return parts if all(map(words.is_label, whole)) else [item]


def _words(item: Item) -> list[Item]:
    return _placed(item, item.line.text.split())


def _parted(item: Item, words: Vocabulary, below: Sequence[Row]) -> Sequence[Item]:
    """A part that is several labels, 序号 名称 or 序号名称, as those; some may go on in a line below."""
    text = item.line.text.strip()
    if words.is_label(text) and not text.startswith(_NUMBER):
        return [item]
    texts = [label for word in text.split() for label in _labels(word, words)]
    parts = _placed(item, texts) if 2 <= len(texts) <= _MOST_LABELS else []
    is_each = all(words.is_label(_text(_completed([part], below, words))) for part in parts)
    return parts if parts and is_each else [item]


def _labels(text: str, words: Vocabulary) -> list[str]:
    """The labels that a text without spaces is made of, the longest first; the text itself where it is none."""
    if len(text) > _LONGEST or (words.is_label(text) and not text.startswith(_NUMBER)):
        return [text]
    for cut in range(len(text) - 2, 1, -1):
        is_own = words.is_label(text[:cut]) and text[cut] not in _JOINS
        if is_own and all(map(words.is_label, rest := _labels(text[cut:], words))):
            return [text[:cut], *rest]
    ends = (cut for cut in range(2, len(text) - 1) if words.is_label(text[cut:]) and text[cut - 1] not in _JOINS)
    return [text[: (cut := next(ends, len(text)))], *filter(None, [text[cut:]])]


def _completed(cell: Row, below: Sequence[Row], words: Vocabulary) -> Row:
    """A label with the line under it, if it takes both to be one."""
    if words.is_label(_text(cell)):
        return cell
    box = cell[-1].box
    for item in (item for row in below for item in row):
        is_under = _is_aligned(item.box, box) and item.box.top - box.bottom < box.bottom - box.top
        if is_under and words.is_label(_text([*cell, item])):
            return [*cell, item]
    return cell


def _is_aligned(below: BBox, above: BBox) -> bool:
    """Whether two lines begin, end or have their middles at one place."""
    left, right = below.x0 - above.x0, below.x1 - above.x1
    return min(abs(left), abs(right), abs(left + right) / 2) < above.bottom - above.top


def _body(
    header: Row, following: Sequence[Row], columns: Sequence[BBox], words: Vocabulary, known: Row, *, is_list: bool
) -> list[Row]:
    """The rows under the header, up to one that is no part of the table: under labels that are no list, one value.

    What is `known` of the table tells how wide its characters are where the rows do not."""
    body: list[Row] = []
    last = header
    between, half = _gutters(columns, following, words, known)
    for row in following:
        parts = [part for item in row if not _is_speck(item, header) for part in _at_columns(item, between, half)]
        parts = [part for part in parts if not _is_number(part, parts, columns)]
        is_next = not is_list and any(body) and bool(parts) and _is_set_apart(header, body, parts)
        if parts and (is_next or _is_far(last, parts) or _ends(row, parts, columns, words)):
            break
        body.append(parts)
        last = parts or last
    return body[: _end(body)] if is_list else body


def _end(body: Sequence[Row]) -> int:
    """How many of a list's rows are its own: below the last row of several cells a label of no field that has its value
    behind it, or a note, goes on in none."""
    last = max((index for index, row in enumerate(body) if len(row) > 1), default=len(body))
    after = range(last + 1, len(body))
    return next((index for index in after if body[index] and _ASIDE.match(body[index][0].line.text)), len(body))


def _is_set_apart(header: Row, body: Sequence[Row], row: Row) -> bool:
    """Whether a row is none of the values' lines: too far below, or much further than they stand below their labels."""
    first, last = next(filter(None, body)), next(filter(None, reversed(body)))
    size = median(map(height, (*last, *row)))
    limit = min(_LEADING * size, max(pitch(header, first) - size, 0.0) + _NEXT * size)
    return pitch(last, row) - size > limit


def _is_speck(item: Item, header: Row) -> bool:
    """What a seal or a stroke of a pen leaves over the table: a character or two, much larger than the text."""
    return len(item.line.text) <= 2 and height(item) > _SPECK * max(map(height, header))


def _is_number(item: Item, row: Row, columns: Sequence[BBox]) -> bool:
    """A row's number, in a column of which no label was read: it stands before what fills the first one."""
    is_before = item.line.bbox is not None and item.box.x1 < columns[0].x0
    return is_before and item.line.text.strip().isdecimal() and any(shared(o.box, columns[0]) > 0 for o in row)


def _is_far(above: Row, below: Row) -> bool:
    return gap(above, below) > _ROW_GAP * height(below[0])


def _ends(row: Row, parts: Row, columns: Sequence[BBox], words: Vocabulary) -> bool:
    """Whether the row is the form's next one: labels again, a label with its value, a heading, prose across columns.

    `parts` are what it is as a row of the table."""
    if words.is_header([_text(cell) for cell in _cells(parts, words)]):
        return False
    if any(words.begins(first.line.text) or words.is_label(first.line.text) for first in (row[0], parts[0])):
        return True
    return any(_is_prose(item, [part for part in parts if part is not item], columns) for item in parts)


def _is_prose(item: Item, others: Row, columns: Sequence[BBox]) -> bool:
    """Whether a part fills several columns in which no other part of its row stands, and the others fill few."""
    free = [column for column in columns if not any(shared(other.box, column) > 0 for other in others)]
    return crosses(item, free) and 2 * len(free) >= len(columns)


def _gutters(
    header: Sequence[BBox], rows: Sequence[Row], words: Vocabulary, known: Row
) -> tuple[tuple[Gutter, ...], float]:
    """What parts the columns, by the rows down to the next label, and half a character's width there."""
    own: list[Item] = []
    for row in rows:
        if row and (words.begins(row[0].line.text) or words.is_label(row[0].line.text)):
            break
        own += row
    halves_told = (half_width([(item.line.text, item.box) for item in items]) for items in (own, known))
    half = next(filter(None, halves_told), (header[0].bottom - header[0].top) / 2)
    return gutters(header, [item.box for item in own]), half


def _at_columns(item: Item, columns: Sequence[Gutter], half: float) -> Sequence[Item]:
    """The part, cut where it was read across columns."""
    if item.line.bbox is None:
        return [item]
    parts = cut_at(item.line.text, item.box, columns, half)
    return [item] if len(parts) == 1 else [Item(replace(item.line, text=text, bbox=box), box) for text, box in parts]


def _placed(item: Item, texts: Sequence[str]) -> list[Item]:
    """The part as these texts, their places reckoned from the width of the characters; the gaps share the rest."""
    half, space = setting(texts, item.box.x1 - item.box.x0, height(item) / 2)
    x, placed = item.box.x0, []
    for text in texts:
        box = BBox(x, item.box.top, x + half * halves(text), item.box.bottom)
        placed.append(Item(replace(item.line, text=text, bbox=item.line.bbox and box), box))
        x += half * halves(text) + space
    return placed


# --- over a page break ------------------------------------------------------------------------------------------------


def _going_on(rows: Sequence[Row], above: Unruled, words: Vocabulary) -> tuple[Unruled, int] | None:
    """The rest of a list that the page before began, without a header of its own."""
    if _header(rows[0], [], words) is not None or rows[0][0].line.bbox is None:
        return None
    known = [Item(line, box_of(line)) for cells in above.rows for cell in cells for line in cell]
    body = _body(rows[0], [list(row) for row in rows[:_MOST_ROWS]], above.columns, words, known, is_list=True)
    columns = columns_of(above.columns, body)
    cells = listed(body, columns, _margin(rows))
    return (Unruled((above.rows[0], *cells), columns, True), len(body)) if cells else None


# --- rules that are missing -------------------------------------------------------------------------------------------


def under_ruled(table: Table, words: Vocabulary) -> tuple[Table, tuple[Line, ...]]:
    """The table's rows down to a list of which a scan has lost the rules between columns, and the lines from there on.

    Such a list shows by a cell that holds two of its column labels side by side. One without any rules but those of its
    header shows by column labels that end a table: its name is taken for what goes on in the last row's first cell.
    """
    lost = min((cell.row for cell in table.cells if _holds_columns(cell, words)), default=None)
    lost = _last_header(table, words) if lost is None else lost
    if lost is None:
        return table, ()
    kept = tuple(cell for cell in table.cells if cell.row < lost)
    rest = tuple(line for cell in table.cells if cell.row >= lost for line in cell.lines)
    over = [cell for cell in kept if cell.row == lost - 1 and len(cell.lines) > 1]
    named = [cell for cell in over if words.is_label(cell.lines[-1].text)]
    kept = tuple(replace(cell, lines=cell.lines[:-1]) if cell in named else cell for cell in kept)
    return replace(table, cells=kept), (*(cell.lines[-1] for cell in named), *rest)


def _last_header(table: Table, words: Vocabulary) -> int | None:
    """The last row of a table with level rules only, if it is a list's header and not the table's own."""
    last = max((cell.row for cell in table.cells), default=1)
    row = [cell for cell in table.cells if cell.row == last and cell.lines]
    is_open = any(line.bounds is not Bounds.SEEN for cell in row for line in cell.lines)
    texts = ["".join(line.text for line in cell.lines) for cell in row]
    return last if last > 1 and is_open and len(row) > 1 and words.is_header(texts) else None


def _holds_columns(cell: Cell, words: Vocabulary) -> bool:
    if cell.tables or len(cell.lines) < 2 or any(line.bbox is None for line in cell.lines):
        return False
    return any(_header(row, [], words) is not None for row in _rows(cell.lines)[:1])
