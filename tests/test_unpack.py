"""7z, RAR, TAR and the rest: names, locks, damage and bombs as with ZIP (issue 5)."""

import bz2
import gzip
import io
import lzma
import os
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import py7zr
import pytest

from pipeline import unpack
from pipeline.members import MIB, ArchiveError, IntakeLimits, Member
from tests.packed import rar4, rar5, seven_zip, tar

LIMITS = IntakeLimits()
NAME = "申报材料/申报表（镕）.docx"
PARTS = ("申报材料", "申报表（镕）.docx")


def members(data: bytes, name: str = "材料.7z", limits: IntakeLimits = LIMITS, *passwords: str) -> list[Member]:
    found: list[Member] = []
    left = lambda: limits.total_bytes - sum(len(member.data or b"") for member in found)  # noqa: E731
    for member in unpack.unpack(data, name, limits, limits.members, left, passwords):
        found.append(member)
    return found


def problems(data: bytes, *passwords: str) -> list[str]:
    """The findings on the members, or the one on the archive."""
    try:
        return [member.problem.code for member in members(data, "a", LIMITS, *passwords) if member.problem]
    except ArchiveError as error:
        return [error.problem.code]


@pytest.mark.parametrize(
    "data",
    [
        seven_zip({NAME: b"x"}),
        rar4(NAME.replace("/", "\\").encode("gb18030"), b"x"),
        rar4(NAME.encode(), b"x"),
        rar5(NAME, b"x"),
        tar({NAME: b"x"}),
        tar({NAME: b"x"}, encoding="gb18030"),
        tar({NAME: b"x"}, "w:gz"),
        tar({NAME: b"x"}, "w:bz2"),
        tar({NAME: b"x"}, "w:xz", encoding="gb18030"),
    ],
    ids=["7z", "rar-gbk", "rar-utf8", "rar5", "tar", "tar-gbk", "tar.gz", "tar.bz2", "tar.xz-gbk"],
)
def test_members_and_their_names(data: bytes) -> None:
    assert members(data) == [Member(PARTS, 1, b"x")]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_one_file_packed_alone_is_named_by_its_archive(pack: object) -> None:
    assert callable(pack)
    assert members(pack(b"text"), "申报表.docx.gz") == [Member(("申报表.docx",), 4, b"text")]


@pytest.mark.parametrize("pack", [seven_zip, tar])
def test_names_survive_a_locale_that_cannot_write_them(pack: object, tmp_path: Path) -> None:
    assert callable(pack)
    (tmp_path / "a").write_bytes(pack({NAME: b"x"}))
    code = (
        "import pathlib, sys\nfrom pipeline import unpack\nfrom pipeline.members import IntakeLimits\n"
        "data = pathlib.Path(sys.argv[1]).read_bytes()\n"
        "(member,) = unpack.unpack(data, 'a', IntakeLimits(), 9, lambda: 99)\nprint(ascii(member.parts))"
    )
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0"}
    command = [sys.executable, "-c", code, str(tmp_path / "a")]
    result = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert result.stdout.strip() == ascii(PARTS)


def test_without_the_library_the_file_is_named_and_the_way_to_install_it_told() -> None:
    code = (
        "from tests.test_unpack import *\n"
        "try: members(tar({NAME: b'x'}))\n"
        "except ArchiveError as error: print(error.problem.code, error.problem.message)"
    )
    environment = {**os.environ, "LIBARCHIVE": "/nonexistent/libarchive.so"}
    result = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
    assert result.stdout.startswith("D-UNSUPPORTED")
    assert "apt-get install libarchive13" in result.stdout


