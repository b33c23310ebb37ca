"""`make fuzz SECONDS=60`: random input made to find paths (atheris), so many seconds for each target.

`python -m tests.fuzz 60 [TARGET]`. Each target runs in a process of its own; what crashes one is kept as a file whose
name is printed, to become a fixture and a test. Exit status 1 when there was any.
"""

import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pipeline", "extractors"]):
    from extractors import read_docx, read_html
    from extractors.form import extract
    from pipeline.intake import receive_message
    from pipeline.members import IntakeLimits
    from pipeline.model import Cell, Document, Line, Method, Page, Table
    from pipeline.normalise import normalise
    from pipeline.programme import load_programme

from tests import packed
from tests.mails import attachment, message, multipart, text, zipped
from tests.office import NAMESPACES, word

PROGRAMME = load_programme("fujian-ai-2024")
LIMITS = IntakeLimits(members=200, total_bytes=1 << 22, member_bytes=1 << 20)
PACKAGE = word("")
LONGEST = 1 << 14  # bytes of one input
BODY = "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>申报单位</w:t></w:r></w:p></w:tc></w:tr></w:tbl><w:sdt><w:sdtPr/></w:sdt>"


def intake(data: bytes) -> None:
    receive_message(data, "mail#1", LIMITS)


def docx(data: bytes) -> None:
    """The body of a Word file; the walk over it, whatever stands where."""
    stream = io.BytesIO(PACKAGE)
    out = io.BytesIO()
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            target.writestr(name, data if name == "word/document.xml" else source.read(name))
    read_docx.read(out.getvalue(), range(1, 3))
    read_html.read(data, range(1, 3))


def normalising(data: bytes) -> None:
    """Every kind of field on any text."""
    said = atheris.FuzzedDataProvider(data)
    words, ocr = said.ConsumeUnicodeNoSurrogates(200), said.ConsumeBool()
    for spec in PROGRAMME.fields:
        if spec.kind != "table":
            normalise(spec, words, spec.unit, ocr)


def form(data: bytes) -> None:
    """The form's labels and any text, laid out anyhow."""
    said = atheris.FuzzedDataProvider(data)
    labels = [label for spec in PROGRAMME.fields for label in spec.labels]
    cells, row, column = [], 1, 1
    while said.remaining_bytes() > 4 and len(cells) < 60:
        words = said.PickValueInList(labels) if said.ConsumeBool() else said.ConsumeUnicodeNoSurrogates(12)
        span = said.ConsumeIntInRange(1, 3)
        cells.append(Cell(row, column, said.ConsumeIntInRange(1, 3), span, (Line(words),)))
        row, column = (row + 1, 1) if said.ConsumeBool() else (row, column + span)
    page = Page(1, Method.DOCX, (Line("申报表"), Table(tuple(cells))))
    extract(Document("a" * 64, "application/pdf", "fuzz/1", (page,), 1), PROGRAMME)


TARGETS: dict[str, tuple[Callable[[bytes], None], tuple[bytes, ...]]] = {
    "intake": (
        intake,
        (
            message(multipart(text("请查收。"), attachment("a.zip", zipped({"a.txt": b"a"})))),
            message(multipart(attachment("a.7z", packed.seven_zip({"a.txt": b"a"})))),
            message(multipart(attachment("winmail.dat", packed.tnef(b"words", [(b"a.txt", b"a")])))),
            packed.msg({0x0037: "申报", 0x1000: "请查收"}, [("a.txt", b"a")]),
        ),
    ),
    "docx": (docx, (f"<w:document {NAMESPACES}><w:body>{BODY}</w:body></w:document>".encode(), BODY.encode())),
    "normalise": (normalising, ("1,234.5万元".encode(), "2023年1月1日至2024年3月".encode(), "☑是 ☐否".encode())),
    "form": (form, (b"\x01" * 400, bytes(range(256)) * 2)),
}


def fuzz(name: str, seconds: int) -> None:
    """Inside a process of its own, which ends with what was found."""
    target, seeds = TARGETS[name]
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds):
            (Path(folder) / str(number)).write_bytes(seed)
        options = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=20", "-rss_limit_mb=3000", "-seed=20"]
        atheris.Setup(["fuzz", *options, f"-artifact_prefix=fuzz-{name}-", folder], target)
        atheris.Fuzz()


def main() -> None:
    seconds, names = sys.argv[1], sys.argv[2:] or list(TARGETS)
    failed = []
    for name in names:
        command = [sys.executable, "-m", "tests.fuzz", "--inside", name, seconds]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace", check=False)
        told = done.stderr.splitlines()
        runs = next((line for line in reversed(told) if line.startswith(("Done ", "#"))), "")
        print(f"{name}: {'clean' if done.returncode == 0 else 'CRASHED'}; {runs}", flush=True)
        if done.returncode:
            failed.append(name)
            print("\n".join(told[-40:]))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    if sys.argv[1] == "--inside":
        fuzz(sys.argv[2], int(sys.argv[3]))
    else:
        main()
