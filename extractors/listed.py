"""Lists where the form asks for a table: an item a row, in it the columns' labels with their values."""

import re

from extractors.labels import labels_of
from extractors.pairs import Pair, pairs_in_text
from extractors.slots import Piece
from pipeline.model import Evidence, FieldSpec

_ITEM = re.compile(r"(?:^|\n|(?<=[；;。]))\s*(?:\d{1,2}[.、．)）](?!\d)|[（(]\d{1,2}[)）]|[①-⑳])\s*")
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
        line, evidence.sha256, evidence.method, evidence.page, evidence.place, evidence.bbox, evidence.confidence
    )
    labels = labels_of(spec.columns)
    pairs = pairs_in_text((piece,), labels, in_cell=True)
    first = labels.match(line)
    is_told = first is not None and first.colon and len(pairs) >= _FEWEST
    once = len({pair.hit.spec.name for pair in pairs}) == len(pairs)
    return pairs if is_told and once and not any(_says_more(pair) for pair in pairs) else []


def _says_more(pair: Pair) -> bool:
    """Whether a value holds another label, or the bracket that one stood in."""
    opened, closed = (len(re.findall(brackets, pair.text)) for brackets in ("[（(]", "[)）]"))
    return opened != closed or (pair.hit.spec.kind == "text" and re.search("[：:]", pair.text) is not None)
