"""What a form claims: every claim of every field, in reading order, with the place that it was read from."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from extractors.cells import CellLabels, pair_of_cell, shared_cell
from extractors.details import Detail, caption_unit, find_details
from extractors.labels import Hit, Labels, labels_of, squeeze
from extractors.layout import Grid, Piece, Run, Slot, blocks, box_of_pieces
from extractors.marks import answer, has_mark
from extractors.pairs import Pair, is_ocr, pairs_in_text
from extractors.turned import as_stored, upright
from pipeline.model import Document, Evidence, FieldSpec, FieldValue, Problem, Programme, Row, Value
from pipeline.normalise import normalise

DOUBTFUL = 0.89  # the most that a value under a doubtful label is worth
PARAGRAPH = 60  # characters: longer texts run over several lines

_BLANK = re.compile(r"[\s_/\\—–\-－＿.。…]*|[（(]?(?:无|空|暂无|不适用|N\s*/?\s*A)[）)]?[。.]?", re.IGNORECASE)
_REMARKED = re.compile(r"\s*[（(]\s*(?:((?:亿|万|千)?元|人|名|[%％])|(?:不?含税价?|(?:经|已)?审计数?|人民币))\s*[)）]")
_BROKEN = re.compile(r"\d\s*\n\s*\d")  # the point between the two may have been lost
_TEMPLATE = re.compile(r"[\s_年月日至到~—\-－–/.:：()（）]*|[\s_]*(?:亿元|万元|千元|元|人|%|％)[\s_]*")
_HINT = re.compile(
    r"^\s*[（(](?:请|限|不超过|不少于|可另附|填写|简要|包括|例如|如：|注：|单位：)?[^（()）]{0,80}"
    r"(?:\d字|以内|另附页|填写|说明|选填|必填|勾选|选择|单选|多选)[^（()）]{0,40}[）)]"
)
_SEALED = (
    r"\s*[（(]\s*(?:(?:申报|申请|填报)?(?:单位|企业|公司|法人))?"
    r"(?:加?盖?公?章|签章|签字或盖章|签字|手写签名|签名)处?\s*[)）]\s*"
)
_SEAL = re.compile(rf"{_SEALED}$")
_CAPTION = re.compile(r"\(?(?:金额|货币|计量)?单位:")
_OPINION = re.compile(r".{0,20}意见(?:$|[:(])")
_SEAL_FIRST = re.compile(_SEALED)
_PROMPT = re.compile(
    r"^\s*[（(【]?(?:请(?:填|选|在|输|按|简|如实|勾|说明|注明)|应(?:当|按|与|填|为|如实)|须|需(?:填|按|提供)|按照?.{0,12}填|是?指(?:企业|申报|本|项目|单位|20)"
    r"|填(?:写|报)|简要(?:说明|介绍|描述)|如实|必须|点击|单击|从.{1,20}中选)"
)
_INSTRUCTIONS = re.compile(r"(?:填写|填报|填表|编制|编写|申报)(?:说明|须知|要求|注意事项)|注意事项|说明")
_NUMBER = re.compile(r"^\(?[\d一二三四五六七八九十]{1,3}[)、.]?")
_PART = re.compile(r"[一二三四五六七八九十]{1,3}、")
_REMARK = re.compile(r"^\s*(?:注|说明|备注|填表说明|填写说明)\s*\d*\s*[：:]")
_BINDING = re.compile(
    r"[^：:。，]{0,24}(?:合同|协议|协议书|营业执照|审计报告|专利证书|登记证书|发票|完税证明|授权委托书)(?:书)?"
)
_QUESTION = re.compile(r"^(?:有无|是否(?:存在|被|已|有)?)")
_CLAUSE_END = re.compile(r"[，。；,;\n]")


def extract(document: Document, programme: Programme) -> tuple[FieldValue, ...]:
    """Every claim of every field in the document, in reading order. Never raises on any Document."""
    return extract_pages((document,), programme)


def extract_pages(documents: Sequence[Document], programme: Programme) -> tuple[FieldValue, ...]:
    """As `extract`, for a paper whose pages came as a file each."""
    labels = labels_of(programme.fields)
    form = _Form(programme, labels)
    for block in blocks([upright(document) for document in documents], labels):
        if isinstance(block, Grid):
            form.read_grid(block, None)
        else:
            form.read_run(block)
        if form.is_over:
            break
    pages = {(document.sha256, page.number): page for document in documents for page in document.pages}
    return tuple(as_stored(value, pages) for value in _sorted_out(form.claims))


_PageKey = tuple[str, int | None]  # the file and the page's number: the pages of one paper may be a file each


def _page_of(piece: Piece) -> _PageKey:
    return piece.sha256, piece.page


class _Form:
    """The claims that were read so far, and what the last lines leave open for a table that follows."""

    def __init__(self, programme: Programme, labels: Labels) -> None:
        self.fields = programme.fields
        self.labels = labels
        self.claims: list[tuple[FieldValue, Pair | None]] = []
        self.is_over = False
        self._open: Pair | None = None
        self._cut_off: Pair | None = None  # a label in a table's last row, its value overleaf
        self._unit: str | None = None
        self._instructions: _Instructions | None = None
        self._pages: set[_PageKey] = set()
        self._is_labelled = False
        self._is_judged = False  # within an authority's opinion

    # --- lines ---

    def read_run(self, run: Run) -> None:
        pieces = list(self._told(run.pieces))
        pairs = pairs_in_text(pieces, self.labels, in_cell=False, opened=self._cut_off)
        self._open = self._cut_off = None
        for pair in pairs:
            self._claim(pair, None)
        if pairs and not pairs[-1].pieces and pieces and _near_end(pairs[-1], pieces):
            self._open = pairs[-1]
        self._unit = next((unit for p in reversed(pieces[-2:]) if (unit := caption_unit(p.text))), None)
        self._sentences(pieces, {pair.hit.spec.name for pair in pairs})

    def _told(self, pieces: Sequence[Piece]) -> Iterator[Piece]:
        """The lines that may claim something: no instructions, no remarks, nothing that is bound behind the form."""
        for piece in pieces:
            if self._is_bound_behind(piece):
                self.is_over = True
                return
            if self._is_instruction(piece):
                continue
            if _OPINION.match(squeeze(piece.text).text):
                self._is_judged = True
            elif self._is_judged and _PART.match(squeeze(piece.text).text):
                self._is_judged = False
            if not self._is_judged and not _REMARK.match(piece.text):
                yield piece

    def _is_bound_behind(self, piece: Piece) -> bool:
        """A page that begins as a contract, a licence or a report ends the form that it is bound to."""
        is_first = bool(self._pages) and _page_of(piece) not in self._pages
        self._pages.add(_page_of(piece))
        self._is_labelled = self._is_labelled or bool(self.claims) or self.labels.match(piece.text) is not None
        return (
            is_first
            and piece.page is not None
            and self._is_labelled
            and _BINDING.fullmatch(squeeze(piece.text).text) is not None
            and self.labels.match(piece.text) is None
        )

    def _is_instruction(self, piece: Piece) -> bool:
        """Whether the line belongs to a 填写说明: from its heading to the page's end, or to the form's first part."""
        squeezed = squeeze(piece.text).text
        if len(squeezed) <= 16 and _INSTRUCTIONS.fullmatch(_NUMBER.sub("", squeezed).strip(":")):
            self._instructions = _Instructions(_page_of(piece))
        elif self._instructions is not None and self._instructions.end(piece, squeezed, self.labels):
            self._instructions = None
        return self._instructions is not None

    def _sentences(self, pieces: Sequence[Piece], known: set[str]) -> None:
        """Yes or no within a sentence: 本单位□有 ☑无涉黑涉恶违法行为."""
        for piece in pieces:
            if not has_mark(piece.text):
                continue
            for spec in self.fields:
                if spec.kind == "choice" and len(spec.options) == 2 and spec.name not in known:
                    self._sentence(spec, piece)

    def _sentence(self, spec: FieldSpec, piece: Piece) -> None:
        stems = {_QUESTION.sub("", squeeze(label).text) for label in spec.labels if _QUESTION.match(label)}
        for clause in _CLAUSE_END.split(piece.text):
            if has_mark(clause) and any(stem in squeeze(clause).text for stem in stems):
                result = answer(spec, clause, ocr=is_ocr((piece,)))
                value = _chosen(spec, result.options)
                evidence = _evidence((piece,), piece, clause)
                self.claims.append((FieldValue(spec.name, clause.strip(), value, evidence, None, result.problem), None))

    # --- tables ---

    def read_grid(self, grid: Grid, heading: Hit | None) -> None:
        self._instructions, self._is_judged, self._cut_off = None, False, None
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
        for slot in grid.slots:
            unit = _caption(grid, slot) or unit
            if detail := starts.get(id(slot)):
                self.claims.append((_table(detail, unit), None))
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
        elif slot.pieces and not cells.is_label(slot) and not _REMARK.match(slot.text) and not _is_opinion(grid, slot):
            pairs = pairs_in_text(slot.pieces, self.labels, in_cell=True)
            for inner in pairs:
                self._claim(inner, unit)
            self._sentences(slot.pieces, {inner.hit.spec.name for inner in pairs})
            if not pairs:
                self._read_shared(grid, slot, used, unit)
        for nested in slot.grids:
            self.read_grid(nested, hit)

    def _read_shared(self, grid: Grid, slot: Slot, used: set[int], unit: str | None) -> None:
        value = grid.at(slot.row, slot.last_column + 1)
        if value is None or len(slot.text) > 24 or id(value) in used:
            return
        pairs = shared_cell(slot, value, self.labels)
        used.update(id(value) for _ in pairs)
        for pair in pairs:
            self._claim(pair, unit)

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
        if not pair.hit.spec.options and pair.text and len(pair.text) < 60 and _PROMPT.match(pair.text):
            pair = replace(pair, text="", pieces=())
        for spec in pair.hit.specs:
            self.claims.append((_value(spec, pair, unit), pair))


def _is_signature(pair: Pair) -> bool:
    """A place for a seal or a signature and not for a value: 法定代表人（签字）：　　单位（公章）."""
    if pair.hit.signature and not pair.pieces:
        return True
    sealed = _SEAL_FIRST.match(pair.text)
    rest = pair.text[sealed.end() :] if sealed else ""
    return sealed is not None and (_TEMPLATE.fullmatch(rest) is not None or "章" in rest or "签" in rest)


class _Instructions:
    """A 填写说明 that is being passed over."""

    def __init__(self, page: _PageKey) -> None:
        self.page = page
        self.headings: set[str] = set()
        self.is_empty = True

    def end(self, piece: Piece, squeezed: str, labels: Labels) -> bool:
        """Whether the line is the form's own: on another page, a heading counted anew, or a label with its value."""
        if self.page[1] is not None:
            return _page_of(piece) != self.page
        heading = _PART.match(squeezed)
        if (
            heading
            and len(squeezed) <= 16
            and ((not self.headings and not self.is_empty) or heading[0] in self.headings)
        ):
            return True
        self.headings |= {heading[0]} if heading else set()
        self.is_empty = False
        hit = labels.match(piece.text)
        is_told = hit is None or hit.numbered or not hit.colon or hit.whole
        return not is_told and not _PROMPT.match(piece.text[hit.end if hit else 0 :])


