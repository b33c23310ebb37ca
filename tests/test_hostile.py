"""What is sent to do harm: bombs, endless documents, links to the outside. Each shows a limit hold."""

import io
import struct
import threading
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pikepdf
import pytest
from reportlab.pdfgen.canvas import Canvas

from extractors import read_docx, read_image, read_pdf, read_xlsx
from extractors.picture import crop
from flows.settings import Settings
from pipeline import media
from pipeline.intake import receive_message
from pipeline.members import IntakeLimits
from pipeline.model import Document, Line, Table
from tests.mails import attachment, message, multipart, text, zipped
from tests.office import repacked, word

FIRST = range(1, 3)


def said(document: Document) -> str:
    """All that a document says, tables included."""
    blocks = [block for page in document.pages for block in page.blocks]
    tables = [block for block in blocks if isinstance(block, Table)]
    lines = [line for line in blocks if isinstance(line, Line)]
    return "\n".join([line.text for line in lines] + [cell.text for table in tables for cell in table.cells])


def codes(document: Document) -> list[str]:
    return [problem.code for problem in document.problems]


# --- XML ------------------------------------------------------------------------------------------------

LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
BILLION = f'<!DOCTYPE x [<!ENTITY a0 "lol">{LAUGHS}]>'
QUADRATIC = f'<!DOCTYPE x [<!ENTITY a9 "{"A" * 100_000}">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a9 SYSTEM "file:///etc/passwd">]>'
REMOTE = '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd" [<!ENTITY a9 "x">]>'


@pytest.mark.parametrize("declared", [BILLION, QUADRATIC, OUTSIDE, REMOTE])
def test_entities_of_a_word_file_are_not_expanded(declared: str) -> None:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = f"<w:p><w:r><w:t>申报单位{'&a9;' * 2_000}</w:t></w:r></w:p>"
    xml = f'<?xml version="1.0"?>{declared}<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>'
    document = read_docx.read(repacked(word(""), {"word/document.xml": xml.encode()}), FIRST)
    assert len(said(document)) < 1_000
    assert "root:" not in said(document)


@pytest.mark.parametrize("declared", [BILLION, QUADRATIC, OUTSIDE, REMOTE])
def test_entities_of_a_workbook_are_not_expanded(declared: str) -> None:
    import openpyxl

    book, data = openpyxl.Workbook(), io.BytesIO()
    book.worksheets[0]["A1"] = "申报单位"
    book.save(data)
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    xml = f'<?xml version="1.0"?>{declared}<sst xmlns="{space}"><si><t>{"&a9;" * 2_000}</t></si></sst>'
    document = read_xlsx.read(repacked(data.getvalue(), {"xl/sharedStrings.xml": xml.encode()}), FIRST)
    assert len(said(document)) < 1_000
    assert "root:" not in said(document)


def test_a_part_of_a_word_file_that_expands_without_end_is_not_read() -> None:
    bomb = b"<w:document>" + b" " * (60 << 20)
    document = read_docx.read(repacked(word(""), {"word/document.xml": bomb}), FIRST)
    assert codes(document) == ["D-TOO-LARGE"]


# --- pages and pixels -----------------------------------------------------------------------------------


def test_of_ten_thousand_pages_the_first_are_read() -> None:
    data = io.BytesIO()
    canvas = Canvas(data, pageCompression=0)
    for number in range(10_000):
        canvas.drawString(72, 700, f"page {number + 1} of many, with words enough to be a page of its own")
        canvas.showPage()
    canvas.save()
    started = time.process_time()
    document = read_pdf.read(data.getvalue(), FIRST)
    assert document.page_count == 10_000
    assert [page.number for page in document.pages] == [1, 2]
    assert time.process_time() - started < Settings().read_seconds


