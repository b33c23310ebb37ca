"""Links where an attachment should be: which count, until when they work, and what staff are told (issue 5)."""

import socket
from pathlib import Path

import pytest

from pipeline.cloud import cloud_links
from pipeline.intake import Received, receive_message
from pipeline.members import IntakeLimits
from pipeline.mime import Leaf
from tests.mails import PDF, attachment, message, multipart, png, text
from tests.test_body_form import FORM, LAYOUT, rows

LINKS = [
    "https://wx.mail.qq.com/ftn/download?func=3&key=x",
    "https://mail.qq.com/cgi-bin/ftnExs_download?t=exs_ftn_download&k=x",
    "https://exmail.qq.com/cgi-bin/ftnExs_download?k=x",
    "https://share.weiyun.com/x",
    "https://drive.weixin.qq.com/s?k=x",
    "https://mail.163.com/large-attachment-download/index.html?p=x&file=y",
    "https://dashi.163.com/html/cloud-attachment-download/?key=x",
    "https://mail.126.com/large-attachment-download/index.html?p=x",
    "https://mail.qiye.163.com/large-attachment-download/index.html?p=x",
    "http://u.163.com/t0/x",
    "https://1drv.ms/b/s!x",
    "https://onedrive.live.com/?id=x",
    "https://example-my.sharepoint.com/:b:/g/x",
    "https://pan.baidu.com/s/1x?pwd=abcd",
    "https://www.alipan.com/s/x",
    "https://www.aliyundrive.com/s/x",
    "https://example.feishu.cn/file/x",
    "https://alidocs.dingtalk.com/i/p/x",
]


def received(raw: bytes) -> Received:
    return receive_message(raw, "a.eml", IntakeLimits())


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("kind", ["text/plain", "text/html"])
def test_a_link_instead_of_the_attachment(link: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", None)  # nothing may be asked of anybody
    words = (
        f"材料见 {link}提取码：abcd。" if kind == "text/plain" else f'<a href="{link.replace("&", "&amp;")}">下载</a>'
    )
    logo = attachment("logo.png", png(50, 50))
    problem = received(message(multipart(text(words, kind), logo))).submission.items[0].problem
    assert problem is not None
    assert (problem.code, problem.where) == ("D-CLOUD-LINK", f"{link}（邮件未注明有效期）")
    assert "直接附上文件" in problem.message


@pytest.mark.parametrize(
    ("words", "expiry"),
    [
        ("示例申报材料.zip (386.2M, 2024年7月30日到期)", "2024年7月30日"),
        ("有效期至：2024-08-01 12:00", "2024-08-01 12:00"),
        ("过期时间：2024年08月15日 18:00", "2024年08月15日 18:00"),
        ("将于 2024/8/1 10:20 失效", "2024/8/1 10:20"),
        ("文件有效期：30天", "30天"),
        ("（15天后过期）", "15天"),
        ("7日内有效", "7日"),
        ("链接永久有效", "永久有效"),
        ("无限期", "无限期"),
        ("Expires on Jul 30, 2024", "Jul 30, 2024"),
    ],
)
def test_until_when_it_works_as_the_mail_says(words: str, expiry: str) -> None:
    for kind, content in (
        ("text/plain", f"{words} {LINKS[0]}"),
        ("text/html", f"<a href='{LINKS[0]}'>x</a><b>{words}</b>"),
    ):
        found = cloud_links([Leaf(content.encode(), kind, "utf-8", "", frozenset())])
        assert (found.links, found.expiries) == ((LINKS[0],), (expiry,))


def test_a_deadline_of_the_call_is_no_expiry() -> None:
    words = f"请于2024年7月31日前报送，申报表有效。{LINKS[0]}"
    assert cloud_links([Leaf(words.encode(), "text/plain", "utf-8", "", frozenset())]).expiries == ()


def test_a_service_that_nobody_knows_is_told_by_its_words() -> None:
    words = text("从邮箱发来的超大附件 https://files.example.cn/x")
    problem = received(message(multipart(words))).submission.items[0].problem
    assert problem is not None
    assert problem.code == "D-CLOUD-LINK"


def test_other_links_are_nothing() -> None:
    words = text("见 https://www.example.cn/notice.html 及 https://mail.qq.com/")
    assert received(message(words)).submission.items[0].problem is None


def test_a_link_beside_attachments_is_mentioned() -> None:
    submission = received(message(multipart(text(LINKS[0]), attachment("a.pdf", PDF)))).submission
    assert submission.items[0].problem is None
    assert [problem.code for problem in submission.problems] == ["cloud-link"]


def test_a_link_is_asked_about_where_nothing_that_came_with_it_is_a_form(tmp_path: Path) -> None:
    contract = attachment("合同.txt", "技术合同\n甲方：示例公司".encode())
    laid_out = LAYOUT + f"<a href='{LINKS[0]}'>下载</a>2024年7月30日到期"
    found = rows(
        tmp_path,
        multipart(text(f"申报表见 {LINKS[1]}"), contract),
        text(laid_out, "text/html"),
        multipart(text(FORM + LINKS[0], "text/html")),
    )
    findings = [row.finding for row in found if row.item.parent is None]
    assert findings == ["D-CLOUD-LINK", "D-CLOUD-LINK", None]
    (laid,) = [row for row in found if row.item.path == "mails/2.eml"]
    assert LINKS[0] in laid.reason
    assert "2024年7月30日" in laid.reason
