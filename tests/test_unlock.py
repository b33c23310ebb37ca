"""Files that open with a password (issue 5; paperless-ngx #8099, #11665, #5181)."""

import hashlib
import io
from collections.abc import Callable

import openpyxl
import pytest
from reportlab.pdfgen.canvas import Canvas

import extractors
from extractors.picture import crop
from extractors.unlock import unlocked
from pipeline import media
from pipeline.model import BBox, Document
from tests.limited import within_memory
from tests.locked import locked_office, locked_pdf, restricted_pdf
from tests.office import codes, p, word
from tests.packed import lzma_zip

ALL = range(1, 100)
PASSWORD = "密码 Fj-2024"  # noqa: S105
WRONG = ("", "falsch", "123456")


def pdf() -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream)
    for number in range(12):
        canvas.drawString(100, 700 - 20 * number, f"line {number} of a page with enough text to be read as text")
    canvas.save()
    return stream.getvalue()


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["示例", 1])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def read(data: bytes, *passwords: str) -> Document:
    return extractors.read(data, media.media_type(data), ALL, passwords)


def old_pdf(data: bytes, password: str) -> bytes:
    return locked_pdf(data, password, revision=3)


@pytest.mark.parametrize(
    ("lock", "data", "password"),
    [
        (locked_pdf, pdf(), PASSWORD),
        (old_pdf, pdf(), "Fj-2024"),
        (locked_office, word(p("示例")), PASSWORD),
        (locked_office, workbook(), PASSWORD),
    ],
    ids=["AES-256 PDF", "RC4 PDF", "DOCX", "XLSX"],
)
def test_a_locked_file_is_read_with_its_password_alone(
    lock: Callable[[bytes, str], bytes], data: bytes, password: str
) -> None:
    locked, plain = lock(data, password), read(data)
    for passwords in ((), WRONG):
        document = read(locked, *passwords)
        assert (codes(document), document.pages) == (["D-ENCRYPTED"], ())
    document = read(locked, *WRONG, password)
    assert plain.pages
    assert [page.blocks for page in document.pages] == [page.blocks for page in plain.pages]
    # What is kept is about the file that came: its bytes, its kind, a key that its reading without one has too.
    kind = media.media_type(locked)
    assert (document.sha256, document.media_type) == (hashlib.sha256(locked).hexdigest(), kind)
    assert document.reader == extractors.reader_version(kind) == read(locked).reader
    assert password not in repr(document) + repr(read(locked, "falsch", password[:-1]))


def test_a_pdf_that_only_forbids_things_opens_without_a_password() -> None:
    assert read(restricted_pdf(pdf())).pages == read(pdf()).pages


def test_a_workbook_that_excel_locks_by_itself_opens() -> None:
    assert read(locked_office(workbook(), "VelvetSweatshop")).pages == read(workbook()).pages


def test_the_message_says_whether_passwords_were_tried() -> None:
    locked = locked_pdf(pdf(), PASSWORD)
    assert "已知的密码" not in read(locked).problems[0].message
    assert "已知的密码都打不开" in read(locked, "falsch").problems[0].message


def test_a_place_is_cut_out_of_the_file_without_its_lock() -> None:
    locked, box = locked_pdf(pdf(), PASSWORD), BBox(100, 80, 300, 100)
    file = extractors.derive(locked, media.PDF, (PASSWORD,))
    assert crop(file.data, file.media_type, 1, box) == crop(pdf(), media.PDF, 1, box)


@pytest.mark.parametrize("data", [b"%PDF-1.4 /Encrypt nonsense", locked_office(workbook(), "a")[:9000], b"x"])
def test_what_is_damaged_as_well_ends_as_a_finding(data: bytes) -> None:
    for kind in (media.PDF, media.ENCRYPTED_OOXML):
        assert codes(extractors.read(data, kind, ALL, ("a",))) in (["D-DAMAGED"], ["D-ENCRYPTED"])


def test_memory_that_runs_out_leaves_open_whether_a_file_is_locked() -> None:
    package = lzma_zip("META-INF/manifest.xml", b"<manifest/>", 3 << 30, media.ODT.encode())
    assert unlocked(package, media.ODT, ()) == package
    with pytest.raises(MemoryError):
        within_memory(512, unlocked, package, media.ODT, ())
