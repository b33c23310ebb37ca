"""Cells of a grid that are labels, and the cells that hold their values: beside, below, under a year, in boxes."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from extractors.labels import Hit, Labels, other_label, squeeze, unit_in
from extractors.marks import has_mark
from extractors.pairs import PERSON, Pair, is_ocr
from extractors.slots import Grid, Piece, Slot

_AND = re.compile(r"[/、及和与]")
_SHARED_LINE = re.compile(
    r"\s*(?:\d{1,2}[.、]|[（(][\d一二三四五六七八九十]{1,3}[)）]|[一二三四五六七八九十]{1,3}、)?\s*"
    r"(?P<name>[^：:，。；]{2,10}[/、及和与][^：:，。；]{2,10})[：:](?P<value>.*)$"
)
_PARTS = re.compile(r"[/／、，,]|\s+")
_SHAPES = {  # by which a value is found among others
    "phone": re.compile(r"(?:\+?86[-\s]?)?[（(]?\d[\d\s()（）转-]{5,22}\d"),
    "email": re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+"),
    "uscc": re.compile(r"[0-9A-Z]{18}"),
    "date": re.compile(r"\d{4}[-年./]\d{1,2}(?:[-月./]\d{1,2})?日?"),
}
_FIGURES = ("money", "percent", "integer", "date", "period", "phone", "uscc")
_FIGURE = re.compile(r"[\d〇零一二三四五六七八九十百千壹贰叁肆伍陆柒捌玖拾]")
_CELLS_APART = "\n\n\n"
_NOTHING = re.compile(r"[/\\_\-–—无]+")
_UNIT_CELL = re.compile(r"(?:亿|百万|千|万)?元|人|名|%")
_YEAR = re.compile(
    r"(?:(20\d\d)年?|(上一?年))(?:度|末|底|全年|\(?[年末度]*\)?)?(?:实际|实绩|完成|审计)?(?:数|值|额|金额|情况)?(?:\(.{1,16}\))?"
)
LAST_YEAR = "上年"


Headed = TypeVar("Headed")


class CellLabels:
    """Which cells of a grid are labels; asked for often, so worked out once."""

    def __init__(self, grid: Grid, labels: Labels) -> None:
        self.hits: dict[int, Hit] = {}
        self._others: set[int] = set()
        self._begun: set[int] = set()
        for slot in grid.slots:
            hit = labels.whole(slot.text, ocr=is_ocr(slot.pieces)) if slot.pieces else None
            hit = hit or (labels.unclosed(slot.text) if is_ocr(slot.pieces) else None)
            if hit is not None:
                self.hits[id(slot)] = hit
            elif slot.pieces and (english := _bilingual(grid, slot, labels)):
                self.hits[id(slot)] = english
            elif slot.pieces and (begun := labels.match(slot.text, ocr=is_ocr(slot.pieces))) and begun.colon:
                self._begun.add(id(slot))
            elif slot.pieces and other_label(slot.text):
                self._others.add(id(slot))
            elif len(slot.pieces) > 1 and labels.whole(slot.pieces[0].text, ocr=is_ocr(slot.pieces)):
                self._begun.add(id(slot))

    def hit(self, slot: Slot) -> Hit | None:
        return self.hits.get(id(slot))

    def begins(self, slot: Slot) -> bool:
        """Whether the cell begins with a label and goes on with its value."""
        return id(slot) in self._begun

    def is_label(self, slot: Slot) -> bool:
        return id(slot) in self.hits or id(slot) in self._others


def _bilingual(grid: Grid, slot: Slot, labels: Labels) -> Hit | None:
    """A label in two languages, where its value stands in the next cell and not behind it in Latin letters."""
    value = grid.at(slot.row, slot.last_column + 1)
    if value is None or value.is_blank or labels.whole(value.text) or labels.bilingual(value.text):
        return None
    return labels.bilingual(slot.text)


def pair_of_cell(grid: Grid, slot: Slot, hit: Hit, cells: CellLabels, years: frozenset[str]) -> Pair | None:
    """The value of a label that has a cell to itself: beside it, else below it; None when it heads a list."""
    values, unit = _beside(grid, slot, hit, cells, years)
    if values is None or not _fits(hit, values):
        below = _below(grid, slot, hit, cells, years)
        if values is None or (below is not None and _fits(hit, below)):
            values, unit = below, None
        if values is None:
            return None
    pieces = tuple(piece for value in values for piece in value.pieces)
    where = values[0].where if values else slot.where
    text = _joined(hit, values)
    if hit.spec.kind in ("money", "percent", "integer") and _is_one_of_several(grid, slot, values, cells):
        hit = replace(hit, doubtful=True)
    weak = hit.spec.kind in ("phone", "email") and "联系人" not in hit.label and _others_row(grid, slot)
    return Pair(hit, text.strip(), pieces, where, unit, tuple(values), weak)


def _joined(hit: Hit, values: Sequence[Slot]) -> str:
    """The cells' text as one; a mark is nearer to what shares its cell than to any other option."""
    if _is_boxed(values):
        return "".join(value.text for value in values)
    if hit.spec.options and len(values) > 1:
        return _CELLS_APART.join("".join(piece.text for piece in value.pieces) for value in values)
    return "\n".join(value.text for value in values)


