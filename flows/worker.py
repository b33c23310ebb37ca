"""What a worker process does: one part of one file, or the pictures out of one file, within its limits.

Imports little, since a process is started for every few dozen files and after every crash.
"""

import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from extractors import derive, filing, read
from extractors.stopwatch import spent
from extractors.unusable import Unusable
from flows.process import ProcessLimits, confine, within
from pipeline.blobs import read_blob
from pipeline.model import Document, Evidence, Programme

FIRST_PAGES = range(1, filing.FIRST_PAGES + 1)


@dataclass(frozen=True, slots=True)
class ReadJob:
    """One file to read, and what may open it."""

    sha256: str
    media_type: str
    passwords: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class CropJob:
    """One file, and the places to cut out of its pages."""

    sha256: str
    media_type: str
    places: tuple[Evidence, ...]
    passwords: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Part:
    """What a worker has to say of the pages that it was asked for; `wanted` are those to read next."""

    document: Document | None
    wanted: range = range(0)
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


# --- within the limits --------------------------------------------------------------------------

_worker: tuple[Path, Programme]


def start_worker(limits: ProcessLimits, blob_dir: Path, programme: Programme) -> None:
    global _worker
    confine(limits)
    _worker = (blob_dir, programme)


def read_part(job: ReadJob, parts: Sequence[Document], pages: range, seconds: int) -> Part:
    blob_dir, programme = _worker
    started = time.perf_counter()
    ocr_before = spent("ocr")
    data = read_blob(blob_dir, job.sha256)
    try:
        with within(seconds):
            document = read(data, job.media_type, pages, job.passwords)
            wanted = next_pages([*parts, document], programme)
    except MemoryError:
        raise
    except Exception:  # a reader's defect: loud, and for this file only
        return Part(None, defect=traceback.format_exc())
    return Part(document, wanted, time.perf_counter() - started, spent("ocr") - ocr_before)


def crop_all(job: CropJob, seconds: int) -> list[tuple[Evidence, bytes]]:
    from extractors.picture import crop  # not for processes that only read

    blob_dir, _ = _worker
    data = read_blob(blob_dir, job.sha256)
    with within(seconds):
        try:
            file = derive(data, job.media_type, job.passwords)
        except Unusable:
            return []  # it was opened when it was read; the words of the place stand in the report all the same
        pictures = [(place, crop(file.data, file.media_type, place.page, place.bbox)) for place in job.places]
    return [(place, png) for place, png in pictures if png]
