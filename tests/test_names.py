"""Headers and file names as Chinese mail programs really write them (cpython #84587, imap_tools #220)."""

from base64 import b64encode
from urllib.parse import quote

import pytest

from pipeline.names import decode_base64, decode_header, decode_text, display_name, display_parts, file_name, parameters

NAME = "示例公司（镕）申报表.docx"  # 镕 is in GBK, not in GB 2312
UTF8, GBK = NAME.encode(), NAME.encode("gb18030")


def word(data: bytes, charset: str) -> bytes:
    return b"=?" + charset.encode() + b"?B?" + b64encode(data) + b"?="


@pytest.mark.parametrize(
    "header",
    [
        b'attachment; filename="' + UTF8 + b'"',
        b'attachment; filename="' + GBK + b'"',
        b"attachment; filename=" + GBK,
        b'attachment; filename="' + word(GBK, "gb2312") + b'"',
        b"attachment; filename=" + word(UTF8, "UTF-8"),
        b'attachment; filename="' + word(UTF8[:10], "utf-8") + b"\r\n " + word(UTF8[10:], "utf-8") + b'"',
        b"attachment; filename*=UTF-8''" + quote(NAME).encode(),
        b"attachment; filename*=gb2312'zh-cn'" + quote(GBK).encode(),
        b"attachment; filename=\"fallback.docx\"; filename*=utf-8''" + quote(NAME).encode(),
        b"attachment;\r\n filename*0*=UTF-8''"
        + quote(NAME[:3]).encode()
        + b";\r\n filename*1*="
        + quote(NAME[3:]).encode(),
        b"attachment;\r\n filename*1*="
        + quote(GBK[6:]).encode()
        + b";\r\n filename*0*=GBK''"
        + quote(GBK[:6]).encode(),
        b"attachment; FILENAME*=UTF-8''" + UTF8,
    ],
)
def test_file_name_parameter(header: bytes) -> None:
    assert parameters(header)["filename"] == NAME


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("关于报送申报材料的函".encode(), "关于报送申报材料的函"),
        ("关于报送申报材料的函".encode("gbk"), "关于报送申报材料的函"),
        (word("镕基".encode("gbk"), "gb2312"), "镕基"),
        (word("申报".encode()[:4], "utf-8") + b"\r\n\t" + word("申报".encode()[4:], "UTF-8"), "申报"),
        (b"Re: " + word("申报".encode(), "utf-8") + b" 2024", "Re: 申报 2024"),
        (b"=?utf-8?Q?=E7=94=B3=E6=8A=A5_2024?=", "申报 2024"),
        (b"=?GB2312_CHARSET?B?" + b64encode("申报".encode("gbk")) + b"?=", "申报"),
        (b"=?NO-SUCH-CHARSET?B?" + b64encode("申报".encode()) + b"?=", "申报"),
        (b"=?utf-8?B?not base64 at all", "=?utf-8?B?not base64 at all"),
        (b"folded\r\n over lines", "folded over lines"),
    ],
)
def test_header_value(raw: bytes, expected: str) -> None:
    assert decode_header(raw) == expected


@pytest.mark.parametrize("charset", [None, "", "gb2312", "X-GBK", "us-ascii", "utf-8", "hex", "unicode_escape", "??"])
def test_text_in_gbk_whatever_it_is_labelled(charset: str | None) -> None:
    assert decode_text("镕：附件".encode("gb18030"), charset) == "镕：附件"


def test_text_has_no_characters_that_cannot_be_stored() -> None:
    assert decode_text(b"a\0b\x1bc\r\n") == "abc\r\n"
    assert "\ud800" not in decode_text(b"+2AA-", "utf-7")


@pytest.mark.parametrize(
    "data", [b64encode(b"PK\x03\x04 1234"), b"UEsD\r\nBCAx\r\nMjM0", b"UEsDBCAxMjM0!!", b"UEsDBA==\r\nIDEyMzQ=\r\n"]
)
def test_base64_with_breaks_noise_and_padding_in_the_middle(data: bytes) -> None:
    assert decode_base64(data) == b"PK\x03\x04 1234"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("申报表\u202ecod.exe", "申报表cod.exe"),
        ("a/b\\c.pdf", "a／b＼c.pdf"),
        ("a\r\nb\0.pdf", "ab.pdf"),
        ("..", ""),
        ("长" * 300 + ".docx", "长" * 194 + "….docx"),
    ],
)
def test_display_name(name: str, shown: str) -> None:
    assert display_name(name) == shown


@pytest.mark.parametrize(
    ("declared", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\staff\\申报表.docx", "申报表.docx"),
        ("php://filter/x", "x"),
        ("/", ""),
        ("营业执照 2024/07.pdf", "营业执照 2024／07.pdf"),
    ],
)
def test_a_declared_name_is_never_a_path(declared: str, shown: str) -> None:
    assert file_name(declared) == shown


def test_folders_of_a_member_name() -> None:
    assert display_parts("../材料\\附件//./a.pdf") == ("材料", "附件", "a.pdf")
