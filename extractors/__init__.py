"""What a file says: readers by kind. A reader is a module with `VERSION` and `read(data, pages) -> Document`.

A locked or an old file is read through a derivative that one of them can read. What the Document says is of the file.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib import import_module
from types import ModuleType

from extractors import office, unlock
from extractors.unusable import Unusable
from pipeline import media
from pipeline.model import Document

# Named and not imported: a worker loads only what it reads with.
READERS = {
    media.DOCX: "read_docx",
    media.XLSX: "read_xlsx",
    media.PDF: "read_pdf",
    media.JPEG: "read_image",
    media.PNG: "read_image",
    media.TIFF: "read_image",
    media.BMP: "read_image",
    media.HEIC: "read_image",
    media.TEXT: "read_text",
    media.HTML: "read_html",
    media.WEBP: "read_image",
}

_NO_READER = "unsupported/1"
_CONVERT = "请转换成 .docx、.xlsx 或 PDF 后重新发送"
_KINDS = {  # what staff call it, and what to ask the applicant for
    media.XLSB: ("Excel 二进制工作簿（.xlsb）", "请用 Excel 另存为 .xlsx 后重新发送"),
    media.PPT: ("旧版演示文稿（.ppt）", "请另存为 PDF 后重新发送"),
    media.PPTX: ("演示文稿（.pptx）", "请另存为 PDF 后重新发送"),
    media.OLE: ("旧版 Office 文件", _CONVERT),
    media.OPC: ("未知的 Office 类文件", _CONVERT),
    media.OFD: ("OFD 版式文件", "请转换成 PDF 后重新发送"),
    media.GIF: ("GIF 图片", "请转换成 JPG 后重新发送"),
}


@dataclass(frozen=True, slots=True)
class Readable:
    """What a reader takes: the file itself, or its derivative."""

    data: bytes
    media_type: str


def derive(data: bytes, media_type: str, passwords: Sequence[str] = ()) -> Readable:
    """The file without its lock and in a format of today. Raises Unusable."""
    opened = unlock.unlocked(data, media_type, passwords)
    kind = media_type if opened is data else media.media_type(opened)
    if kind not in office.KINDS:
        return Readable(opened, kind)
    modern = office.converted(opened, kind)
    return Readable(modern, media.media_type(modern))


def read(data: bytes, media_type: str, pages: range, passwords: Sequence[str] = ()) -> Document:
    """Read the pages of a file whose 1-based numbers are in `pages`; DOCX and XLSX are always read whole.

    A file that cannot be read is a Document without pages and with one Problem (a D- finding)."""
    try:
        readable = derive(data, media_type, passwords)
        if readable.media_type not in READERS:
            raise _cannot_read(readable.media_type)
    except Unusable as unusable:
        hashed = sha256(data).hexdigest()
        return Document(hashed, media_type, reader_version(media_type), problems=(unusable.problem,))
    document: Document = _module(READERS[readable.media_type]).read(readable.data, pages)
    if readable.data is data:
        return document
    return replace(document, sha256=sha256(data).hexdigest(), media_type=media_type, reader=reader_version(media_type))


def reader_version(media_type: str) -> str:
    """What `read` will put into `Document.reader`: part of the key under which a reading is kept."""
    if media_type == media.ENCRYPTED_OOXML:
        return f"unlock/{unlock.VERSION}+{reader_version(media.DOCX)}+{reader_version(media.XLSX)}"
    if media_type in office.KINDS:
        modern = media.XLSX if media_type in (media.XLS, media.ODS) else media.DOCX
        return f"{office.version()}+{reader_version(modern)}"
    name = READERS.get(media_type)
    return _NO_READER if name is None else f"{name.removeprefix('read_')}/{_module(name).VERSION}"


def _module(name: str) -> ModuleType:
    return import_module(f"{__name__}.{name}")


def _cannot_read(media_type: str) -> Unusable:
    if media_type == media.EMPTY:
        return Unusable("D-EMPTY", "文件为空（0 字节）。请申报单位重新发送。")
    kind, advice = _KINDS.get(media_type, (f"此类文件（{media_type}）", _CONVERT))
    return Unusable("D-UNSUPPORTED", f"{kind}不能读取，{advice}。")
