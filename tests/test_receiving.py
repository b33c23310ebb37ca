"""Taking in by worker processes: the order of the sources, ids of their own for what comes twice, the bytes kept."""

from pathlib import Path

from flows.process import ProcessLimits
from flows.receiving import receive_all
from pipeline.blobs import read_blob
from pipeline.intake import LooseFile, LooseFiles, RawMessage
from pipeline.members import IntakeLimits
from tests.mails import PDF, attachment, message, multipart


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
