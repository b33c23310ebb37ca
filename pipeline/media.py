"""What kind of file some bytes are. Names and declared types are not looked at: senders get both wrong."""

import io
import re
import struct
import zipfile

from pipeline.members import ZIP_ERRORS

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSB = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
ENCRYPTED_OOXML = "application/x-ooxml-encrypted"
OPC = "application/x-opc-package"  # some other Open Packaging file: XPS, Visio …
DOC = "application/msword"
XLS = "application/vnd.ms-excel"
PPT = "application/vnd.ms-powerpoint"
MSG = "application/vnd.ms-outlook"
OLE = "application/x-ole-storage"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
OFD = "application/ofd"
RTF = "application/rtf"
ZIP = "application/zip"
RAR = "application/vnd.rar"
SEVEN_ZIP = "application/x-7z-compressed"
GZIP = "application/gzip"
BZIP2 = "application/x-bzip2"
XZ = "application/x-xz"
TAR = "application/x-tar"
TNEF = "application/vnd.ms-tnef"
JPEG = "image/jpeg"
PNG = "image/png"
TIFF = "image/tiff"
GIF = "image/gif"
BMP = "image/bmp"
WEBP = "image/webp"
HEIC = "image/heic"
HTML = "text/html"
XML = "application/xml"
TEXT = "text/plain"
EML = "message/rfc822"
MBOX = "application/mbox"
EMPTY = "application/x-empty"
BINARY = "application/octet-stream"

MAILS = frozenset({EML, MSG})  # a mail whole, as it can be a submission

_HEAD = 1 << 16  # bytes that text is told by
_PACKAGE_LIST_LIMIT = 1 << 20  # bytes of [Content_Types].xml that are looked at

_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"Rar!\x1a\x07", RAR),
    (0, b"7z\xbc\xaf\x27\x1c", SEVEN_ZIP),
    (0, b"\x1f\x8b\x08", GZIP),
    (0, b"BZh", BZIP2),
    (0, b"\xfd7zXZ\x00", XZ),
    (0, b"\xff\xd8\xff", JPEG),
    (0, b"\x89PNG\r\n\x1a\n", PNG),
    (0, b"II*\x00", TIFF),
    (0, b"MM\x00*", TIFF),
    (0, b"II+\x00", TIFF),
    (0, b"MM\x00+", TIFF),
    (0, b"GIF87a", GIF),
    (0, b"GIF89a", GIF),
    (0, b"{\\rtf", RTF),
    (0, b"\x78\x9f\x3e\x22", TNEF),
    (0, b"\xd7\xcd\xc6\x9a", "image/wmf"),
    (40, b" EMF", "image/emf"),
    (8, b"WEBP", WEBP),
    (257, b"ustar", TAR),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"\x7fELF", "application/x-executable"),
)
_FTYP_BRANDS = {
    b"heic": HEIC,
    b"heix": HEIC,
    b"hevc": HEIC,
    b"heim": HEIC,
    b"heis": HEIC,
    b"mif1": HEIC,
    b"msf1": HEIC,
    b"avif": "image/avif",
    b"avis": "image/avif",
}
_BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})

# Main parts by their content type (ECMA-376 part 1, 11 to 13; the macro kinds are Microsoft's [MS-OFFMACRO2]).
# ISO Strict packages use the same content types, only their XML namespaces differ.
_MAIN_PARTS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"wordprocessingml\.(document|template)\.main|ms-word\.(document|template)\.macroEnabled"), DOCX),
    (re.compile(rb"ms-excel\.sheet\.binary\.macroEnabled\.main"), XLSB),
    (re.compile(rb"spreadsheetml\.(sheet|template)\.main|ms-excel\.(sheet|template)\.macroEnabled"), XLSX),
    (re.compile(rb"presentationml\.(presentation|template|slideshow)\.main|ms-powerpoint\.\w+\.macroEnabled"), PPTX),
)
_FOLDERS: tuple[tuple[str, str], ...] = (("word/", DOCX), ("xl/", XLSX), ("ppt/", PPTX))

