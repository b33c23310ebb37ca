"""Characters of the symbol fonts (Wingdings and its like) that forms print, in Unicode.

Sources: the fonts' published Unicode equivalents (Unicode 7.0, L2/11-052R). A box whose state the glyph shows is
written as ☑ or ☐; marks that are no boxes (● √ ✓ ■) stay marks.
"""

import re
from collections.abc import Mapping

from lxml import etree

from extractors.docx_names import XML_SPACE, properties, w
from pipeline.model import TICKED, UNTICKED

# Marks that people type or that controls show.
TICKED_GLYPHS = frozenset("☑☒■√✓✔●◉⊠☓✗✘×")
UNTICKED_GLYPHS = frozenset("☐□○◯◻▢❏❑❒")

_PRIVATE = re.compile("[\uf020-\uf0ff]")
UNKNOWN = "\N{REPLACEMENT CHARACTER}"

_WINGDINGS = {
    0x28: "☎", 0x29: "✆", 0x2A: "✉", 0x2B: "✉",
    0x6C: "●", 0x6D: "○", 0x6E: "■", 0x6F: UNTICKED, 0x70: UNTICKED, 0x71: UNTICKED, 0x72: UNTICKED,
    0x75: "◆", 0x76: "❖", 0x77: "◆", 0x9F: "•", 0xA0: "▪", 0xA1: "○", 0xA4: "◉", 0xA5: "◎", 0xA7: "▪",
    0xA8: UNTICKED, 0xAB: "★", 0xE0: "→", 0xFB: "✗", 0xFC: "✓", 0xFD: TICKED, 0xFE: TICKED,
}  # fmt: skip
_WINGDINGS_2 = {
    0x4F: "✗", 0x50: "✓", 0x51: TICKED, 0x52: TICKED, 0x53: TICKED, 0x54: TICKED, 0x95: "•", 0x96: "●", 0x97: "●",
    0x98: "●", 0x99: "○", 0x9A: "○", 0x9B: "○", 0x9E: "•", 0xA0: "■", 0xA1: "■", 0xA2: "■", 0xA3: UNTICKED,
    0xA4: UNTICKED, 0xA5: UNTICKED,
}  # fmt: skip
_WEBDINGS = {0x61: "✓", 0x63: UNTICKED, 0x67: "■", 0x6E: "●", 0x72: "✗"}
_SYMBOL = {
    0xA3: "≤", 0xB0: "°", 0xB1: "±", 0xB3: "≥", 0xB4: "×", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBB: "≈", 0xD6: "√",
    0xAE: "→", 0x2D: "-", 0x25: "%",
}  # fmt: skip
_FONTS: Mapping[str, Mapping[int, str]] = {
    "wingdings": _WINGDINGS,
    "wingdings 2": _WINGDINGS_2,
    "webdings": _WEBDINGS,
    "wingdings 3": {},  # arrows only
    "symbol": _SYMBOL,
}


def is_symbol_font(font: str) -> bool:
    return font.strip().lower() in _FONTS


def symbol(font: str, code: int) -> str:
    """The character that a symbol font prints for a code (the low byte counts: F0FE and 00FE are one)."""
    glyphs = _FONTS.get(font.strip().lower())
    if glyphs is None:
        return chr(code) if 0x20 <= code < 0xD800 else UNKNOWN
    plain_text = chr(code & 0xFF) if glyphs is _SYMBOL and 0x20 <= code & 0xFF < 0x40 else UNKNOWN
    return glyphs.get(code & 0xFF, plain_text)


def symbol_text(font: str, text: str) -> str:
    """Text that was typed in a symbol font. Private-use characters are its codes; a Latin one that is no known symbol
    stays, since a font is often set over more than it was meant for."""
    return "".join(_typed(font, char) for char in text)


def _typed(font: str, char: str) -> str:
    if _PRIVATE.match(char):
        return symbol(font, ord(char))
    glyph = symbol(font, ord(char)) if 0x20 < ord(char) < 0x100 else UNKNOWN
    return char if glyph == UNKNOWN else glyph


def glyph_text(element: etree._Element) -> str:
    """The text of a w:t or w:sym in Unicode, symbol fonts resolved."""
    if element.tag == w("sym"):
        try:
            return symbol(element.get(w("font"), ""), int(element.get(w("char"), ""), 16))
        except ValueError:
            return ""
    font = _symbol_font(element)
    text = _trimmed(element)
    return symbol_text(font, text) if font else text


def _trimmed(element: etree._Element) -> str:
    """White space at the ends counts only where it is asked for; a line feed is no line break."""
    text = element.text or ""
    if element.get(XML_SPACE) != "preserve":
        text = text.strip(" \t\r\n")
    return text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")


def _symbol_font(text: etree._Element) -> str:
    """The symbol font that a run is set in, if any; a private-use character without one is taken for Wingdings."""
    run = text.getparent()
    own = None if run is None else properties(run, "rPr")
    fonts = None if own is None else own.find(w("rFonts"))
    named = [] if fonts is None else [str(fonts.get(w(side), "")) for side in ("ascii", "hAnsi")]
    for font in named:
        if is_symbol_font(font):
            return font
    return "Wingdings" if _PRIVATE.search(text.text or "") else ""
