"""The ledger keeps what it was given, for its owner only."""

import os
import secrets
import stat
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest
import sqlalchemy as sa
from postgres import running_server

from pipeline.blobs import blob_path, read_blob, write_blob
from pipeline.codec import encode
from pipeline.errors import WorkspaceError
from pipeline.ledger import Ledger, open_workspace
from pipeline.model import (
    CHINA,
    Check,
    Clause,
    Correction,
    Decision,
    Document,
    Letter,
    Line,
    Method,
    Outcome,
    Page,
    Run,
    Submission,
    Taken,
    Verdict,
)
from pipeline.snapshots import Contents, Kept

SHA = "ab" * 32


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with running_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """A new workspace, its database SQLite's or PostgreSQL's."""
    url = None if request.param == "sqlite" else new_database(request.getfixturevalue("server"))
    ledger = open_workspace(tmp_path / "workspace", url)
    yield ledger
    ledger.close()


def new_database(server: str) -> str:
    name = f"w{secrets.token_hex(8)}"
    engine = sa.create_engine(server.format(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.format(database=name)


def submission(subject: str = "申报") -> Submission:
    return Submission("s1", "<1@example.cn>", datetime(2024, 7, 1, tzinfo=CHINA), "a@example.cn", subject, "", (), ())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_blobs_are_kept_by_their_sha256_for_the_owner_only(ledger: Ledger) -> None:
    sha256 = write_blob(ledger.blob_dir, "申报表".encode())
    assert write_blob(ledger.blob_dir, "申报表".encode()) == sha256
    assert ledger.get_blob(sha256) == "申报表".encode()
    path = ledger.blob_dir / sha256[:2] / sha256[2:4] / sha256
    assert mode(path) == 0o600
    assert [mode(folder) for folder in (path.parent, ledger.blob_dir, ledger.blob_dir.parent)] == [0o700] * 3
    assert list(path.parent.iterdir()) == [path]


def test_blobs_can_be_read_in_other_processes(ledger: Ledger) -> None:
    sha256 = write_blob(ledger.blob_dir, b"bytes")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(read_blob, ledger.blob_dir, sha256).result() == b"bytes"


def test_the_same_blob_from_many_threads(ledger: Ledger) -> None:
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(partial(write_blob, ledger.blob_dir), [b"x" * 100_000] * 32))
    assert [ledger.get_blob(name) for name in names] == [b"x" * 100_000]


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "AB" * 32, SHA + "/x", SHA + "\n"])
def test_only_a_sha256_becomes_a_path(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a sha256"):
        blob_path(tmp_path, name)


def test_a_blob_that_is_missing_or_was_changed(ledger: Ledger) -> None:
    with pytest.raises(WorkspaceError):
        ledger.get_blob(SHA)
    sha256 = write_blob(ledger.blob_dir, b"bytes")
    blob_path(ledger.blob_dir, sha256).write_bytes(b"other")
    with pytest.raises(WorkspaceError, match="changed"):
        ledger.get_blob(sha256)


def test_documents_are_found_by_file_reader_and_pages(ledger: Ledger) -> None:
    document = Document(SHA, "application/pdf", "pdf-1", (Page(1, Method.PDF, (Line("甲"),)),), 9)
    ledger.put_document(document, range(1, 3))
    ledger.put_document(document, range(1, 3))
    assert ledger.get_document(SHA, "pdf-1", range(1, 3)) == document
    assert ledger.get_document(SHA, "pdf-2", range(1, 3)) is None
    assert ledger.get_document(SHA, "pdf-1", range(1, 4)) is None


def test_the_newest_reading_of_a_document_counts(ledger: Ledger) -> None:
    first, second = (Document(SHA, "application/pdf", "pdf-1", (), count) for count in (1, 2))
    ledger.put_document(first, range(1, 2))
    ledger.put_document(second, range(1, 2))
    assert ledger.get_document(SHA, "pdf-1", range(1, 2)) == second


def test_submissions_runs_and_checks(ledger: Ledger) -> None:
    ledger.put_submission(submission())
    ledger.put_submission(submission("申报（改）"))
    assert ledger.get_submission("s1") == submission("申报（改）")
    assert ledger.get_submission("s2") is None
    at = datetime(2024, 7, 20, tzinfo=CHINA)
    runs = tuple(Run(name, "p", "v", at, at, (), {}, {}) for name in ("r1", "r2"))
    checks = tuple(Check(name, Clause("d", "a", "q"), Outcome.PASS, "", "") for name in ("G-LAW", "C-MODEL"))
    ledger.put_results({"of a": encode(checks[:1], tuple[Check, ...]), "of all": encode(checks[1:], tuple[Check, ...])})
    kept = (Kept("a", "a", "", "of a", {}), Kept("b", "b", "", "", {}))
    ledger.put_run(runs[0], Contents(kept, "of all"))
    ledger.put_run(runs[1], Contents())
    assert ledger.runs() == runs
    assert tuple(ledger.checks("r1")) == checks
    assert tuple(ledger.checks("r2")) == ()
    with pytest.raises(WorkspaceError, match="r3"):
        ledger.checks("r3")


def test_what_is_known_under_a_key_stays(ledger: Ledger) -> None:
    ledger.put_results({"a": b"1", "b": b"2"})
    ledger.put_results({"a": b"3", "c": b"4"})
    assert ledger.results(["a", "c", "a", "x"]) == {"a": b"1", "c": b"4"}


def test_the_journal_keeps_its_order_and_can_be_read_as_it_was(ledger: Ledger) -> None:
    at = datetime(2024, 7, 20, tzinfo=CHINA)
    entries = (
        Correction("a", "uscc", "91350100MA00EXAM14", SHA, None, "示例甲", at),
        Decision("e", "a", "G-LAW", Verdict.WAIVE, "", "示例乙", at, "已核实"),
        Taken("s", None, "示例乙", at),
        Letter("a", ("e",), "补正通知书.docx", at.date(), "示例乙", at),
    )
    ledger.write_journal(entries[:3])
    ledger.write_journal(entries[3:])
    assert ledger.journal() == entries
    assert ledger.journal(2) == entries[:2]


def test_a_run_is_recorded_once(ledger: Ledger) -> None:
    at = datetime(2024, 7, 20, tzinfo=CHINA)
    ledger.put_run(Run("r1", "p", "v", at, at, (), {}, {}), Contents())
    with pytest.raises(WorkspaceError):
        ledger.put_run(Run("r1", "p", "v", at, at, (), {}, {}), Contents())


def test_the_database_is_for_its_owner_only(tmp_path: Path) -> None:
    open_workspace(tmp_path / "workspace").close()
    assert mode(tmp_path / "workspace" / "ledger.sqlite") == 0o600


def test_a_workspace_is_found_again(tmp_path: Path) -> None:
    first = open_workspace(tmp_path / "w")
    first.put_submission(submission())
    first.close()
    assert open_workspace(tmp_path / "w").get_submission("s1") == submission()


def test_a_workspace_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WorkspaceError):
        open_workspace(tmp_path / "file" / "w")
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "ledger.sqlite").write_bytes(os.urandom(4096))
    with pytest.raises(WorkspaceError):
        open_workspace(tmp_path / "w")