def png_of(width: int, height: int) -> bytes:
    """A white picture that is small as a file, however many pixels it says it has."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packer = zlib.compressobj(9)
    row = b"\0" + b"\xff" * ((width + 7) // 8)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def test_a_picture_of_thirty_thousand_pixels_is_not_decoded() -> None:
    data = png_of(30_000, 30_000)
    assert len(data) < 1 << 20
    assert codes(read_image.read(data, FIRST)) == ["D-TOO-LARGE"]
    assert crop(data, media.PNG, 1, None) is None


# --- what a document asks for, or brings along ------------------------------------------------------------


@pytest.fixture
def calls() -> Iterator[tuple[str, list[str]]]:
    """A web server on this machine, and what was asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_HEAD = do_OPTIONS = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_external_relations_of_a_word_file_are_never_fetched(calls: tuple[str, list[str]]) -> None:
    address, asked = calls
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kinds = ("attachedTemplate", "image", "aFChunk", "oleObject", "frame", "subDocument", "styles", "officeDocument")
    relations = "".join(
        f'<Relationship Id="x{n}" Type="{office}/{kind}" Target="{address}/{kind}" TargetMode="External"/>'
        for n, kind in enumerate(kinds)
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    rels = f'<Relationships xmlns="{space}">{relations}</Relationships>'.encode()
    picture = '<w:p><w:r><w:drawing><a:blip r:link="x1"/></w:drawing></w:r></w:p><w:altChunk r:id="x2"/>'
    data = repacked(
        word(f"<w:p><w:r><w:t>申报单位</w:t></w:r></w:p>{picture}"),
        {"word/_rels/document.xml.rels": rels, "word/_rels/settings.xml.rels": rels},
    )
    document = read_docx.read(data, FIRST)
    assert said(document) == "申报单位"
    assert not asked


def pdf_with_guests(address: str) -> bytes:
    data = io.BytesIO()
    canvas = Canvas(data)
    canvas.drawString(72, 700, "A page with words enough to be read as the text that it is, and no more.")
    canvas.showPage()
    canvas.save()
    with pikepdf.open(io.BytesIO(data.getvalue())) as pdf:
        pdf.attachments["申报表\u202e.exe"] = b"MZ"
        script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=f"app.launchURL('{address}/js')")
        names = pikepdf.Array([pikepdf.String("run"), pdf.make_indirect(script)])
        pdf.Root.Names.JavaScript = pikepdf.Dictionary(Names=names)
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.URI, URI=f"{address}/open")
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def test_scripts_and_files_in_a_pdf_are_named_and_neither_run_nor_opened(calls: tuple[str, list[str]]) -> None:
    address, asked = calls
    document = read_pdf.read(pdf_with_guests(address), FIRST)
    assert codes(document) == ["embedded", "scripts"]
    assert "申报表.exe" in document.problems[0].message
    assert len(document.pages) == 1
    assert not asked


# --- mails ----------------------------------------------------------------------------------------------


def test_a_mail_of_a_hundred_thousand_parts_stops_at_the_limit() -> None:
    part = b"--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n%PDF-1.4 x\r\n"
    raw = message(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 100_000 + b"--b--\r\n")
    limits = IntakeLimits(members=200)
    submission = receive_message(raw, "mail#1", limits).submission
    assert len(submission.items) == limits.members
    assert submission.items[0].problem is not None
    assert submission.items[0].problem.code == "D-TOO-LARGE"


@pytest.mark.parametrize(
    "parts",
    [
        b"Content-Type: message/rfc822\n\n" * 4500,
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(2400)),
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 27_000,
    ],
    ids=["mails within mails", "parts within parts", "empty parts"],
)
def test_a_mail_of_136_kb_takes_no_hundreds_of_mb(parts: bytes) -> None:
    tracemalloc.start()
    try:
        receive_message(message(parts), "mail#1", IntakeLimits())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50 << 20


def test_the_body_of_a_mail_is_not_held_beside_its_parts() -> None:
    raw = message(multipart(attachment("a.pdf", b"%PDF-1.4 " + bytes(8 << 20))))
    tracemalloc.start()
    try:
        receive_message(raw, "mail#1", IntakeLimits())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * len(raw)  # body, section, part, and what decoding it takes


def test_an_archive_that_holds_itself_many_times_over_stops_at_the_limits() -> None:
    data = b"0" * 10_000
    for _ in range(4):
        data = zipped({f"{n}.zip": data for n in range(8)})  # 4,096 files in a few kB
    limits = IntakeLimits(members=200)
    submission = receive_message(message(multipart(attachment("42.zip", data))), "mail#1", limits).submission
    open_at_once = 5 * 8  # the members of the archives that were open when the limit was reached have their rows
    assert len(submission.items) <= limits.members + open_at_once
    problems = [item.problem for item in submission.items if item.problem]
    assert "D-TOO-LARGE" in {problem.code for problem in problems}


def test_a_header_without_end_and_a_line_without_end() -> None:
    submission = receive_message(b"Subject: " + b"x" * 5_000_000 + b"\n\nwords", "mail#1", IntakeLimits()).submission
    assert len(submission.subject) <= 1 << 16
    submission = receive_message(message(text("y" * 5_000_000)), "mail#1", IntakeLimits()).submission
    assert len(submission.text) <= 200_000


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("申" * 5_000 + ".docx", "申" * 194 + "….docx"),
        ("申报\u202excod.exe", "申报xcod.exe"),
        ("申\x00报\x1b[31m表\r\n.pdf", "申报[31m表.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\win.ini", "win.ini"),
    ],
)
def test_names_are_shortened_and_cleared(name: str, shown: str) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(zipfile.ZipInfo("x"), b"%PDF-1.4 x")
        archive.infolist()[0].filename = name
    submission = receive_message(message(multipart(attachment("a.zip", stream.getvalue()))), "m", IntakeLimits())
    found = submission.submission.items[-1]
    assert found.name == shown
    assert ".." not in Path(found.path).parts
    assert len(found.path) < 1_000
