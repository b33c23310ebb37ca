"""One row an item, with a reason unless it was used."""

from dataclasses import replace

import pytest

from pipeline.balance import Disposition, balance, duplicates, ledger_rows, pending
from pipeline.errors import LedgerImbalance
from pipeline.intake import IntakeLimits, LooseFile, LooseFiles, RawMessage, receive
from pipeline.model import LedgerRow, Problem, Role, Status, Submission
from tests.mails import PDF, attachment, message, multipart, png, text, zipped

FORM = Disposition(Role.FORM, "app-1")
SUPPORTING = Disposition(Role.SUPPORTING, "app-1")


def take_in(*contents: bytes | tuple[LooseFile, ...]) -> list[Submission]:
    """Submissions of mails (by their content, numbered) and of loose files."""
    sources = [
        RawMessage(content, f"mail#{number}") if isinstance(content, bytes) else LooseFiles(content, "扫描")
        for number, content in enumerate(contents, 1)
    ]
    return [receive(source, IntakeLimits(), number).submission for number, source in enumerate(sources)]


def rows_of(submissions: list[Submission], by_name: dict[str, Disposition]) -> dict[str, LedgerRow]:
    dispositions = {item.ledger_id: by_name[item.name] for item in pending(submissions)}
    rows = ledger_rows(submissions, dispositions)
    balance([item for submission in submissions for item in submission.items], rows)
    return {row.item.path: row for row in rows}


def test_every_status() -> None:
    parts = multipart(
        text("正文"),
        attachment("logo.png", png(40, 40)),
        attachment("申报表.pdf", PDF),
        attachment("旧表.pdf", PDF + b"old"),
        attachment("坏.zip", b"PK\x03\x04"),
        attachment("锁.pdf", PDF + b"locked"),
        attachment("a.zip", zipped({"执照.pdf": PDF + b"licence", "说明.txt": b"readme"})),
    )
    by_name = {
        "申报表.pdf": FORM,
        "旧表.pdf": Disposition(Role.FORM, "app-1", superseded="已被较新的申报表取代。"),
        "锁.pdf": Disposition(Role.UNKNOWN, finding=Problem("D-ENCRYPTED", "文件设有密码。")),
        "执照.pdf": SUPPORTING,
        "说明.txt": Disposition(Role.UNKNOWN),
    }
    rows = rows_of(take_in(message(parts)), by_name)
    assert {path: (row.role.value, row.status.value, row.finding) for path, row in rows.items()} == {
        "mail#1": ("container", "processed", None),
        "mail#1/正文.txt": ("decoration", "ignored", None),
        "mail#1/logo.png": ("decoration", "ignored", None),
        "mail#1/申报表.pdf": ("form", "processed", None),
        "mail#1/旧表.pdf": ("form", "superseded", None),
        "mail#1/坏.zip": ("container", "failed", "D-DAMAGED"),
        "mail#1/锁.pdf": ("unknown", "failed", "D-ENCRYPTED"),
        "mail#1/a.zip": ("container", "processed", None),
        "mail#1/a.zip/执照.pdf": ("supporting", "processed", None),
        "mail#1/a.zip/说明.txt": ("unknown", "ignored", None),
    }
    assert all(row.reason for row in rows.values() if row.status is not Status.PROCESSED)
    assert rows["mail#1/申报表.pdf"].application_id == "app-1"


def test_the_same_bytes_are_duplicates_wherever_they_stand() -> None:
    mail = message(multipart(text("正文"), attachment("申报表.pdf", PDF)))
    other = message(multipart(text("正文"), attachment("又一份.pdf", PDF)), message_id="<2@example.cn>")
    rows = rows_of(take_in(mail, other, (LooseFile("扫描.pdf", PDF),)), {"申报表.pdf": FORM})
    for path in ("mail#2/又一份.pdf", "扫描/扫描.pdf"):
        row = rows[path]
        assert (row.status, row.role, row.application_id) == (Status.DUPLICATE, Role.FORM, "app-1")
        assert "mail#1/申报表.pdf" in row.reason
    assert rows["mail#2"].status is Status.PROCESSED


