"""What an applicant typed into a PDF: filled form fields and free-text notes, as lines at their places.

PDFium knows a field's value also where the file carries no appearance for it.
"""

import ctypes
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from extractors.lines import box_of
from extractors.pdfium import shown_box
from pipeline.model import TICKED, UNTICKED, BBox, Line

LINE_HEIGHT = 12.0  # points, of typed text in a field that is higher
MOST_ANNOTATIONS = 5000
_HIDDEN = raw.FPDF_ANNOT_FLAG_HIDDEN | raw.FPDF_ANNOT_FLAG_NOVIEW
_TEXTS = {raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX}
_BOXES = {raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON}


def typed_lines(document: pdfium.PdfDocument, page: pdfium.PdfPage, printed: Sequence[Line]) -> tuple[Line, ...]:
    """The filled fields of the page, without those whose value the page also prints at that place."""
    found: list[Line] = []
    for index in range(min(raw.FPDFPage_GetAnnotCount(page), MOST_ANNOTATIONS)):
        with _annotation(page, index) as annotation:
            text = _text(document, annotation)
            box = _box(page, annotation) if text else None
        if text and box and not _is_printed(text, box, printed):
            found += _lines(text, box)
    return tuple(found)


@contextmanager
def _annotation(page: pdfium.PdfPage, index: int) -> Iterator[Any]:
    annotation = raw.FPDFPage_GetAnnot(page, index)
    try:
        yield annotation
    finally:
        raw.FPDFPage_CloseAnnot(annotation)


def _text(document: pdfium.PdfDocument, annotation: Any) -> str:
    """What the annotation says; nothing for one that is hidden, a button, a signature, a mere remark."""
    if not annotation or raw.FPDFAnnot_GetFlags(annotation) & _HIDDEN:
        return ""
    kind = raw.FPDFAnnot_GetSubtype(annotation)
    if kind == raw.FPDF_ANNOT_FREETEXT:
        return _string(annotation, b"Contents")
    if kind != raw.FPDF_ANNOT_WIDGET or document.formenv is None:
        return ""
    form = document.formenv
    field = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    if field in _BOXES:
        return TICKED if raw.FPDFAnnot_IsChecked(form, annotation) else UNTICKED
    if field not in _TEXTS:
        return ""
    return _chosen(form, annotation) or _utf16(partial(raw.FPDFAnnot_GetFormFieldValue, form, annotation))


def _chosen(form: Any, annotation: Any) -> str:
    """The shown labels of a list's chosen options; the stored value may be a code."""
    count = raw.FPDFAnnot_GetOptionCount(form, annotation)
    chosen = [i for i in range(min(count, MOST_ANNOTATIONS)) if raw.FPDFAnnot_IsOptionSelected(form, annotation, i)]
    return "、".join(_utf16(partial(raw.FPDFAnnot_GetOptionLabel, form, annotation, i)) for i in chosen)


def _string(annotation: Any, key: bytes) -> str:
    return _utf16(partial(raw.FPDFAnnot_GetStringValue, annotation, key))


def _utf16(get: Callable[[Any, int], int]) -> str:
    """A string by PDFium's way: ask for its size in bytes, then for its UTF-16 text."""
    size = get(None, 0)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    get(ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), size)
    return buffer.raw[:size].decode("utf-16-le", "replace").rstrip("\0").strip()


def _box(page: pdfium.PdfPage, annotation: Any) -> BBox | None:
    rectangle = raw.FS_RECTF()
    if not raw.FPDFAnnot_GetRect(annotation, rectangle):
        return None
    sides = rectangle.left, rectangle.bottom, rectangle.right, rectangle.top
    if not all(map(math.isfinite, sides)):
        return None
    box = shown_box(page, *sides)
    return box if box.x1 > box.x0 and box.bottom > box.top else None


def _is_printed(text: str, box: BBox, printed: Sequence[Line]) -> bool:
    """Does the page itself print the value there, as one that was flattened and kept its fields?"""
    here = [line.text for line in printed if _within(box_of(line), box)]
    return "".join(text.split()) in "".join("".join(here).split())


def _within(line: BBox, box: BBox) -> bool:
    middle = (line.top + line.bottom) / 2
    return box.top - 2 <= middle <= box.bottom + 2 and line.x0 < box.x1 and box.x0 < line.x1


def _lines(text: str, box: BBox) -> Iterator[Line]:
    """A single line stands in the middle of its field, several from its top."""
    rows = [row.strip() for row in text.splitlines() if row.strip()]
    height = min((box.bottom - box.top) / len(rows), LINE_HEIGHT)
    top = box.top if len(rows) > 1 else (box.top + box.bottom - height) / 2
    for row in rows:
        yield Line(row, BBox(box.x0, top, box.x1, top + height))
        top += height