def _caption(grid: Grid, slot: Slot) -> str | None:
    """The unit that a row of its own gives for the rows under it."""
    if len(slot.text) > 30 or "单位" not in slot.text:
        return None
    is_caption = len(grid.row(slot.row)) == 1 or _CAPTION.match(squeeze(slot.text).text)
    return caption_unit(slot.text) if is_caption else None


def _is_opinion(grid: Grid, slot: Slot) -> bool:
    """Whether the cell is what an authority says of the application, with a contact of its own."""
    left = grid.at(slot.row, slot.column - 1)
    return any(_OPINION.match(squeeze(s.text).text) for s in (left, slot) if s is not None)


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


# --- values ---------------------------------------------------------------------------------------------------


def _value(spec: FieldSpec, pair: Pair, unit: str | None) -> FieldValue:
    text = _SEAL.sub("", _HINT.sub("", pair.text).strip()).strip("_＿ \u3000")
    evidence = _evidence(pair.pieces, pair.where, text, doubtful=pair.hit.doubtful)
    label_unit = pair.hit.unit or pair.unit or (unit if spec.kind == "money" else None)
    return _read(spec, text, label_unit, evidence, ocr=is_ocr(pair.pieces))


def _read(spec: FieldSpec, text: str, unit: str | None, evidence: Evidence, *, ocr: bool) -> FieldValue:
    """The text as a value of the field."""
    if spec.kind == "table":
        return _untabled(spec, text, evidence)
    if spec.kind in ("choice", "choices"):
        result = answer(spec, text, ocr=ocr)
        return FieldValue(spec.name, text, _chosen(spec, result.options), evidence, None, result.problem)
    if _BLANK.fullmatch(text) or _TEMPLATE.fullmatch(text):
        return FieldValue(spec.name, text, None, evidence)
    if ocr and _is_doubtful(spec, text):
        evidence = replace(evidence, confidence=min(evidence.confidence, DOUBTFUL))
    read = normalise(spec, _unremarked(spec, text), unit, ocr)
    return FieldValue(spec.name, text, read.value, evidence, read.unit, read.problem)


