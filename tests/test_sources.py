"""Sources: mbox, Maildir, .eml, folders; in a fixed order, never an absolute path."""

import os
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from flows.sources import Source, open_sources
from pipeline.errors import SourceError
from pipeline.intake import LooseFile, LooseFiles, RawMessage
from pipeline.members import LARGEST
from tests.mails import PDF, attachment, message, multipart, text

MAIL = message(multipart(text("正文"), attachment("a.pdf", PDF)))
FROM = b"From a@example.cn Mon Jul  1 09:12:00 2024\r\n"


def opened(*paths: Path, largest: int = LARGEST) -> list[Source]:
    found = open_sources(paths, largest)
    return [replace(one, files=tuple(one.files)) if isinstance(one, LooseFiles) else one for one in found]


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
def test_mbox_gives_back_the_bytes_of_each_mail(tmp_path: Path, newline: bytes) -> None:
    mails = [(MAIL + b"end %d\r\n" % number).replace(b"\r\n", newline) for number in range(3)]
    path = write(tmp_path / "收件箱", b"".join(FROM.replace(b"\r\n", newline) + mail + newline for mail in mails))
    assert opened(path) == [RawMessage(mail, f"收件箱#{number}") for number, mail in enumerate(mails, 1)]


def test_mbox_lines_that_begin_with_from(tmp_path: Path) -> None:
    body = b"Subject: x\n\nwords\n\nFrom here on it is text.\n>From quoted\n>>From twice\n\nFrom the end"
    path = write(tmp_path / "a.mbox", FROM + body + b"\n\n" + FROM + b"Subject: y\n\ntext\n")
    first, second = opened(path)
    assert isinstance(first, RawMessage)
    assert first.raw == body.replace(b">From quoted", b"From quoted").replace(b">>From", b">From") + b"\n"
    assert second == RawMessage(b"Subject: y\n\ntext\n", "a.mbox#2")


