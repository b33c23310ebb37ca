"""When a mail was sent, and its words."""

from datetime import datetime

import pytest

from pipeline import mime
from pipeline.mail import parse_time, plain_text, received_at, replies_to
from pipeline.model import CHINA

DAY = datetime(2024, 7, 12, 23, 59, 30, tzinfo=CHINA)


@pytest.mark.parametrize(
    "value",
    [
        "Fri, 12 Jul 2024 23:59:30 +0800",
        "Fri, 12 Jul 2024 15:59:30 +0000 (UTC)",
        "Fri, 12 Jul 2024 15:59:30 GMT",
        "Fri, 12 Jul 2024 15:59:30 -0000",
        "12 Jul 2024 11:59:30 EDT",
        "Fri, 12 Jul 2024 23:59:30 +0800 (CST)",
        "Fri, 12 Jul 2024 23:59:30 (China Standard Time)",
        "Fri, 12 Jul 2024 23:59:30 CST",
        "Fri, 12 Jul 2024 23:59:30",
        "Fri Jul 12 23:59:30 CST 2024",
        "2024-07-12 23:59:30",
        "2024-07-12T15:59:30Z",
        "12 Jul 2024 23:59:30",
        "Fri, 12 Jul 2024 23:59:30 GMT+08:00",
        "Fri, 12 Jul 2024 16:59:30 UTC+1",
        "Fri, 12 Jul 2024 15:59:30 +00:00",
    ],
)
def test_time_in_china(value: str) -> None:
    time = parse_time(value)
    assert time == DAY
    assert time.tzinfo is CHINA


@pytest.mark.parametrize(
    "value", ["", "soon", "Fri, 32 Jul 2024 23:59:30 +0800", "1 Jan 1901 00:00:00 +0800", "9" * 99]
)
def test_no_time(value: str) -> None:
    assert parse_time(value) is None


def headers(*lines: str) -> mime.Entity:
    return mime.parse("\r\n".join(lines).encode() + b"\r\n\r\n")


def hop(time: str) -> str:
    return f"Received: from a.example.cn by b.example.cn\r\n\twith SMTP; {time}"


def test_date_that_its_hops_confirm() -> None:
    mail = headers(hop("Sat, 13 Jul 2024 00:00:10 +0800"), "Date: Fri, 12 Jul 2024 23:59:30 +0800")
    assert received_at(mail) == (DAY, ())


def test_date_that_disagrees_with_the_last_hop() -> None:
    mail = headers(
        hop("Mon, 15 Jul 2024 09:00:00 +0800"),
        hop("Fri, 12 Jul 2024 20:00:00 +0800"),
        "Date: Fri, 12 Jul 2024 23:59:30 +0800",
    )
    time, problems = received_at(mail)
    assert time == datetime(2024, 7, 15, 9, tzinfo=CHINA)
    assert [problem.code for problem in problems] == ["date-disagrees"]


@pytest.mark.parametrize(("line", "code"), [("X: y", "date-missing"), ("Date: soon", "date-unreadable")])
def test_without_a_date_the_last_hop_counts(line: str, code: str) -> None:
    time, problems = received_at(headers(line, hop("no date"), hop("Fri, 12 Jul 2024 15:59:30 +0000")))
    assert (time, [problem.code for problem in problems]) == (DAY, [code])
    assert received_at(headers(line))[0] is None


def test_replies_to_are_listed_once() -> None:
    mail = headers("In-Reply-To: <2@example.cn>", "References: <1@example.cn>\r\n <2@example.cn> junk")
    assert replies_to(mail) == ("<2@example.cn>", "<1@example.cn>")


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<p>第一段</p><p>第二<b>段</b></p>", "第一段\n第二段"),
        ("<style>p{}</style><script>x</script><!-- c --><div>正文&nbsp;&amp;<br>完</div>", "正文 &\n完"),
        ("<table><tr><td>甲</td><td>乙</td></tr><tr><td>丙</td></tr></table>", "甲 乙\n丙"),
        ('<?xml version="1.0" encoding="gbk"?><html><body>申报</body></html>', "申报"),
        ("没有标记", "没有标记"),
        ("", ""),
        ("<!-- only -->", ""),
        ("<div>" * 1500 + "深" + "</div>" * 1500 + "后", "深\n\n后"),
        ("<div>" * 100_000 + "深", ""),
    ],
)
def test_words_of_html(markup: str, words: str) -> None:
    assert plain_text(markup) == words
