"""Labels and the places of their values: in a line, in a cell, beside and below a cell."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from extractors.labels import Hit, Labels, labels_of, other_label, squeeze
from extractors.layout import Grid, Piece, Slot
from extractors.marks import has_mark
from pipeline.model import Method

_GAP = re.compile(r"\s+|[；;|]\s*")
_WIDE_GAP = re.compile(r"\t|\s{2,}|　|_{2,}")
_OTHER_PAIR = re.compile(r"(?:^|(?<=[\s；;。]))[一-鿿]{2,10}(?:[（(][^（()）]{0,12}[)）])?\s{0,2}[：:]")
_HEADING = re.compile(
    r"\s*(?:[一二三四五六七八九十]{1,3}、|（[一二三四五六七八九十]{1,3}）|第[一二三四五六七八九十]{1,3}[部章])"
)
_SENTENCE = re.compile(r"[。；！]|，.*，")
_COLON_END = re.compile(r"([一-鿿A-Za-z]{2,16}(?:[（(][^（()）]{0,12}[)）])?)\s?[：:]")
_UNIT_CELL = re.compile(r"(?:亿|百万|千|万)?元|人|名|%")
_YEAR = re.compile(r"(20\d\d)年?(?:度|末|底|\(?[年末度]*\)?)?(?:\((?:亿|万|千)?元\))?")
_PERSON = re.compile(r"(?:负责人|代表人?|法人|经办人|填表人|填报人|会计|财务)(?:\(.*\))?$")
_FIGURE = re.compile(r"\d+(?:\.\d+)?(?![.、)）\d])|\d+\.\d")  # 45.60 before a label is the value before it
_DATE_LINE = re.compile(
    r"\s*(?:20\d\d|[二〇○零一\d]{4})?\s*年\s*[\d一二三四五六七八九十]{0,3}\s*月\s*(?:[\d一二三四五六七八九十]{0,3}\s*日)?\s*"
)
_NARRATIVE = 40  # characters: a text so long may go on in the next paragraph
_AND = re.compile(r"[/、及和与]")
_SHAPES = {  # by which a value is found among others
    "phone": re.compile(r"(?:\+?86[-\s]?)?[（(]?\d[\d\s()（）转-]{5,22}\d"),
    "email": re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+"),
    "uscc": re.compile(r"[0-9A-Z]{18}"),
    "date": re.compile(r"\d{4}[-年./]\d{1,2}(?:[-月./]\d{1,2})?日?"),
}
_PROSE = 20  # characters: a line so long on the next page is the text that a heading announced
_LINE_GAP = 1.6  # in heights of the text: lines further apart are not one paragraph


@dataclass(frozen=True, slots=True)
class Pair:
    """A label and the text that stands where its value is; no pieces when the place is empty."""

    hit: Hit
    text: str
    pieces: tuple[Piece, ...]
    where: Piece
    unit: str | None = None  # of a unit that has a cell of its own
    slots: tuple[Slot, ...] = ()  # the cells that the value fills
    weak: bool = False  # belongs to somebody else in the same row, unless nobody else claims the field


def is_ocr(pieces: Sequence[Piece]) -> bool:
    return any(piece.method == Method.OCR for piece in pieces)


# --- text: lines and the inside of a cell ---------------------------------------------------------------------


def pairs_in_text(pieces: Sequence[Piece], labels: Labels, *, in_cell: bool, opened: Pair | None = None) -> list[Pair]:
    """Every label with its value in running lines: 标签：值, several in a line, the value on the next lines.

    `opened` is a label before the lines that still waits for its value; it comes first in what is found.
    """
    found: list[Pair] = [opened] if opened else []
    open_pair = opened
    for index, piece in enumerate(pieces):
        following = pieces[index + 1].text if in_cell and index + 1 < len(pieces) else ""
        cuts = _cuts(piece, following, labels)
        if open_pair is not None and _is_narrative(open_pair):
            cuts = [(start, hit) for start, hit in cuts if hit or _is_other(piece.text[start:])]
        cuts = _outside_tables(cuts, open_pair)
        if not cuts or cuts[0][0] > 0:
            head = piece.text[: cuts[0][0]] if cuts else piece.text
            if open_pair is not None and _goes_on(open_pair, piece, head, in_cell=in_cell, pieces=pieces):
                open_pair = found[-1] = _extended(open_pair, piece, head)
            elif head.strip():
                open_pair = None
        for pair in _pairs_of_line(piece, cuts):
            open_pair = pair
            found += [pair] if pair else []
    return found


def _outside_tables(cuts: Sequence[tuple[int, Hit | None]], open_pair: Pair | None) -> list[tuple[int, Hit | None]]:
    """The cuts without the column labels of a table that is told in words: 联合体成员：示例医院（…代码：…）."""
    table = open_pair.hit.spec if open_pair else None
    kept = []
    for start, hit in cuts:
        if table is not None and hit is not None and hit.label in labels_of(table.columns).names:
            continue
        table = hit.spec if hit else None
        kept.append((start, hit))
    return kept


def _pairs_of_line(piece: Piece, cuts: Sequence[tuple[int, Hit | None]]) -> Iterator[Pair | None]:
    """The line's own labels with what follows each; None for a label that no field has."""
    stops = (*(start for start, _ in cuts[1:]), None)
    for (start, hit), stop in zip(cuts, stops[: len(cuts)], strict=True):
        if hit is None:
            yield None
            continue
        text = piece.text[hit.end : stop].strip()
        text = text if stop is None else text.rstrip("；;，,、| \t")
        weak = _is_others(hit, piece.text[:start])
        yield Pair(hit, text, (piece,) if text else (), replace(piece, text=""), weak=weak)


