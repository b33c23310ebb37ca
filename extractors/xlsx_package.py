"""A spreadsheet package cut down to its values, so that openpyxl meets nothing that it would stop at or fetch.

Drawings, pivot tables, external links, macros, names and looks are left out: any of them may be broken, dangling or
huge in a file whose figures are whole. Strict names become Transitional ones, which are all that openpyxl reads.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from lxml import etree
from openpyxl.styles.numbers import BUILTIN_FORMATS_MAX_SIZE
from openpyxl.utils.cell import range_boundaries

from extractors.ooxml import Package, Relation, damaged, drop, parse_xml, too_large
from extractors.unusable import Unusable

MAX_CELLS = 300_000  # in a workbook, those inside of merges too: about 300 MB while it is read

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT = (
    (b"http://purl.oclc.org/ooxml/spreadsheetml/main", _MAIN.encode()),
    (b"http://purl.oclc.org/ooxml/officeDocument/relationships", _OFFICE.encode()),
)
# Built-in formats that only East Asian editions have (ECMA-376 part 1, 18.8.30, zh-cn), unknown to openpyxl.
_CHINESE_FORMATS = {
    **dict.fromkeys((27, 36, 50, 52, 57), 'yyyy"年"m"月"'),
    **dict.fromkeys((28, 29, 30, 31, 51, 53, 54, 58), 'yyyy"年"m"月"d"日"'),
    **dict.fromkeys((32, 33, 34, 35, 55, 56), 'h"时"mm"分"ss"秒"'),
}
_OWN_FORMATS = 1_000  # added to the number of a format of the file's own, so that none is taken for a built-in one
_RELATION = f"{{{_OFFICE}}}id"
_PREFIX = "application/vnd.openxmlformats-officedocument.spreadsheetml"


@dataclass(frozen=True, slots=True)
class Reduced:
    """`data` is a package of values only; `uncalculated` names formulas without a stored result (表一!B2)."""

    data: bytes
    uncalculated: tuple[str, ...]


def reduce(package: Package) -> Reduced:
    """Raises Unusable when there is no workbook, a part of its values is damaged, or there is too much of it."""
    main = package.main_part("xl")
    workbook = _part(package, main)
    if workbook is None:
        raise damaged("缺少工作簿部件")
    _keep(workbook, ("workbookPr", "sheets"))
    relations = package.relations(main)
    styles, style_count = _styles(package, relations)
    parts = {"styles": styles, "sharedStrings": _shared_strings(package, relations)}
    uncalculated: list[str] = []
    cells = 0
    for sheet in list(workbook.iter(f"{{{_MAIN}}}sheet")):
        root = _worksheet(package, relations.get(sheet.get(_RELATION, "")), style_count)
        if root is None:  # a chart or a dialogue sheet, or a dangling relation
            drop(sheet)
            continue
        cells += _cell_count(root)
        if cells > MAX_CELLS:
            raise too_large(f"单元格超过 {MAX_CELLS} 个")
        uncalculated += (f"{sheet.get('name')}!{place}" for place in _uncalculated(root))
        name = f"worksheet{len(parts)}"
        sheet.set(_RELATION, name)
        parts[name] = etree.tostring(root)
    return Reduced(_write(etree.tostring(workbook), parts), tuple(uncalculated))


def _worksheet(package: Package, relation: Relation | None, style_count: int) -> etree._Element | None:
    content = package.part(relation.target) if relation is not None and relation.kind == "worksheet" else None
    if content is None:
        return None
    if content.count(b"<c ") + content.count(b":c ") > MAX_CELLS:
        raise too_large(f"单元格超过 {MAX_CELLS} 个")
    root = _parse(content)
    _keep(root, ("cols", "sheetData", "mergeCells"))
    for cell in root.iter(f"{{{_MAIN}}}c"):
        style = cell.get("s", "0")
        if not style.isdigit() or int(style) >= style_count:
            cell.set("s", "0")
    return root


def _shared_strings(package: Package, relations: Mapping[str, Relation]) -> bytes:
    target = _target(relations, "sharedStrings")
    root = None if target is None else _part(package, target)
    return f'<sst xmlns="{_MAIN}"/>'.encode() if root is None else etree.tostring(root)


def _styles(package: Package, relations: Mapping[str, Relation]) -> tuple[bytes, int]:
    """The number format of each style, and how many there are. Damaged styles cost the formats, not the values."""
    target = _target(relations, "styles")
    try:
        root = None if target is None else _part(package, target)
    except Unusable:
        root = None
    own = {} if root is None else _own_formats(root)
    used = [] if root is None else [_number(xf) for xf in root.iterfind(f"{{{_MAIN}}}cellXfs/{{{_MAIN}}}xf")]
    codes = {_OWN_FORMATS + number: code for number, code in (_CHINESE_FORMATS | own).items()}
    formats = "".join(f'<numFmt numFmtId="{number}" formatCode={quoteattr(code)}/>' for number, code in codes.items())
    records = "".join(
        # Fonts are not there; their numbers keep openpyxl from dropping a style that is equal to another one.
        f'<xf fontId="{position}" numFmtId="{_known(number, codes)}"/>'
        for position, number in enumerate(used or [0])
    )
    styles = f'<styleSheet xmlns="{_MAIN}"><numFmts>{formats}</numFmts><cellXfs>{records}</cellXfs></styleSheet>'
    return styles.encode(), len(used or [0])


def _known(number: int, codes: Mapping[int, str]) -> int:
    """The number of a format that openpyxl will find: the file's own, else a built-in one, else General."""
    if number + _OWN_FORMATS in codes:
        return number + _OWN_FORMATS
    return number if number < BUILTIN_FORMATS_MAX_SIZE else 0


