"""What a form claims: every claim of every field, in reading order, with the place that it was read from."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from extractors.cells import CellLabels, pair_of_cell, shared_cell, shared_lines, year_of
from extractors.details import caption_unit, find_details
from extractors.implied import in_title, signed_on, signing_dates, with_references
from extractors.labels import Hit, Labels, labels_of, squeeze
from extractors.layout import blocks
from extractors.left_over import with_left_over
from extractors.marks import has_mark
from extractors.pairs import Pair, is_ocr, pairs_in_text, told_apart
from extractors.passages import PROMPT, REMARK, Passages, is_opinion
from extractors.slots import Grid, Piece, Run, Slot
from extractors.steady import leaning, with_doubts
from extractors.turned import as_stored, upright
from extractors.values import SEALED, TEMPLATE, choice_of, evidence_of, table_of, value_of
from pipeline.model import Document, FieldSpec, FieldValue, Programme
from pipeline.programme import DIRECTION

_CAPTION = re.compile(r"\(?(?:金额|货币|计量)?单位:")
_SEAL_FIRST = re.compile(SEALED)
_QUESTION = re.compile(r"^(?:有无|是否(?:存在|被|已|有)?)")
_BRACKETED = re.compile(r"[（(]\s*(是|否|有|无|存在|不存在)\s*[)）]")  # an answer within a sentence
_CLAUSE_END = re.compile(r"[，。；,;\n]")


def extract(document: Document, programme: Programme) -> tuple[FieldValue, ...]:
    """Every claim of every field in the document, in reading order. Never raises on any Document."""
    return extract_pages((document,), programme)


def extract_pages(documents: Sequence[Document], programme: Programme) -> tuple[FieldValue, ...]:
    """As `extract`, for a paper whose pages came as a file each."""
    straight = tuple(upright(document) for document in documents)
    claims = with_doubts(_claims(straight, programme), [_claims(other, programme) for other in leaning(straight)])
    pages = {(document.sha256, page.number): page for document in documents for page in document.pages}
    return tuple(as_stored(claim, pages) for claim in claims)


def _claims(documents: Sequence[Document], programme: Programme) -> tuple[FieldValue, ...]:
    labels = labels_of(programme.fields)
    form = _Form(programme, labels)
    for block in blocks(documents, labels):
        if isinstance(block, Grid):
            form.read_grid(block, None)
        else:
            form.read_run(block)
        if form.is_over:
            break
    claims = with_references(programme.fields, _sorted_out(form.claims))
    return (*claims, *form.implied())


class _Form:
    """The claims that were read so far, and what the last lines leave open for a table that follows."""

    def __init__(self, programme: Programme, labels: Labels) -> None:
        self.fields = programme.fields
        self.labels = labels
        self.claims: list[tuple[FieldValue, Pair | None]] = []
        self._open: Pair | None = None
        self._cut_off: Pair | None = None  # a label in a table's last row, its value overleaf
        self._unit: str | None = None
        self._passages = Passages(labels)
        self._titles: list[Piece] = []  # lines before the first claim
        self._dates: list[Piece] = []  # that stand alone
        self._read: set[Piece] = set()  # of lines what a label claims

    @property
    def is_over(self) -> bool:
        return self._passages.is_over

    def implied(self) -> Iterator[FieldValue]:
        """What the form says without a label, of fields that no label claims."""
        said = {value.name for value, _ in self.claims if value.value is not None}
        for spec in self.fields:
            if spec.name == DIRECTION and spec.name not in said:
                yield from in_title(spec, self._titles)
        dates = [piece for piece in self._dates if piece not in self._read]
        yield from (value for value in signed_on(self.fields, dates) if value.name not in said)

    # --- lines ---

    def read_run(self, run: Run) -> None:
        pieces = list(self._passages.claiming(run.pieces, len(self.claims)))
        self._titles += pieces if not self.claims else ()
        self._dates += signing_dates(pieces)
        pairs = with_left_over(*told_apart(pieces, self.labels, in_cell=False, opened=self._cut_off))
        self._open = self._cut_off = None
        for pair in (*pairs, *shared_lines(pieces, self.labels)):
            self._claim(pair, None)
        if pairs and not pairs[-1].pieces and pieces and _near_end(pairs[-1], pieces):
            self._open = pairs[-1]
        self._unit = next((unit for p in reversed(pieces[-2:]) if (unit := caption_unit(p.text))), None)
        self._sentences(pieces, {pair.hit.spec.name for pair in pairs})

    def _sentences(self, pieces: Sequence[Piece], known: set[str]) -> None:
        """Yes or no within a sentence: 本单位□有 ☑无涉黑涉恶违法行为."""
        for piece in pieces:
            if not _is_answered(piece.text):
                continue
            for spec in self.fields:
                if spec.kind == "choice" and len(spec.options) == 2 and spec.name not in known:
                    self._sentence(spec, piece)

    def _sentence(self, spec: FieldSpec, piece: Piece) -> None:
        stems = {_QUESTION.sub("", squeeze(label).text) for label in spec.labels if _QUESTION.match(label)}
        for clause in _CLAUSE_END.split(piece.text):
            if _is_answered(clause) and any(stem in squeeze(clause).text for stem in stems):
                bracketed = None if has_mark(clause) else _BRACKETED.search(clause)
                text, evidence = bracketed[1] if bracketed else clause, evidence_of((piece,), piece, clause)
                claim = choice_of(spec, clause.strip(), text, evidence, ocr=is_ocr((piece,)))
                self.claims.append((claim, None))

    # --- tables ---

    def read_grid(self, grid: Grid, heading: Hit | None) -> None:
        self._passages.begin_table()
        self._cut_off = None
        open_pair, self._open = self._open, None
        if heading is None and open_pair is not None:
            heading = open_pair.hit
        cells = CellLabels(grid, self.labels)
        unit, self._unit = self._unit, None
        details = find_details(grid, self.fields, cells, self.labels, heading)
        used = {id(slot) for detail in details for slot in detail.used}
        starts = {id(detail.used[0]): detail for detail in details}
        if open_pair is not None and len(grid.slots) == 1 and not cells.is_label(grid.slots[0]):
            used.add(id(grid.slots[0]))
            self._claim(_boxed(open_pair, grid.slots[0]), unit)
        whole = unit
        for slot in grid.slots:
            if caption := _caption(grid, slot):
                unit = caption
                whole = caption if _CAPTION.match(squeeze(slot.text).text) else whole
            elif _is_heading(grid, slot):
                unit = whole
            if detail := starts.get(id(slot)):
                self.claims.append((table_of(detail, unit), None))
            if id(slot) not in used:
                used.add(id(slot))
                self._read_slot(grid, slot, cells, used, unit)

    def _read_slot(self, grid: Grid, slot: Slot, cells: CellLabels, used: set[int], unit: str | None) -> None:
        hit = cells.hit(slot)
        pair = pair_of_cell(grid, slot, hit, cells, self.labels.years) if hit else None
        if hit and pair is None and slot.last_row == grid.last_row and len(grid.row(slot.row)) == 1:
            self._cut_off = Pair(hit, "", (), slot.where)
        if pair is not None and not any(id(value) in used for value in pair.slots):
            used.update(id(value) for value in pair.slots)
            self._claim_cells(pair, unit)
        elif slot.pieces and not cells.is_label(slot) and not REMARK.match(slot.text) and not is_opinion(grid, slot):
            self._read_text(grid, slot, used, unit)
        for nested in slot.grids:
            self.read_grid(nested, hit)

    def _read_text(self, grid: Grid, slot: Slot, used: set[int], unit: str | None) -> None:
        """A cell that is no label: several labels at once, labels with their values, sentences, a date."""
        value = grid.at(slot.row, slot.last_column + 1)
        if value is not None and len(slot.text) <= 24 and id(value) not in used:
            shared = shared_cell(slot, value, self.labels)
            used.update(id(value) for _ in shared)
        else:
            shared = []
        self._titles += slot.pieces if not self.claims else ()
        if len(slot.pieces) > 1 or len(grid.row(slot.row)) == 1:  # and not the value of a label that is not known
            left = grid.at(slot.row, slot.column - 1)
            self._dates += signing_dates(slot.pieces, left.text if left else "")
        pairs = shared or pairs_in_text(slot.pieces, self.labels, in_cell=True)
        pairs += shared_lines(slot.pieces, self.labels) if not shared else []
        for pair in pairs:
            self._claim(pair, unit)
        self._sentences(_sentence_of(slot.pieces), {pair.hit.spec.name for pair in pairs})

    def _claim_cells(self, pair: Pair, unit: str | None) -> None:
        """The value of a label's cell; a short one may hold another label: 张三　联系电话：138…"""
        is_prose = "。" in pair.text or len(pair.text) >= 120 or pair.hit.spec.kind == "table"
        inner = pairs_in_text(pair.pieces, self.labels, in_cell=True) if not is_prose else []
        if inner and all(p.hit.colon for p in inner) and inner[0].hit.spec not in pair.hit.specs:
            pair = _without(pair, inner)
        else:
            inner = []
        before = len(self.claims)
        nested = [grid for slot in pair.slots for grid in slot.grids]
        for grid in nested:
            self.read_grid(grid, pair.hit)
        if not any(value.name == pair.hit.spec.name for value, _ in self.claims[before:]):
            self._claim(pair, unit)
        for other in inner:
            self._claim(other, unit)

    def _claim(self, pair: Pair, unit: str | None) -> None:
        if _is_signature(pair):
            return
        if not pair.hit.spec.options and pair.text and len(pair.text) < 60 and PROMPT.match(pair.text):
            pair = replace(pair, text="", pieces=())
        self._read.update(piece for piece in pair.pieces if piece.text.strip() == pair.text)
        for spec in pair.hit.specs:
            self.claims.append((value_of(spec, pair, unit), pair))


