"""A form that stands in the mail itself as an HTML table (issue 5)."""

from pathlib import Path

import pytest

from pipeline.model import LedgerRow, Role, Status
from tests.mails import attachment, message, multipart, text
from tests.rows import reviewed, rows_of
from tests.test_steps import LABELS, SOUND, form

TABLE = "".join(f"<tr><td>{LABELS[name]}</td><td>{value}</td></tr>" for name, value in SOUND.items())
FORM = f"<p>您好，申报表如下：</p><table><caption>福建省省级人工智能产业发展项目申报表</caption>{TABLE}</table>"
LAYOUT = "<table>" + "<tr><td>新闻</td><td>通知</td></tr>" * 20 + "</table>"


def both(markup: str) -> bytes:
    return multipart(text("见网页版"), text(markup, "text/html"), kind="alternative", boundary="=_alt")


def rows(folder: Path, *contents: bytes) -> list[LedgerRow]:
    return rows_of(folder, *(message(content, message_id=f"<{n}@example.com>") for n, content in enumerate(contents)))


def test_a_form_in_the_mails_text_is_an_application(tmp_path: Path) -> None:
    mail, plain, markup = rows(tmp_path, both(FORM))
    assert (mail.status, mail.finding, plain.role) == (Status.PROCESSED, None, Role.DECORATION)
    assert (markup.item.name, markup.role, markup.status) == ("正文.html", Role.FORM, Status.PROCESSED)
    assert markup.application_id


def test_a_text_that_only_lays_out_a_letter_is_none_and_no_paper_either(tmp_path: Path) -> None:
    contract = attachment("合同.txt", "技术合同\n甲方：示例公司".encode())
    mail, text_row, paper = rows(tmp_path, multipart(text(LAYOUT, "text/html"), contract))
    assert (text_row.role, text_row.status, text_row.reason) == (
        Role.DECORATION,
        Status.IGNORED,
        "邮件正文，不作为附件处理。",
    )
    assert (mail.finding, paper.role) == ("D-NO-FORM", Role.SUPPORTING)


@pytest.mark.parametrize("name", ["申报表.html", "申报表.doc"])  # paperless-ngx #8371
def test_a_text_beside_a_form_that_is_attached_leaves_it_alone(name: str, tmp_path: Path) -> None:
    web_page = attachment(name, FORM.encode(), "application/msword")
    mail, text_row, form = rows(tmp_path, multipart(text(LAYOUT, "text/html"), web_page))
    assert (text_row.role, form.role, mail.status) == (Role.DECORATION, Role.FORM, Status.PROCESSED)
    assert text_row.application_id is None


def test_seventy_seven_copies_are_one_form(tmp_path: Path) -> None:  # paperless-ngx #13491
    copies = (attachment("申报表.html", FORM.encode()) for _ in range(77))
    mail, *files = rows(tmp_path, multipart(*copies))
    assert [row.status for row in files] == [Status.PROCESSED] + [Status.DUPLICATE] * 76
    assert {row.application_id for row in files} == {files[0].application_id}
    assert mail.status is Status.PROCESSED


def test_an_attached_copy_counts_before_the_one_in_the_text(tmp_path: Path) -> None:
    typed = attachment("申报表.docx", form(SOUND | {"revenue": "5001"}))
    (case,) = reviewed(tmp_path, message(multipart(text(FORM, "text/html"), typed))).cases.values()
    assert [claim.value for claim in case.record.claims["revenue"]] == [50_010_000, 50_000_000]