def _own_formats(styles: etree._Element) -> dict[int, str]:
    return {_number(element): element.get("formatCode", "General") for element in styles.iter(f"{{{_MAIN}}}numFmt")}


def _number(element: etree._Element) -> int:
    code = element.get("numFmtId", "")
    return int(code) if code.isdigit() and len(code) < 5 else 0


def _target(relations: Mapping[str, Relation], kind: str) -> str | None:
    return next((relation.target for relation in relations.values() if relation.kind == kind), None)


def _part(package: Package, name: str) -> etree._Element | None:
    content = package.part(name)
    return None if content is None else _parse(content)


def _parse(content: bytes) -> etree._Element:
    for strict, transitional in _STRICT:
        content = content.replace(strict, transitional)
    return parse_xml(content)


def _keep(root: etree._Element, names: Iterable[str]) -> None:
    kept = {f"{{{_MAIN}}}{name}" for name in names}
    for child in list(root):
        if child.tag not in kept:
            root.remove(child)


def _cell_count(root: etree._Element) -> int:
    """Cells that openpyxl will make; it fills every merge, however large the file says that it is."""
    return sum(1 for _ in root.iter(f"{{{_MAIN}}}c")) + sum(
        _area(merge) for merge in list(root.iter(f"{{{_MAIN}}}mergeCell"))
    )


def _area(merge: etree._Element) -> int:
    try:
        left, top, right, bottom = range_boundaries(merge.get("ref", ""))
    except (ValueError, TypeError):  # not a range: the merge is left out, its cells stay
        drop(merge)
        return 0
    if left is None or top is None or right is None or bottom is None:  # whole columns or rows
        drop(merge)
        return 0
    return (right - left + 1) * (bottom - top + 1)


def _uncalculated(root: etree._Element) -> list[str]:
    return [
        cell.get("r", "")
        for cell in root.iter(f"{{{_MAIN}}}c")
        if cell.find(f"{{{_MAIN}}}f") is not None and not cell.findtext(f"{{{_MAIN}}}v")
    ]


def _write(workbook: bytes, parts: Mapping[str, bytes]) -> bytes:
    overrides = "".join(
        f'<Override PartName="/xl/{name}.xml" ContentType="{_PREFIX}.{name.rstrip("0123456789")}+xml"/>'
        for name in parts
    )
    relations = "".join(_relationship(name, name.rstrip("0123456789"), f"{name}.xml") for name in parts)
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_PREFIX}.sheet.main+xml"/>{overrides}</Types>',
        "_rels/.rels": _relationships(_relationship("workbook", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": workbook,
        "xl/_rels/workbook.xml.rels": _relationships(relations),
        **{f"xl/{name}.xml": content for name, content in parts.items()},
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def _relationship(identity: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{identity}" Type="{_OFFICE}/{kind}" Target="{target}"/>'


def _relationships(relations: str) -> str:
    namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{namespace}">{relations}</Relationships>'