def _is_narrative(pair: Pair) -> bool:
    """Whether the open value is prose, in which 技术路线：… is no label."""
    return pair.hit.spec.kind == "text" and (len(pair.text) >= _NARRATIVE or pair.text[-1:] in tuple("。！；"))


def _is_other(text: str) -> bool:
    return other_label(re.split("[：:]", text, maxsplit=1)[0])


def _cuts(piece: Piece, following: str, labels: Labels) -> list[tuple[int, Hit | None]]:
    """Where labels begin in the line, left to right; None stands for a label that no field has."""
    text, ocr = piece.text, piece.method == Method.OCR
    cuts: list[tuple[int, Hit | None]] = []
    covered = 0
    hit = labels.match(text, ocr=ocr)
    if hit and _is_label_here(hit, text, 0) and not (hit.whole and _is_part(labels, text, following, ocr=ocr)):
        cuts.append((0, hit))
        covered = hit.end
    for start in _candidates(text):
        if start < covered:
            continue
        hit = labels.match(text, start, ocr=ocr) if start else None
        if hit and not (hit.numbered and _FIGURE.match(text, start)) and _is_label_here(hit, text, start):
            cuts.append((start, hit))
            covered = hit.end
        elif other := _OTHER_PAIR.match(text, start):
            cuts.append((start, None))
            covered = other.end()
        elif cuts and (glued := _glued(text, start, labels, ocr=ocr)):
            cuts.append(glued)
            covered = glued[1].end
    return cuts


def _is_part(labels: Labels, text: str, following: str, *, ocr: bool) -> bool:
    """Whether a cell's line is a label only until its next line is read with it: 申报单位 | 意见."""
    return bool(following) and labels.match(f"{text}\n{following}", ocr=ocr) is None


def _candidates(text: str) -> list[int]:
    starts = {match.end() for match in _GAP.finditer(text)} | {0}
    starts |= {index for index, char in enumerate(text) if char == "【"}
    starts |= {match.start(1) for match in _COLON_END.finditer(text)}
    return sorted(start for start in starts if start < len(text))


def _glued(text: str, start: int, labels: Labels, *, ocr: bool) -> tuple[int, Hit] | None:
    """A label with a colon right behind the value before it, the space between them lost: 张三联系电话：138."""
    match = _COLON_END.match(text, start)
    if match is None:
        return None
    for begin in range(start + 1, match.end(1) - 1):
        hit = labels.match(text, begin, ocr=False)
        if hit and hit.colon and squeeze(text[begin:]).text.startswith(hit.label):
            return begin, hit
    return None