def _fits(hit: Hit, values: Sequence[Slot]) -> bool:
    """Whether the cells may hold a value of the field's kind; blank ones may."""
    text = squeeze("".join(slot.text for slot in values)).text
    if not text or _NOTHING.fullmatch(text):
        return True
    if hit.spec.options:
        words = (squeeze(label).text for option in hit.spec.options for label in option.labels)
        return has_mark(text) or any(word in text for word in words)
    return hit.spec.kind not in _FIGURES or _FIGURE.search(text) is not None


def _beside(
    grid: Grid, slot: Slot, hit: Hit, cells: CellLabels, years: frozenset[str]
) -> tuple[list[Slot] | None, str | None]:
    """The value cells to the right, and a unit in a cell of its own; None when what follows is no value."""
    right = [s for s in grid.row(slot.row) if s.column > slot.last_column]
    if right and not right[0].is_blank and squeeze(right[0].text).text in ("姓名", "名称") and not cells.hit(right[0]):
        right = right[1:]
    if not right or cells.is_label(right[0]):
        return None, None
    free: list[Slot] = []
    for candidate in right:
        if cells.is_label(candidate):
            break
        free.append(candidate)
    if in_year := _of_year(grid, free, years):
        return [in_year[0]], unit_in(in_year[1].text)
    filled = [s for s in free if not s.is_blank]
    if hit.spec.options and (marked := _marked_cells(grid, slot, cells)):
        return marked, None
    if not filled:
        return [free[0]], None
    if hit.spec.kind == "uscc" and _is_boxed(filled):
        return filled, None
    units = [s for s in filled if _UNIT_CELL.fullmatch(squeeze(s.text).text)]
    values = [s for s in filled if s not in units]
    unit = squeeze(units[0].text).text if units else None
    return [*values[:1], *_rows_below(grid, slot, values[0], cells)] if values else [free[0]], unit


def _marked_cells(grid: Grid, label: Slot, cells: CellLabels) -> list[Slot]:
    """The options that have a cell each, over all rows of the label."""
    found: list[Slot] = []
    for row in range(label.row, label.last_row + 1):
        for slot in grid.row(row):
            if slot.column <= label.last_column or slot in found:
                continue
            if cells.is_label(slot):
                break
            found.append(slot)
    return [slot for slot in found if slot.pieces] if any(has_mark(slot.text) for slot in found) else []


