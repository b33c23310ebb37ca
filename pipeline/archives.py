"""Opening ZIP archives that strangers sent: names in any encoding, nothing written to disk, explicit limits.

A locked member is handed to libarchive by itself: it knows ZipCrypto and AES, and is fast at both.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence

from pipeline import native
from pipeline.members import MIB, RATIO_MATTERS, ZIP_ERRORS, ArchiveError, IntakeLimits, Member, locked, too_large
from pipeline.model import Problem
from pipeline.names import decode_text, display_parts

_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1
_UNICODE_PATH = 0x7075  # Info-ZIP Unicode Path Extra Field, APPNOTE.TXT 4.6.9


def unzip(
    data: bytes,
    limits: IntakeLimits,
    members_left: int,
    bytes_left: Callable[[], int],
    passwords: Sequence[str] = (),
) -> Iterator[Member]:
    """The files of a ZIP in the archive's order, folders left out. Raises ArchiveError before the first one when
    it is damaged or has more than `members_left` files. Before each file `bytes_left` says how large it may be."""
    archive, stream = _open(data)
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > members_left:
        raise ArchiveError(too_large(f"压缩包内有 {len(infos)} 个文件"))
    return _members(archive, infos, stream, limits, bytes_left, passwords)


def _members(
    archive: zipfile.ZipFile,
    infos: list[zipfile.ZipInfo],
    stream: io.BytesIO,
    limits: IntakeLimits,
    bytes_left: Callable[[], int],
    passwords: Sequence[str],
) -> Iterator[Member]:
    keys = [key for password in passwords for key in dict.fromkeys((password.encode(), password.encode("gb18030")))]
    for info in infos:
        parts = display_parts(member_name(info)) or ("未命名文件",)
        problem = _refusal(info, limits, bytes_left())
        content = None
        if problem is None and info.flag_bits & _ENCRYPTED_FLAG:
            content, problem = _unlocked(info, stream, keys)
        elif problem is None:
            content, problem = _content(archive, info, stream)
        yield Member(parts, info.file_size if content is None else len(content), content, problem)


def _open(data: bytes) -> tuple[zipfile.ZipFile, io.BytesIO]:
    stream = io.BytesIO(data)
    try:
        return zipfile.ZipFile(stream), stream
    except UnicodeDecodeError:  # a name is flagged as UTF-8 and is not: read without the flags
        return _open(_without_name_flags(data))
    except ZIP_ERRORS as error:
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
    bomb = info.file_size > RATIO_MATTERS and info.file_size > limits.ratio * max(info.compress_size, 1)
    if bomb or info.file_size > min(limits.member_bytes, bytes_left):
        return too_large(f"文件解压后有 {info.file_size / MIB:.0f} MB")
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
    except ZIP_ERRORS as error:
        message = "压缩包内的文件已损坏，无法取出；请来件人重新打包发送。"
        return None, Problem("D-DAMAGED", message, str(error))


def _unlocked(info: zipfile.ZipInfo, stream: io.BytesIO, keys: list[bytes]) -> tuple[bytes | None, Problem | None]:
    """A locked member's content by the first key that opens it, which is moved to the front for the next member."""
    single = _single(info, stream.getvalue())
    for key in tuple(keys):
        try:
            with native.opened(single, "zip", password=key) as archive:
                content = native.content(next(iter(archive)), info.file_size)
        except ArchiveError as error:
            if error.problem.code == "D-UNSUPPORTED":
                return None, error.problem
            continue  # one wrong key in 256 passes ZipCrypto's check, and fails by the checksum
        keys.remove(key)
        keys.insert(0, key)
        return content, None
    return None, locked("压缩包内的文件", keys)


def _single(info: zipfile.ZipInfo, data: bytes) -> bytes:
    """The member alone as an archive of its own (APPNOTE.TXT 4.3), under a plain name."""
    name_length, extra_length = struct.unpack("<HH", data[info.header_offset + 26 : info.header_offset + 30])
    start = info.header_offset + 30 + name_length + extra_length
    packed = data[start : start + info.compress_size]
    time = info.date_time
    dos_time = time[3] << 11 | time[4] << 5 | time[5] // 2
    dos_date = max(time[0] - 1980, 0) << 9 | time[1] << 5 | time[2]
    fixed = struct.pack("<HHHHH", 51, info.flag_bits & ~_UTF8_FLAG, info.compress_type, dos_time, dos_date)
    fixed += struct.pack("<IIIHH", info.CRC, len(packed), info.file_size, 1, len(info.extra))
    body = b"PK\x03\x04" + fixed + b"x" + info.extra + packed
    directory = b"PK\x01\x02\x33\x00" + fixed + bytes(14) + b"x" + info.extra
    return body + directory + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(directory), len(body), 0)


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