def test_the_same_mail_again_is_a_duplicate_and_new_bytes_in_it_are_not() -> None:
    first = message(multipart(text("正文"), attachment("申报表.pdf", PDF)))
    again = message(multipart(text("正文"), attachment("申报表.pdf", PDF), attachment("执照.pdf", PDF + b"new")))
    rows = rows_of(take_in(first, first, again), {"申报表.pdf": FORM, "执照.pdf": SUPPORTING})
    assert [rows[path].status for path in ("mail#2", "mail#2/申报表.pdf", "mail#3", "mail#3/申报表.pdf")] == [
        Status.DUPLICATE
    ] * 4
    assert rows["mail#3/执照.pdf"].status is Status.PROCESSED
    assert "mail#1" in rows["mail#3"].reason


def test_locked_members_and_empty_files_are_not_duplicates_of_each_other() -> None:
    submissions = take_in(
        message(multipart(attachment("a.pdf", b""), attachment("b.pdf", b""))),
        message(multipart(attachment("c.pdf", b"")), message_id="<2@example.cn>"),
    )
    assert duplicates(submissions) == {}
    assert {row.finding for path, row in rows_of(submissions, {}).items() if ".pdf" in path} == {"D-EMPTY"}


def test_a_mail_without_headers_is_no_duplicate_of_its_part() -> None:
    assert duplicates(take_in(b"just words\n")) == {}


@pytest.mark.parametrize(
    ("by_name", "finding"),
    [
        ({"a.pdf": SUPPORTING}, "D-NO-FORM"),
        ({"a.pdf": FORM}, None),
        ({"a.pdf": Disposition(Role.CITY_LIST)}, None),
        ({"a.pdf": Disposition(Role.UNKNOWN, finding=Problem("D-DAMAGED", "坏了。"))}, None),
    ],
)
def test_a_mail_with_files_but_no_form(by_name: dict[str, Disposition], finding: str | None) -> None:
    row = rows_of(take_in(message(multipart(text("正文"), attachment("a.pdf", PDF)))), by_name)["mail#1"]
    assert row.finding == finding
    assert row.status is (Status.FAILED if finding else Status.PROCESSED)


def test_a_mail_without_files_needs_no_form_nor_does_paper() -> None:
    rows = rows_of(take_in(message(text("请问截止时间？")), (LooseFile("a.pdf", PDF),)), {"a.pdf": SUPPORTING})
    assert {row.finding for row in rows.values()} == {None}


def test_a_duplicate_of_a_form_counts_as_a_form() -> None:
    first = message(multipart(attachment("a.pdf", PDF)))
    second = message(multipart(attachment("a.pdf", PDF), attachment("b.pdf", PDF + b"b")), message_id="<2@example.cn>")
    rows = rows_of(take_in(first, second), {"a.pdf": FORM, "b.pdf": SUPPORTING})
    assert rows["mail#2"].finding is None


def test_imbalances_are_named() -> None:
    (submission,) = take_in(message(multipart(attachment("a.pdf", PDF), attachment("b.pdf", PDF + b"b"))))
    mail, first, second = submission.items
    rows = ledger_rows([submission], {first.ledger_id: FORM})
    with pytest.raises(LedgerImbalance, match=r"no row: mail#1/b\.pdf"):
        balance(submission.items, rows)
    full = ledger_rows([submission], {first.ledger_id: FORM, second.ledger_id: FORM})
    balance(submission.items, full)
    with pytest.raises(LedgerImbalance, match=r"2 rows: mail#1/a\.pdf"):
        balance(submission.items, [*full, full[1]])
    with pytest.raises(LedgerImbalance, match=r"no such item: mail#1/b\.pdf"):
        balance((mail, first), full)
    with pytest.raises(LedgerImbalance, match=r"no reason: mail#1/a\.pdf"):
        balance(submission.items, [full[0], replace(full[1], status=Status.IGNORED), full[2]])
    with pytest.raises(LedgerImbalance, match=r"2 items: mail#1/a\.pdf"):
        balance([*submission.items, first], full)
