"""Fields and legacy form fields (ECMA-376 part 1, 17.16): results stay, instructions go, check boxes are settled."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from lxml import etree

from extractors.docx_names import is_on, value, w, whole_number
from pipeline.model import TICKED, UNTICKED

Element = etree._Element


@dataclass(slots=True)
class _Field:
    """A field's characters: begin, separate (None when it has no result) and end."""

    begin: Element
    separate: Element | None = None


def settle_fields(root: Element) -> None:
    pieces = list(root.iter(w("fldChar"), w("t"), w("sym")))
    order = {piece: position for position, piece in enumerate(pieces)}
    hiding = [0] * (len(pieces) + 1)  # how many instructions begin at a place, less those that end there
    for field, end in _fields(pieces):
        data = field.begin.find(w("ffData"))
        shown = None if data is None else _form_field(data)
        hiding[order[field.begin]] += 1
        hiding[order[end if field.separate is None or shown is not None else field.separate]] -= 1
        if shown is not None:
            literal = etree.Element(w("t"))
            literal.text = shown
            field.begin.addprevious(literal)
    for piece, depth in zip(pieces, accumulate(hiding), strict=False):
        if depth and piece.tag != w("fldChar"):
            piece.getparent().remove(piece)


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
