"""Lists where the form asks for a table: an item a row, in it the columns' labels with their values."""

import re
from dataclasses import replace

from extractors.labels import labels_of
from extractors.pairs import Pair, pairs_in_text
from extractors.slots import Piece
from pipeline.model import Evidence, FieldSpec

_ITEM = re.compile(r"(?:^|\n|(?<=[；;。]))\s*(?:\d{1,2}[.、．)）](?!\d)|[（(]\d{1,2}[)）]|[①-⑳])\s*")
_PARTS = re.compile(r"[，,；;\t]|\s{2,}")
_NAME = re.compile(
    r"[^\d：:。][^：:。]*(?:公司|厂|院|所|中心|学校|大学|医院|集团|局|合作社)(?:[（(][^（()）]{1,8}[)）])?"
)
_SHAPES = {
    "uscc": re.compile(r"[0-9A-Z]{18}"),
    "money": re.compile(r"\d+(?:\.\d+)?(?:亿|万|千)?元"),
    "date": re.compile(r"20\d\d[年./-]\d{1,2}(?:[月./-]\d{1,2}日?|月)?"),
}
_FEWEST = 2  # labels of an item


def items_of(spec: FieldSpec, text: str, evidence: Evidence) -> list[list[Pair]]:
    """The pairs of each item; none at all where any word of the list is not told by a label."""
    before, *items = _ITEM.split(text)
    items = items if items and not before.strip() else [text]
    found = [_pairs(spec, item, evidence) for item in items]
    return found if all(found) else []


def _pairs(spec: FieldSpec, item: str, evidence: Evidence) -> list[Pair]:
    line = re.sub(r"\s*\n\s*", "", item).strip(" \t\u3000；;。")
    piece = Piece(
        line,
        evidence.sha256,
        evidence.method,
        evidence.page,
        evidence.place,
        evidence.bbox,
        evidence.confidence,
        evidence.bounds,
    )
    labels = labels_of(spec.columns)
    pairs = pairs_in_text((piece,), labels, in_cell=True)
    first = labels.match(line)
    is_told = first is not None and first.colon and len(pairs) >= _FEWEST
    once = len({pair.hit.spec.name for pair in pairs}) == len(pairs)
    if not pairs:
        return _by_kind(spec, piece)
    return pairs if is_told and once and not any(_says_more(pair) for pair in pairs) else []


def _by_kind(spec: FieldSpec, piece: Piece) -> list[Pair]:
    """The parts of an item without labels, where each is the only one of its column's kind: 示例公司，9135…，应用方."""
    parts = [part.strip() for part in _PARTS.split(piece.text) if part.strip()]
    found: dict[str, str] = {}
    for part in parts:
        columns = [column for column in spec.columns if _is_of(column, part)]
        if len(columns) != 1 or columns[0].name in found:
            return []
        found[columns[0].name] = part
    if len(found) < max(_FEWEST, len(spec.columns)):
        return []
    labels = labels_of(spec.columns)
    hits = ((labels.whole(column.labels[0]), found[column.name]) for column in spec.columns)
    return [Pair(hit, part, (replace(piece, text=part),), piece) for hit, part in hits if hit]


def _is_of(column: FieldSpec, part: str) -> bool:
    """Whether a part may stand in the column; one of words in no column of another kind."""
    if column.options:
        return any(part == label for option in column.options for label in option.labels)
    if column.kind == "text":
        return _NAME.fullmatch(part) is not None
    shape = _SHAPES.get(column.kind)
    return shape is not None and shape.fullmatch(part) is not None


def _says_more(pair: Pair) -> bool:
    """Whether a value holds another label, or the bracket that one stood in."""
    opened, closed = (len(re.findall(brackets, pair.text)) for brackets in ("[（(]", "[)）]"))
    return opened != closed or (pair.hit.spec.kind == "text" and re.search("[：:]", pair.text) is not None)
