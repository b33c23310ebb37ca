"""Content controls (w:sdt, ECMA-376 part 1, 17.5.2): their check boxes settled, their placeholders emptied.

A control may wrap paragraphs, runs, rows, cells or tables. It is left in place: the walk goes through it.
"""

from lxml import etree

from extractors.docx_names import W14, XML_SPACE, is_on, properties, value, w
from extractors.docx_symbols import TICKED_GLYPHS, UNTICKED_GLYPHS, glyph_text, is_symbol_font, symbol
from extractors.ooxml import drop
from pipeline.model import TICKED, UNCLEAR, UNTICKED

Element = etree._Element

_TEXT = (w("t"), w("sym"))


def settle_controls(root: Element) -> None:
    for control in list(root.iter(w("sdt"))):
        own, content = control.find(w("sdtPr")), control.find(w("sdtContent"))
        if own is None or content is None:
            continue
        box = own.find(f"{{{W14}}}checkbox")
        if box is not None:
            _settle_check_box(box, content)
        elif is_on(own.find(w("showingPlcHdr"))):
            _empty(content)


def _empty(content: Element) -> None:
    """A placeholder is the form's prompt and no value; the rows and cells around it stay."""
    for text in list(content.iter(*_TEXT)):
        if _control_of(text) is content:
            drop(text)


def _control_of(element: Element) -> Element | None:
    return next(element.iterancestors(w("sdtContent")), None)


def _settle_check_box(box: Element, content: Element) -> None:
    """Write the state where the control's glyph stands; a glyph that says otherwise makes it unclear, since people
    look at the glyph and programs at the state."""
    checked = is_on(box.find(f"{{{W14}}}checked"))
    own = {
        True: _own_glyph(box, "checkedState", "☒"),
        False: _own_glyph(box, "uncheckedState", "☐"),
    }
    for element in content.iter(*_TEXT):
        text = glyph_text(element)
        mark = next((char for char in text if char in TICKED_GLYPHS | UNTICKED_GLYPHS | set(own.values())), None)
        if mark is not None:
            _write(element, text.replace(mark, _state(checked, _shown(mark, own)), 1))
            return
    first_run = next(content.iter(w("r")), None)
    target = next(content.iter(w("p")), content) if first_run is None else first_run
    run = etree.SubElement(target, w("r")) if first_run is None else first_run
    mark_element = etree.Element(w("t"))
    mark_element.text = _state(checked, checked)
    run.insert(1 if run.find(w("rPr")) is not None else 0, mark_element)


def _own_glyph(box: Element, state: str, default: str) -> str:
    element = box.find(f"{{{W14}}}{state}")
    try:
        code = int(value(element), 16)
    except ValueError:
        return default
    font = "" if element is None else element.get(f"{{{W14}}}font", "")
    return symbol(font, code) if is_symbol_font(font) else symbol("", code)


def _shown(mark: str, own: dict[bool, str]) -> bool | None:
    for state, glyph in own.items():
        if mark == glyph and own[not state] != glyph:
            return state
    if mark in TICKED_GLYPHS:
        return True
    return False if mark in UNTICKED_GLYPHS else None


def _state(checked: bool, shown: bool | None) -> str:
    if shown is None or shown is checked:
        return TICKED if checked else UNTICKED
    return UNCLEAR


def _write(element: Element, text: str) -> None:
    """Make a w:t or w:sym the plain text `text`, its symbol font forgotten."""
    plain = etree.Element(w("t"))
    plain.text = text
    plain.set(XML_SPACE, "preserve")
    run = element.getparent()
    if run is None:  # as the root of a tree no text ever is
        return
    own = properties(run, "rPr")
    fonts = None if own is None else own.find(w("rFonts"))
    if own is not None and fonts is not None:
        own.remove(fonts)
    run.replace(element, plain)
