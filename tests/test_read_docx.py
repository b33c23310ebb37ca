"""Word files as packages: whole, odd, damaged, locked, hostile; and the kinds that are not read."""

import hashlib
import io
import struct

import docx
import pytest
from docx.shared import Cm
from office import (
    NAMESPACES,
    codes,
    corrupted,
    legacy,
    lines,
    member,
    p,
    r,
    repacked,
    tbl,
    texts,
    tr,
    word,
)
from PIL import Image, ImageDraw, ImageFont

import extractors
from extractors import read_docx
from pipeline import media
from pipeline.model import Document, Line, Method
from tests.packed import lzma_zip

ALL = range(1, 2)


def read(body: str) -> Document:
    return read_docx.read(word(body), ALL)


def read_lines(body: str) -> list[str]:
    return lines(read(body))


# --- the frame ----------------------------------------------------------------------------------------


def test_a_document_is_one_page_of_blocks_in_reading_order() -> None:
    data = word(p("申报表") + tbl(tr("项目名称", "示例项目")) + p("联系人：张示例"))
    document = extractors.read(data, media.DOCX, range(1, 3))
    (page,) = document.pages
    assert texts(page) == ["申报表", "[项目名称|示例项目]", "联系人：张示例"]
    assert (page.number, page.method, page.width) == (None, Method.DOCX, None)
    assert (document.page_count, document.problems) == (1, ())
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert document.reader == extractors.reader_version(media.DOCX)
    assert page.lines[0] == Line("申报表", None, 1.0)


def test_breaks_and_tabs() -> None:
    body = p(
        "单位：甲",
        "<w:r><w:tab/></w:r>",
        "电话：1",
        "<w:r><w:br/></w:r>",
        "地址：乙",
        '<w:r><w:br w:type="page"/></w:r>',
    )
    assert read_lines(body + p("  ") + p("完")) == ["单位：甲\t电话：1", "地址：乙", "完"]


def test_fixed_characters_ruby_and_math() -> None:
    ruby = f"<w:r><w:ruby><w:rt>{r('fú')}</w:rt><w:rubyBase>{r('福')}</w:rubyBase></w:ruby></w:r>"
    math = "<m:oMath><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath>"
    body = p(ruby, "建", "<w:r><w:t>0591</w:t><w:noBreakHyphen/><w:t>8</w:t><w:softHyphen/><w:t>7</w:t></w:r>", math)
    assert read_lines(body) == ["福建0591-871/2"]


def test_white_space_counts_only_where_it_is_asked_for() -> None:
    assert read_lines("<w:p><w:r><w:t>\n  单位  \n</w:t><w:t xml:space='preserve"
                      "'> 甲\n乙</w:t></w:r></w:p>") == ["单位 甲 乙"]  # fmt: skip


# --- packages ---------------------------------------------------------------------------------------

RELS = "word/_rels/document.xml.rels"
BODY = p("单位：示例公司") + tbl(tr("电话", "0591"))


def assert_whole(data: bytes) -> None:
    document = read_docx.read(data, ALL)
    assert [texts(page) for page in document.pages] == [["单位：示例公司", "[电话|0591]"]]


def test_dangling_and_external_relations_do_no_harm() -> None:
    data = word(BODY)
    relation = b'<Relationship Id="%s" Type="http://example.com/%s" Target="%s" %s/></Relationships>'
    rels = member(data, RELS)
    for identity, kind, target, mode in (
        (b"n1", b"image", b"NULL", b""),
        (b"n2", b"image", b"media/missing.png", b""),
        (b"n3", b"attachedTemplate", b"http://example.com/x.dotm", b'TargetMode="External"'),
        (b"n4", b"styles", b"../../../../etc/passwd", b""),
    ):
        rels = rels.replace(b"</Relationships>", relation % (identity, kind, target, mode))
    assert_whole(repacked(data, {RELS: rels}))
    assert_whole(repacked(data, {RELS: None}))
    assert_whole(repacked(data, {RELS: b"<broken"}))


