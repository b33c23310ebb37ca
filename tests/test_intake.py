"""Receiving: every part is one item, whatever is wrong with it (lessons from paperless-ngx and others named)."""

from base64 import b64encode, encodebytes
from binascii import b2a_uu

import pytest

from pipeline import media
from pipeline.intake import (
    IntakeLimits,
    LooseFile,
    LooseFiles,
    RawMessage,
    Received,
    not_received,
    receive,
    receive_files,
    receive_message,
)
from pipeline.model import Item, Problem, Role
from tests.mails import PDF, attachment, message, multipart, part, png, text, zipped

LIMITS = IntakeLimits()
WHERE = "mail.mbox#12"


def received(raw: bytes, limits: IntakeLimits = LIMITS) -> Received:
    return receive_message(raw, WHERE, limits)


def item(result: Received, path: str) -> Item:
    (found,) = [item for item in result.submission.items if item.path == f"{WHERE}{path}"]
    return found


def code(item: Item) -> str | None:
    return item.problem.code if item.problem else None


def codes(result: Received) -> list[str]:
    return [problem.code for problem in result.submission.problems]


def test_a_mail_and_its_parts() -> None:
    result = received(
        message(multipart(text("请查收。"), attachment("申报表.pdf", PDF)), "In-Reply-To: <0@example.cn>")
    )
    submission = result.submission
    assert submission.message_id == "<1@example.cn>"
    assert submission.sender == "示例公司 <a@example.cn>"
    assert submission.subject == "申报"
    assert submission.text == "请查收。"
    assert submission.in_reply_to == ("<0@example.cn>",)
    assert str(submission.received_at) == "2024-07-01 09:12:00+08:00"
    assert [(item.path, item.role, item.media_type) for item in submission.items] == [
        (WHERE, Role.CONTAINER, media.EML),
        (f"{WHERE}/正文.txt", Role.DECORATION, media.TEXT),
        (f"{WHERE}/申报表.pdf", Role.UNKNOWN, media.PDF),
    ]
    assert submission.items[2].parent == submission.items[0].ledger_id
    assert result.blobs[submission.items[2].sha256] == PDF


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Disposition: inline; filename=a.pdf",),  # paperless-ngx #865
        ("Content-Type: application/octet-stream; name=a.pdf",),  # paperless-ngx #11242
        ("Content-Type: text/html; name=a.pdf", "Content-Disposition: inline"),  # paperless-ngx #8371
        ("Content-Type: message/rfc822; name=a.pdf",),
        ("Content-Type: image/png; name=a.pdf", "Content-Disposition: nonsense"),
    ],
)
def test_the_bytes_tell_the_kind(headers: tuple[str, ...]) -> None:
    found = item(received(message(multipart(part(PDF, *headers)))), "/a.pdf")
    assert (found.media_type, found.role, found.problem) == (media.PDF, Role.UNKNOWN, None)


def test_a_file_labelled_as_the_mails_text_is_a_file() -> None:
    result = received(message(part(PDF, "Content-Type: text/plain")))
    assert item(result, "/附件1.pdf").role is Role.UNKNOWN


@pytest.mark.parametrize("as_base64", [False, True])
def test_mails_in_mails_in_archives(as_base64: bool) -> None:
    inner = message(multipart(attachment("a.zip", zipped({"材料/b.zip": zipped({"申报表.pdf": PDF})}))))
    nested = part(inner, "Content-Type: message/rfc822", encoding="base64" if as_base64 else "8bit")
    result = received(message(multipart(nested, boundary="=_outer")))
    found = item(result, "/申报.eml/a.zip/材料/b.zip/申报表.pdf")
    assert found.name == "申报表.pdf"
    assert item(result, "/申报.eml").sha256 in result.blobs
    assert [item.role for item in result.submission.items] == [Role.CONTAINER] * 4 + [Role.UNKNOWN]


def test_a_mail_attached_as_an_unnamed_kind_is_opened() -> None:
    result = received(message(multipart(attachment("转发.eml", message(multipart(attachment("a.pdf", PDF)))))))
    assert item(result, "/转发.eml/a.pdf").media_type == media.PDF


