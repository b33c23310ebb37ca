"""PDF → Document: pdfplumber reads the text layer, OCR the pages without a sound one, PDFium what pdfminer cannot.

Boxes are in points from the top left of the page as a viewer shows it (turned by /Rotate, cut to the CropBox).
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

import pdfplumber.pdf
import pypdfium2 as pdfium

from extractors.grid import order_blocks, tables_from_rulings
from extractors.ocr import VERSION as OCR_VERSION
from extractors.pdf_asides import without_asides
from extractors.pdf_boxes import take_check_boxes
from extractors.pdf_content import PageContent, page_content
from extractors.pdf_forms import typed_lines
from extractors.pdf_text import is_sound, mostly_turned, text_lines, visible_text
from extractors.pdfium import LONGEST_SIDE, attached_names, draw, has_scripts, needs_password, open_pdf
from extractors.pdfium import page_content as pdfium_content
from pipeline.media import PDF
from pipeline.model import BBox, Document, Line, Method, Page, Problem
from pipeline.names import display_name

VERSION = f"24+{OCR_VERSION}"
MOST_PAGES = 500  # read of one file
_NAMED = 5  # attached files that a message names
SCAN_DPI = 200.0
DPI_RANGE = (150.0, 300.0)  # between which a scan's own resolution is kept
SCAN_COVER = 0.6  # of the page; a picture this large may be the page itself
LITTLE_TEXT = 50  # characters; a scan may carry that much as a stamp of the scanning app
HARDLY_ANY = 10
QUOTED = 20  # characters of struck out text that a message repeats

# A hostile file makes pdfminer log a line per broken object; what matters of it is said by our Problems.
logging.getLogger("pdfminer").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class _Source:
    """One file, opened by both libraries; either may have failed."""

    plumber: pdfplumber.pdf.PDF | None
    pdfium: pdfium.PdfDocument | None
    page_count: int


def read(data: bytes, pages: range) -> Document:
    """Reads the wanted pages (numbered from 1). Nothing in the file makes it raise; see `Document.problems`."""
    try:
        with _opened(data) as source:
            return _document(data, source, pages)
    except pdfium.PdfiumError as error:
        if needs_password(error) or b"/Encrypt" in data:
            return _unusable(data, "D-ENCRYPTED", "文件加了打开密码，无法读取；请申报单位取消密码后重新报送")
        return _unusable(data, "D-DAMAGED", "PDF 文件已损坏，无法打开；请申报单位重新导出后报送")


def _document(data: bytes, source: _Source, pages: range) -> Document:
    if not source.page_count:
        return _unusable(data, "D-EMPTY", "PDF 文件没有任何页面；请申报单位核对后重新报送")
    wanted = [number for number in pages if 1 <= number <= source.page_count]
    problems = []
    if len(wanted) > MOST_PAGES:
        wanted = wanted[:MOST_PAGES]
        problems.append(
            Problem("truncated", f"文件共 {source.page_count} 页，只读取了前 {MOST_PAGES} 页；请人工查看其余页")
        )
    problems += _active(source.pdfium) if source.pdfium is not None else []
    found = []
    for number in wanted:
        page, problem = _page(source, number)
        found += [page] if page else []
        problems += [problem] if problem else []
    failed = [problem for problem in problems if problem.code in ("page-too-large", "page-damaged")]
    if not found and failed:
        code = "D-TOO-LARGE" if failed[0].code == "page-too-large" else "D-DAMAGED"
        return _unusable(data, code, failed[0].message, source.page_count)
    if len(wanted) == source.page_count and not any(page.blocks for page in found):
        message = "PDF 各页均未识别到文字；请人工查看，必要时请申报单位重新报送"
        return _unusable(data, "D-EMPTY", message, source.page_count)
    return _result(data, tuple(found), source.page_count, tuple(problems))


def _active(document: pdfium.PdfDocument) -> list[Problem]:
    """What a file holds beside its pages. It is named, and neither opened nor run."""
    problems = []
    if names := [display_name(name) or "未命名文件" for name in attached_names(document)]:
        shown = "、".join(names[:_NAMED]) + (f"等 {len(names)} 个" if len(names) > _NAMED else "")
        message = f"PDF 内嵌有其他文件，未打开、未读取：{shown}；如有申报材料在其中，请申报单位作为附件直接发送"
        problems.append(Problem("embedded", message))
    if has_scripts(document):
        problems.append(Problem("scripts", "PDF 含有脚本，未运行；请勿在不受保护的电脑上直接打开原件"))
    return problems


def _result(data: bytes, pages: tuple[Page, ...], count: int, problems: tuple[Problem, ...]) -> Document:
    sha256 = hashlib.sha256(data).hexdigest()
    return Document(sha256, PDF, f"pdf/{VERSION}", pages, count, problems)


def _unusable(data: bytes, code: str, message: str, count: int = 0) -> Document:
    return _result(data, (), count, (Problem(code, message),))


# --- opening -------------------------------------------------------------------------------------------------


@contextmanager
def _opened(data: bytes) -> Iterator[_Source]:
    """Both libraries' view of the file. Raises PdfiumError when neither can open it."""
    failure, shown = None, None
    try:
        shown = open_pdf(data)
    except pdfium.PdfiumError as error:
        failure = error
    plumber = _open_plumber(data)
    if shown is None and plumber is None:
        raise failure or pdfium.PdfiumError("neither library opens it")
    try:
        count = len(shown) if shown is not None else len(plumber.pages) if plumber else 0
        yield _Source(plumber, shown, count)
    finally:
        if plumber is not None:
            plumber.close()
        if shown is not None:
            shown.close()


