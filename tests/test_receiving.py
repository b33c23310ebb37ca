"""Taking in by worker processes: the order of the sources, ids of their own for what comes twice, the bytes kept."""

from pathlib import Path

from flows.process import ProcessLimits
from flows.receiving import receive_all
from pipeline.blobs import read_blob
from pipeline.intake import LooseFile, LooseFiles, RawMessage
from pipeline.members import IntakeLimits
from pipeline.model import Problem, Role
from tests.mails import PDF, attachment, message, multipart


def test_what_is_too_large_has_a_row_that_says_who_sent_it(tmp_path: Path) -> None:
    head = message(multipart(attachment("a.pdf", PDF)), "Subject: =?utf-8?b?55Sz5oql?=")[:600]
    loose = LooseFiles((LooseFile("视频.mp4", b"\0" * 10, 5 << 30), LooseFile("a.pdf", PDF)), "扫描件")
    sources = [RawMessage(head, "m#1", 3 << 30), loose, RawMessage(head, "m#2", 3 << 30)]
    mail, paper, again = receive_all(sources, tmp_path, ProcessLimits(1, 60, 2048), IntakeLimits())
    (item,) = mail.items
    assert (item.path, item.size, item.sha256, item.role) == ("m#1", 3 << 30, "", Role.CONTAINER)
    assert item.problem == Problem(
        "D-TOO-LARGE", "邮件有3,072MB，超过限额，未读取；请来件人压缩图片、减少文件或分开发送。"
    )
    assert (mail.message_id, mail.sender, mail.subject) == (*("<1@example.cn>", "示例公司 <a@example.cn>", "申报"),)
    assert [(one.size, one.problem and one.problem.code) for one in paper.items] == [
        (5 << 30, "D-TOO-LARGE"),
        (len(PDF), None),
    ]
    assert again.submission_id != mail.submission_id


def test_submissions_come_in_order_and_what_comes_twice_is_told_apart(tmp_path: Path) -> None:
    raw = message(multipart(attachment("a.pdf", PDF)))
    other = message(multipart(attachment("b.pdf", PDF)), message_id="<2@example.cn>")
    loose = LooseFiles((LooseFile("a.pdf", PDF),), "扫描件")
    sources = [RawMessage(raw, "m#1"), RawMessage(other, "m#2"), RawMessage(raw, "m#3"), loose, loose]
    taken = list(receive_all(sources, tmp_path, ProcessLimits(2, 60, 2048), IntakeLimits()))
    assert [one.items[0].path for one in taken] == ["m#1", "m#2", "m#3", "扫描件/a.pdf", "扫描件/a.pdf"]
    ids = [item.ledger_id for one in taken for item in one.items]
    assert len(ids) == len(set(ids)) == 8
    assert {read_blob(tmp_path, item.sha256) for one in taken for item in one.items} == {raw, other, PDF}