def test_missing_content_types_root_relations_and_broken_styles() -> None:
    data = word(BODY)
    assert_whole(repacked(data, {"[Content_Types].xml": None}))
    assert_whole(repacked(data, {"_rels/.rels": None}))
    assert_whole(repacked(data, {"word/styles.xml": b"<w:styles"}))


def test_names_in_another_case_and_with_backslashes() -> None:
    data = word(BODY)
    assert_whole(repacked(data, {"word/document.xml": None, "Word\\Document.xml": member(data, "word/document.xml")}))


def test_iso_strict() -> None:
    data = word(BODY + p(legacy('<w:checkBox><w:checked w:val="1"/></w:checkBox>')))
    strict = {
        name: member(data, name)
        .replace(b"http://schemas.openxmlformats.org/wordprocessingml/2006/main", b"http://purl.oclc.org/ooxml/wordprocessingml/main")
        .replace(b"http://schemas.openxmlformats.org/officeDocument/2006/relationships", b"http://purl.oclc.org/ooxml/officeDocument/relationships")
        for name in ("word/document.xml", "word/styles.xml", "_rels/.rels", RELS)
    }  # fmt: skip
    assert b"2006/main" not in strict["word/document.xml"].split(b"xmlns:w14")[0]
    document = read_docx.read(repacked(data, strict), ALL)
    assert [texts(page) for page in document.pages] == [["单位：示例公司", "[电话|0591]", "☑"]]


def test_a_bad_checksum_costs_only_its_own_part() -> None:
    data = repacked(word(BODY), {"word/theme/theme1.xml": b"<theme/>"})
    assert_whole(corrupted(data, "word/theme/theme1.xml"))
    assert_whole(corrupted(data, "word/styles.xml"))
    assert codes(read_docx.read(corrupted(data, "word/document.xml"), ALL)) == ["D-DAMAGED"]