def _open_plumber(data: bytes) -> pdfplumber.pdf.PDF | None:
    """None when pdfminer cannot open the file or list its pages: it raises anything on malformed input."""
    try:
        plumber = pdfplumber.open(BytesIO(data))
        return plumber if plumber.pages else None
    except MemoryError:
        raise
    except Exception:
        return None


# --- pages ---------------------------------------------------------------------------------------------------


def _page(source: _Source, number: int) -> tuple[Page | None, Problem | None]:
    """The page, by its text layer or by OCR; a Problem where it cannot be read or had to be read another way."""
    content, problem = _content(source, number), None
    where = f"第{number}页"
    if content is None:
        if source.pdfium is None or (content := _pdfium_content(source.pdfium, number)) is None:
            return None, Problem("page-damaged", f"{where}已损坏，无法读取；请人工查看原件", where)
        problem = Problem("repaired", f"{where}有结构错误或内容过多，已用备用方式读取；请人工核对", where)
    if max(content.width, content.height) > LONGEST_SIDE:
        return None, Problem("page-too-large", f"{where}页面尺寸过大，未读取；请人工查看原件", where)
    if not _needs_ocr(content):
        said, struck = without_asides(content)
        if struck:
            problem = problem or Problem(
                "struck-text", f"{where}有划去的文字，未作为填报内容读取：{_quote(struck)}", where
            )
        return _digital(source, number, said), problem
    if (scan := _scanned(source, number, content)) is None:
        return None, Problem("page-damaged", f"{where}没有可用的文字层，也无法成像；请人工查看原件", where)
    return scan, problem


def _content(source: _Source, number: int) -> PageContent | None:
    """What pdfminer finds on the page; None where it fails, with whatever exception, on a malformed one."""
    if source.plumber is None or number > len(source.plumber.pages):
        return None
    page = source.plumber.pages[number - 1]
    try:
        return page_content(page.page_obj, source.plumber.rsrcmgr)
    except MemoryError:
        raise
    except Exception:
        return None
    finally:
        page.close()


def _pdfium_content(document: pdfium.PdfDocument, number: int) -> PageContent | None:
    try:
        page = document[number - 1]
    except pdfium.PdfiumError:
        return None
    try:
        return pdfium_content(page)
    finally:
        page.close()


def _quote(text: str) -> str:
    return f"“{text[:QUOTED]}…”" if len(text) > QUOTED else f"“{text}”"


def _digital(source: _Source, number: int, content: PageContent) -> Page:
    lines = text_lines(take_check_boxes(content))
    if source.pdfium is not None:
        lines += _typed(source.pdfium, number, lines)
    tables, rest = tables_from_rulings(content.horizontals, content.verticals, lines)
    return Page(number, Method.PDF, order_blocks(tables, rest), content.width, content.height)


def _typed(document: pdfium.PdfDocument, number: int, printed: tuple[Line, ...]) -> tuple[Line, ...]:
    try:
        page = document[number - 1]
    except pdfium.PdfiumError:
        return ()  # a page that only pdfminer can read
    try:
        return typed_lines(document, page, printed)
    finally:
        page.close()


def _scanned(source: _Source, number: int, content: PageContent) -> Page | None:
    """The page as OCR reads it; None when it cannot be drawn."""
    # Here and not above: most files do not need it, and it takes a second to load.
    from extractors.page_image import read_viewed

    if source.pdfium is None:
        return None
    try:
        page = source.pdfium[number - 1]
    except pdfium.PdfiumError:
        return None
    try:
        image, dpi = draw(page, _scan_dpi(content))
        width, height = page.get_size()
    finally:
        page.close()
    blank = bool((image == image[0, 0]).all())
    blocks, view = ((), None) if blank else read_viewed(image, dpi)
    return Page(number, Method.OCR, blocks, width, height, view=view)


def _needs_ocr(content: PageContent) -> bool:
    """Is the page a picture of text, or its text layer of no use?"""
    text = visible_text(content)
    cover = max((_cover(picture.box, content) for picture in content.pictures), default=0.0)
    if cover >= SCAN_COVER and len(text) < LITTLE_TEXT:
        return True
    if len(text) < HARDLY_ANY:
        # Pictures in stripes, letters drawn as curves; without any text the drawing itself tells.
        return not text or bool(content.pictures) or content.paths > 200
    return not is_sound(text) or mostly_turned(content.glyphs)


def _cover(box: BBox, content: PageContent) -> float:
    width = min(box.x1, content.width) - max(box.x0, 0.0)
    height = min(box.bottom, content.height) - max(box.top, 0.0)
    return max(width, 0.0) * max(height, 0.0) / max(content.width * content.height, 1.0)


def _scan_dpi(content: PageContent) -> float:
    """The resolution of the picture that is the page, within reason; else 200 dpi."""
    for picture in content.pictures:
        if _cover(picture.box, content) >= SCAN_COVER and picture.pixels:
            own = picture.pixels / (picture.box.x1 - picture.box.x0) * 72
            return min(max(own, DPI_RANGE[0]), DPI_RANGE[1])
    return SCAN_DPI
