"""WordprocessingML (ECMA-376 part 1, clause 17) made plain: what a person sees of a document, as one simple tree.

`plain` works on a freshly parsed tree and changes it in place: Strict names become Transitional ones, of two
renderings one remains, revisions are accepted, and content that is not on the page is taken out.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from extractors.docx_controls import settle_controls
from extractors.docx_fields import settle_fields
from extractors.docx_names import MC, R, W, is_on, properties, value, w
from extractors.docx_numbering import draw_box_bullets
from extractors.ooxml import drop

Element = etree._Element

_STRICT = "http://purl.oclc.org/ooxml/"
_TRANSITIONAL = {
    f"{_STRICT}wordprocessingml/main": W,
    f"{_STRICT}officeDocument/relationships": R,
    f"{_STRICT}officeDocument/math": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    f"{_STRICT}drawingml/main": "http://schemas.openxmlformats.org/drawingml/2006/main",
    f"{_STRICT}drawingml/wordprocessingDrawing": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    f"{_STRICT}drawingml/picture": "http://schemas.openxmlformats.org/drawingml/2006/picture",
}
# Extensions whose text boxes and controls are read here (wps, wpg, wpc, w14, wp14); their Choice is preferred.
_UNDERSTOOD = frozenset(
    {
        "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup",
        "http://schemas.microsoft.com/office/word/2010/wordprocessingCanvas",
        "http://schemas.microsoft.com/office/word/2010/wordml",
        "http://schemas.microsoft.com/office/word/2010/wordprocessingDrawing",
    }
)
_DELETED = (w("del"), w("moveFrom"))
_INSERTED = (w("ins"), w("moveTo"))
_CELL_REVISIONS = (w("cellIns"), w("cellDel"), w("cellMerge"))


@dataclass(frozen=True, slots=True)
class Findings:
    """What `plain` took out or settled that staff should know of."""

    revisions: bool
    hidden: str  # the text that the document hides
    struck: str  # the text that is crossed out


def plain(root: Element, styles: Element | None, numbering: Element | None) -> Findings:
    """Make the tree of a document, header or footer part plain, in place, by the styles and the numbering part."""
    _name_as_transitional(root)
    _choose_renderings(root)
    revisions = _accept_revisions(root)
    settle_controls(root)
    settle_fields(root)
    if numbering is not None:
        _name_as_transitional(numbering)
        draw_box_bullets(root, numbering)
    hidden = _take_out(root, _having(styles, "vanish"))
    struck = _take_out(root, _having(styles, "strike", "dstrike"))
    return Findings(revisions, hidden, struck)


def _name_as_transitional(root: Element) -> None:
    if not (etree.QName(root).namespace or "").startswith(_STRICT):
        return
    for element in root.iter(etree.Element):
        element.tag = _transitional(str(element.tag))
        for name, text in list(element.attrib.items()):
            renamed = _transitional(str(name))
            if renamed != name:
                del element.attrib[name]
                element.set(renamed, text)


def _transitional(name: str) -> str:
    namespace, brace, local = name[1:].partition("}")
    return f"{{{_TRANSITIONAL.get(namespace, namespace)}}}{local}" if brace else name


def _choose_renderings(root: Element) -> None:
    """Of the copies in mc:AlternateContent keep one (ECMA-376 part 3): the first Choice that is understood, else the
    Fallback, else any, since a copy that was not asked for is better than none."""
    for alternatives in list(root.iter(f"{{{MC}}}AlternateContent")):
        copies = [child for child in alternatives if isinstance(child.tag, str)]
        chosen = next(filter(_understood, copies), None)
        if chosen is None:
            chosen = next((copy for copy in copies if etree.QName(copy).localname == "Fallback"), None)
        for copy in copies:
            if copy is not (copies[0] if chosen is None else chosen):
                alternatives.remove(copy)


def _understood(choice: Element) -> bool:
    required = choice.get("Requires", "").split()
    return bool(required) and all(choice.nsmap.get(prefix) in _UNDERSTOOD for prefix in required)


def _accept_revisions(root: Element) -> bool:
    """Leave the final view of tracked changes; True when there were any that touch text."""
    marks = [
        element
        for element in root.iter(*_DELETED, *_INSERTED, *_CELL_REVISIONS)
        if not _is_property_of_numbering(element)
    ]
    for row_mark in [m for m in marks if m.tag == w("del") and _parent_tag(m) == w("trPr")]:
        drop(next(row_mark.iterancestors(w("tr")), None))
    for cell_mark in [m for m in marks if m.tag == w("cellDel")]:
        drop(next(cell_mark.iterancestors(w("tc")), None))
    # From the last one, so that each paragraph moves once however many are joined.
    for paragraph_mark in reversed([m for m in marks if m.tag in _DELETED and _is_paragraph_mark(m)]):
        _join_with_next(next(paragraph_mark.iterancestors(w("p"))))
    for content in [m for m in marks if m.tag in _DELETED]:
        drop(content)
    return bool(marks)


def _is_property_of_numbering(mark: Element) -> bool:
    return _parent_tag(mark) == w("numPr")


def _is_paragraph_mark(mark: Element) -> bool:
    parent = mark.getparent()
    return parent is not None and parent.tag == w("rPr") and _parent_tag(parent) == w("pPr")


def _join_with_next(paragraph: Element) -> None:
    """A deleted paragraph mark lets the text run on into the next paragraph."""
    following = paragraph.getnext()
    while following is not None and not (isinstance(following.tag, str) and following.tag in (w("p"), w("tbl"))):
        following = following.getnext()
    if following is None or following.tag != w("p"):
        return
    position = 0 if properties(following, "pPr") is None else 1
    moved = [child for child in paragraph if child.tag != w("pPr")]
    for offset, child in enumerate(moved):
        following.insert(position + offset, child)
    drop(paragraph)


def _parent_tag(element: Element) -> object:
    parent = element.getparent()
    return None if parent is None else parent.tag


def _having(styles: Element | None, *names: str) -> Callable[[Element], bool]:
    """Whether a run has one of these toggle properties (ECMA-376 part 1, 17.7.3), of its own or by its style."""
    by_style = set() if styles is None else _styles_having(styles, names)

    def has(run: Element) -> bool:
        own = properties(run, "rPr")
        for toggle in [own.find(w(name)) for name in names] if own is not None else ():
            if toggle is not None:
                return is_on(toggle)
        return not by_style.isdisjoint(_styles_of(run))

    return has


def _styles_of(run: Element) -> Iterator[str]:
    own = properties(run, "rPr")
    if own is not None:
        yield value(own.find(w("rStyle")))
    paragraph = next(run.iterancestors(w("p")), None)
    shared = None if paragraph is None else properties(paragraph, "pPr")
    if shared is not None:
        yield value(shared.find(w("pStyle")))


def _styles_having(styles: Element, names: Iterable[str]) -> set[str]:
    """The ids of the styles that set a property, of their own or by the style that they are based on."""
    _name_as_transitional(styles)
    own: dict[str, bool | None] = {}
    base: dict[str, str] = {}
    for style in styles.iter(w("style")):
        key = style.get(w("styleId"), "")
        toggles = [style.find(f"{w('rPr')}/{w(name)}") for name in names]
        own[key] = next((is_on(toggle) for toggle in toggles if toggle is not None), None)
        base[key] = value(style.find(w("basedOn")))
    having = set()
    for key in own:
        seen: set[str] = set()
        ancestor = key
        while own.get(ancestor) is None and ancestor in base and ancestor not in seen:
            seen.add(ancestor)
            ancestor = base[ancestor]
        if own.get(ancestor):
            having.add(key)
    return having


def _take_out(root: Element, unwanted: Callable[[Element], bool]) -> str:
    """Remove the text of the runs that are `unwanted` and return it."""
    removed = []
    for run in [run for run in root.iter(w("r")) if unwanted(run)]:
        for text in run.findall(w("t")) + run.findall(w("sym")):
            removed.append(text.text or "")
            run.remove(text)
    return "".join(removed).strip()
