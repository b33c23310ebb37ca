"""PDFium: opens what pdfminer cannot, draws pages, and stands in for it where it fails."""

import ctypes
from typing import Any

import numpy as np
import numpy.typing as npt
import pypdfium2 as pdfium
import pypdfium2.raw as raw

from extractors.grid import Ruling
from extractors.pdf_content import THICKEST, Glyph, PageContent
from extractors.pdf_glyphs import repaired
from pipeline.model import BBox

MOST_PIXELS = 25_000_000  # a drawn page; A4 at 300 dpi is 9 million
MOST_NAMES = 1_000  # of attached files
LONGEST_SIDE = 14_400  # points: 200 inches, the format's own limit

Image = npt.NDArray[np.uint8]


def open_pdf(data: bytes) -> pdfium.PdfDocument:
    """Opens with an empty password. Raises PdfiumError; `needs_password` tells why."""
    document = pdfium.PdfDocument(data)
    if document.get_formtype() != raw.FORMTYPE_NONE:
        document.init_forms()
    return document


def attached_names(document: pdfium.PdfDocument) -> tuple[str, ...]:
    """The names of the files that stand inside of this one. Nothing opens them."""
    names = []
    for index in range(min(document.count_attachments(), MOST_NAMES)):
        try:
            names.append(document.get_attachment(index).get_name())
        except pdfium.PdfiumError:
            names.append("")
    return tuple(names)


def has_scripts(document: pdfium.PdfDocument) -> bool:
    """Whether the document as a whole has JavaScript; this PDFium is built without anything that could run it."""
    return bool(raw.FPDFDoc_GetJavaScriptActionCount(document) > 0)


def needs_password(error: pdfium.PdfiumError) -> bool:
    return error.err_code in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}


def draw(page: pdfium.PdfPage, dpi: float) -> tuple[Image, float]:
    """The page as RGB pixels, and the dpi that it was drawn at: less than asked where the page is too large."""
    width, height = (max(side, 1.0) for side in page.get_size())
    scale = min(dpi / 72, (MOST_PIXELS / (width * height)) ** 0.5)
    bitmap = page.render(scale=scale, rev_byteorder=True, may_draw_forms=True)
    pixels = bitmap.to_numpy()[:, :, :3].copy()
    bitmap.close()
    return pixels, scale * 72


def page_content(page: pdfium.PdfPage) -> PageContent:
    """The page's visible characters and axis-parallel thin paths, as `pdf_content.page_content` gives them."""
    width, height = page.get_size()
    content = PageContent(width, height)
    text_page = page.get_textpage()
    try:
        _add_glyphs(page, text_page, content)
    finally:
        text_page.close()
    kinds = [raw.FPDF_PAGEOBJ_PATH]
    for item in page.get_objects(filter=kinds, max_depth=4):
        _add_rulings(shown_box(page, *item.get_bounds()), content)
    return content


def _add_glyphs(page: pdfium.PdfPage, text_page: pdfium.PdfTextPage, content: PageContent) -> None:
    bounds = raw.FS_RECTF()
    for index in range(text_page.count_chars()):
        code = raw.FPDFText_GetUnicode(text_page, index)
        if code in {0, 10, 13} or not raw.FPDFText_GetLooseCharBox(text_page, index, bounds):
            continue
        box = shown_box(page, bounds.left, bounds.bottom, bounds.right, bounds.top)
        text = chr(code) if not 0xD800 <= code <= 0xDFFF else "\ufffd"
        size = box.bottom - box.top
        content.glyphs.append(Glyph(repaired(text, ""), box, size, turned=False, slanted=False, white=False))


def _add_rulings(box: BBox, content: PageContent) -> None:
    width, height = box.x1 - box.x0, box.bottom - box.top
    if height <= THICKEST < width:
        content.horizontals.append(Ruling((box.top + box.bottom) / 2, box.x0, box.x1))
    elif width <= THICKEST < height:
        content.verticals.append(Ruling((box.x0 + box.x1) / 2, box.top, box.bottom))
    elif width > THICKEST:
        content.horizontals += [Ruling(box.top, box.x0, box.x1), Ruling(box.bottom, box.x0, box.x1)]
        content.verticals += [Ruling(box.x0, box.top, box.bottom), Ruling(box.x1, box.top, box.bottom)]


def shown_box(page: pdfium.PdfPage, left: float, bottom: float, right: float, top: float) -> BBox:
    """From the page's own space to points from the top left as it is shown."""
    width, height = page.get_size()
    fine = 100  # the device space is of whole pixels
    corners = []
    x, y = ctypes.c_int(), ctypes.c_int()
    for px, py in ((left, bottom), (right, top)):
        size: Any = (round(width * fine), round(height * fine))
        raw.FPDF_PageToDevice(page, 0, 0, *size, 0, px, py, x, y)
        corners.append((x.value / fine, y.value / fine))
    (xa, ya), (xb, yb) = corners
    return BBox(min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb))
