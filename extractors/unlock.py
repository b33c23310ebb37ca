"""Files that open with a password: PDF, Office Open XML, and the Word and Excel files of before.

What comes out is a derivative in memory. The file's own bytes stay what they are, and no password is ever told.
"""

import io
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from extractors.unusable import Unusable
from pipeline import media
from pipeline.members import ZIP_ERRORS

VERSION = "1"
_OFFICE = frozenset({media.ENCRYPTED_OOXML, media.DOC, media.XLS})
_OPEN_DOCUMENT = frozenset({media.ODT, media.ODS})
_ALWAYS = "VelvetSweatshop"  # by which Excel itself opens a workbook that is only protected from changes

logging.getLogger("msoffcrypto").setLevel(logging.CRITICAL)


def unlocked(data: bytes, media_type: str, passwords: Sequence[str]) -> bytes:
    """The file without its lock; `data` itself when it has none, or is none that can be locked. Raises Unusable."""
    if media_type == media.PDF:
        return _pdf(data, passwords) if b"/Encrypt" in data else data
    if media_type in _OFFICE:
        return _office(data, media_type, passwords)
    if media_type in _OPEN_DOCUMENT and b"manifest:encryption-data" in _manifest(data):
        raise _locked(())  # LibreOffice takes no password on its command line
    return data


def _locked(passwords: Iterable[str]) -> Unusable:
    tried = "，已知的密码都打不开" if passwords else ""
    return Unusable("D-ENCRYPTED", f"文件设有打开密码{tried}，无法读取。请申报单位告知密码，或取消密码后重新发送。")


def _pdf(data: bytes, passwords: Sequence[str]) -> bytes:
    """By PDFium. One that opens without a password, and only forbids things, stays as it is."""
    import pypdfium2 as pdfium
    import pypdfium2.raw as raw

    for password in (None, *passwords):
        try:
            document = pdfium.PdfDocument(data, password=password)
        except pdfium.PdfiumError as error:
            if error.err_code != raw.FPDF_ERR_PASSWORD:
                return data  # the reader tells what is wrong with it
            continue
        with document:
            return data if password is None else _saved(document, raw.FPDF_REMOVE_SECURITY)
    raise _locked(passwords)


def _saved(document: Any, flags: int) -> bytes:
    stream = io.BytesIO()
    document.save(stream, flags=flags)
    return stream.getvalue()


def _office(data: bytes, media_type: str, passwords: Sequence[str]) -> bytes:
    from msoffcrypto import OfficeFile

    try:
        file = OfficeFile(io.BytesIO(data))
        if not file.is_encrypted():
            return data
    except MemoryError:
        raise
    except Exception as error:  # the library raises whatever a damaged container led it to
        if media_type != media.ENCRYPTED_OOXML:
            return data  # LibreOffice may still open it
        raise _locked(()) from error
    for password in (_ALWAYS, *passwords):
        stream = io.BytesIO()
        try:
            file.load_key(password=password)
            file.decrypt(stream)
        except MemoryError:
            raise
        except Exception:  # noqa: S112  # a wrong password, or a way of locking that the library does not know
            continue
        if media.media_type(stream.getvalue()) not in (media.ENCRYPTED_OOXML, media.ZIP, media.BINARY, media.EMPTY):
            return stream.getvalue()
    raise _locked(passwords)


def _manifest(data: bytes) -> bytes:
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package, package.open("META-INF/manifest.xml") as stream:
            return stream.read(1 << 20)
    except (*ZIP_ERRORS, KeyError):  # a damaged package, or one without: LibreOffice tells
        return b""