def _is_doubtful(spec: FieldSpec, text: str) -> bool:
    """Whether a recognised value is less sure than its characters: a figure may have lost its point at the line's
    end, pieces far apart may be of two fields, and of a paragraph that is sure by its characters one in five has a
    line too many or too few (measured on the fixtures' scans)."""
    match spec.kind:
        case "money" | "percent" | "integer":
            return bool(_BROKEN.search(text))
        case "email":
            return bool(re.search(r"\s", text))
        case "text" | "address":
            return "\t" in text or len(text) >= PARAGRAPH
        case _:
            return False


def _unremarked(spec: FieldSpec, text: str) -> str:
    """A figure without what is added in brackets: 210（人）, 102.5万元（含税）."""
    if spec.kind not in ("money", "integer", "percent"):
        return text
    return _REMARKED.sub(lambda match: match[1] or "", text)


def _untabled(spec: FieldSpec, text: str, evidence: Evidence) -> FieldValue:
    """A table's place that holds no table: 无, nothing, or words."""
    if not text:
        return FieldValue(spec.name, "", None, evidence)
    if _BLANK.fullmatch(text):
        return FieldValue(spec.name, text, (), evidence)
    problem = Problem("unclear", f"“{spec.labels[0]}”不是表格，未能逐行读取，请核对原件")
    return FieldValue(spec.name, text, None, evidence, None, problem)


