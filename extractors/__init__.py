"""What a file says: readers by kind. A reader is a module with `VERSION` and `read(data, pages) -> Document`."""

from hashlib import sha256
from importlib import import_module
from types import ModuleType

from pipeline import media
from pipeline.model import Document, Problem

# Named and not imported: a worker loads only what it reads with.
READERS = {
    media.DOCX: "read_docx",
    media.XLSX: "read_xlsx",
    media.PDF: "read_pdf",
    media.JPEG: "read_image",
    media.PNG: "read_image",
    media.TIFF: "read_image",
    media.BMP: "read_image",
    media.TEXT: "read_text",
    media.WEBP: "read_image",
}

_NO_READER = "unsupported/1"
_CONVERT = "请转换成 .docx、.xlsx 或 PDF 后重新发送"
_KINDS = {  # what staff call it, and what to ask the applicant for
    media.DOC: ("旧版 Word 文件（.doc/.wps）", "请用 Word 或 WPS 另存为 .docx 或 PDF 后重新发送"),
    media.XLS: ("旧版 Excel 文件（.xls/.et）", "请用 Excel 或 WPS 另存为 .xlsx 后重新发送"),
    media.XLSB: ("Excel 二进制工作簿（.xlsb）", "请用 Excel 另存为 .xlsx 后重新发送"),
    media.PPT: ("旧版演示文稿（.ppt）", "请另存为 PDF 后重新发送"),
    media.PPTX: ("演示文稿（.pptx）", "请另存为 PDF 后重新发送"),
    media.OLE: ("旧版 Office 文件", _CONVERT),
    media.OPC: ("未知的 Office 类文件", _CONVERT),
    media.MSG: ("Outlook 邮件（.msg）", "请把其中的附件直接作为附件重新发送"),
    media.TNEF: ("Outlook 附件包（winmail.dat）", "请以普通附件重新发送原文件"),
    media.OFD: ("OFD 版式文件", "请转换成 PDF 后重新发送"),
    media.RTF: ("RTF 文件", _CONVERT),
    media.RAR: ("RAR 压缩包", "请改用 ZIP 压缩或直接发送文件"),
    media.SEVEN_ZIP: ("7z 压缩包", "请改用 ZIP 压缩或直接发送文件"),
    media.TAR: ("TAR 压缩包", "请改用 ZIP 压缩或直接发送文件"),
    media.GZIP: ("GZIP 压缩包", "请改用 ZIP 压缩或直接发送文件"),
    media.HEIC: ("HEIC 图片（手机照片）", "请转换成 JPG 后重新发送"),
    media.GIF: ("GIF 图片", "请转换成 JPG 后重新发送"),
    media.HTML: ("网页文件", _CONVERT),
}


def read(data: bytes, media_type: str, pages: range) -> Document:
    """Read the pages of a file whose 1-based numbers are in `pages`; DOCX and XLSX are always read whole.

    A file that cannot be read is a Document without pages and with one Problem (a D- finding)."""
    name = READERS.get(media_type)
    if name is None:
        problem = _cannot_read(media_type)
        return Document(sha256(data).hexdigest(), media_type, _NO_READER, problems=(problem,))
    document: Document = _module(name).read(data, pages)
    return document


def reader_version(media_type: str) -> str:
    """What `read` will put into `Document.reader`: part of the key under which a reading is kept."""
    name = READERS.get(media_type)
    return _NO_READER if name is None else f"{name.removeprefix('read_')}/{_module(name).VERSION}"


def _module(name: str) -> ModuleType:
    return import_module(f"{__name__}.{name}")


def _cannot_read(media_type: str) -> Problem:
    if media_type == media.ENCRYPTED_OOXML:
        return Problem("D-ENCRYPTED", "文件设有打开密码，无法读取。请申报单位取消密码后重新发送，或告知密码。")
    if media_type == media.EMPTY:
        return Problem("D-EMPTY", "文件为空（0 字节）。请申报单位重新发送。")
    kind, advice = _KINDS.get(media_type, (f"此类文件（{media_type}）", _CONVERT))
    return Problem("D-UNSUPPORTED", f"{kind}不能读取，{advice}。")
