"""Outlook's own kinds of mail: what is in a .msg or a winmail.dat is received like the parts of any mail (issue 5)."""

from pathlib import Path

import pytest

from flows.sources import open_sources
from pipeline import media
from pipeline.intake import RawMessage, Received, receive_message
from pipeline.members import IntakeLimits
from pipeline.model import Item, Role
from pipeline.outlook import headers
from tests.limited import within_memory
from tests.mails import PDF, attachment, message, multipart, png, text, zipped
from tests.packed import msg, tnef

SUBJECT, BODY, MESSAGE_ID, SENDER, HEADERS = 0x0037, 0x1000, 0x1035, 0x0C1A, 0x007D
TRANSPORT = (
    "From: 示例公司 <a@example.cn>\r\nMessage-ID: <7@example.cn>\r\nIn-Reply-To: <6@example.cn>\r\n"
    "Date: Mon, 01 Jul 2024 09:12:00 +0800\r\nContent-Type: multipart/mixed\r\n"
)


def received(raw: bytes, limits: IntakeLimits | None = None) -> Received:
    return receive_message(raw, "申报.msg", limits or IntakeLimits())


def rows(result: Received) -> list[tuple[str, Role, str]]:
    return [(item.path, item.role, item.media_type) for item in result.submission.items]


def finding(item: Item) -> str:
    return item.problem.code if item.problem else ""


def test_a_msg_is_a_mail() -> None:
    raw = msg({SUBJECT: "申报", BODY: "请查收附件。", HEADERS: TRANSPORT}, [("申报表（镕）.pdf", PDF)])
    result = received(raw)
    submission = result.submission
    assert (submission.message_id, submission.in_reply_to) == ("<7@example.cn>", ("<6@example.cn>",))
    assert (submission.sender, submission.subject) == ("示例公司 <a@example.cn>", "申报")
    assert str(submission.received_at) == "2024-07-01 09:12:00+08:00"
    assert submission.text == "请查收附件。"
    assert rows(result) == [
        ("申报.msg", Role.CONTAINER, media.MSG),
        ("申报.msg/正文.txt", Role.DECORATION, media.TEXT),
        ("申报.msg/申报表（镕）.pdf", Role.UNKNOWN, media.PDF),
    ]
    assert {item.parent for item in submission.items[1:]} == {submission.items[0].ledger_id}
    assert result.blobs[submission.items[2].sha256] == PDF


def test_a_msg_that_was_never_sent_is_told_by_its_properties() -> None:
    submission = received(msg({SUBJECT: "草稿", SENDER: "示例公司", MESSAGE_ID: "<9@example.cn>"})).submission
    assert (submission.subject, submission.sender, submission.message_id) == ("草稿", "示例公司", "<9@example.cn>")
    assert submission.received_at is None


def test_the_html_of_a_msg_shows_its_pictures_and_an_attached_archive_is_opened() -> None:
    raw = msg(
        {SUBJECT: "申报"}, [("材料.zip", zipped({"a.pdf": PDF})), ("logo.png", png(64, 64))], b"<p>\xe5\xa5\xbd</p>"
    )
    result = received(raw)
    assert result.submission.text == "好"
    assert [(item.name, item.role) for item in result.submission.items] == [
        ("申报.msg", Role.CONTAINER),
        ("正文.html", Role.DECORATION),
        ("材料.zip", Role.CONTAINER),
        ("a.pdf", Role.UNKNOWN),
        ("logo.png", Role.DECORATION),
    ]


def test_a_msg_attached_to_a_mail_is_opened_within_the_depth() -> None:
    inner = msg({SUBJECT: "转发", BODY: "见附件"}, [("申报表.pdf", PDF)])
    raw = message(multipart(text("转发如下"), attachment("转发.msg", inner)))
    result = received(raw)
    assert result.submission.items[-1].path == "申报.msg/转发.msg/申报表.pdf"
    assert result.submission.text == "转发如下"
    assert finding(received(raw, IntakeLimits(depth=0)).submission.items[-1]) == "D-TOO-LARGE"


@pytest.mark.parametrize("name", [b"\xc9\xea\xb1\xa8\xb1\xed.pdf", "申报表.pdf".encode()])
def test_a_winmail_dat_holds_the_mails_text_and_files(name: bytes) -> None:
    raw = message(
        multipart(attachment("winmail.dat", tnef("请查收。".encode("gbk"), [(name, PDF)]), "application/ms-tnef"))
    )
    result = received(raw)
    assert result.submission.text == "请查收。"
    assert [(item.path, item.role) for item in result.submission.items] == [
        ("申报.msg", Role.CONTAINER),
        ("申报.msg/winmail.dat", Role.CONTAINER),
        ("申报.msg/winmail.dat/正文.txt", Role.DECORATION),
        ("申报.msg/winmail.dat/申报表.pdf", Role.UNKNOWN),
    ]


@pytest.mark.parametrize(
    "data", [tnef(b"x", [(b"a.pdf", PDF)])[:-20], msg({SUBJECT: "x"}, [("a.pdf", PDF * 500)])[:-9999]]
)
def test_one_that_breaks_off_gives_what_is_left_of_it_and_says_so(data: bytes) -> None:
    items = received(message(multipart(attachment("附件", data)))).submission.items
    assert (finding(items[1]), items[-1].name) == ("D-DAMAGED", "a.pdf")


def test_a_damaged_one_keeps_its_row_and_its_bytes() -> None:
    data = tnef(b"x").replace(b"\x07\x90\x06\x00", b"\x04\x80\x01\x00")  # a subject where the code page should be
    result = received(message(multipart(attachment("附件", data))))
    found = result.submission.items[1]
    assert (finding(found), result.blobs[found.sha256]) == ("D-DAMAGED", data)


def test_a_link_in_a_msg_instead_of_the_file() -> None:
    link = "https://1drv.ms/b/s!x"
    result = received(msg({SUBJECT: "申报", BODY: f"文件见 {link} 。"}))
    assert finding(result.submission.items[0]) == "D-CLOUD-LINK"


def test_a_msg_file_is_a_source_of_its_own(tmp_path: Path) -> None:
    large = msg({SUBJECT: "申报"}, [("a.pdf", PDF + b"%" * 200_000)])
    (tmp_path / "a.msg").write_bytes(large)
    assert list(open_sources([tmp_path / "a.msg"])) == [RawMessage(large, "a.msg")]


def test_memory_that_runs_out_is_no_mail_without_headers() -> None:
    raw = msg({SUBJECT: "申报", HEADERS: "Subject: x\r\n" + f"X-Spam: {'0' * 990}\r\n" * 40_000})
    assert headers(raw).text("subject") == "x"
    with pytest.raises(MemoryError):
        within_memory(256, headers, raw)
