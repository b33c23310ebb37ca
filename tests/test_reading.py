"""Files are read by parts and in processes of their own; whatever a file does, its row says what became of it."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from flows.process import ProcessLimits
from flows.reading import read_files
from flows.worker import FIRST_PAGES, ReadJob, merge, next_pages
from pipeline.blobs import write_blob
from pipeline.ledger import Ledger, open_workspace
from pipeline.media import PDF, PNG, TEXT
from pipeline.model import Document, Line, Method, Page, Problem, Programme
from pipeline.programme import load_programme

PROGRAMME: Programme = load_programme("fujian-ai-2024")


def part(*numbers: int | None, problems: tuple[Problem, ...] = ()) -> Document:
    pages = tuple(Page(number, Method.OCR, (Line(f"第{number}页"),)) for number in numbers)
    return Document("sha", PDF, "pdf/1", pages, 9, problems)


def test_parts_become_one_document() -> None:
    problem = Problem("truncated", "只读了一部分")
    whole = merge([part(None, 1, 2, problems=(problem,)), part(None, 3, problems=(problem,))])
    assert [page.number for page in whole.pages] == [None, 1, 2, 3]
    assert whole.problems == (problem,)


def test_reading_starts_with_the_first_pages_and_ends_where_a_part_gives_none() -> None:
    assert next_pages([], PROGRAMME) == FIRST_PAGES
    assert not next_pages([part(problems=(Problem("D-DAMAGED", "坏"),))], PROGRAMME)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return open_workspace(tmp_path / "workspace")


def outcomes(ledger: Ledger, *files: tuple[bytes, str], seconds: int = 60, memory: int = 4096) -> list[list[str]]:
    jobs = [ReadJob(write_blob(ledger.blob_dir, data), media_type) for data, media_type in files]
    readings = dict(read_files(jobs, ledger, PROGRAMME, ProcessLimits(2, seconds, memory)))
    return [[problem.code for problem in readings[job.sha256].document.problems] for job in jobs]


def test_a_damaged_file_leaves_the_others_alone(ledger: Ledger) -> None:
    assert outcomes(ledger, ("申报单位：示例公司".encode(), TEXT), (b"%PDF-1.7 nonsense", PDF)) == [[], ["D-DAMAGED"]]


def test_a_file_that_takes_too_long_is_given_up_on(ledger: Ledger) -> None:
    page = BytesIO()
    Image.effect_noise((1240, 1754), 80).save(page, "PNG")  # loading the recogniser alone takes longer than a second
    (codes,) = outcomes(ledger, (page.getvalue(), PNG), seconds=1)
    assert codes == ["D-TOO-LARGE"]


def test_what_was_read_is_not_read_again(ledger: Ledger) -> None:
    job = ReadJob(write_blob(ledger.blob_dir, "申报单位：示例公司".encode()), TEXT)
    runs = [dict(read_files([job], ledger, PROGRAMME, ProcessLimits(1, 60, 4096))) for _ in range(2)]
    first, second = (run[job.sha256] for run in runs)
    assert first.document == second.document
    assert (first.read_pages, second.read_pages) == (1, 0)


def picture() -> bytes:
    data = BytesIO()
    Image.new("RGB", (9000, 9000), "white").save(data, "PNG")
    return data.getvalue()


def page_that_expands() -> bytes:
    data = BytesIO()
    with pikepdf.new() as document:
        page = document.add_blank_page()
        page.Contents = document.make_stream(b" " * (400 << 20))
        document.save(data)
    return data.getvalue()


@pytest.mark.parametrize(("made", "kind"), [(picture, PNG), (page_that_expands, PDF)])
def test_memory_that_runs_out_is_told_as_the_limit_that_it_is(
    ledger: Ledger, made: Callable[[], bytes], kind: str
) -> None:
    """And not as damage: the file is read again when the limit is raised."""
    job = ReadJob(write_blob(ledger.blob_dir, made()), kind)
    (reading,) = dict(read_files([job], ledger, PROGRAMME, ProcessLimits(1, 60, 300))).values()
    (problem,) = reading.document.problems
    assert problem.code == "D-TOO-LARGE"
    assert "内存限额" in problem.message