_OLE_STREAMS: tuple[tuple[str, str], ...] = (
    ("encryptedpackage", ENCRYPTED_OOXML),
    ("worddocument", DOC),
    ("workbook", XLS),
    ("book", XLS),
    ("powerpoint document", PPT),
    ("__properties_version1.0", MSG),
)

_HEADER = re.compile(rb"([!-9;-~]+)[ \t]*:")
MAIL_HEADERS = frozenset(
    b"received return-path delivered-to from to cc bcc date subject message-id mime-version reply-to sender "
    b"content-type content-transfer-encoding in-reply-to references x-mailer dkim-signature".split()
)
_HTML_START = re.compile(rb"<(!doctype\s+html|html|head|body|meta|title|table|div|p|center|font|style)\b", re.I)
_XML_HTML = re.compile(rb"<(!doctype\s+html|html)\b", re.I)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def media_type(data: bytes) -> str:
    """The media type of `data` by its bytes only; application/octet-stream when nothing is known of them.

    All word processing packages (docx, docm, dotx, ISO Strict) are DOCX, likewise XLSX and PPTX. An OOXML file
    that is locked by a password is ENCRYPTED_OOXML. Truncated files keep the kind that their start shows.
    """
    if not data:
        return EMPTY
    if data.startswith(_ZIP_SIGNATURES):
        return _zip_type(data)
    if data.startswith(_OLE_SIGNATURE):
        return _ole_type(data)
    return _signature_type(data) or _text_type(data) or BINARY


def _signature_type(data: bytes) -> str | None:
    for offset, signature, kind in _SIGNATURES:
        if data.startswith(signature, offset):
            return kind
    if data[4:8] == b"ftyp":
        return _FTYP_BRANDS.get(data[8:12], "video/mp4")
    if data.startswith(b"BM") and data[14:18] and data[14] in _BMP_HEADER_SIZES and data[15:18] == b"\0\0\0":
        return BMP
    # Viewers accept a PDF whose header stands within the first 1024 bytes (ISO 32000-1, annex H.3).
    headless = b" obj" in data[:2048] and b"startxref" in data[-1024:]
    return PDF if headless or b"%PDF-" in data[:1024] else None


# --- packages ---------------------------------------------------------------------------------------


def _zip_type(data: bytes) -> str:
    declared = re.match(rb"mimetype(application/[\w.+-]+?)(?=PK|$)", data[30:200])
    if declared:
        return declared[1].decode("ascii")  # OpenDocument and EPUB store their type first
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return _package_type(package)
    except ZIP_ERRORS:  # its start still tells the kind
        return _broken_package_type(data)


def _package_type(package: zipfile.ZipFile) -> str:
    names = {name.lower(): name for name in package.namelist()}
    if "ofd.xml" in names:
        return OFD
    if "[content_types].xml" not in names:
        return ZIP
    with package.open(names["[content_types].xml"]) as stream:
        types = stream.read(_PACKAGE_LIST_LIMIT).replace(b"\0", b"")  # also when it is UTF-16
    for pattern, kind in _MAIN_PARTS:
        if pattern.search(types):
            return kind
    return next((kind for folder, kind in _FOLDERS if any(name.startswith(folder) for name in names)), OPC)


def _broken_package_type(data: bytes) -> str:
    first = data[30 : 30 + int.from_bytes(data[26:28], "little")]
    if first.startswith((b"[Content_Types].xml", b"_rels/", b"docProps/", b"word/", b"xl/", b"ppt/")):
        return next((kind for folder, kind in _FOLDERS if folder.encode() in data), ZIP)
    return OFD if first == b"OFD.xml" else ZIP


def _ole_type(data: bytes) -> str:
    names = {name.lower() for name in _ole_root_names(data)}  # they do not differ by case
    return next((kind for stream, kind in _OLE_STREAMS if stream in names), OLE)