def test_depth_limit() -> None:
    data = PDF
    for _ in range(4):
        data = zipped({"a.zip": data})
    result = received(message(multipart(attachment("a.zip", data))), IntakeLimits(depth=2))
    last = result.submission.items[-1]
    assert last.path == f"{WHERE}/a.zip/a.zip/a.zip"
    assert code(last) == "D-TOO-LARGE"


def test_member_limit_of_an_archive_and_of_a_mail() -> None:
    limits = IntakeLimits(members=4)
    archive = zipped({f"{number}.pdf": PDF for number in range(5)})
    assert code(item(received(message(multipart(attachment("a.zip", archive))), limits), "/a.zip")) == "D-TOO-LARGE"
    parts = [attachment(f"{number}.pdf", PDF) for number in range(5)]
    result = received(message(multipart(*parts)), limits)
    assert code(result.submission.items[0]) == "D-TOO-LARGE"
    assert len(result.submission.items) == 4


def test_byte_limit_counts_nested_archives() -> None:
    inner = zipped({"a.txt": b"a" * 600})
    archive = zipped({"inner.zip": inner, "b.txt": b"b" * 600})
    result = received(message(multipart(attachment("a.zip", archive))), IntakeLimits(total_bytes=600 + len(inner)))
    assert code(item(result, "/a.zip/inner.zip/a.txt")) is None
    assert code(item(result, "/a.zip/b.txt")) == "D-TOO-LARGE"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"PK\x03\x04 cut", "D-DAMAGED"),
        (b"Rar!\x1a\x07\x01\x00", "D-DAMAGED"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "D-DAMAGED"),
        (b"", "D-EMPTY"),
    ],
)
def test_files_that_cannot_be_used(data: bytes, expected: str) -> None:
    assert code(item(received(message(multipart(attachment("材料", data)))), "/材料")) == expected


def test_unusable_members_have_their_own_items() -> None:
    damaged = zipped({"a.txt": b"text"}).replace(b"PK\x03\x04\x14\x00\x00\x00", b"PK\x03\x04\x14\x00\x01\x00")
    locked = damaged.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")
    found = item(received(message(multipart(attachment("a.zip", locked)))), "/a.zip/a.txt")
    assert (code(found), found.sha256, found.size) == ("D-ENCRYPTED", "", 4)


# --- decorations ----------------------------------------------------------------------------------------


def html_with(picture: bytes, name: str = "p.png") -> bytes:
    shown = part(picture, f"Content-Type: image/png; name={name}", "Content-ID: <logo@example>")
    return multipart(text('<p>您好<img src="cid:logo@example"></p>', "text/html"), shown, kind="related")


@pytest.mark.parametrize(
    ("content", "name", "role"),
    [
        (html_with(png(300, 120)), "p.png", Role.DECORATION),
        (html_with(png(430, 430)), "p.png", Role.DECORATION),
        (html_with(png(1200, 200)), "p.png", Role.DECORATION),
        (html_with(png(900, 1300)), "p.png", Role.UNKNOWN),
        (multipart(attachment("logo.png", png(64, 64))), "logo.png", Role.DECORATION),
        (multipart(attachment("image001.png", png(500, 180))), "image001.png", Role.DECORATION),
        (multipart(attachment("营业执照.png", png(500, 380))), "营业执照.png", Role.UNKNOWN),
        (multipart(attachment("image001.png", png(1240, 1754))), "image001.png", Role.UNKNOWN),
    ],
)
def test_logos_are_decoration_and_pages_are_not(content: bytes, name: str, role: Role) -> None:
    found = item(received(message(content)), f"/{name}")
    assert found.role is role
    assert (found.problem is not None) is (role is Role.DECORATION)


def test_a_page_pasted_into_the_html_is_received() -> None:
    page, logo = png(900, 1300), png(64, 64)
    shown = "".join(f'<img src="data:image/png;base64,{b64encode(data).decode()}">' for data in (logo, page))
    result = received(message(text(f"<p>见图{shown}</p>", "text/html")))
    assert [item.role for item in result.submission.items] == [Role.CONTAINER, Role.DECORATION, Role.UNKNOWN]
    assert result.blobs[item(result, "/正文图片1.png").sha256] == page