def _is_label_here(hit: Hit, text: str, start: int) -> bool:
    """Outside of tables a label needs a colon, or a wide gap, or the line to itself."""
    if hit.colon or (hit.whole and start == 0):
        return True
    rest = text[hit.end :]
    if hit.spec.options and has_mark(rest):
        return True
    gap = _WIDE_GAP.match(text, hit.end) or _WIDE_GAP.search(text, max(hit.end - 1, 0), hit.end + 1)
    if start > 0:
        return bool(gap and _WIDE_GAP.search(text[:start][-2:]))
    return bool(gap) or (len(rest) <= 40 and not _SENTENCE.search(rest) and not other_label(rest))


def _goes_on(pair: Pair, piece: Piece, text: str, *, in_cell: bool, pieces: Sequence[Piece]) -> bool:
    """Whether the line continues the open value."""
    is_words = pair.hit.spec.kind in ("text", "address")
    if not text.strip() or (is_words and _DATE_LINE.fullmatch(text)):
        return False
    if in_cell:
        return True
    if pair.hit.signature:
        return False
    if _HEADING.match(text) and len(text.strip()) <= 30 and not _SENTENCE.search(text):
        return False
    if pair.hit.spec.options:
        return has_mark(text) or not pair.pieces
    if not pair.pieces:
        is_near = pair.where.page == piece.page or len(text.strip()) >= _PROSE or text.rstrip()[-1:] in "。；"
        return pair.hit.spec.kind != "table" and is_near
    if not is_words:
        return False
    if pair.hit.whole or (len(pair.text) >= _NARRATIVE and pair.text[-1:] in "。！；，,"):
        return True
    return _is_wrapped(pair.pieces[-1], piece, pieces)


def _is_wrapped(last: Piece, piece: Piece, pieces: Sequence[Piece]) -> bool:
    """Whether the line before was broken at the right margin and this one is the next."""
    if last.bbox is None or piece.bbox is None:
        return False
    margin = max(p.bbox.x1 for p in pieces if p.bbox and p.page == last.page)
    height = last.bbox.bottom - last.bbox.top
    is_full = last.bbox.x1 >= margin - 2 * height
    if last.page != piece.page:
        return is_full and len(last.text) >= _PROSE
    return is_full and 0 <= piece.bbox.top - last.bbox.top <= _LINE_GAP * height + height


def _extended(pair: Pair, piece: Piece, text: str) -> Pair:
    joined = f"{pair.text}\n{text.strip()}" if pair.text else text.strip()
    return replace(pair, text=joined, pieces=(*pair.pieces, piece))


def _is_others(hit: Hit, before: str) -> bool:
    """A telephone or a mail address in a line that another person's name begins."""
    if hit.spec.kind not in ("phone", "email") or "联系人" in hit.label:
        return False
    people = [match[1] for match in _COLON_END.finditer(before)]
    return (
        bool(people) and not any("联系人" in p for p in people) and any(_PERSON.search(squeeze(p).text) for p in people)
    )


# --- cells ------------------------------------------------------------------------------------------------


class CellLabels:
    """Which cells of a grid are labels; asked for often, so worked out once."""

    def __init__(self, grid: Grid, labels: Labels) -> None:
        self.hits: dict[int, Hit] = {}
        self._others: set[int] = set()
        for slot in grid.slots:
            hit = labels.whole(slot.text, ocr=is_ocr(slot.pieces)) if slot.pieces else None
            if hit is not None:
                self.hits[id(slot)] = hit
            elif slot.pieces and other_label(slot.text):
                self._others.add(id(slot))

    def hit(self, slot: Slot) -> Hit | None:
        return self.hits.get(id(slot))

    def is_label(self, slot: Slot) -> bool:
        return id(slot) in self.hits or id(slot) in self._others


