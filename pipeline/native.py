"""libarchive, opened so that what fails is a Problem. The system's own library may be missing: that is one too."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_void_p, create_string_buffer
from locale import CODESET, LC_CTYPE, nl_langinfo, setlocale
from typing import Any

from pipeline.members import ArchiveError
from pipeline.model import Problem

_BLOCK = 1 << 16


@contextmanager
def opened(data: bytes, format_name: str, filter_name: str = "none", password: bytes | None = None) -> Iterator[Any]:
    """An archive whose entries can be walked once. Raises ArchiveError, also while they are walked."""
    try:
        import libarchive
    except (ImportError, OSError, AttributeError) as error:  # the Python package is there, the library is not
        raise ArchiveError(_missing()) from error
    logging.getLogger("libarchive").setLevel(logging.ERROR)  # what it warns of is said by our Problems
    if nl_langinfo(CODESET) != "UTF-8":
        setlocale(LC_CTYPE, "C.UTF-8")  # it loses the names that the process's own locale cannot write
    try:
        with libarchive.memory_reader(data, format_name, filter_name, passphrase=password) as archive:
            yield archive
    except libarchive.ArchiveError as error:
        raise ArchiveError(_problem(str(error))) from error


def is_locked(entry: Any) -> bool:
    """Of an old RAR the encrypted bytes would come as they are."""
    from libarchive import ffi

    return bool(ffi.libarchive.archive_entry_is_data_encrypted(c_void_p(entry._entry_p)))


def content(entry: Any, limit: int) -> bytes | None:
    """An entry's bytes, None when they are more than `limit`. Raises ArchiveError.

    Read past the package's own blocks, which take a warning's negative number for a length."""
    from libarchive import ArchiveError as LibraryError
    from libarchive import ffi

    buffer = create_string_buffer(_BLOCK)
    blocks, size = [], 0
    try:
        while count := ffi.read_data(entry._archive_p, buffer, _BLOCK):
            if count < 0:  # a warning: the checksum is wrong
                raise ArchiveError(_problem("checksum"))
            blocks.append(buffer.raw[:count])
            size += count
            if size > limit:
                return None
    except LibraryError as error:
        raise ArchiveError(_problem(str(error))) from error
    return b"".join(blocks)


def _problem(detail: str) -> Problem:
    if "ncrypt" in detail or "assphrase" in detail:
        return Problem("D-ENCRYPTED", "压缩包设有密码；请来件人提供密码，或重新发送不加密的文件。", detail)
    if "upport" in detail:
        return Problem("D-UNSUPPORTED", "压缩方式不受支持；请来件人用普通 ZIP 方式重新打包。", detail)
    message = "压缩包已损坏或不完整（也可能是分卷中的一卷），无法打开；请来件人重新打包成一个文件发送。"
    return Problem("D-DAMAGED", message, detail)


def _missing() -> Problem:
    message = "本机缺少打开它的程序库 libarchive；请维护人员安装（Debian：apt-get install libarchive13）后重新运行。"
    return Problem("D-UNSUPPORTED", message)
