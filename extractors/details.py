"""Detail tables: a header row of column labels and the rows under it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from extractors.cells import CellLabels
from extractors.labels import Hit, Labels, labels_of, other_label, squeeze, unit_in
from extractors.pairs import is_ocr
from extractors.rows_apart import rows_apart
from extractors.slots import Grid, Piece, Slot
from pipeline.model import FieldSpec

_TOTAL = re.compile(r"^(?:其中)?(?:合计|小计|总计|共计|累计|总额|合 计)")
_ELLIPSIS = re.compile(r"[….。·]+")
_FILLER = re.compile(r"[\s/\\—\-–_无.…]*")
_NUMBERED = re.compile(r"^序\s*号\s*(?=\S)")
_ROW_NUMBER = re.compile(r"^\d{1,3}(?:\s+|$)")
_HEADER_LIKE = re.compile(r"[^\d：:。，]{1,16}")


@dataclass(frozen=True, slots=True)
class Column:
    spec: FieldSpec
    slot: Slot
    unit: str | None
    is_numbered: bool = False  # the rows' numbers stand in its cells: 序号 名称


@dataclass(frozen=True, slots=True)
class Detail:
    """A detail table: its rows hold, by column name, the column and the cells' slot."""

    spec: FieldSpec
    hit: Hit | None
    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, Slot], ...]
    used: tuple[Slot, ...]  # every cell that belongs to it, its label included
    where: Piece


def find_details(
    grid: Grid, specs: Sequence[FieldSpec], cells: CellLabels, top: Labels, heading: Hit | None
) -> list[Detail]:
    """The detail tables in a grid. `heading` is the label right before the grid, if there is one."""
    found: list[Detail] = []
    tables = [spec for spec in specs if spec.kind == "table"]
    row = 1
    while row <= grid.last_row:
        detail = _at(grid, row, tables, cells, top, heading)
        if detail is None:
            row += 1
            continue
        found.append(detail)
        first = detail.columns[0].slot.column
        row = 1 + max((slot.last_row for slot in detail.used if slot.column >= first), default=row)
    known = {detail.spec.name for detail in found}
    turned = (_transposed(grid, spec, cells, top, heading) for spec in tables if spec.name not in known)
    found += [detail for detail in turned if detail is not None]
    used = {id(slot) for detail in found for slot in detail.used}
    records = (_records(grid, slot, tables, cells) for slot in grid.slots if id(slot) not in used)
    return found + [detail for detail in records if detail is not None]


def _at(
    grid: Grid, row: int, tables: Sequence[FieldSpec], cells: CellLabels, top: Labels, heading: Hit | None
) -> Detail | None:
    """The table whose header is this row: the one with most of its columns here, its label near or its own words."""
    best: tuple[tuple[int, int], FieldSpec, list[Column], tuple[Hit, Slot] | None] | None = None
    for spec in tables:
        columns = _columns(grid, row, spec)
        if len(columns) < min(2, len(spec.columns)):
            continue
        label = _label_near(grid, row, spec, cells)
        near = label is not None or (heading is not None and spec in heading.specs)
        if not near and not any(top.whole(column.slot.text) is None for column in columns):
            continue
        score = (int(near), len(columns))
        if best is None or score > best[0]:
            best = (score, spec, columns, label)
    if best is None:
        return None
    _, spec, columns, label = best
    return _detail(grid, row, spec, columns, cells, label, heading)


def _columns(grid: Grid, row: int, spec: FieldSpec) -> list[Column]:
    """The columns that the row names, if it is a header: labels side by side and no value among them."""
    labels = labels_of(spec.columns)
    own = [slot for slot in grid.row(row) if row in (slot.row, slot.last_row)]
    columns: list[Column] = []
    known: list[Slot] = []
    for slot in own:
        text = _NUMBERED.sub("", slot.text)
        hit = labels.whole(text, ocr=is_ocr(slot.pieces)) if slot.pieces else None
        if hit and labels_of((spec,)).whole(slot.text):
            continue  # the table's own label: 主要用户 is no 用户
        if hit and all(column.spec != hit.spec for column in columns):
            columns.append(Column(hit.spec, slot, hit.unit, text != slot.text))
        if hit or (slot.pieces and other_label(slot.text)):
            known.append(slot)
    if not columns:
        return []
    inside = [slot for slot in own if slot.column >= columns[0].slot.column]
    touching = any(a.last_column + 1 == b.column for a in known for b in known)
    blank = sum(slot.is_blank for slot in inside)
    values = [
        s for s in inside if s not in known and not s.is_blank and not _HEADER_LIKE.fullmatch(squeeze(s.text).text)
    ]
    if values or blank >= len(columns) or (len(columns) > 1 and not touching) or len(columns) * 3 < len(inside):
        return []
    return columns


