"""Fields and legacy form fields (ECMA-376 part 1, 17.16): results stay, instructions go, check boxes are settled."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from lxml import etree

from extractors.docx_names import is_on, value, w, whole_number
from extractors.docx_symbols import TICKED_GLYPHS, UNTICKED_GLYPHS, glyph_text, symbol
from extractors.ooxml import drop
from pipeline.model import TICKED, UNTICKED

Element = etree._Element

_TEXT = (w("t"), w("sym"))
_LONGEST = 64  # pieces of an instruction that are looked at
# 带圈字符, the usual way to tick a printed box: eq \o\ac(□,√) draws the one over the other.
_OVERSTRUCK = re.compile(r"\s*EQ\s*\\o\s*(?:\\a[lcr])?\s*\(\s*(.)\s*[,;，；]\s*(.)\s*\)", re.IGNORECASE)
_EQUATION = re.compile(r"\s*EQ\b(.*)", re.IGNORECASE | re.DOTALL)
_SWITCHES = re.compile(r"\\[a-z]+ ?\d*|[()]", re.IGNORECASE)
_SYMBOL = re.compile(
    r"""\s*SYMBOL\s+(?P<code>0x[0-9a-f]{1,4}|\d{1,5})\b(?:.*\\f\s*"?(?P<font>[\w ]+))?""", re.IGNORECASE
)


@dataclass(slots=True)
class _Field:
    """A field's characters: begin, separate (None when it has no result) and end."""

    begin: Element
    separate: Element | None = None


def settle_fields(root: Element) -> None:
    pieces = list(root.iter(w("fldChar"), w("instrText"), w("t"), w("sym")))
    order = {piece: position for position, piece in enumerate(pieces)}
    texts = [0, *accumulate(piece.tag in _TEXT and glyph_text(piece).strip() != "" for piece in pieces)]
    hiding = [0] * (len(pieces) + 1)  # how many instructions begin at a place, less those that end there
    for field, end in _fields(pieces):
        start, stop = order[field.begin], order[end]
        middle = stop if field.separate is None else order[field.separate]
        shown = _shown(field, pieces[start + 1 : min(middle, start + _LONGEST)], texts[stop] > texts[middle])
        hiding[start] += 1
        hiding[middle if shown is None else stop] -= 1
        if shown is not None:
            literal = etree.Element(w("t"))
            literal.text = shown
            field.begin.addprevious(literal)
    for piece, depth in zip(pieces, accumulate(hiding), strict=False):
        if depth and piece.tag != w("fldChar"):
            drop(piece)


def _shown(field: _Field, instruction: list[Element], has_result: bool) -> str | None:
    """What the field shows when that does not stand in its result; None when it does."""
    data = field.begin.find(w("ffData"))
    if data is not None:
        return _form_field(data)
    if has_result:
        return None
    return _drawn(
        "".join(piece.text or "" if piece.tag == w("instrText") else glyph_text(piece) for piece in instruction)
    )


def _drawn(instruction: str) -> str | None:
    """What the fields draw that Word keeps without a result: EQ and SYMBOL (ECMA-376 part 1, 17.16.5.17 and .61)."""
    if match := _OVERSTRUCK.match(instruction):
        under, over = match.groups()
        return TICKED if under in UNTICKED_GLYPHS | {"口"} and over in TICKED_GLYPHS else over
    if match := _EQUATION.match(instruction):
        return _SWITCHES.sub("", match[1])
    if match := _SYMBOL.match(instruction):
        return symbol(
            (match["font"] or "").strip(), int(match["code"], 0) if "x" in match["code"].lower() else int(match["code"])
        )
    return None


def _fields(pieces: list[Element]) -> Iterator[tuple[_Field, Element]]:
    """The fields that are whole, with their ends; a begin without an end hides nothing."""
    open_fields: list[_Field] = []
    for character in pieces:
        if character.tag != w("fldChar"):
            continue
        kind = character.get(w("fldCharType"), "")
        if kind == "begin":
            open_fields.append(_Field(character))
        elif kind == "separate" and open_fields:
            open_fields[-1].separate = character
        elif kind == "end" and open_fields:
            yield open_fields.pop(), character


def _form_field(data: Element) -> str | None:
    """What a check box or a drop-down list shows; None for a text field, which stands in the field's result."""
    box = data.find(w("checkBox"))
    if box is not None:
        checked = box.find(w("checked"))
        return TICKED if is_on(box.find(w("default")) if checked is None else checked) else UNTICKED
    choices = data.find(w("ddList"))
    if choices is None:
        return None
    entries = [value(entry) for entry in choices.findall(w("listEntry"))]
    result = choices.find(w("result"))
    index = whole_number(choices.find(w("default")) if result is None else result, 0, len(entries))
    return entries[index] if index < len(entries) else ""
