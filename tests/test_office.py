"""Old office files through a real LibreOffice: what it may not do, and what becomes of files that it cannot open
(issue 5; docling #3819, unstructured #2891, loeclipse #174)."""

import os
import subprocess
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import docx
import openpyxl
import psutil
import pytest

import extractors
from extractors import office
from extractors.excerpt import draw_excerpt
from pipeline import media
from pipeline.model import Document, Evidence, Method
from tests.office import cell, codes, lines, only_table

ALL = range(1, 100)


def read(data: bytes) -> Document:
    return extractors.read(data, media.media_type(data), ALL)


def written(data: bytes, suffix: str, target: str, folder: Path) -> bytes:
    """The file as LibreOffice writes it in an old format."""
    (folder / f"a{suffix}").write_bytes(data)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        target,
        "--outdir",
        str(folder),
        str(folder / f"a{suffix}"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return (folder / f"a.{target}").read_bytes()


def word_form() -> bytes:
    document = docx.Document()
    document.add_paragraph("申报表")
    table = document.add_table(2, 2)
    for row, texts in zip(table.rows, (("项目名称", "示例平台"), ("联系人", "示例人员")), strict=True):
        row.cells[0].text, row.cells[1].text = texts
    document.add_paragraph("以上属实")  # LibreOffice writes no table that ends a .doc
    stream = BytesIO()
    document.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("text_kind", "table_kind", "kinds"),
    [("doc", "xls", [media.DOC, media.XLS]), ("odt", "ods", [media.ODT, media.ODS])],
)
def test_other_office_formats_are_read_side_by_side(
    text_kind: str, table_kind: str, kinds: list[str], tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["项目名称", "示例平台", 864000])
    table = BytesIO()
    book.save(table)
    form = word_form()
    (tmp_path / text_kind).mkdir()
    (tmp_path / table_kind).mkdir()
    with ThreadPoolExecutor(2) as pool:
        text = pool.submit(written, form, ".docx", text_kind, tmp_path / text_kind)
        sheets = pool.submit(written, table.getvalue(), ".xlsx", table_kind, tmp_path / table_kind)
        files = [text.result(), sheets.result()]
        assert [media.media_type(data) for data in files] == kinds
        document, sheet = pool.map(read, files)
    assert lines(document) == ["申报表", "以上属实"]
    assert cell(only_table(document), 2, 2).text == "示例人员"
    assert [found.text for found in only_table(sheet).cells] == ["项目名称", "示例平台", "864000"]
    # What is said is of the file that came, and a place in it can be shown.
    assert (document.media_type, document.reader) == (kinds[0], extractors.reader_version(kinds[0]))
    assert office.version() in document.reader
    assert document.sha256 == sha256(files[0]).hexdigest()
    place = Evidence(document.sha256, Method.DOCX, None, "表1 第2行第2列", None, "示例人员", 1.0)
    assert (draw_excerpt(document, place) or b"").startswith(b"\x89PNG")


def test_rich_text_is_read_and_nothing_that_it_links_to_is_fetched() -> None:
    asked: list[str] = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_OPTIONS = do_PROPFIND = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    link = f"http://127.0.0.1:{server.server_port}/x.png"
    field = r'{\field{\*\fldinst %s "LINK"}{\fldrslt }}'.replace("LINK", link)
    fields = (field.replace("%s", kind) for kind in ("INCLUDEPICTURE", "INCLUDETEXT", "LINK Excel.Sheet.8"))
    rtf = r"{\rtf1\ansi\ansicpg936 TEXT\'ca\'be\'c0\'fd\par}".replace("TEXT", "".join(fields))
    document = read(rtf.encode())
    server.shutdown()
    server.server_close()
    assert "示例" in "".join(lines(document))
    assert asked == []


# --- without it, or with one that misbehaves -----------------------------------------------------------


def test_without_libreoffice_the_way_to_install_it_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with_it = extractors.reader_version(media.RTF)
    monkeypatch.setenv("PATH", str(tmp_path))
    document = read(b"{\\rtf1 x}")
    assert codes(document) == ["D-UNSUPPORTED"]
    assert "apt-get install libreoffice-writer" in document.problems[0].message
    # Once it is there the file is read: what was said without it is not kept under the same key.
    assert document.reader == extractors.reader_version(media.RTF) != with_it


@pytest.mark.parametrize(
    ("script", "code", "tries"),
    [
        ("sleep 600 & sleep 600", "D-TOO-LARGE", office.TRIES),
        ("exit 81", "D-DAMAGED", office.TRIES),
        ("kill -SEGV $$", "D-DAMAGED", office.TRIES),
    ],
)
def test_one_that_hangs_or_crashes_is_tried_twice_and_leaves_nothing_behind(
    script: str, code: str, tries: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls = tmp_path / "calls"
    program = tmp_path / "bin" / "soffice"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho $$ >> {calls}\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr(office, "SECONDS", 1)
    assert codes(read(b"{\\rtf1 x}")) == [code]
    assert len(calls.read_text().splitlines()) == tries
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not [
        process for process in psutil.process_iter(["cmdline"]) if str(program) in (process.info["cmdline"] or [])
    ]


def test_a_locked_text_document_is_called_locked() -> None:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("mimetype", media.ODT)
        package.writestr("META-INF/manifest.xml", "<manifest:encryption-data/>")
    assert codes(read(stream.getvalue())) == ["D-ENCRYPTED"]