def pair_of_cell(grid: Grid, slot: Slot, hit: Hit, cells: CellLabels, years: frozenset[str]) -> Pair | None:
    """The value of a label that has a cell to itself: beside it, else below it; None when it heads a list."""
    values, unit = _beside(grid, slot, hit, cells, years)
    if values is None:
        below = _below(grid, slot, cells, years)
        if below is None:
            return None
        values = below
    pieces = tuple(piece for value in values for piece in value.pieces)
    where = values[0].where if values else slot.where
    text = "\n".join(value.text for value in values) if not _is_boxed(values) else "".join(v.text for v in values)
    weak = hit.spec.kind in ("phone", "email") and "联系人" not in hit.label and _others_row(grid, slot)
    return Pair(hit, text.strip(), pieces, where, unit, tuple(values), weak)


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
        return [in_year], None
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
    names = [part for part in _AND.split(_bare(slot.text)) if part]
    hits = [_part_of(part, labels) for part in names]
    found = [hit for hit in hits if hit is not None]
    words = [hit for hit in found if hit.spec.kind not in _SHAPES]
    if len(found) != len(names) or len(found) < 2 or len(words) > 1:
        return []
    rest, pairs = value.text, []
    for hit in found:
        if hit not in words and (match := _SHAPES[hit.spec.kind].search(rest)):
            rest = f"{rest[: match.start()]} {rest[match.end() :]}"
            pairs.append(Pair(hit, match[0].strip(), value.pieces, value.where, slots=(value,)))
    left = re.sub(r"^[\s/、，,;；]+|[\s/、，,;；]+$", "", rest)
    return [*(Pair(hit, left, value.pieces if left else (), value.where, slots=(value,)) for hit in words), *pairs]


def _bare(text: str) -> str:
    return re.sub(r"\(.*?\)|[*:：]", "", squeeze(text).text)


def _part_of(part: str, labels: Labels) -> Hit | None:
    """The field of one part; what the first part says is not said again: 联系人及电话 for 联系电话."""
    return labels.whole(part) or labels.whole(f"联系{part}") or labels.whole(f"电子{part}")


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


def _below(grid: Grid, slot: Slot, cells: CellLabels, years: frozenset[str]) -> list[Slot] | None:
    """The value cell under a label; None when there is none, or when the label heads a list of rows."""
    column: list[Slot] = []
    row = slot.last_row + 1
    while (below := grid.at(row, slot.column)) and not cells.is_label(below):
        if below.column != slot.column or below.last_column != slot.last_column or below.row != row:
            break
        column.append(below)
        row = below.last_row + 1
    if not column:
        return None
    if in_year := _of_year_row(grid, column, years):
        return [in_year]
    whole_row = slot.column == 1 and slot.last_column >= grid.last_column
    heads = [squeeze(s.text).text for s in grid.row(slot.row)]
    if not whole_row and ("序号" in heads or len([s for s in column if not s.is_blank]) > 1):
        return None
    if whole_row and len(grid.row(column[0].row)) > 1:
        return None
    return column[:1]


def _of_year(grid: Grid, slots: Sequence[Slot], years: frozenset[str]) -> Slot | None:
    """Among cells under headings 2021年, 2022年, 2023年 the one of the year that the form asks for."""
    headed: dict[str, Slot] = {}
    for slot in slots:
        for row in range(slot.row - 1, 0, -1):
            head = grid.at(row, slot.column)
            if head is not None and (match := _YEAR.fullmatch(squeeze(head.text).text)):
                headed.setdefault(match[1], slot)
                break
    return _asked(headed, years)


def _of_year_row(grid: Grid, column: Sequence[Slot], years: frozenset[str]) -> Slot | None:
    headed: dict[str, Slot] = {}
    for slot in column:
        for head in grid.row(slot.row):
            if head.column < slot.column and (match := _YEAR.fullmatch(squeeze(head.text).text)):
                headed.setdefault(match[1], slot)
    return _asked(headed, years)


def _asked(headed: dict[str, Slot], years: frozenset[str]) -> Slot | None:
    for year in sorted(years, reverse=True):
        if year in headed:
            return headed[year]
    return headed[max(headed)] if headed and not years else None


def _others_row(grid: Grid, slot: Slot) -> bool:
    """Whether the row belongs to somebody other than the contact: 法定代表人 | 姓名 | … | 联系电话."""
    people = [squeeze(s.text).text.strip("*:") for s in grid.row(slot.row) if s.column < slot.column]
    return not any("联系人" in p for p in people) and any(len(p) <= 10 and _PERSON.search(p) for p in people)