def _label_near(grid: Grid, row: int, spec: FieldSpec, cells: CellLabels) -> tuple[Hit, Slot] | None:
    """The table's own label: merged to the left of the header, or in the row above it."""
    above = [slot for slot in grid.row(row - 1) if slot.column == 1 or slot.last_column >= grid.last_column]
    for slot in [*grid.row(row), *above]:
        hit = cells.hit(slot)
        if hit is not None and spec in hit.specs:
            return hit, slot
    return None


def _detail(
    grid: Grid,
    header: int,
    spec: FieldSpec,
    columns: Sequence[Column],
    cells: CellLabels,
    label: tuple[Hit, Slot] | None,
    heading: Hit | None,
) -> Detail:
    rows: list[dict[str, Slot]] = []
    beside = _beside(grid, header, columns)
    used: list[Slot] = [*([label[1]] if label else []), *(s for s in grid.row(header) if s.row == header)]
    left = label[1] if label and label[1].last_row > header else None
    last = left.last_row if left else grid.last_row
    row = max(column.slot.last_row for column in columns) + 1
    while row <= last:
        slots = [s for s in grid.row(row) if s is not left]
        cut = _row(grid, row, columns)
        if beside is not None and row > beside.last_row:
            break  # what names the table to its left ends
        if rows and cut is not None and _slots(cut) == _slots(rows[-1]):
            row += 1  # a row that a rule beside it divides
            continue
        if cut is None or _ends(slots, columns, cells, spec):
            if not _is_total(slots):
                break
        elif not (_is_total(slots) or _is_empty(cut) or _columns(grid, row, spec)):
            rows.append(cut)
        used.extend(s for s in slots if s.row == row)
        row += 1
    while rows and _is_cut_otherwise(rows[-1], columns):
        rows.pop()
    hit = label[0] if label else heading if heading and spec in heading.specs else None
    units = _with_unit(columns, hit if hit and hit.unit else heading if heading and spec in heading.specs else hit)
    numbered = {column.spec.name for column in columns if column.is_numbered}
    plain = ({name: _unnumbered(slot) if name in numbered else slot for name, slot in cut.items()} for cut in rows)
    return Detail(spec, hit, units, tuple(rows_apart(tuple(plain))), tuple(used), columns[0].slot.where)


def _unnumbered(slot: Slot) -> Slot:
    """The cell without the number that its row begins with."""
    if not slot.pieces:
        return slot
    first = slot.pieces[0]
    text = _ROW_NUMBER.sub("", first.text)
    rest = (replace(first, text=text), *slot.pieces[1:]) if text else slot.pieces[1:]
    return replace(slot, pieces=rest)


def _beside(grid: Grid, header: int, columns: Sequence[Column]) -> Slot | None:
    """The cell to the left of the header and of rows under it, whatever it says."""
    slot = grid.at(header, min(column.slot.column for column in columns) - 1)
    return slot if slot is not None and slot.last_row > header and not slot.is_blank else None


def _is_cut_otherwise(cut: dict[str, Slot], columns: Sequence[Column]) -> bool:
    """Whether a written cell stands under several columns and none is as wide as its column's label: the form's next
    label and its value."""
    slots = list(cut.values())
    heads = {column.spec.name: (column.slot.column, column.slot.last_column) for column in columns}
    is_wider = any(not slot.is_blank and sum(other is slot for other in slots) > 1 for slot in slots)
    return is_wider and not any((slot.column, slot.last_column) == heads[name] for name, slot in cut.items())


def _slots(cut: dict[str, Slot]) -> list[int]:
    return [id(slot) for slot in cut.values()]


def _row(grid: Grid, row: int, columns: Sequence[Column]) -> dict[str, Slot] | None:
    """The row's cell under each column; None when the row is not cut as the header is."""
    found: dict[str, Slot] = {}
    for column in columns:
        slot = grid.at(row, column.slot.column)
        if slot is not None:
            found[column.spec.name] = slot
    if not found or len({id(slot) for slot in found.values()}) < min(2, len(columns)):
        return None
    return found


def _ends(slots: Sequence[Slot], columns: Sequence[Column], cells: CellLabels, spec: FieldSpec) -> bool:
    """Whether the row is the form's next one: it begins with a label that is no column of this table."""
    for slot in slots[:2]:
        hit = cells.hit(slot)
        if hit is not None and labels_of(spec.columns).whole(slot.text) is None:
            return True
    return False


