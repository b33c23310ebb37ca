"""What a page shows and does not claim: words that are struck out, the marks of footnotes and the notes themselves."""

from collections.abc import Sequence
from dataclasses import replace

from extractors.grid import Ruling
from extractors.lines import hull
from extractors.pdf_content import Glyph, PageContent

STRIKE = (0.35, 0.76)  # of a glyph's height from its top: a rule here strikes out, a lower one underlines
END = 0.6  # in sizes: a strike begins and ends this near to the words that it strikes
RAISED = 0.87  # of the size of the text before it: a superscript is no larger
SEPARATOR = 0.5  # of the page's width: the rule above footnotes is shorter
_BAND = 20.0


def without_asides(content: PageContent) -> tuple[PageContent, str]:
    """The page without its struck out words and its footnotes; and the words that were struck out."""
    struck = _struck(content)
    marks = _note_marks(content.glyphs)
    dropped = {*map(id, struck), *map(id, marks), *(map(id, _notes(content, marks)) if marks else ())}
    if not dropped:
        return content, ""
    kept = [glyph for glyph in content.glyphs if id(glyph) not in dropped]
    return replace(content, glyphs=kept), "".join(glyph.text for glyph in struck).strip()


def _struck(content: PageContent) -> list[Glyph]:
    bands: dict[int, list[Glyph]] = {}
    for glyph in content.glyphs:
        bands.setdefault(int(glyph.box.top // _BAND), []).append(glyph)
    found: dict[int, Glyph] = {}
    for rule in content.horizontals:
        near = [glyph for step in (-1, 0) for glyph in bands.get(int(rule.position // _BAND) + step, ())]
        found |= {id(glyph): glyph for glyph in _struck_by(rule, near)}
    return [glyph for glyph in content.glyphs if id(glyph) in found]


def _struck_by(rule: Ruling, glyphs: Sequence[Glyph]) -> list[Glyph]:
    under = [glyph for glyph in glyphs if not glyph.turned and _is_struck(glyph, rule)]
    if not any(glyph.text.strip() for glyph in under):
        return []
    box, slack = hull(glyph.box for glyph in under), END * under[0].size
    return under if abs(box.x0 - rule.start) <= slack and abs(box.x1 - rule.end) <= slack else []


def _is_struck(glyph: Glyph, rule: Ruling) -> bool:
    height = glyph.box.bottom - glyph.box.top
    across = rule.start - 1 <= glyph.box.x0 and glyph.box.x1 <= rule.end + 1
    return across and STRIKE[0] * height <= rule.position - glyph.box.top <= STRIKE[1] * height


def _note_marks(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """Raised numbers right behind a Chinese word; m² and 10⁵ are none."""
    found: list[Glyph] = []
    before: Glyph | None = None
    for glyph in glyphs:
        if before is not None and _is_raised(glyph, before):
            found.append(glyph)
        else:
            before = glyph
    return found


def _is_raised(glyph: Glyph, before: Glyph) -> bool:
    low = before.box.bottom - 0.2 * before.size
    return (
        (glyph.text.isdecimal() or "①" <= glyph.text <= "⑳")
        and glyph.size <= RAISED * before.size
        and glyph.box.bottom < low
        and glyph.box.top < before.box.top + 0.2 * before.size
        and "\u4e00" <= before.text <= "\u9fff"
        and -0.5 * before.size < glyph.box.x0 - before.box.x1 < 1.2 * before.size
    )


def _notes(content: PageContent, marks: Sequence[Glyph]) -> list[Glyph]:
    """The text under the short rule that is the page's last, where it begins with the first mark's number."""
    rule = max(content.horizontals, default=None)
    if rule is None or not _is_separator(rule, content) or any(v.end > rule.position for v in content.verticals):
        return []
    below = [glyph for glyph in content.glyphs if glyph.box.top > rule.position - 1]
    first = next((glyph for glyph in below if glyph.text.strip()), None)
    return below if first is not None and first.text == marks[0].text else []


def _is_separator(rule: Ruling, content: PageContent) -> bool:
    length = rule.end - rule.start
    return content.width * 0.1 < length < content.width * SEPARATOR and rule.position > 0.4 * content.height
