"""Word documents (.docx, .docm, .dotx; ECMA-376 Transitional and Strict)."""

from collections.abc import Iterable, Iterator

from lxml import etree

from extractors import ooxml
from extractors.docx_body import Block, blocks
from extractors.docx_names import w
from extractors.docx_pictures import Picture, page_pictures, read_pictures
from extractors.docx_xml import Findings, plain
from extractors.ocr import VERSION as OCR_VERSION
from extractors.ooxml import Package, Relation
from extractors.unusable import Unusable
from pipeline import media
from pipeline.model import Document, Line, Method, Page, Problem

VERSION = f"24+{OCR_VERSION}"  # pictures of pages are read by OCR


FEW_CHARACTERS = 300  # a document of pictures has a heading and captions at most; a blank form has twice as many
_OLE_OBJECT = "{urn:schemas-microsoft-com:office:office}OLEObject"
_QUOTED = 20  # characters of removed text that a message repeats


def read(data: bytes, pages: range) -> Document:
    """Read a whole Word file as one Page without a number. Never raises for what is in the file.

    When the file is little else than pictures of pages, those of `pages` are read by OCR and follow as Pages of
    their own, numbered as pictures; only then `page_count` is not 1."""
    try:
        return _read(data, pages)
    except Unusable as unusable:
        return ooxml.document(data, media.DOCX, f"docx/{VERSION}", (), 0, (unusable.problem,))


def _read(data: bytes, pages: range) -> Document:
    package = Package(data)
    name = package.main_part("word")
    root = package.xml(name)
    if root is None:
        raise ooxml.damaged("缺少正文部件")
    relations = package.relations(name)
    styles, numbering = (
        _related(package, relations.values(), "styles"),
        _related(package, relations.values(), "numbering"),
    )
    findings = plain(root, styles, numbering)
    content = tuple(blocks(root))
    if not _length(content):
        content = _margins(package, relations.values(), styles)
    pictures = page_pictures(root, package, relations)
    problems = _problems(findings) + _embedded(root)
    page = (Page(None, Method.DOCX, content),) if content else ()
    if pictures and _length(content) < FEW_CHARACTERS:
        read_pages, unread = read_pictures(package, pictures, pages)
        if unread and not page and not read_pages:
            raise Unusable(unread[0].code, unread[0].message)
        return _document(data, page + read_pages, len(pictures), problems + tuple(map(_of_picture, unread)))
    if not page:
        also = "".join(problem.message for problem in problems)
        raise Unusable("D-EMPTY", f"文件中没有文字，也没有可识别的整页图片。{also}请申报单位核对后重新发送。")
    return _document(data, page, 1, problems + _unread(pictures))


def _document(data: bytes, pages: tuple[Page, ...], page_count: int, problems: tuple[Problem, ...]) -> Document:
    return ooxml.document(data, media.DOCX, f"docx/{VERSION}", pages, page_count, problems)


def _related(package: Package, relations: Iterable[Relation], kind: str) -> etree._Element | None:
    """The styles or the numbering; a damaged part costs only its own say in what is hidden, or ticked."""
    parts = (_part_if_whole(package, relation.target) for relation in relations if relation.kind == kind)
    return next((part for part in parts if part is not None), None)


def _part_if_whole(package: Package, name: str) -> etree._Element | None:
    try:
        return package.xml(name)
    except Unusable:
        return None


def _margins(package: Package, relations: Iterable[Relation], styles: etree._Element | None) -> tuple[Block, ...]:
    """The text of headers and footers, which is read only when the body holds nothing."""
    found: list[Block] = []
    for relation in relations:
        root = _part_if_whole(package, relation.target) if relation.kind in ("header", "footer") else None
        if root is not None:
            plain(root, styles, None)
            found += blocks(root)
    return tuple(found)


def _length(content: Iterable[Block]) -> int:
    """Characters of a body, white space aside."""
    return sum(len("".join(line.text.split())) for block in content for line in _all_lines(block))


def _all_lines(block: Block) -> Iterator[Line]:
    if isinstance(block, Line):
        yield block
        return
    for cell in block.cells:
        yield from cell.lines
        for table in cell.tables:
            yield from _all_lines(table)


def _problems(findings: Findings) -> tuple[Problem, ...]:
    found = []
    if findings.revisions:
        found.append(Problem("revisions", "文件含有未接受的修订痕迹，已按全部接受后的内容读取，请与申报单位核对。"))
    if findings.hidden:
        found.append(Problem("hidden-text", f"文件含有隐藏文字，未作为填报内容读取：{_quote(findings.hidden)}"))
    if findings.struck:
        found.append(Problem("struck-text", f"文件含有划去的文字，未作为填报内容读取：{_quote(findings.struck)}"))
    return tuple(found)


def _quote(text: str) -> str:
    return f"“{text[:_QUOTED]}…”" if len(text) > _QUOTED else f"“{text}”"


def _embedded(root: etree._Element) -> tuple[Problem, ...]:
    """Content that stands in parts of other kinds: pasted documents, old controls. Formulas are no such content."""
    count = sum(1 for _ in root.iter(w("altChunk"), w("control"))) + sum(
        not embedded.get("ProgID", "").startswith("Equation") for embedded in root.iter(_OLE_OBJECT)
    )
    if not count:
        return ()
    return (Problem("embedded", f"文件内嵌有其他文件或控件（{count}处），其内容未读取，请人工查看。"),)


def _of_picture(problem: Problem) -> Problem:
    """What is a finding on a file is less on one picture of it."""
    code = "picture-unread" if problem.code.startswith("D-") else problem.code
    return Problem(code, f"{problem.where}：{problem.message}", problem.where)


def _unread(pictures: tuple[Picture, ...]) -> tuple[Problem, ...]:
    if not pictures:
        return ()
    message = f"文件另有{len(pictures)}张整页图片，正文已有文字，图片未作识别；如有填报内容在图片中，请人工查看。"
    return (Problem("pictures", message),)
