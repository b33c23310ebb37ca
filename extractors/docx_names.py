"""Names of WordprocessingML and the way it writes values."""

from functools import cache

from lxml import etree

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
W14 = "http://schemas.microsoft.com/office/word/2010/wordml"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"

_OFF = frozenset({"0", "false", "off", "none"})


@cache
def w(local: str) -> str:
    return f"{{{W}}}{local}"


def value(element: etree._Element | None, default: str = "") -> str:
    """The w:val (or w14:val) of a property element."""
    if element is None:
        return default
    return str(element.get(w("val"), element.get(f"{{{W14}}}val", default)))


def is_on(element: etree._Element | None) -> bool:
    """An on/off property (ECMA-376 part 1, 17.17.4): absent is off, present without a value is on."""
    return element is not None and value(element, "1").strip().lower() not in _OFF


def whole_number(element: etree._Element | None, default: int, highest: int) -> int:
    """A decimal number property, kept within 0 and `highest`."""
    try:
        return min(max(int(value(element)), 0), highest)
    except ValueError:
        return default


def properties(element: etree._Element, name: str) -> etree._Element | None:
    """The w:pPr of a paragraph or w:rPr of a run: its first child, if any. A search would go through all the others."""
    first = next(iter(element), None)
    return first if first is not None and first.tag == w(name) else None