def _chosen(spec: FieldSpec, options: Sequence[object] | None) -> Value | None:
    codes = tuple(option.code for option in spec.options if options and option in options)
    if not codes:
        return None
    return codes if spec.kind == "choices" else codes[0]


def _table(detail: Detail, unit: str | None) -> FieldValue:
    rows: list[Row] = [
        {
            column.spec.name: _cell(column.spec, cells[column.spec.name], column.unit or unit)
            for column in detail.columns
            if column.spec.name in cells
        }
        for cells in detail.rows
    ]
    pieces = [piece for cells in detail.rows for slot in cells.values() for piece in slot.pieces]
    quote = "；".join(" ".join(slot.text for slot in cells.values()) for cells in detail.rows[:3])
    doubtful = detail.hit is not None and detail.hit.doubtful
    evidence = _evidence(pieces, detail.where, quote, doubtful=doubtful)
    evidence = replace(evidence, place=detail.where.place)
    return FieldValue(detail.spec.name, None, tuple(rows), evidence)


def _cell(spec: FieldSpec, slot: Slot, unit: str | None) -> FieldValue:
    text = slot.text.strip()
    unit = unit if spec.kind == "money" else None
    return _read(spec, text, unit, _evidence(slot.pieces, slot.where, text), ocr=is_ocr(slot.pieces))


def _evidence(pieces: Sequence[Piece], where: Piece, quote: str, *, doubtful: bool = False) -> Evidence:
    """Where the pieces stand; of a blank, where it would."""
    first = pieces[0] if pieces else where
    confidence = min((piece.confidence for piece in pieces), default=where.confidence)
    return Evidence(
        sha256=first.sha256,
        method=first.method,
        page=first.page,
        place=first.place,
        bbox=box_of_pieces(pieces) if pieces else where.bbox,
        quote=quote,
        confidence=min(confidence, DOUBTFUL) if doubtful else confidence,
    )


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