def _is_total(slots: Sequence[Slot]) -> bool:
    return any(_TOTAL.match(squeeze(slot.text).text) for slot in slots[:3])


def _is_empty(row: dict[str, Slot]) -> bool:
    texts = {slot.text.strip() for slot in row.values()}
    if (
        len(row) > 2
        and len(texts) == 1
        and len(min(texts)) == 1
        and is_ocr([p for s in row.values() for p in s.pieces])
    ):
        return True  # a recogniser makes 1, l or 一 of the strokes that fill a row
    return all(_FILLER.fullmatch(slot.text) or _ELLIPSIS.fullmatch(slot.text.strip()) for slot in row.values())


def _records(grid: Grid, own: Slot, tables: Sequence[FieldSpec], cells: CellLabels) -> Detail | None:
    """A table that is written as pairs: its label to the left, then 成员单位名称 | 示例医院 row by row."""
    hit = cells.hit(own)
    if hit is None or hit.spec not in tables:
        return None
    labels = labels_of(hit.spec.columns)
    columns: dict[str, Column] = {}
    rows: list[dict[str, Slot]] = []
    used = [own]
    for index in range(own.row, own.last_row + 1):
        right = [slot for slot in grid.row(index) if slot.column > own.last_column and slot.row == index]
        for slot, value in pairwise(right):
            column = labels.whole(slot.text, ocr=is_ocr(slot.pieces)) if slot not in used else None
            if column is None or labels.whole(value.text) is not None:
                continue
            if not rows or column.spec.name in rows[-1]:
                rows.append({})
            rows[-1][column.spec.name] = value
            columns.setdefault(column.spec.name, Column(column.spec, slot, column.unit))
            used += [slot, value]
    filled = tuple(cut for cut in rows if not _is_empty(cut))
    return Detail(hit.spec, hit, tuple(columns.values()), filled, tuple(used), own.where) if columns else None


def _transposed(grid: Grid, spec: FieldSpec, cells: CellLabels, top: Labels, heading: Hit | None) -> Detail | None:
    """A table whose labels stand under each other and whose rows are columns, as many as are filled."""
    columns = _labels_down(grid, spec)
    if len(columns) < 2:
        return None
    first, last = columns[0].slot, columns[-1].slot
    label = next((named for row in range(first.row, 0, -1) if (named := _label_near(grid, row, spec, cells))), None)
    hit = label[0] if label else heading if heading and spec in heading.specs else None
    if hit is None and (len(columns) < 3 or all(top.whole(column.slot.text) for column in columns)):
        return None
    rows = []
    for index in range(last.last_column + 1, grid.last_column + 1):
        cut = {c.spec.name: slot for c in columns if (slot := grid.at(c.slot.row, index)) and slot.column == index}
        if cut and not _is_empty(cut) and not any(map(cells.is_label, cut.values())):
            rows.append(cut)
    if len(rows) < 2:
        return None
    used = [slot for c in columns for slot in grid.row(c.slot.row) if slot.column >= first.column]
    used += [label[1]] if label else []
    return Detail(spec, hit, _with_unit(columns, hit), tuple(rows), tuple(used), first.where)


def _labels_down(grid: Grid, spec: FieldSpec) -> list[Column]:
    """The longest row of the table's column labels that stand under each other."""
    labels = labels_of(spec.columns)
    best: list[Column] = []
    by_column = sorted(grid.slots, key=lambda slot: (slot.column, slot.row))
    found: list[Column] = []
    for slot in by_column:
        hit = labels.whole(slot.text, ocr=is_ocr(slot.pieces)) if slot.pieces else None
        if hit is None:
            continue
        if found and (not _is_under(slot, found[-1].slot) or any(hit.spec == column.spec for column in found)):
            found = []
        found.append(Column(hit.spec, slot, hit.unit))
        best = list(found) if len(found) > len(best) else best
    return best


def _with_unit(columns: Sequence[Column], hit: Hit | None) -> tuple[Column, ...]:
    """Amounts in the unit of their own label, else of the table's."""
    unit = hit.unit if hit else None
    return tuple(replace(c, unit=c.unit or unit if c.spec.kind == "money" else c.unit) for c in columns)


def _is_under(slot: Slot, above: Slot) -> bool:
    return slot.column == above.column and slot.row == above.last_row + 1


def caption_unit(text: str) -> str | None:
    """The unit that stands above a table: （单位：万元）, 财务数据（万元）."""
    match = re.search(r"单位[:为](.{1,12})|\((?:人民币)?((?:亿|百万|万|千)?元)\)[:]?$", squeeze(text).text)
    return unit_in(match[1] or match[2]) if match else None
