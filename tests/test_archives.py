"""ZIP archives of strangers: names, locks, damage, bombs."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest

from pipeline import archives
from pipeline.archives import unzip
from pipeline.members import ArchiveError, IntakeLimits, Member
from tests.mails import zipped
from tests.packed import locked_zip, zip_crypto

LIMITS = IntakeLimits()
NAME = "申报材料/申报表（镕）.docx"


def members(data: bytes, limits: IntakeLimits = LIMITS) -> list[Member]:
    found: list[Member] = []
    for member in unzip(
        data, limits, limits.members, lambda: limits.total_bytes - sum(len(m.data or b"") for m in found)
    ):
        found.append(member)
    return found


def raw_zip(name: bytes, data: bytes, flags: int = 0, method: int = 0, extra: bytes = b"", local: bytes = b"") -> bytes:
    """One stored member, byte by byte (APPNOTE.TXT 4.3), with a name that zipfile would not write."""
    local = local or name
    fixed = struct.pack("<HHHHIII", flags, method, 0, 0x58E1, zlib.crc32(data), len(data), len(data))
    body = b"PK\x03\x04" + struct.pack("<H", 20) + fixed + struct.pack("<HH", len(local), 0) + local + data
    directory = b"PK\x01\x02" + struct.pack("<HH", 20, 20) + fixed
    directory += struct.pack("<HHHHHII", len(name), len(extra), 0, 0, 0, 0, 0) + name + extra
    return body + directory + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(directory), len(body), 0)


def unicode_path(raw: bytes, name: str, crc: int | None = None) -> bytes:
    field = struct.pack("<BI", 1, zlib.crc32(raw) if crc is None else crc) + name.encode()
    return struct.pack("<HH", 0x7075, len(field)) + field


@pytest.mark.parametrize(
    "data",
    [
        raw_zip(NAME.encode(), b"x", flags=0x800),
        raw_zip(NAME.encode("gb18030"), b"x"),
        raw_zip(NAME.encode(), b"x"),
        raw_zip(NAME.encode("gb18030"), b"x", flags=0x800),
        raw_zip(b"ascii.docx", b"x", extra=unicode_path(b"ascii.docx", NAME)),
        raw_zip(NAME.encode("gb18030"), b"x", extra=unicode_path(b"other", "stale.docx")),
        raw_zip(NAME.encode(), b"x", flags=0x800, local=NAME.encode("gb18030")),
        b"MZ self-extracting stub" + raw_zip(NAME.encode("gb18030"), b"x"),
    ],
    ids=["flag", "gbk", "utf-8", "wrong-flag", "unicode-path", "stale-unicode-path", "headers-differ", "with-stub"],
)
def test_member_names(data: bytes) -> None:
    assert members(data) == [Member(("申报材料", "申报表（镕）.docx"), 1, b"x")]


def test_names_are_never_paths() -> None:
    assert [member.parts for member in members(raw_zip(b"../../etc/cron.d/x", b"x"))] == [("etc", "cron.d", "x")]
    assert [member.parts for member in members(raw_zip(b"..", b"x"))] == [("未命名文件",)]


def test_folders_are_no_members() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.mkdir("材料")
        archive.writestr("材料/a.txt", "a")
    assert [member.parts for member in members(stream.getvalue())] == [("材料", "a.txt")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (raw_zip(b"a.pdf", b"secret", flags=1), "D-ENCRYPTED"),
        (raw_zip(b"a.pdf", b"text", method=9), "D-UNSUPPORTED"),
        (raw_zip(b"a.pdf", b"text").replace(b"text", b"tixt"), "D-DAMAGED"),
        (raw_zip(b"a.pdf", b"not deflated", method=8), "D-DAMAGED"),
    ],
)
def test_a_member_that_cannot_be_had(data: bytes, code: str) -> None:
    (member,) = members(data)
    assert member.data is None
    assert member.problem is not None
    assert member.problem.code == code
    assert member.size > 0


@pytest.mark.parametrize("data", [b"PK\x03\x04", raw_zip(b"a", b"x")[:-30], b"PK\x05\x06" + b"\xff" * 18])
def test_a_damaged_archive(data: bytes) -> None:
    with pytest.raises(ArchiveError) as error:
        unzip(data, LIMITS, 10, lambda: 10)
    assert error.value.problem.code == "D-DAMAGED"


def test_too_many_members_open_none() -> None:
    with pytest.raises(ArchiveError) as error:
        unzip(raw_zip(b"a", b"x"), LIMITS, 0, lambda: 10)
    assert error.value.problem.code == "D-TOO-LARGE"


def test_bytes_are_limited_by_member_and_in_all() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, size in (("a", 60), ("b", 60), ("c", 30), ("d", 101)):
            archive.writestr(name, b"x" * size)
    limits = IntakeLimits(member_bytes=100, total_bytes=100)
    codes = [member.problem.code if member.problem else "" for member in members(stream.getvalue(), limits)]
    assert codes == ["", "D-TOO-LARGE", "", "D-TOO-LARGE"]


def test_a_bomb_is_told_by_its_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "RATIO_MATTERS", 100_000)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", b"\0" * 1_000_000)
        archive.writestr("small", b"\0" * 10_000)
    bomb, small = members(stream.getvalue())
    assert bomb.problem is not None
    assert bomb.problem.code == "D-TOO-LARGE"
    assert small.data == b"\0" * 10_000


def test_a_size_that_lies_expands_no_further() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"\0" * 1_000_000)
    data = stream.getvalue().replace(struct.pack("<I", 1_000_000), struct.pack("<I", 10))
    (member,) = members(data)
    assert member.data is None
    assert member.problem is not None
    assert member.problem.code == "D-DAMAGED"


# --- locks --------------------------------------------------------------------------------------------


Pack = Callable[[dict[str, bytes], bytes], bytes]


def opened(data: bytes, *passwords: str) -> list[Member]:
    return list(unzip(data, LIMITS, LIMITS.members, lambda: LIMITS.total_bytes, passwords))


@pytest.mark.parametrize("pack", [locked_zip, zip_crypto])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_locked_member_opens_with_the_right_password(pack: Pack, encoding: str) -> None:
    packed = pack({NAME: b"text" * 99, "b.txt": b"", "c.txt": b"c"}, "密码2024".encode(encoding))
    found = opened(packed, "falsch", "x" * 80, "密码2024")
    assert [member.data for member in found] == [b"text" * 99, b"", b"c"]
    assert found[0].parts == ("申报材料", "申报表（镕）.docx")


def test_members_may_have_locks_of_their_own() -> None:
    packed = zipped({"a.zip": locked_zip({"a": b"1"}, b"one"), "b.zip": zip_crypto({"b": b"2"}, b"two")})
    inner = [opened(member.data or b"", "three", "two", "one") for member in opened(packed)]
    assert [member.data for (member,) in inner] == [b"1", b"2"]


@pytest.mark.parametrize("pack", [locked_zip, zip_crypto])
def test_a_locked_member_stays_closed_though_a_wrong_word_may_pass_the_first_check(pack: Pack) -> None:
    packed, wrong = pack({"a.txt": b"text" * 9}, b"secret"), [f"wrong{number}" for number in range(600)]
    for passwords in ([], wrong):
        (member,) = opened(packed, *passwords)
        assert (member.data, member.problem and member.problem.code) == (None, "D-ENCRYPTED")
        assert "wrong" not in str(member.problem)
    assert opened(packed, *wrong, "secret")[0].data == b"text" * 9
