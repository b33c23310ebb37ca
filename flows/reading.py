"""Files are read in worker processes, each with a time and a memory limit, so that no file can take the run down.

What was read stays in the ledger by the file's sha256, the reader's version and the pages: a later run reads only
what is not there. A file is read by parts, its first pages first, since they tell whether the rest is worth it.
"""

import multiprocessing
import resource
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures import TimeoutError as ReadTimeout
from dataclasses import dataclass
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from extractors import filing, read, reader_version
from extractors.picture import crop
from extractors.stopwatch import spent
from pipeline.ledger import Ledger, read_blob
from pipeline.model import Document, Evidence, Problem, Programme

FIRST_PAGES = range(1, filing.FIRST_PAGES + 1)
DEFECT = "defect"  # of ours, not the file's: never kept, and no finding for the applicant
CROP_SECONDS = 60  # for all places of one file
FILES_PER_PROCESS = 50  # recycled, since recognisers and PDF libraries grow (PaddleOCR #15631, docling-serve #366)


@dataclass(frozen=True, slots=True)
class ReadJob:
    """One file to read, and what is known of it already."""

    sha256: str
    media_type: str
    parts: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class CropJob:
    """One file, and the places to cut out of its pages."""

    sha256: str
    media_type: str
    places: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as far as it is worth reading. `read_pages` counts those that were read in this run."""

    document: Document
    read_pages: int = 0
    seconds: float = 0.0
    ocr_seconds: float = 0.0
    defect: str | None = None  # our own failure, with its traceback


@dataclass(frozen=True, slots=True)
class _Part:
    pages: range
    document: Document


@dataclass(frozen=True, slots=True)
class _Result:
    parts: tuple[_Part, ...]
    seconds: float = 0.0
    ocr_seconds: float = 0.0
    defect: str | None = None


def merge(parts: Sequence[Document]) -> Document:
    """One Document of the parts of one file."""
    first = parts[0]
    # A Word file's own text comes with every part of its pictures, and stands once.
    pages = {(page.number, page.title): page for part in parts for page in part.pages}
    problems = tuple(dict.fromkeys(problem for part in parts for problem in part.problems))
    return Document(first.sha256, first.media_type, first.reader, tuple(pages.values()), first.page_count, problems)


def next_pages(parts: Sequence[Document], programme: Programme) -> range:
    """The pages to read next; empty when enough is known."""
    if not parts:
        return FIRST_PAGES
    if not parts[-1].pages:
        return range(0)
    return filing.pages_wanted(merge(parts), programme)


def read_files(
    jobs: Iterable[ReadJob], ledger: Ledger, programme: Programme, *, workers: int, seconds: int, memory: int
) -> Iterator[tuple[str, Reading]]:
    """Each job's sha256 and Reading, those that the ledger knows whole first, then as they are done."""
    unread = []
    for job in jobs:
        known = _known(job, ledger, programme)
        if next_pages(known.parts, programme):
            unread.append(known)
        else:
            yield job.sha256, Reading(merge(known.parts))
    if not unread:
        return
    with _pool(min(workers, len(unread)), ledger, programme, memory) as pool:
        futures: dict[Future[_Result], ReadJob] = {
            pool.schedule(_read_on, args=[job], timeout=seconds): job for job in unread
        }
        for future in as_completed(futures):
            job = futures[future]
            yield job.sha256, _settle(job, _outcome(job, future, seconds), ledger)


def crop_files(
    jobs: Sequence[CropJob], ledger: Ledger, programme: Programme, *, workers: int, memory: int
) -> Iterator[list[tuple[Evidence, bytes]]]:
    """For each job the places that a picture could be cut of; in worker processes, since files are hostile."""
    if not jobs:
        return
    with _pool(min(workers, len(jobs)), ledger, programme, memory) as pool:
        futures = [pool.schedule(_crop_all, args=[job], timeout=CROP_SECONDS) for job in jobs]
        for future in futures:
            try:
                yield future.result()
            except (ReadTimeout, ProcessExpired, MemoryError):
                yield []  # the words of the place stand in the report all the same


def _pool(workers: int, ledger: Ledger, programme: Programme, memory: int) -> ProcessPool:
    return ProcessPool(
        max_workers=workers,
        max_tasks=FILES_PER_PROCESS,
        initializer=_start_worker,
        initargs=(ledger.blob_dir, programme, memory),
        context=multiprocessing.get_context("spawn"),  # not fork: Prefect's threads hold locks
    )


def _known(job: ReadJob, ledger: Ledger, programme: Programme) -> ReadJob:
    parts: list[Document] = []
    reader = reader_version(job.media_type)
    while pages := next_pages(parts, programme):
        part = ledger.get_document(job.sha256, reader, pages)
        if part is None:
            break
        parts.append(part)
    return ReadJob(job.sha256, job.media_type, tuple(parts))


def _outcome(job: ReadJob, future: Future[_Result], seconds: int) -> _Result:
    try:
        return future.result()
    except ReadTimeout:
        return _gave_up(job, Problem("D-TOO-LARGE", f"文件在{seconds}秒内未能读完，请寄件人拆分或压缩后重新发送。"))
    except (ProcessExpired, MemoryError):
        return _gave_up(job, Problem("D-DAMAGED", "读取该文件时程序被迫中止，文件可能已损坏，请寄件人重新导出后发送。"))


def _gave_up(job: ReadJob, problem: Problem) -> _Result:
    document = Document(job.sha256, job.media_type, reader_version(job.media_type), problems=(problem,))
    return _Result((_Part(FIRST_PAGES, document),))


def _settle(job: ReadJob, result: _Result, ledger: Ledger) -> Reading:
    if result.defect:
        problem = Problem(DEFECT, "程序读取该文件时出错，未能审查；请联系维护人员。")
        document = Document(job.sha256, job.media_type, reader_version(job.media_type), problems=(problem,))
        return Reading(document, defect=result.defect)
    for part in result.parts:
        ledger.put_document(part.document, part.pages)
    parts = [*job.parts, *(part.document for part in result.parts)]
    read_pages = sum(len(part.document.pages) for part in result.parts)
    return Reading(merge(parts), read_pages, result.seconds, result.ocr_seconds)


# --- inside a worker process ------------------------------------------------------------------------

_worker: tuple[Path, Programme]


def _start_worker(blob_dir: Path, programme: Programme, memory: int) -> None:
    global _worker
    _worker = (blob_dir, programme)
    limit = memory * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))  # not RLIMIT_AS: mapped weights would count


def _read_on(job: ReadJob) -> _Result:
    blob_dir, programme = _worker
    started = time.perf_counter()
    ocr_before = spent("ocr")
    data = read_blob(blob_dir, job.sha256)
    parts: list[_Part] = []
    try:
        while pages := next_pages([*job.parts, *(part.document for part in parts)], programme):
            parts.append(_Part(pages, read(data, job.media_type, pages)))
    except MemoryError:
        raise
    except Exception:  # a reader's defect: loud, and for this file only
        return _Result((), defect=traceback.format_exc())
    return _Result(tuple(parts), time.perf_counter() - started, spent("ocr") - ocr_before)


def _crop_all(job: CropJob) -> list[tuple[Evidence, bytes]]:
    blob_dir, _ = _worker
    data = read_blob(blob_dir, job.sha256)
    pictures = ((place, crop(data, job.media_type, place.page, place.bbox)) for place in job.places)
    return [(place, png) for place, png in pictures if png]
