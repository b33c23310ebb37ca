"""The inbox: what is taken, what is left alone, and that nothing is ever lost on the way."""

from pathlib import Path

import pytest

from flows.inbox import REASON, claim, fail, finish
from pipeline.errors import SourceError


def put(inbox: Path, *names: str) -> None:
    inbox.mkdir(exist_ok=True)
    for name in names:
        (inbox / name).write_bytes(name.encode())


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_dumps_are_claimed_and_moved_never_deleted(tmp_path: Path) -> None:
    put(tmp_path, "a.mbox", "b.eml", "half.mbox.part", ".hidden", "~$lock.docx")
    (tmp_path / "folder").mkdir()
    put(tmp_path / "folder", "c.eml")
    taken = claim(tmp_path, 0)
    assert taken is not None
    assert [dump.name for dump in taken.dumps] == ["a.mbox", "b.eml", "folder"]
    again = claim(tmp_path, 0)  # had the run been killed, they would be taken again
    assert again is not None
    done = finish(again)
    assert (done.parent.name, files(done)) == ("done", ["a.mbox", "b.eml", "c.eml"])
    assert files(tmp_path) == sorted([".hidden", "a.mbox", "b.eml", "c.eml", "half.mbox.part", "~$lock.docx"])
    assert claim(tmp_path, 0) is None


def test_what_is_still_being_copied_is_left_for_later(tmp_path: Path) -> None:
    put(tmp_path, "a.mbox")
    assert claim(tmp_path, 3600) is None
    assert files(tmp_path) == ["a.mbox"]


def test_what_failed_lies_beside_its_reason(tmp_path: Path) -> None:
    put(tmp_path, "a.mbox")
    taken = claim(tmp_path, 0)
    assert taken is not None
    failed = fail(taken, "SourceError: 打不开")
    assert files(failed) == ["a.mbox", REASON]
    assert "SourceError: 打不开" in (failed / REASON).read_text("utf-8")


def test_a_dump_that_kills_its_run_twice_is_given_up(tmp_path: Path) -> None:
    put(tmp_path, "a.mbox")
    for name in ("first", "second"):
        taken = claim(tmp_path, 0)
        assert taken is not None, name
        assert [dump.read_bytes() for dump in taken.dumps] == [b"a.mbox"]
    put(tmp_path, "b.mbox")
    taken = claim(tmp_path, 0)
    assert taken is not None
    assert [dump.name for dump in taken.dumps] == ["b.mbox"]
    assert files(tmp_path / "failed") == ["a.mbox", REASON]


def test_two_dumps_of_one_name_are_both_kept(tmp_path: Path) -> None:
    put(tmp_path, "a.mbox")
    claim(tmp_path, 0)
    put(tmp_path, "a.mbox")
    taken = claim(tmp_path, 0)
    assert taken is not None
    assert [dump.name for dump in taken.dumps] == ["a.mbox", "a-2.mbox"]


def test_an_inbox_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SourceError, match="inbox"):
        claim(tmp_path / "file", 0)