def test_folders_are_no_members_and_links_lead_nowhere() -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, kind in (
            ("a", tarfile.DIRTYPE),
            ("b", tarfile.SYMTYPE),
            ("c", tarfile.LNKTYPE),
            ("d", tarfile.FIFOTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    found = members(stream.getvalue())
    assert [(m.parts, m.data, m.problem.code if m.problem else "") for m in found] == [
        (("b",), None, "D-UNSUPPORTED"),
        (("c",), None, "D-UNSUPPORTED"),
        (("d",), None, "D-UNSUPPORTED"),
    ]


@pytest.mark.parametrize("data", [tar({"../../etc/cron.d/x": b"x"}), rar5("/etc/../cron.d/x", b"x")])
def test_names_are_never_paths(data: bytes) -> None:
    (member,) = members(data)
    assert ".." not in member.parts
    assert member.parts[-2:] == ("cron.d", "x")


@pytest.mark.parametrize(
    "data",
    [
        seven_zip({NAME: b"x" * 999})[:-20],
        tar({NAME: b"x" * 999}, "w:gz")[:-30],
        b"Rar!\x1a\x07\x00" + bytes(40),
        b"\xfd7zXZ\x00" + bytes(40),
    ],
)
def test_a_damaged_archive(data: bytes) -> None:
    assert problems(data) == ["D-DAMAGED"]


def test_a_damaged_member_costs_only_itself() -> None:
    stored = [{"id": py7zr.FILTER_COPY}]
    stream = io.BytesIO()
    with py7zr.SevenZipFile(stream, "w", filters=stored) as archive:
        archive.writestr(b"first" * 9, "a.txt")
        archive.writestr(b"second" * 9, "b.txt")
    first, second = members(stream.getvalue().replace(b"first", b"tsrif", 1))
    assert (first.data, first.problem and first.problem.code) == (None, "D-DAMAGED")
    assert second.data == b"second" * 9


# --- limits -------------------------------------------------------------------------------------------


def test_more_members_than_allowed() -> None:
    walk = unpack.unpack(tar({f"{n}": b"x" for n in range(5)}), "a.tar", LIMITS, 3, lambda: 99)
    assert [next(walk).parts for _ in range(3)] == [("0",), ("1",), ("2",)]
    with pytest.raises(ArchiveError) as error:
        next(walk)
    assert error.value.problem.code == "D-TOO-LARGE"


@pytest.mark.parametrize("pack", [seven_zip, tar])
def test_bytes_are_limited_by_member_and_in_all(pack: object) -> None:
    assert callable(pack)
    limits = IntakeLimits(member_bytes=100, total_bytes=100)
    data = pack({"a": b"x" * 60, "b": b"x" * 60, "c": b"x" * 30, "d": b"x" * 101})
    codes = [member.problem.code if member.problem else "" for member in members(data, limits=limits)]
    assert codes == ["", "D-TOO-LARGE", "", "D-TOO-LARGE"]


def test_what_is_only_passed_over_is_limited_too() -> None:
    limits = IntakeLimits(member_bytes=10, total_bytes=100)
    with pytest.raises(ArchiveError) as error:
        members(tar({f"{n}": b"x" * 300 for n in range(3)}), limits=limits)
    assert error.value.problem.code == "D-TOO-LARGE"


def test_a_bomb_is_told_by_its_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "RATIO_MATTERS", 100_000)
    (bomb,) = members(gzip.compress(bytes(10 * MIB)), "a.gz", IntakeLimits(ratio=50))
    assert (bomb.data, bomb.problem and bomb.problem.code) == (None, "D-TOO-LARGE")


# --- locks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names_locked", [False, True])
@pytest.mark.parametrize("passwords", [(), ("falsch", "")])
def test_a_locked_7z_stays_closed(names_locked: bool, passwords: tuple[str, ...]) -> None:
    data = seven_zip({NAME: b"x" * 999}, "密码2024", names_locked=names_locked)
    assert problems(data, *passwords) == ["D-ENCRYPTED"]


@pytest.mark.parametrize("names_locked", [False, True])
def test_a_locked_7z_opens(names_locked: bool) -> None:
    data = seven_zip({NAME: b"x" * 999, "empty.txt": b""}, "密码2024", names_locked=names_locked)
    found = members(data, "a.7z", LIMITS, "falsch", "密码2024")
    assert found == [Member(PARTS, 999, b"x" * 999), Member(("empty.txt",), 0, b"")]


def test_a_locked_7z_keeps_to_the_limits_and_to_one_row_a_member() -> None:
    stream = io.BytesIO()
    with py7zr.SevenZipFile(stream, "w", password="a1") as archive:
        for data in (b"1" * 60, b"2" * 60, b"3" * 30):
            archive.writestr(data, "same.txt")
    found = members(stream.getvalue(), "a.7z", IntakeLimits(total_bytes=100), "a1")
    assert [(member.parts, member.data) for member in found] == [
        (("same.txt",), b"1" * 60),
        (("same.txt",), None),
        (("same.txt",), b"3" * 30),
    ]


@pytest.mark.parametrize("kind", [stat.S_IFSOCK, stat.S_IFLNK])
def test_what_is_no_file_in_a_locked_7z_costs_its_own_row(kind: int) -> None:
    stream = io.BytesIO()
    with py7zr.SevenZipFile(stream, "w", password="a1") as archive:
        archive.writestr(b"%PDF-1.4", "a.pdf")
        archive.writestr(b"a.pdf", "b")
        archive.header.files_info.files[-1]["attributes"] = 0x8000 | (kind | 0o644) << 16  # the Unix extension
    found = members(stream.getvalue(), "a.7z", LIMITS, "a1")
    told = [(member.parts, member.data, member.problem and member.problem.code) for member in found]
    assert told == [(("a.pdf",), b"%PDF-1.4", None), (("b",), None, "D-UNSUPPORTED")]


def test_memory_that_runs_out_is_no_wrong_password(tmp_path: Path) -> None:
    """Where the worker's limit holds, the mail's own row says D-TOO-LARGE (tests/test_isolation.py)."""
    (tmp_path / "large.7z").write_bytes(seven_zip({NAME: bytes(128 * MIB)}, "a1"))
    limited = (
        "import resource, sys, pathlib\n"
        "from pipeline import unpack\n"
        "from pipeline.members import IntakeLimits\n"
        "data = pathlib.Path(sys.argv[1]).read_bytes()\n"
        "size = 128 << 20\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (size, size))\n"
        "list(unpack.unpack(data, 'a.7z', IntakeLimits(), 9, lambda: 1 << 30, ('a1',)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, tmp_path / "large.7z"], capture_output=True, text=True, check=False
    )
    assert done.stderr.rstrip().endswith("MemoryError")


def test_a_locked_rar_is_named_as_locked() -> None:
    assert problems(rar4(b"a.docx", b"x" * 32, flags=0x04), "a1") == ["D-ENCRYPTED"]
