"""Readers that really crash: each costs its own file and nothing else, and the run goes on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.process import ProcessLimits, confine, pool
from tests import packed

CRASHES = ("segfault", "loop", "memory", "defect")
GOOD = 3


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """The ledger rows of a folder in which every second file brings its reader down, by file name."""
    folder = tmp_path_factory.mktemp("crashes")
    paper = folder / "in"
    paper.mkdir()
    for number, crash in enumerate(CRASHES):
        (paper / f"{number}-{crash}").write_bytes(b"GIF89a " + crash.encode())
    for crash in CRASHES[:2]:
        (paper / f"tar-{crash}.tar").write_bytes(packed.tar({"申报表.txt": crash.encode()}))
    (paper / "tar-good.tar").write_bytes(packed.tar({"申报表.txt": b"good"}))
    for number in range(GOOD):
        (paper / f"good-{number}.txt").write_text(f"示例合同第{number}号", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.crashing_run", folder / "ws", folder / "out", paper],
        env=os.environ | {"SHENBAO_READ_SECONDS": "2", "SHENBAO_READ_MEMORY": "768"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = (folder / "out" / "ledger.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return {Path(row["path"]).name.partition("-")[2]: row for row in rows}


@pytest.mark.parametrize(
    ("crash", "finding"),
    [("segfault", "D-DAMAGED"), ("loop", "D-TOO-LARGE"), ("memory", "D-TOO-LARGE")],
)
def test_a_reader_that_fails_ends_on_its_own_row(rows: dict[str, dict[str, str]], crash: str, finding: str) -> None:
    assert (rows[crash]["status"], rows[crash]["finding"]) == ("failed", finding)
    assert rows[crash]["reason"]


@pytest.mark.parametrize(
    ("archive", "finding"),
    [("segfault.tar", "D-DAMAGED"), ("loop.tar", "D-TOO-LARGE"), ("good.tar", None)],
)
def test_an_archive_that_brings_down_what_opens_it_keeps_its_row(
    rows: dict[str, dict[str, str]], archive: str, finding: str | None
) -> None:
    assert rows[archive]["finding"] == finding


def test_a_readers_defect_is_called_one(rows: dict[str, dict[str, str]]) -> None:
    assert rows["defect"]["finding"] == "defect"


def test_files_beside_it_are_read(rows: dict[str, dict[str, str]]) -> None:
    assert [rows[f"{number}.txt"]["finding"] for number in range(GOOD)] == [None] * GOOD


def test_a_corpus_is_told_by_kind_and_outcome(tmp_path: Path) -> None:
    """`make torture`."""
    (tmp_path / "good.txt").write_text("示例合同", "utf-8")
    (tmp_path / "damaged.pdf").write_bytes(b"%PDF-1.7\n%%EOF")
    done = subprocess.run(
        [sys.executable, "-m", "tests.torture", tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = [line.split() for line in done.stdout.splitlines()]
    assert ["text/plain", "processed", "1", "1"] in told
    assert ["application/pdf", "failed", "D-DAMAGED", "1", "0"] in told
    assert "2 files, 2 ledger rows" in done.stdout


def test_a_process_is_replaced_after_some_files() -> None:
    """PDF libraries and recognisers grow (PaddleOCR #15631, docling-serve #366)."""
    with pool(ProcessLimits(workers=1, seconds=20, memory=1024), confine, tasks=2) as workers:
        processes = [workers.schedule(os.getpid).result() for _ in range(5)]
    assert len(set(processes)) == 3
