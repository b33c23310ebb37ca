"""Locked files through the steps: which mail's words open what, and that no password is kept (issue 5)."""

from pathlib import Path

import pytest

from pipeline.model import LedgerRow, Role, Status
from tests.locked import locked_office
from tests.mails import attachment, message, multipart, text, zipped
from tests.packed import locked_zip, seven_zip
from tests.rows import rows_of
from tests.test_steps import SOUND, form

FORM = form(SOUND)


def mail(number: int, words: str, *parts: bytes, sender: str = "a@example.com", answers: int = 0) -> bytes:
    headers = [f"In-Reply-To: <{answers}@example.com>"] if answers else []
    raw = message(multipart(text(words), *parts), *headers, message_id=f"<{number}@example.com>")
    return raw.replace(b"<a@example.cn>", f"<{sender}>".encode())


def run(folder: Path, *mails: bytes, passwords: str = "") -> dict[str, LedgerRow]:
    """The rows of the files, by their way through the mail."""
    rows = rows_of(folder, *mails, passwords=passwords)
    return {row.item.path.partition("/")[2]: row for row in rows if row.item.role is Role.UNKNOWN}


def test_the_password_in_the_mail_and_in_a_later_one_of_its_sender_or_thread(tmp_path: Path) -> None:
    rows = run(
        tmp_path,
        mail(1, "附件已加密，密码：own-1。", attachment("a.zip", locked_zip({"申报表.docx": FORM}, b"own-1"))),
        mail(2, "密码另发。", attachment("b.docx", locked_office(FORM + b" ", "sent-2")), sender="b@example.com"),
        mail(3, "上一封邮件的打开密码是 sent-2", sender="B@example.com"),
        mail(4, "密码另发。", attachment("c.7z", seven_zip({"申报表.docx": FORM}, "told-4")), sender="c@example.com"),
        mail(5, "解压码 told-4", sender="colleague@example.com", answers=4),
        mail(6, "密码：own-1", attachment("d.docx", locked_office(FORM, "nobody-told")), sender="d@example.com"),
    )
    # The same form three times: what it is called beside its finding is the matter of other tests.
    assert {path: (row.role, row.finding) for path, row in rows.items()} == {
        "1.eml/a.zip/申报表.docx": (Role.FORM, None),
        "2.eml/b.docx": (Role.FORM, None),
        "4.eml/c.7z/申报表.docx": (Role.FORM, None),
        "6.eml/d.docx": (Role.UNKNOWN, "D-ENCRYPTED"),
    }


def test_a_password_in_the_enclosed_mail(tmp_path: Path) -> None:
    inner = mail(1, "解压密码：inner-1", attachment("a.zip", locked_zip({"申报表.docx": FORM}, b"inner-1")))
    rows = run(tmp_path, mail(2, "转发，请查收。", attachment("转发.eml", inner)))
    assert [row.status for row in rows.values()] == [Status.PROCESSED]


def test_a_run_with_a_new_password_reads_what_was_locked_before(tmp_path: Path) -> None:
    secret = "never-told-42"  # noqa: S105
    packed = zipped({"x.zip": locked_zip({"申报表.docx": FORM}, secret.encode())})
    mails = [
        mail(1, "见附件", attachment("a.docx", locked_office(FORM, secret))),
        mail(2, "见附件", attachment("b.zip", packed), sender="b@example.com"),
    ]
    before = run(tmp_path, *mails)
    assert [row.finding for row in before.values()] == ["D-ENCRYPTED", "D-ENCRYPTED"]
    assert all("密码" in row.reason for row in before.values())
    wrong = run(tmp_path, *mails, passwords="wrong-1\nwrong-2")
    assert [row.finding for row in wrong.values()] == ["D-ENCRYPTED", "D-ENCRYPTED"]
    after = run(tmp_path, *mails, passwords=f"wrong-1\n{secret}\n")
    assert [(row.role, row.finding) for row in after.values()] == [(Role.FORM, None), (Role.FORM, None)]
    assert after["1.eml/a.docx"].item.sha256 == before["1.eml/a.docx"].item.sha256
    kept = [
        path.read_bytes()
        for folder in ("workspace", "out")
        for path in (tmp_path / folder).rglob("*")
        if path.is_file()
    ]
    assert kept
    assert not any(secret.encode() in data for data in kept)


def test_a_password_is_in_no_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(0)
    run(
        tmp_path, mail(1, "密码：quiet-77", attachment("a.docx", locked_office(FORM, "quiet-77"))), passwords="quiet-88"
    )
    assert "quiet-" not in caplog.text + "".join(capfd.readouterr())