def test_signatures_and_system_files() -> None:
    archive = zipped({"__MACOSX/._a.pdf": b"\0\5\x16\7\0", ".DS_Store": b"x", "~$申报表.docx": b"user", "a.pdf": PDF})
    signature = part(b"0\x82\x01", "Content-Type: application/pkcs7-signature; name=smime.p7s")
    card = attachment("me.vcf", b"BEGIN:VCARD\r\nEND:VCARD\r\n", "text/vcard")
    result = received(message(multipart(attachment("a.zip", archive), signature, card)))
    kept = [item.name for item in result.submission.items if item.role is Role.UNKNOWN]
    assert kept == ["a.pdf"]


def test_alternatives_are_one_text() -> None:
    both = multipart(text("纯文本"), text("<p>网页</p>", "text/html"), kind="alternative", boundary="=_a")
    assert received(message(multipart(both, text("附言")))).submission.text == "纯文本\n\n附言"
    blank = multipart(text(" \n"), text("<b>网页</b><br>第二行", "text/html"), kind="alternative")
    assert received(message(blank)).submission.text == "网页\n第二行"


# --- odd and hostile mails (measured on 21,713 mails of others: lesson 65) ------------------------------


@pytest.mark.parametrize("value", ["<@>", "<>", "   ", '"'])
def test_a_message_id_that_tells_nothing(value: str) -> None:
    first = received(message(text("甲"), message_id=value)).submission
    second = received(message(text("乙"), message_id=value)).submission
    assert first.message_id is None
    assert first.submission_id != second.submission_id


@pytest.mark.parametrize(
    "header",
    [
        "To: group: a@example.cn, b@example.cn;",
        "To: undisclosed-recipients:;",
        "Cc: a@example.cn\r\n\r\tb@example.cn",
        "Content-Type: text/plain; charset=",
        "Content-Type: text/plain; charset=GB2312_CHARSET",
        "Content-Type: text/plain; charset*=utf-8''x",
        "Content-Disposition: attachment; filename*0=a; filename*x=b",
        "Content-Disposition: attachment; filename*=''''",
        "References: <a <b> c> <>",
        "Received: from nowhere; Someday",
        "X-Odd: =?utf-8?B?=?= =??Q??= =?x?B?@@@?=",
    ],
)
def test_odd_headers_do_not_raise(header: str) -> None:
    result = received(message(b"\r\ntext\r\n", header))
    assert len(result.submission.items) == 2
    assert result.submission.subject == "申报"


def test_a_header_with_a_stray_line_break_does_not_end_the_headers() -> None:
    result = received(b"To: a@example.cn,\r\nb@example.cn\r\nMessage-ID: <7@example.cn>\r\n\r\ntext")
    assert result.submission.message_id == "<7@example.cn>"


def test_multipart_without_parts_keeps_its_text() -> None:
    result = received(message(b"Content-Type: multipart/mixed; boundary=x\r\n\r\nno parts here\r\n"))
    assert result.submission.text.strip() == "no parts here"
    assert "multipart-broken" in codes(result)


@pytest.mark.parametrize("kind", ["text/plain", "multipart", "application/octet-stream", "multipart/x"])
def test_a_part_that_names_its_boundary_is_a_multipart(kind: str) -> None:
    raw = message(multipart(text("正文"), attachment("a.pdf", PDF))).replace(b"multipart/mixed", kind.encode())
    assert item(received(raw), "/a.pdf").media_type == media.PDF


@pytest.mark.parametrize("trailer", [b"", b"!", b"\r"])
def test_uuencoded_parts(trailer: bytes) -> None:
    lines = [b2a_uu(PDF[at : at + 45]).rstrip(b"\n") + trailer for at in range(0, len(PDF), 45)]
    body = b"\n".join([b"begin 644 a.pdf", *lines, b"\x7f\xff broken line", b"`", b"end", b""])
    raw = message(multipart(part(body, "Content-Type: application/pdf; name=a.pdf", encoding="x-uuencode")))
    assert received(raw).blobs[item(received(raw), "/a.pdf").sha256] == PDF


def test_a_name_that_cannot_be_decoded_is_told() -> None:
    raw = message(multipart(part(PDF, b'Content-Type: application/pdf; name="\xff\xfe.pdf"')))
    assert codes(received(raw)) == ["name-encoding"]


def test_a_wrong_boundary_is_guessed() -> None:
    raw = message(multipart(text("正文"), attachment("a.pdf", PDF))).replace(b'boundary="=_b1"', b'boundary="other"')
    assert item(received(raw), "/a.pdf").sha256 in received(raw).blobs