def _is_answered(text: str) -> bool:
    return has_mark(text) or _BRACKETED.search(text) is not None


def _sentence_of(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The lines of a cell as one, since a sentence runs over several."""
    return (replace(pieces[0], text="".join(piece.text for piece in pieces)),) if pieces else ()


def _is_signature(pair: Pair) -> bool:
    """A place for a seal or a signature and not for a value: 法定代表人（签字）：　　单位（公章）."""
    if pair.hit.signature and not pair.pieces:
        return True
    sealed = _SEAL_FIRST.match(pair.text)
    rest = pair.text[sealed.end() :] if sealed else ""
    return sealed is not None and (TEMPLATE.fullmatch(rest) is not None or "章" in rest or "签" in rest)


def _caption(grid: Grid, slot: Slot) -> str | None:
    """The unit that a row of its own gives for the rows under it, or a header's first cell for all others."""
    if len(slot.text) > 30:
        return None
    row = grid.row(slot.row)
    is_head = slot.column == 1 and len(row) > 1 and all(year_of(other.text) for other in row[1:3])
    is_caption = len(row) == 1 or is_head or _CAPTION.match(squeeze(slot.text).text)
    return caption_unit(slot.text) if is_caption else None


def _is_heading(grid: Grid, slot: Slot) -> bool:
    """Whether a row of its own begins another part of the form."""
    return len(grid.row(slot.row)) == 1 and 2 < len(slot.text) <= 30 and not re.search("[:：]", slot.text)


def _near_end(pair: Pair, pieces: Sequence[Piece]) -> bool:
    return any(piece.place == pair.where.place for piece in pieces[-2:])


def _boxed(pair: Pair, slot: Slot) -> Pair:
    return replace(pair, text=slot.text, pieces=slot.pieces, where=slot.where, slots=(slot,))


def _without(pair: Pair, inner: Sequence[Pair]) -> Pair:
    """The pair up to the first label within its value."""
    first = inner[0].where
    kept: list[Piece] = []
    for piece in pair.pieces:
        if piece.bbox == first.bbox and piece.place == first.place and inner[0].hit.label in squeeze(piece.text).text:
            break
        kept.append(piece)
    else:
        return pair
    head = _head_before(piece.text, inner[0].hit)
    kept = [*kept, piece] if head.strip() else kept
    text = "\n".join([*(p.text for p in kept if p is not piece), head]).strip()
    return replace(pair, text=text, pieces=tuple(kept))


def _head_before(text: str, hit: Hit) -> str:
    squeezed = squeeze(text)
    index = squeezed.text.find(hit.label)
    return text[: squeezed.raw_index(index)] if index >= 0 else text


# --- what stays -----------------------------------------------------------------------------------------------


def _sorted_out(claims: Sequence[tuple[FieldValue, Pair | None]]) -> tuple[FieldValue, ...]:
    """Claims without those that another settles: a blank by a value, somebody's telephone by the contact's."""
    said = {value.name for value, _ in claims if value.value is not None and value.value != ()}
    own = {value.name for value, pair in claims if value.value is not None and not (pair and pair.weak)}
    return tuple(
        value
        for value, pair in claims
        if not (value.name in said and value.value in (None, ()) and value.problem is None)
        and not (pair is not None and pair.weak and value.name in own)
    )
