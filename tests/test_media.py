"""Kinds by bytes, on files made here by the libraries that staff's programs stand for."""

import io
import struct
import tarfile
import zipfile

import docx
import openpyxl
import pytest
from PIL import Image

from pipeline import media
from pipeline.media import media_type, pixel_size
from tests.limited import within_memory
from tests.packed import lzma_zip


def docx_bytes() -> bytes:
    stream = io.BytesIO()
    docx.Document().save(stream)
    return stream.getvalue()


def xlsx_bytes() -> bytes:
    stream = io.BytesIO()
    openpyxl.Workbook().save(stream)
    return stream.getvalue()


def zip_bytes(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def picture(kind: str, size: tuple[int, int] = (60, 40)) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, "white").save(stream, kind)
    return stream.getvalue()


def compound_file(*streams: str) -> bytes:
    """A minimal compound file ([MS-CFB]): header, one FAT sector, directory sectors with the names as siblings."""
    entries = [("Root Entry", 5, 0xFFFFFFFF, 1)]
    entries += [(name, 2, i + 2 if i + 1 < len(streams) else 0xFFFFFFFF, 0xFFFFFFFF) for i, name in enumerate(streams)]
    directory = b""
    for name, kind, right, child in entries:
        encoded = name.encode("utf-16-le")
        directory += encoded.ljust(64, b"\0") + struct.pack("<HBB", len(encoded) + 2, kind, 1)
        directory += struct.pack("<III", 0xFFFFFFFF, right, child).ljust(60, b"\0")
    directory += b"\0" * (-len(directory) % 512)
    sectors = len(directory) // 512
    links = [0xFFFFFFFD] + [i + 2 for i in range(sectors - 1)] + [0xFFFFFFFE]
    fat = struct.pack(f"<{len(links)}I", *links).ljust(512, b"\xff")
    header = bytes.fromhex("d0cf11e0a1b11ae1").ljust(24, b"\0") + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6)
    header = header.ljust(44, b"\0") + struct.pack("<II", 1, 1)
    header = header.ljust(76, b"\0") + struct.pack("<I", 0)
    return header.ljust(512, b"\xff") + fat + directory


def retyped(package: bytes, old: bytes, new: bytes) -> bytes:
    """The package with another content type for its main part."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["[Content_Types].xml"] = members["[Content_Types].xml"].replace(old, new)
    return zip_bytes(members)


def tar_bytes() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"%PDF-1.4\n...", media.PDF),
        (b"junk before it\r\n" * 20 + b"%PDF-1.7\n", media.PDF),
        (b"1 0 obj\n<<>>\nendobj\nstartxref\n0\n%%EOF", media.PDF),
        (docx_bytes(), media.DOCX),
        (xlsx_bytes(), media.XLSX),
        (docx_bytes()[:-900], media.DOCX),
        (zip_bytes({"docs/form.docx": docx_bytes()}), media.ZIP),
        (zip_bytes({}), media.ZIP),
        (zip_bytes({"OFD.xml": b"<OFD/>", "Doc_0/Document.xml": b"<x/>"}), media.OFD),
        (compound_file("WordDocument", "1Table"), media.DOC),
        (compound_file("Data", "x", "y", "z", "Workbook"), media.XLS),
        (compound_file("ENCRYPTIONINFO", "ENCRYPTEDPACKAGE"), media.ENCRYPTED_OOXML),
        (compound_file("__properties_version1.0"), media.MSG),
        (compound_file("CONTENTS"), media.OLE),
        (compound_file("WordDocument")[:520], media.OLE),
        (compound_file("WordDocument") + zip_bytes({"a.txt": b"x"}), media.DOC),  # zipfile would call it a ZIP
        (b"Rar!\x1a\x07\x01\x00rest", media.RAR),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", media.SEVEN_ZIP),
        (b"\x1f\x8b\x08\x00rest", media.GZIP),
        (tar_bytes(), media.TAR),
        (picture("JPEG"), media.JPEG),
        (picture("PNG"), media.PNG),
        (picture("TIFF"), media.TIFF),
        (picture("GIF"), media.GIF),
        (picture("BMP"), media.BMP),
        (picture("WEBP"), media.WEBP),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", media.HEIC),
        (b"{\\rtf1\\ansi\\ansicpg936 }", media.RTF),
        (b"\xef\xbb\xbf \r\n<!DOCTYPE html>\n<html></html>", media.HTML),
        (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', media.HTML),
        (b'<?xml version="1.0"?><root/>', media.XML),
        (b"Received: from a\r\n by b\r\nDate: Mon, 1 Jul 2024 09:00:00 +0800\r\n\r\nText", media.EML),
        (b"From a@example.cn Mon Jul  1 09:00:00 2024\nSubject: x\n\nText\n", media.MBOX),
        ("申报单位：示例公司\n".encode(), media.TEXT),
        ("申报单位：示例公司\n".encode("gb18030"), media.TEXT),
        ("申报单位\n".encode("utf-16"), media.TEXT),
        (("x" * 65535 + "报").encode(), media.TEXT),
        (b"", media.EMPTY),
        (b"\x00\x01\x02\x03" * 100, media.BINARY),
        (b"BMW is a car", media.TEXT),
        (b"Note: one header does not make a mail\n", media.TEXT),
    ],
)
def test_kind_by_bytes(data: bytes, expected: str) -> None:
    assert media_type(data) == expected


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
        b"application/vnd.ms-word.document.macroEnabled.main+xml",
        b"application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    ],
)
def test_templates_and_macro_documents_are_word_documents(content_type: bytes) -> None:
    main = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    assert media_type(retyped(docx_bytes(), main, content_type)) == media.DOCX


def test_a_word_file_with_an_embedded_workbook_is_a_word_file() -> None:
    data = compound_file("WordDocument") + compound_file("Workbook")
    assert media_type(data) == media.DOC


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP"])
def test_pixel_size_is_read_from_the_header(kind: str) -> None:
    assert pixel_size(picture(kind, (321, 123))) == (321, 123)


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\x00\x10", b"BM", b"text"])
def test_pixel_size_of_a_cut_header_is_unknown(data: bytes) -> None:
    assert pixel_size(data) is None


def test_memory_that_runs_out_tells_no_kind() -> None:
    """Where the worker's limit holds, the row of the file or of its mail says D-TOO-LARGE (tests/test_isolation.py)."""
    package = lzma_zip("[Content_Types].xml", b"<Types/>", dictionary=3 << 30)
    assert media_type(package) == media.OPC
    with pytest.raises(MemoryError):
        within_memory(512, media_type, package)