@pytest.mark.parametrize("ending", [b"--=_b1--\r\n", b"\r\n--=_b1--\r\n"])
def test_a_mail_that_breaks_off(ending: bytes) -> None:
    raw = message(multipart(text("正文"), attachment("a.pdf", PDF))).removesuffix(ending)
    assert item(received(raw), "/a.pdf").size == len(PDF)


def test_bare_line_feeds_and_base64_with_noise() -> None:
    raw = message(multipart(attachment("a.pdf", PDF))).replace(b"\r\n", b"\n")
    assert item(received(raw), "/a.pdf").size == len(PDF)
    noisy = raw.replace(encodebytes(PDF)[:20], b"!" + encodebytes(PDF)[:20] + b"\n\n")
    assert item(received(noisy), "/a.pdf").size == len(PDF)


def test_thousands_of_nested_multiparts_do_not_exhaust_the_stack() -> None:
    content = text("deep")
    for number in range(2_000):
        content = f'Content-Type: multipart/mixed; boundary="b{number}"\r\n\r\n--b{number}\r\n'.encode() + content
    assert "multipart-broken" in codes(received(message(content)))


def test_thousands_of_nested_mails_stop_at_the_limit() -> None:
    raw = message(text("deep"))
    for _ in range(300):
        raw = message(b"Content-Type: message/rfc822\r\n\r\n" + raw)
    assert code(received(raw).submission.items[-1]) == "D-TOO-LARGE"


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"\0" * 50, b"no headers at all", b"From x\n", bytes(range(256)) * 20])
def test_what_is_hardly_a_mail_is_still_received(raw: bytes) -> None:
    result = received(raw)
    assert result.submission.items[0].role is Role.CONTAINER
    assert result.submission.received_at is None


# --- ids --------------------------------------------------------------------------------------------------


def test_ids_are_stable_and_told_apart_by_the_occurrence() -> None:
    raw = message(multipart(text("正文"), attachment("a.pdf", PDF), attachment("a.pdf", PDF)))
    loose = LooseFiles((LooseFile("a.pdf", PDF), LooseFile("b/a.pdf", PDF)), "扫描件")
    sources = [(RawMessage(raw, "a#1"), 0), (RawMessage(raw, "a#2"), 1), (loose, 0), (loose, 1)]
    runs = [[receive(source, LIMITS, number) for source, number in sources] for _ in range(2)]
    assert runs[0] == runs[1]
    ids = [item.ledger_id for one in runs[0] for item in one.submission.items]
    assert len(ids) == len(set(ids)) == 12
    assert len({one.submission.submission_id for one in runs[0]}) == 4
    assert len({one.key for one in runs[0]}) == 2


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        (RawMessage(b"Subject: x\n\nwords", "a#1"), ["a#1"]),
        (LooseFiles((LooseFile("甲/a.pdf", PDF), LooseFile("b.pdf", b"b")), "散件"), ["散件/甲/a.pdf", "散件/b.pdf"]),
    ],
)
def test_what_could_not_be_received_has_its_rows(source: RawMessage | LooseFiles, paths: list[str]) -> None:
    problem = Problem("D-DAMAGED", "坏")
    one, other = (not_received(source, problem, occurrence) for occurrence in (0, 1))
    assert [item.path for item in one.items] == paths
    assert all(item.problem == problem and item.sha256 for item in one.items)
    assert one.submission_id != other.submission_id


def test_identity_is_the_message_id_and_not_the_subject_or_sender() -> None:  # paperless-ngx #6110
    first, second = message(text("甲")), message(text("乙"), message_id="<2@example.cn>")
    changed = message(text("甲改"))
    ids = [received(raw).submission.submission_id for raw in (first, second, changed)]
    assert ids[0] == ids[2] != ids[1]


def test_loose_files() -> None:
    files = (LooseFile("证明/执照.pdf", PDF), LooseFile("../x.zip", zipped({"a.pdf": PDF})))
    submission = receive_files(files, "示例公司", LIMITS).submission
    assert [item.path for item in submission.items] == [
        "示例公司/证明/执照.pdf",
        "示例公司/x.zip",
        "示例公司/x.zip/a.pdf",
    ]
    assert (submission.message_id, submission.received_at) == (None, None)
    assert [item.parent for item in submission.items[:2]] == [None, None]