def shared_cell(slot: Slot, value: Slot, labels: Labels) -> list[Pair]:
    """A cell that names several fields at once, 联系人及电话, with their values beside it in any order."""
    names = _names(slot.text, labels)
    hits = [_part_of(part, labels) for part in names]
    found = [hit for hit in hits if hit is not None]
    words = [hit for hit in found if hit.spec.kind not in _SHAPES]
    if len(found) < len(names) or len(words) > 1:
        return _one_by_one(names, hits, value)
    if len(found) < 2:
        return []
    rest, pairs = value.text, []
    for hit in found:
        if hit not in words and (matches := list(_SHAPES[hit.spec.kind].finditer(rest))):
            rest = _SHAPES[hit.spec.kind].sub(" ", rest)
            text = "/".join(match[0].strip() for match in matches)
            pairs.append(Pair(hit, text, value.pieces, value.where, slots=(value,)))
    left = re.sub(r"^[\s/、，,;；]+|[\s/、，,;；]+$", "", rest)
    return [*(Pair(hit, left, value.pieces if left else (), value.where, slots=(value,)) for hit in words), *pairs]


def shared_lines(pieces: Sequence[Piece], labels: Labels) -> list[Pair]:
    """As `shared_cell`, in lines: 联系人及电话：林示例 13800000000, the value behind the colon or in the next line."""
    found: list[Pair] = []
    for index, piece in enumerate(pieces):
        match = _SHARED_LINE.match(piece.text)
        if match is None or labels.match(piece.text) is not None:
            continue
        values = (replace(piece, text=match["value"]), *pieces[index + 1 : index + 2])
        value = next((value for value in values if value.text.strip()), None)
        if value is not None and not (labels.begins(value.text) or other_label(value.text)):
            name, place = _slot(replace(piece, text=match["name"])), _slot(value)
            found += [replace(pair, slots=()) for pair in shared_cell(name, place, labels)]
    return found


def _slot(piece: Piece) -> Slot:
    return Slot(1, 1, 1, 1, (piece,), piece)


def _one_by_one(names: Sequence[str], hits: Sequence[Hit | None], value: Slot) -> list[Pair]:
    """Of names that the values' shapes do not tell apart each its value in their order: 联系人/职务 林示例/经理."""
    parts = [part.strip() for part in _PARTS.split(value.text.strip())]
    known = all(hit or other_label(name) for name, hit in zip(names, hits, strict=True))
    is_told = all(
        hit is None or hit.spec.kind in ("text", *_SHAPES) for hit in hits
    )  # figures and addresses hold commas
    if not known or not is_told or len(parts) != len(names) or "" in parts:
        return []
    found = zip(hits, parts, strict=True)
    return [Pair(hit, part, value.pieces, value.where, slots=(value,)) for hit, part in found if hit]


def _names(text: str, labels: Labels) -> list[str]:
    """What a cell names: each of its lines where all are labels, else what joins part."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > 1 and all(labels.whole(line) for line in lines):
        return [_bare(line) for line in lines]
    return [part for part in _AND.split(_bare(text)) if part]


def _bare(text: str) -> str:
    return re.sub(r"\(.*?\)|[*:：]", "", squeeze(text).text)


def _part_of(part: str, labels: Labels) -> Hit | None:
    """The field of one part; what the first part says is not said again: 联系人及电话 for 联系电话."""
    return labels.whole(part) or labels.whole(f"联系{part}") or labels.whole(f"电子{part}")


def _is_one_of_several(grid: Grid, label: Slot, values: Sequence[Slot], cells: CellLabels) -> bool:
    """Whether more figures stand beside the value and nothing tells which of them is asked for."""
    others = []
    for slot in grid.row(label.row):
        if slot.column <= label.last_column or slot in values:
            continue
        if cells.is_label(slot):
            break
        others.append(slot)
    heads = {year_of(head.text) for slot in values for row in range(1, slot.row) if (head := grid.at(row, slot.column))}
    return not heads - {None} and any(re.search(r"\d", s.text) and not re.search("[一-鿿]{3}", s.text) for s in others)


def _is_boxed(slots: Sequence[Slot]) -> bool:
    """One character a cell, as codes are written."""
    return len(slots) >= 8 and all(len(squeeze(slot.text).text) <= 1 for slot in slots)


def _rows_below(grid: Grid, label: Slot, value: Slot, cells: CellLabels) -> list[Slot]:
    """More value cells of a label that is merged over several rows."""
    found = []
    row = value.last_row + 1
    while row <= label.last_row and (slot := grid.at(row, value.column)):
        if slot.column != value.column or slot.last_column != value.last_column or cells.is_label(slot):
            break
        if slot.column != label.last_column + 1:
            break
        found.append(slot)
        row = slot.last_row + 1
    return found


def _is_stacked(grid: Grid, hit: Hit, column: Sequence[Slot], cells: CellLabels) -> bool:
    """Whether the form's next row stands under the first value, and not a second one of a list."""
    row = grid.row(column[0].last_row + 1)
    labels = sum(cells.is_label(slot) for slot in row)
    if hit.spec.kind in _FIGURES and len(column) > 1 and not _FIGURE.search(squeeze(column[1].text).text):
        return labels > 0
    return labels > 0 and labels * 2 >= len(row)


