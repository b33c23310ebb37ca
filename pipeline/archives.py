"""Opening ZIP archives that strangers sent: names in any encoding, nothing written to disk, explicit limits."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline import media
from pipeline.model import Problem
from pipeline.names import decode_text, display_parts

MIB = 1 << 20
_RATIO_MATTERS = 50 * MIB  # below this a blank scan may well shrink a thousandfold
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1
_UNICODE_PATH = 0x7075  # Info-ZIP Unicode Path Extra Field, APPNOTE.TXT 4.6.9

UNOPENED = {
    media.RAR: "RAR",
    media.SEVEN_ZIP: "7z",
    media.TAR: "TAR",
    media.GZIP: "GZ",
    media.BZIP2: "BZ2",
    media.XZ: "XZ",
    media.TNEF: "winmail.dat",
    media.MBOX: "mbox",
    media.MSG: "Outlook MSG",
}


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """What one submission may expand to; what goes past is a D-TOO-LARGE."""

    depth: int = 6  # archives and mails within each other
    members: int = 5_000  # parts, members and files
    total_bytes: int = 512 * MIB
    member_bytes: int = 256 * MIB
    ratio: int = 200  # expanded to packed size of a large member


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive. `data` is None when it could not be had, which `problem` says."""

    parts: tuple[str, ...]  # folders and name, for display
    size: int
    data: bytes | None
    problem: Problem | None = None


class ArchiveError(Exception):
    """The archive as a whole cannot be opened; carries the Problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def unzip(data: bytes, limits: IntakeLimits, members_left: int, bytes_left: Callable[[], int]) -> Iterator[Member]:
    """The files of a ZIP in the archive's order, folders left out. Raises ArchiveError before the first one when
    it is damaged or has more than `members_left` files. Before each file `bytes_left` says how large it may be."""
    archive, stream = _open(data)
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > members_left:
        message = f"压缩包内有 {len(infos)} 个文件，超过限额，未打开；请来件人只发送申报所需的文件。"
        raise ArchiveError(Problem("D-TOO-LARGE", message))
    return _members(archive, infos, stream, limits, bytes_left)


def _members(
    archive: zipfile.ZipFile,
    infos: list[zipfile.ZipInfo],
    stream: io.BytesIO,
    limits: IntakeLimits,
    bytes_left: Callable[[], int],
) -> Iterator[Member]:
    for info in infos:
        parts = display_parts(member_name(info)) or ("未命名文件",)
        problem = _refusal(info, limits, bytes_left())
        content = None
        if problem is None:
            content, problem = _content(archive, info, stream)
        yield Member(parts, info.file_size if content is None else len(content), content, problem)


def _open(data: bytes) -> tuple[zipfile.ZipFile, io.BytesIO]:
    stream = io.BytesIO(data)
    try:
        return zipfile.ZipFile(stream), stream
    except UnicodeDecodeError:  # a name is flagged as UTF-8 and is not: read without the flags
        return _open(_without_name_flags(data))
    except Exception as error:  # damaged directories make zipfile raise many kinds
        message = "压缩包已损坏或不完整，无法打开；请来件人重新打包发送。"
        raise ArchiveError(Problem("D-DAMAGED", message, str(error))) from error


def _without_name_flags(data: bytes) -> bytes:
    patched = bytearray(data)
    at = patched.find(b"PK\x01\x02")
    while at >= 0:
        patched[at + 9] &= 0xFF ^ (_UTF8_FLAG >> 8)
        at = patched.find(b"PK\x01\x02", at + 4)
    return bytes(patched)


def member_name(info: zipfile.ZipInfo) -> str:
    """A member's name: the Unicode path field, the UTF-8 flag, else its bytes as UTF-8, else as GB 18030."""
    if info.flag_bits & _UTF8_FLAG:
        return info.orig_filename
    raw = info.orig_filename.encode("cp437")
    return _unicode_path(info.extra, raw) or decode_text(raw)


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        field, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == _UNICODE_PATH and field[1:5] == struct.pack("<I", zlib.crc32(raw)):
            return field[5:].decode("utf-8", "replace")
    return None


def _refusal(info: zipfile.ZipInfo, limits: IntakeLimits, bytes_left: int) -> Problem | None:
    if info.flag_bits & _ENCRYPTED_FLAG:
        return Problem("D-ENCRYPTED", "压缩包内的文件设有密码；请来件人提供密码，或重新发送不加密的文件。")
    bomb = info.file_size > _RATIO_MATTERS and info.file_size > limits.ratio * max(info.compress_size, 1)
    if bomb or info.file_size > min(limits.member_bytes, bytes_left):
        size = f"{info.file_size / MIB:.0f} MB"
        return Problem("D-TOO-LARGE", f"文件解压后有 {size}，超过限额，未读取；请来件人压缩图片或分开发送。")
    return None


def _content(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, stream: io.BytesIO
) -> tuple[bytes | None, Problem | None]:
    _agree_on_name(info, stream)
    try:
        return archive.read(info), None
    except NotImplementedError:
        message = f"压缩方式（{info.compress_type}）不受支持；请来件人用普通 ZIP 方式重新打包。"
        return None, Problem("D-UNSUPPORTED", message)
    except Exception as error:  # bad CRC, truncated or broken streams: zlib, lzma, struct, EOF …
        message = "压缩包内的文件已损坏，无法取出；请来件人重新打包发送。"
        return None, Problem("D-DAMAGED", message, str(error))


def _agree_on_name(info: zipfile.ZipInfo, stream: io.BytesIO) -> None:
    """zipfile refuses a member whose two headers write its name differently, which some packers do, and one whose
    name is not what its flag says: tells it the local header's name, byte by byte where need be."""
    header = bytes(stream.getbuffer()[info.header_offset : info.header_offset + 30])
    if len(header) < 30:
        return
    flags, length = struct.unpack("<6xH18xH2x", header)
    local = bytes(stream.getbuffer()[info.header_offset + 30 : info.header_offset + 30 + length])
    try:
        info.orig_filename = local.decode("utf-8" if flags & _UTF8_FLAG else "cp437")
    except UnicodeDecodeError:
        info.orig_filename = local.decode("cp437")
        stream.seek(info.header_offset + 6)
        stream.write(struct.pack("<H", flags & ~_UTF8_FLAG))