def test_damaged_files() -> None:
    data = word(BODY)
    broken = [data[: len(data) // 2], data[:100], b"", b"no office file", b"PK\x03\x04", b"\x0aUSER" + bytes(157)]
    broken.append(repacked(data, {"word/document.xml": member(data, "word/document.xml")[:-40]}))
    broken.append(repacked(data, {"word/document.xml": None}))
    packed = lzma_zip("word/document.xml", member(data, "word/document.xml"))
    broken.append(packed.replace(packed[60:80], bytes(20)))
    broken.append(data[:-6] + struct.pack("<I", len(data) + 70) + data[-2:])  # the directory is said to be elsewhere
    for file in broken:
        document = read_docx.read(file, ALL)
        assert (codes(document), document.pages) == (["D-DAMAGED"], ())
    assert "~$" in read_docx.read(b"\x0aUSER" + bytes(157), ALL).problems[0].message


def test_encrypted_and_legacy_files() -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    assert codes(read_docx.read(ole + "EncryptedPackage".encode("utf-16-le") + bytes(96), ALL)) == ["D-ENCRYPTED"]
    assert codes(read_docx.read(ole + "WordDocument".encode("utf-16-le"), ALL)) == ["D-UNSUPPORTED"]


def test_an_expanding_body_is_refused() -> None:
    with_bomb = repacked(word(BODY), {"word/document.xml": b"<a>" + b" " * (50 << 20) + b"</a>"})
    assert len(with_bomb) < 1 << 20
    assert codes(read_docx.read(with_bomb, ALL)) == ["D-TOO-LARGE"]


def test_entities_are_not_expanded() -> None:
    entities = b'<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY f SYSTEM "file:///etc/hostname">]>'
    body = f"<w:document {NAMESPACES}><w:body>{p('&a;', '&f;', '甲')}</w:body></w:document>"
    document = read_docx.read(repacked(word(BODY), {"word/document.xml": entities + body.encode()}), ALL)
    assert lines(document) == ["甲"]


def test_empty_files() -> None:
    document = read(p("") + tbl(tr("", "")))
    assert (codes(document), document.pages) == (["D-EMPTY"], ())


def test_header_text_is_read_only_when_there_is_no_other() -> None:
    data = word("")
    rels = member(data, RELS).replace(
        b"</Relationships>", b'<Relationship Id="h1" Type="http://x/header" Target="header1.xml"/></Relationships>'
    )
    header = f"<w:hdr {NAMESPACES}>{p('附件1')}</w:hdr>".encode()
    assert lines(read_docx.read(repacked(data, {RELS: rels, "word/header1.xml": header}), ALL)) == ["附件1"]
    full = repacked(word(p("正文")), {RELS: rels, "word/header1.xml": header})
    assert lines(read_docx.read(full, ALL)) == ["正文"]


# --- pictures of pages --------------------------------------------------------------------------------


def picture(text: str, size: tuple[int, int] = (800, 1100)) -> io.BytesIO:
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((100, 150), text, fill="black", font=ImageFont.load_default(size=44))
    target = io.BytesIO()
    image.save(target, "PNG")
    return target


def with_pictures(text: str, *pictures: tuple[io.BytesIO, float]) -> bytes:
    """A Word file with a paragraph and pictures of these widths in centimetres."""
    document = docx.Document()
    document.add_paragraph(text)
    for content, width in pictures:
        document.add_picture(content, width=Cm(width))
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def test_pictures_of_pages_are_read_by_ocr_when_there_is_little_else() -> None:
    scans = [(picture("No. 2024-001"), 15.0), (picture("A logo"), 3.0), (picture("Amount 864000"), 15.0)]
    document = read_docx.read(with_pictures("附件", *scans), range(2, 3))
    assert document.page_count == 2
    text, scan = document.pages
    assert (text.number, text.method, texts(text)) == (None, Method.DOCX, ["附件"])
    assert (scan.number, scan.method) == (2, Method.OCR)
    assert "".join(texts(scan)).replace(" ", "") == "Amount864000"


def test_pictures_beside_a_text_are_named_and_not_read() -> None:
    document = read_docx.read(with_pictures("正文" * 200, (picture("licence"), 15.0)), ALL)
    assert (codes(document), len(document.pages), document.page_count) == (["pictures"], 1, 1)


def test_a_picture_that_cannot_be_read_is_named() -> None:
    blank = picture("")
    document = read_docx.read(with_pictures("附件", (blank, 15.0)), ALL)
    assert (codes(document), document.problems[0].where) == (["picture-unread"], "第1张图片")
    assert codes(read_docx.read(with_pictures("", (blank, 15.0)), ALL)) == ["D-EMPTY"]


def test_embedded_documents_and_controls_are_reported() -> None:
    ole = '<w:r><w:object><o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office" ProgID="{}"/></w:object></w:r>'
    assert codes(read(p("甲", ole.format("Equation.3")))) == []
    assert codes(read(p("甲", ole.format("Excel.Sheet.12")) + '<w:altChunk r:id="x"/>')) == ["embedded"]
    assert "内嵌" in read('<w:altChunk r:id="x"/>').problems[0].message


# --- kinds ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        (media.PPT, "D-UNSUPPORTED", "旧版演示文稿"),
        ("video/mp4", "D-UNSUPPORTED", "video/mp4"),
        (media.ENCRYPTED_OOXML, "D-ENCRYPTED", "密码"),
        (media.EMPTY, "D-EMPTY", "0 字节"),
    ],
)
def test_kinds_that_are_not_read_are_named(kind: str, code: str, words: str) -> None:
    document = extractors.read(b"x", kind, ALL)
    assert (codes(document), document.pages, document.media_type) == ([code], (), kind)
    assert words in document.problems[0].message
    assert document.reader == extractors.reader_version(kind)