def _ole_root_names(data: bytes) -> set[str]:
    """Names right under the root of a compound file ([MS-CFB]); streams of embedded objects are not among them."""
    directory = _ole_directory(data)
    entries = [directory[i : i + 128] for i in range(0, len(directory) - 127, 128)]
    names: set[str] = set()
    seen: set[int] = set()
    todo = [int.from_bytes(entries[0][76:80], "little")] if entries else []
    while todo:
        index = todo.pop()
        if index >= len(entries) or index in seen:
            continue
        seen.add(index)
        entry = entries[index]
        length = min(int.from_bytes(entry[64:66], "little"), 64)
        names.add(entry[: max(length - 2, 0)].decode("utf-16-le", "replace"))
        todo += struct.unpack("<II", entry[68:76])  # its siblings
    return names


def _ole_directory(data: bytes) -> bytes:
    sector_size = 1 << min(int.from_bytes(data[30:32], "little"), 16)
    if sector_size < 512 or len(data) < 512:
        return b""
    fat_sectors = struct.unpack("<109I", data[76:512])
    per_sector = sector_size // 4
    chunks: list[bytes] = []
    sector = int.from_bytes(data[48:52], "little")
    while sector < 0xFFFFFFFA and len(chunks) < 1024:
        start = (sector + 1) * sector_size
        chunks.append(data[start : start + sector_size])
        fat = fat_sectors[sector // per_sector] if sector // per_sector < 109 else 0xFFFFFFFF
        at = (fat + 1) * sector_size + 4 * (sector % per_sector)
        link = data[at : at + 4]
        sector = int.from_bytes(link, "little") if len(link) == 4 else 0xFFFFFFFE
    return b"".join(chunks)


# --- text -------------------------------------------------------------------------------------------


def _text_type(data: bytes) -> str | None:
    head = data[:_HEAD]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head[: len(head) // 2 * 2].decode("utf-16", "replace").encode()
    head = head.removeprefix(b"\xef\xbb\xbf")
    if _is_mbox(head):
        return MBOX
    if _is_mail(head):
        return EML
    if _CONTROLS.search(head) or not _is_decodable(head):
        return None
    return _markup_type(head.lstrip()[:4096]) or TEXT


def _markup_type(start: bytes) -> str | None:
    if start.startswith(b"<?xml"):
        return HTML if _XML_HTML.search(start) else XML
    if _HTML_START.match(start) or (start.startswith(b"<!--") and _XML_HTML.search(start)):
        return HTML
    return None


def _is_mbox(head: bytes) -> bool:
    lines = head.split(b"\n", 2)
    return head.startswith(b"From ") and len(lines) > 1 and bool(_HEADER.match(lines[1]) or lines[1].startswith(b">"))


def _is_mail(head: bytes) -> bool:
    """At least two of the usual headers in the first lines, before anything that is no header."""
    known: set[bytes] = set()
    for line in head.lstrip(b"\r\n")[:16384].splitlines()[:200]:
        match = _HEADER.match(line)
        if match:
            known.add(match[1].lower())
        elif not line.startswith((b" ", b"\t")):
            break
    return len(known & MAIL_HEADERS) >= 2


def _is_decodable(head: bytes) -> bool:
    for encoding in ("utf-8", "gb18030"):
        for cut in range(4):  # the head may end within a character
            try:
                head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return True
    return False


# --- pictures ---------------------------------------------------------------------------------------


def pixel_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels from the header of a JPEG, PNG, GIF, BMP or WebP; None when it does not say."""
    try:
        if data.startswith(b"\x89PNG"):
            return struct.unpack(">II", data[16:24])
        if data.startswith(b"GIF8"):
            return struct.unpack("<HH", data[6:10])
        if data.startswith(b"BM"):
            width, height = struct.unpack("<ii" if data[14] != 12 else "<HH", data[18 : 26 if data[14] != 12 else 22])
            return abs(width), abs(height)
        if data[8:12] == b"WEBP":
            return _webp_size(data)
        return _jpeg_size(data) if data.startswith(b"\xff\xd8") else None
    except (struct.error, IndexError):
        return None


def _webp_size(data: bytes) -> tuple[int, int] | None:
    match data[12:16]:
        case b"VP8X":
            return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = struct.unpack("<HH", data[26:30])
            return width & 0x3FFF, height & 0x3FFF
    return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8:  # fill byte, or a marker without length
            at += 1 if marker == 0xFF else 2
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a start of frame
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None