def _contacts_row(grid: Grid, column: Sequence[Slot]) -> Slot | None:
    """In a list of persons the cell of the contact's row."""
    for slot in column:
        before = [squeeze(s.text).text for s in grid.row(slot.row) if s.column < slot.column]
        if len(column) > 1 and any(text.endswith("联系人") for text in before):
            return slot
    return None


def _below(grid: Grid, slot: Slot, hit: Hit, cells: CellLabels, years: frozenset[str]) -> list[Slot] | None:
    """The value cell under a label; None when there is none, or when the label heads a list of rows."""
    column: list[Slot] = []
    row = slot.last_row + 1
    if slot.grids:
        return None
    while (below := grid.at(row, slot.column)) and not cells.is_label(below):
        if (
            cells.begins(below)
            or below.column != slot.column
            or below.last_column != slot.last_column
            or below.row != row
        ):
            break
        column.append(below)
        row = below.last_row + 1
    if not column:
        return None
    if in_year := _of_year_row(grid, column, years):
        return [in_year]
    whole_row = slot.column == 1 and slot.last_column >= grid.last_column
    heads = [squeeze(s.text).text for s in grid.row(slot.row)]
    is_stacked = _is_stacked(grid, hit, column, cells)
    if hit.spec.kind in ("phone", "email") and (own := _contacts_row(grid, column)):
        return [own]
    if not whole_row and ("序号" in heads or (len([s for s in column if not s.is_blank]) > 1 and not is_stacked)):
        return None
    if whole_row and len(grid.row(column[0].row)) > 1:
        return None
    return column[:1]


def year_of(text: str) -> str | None:
    """The year that a heading names, 上年度 as LAST_YEAR."""
    match = _YEAR.fullmatch(squeeze(text).text)
    return (match[1] or LAST_YEAR) if match else None


def _of_year(grid: Grid, slots: Sequence[Slot], years: frozenset[str]) -> tuple[Slot, Slot] | None:
    """Among cells under headings 2021年, 2022年, 2023年 the one of the year that the form asks for, and its heading."""
    headed: dict[str, tuple[Slot, Slot]] = {}
    for slot in slots:
        for row in range(slot.row - 1, 0, -1):
            head = grid.at(row, slot.column)
            if head is not None and (year := year_of(head.text)):
                headed.setdefault(year, (slot, head))
                break
    return _asked(headed, years)


def _of_year_row(grid: Grid, column: Sequence[Slot], years: frozenset[str]) -> Slot | None:
    headed: dict[str, Slot] = {}
    for slot in column:
        for head in grid.row(slot.row):
            if head.column < slot.column and (year := year_of(head.text)):
                headed.setdefault(year, slot)
    return _asked(headed, years)


def _asked(headed: dict[str, Headed], years: frozenset[str]) -> Headed | None:
    for year in (*sorted(years, reverse=True), LAST_YEAR):
        if year in headed:
            return headed[year]
    return headed[max(headed)] if headed and not years else None


def _others_row(grid: Grid, slot: Slot) -> bool:
    """Whether the row belongs to somebody other than the contact: 法定代表人 | 姓名 | … | 联系电话."""
    people = [
        squeeze(s.text).text.strip("*:").removesuffix("姓名") for s in grid.row(slot.row) if s.column < slot.column
    ]
    return not any("联系人" in p for p in people) and any(len(p) <= 10 and PERSON.search(p) for p in people)
