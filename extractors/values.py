"""What is written in a field's place → its claim: the value as the field's kind reads it, and where it stands."""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from extractors.breaks import broken_early
from extractors.details import Detail
from extractors.doubts import doubted, is_doubtful, with_doubt
from extractors.lines import least_sure
from extractors.listed import items_of
from extractors.marks import answer, ticked_words
from extractors.pairs import Pair, is_ocr
from extractors.slots import Piece, Slot, box_of_pieces
from pipeline.model import Evidence, FieldSpec, FieldValue, Problem, Row, Value
from pipeline.normalise import normalise

_UNSEEN = 0.5  # the most that an answer is worth of which a mark was not recognised
UNSAID = Decimal("1e9")  # yuan: so large an amount is doubtful where nothing says its unit
_LONGEST_CHOICE = 200  # characters
_BLANK = re.compile(r"[\s_/\\—–\-－＿.。…]*|[（(]?(?:无|空|暂无|不适用|N\s*/?\s*A)[）)]?[。.]?", re.IGNORECASE)
_SAYS_UNIT = re.compile(r"[元圆万亿千佰拾¥￥]")
_REMARKED = re.compile(r"\s*[（(]\s*(?:((?:亿|万|千)?元|人|名|[%％])|(?:不?含税价?|(?:经|已)?审计数?|人民币))\s*[)）]")
# What is said of a figure behind it and changes nothing of it: （2023年）, ，经审计, ，同比增长12%.
_ADDED = re.compile(
    r"\s*(?:[（(](?!.*(?:亏|负|预|拟|计划|约|估))(?:[^（()）\d零壹贰叁肆伍陆柒捌玖拾佰仟]|20\d\d)*[)）]"
    r"|[（(]\s*(?:其中|实缴|含|占)[^（()）]{0,40}[)）]|[，,；;（(]\s*(?:同比|较上年|比上年|较去年|比去年|(?:已|业?经)审计|以审计).{0,40})[。]?\s*$"
)
_REMARKED_KINDS = ("money", "integer", "percent", "date", "period", "phone", "uscc", "email")
_LEADS = re.compile(r"\s*[（(]\s*(?:联合体)?牵头(?:单位|方|人)?\s*[)）]$")
TEMPLATE = re.compile(r"[\s_年月日至到~—\-－–/.:：()（）]*|[\s_]*(?:亿元|万元|千元|元|人|%|％)[\s_]*")
_HINT = re.compile(
    r"^\s*[（(](?:请|限|不超过|不少于|可另附|填写|简要|包括|例如|如：|注：|单位：)?[^（()）]{0,80}"
    r"(?:\d字|以内|另附页|填写|说明|选填|必填|勾选|选择|单选|多选)[^（()）]{0,40}[）)]"
)
SEALED = (
    r"\s*[（(]\s*(?:(?:申报|申请|填报)?(?:单位|企业|公司|法人))?"
    r"(?:加?盖?公?章|签章|签字或盖章|签字|手写签名|签名)处?\s*[)）]\s*"
)
_SEAL = re.compile(rf"{SEALED}$")
_NEXT_NUMBER = re.compile(r"\n\s*\d{1,2}\s*[.．、]\s*$")  # of the next question, whose words stand apart from it


def value_of(spec: FieldSpec, pair: Pair, unit: str | None) -> FieldValue:
    text = _SEAL.sub("", _HINT.sub("", pair.text).strip()).strip("_＿ \u3000")
    text = _NEXT_NUMBER.sub("", text) if spec.kind == "text" else text
    evidence = evidence_of(pair.pieces, pair.where, text, doubtful=pair.hit.doubtful)
    label_unit = pair.hit.unit or pair.unit or (unit if spec.kind == "money" else None)
    return read_value(spec, text, label_unit, evidence, ocr=is_ocr(pair.pieces))


def read_value(spec: FieldSpec, text: str, unit: str | None, evidence: Evidence, *, ocr: bool) -> FieldValue:
    """The text as a value of the field."""
    if spec.kind == "table":
        return _untabled(spec, text, evidence)
    if spec.kind in ("choice", "choices"):
        return choice_of(spec, text, text, evidence, ocr=ocr)
    if _BLANK.fullmatch(text) or TEMPLATE.fullmatch(text):
        return FieldValue(spec.name, text, None, evidence)
    ticked = ticked_words(text) if spec.kind in ("text", "address") and len(text) <= _LONGEST_CHOICE else None
    if ticked == "":
        problem = Problem("unclear", f"“{text.strip()}”勾选的不是正好一项，请核对原件")
        return FieldValue(spec.name, text, None, evidence, None, problem)
    if ocr and is_doubtful(spec, ticked or text):
        evidence = doubted(evidence)
    read = normalise(spec, ticked or _unremarked(spec, text), unit, ocr)
    if unit is None and isinstance(read.value, Decimal) and read.value >= UNSAID and not _SAYS_UNIT.search(text):
        evidence = doubted(evidence)
    return FieldValue(spec.name, text, read.value, evidence, read.unit, read.problem)