def test_mbox_without_blank_lines_between_mails(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mbox", (FROM + b"Subject: x\n\ntext\n") * 2)
    assert [source.where for source in opened(path)] == ["a.mbox#1", "a.mbox#2"]


def test_mbox_is_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "big.mbox"
    with path.open("wb") as stream:
        for number in range(40):
            stream.write(
                FROM + b"Subject: %d\n\n" % number + b"x" * 75 * 1 + b"\n" + (b"A" * 76 + b"\n") * 6_500 + b"\n"
            )
    tracemalloc.start()
    assert sum(1 for _ in open_sources([path])) == 40
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size > 20_000_000
    assert peak < 6_000_000


def peak_of(*paths: Path, largest: int) -> tuple[list[Source], int]:
    """What was opened, and the bytes that this took at most."""
    tracemalloc.start()
    found = opened(*paths, largest=largest)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found, peak


@pytest.mark.parametrize("newline", [b"\n", b""])
def test_of_a_giant_mail_only_the_beginning_is_read(tmp_path: Path, newline: bytes) -> None:
    """A mail of 40 MB in lines, and one in a single line, between two others; the limit is 1 MB."""
    giant, lines = b"Subject: giant\n\n", 520_000
    path = tmp_path / "a.mbox"
    with path.open("wb") as stream:
        stream.write(FROM + b"Subject: before\n\ntext\n\n" + FROM + giant)
        for _ in range(lines // 1000):
            stream.write((b"A" * 76 + newline) * 1000)
        stream.write(b"\n\n" + FROM + b"Subject: after\n\ntext\n")
    found, peak = peak_of(path, largest=1 << 20)
    before, cut, after = found
    assert (before, after) == (
        RawMessage(b"Subject: before\n\ntext\n", "a.mbox#1"),
        RawMessage(b"Subject: after\n\ntext\n", "a.mbox#3"),
    )
    assert isinstance(cut, RawMessage)
    assert cut.raw.startswith(giant + b"AAAA")
    assert len(cut.raw) == 1 << 16
    assert abs(cut.cut_from - (len(giant) + lines * len(b"A" * 76 + newline))) <= 2
    assert peak < 4 << 20


def test_giant_files_and_folders_are_not_held_in_memory(tmp_path: Path) -> None:
    folder = tmp_path / "来件"
    for name, size in {"video.bin": 40 << 20, "a.eml": 3 << 20, "甲/1.pdf": 1 << 20, "甲/2.pdf": 2 << 20}.items():
        with write(folder / name, b"Subject: x\n\n").open("r+b") as stream:
            stream.truncate(size)
    for number in range(30):
        write(folder / "乙" / f"{number:02}.pdf", PDF + b"x" * (1 << 20))
    tracemalloc.start()
    found = []
    for one in open_sources([folder], 2 << 20):
        files = [LooseFile("", one.raw, one.cut_from)] if isinstance(one, RawMessage) else one.files
        found.append([(file.name, len(file.data), file.cut_from) for file in files])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    mail, video, thirty, two = found
    assert (mail, video) == ([("", 1 << 16, 3 << 20)], [("video.bin", 1 << 16, 40 << 20)])
    assert len(thirty) == 30
    assert two == [("1.pdf", 1 << 20, 0), ("2.pdf", 2 << 20, 0)]
    assert peak < 8 << 20


def test_an_empty_mbox_has_no_mails(tmp_path: Path) -> None:
    assert opened(write(tmp_path / "a.mbox", b"")) == []


def test_eml_files(tmp_path: Path) -> None:
    odd = write(tmp_path / "b.eml", b"no headers\n")
    assert opened(write(tmp_path / "a.eml", MAIL), odd) == [
        RawMessage(MAIL, "a.eml"),
        RawMessage(b"no headers\n", "b.eml"),
    ]


def test_maildir(tmp_path: Path) -> None:
    for name in ("new/2.host", "cur/1.host:2,S", "tmp/3.host"):
        write(tmp_path / "Maildir" / name, MAIL)
    assert opened(tmp_path / "Maildir") == [RawMessage(MAIL, f"Maildir#{number}") for number in (1, 2)]


def test_a_mixed_folder(tmp_path: Path) -> None:
    folder = tmp_path / "来件"
    for name, data in {
        "2.pdf": PDF,
        "1.eml": MAIL,
        "3.mbox": FROM + MAIL,
        "公司甲/申报表.pdf": PDF,
        "公司甲/证明/执照.pdf": PDF + b"x",
        "公司甲/往来.eml": MAIL,
        "空/.keep/x": b"",
    }.items():
        write(folder / name, data)
    assert opened(folder) == [
        RawMessage(MAIL, "来件/1.eml"),
        LooseFiles((LooseFile("2.pdf", PDF),), "来件"),
        RawMessage(MAIL, "来件/3.mbox#1"),
        RawMessage(MAIL, "来件/公司甲/往来.eml"),
        LooseFiles((LooseFile("申报表.pdf", PDF), LooseFile("证明/执照.pdf", PDF + b"x")), "来件/公司甲"),
        LooseFiles((LooseFile(".keep/x", b""),), "来件/空"),
    ]


def test_paths_are_never_absolute(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b" / "c.pdf", PDF)
    assert all(str(tmp_path) not in source.where for source in opened(tmp_path / "a", tmp_path / "a" / "b" / "c.pdf"))


def test_a_missing_source_is_told_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="There is no"):
        open_sources([write(tmp_path / "a.eml", MAIL), tmp_path / "missing"])


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "outside.pdf", PDF)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link.pdf").symlink_to(tmp_path / "outside.pdf")
    with pytest.raises(SourceError, match="link"):
        opened(tmp_path / "folder")


def test_a_file_that_goes_away_is_told(tmp_path: Path) -> None:
    (source,) = open_sources([write(tmp_path / "a.pdf", PDF)])
    (tmp_path / "a.pdf").unlink()
    assert isinstance(source, LooseFiles)
    with pytest.raises(SourceError, match=r"a\.pdf cannot be read: .*No such file"):
        list(source.files)


def test_special_files_are_no_sources(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="neither"):
        open_sources([tmp_path / "pipe"])
