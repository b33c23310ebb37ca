"""Archives and Outlook files for tests, written by real tools; RAR, which has no free one, byte by byte."""

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence

import py7zr
import pyzipper
from extract_msg.ole_writer import OleWriter

Members = Mapping[str, bytes]


def seven_zip(members: Members, password: str | None = None, *, names_locked: bool = False) -> bytes:
    stream = io.BytesIO()
    with py7zr.SevenZipFile(stream, "w", password=password, header_encryption=names_locked) as archive:
        for name, data in members.items():
            archive.writestr(data, name)
    return stream.getvalue()


def tar(members: Members, mode: str = "w", encoding: str = "utf-8") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode, format=tarfile.GNU_FORMAT, encoding=encoding) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def locked_zip(members: Members, password: bytes) -> bytes:
    """By WinZip's AES."""
    stream = io.BytesIO()
    with pyzipper.AESZipFile(stream, "w", pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(password)
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def zip_crypto(members: Members, password: bytes) -> bytes:
    """By the traditional encryption (APPNOTE.TXT 6.1), which no library here writes."""
    bodies, directory = b"", b""
    for name, data in members.items():
        raw, checksum = name.encode(), zlib.crc32(data)
        packed = _encrypted(bytes(11) + bytes([checksum >> 24]) + data, password)
        fixed = struct.pack("<HHHHIII", 0x801, 0, 0, 0x58E1, checksum, len(packed), len(data))
        directory += b"PK\x01\x02" + struct.pack("<HH", 20, 20) + fixed
        directory += struct.pack("<HHHHHII", len(raw), 0, 0, 0, 0, 0, len(bodies)) + raw
        bodies += b"PK\x03\x04" + struct.pack("<H", 20) + fixed + struct.pack("<HH", len(raw), 0) + raw + packed
    count = len(members)
    return (
        bodies + directory + b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, count, count, len(directory), len(bodies), 0)
    )


def _encrypted(data: bytes, password: bytes) -> bytes:
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte: int) -> None:
        keys[0] = _crc_step(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = _crc_step(keys[2], keys[1] >> 24)

    for byte in password:
        update(byte)
    out = bytearray()
    for byte in data:
        mask = (keys[2] | 2) & 0xFFFF
        out.append(byte ^ (mask * (mask ^ 1) >> 8 & 0xFF))
        update(byte)
    return bytes(out)


def _crc_step(crc: int, byte: int) -> int:
    crc ^= byte
    for _ in range(8):
        crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    return crc


# --- RAR ----------------------------------------------------------------------------------------------


def rar4(name: bytes, data: bytes, flags: int = 0) -> bytes:
    """One stored file (RAR 4 technote: marker, archive header, file header)."""
    archive = _rar4_block(0x73, 0, bytes(6))
    fixed = struct.pack("<IIBIIBBHI", len(data), len(data), 2, zlib.crc32(data), 0x58E10000, 29, 0x30, len(name), 0x20)
    end = _rar4_block(0x7B, 0x4000, b"")
    return b"Rar!\x1a\x07\x00" + archive + _rar4_block(0x74, 0x8000 | flags, fixed + name) + data + end


def _rar4_block(kind: int, flags: int, body: bytes) -> bytes:
    head = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
    return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head


def rar5(name: str, data: bytes) -> bytes:
    """One stored file (RAR 5.0 archive format: signature, main, file and end headers)."""
    raw = name.encode()
    # File flags 4: a CRC32 follows; compression 0: stored; host system 1: Unix.
    fields = _vint(4) + _vint(len(data)) + _vint(0o100644) + struct.pack("<I", zlib.crc32(data)) + _vint(0) + _vint(1)
    file = _vint(2) + _vint(2) + _vint(len(data)) + fields + _vint(len(raw)) + raw
    main, end = _vint(1) + _vint(0) + _vint(0), _vint(5) + _vint(0) + _vint(0)
    return b"Rar!\x1a\x07\x01\x00" + _rar5_block(main) + _rar5_block(file) + data + _rar5_block(end)


def _rar5_block(header: bytes) -> bytes:
    sized = _vint(len(header)) + header
    return struct.pack("<I", zlib.crc32(sized)) + sized


def _vint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


# --- Outlook ------------------------------------------------------------------------------------------

_UNICODE, _BINARY, _OBJECT, _LONG = 0x001F, 0x0102, 0x000D, 0x0003


def msg(texts: Mapping[int, str], attachments: Sequence[tuple[str, bytes]] = (), html: bytes = b"") -> bytes:
    """An Outlook message ([MS-OXMSG]); `texts` by property id: 0037 subject, 1000 body, 1035 Message-ID, 0C1A sender,
    007D transport headers."""
    writer = OleWriter()
    streams = {(tag, _UNICODE): text.encode("utf-16-le") for tag, text in texts.items()}
    streams[(0x001A, _UNICODE)] = "IPM.Note".encode("utf-16-le")
    if html:
        streams[(0x1013, _BINARY)] = html
    counts = struct.pack("<8xIIII8x", 0, len(attachments), 0, len(attachments))
    _object(writer, "", counts, streams, {0x340D: 0x00040000})
    for stream in ("00020102", "00030102", "00040102"):
        writer.addEntry(f"__nameid_version1.0/__substg1.0_{stream}", b"")
    for number, (name, data) in enumerate(attachments):
        content = {(0x3707, _UNICODE): name.encode("utf-16-le"), (0x3701, _BINARY): data}
        _object(writer, f"__attach_version1.0_#{number:08X}/", bytes(8), content, {0x3705: 1})
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def _object(
    writer: OleWriter, folder: str, header: bytes, streams: Mapping[tuple[int, int], bytes], longs: Mapping[int, int]
) -> None:
    entries = b""
    for (tag, kind), data in streams.items():
        writer.addEntry(f"{folder}__substg1.0_{tag:04X}{kind:04X}", data)
        entries += struct.pack("<HHIII", kind, tag, 6, len(data) + (2 if kind == _UNICODE else 0), 0)
    for tag, value in longs.items():
        entries += struct.pack("<HHIII", _LONG, tag, 6, value, 0)
    writer.addEntry(f"{folder}__properties_version1.0", header + entries)


def tnef(body: bytes, attachments: Sequence[tuple[bytes, bytes]] = ()) -> bytes:
    """A winmail.dat ([MS-OXTNEF]) of code page 936: its text, and files by name."""
    out = struct.pack("<IH", 0x223E9F78, 1) + _attribute(1, 0x00069007, struct.pack("<II", 936, 0))
    out += _attribute(1, 0x0002800C, body + b"\0")
    for name, data in attachments:
        out += _attribute(2, 0x00069002, bytes(14)) + _attribute(2, 0x00018010, name + b"\0")
        out += _attribute(2, 0x0006800F, data)
    return out


def _attribute(level: int, tag: int, data: bytes) -> bytes:
    return struct.pack("<BII", level, tag, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def lzma_zip(name: str, data: bytes, dictionary: int | None = None, kind: bytes = b"") -> bytes:
    """A ZIP of one member that LZMA has packed; its decoder will ask for so many bytes of memory. `kind` stands first,
    as OpenDocument's own mark does."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        if kind:
            archive.writestr("mimetype", kind)
        archive.writestr(name, data, zipfile.ZIP_LZMA)
    packed = stream.getvalue()
    if dictionary is None:
        return packed
    at = packed.index(b"PK\x03\x04", 1 if kind else 0) + 30 + len(name) + 5  # APPNOTE.TXT 5.8.8
    return packed[:at] + struct.pack("<I", dictionary) + packed[at + 4 :]