def choice_of(spec: FieldSpec, raw: str, text: str, evidence: Evidence, *, ocr: bool) -> FieldValue:
    """The options that a text marks, in a place that says `raw`."""
    result = answer(spec, text, ocr=ocr)
    if result.is_partial:
        evidence = replace(evidence, confidence=min(evidence.confidence, _UNSEEN))
    return FieldValue(spec.name, raw, _codes(spec, result.options), evidence, None, result.problem)


def _unremarked(spec: FieldSpec, text: str) -> str:
    """A value without what is added to it: 210（人）, 102.5万元（含税）, 70%（2023年）, 示例公司（牵头单位）."""
    if spec.kind == "text":
        return _LEADS.sub("", text) or text
    if spec.kind not in _REMARKED_KINDS:
        return text
    bare = _ADDED.sub("", text) or text
    return _REMARKED.sub(lambda match: match[1] or "", bare) if spec.kind in ("money", "integer", "percent") else bare


def _untabled(spec: FieldSpec, text: str, evidence: Evidence) -> FieldValue:
    """A table's place that holds no table: 无, nothing, a list, or words."""
    if not text:
        return FieldValue(spec.name, "", None, evidence)
    if _BLANK.fullmatch(text):
        return FieldValue(spec.name, text, (), evidence)
    if items := items_of(spec, text, evidence):
        rows = tuple({pair.hit.spec.name: value_of(pair.hit.spec, pair, None) for pair in pairs} for pairs in items)
        return FieldValue(spec.name, text, rows, evidence)
    problem = Problem("unclear", f"“{spec.labels[0]}”不是表格，未能逐行读取，请核对原件")
    return FieldValue(spec.name, text, None, evidence, None, problem)


def _codes(spec: FieldSpec, options: Sequence[object] | None) -> Value | None:
    codes = tuple(option.code for option in spec.options if options and option in options)
    if not codes:
        return None
    return codes if spec.kind == "choices" else codes[0]


def table_of(detail: Detail, unit: str | None) -> FieldValue:
    rows: list[Row] = [
        {
            column.spec.name: _cell(column.spec, cells[column.spec.name], column.unit or unit)
            for column in detail.columns
            if column.spec.name in cells
        }
        for cells in detail.rows
    ]
    rows = with_doubt(rows, broken_early(detail.rows))
    pieces = [piece for cells in detail.rows for slot in cells.values() for piece in slot.pieces]
    quote = "；".join(" ".join(slot.text for slot in cells.values()) for cells in detail.rows[:3])
    doubtful = detail.hit is not None and detail.hit.doubtful
    evidence = evidence_of(pieces, detail.where, quote, doubtful=doubtful)
    evidence = replace(evidence, place=detail.where.place)
    return FieldValue(detail.spec.name, None, tuple(rows), evidence)


def _cell(spec: FieldSpec, slot: Slot, unit: str | None) -> FieldValue:
    text = slot.text.strip()
    unit = unit if spec.kind == "money" else None
    return read_value(spec, text, unit, evidence_of(slot.pieces, slot.where, text), ocr=is_ocr(slot.pieces))


def evidence_of(pieces: Sequence[Piece], where: Piece, quote: str, *, doubtful: bool = False) -> Evidence:
    """Where the pieces stand; of a blank, where it would."""
    first = pieces[0] if pieces else where
    confidence = min((piece.confidence for piece in pieces), default=where.confidence)
    evidence = Evidence(
        sha256=first.sha256,
        method=first.method,
        page=first.page,
        place=first.place,
        bbox=box_of_pieces(pieces) if pieces else where.bbox,
        quote=quote,
        confidence=confidence,
        bounds=least_sure(pieces or (where,)),
        lines=tuple(piece.confidence for piece in pieces) if len(pieces) > 1 else (),
    )
    return doubted(evidence) if doubtful else evidence
