"""List bullets that are check boxes (ECMA-376 part 1, 17.9): many forms tick an option by changing its bullet."""

from lxml import etree

from extractors.docx_names import XML_SPACE, properties, value, w
from extractors.docx_symbols import symbol_text
from pipeline.model import TICKED, UNTICKED

Element = etree._Element
_Level = tuple[str, str]  # w:numId and w:ilvl

_BOXES = {TICKED: TICKED, "☒": TICKED, UNTICKED: UNTICKED, "□": UNTICKED}  # other marks are but bullets


def draw_box_bullets(root: Element, numbering: Element) -> None:
    """Write the box of each list item that has one before its text."""
    boxes = _boxes(numbering)
    for paragraph in root.iter(w("p")) if boxes else ():
        own = properties(paragraph, "pPr")
        item = None if own is None else own.find(w("numPr"))
        if item is None:
            continue
        box = boxes.get((value(item.find(w("numId"))), value(item.find(w("ilvl")), "0")))
        if box is not None:
            run = etree.Element(w("r"))
            text = etree.SubElement(run, w("t"))
            text.text = box
            text.set(XML_SPACE, "preserve")
            paragraph.insert(1, run)


def _boxes(numbering: Element) -> dict[_Level, str]:
    drawn: dict[str, dict[str, str]] = {}  # by w:abstractNumId, then by w:ilvl
    for abstract in numbering.iter(w("abstractNum")):
        for level in abstract.iter(w("lvl")):
            box = _BOXES.get(_bullet(level))
            if box is not None:
                drawn.setdefault(abstract.get(w("abstractNumId"), ""), {})[level.get(w("ilvl"), "")] = box
    return {
        (number.get(w("numId"), ""), depth): box
        for number in numbering.iter(w("num"))
        for depth, box in drawn.get(value(number.find(w("abstractNumId"))), {}).items()
    }


def _bullet(level: Element) -> str:
    fonts = level.find(f"{w('rPr')}/{w('rFonts')}")
    font = "" if fonts is None else fonts.get(w("ascii"), "")
    text = value(level.find(w("lvlText")))
    return symbol_text(font, text) if value(level.find(w("numFmt"))) == "bullet" else ""
