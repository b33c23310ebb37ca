"""Files are read in worker processes, each with a time and a memory limit, so that no file can take the run down.

What was read stays in the ledger by the file's sha256, the reader's version and the pages: a later run reads only
what is not there. A file is read by parts, its first pages first, since they tell whether the rest is worth it. What
was given up on is kept under the limits that it ran into: a run with other limits tries it again.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, islice

from pebble import ProcessPool

from extractors import reader_version
from flows.process import GAVE_UP, TASKS_PER_PROCESS, WAITING, ProcessLimits, in_turn, out_of_time, pool
from flows.worker import FIRST_PAGES, CropJob, Part, ReadJob, crop_all, merge, next_pages, read_part, start_worker
from pipeline.ledger import Ledger
from pipeline.model import Document, Evidence, Problem, Programme
from pipeline.snapshots import digest
from pipeline.version import code_version

DEFECT = "defect"  # of ours, not the file's: never kept, and no finding for the applicant
DOCUMENTS_AT_HAND = 100  # decoded; the ledger has the others
MOST_BROKEN_POOLS = 3  # in a row, without a result in between: then it is no file's fault

Fetch = Callable[[ReadJob, tuple[tuple[str, range], ...]], Document]


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as far as it is worth reading. `digest` is of all that was read of it; what the ledger knows is fetched
    when it is asked for. `read_pages` counts those that were read in this run."""

    load: Callable[[], Document]
    digest: str
    read_pages: int = 0
    seconds: float = 0.0
    ocr_seconds: float = 0.0
    defect: str | None = None  # our own failure, with its traceback

    @property
    def document(self) -> Document:
        return self.load()


@dataclass(frozen=True, slots=True)
class _Begun:
    """A file that is being read: its parts so far, the pages to read next, and why it was given up on, if it was."""

    job: ReadJob
    parts: tuple[Document, ...]
    wanted: range
    reading: Reading
    digests: tuple[str, ...] = ()  # of the parts
    given_up: Problem | None = None


def read_files(
    jobs: Iterable[ReadJob],
    ledger: Ledger,
    programme: Programme,
    limits: ProcessLimits,
    again: Collection[str] = (),
) -> Iterator[tuple[str, Reading]]:
    """Each job's sha256 and Reading, those that the ledger knows whole first, then as they are done. The files in
    `again` are read whatever the ledger knows.

    A file that was given up on is tried once more, alone in a fresh process: another file may have spoiled the one
    that it was read in, or the machine was busy.
    """
    fetch = lru_cache(DOCUMENTS_AT_HAND)(lambda job, keys: merge(_parts(job, keys, ledger)))
    unread = []
    for job in jobs:
        known = _begun(job) if job.sha256 in again else _known(job, ledger, programme, limits, fetch)
        if known.wanted:
            unread.append(known)
        else:
            yield job.sha256, known.reading
    suspects = []
    for ended in _read_all(unread, ledger, programme, limits, TASKS_PER_PROCESS):
        if ended.given_up:
            suspects.append(replace(ended, given_up=None))
        else:
            kept = _known(ended.job, ledger, programme, limits, fetch)
            # Fetched when it is asked for, like what was known before: a mailbox does not fit into memory.
            yield ended.job.sha256, ended.reading if kept.wanted else replace(ended.reading, load=kept.reading.load)
    for ended in _read_all(suspects, ledger, programme, limits, files_per_process=1):
        settled = _give_up(ended, ended.given_up, ledger, limits) if ended.given_up else ended
        yield ended.job.sha256, settled.reading


def crop_files(
    jobs: Iterable[CropJob], ledger: Ledger, programme: Programme, limits: ProcessLimits
) -> Iterator[tuple[CropJob, list[tuple[Evidence, bytes]]]]:
    """Each job with the places that a picture could be cut of; in worker processes, since files are hostile. Few jobs
    are asked for before their turn."""
    more = iter(jobs)
    if not (first := tuple(islice(more, limits.workers))):
        return
    with _pool(len(first), ledger, programme, limits, TASKS_PER_PROCESS) as workers:
        timeout = limits.seconds * WAITING

        def schedule(job: CropJob) -> "Future[list[tuple[Evidence, bytes]]]":
            future: Future[list[tuple[Evidence, bytes]]] = workers.schedule(
                crop_all, args=[job, limits.seconds], timeout=timeout
            )
            return future

        for job, future in in_turn(chain(first, more), schedule, 2 * limits.workers):
            try:
                found = future.result()
            except (*GAVE_UP, BrokenProcessPool):
                found = []  # the words of the place stand in the report all the same
            yield job, found


def _pool(files: int, ledger: Ledger, programme: Programme, limits: ProcessLimits, tasks: int) -> ProcessPool:
    few = replace(limits, workers=min(limits.workers, files))
    # All that reading asks of a programme, since a process that dies before it has taken what it is given leaves the
    # run waiting for ever where that is more than a pipe holds, 64 KiB.
    form = replace(programme, criteria=(), clauses=())
    return pool(few, start_worker, ledger.blob_dir, form, tasks=tasks)


# --- one file, part by part ---------------------------------------------------------------------------------


def _begun(
    job: ReadJob, parts: tuple[Document, ...] = (), wanted: range = FIRST_PAGES, digests: tuple[str, ...] = ()
) -> _Begun:
    """A file whose reading is to go on."""
    document = merge(parts) if parts else Document(job.sha256, job.media_type, reader_version(job.media_type))
    return _Begun(job, parts, wanted, Reading(lambda: document, digest(*digests)), digests)


def _known(job: ReadJob, ledger: Ledger, programme: Programme, limits: ProcessLimits, fetch: Fetch) -> _Begun:
    """The file as far as the ledger knows it. Its parts are not even decoded where nothing is left to read."""
    reader = reader_version(job.media_type)
    pages = FIRST_PAGES
    keys: list[tuple[str, range]] = []
    digests: list[str] = []
    while pages:
        key = reader, pages
        found = ledger.document_digest(job.sha256, *key)
        if found is None:
            key = _given_up_key(reader, limits), pages
            found = ledger.document_digest(job.sha256, *key)
        if found is None:
            return _begun(job, _parts(job, keys, ledger), pages, tuple(digests))
        keys.append(key)
        digests.append(found)
        pages = range(0) if key[0] != reader else _next(job, keys, digests, ledger, programme)
    whole = tuple(keys)
    return _Begun(job, (), pages, Reading(lambda: fetch(job, whole), digest(*digests)))


def _parts(job: ReadJob, keys: Sequence[tuple[str, range]], ledger: Ledger) -> tuple[Document, ...]:
    found = (ledger.get_document(job.sha256, reader, pages) for reader, pages in keys)
    return tuple(replace(part, reader=reader_version(job.media_type)) for part in found if part)


def _next(
    job: ReadJob, keys: Sequence[tuple[str, range]], digests: Sequence[str], ledger: Ledger, programme: Programme
) -> range:
    """The pages to read after these parts, which the ledger remembers: to find out takes reading them as a form."""
    key = _next_key(digests, programme)
    known = ledger.results([key]).get(key)
    if known is not None:
        return _as_range(known)
    wanted = next_pages(_parts(job, keys, ledger), programme)
    _remember_next(digests, wanted, ledger, programme)
    return wanted


def _next_key(digests: Sequence[str], programme: Programme) -> str:
    return digest("next pages", *digests, programme.id, programme.version, code_version())


def _remember_next(digests: Sequence[str], wanted: range, ledger: Ledger, programme: Programme) -> None:
    ledger.put_results({_next_key(digests, programme): f"{wanted.start} {wanted.stop}".encode()})


def _as_range(text: bytes) -> range:
    start, stop = text.split()
    return range(int(start), int(stop))


def _as_kept(document: Document) -> Document:
    """What is locked is kept where no run looks for it: the next one may know the password."""
    locked = any(problem.code == "D-ENCRYPTED" for problem in document.problems)
    return replace(document, reader=f"{document.reader} locked") if locked else document


def _given_up_key(reader: str, limits: ProcessLimits) -> str:
    return f"{reader} within {limits.seconds} s and {limits.memory} MiB"


def _read_all(
    files: Sequence[_Begun], ledger: Ledger, programme: Programme, limits: ProcessLimits, files_per_process: int
) -> Iterator[_Begun]:
    """The files as they end, read or given up on, each whole or not."""
    waiting = deque(files)
    broken = 0
    while waiting:
        running: dict[Future[Part], _Begun] = {}
        try:
            with _pool(len(waiting), ledger, programme, limits, files_per_process) as workers:
                for ended in _read_in(workers, running, waiting, ledger, programme, limits):
                    broken = 0
                    yield ended
        except BrokenProcessPool:
            broken += 1
            if broken == MOST_BROKEN_POOLS:
                raise
            waiting.extend(running.values())


def _read_in(
    workers: ProcessPool,
    running: dict[Future[Part], _Begun],
    waiting: deque[_Begun],
    ledger: Ledger,
    programme: Programme,
    limits: ProcessLimits,
) -> Iterator[_Begun]:
    """Keeps the workers busy with few files at a time, however many wait. Raises BrokenProcessPool, and leaves in
    `running` what was being read."""
    while waiting or running:
        while waiting and len(running) < 2 * limits.workers:
            begun = waiting.popleft()
            running[_schedule(workers, begun, limits)] = begun
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            begun = _advance(running[future], future, ledger, programme, limits)
            del running[future]
            if begun.wanted and not begun.given_up:
                running[_schedule(workers, begun, limits)] = begun
            else:
                yield begun


def _schedule(workers: ProcessPool, begun: _Begun, limits: ProcessLimits) -> "Future[Part]":
    future: Future[Part] = workers.schedule(
        read_part,
        args=[begun.job, begun.parts, begun.wanted, limits.seconds],
        timeout=limits.seconds * WAITING,
    )
    return future


def _advance(
    begun: _Begun, future: "Future[Part]", ledger: Ledger, programme: Programme, limits: ProcessLimits
) -> _Begun:
    """The file with what the worker has to say of its next part. Raises BrokenProcessPool."""
    try:
        part = future.result()
    except GAVE_UP as error:
        return replace(begun, given_up=_verdict(begun, error, limits))
    if part.document is None:
        problem = Problem(DEFECT, "程序读取该文件时出错，未能审查；请联系维护人员。")
        document = replace(begun.reading.document, pages=(), problems=(problem,))
        return replace(begun, wanted=range(0), reading=Reading(lambda: document, "", defect=part.defect))
    digests = (*begun.digests, ledger.put_document(_as_kept(part.document), begun.wanted))
    _remember_next(digests, part.wanted, ledger, programme)
    parts = (*begun.parts, part.document)
    whole = merge(parts)
    reading = Reading(
        lambda: whole,
        digest(*digests),
        begun.reading.read_pages + len(part.document.pages),
        begun.reading.seconds + part.seconds,
        begun.reading.ocr_seconds + part.ocr_seconds,
    )
    return _Begun(begun.job, parts, part.wanted, reading, digests)


def _verdict(begun: _Begun, error: BaseException, limits: ProcessLimits) -> Problem:
    where = f"第{begun.wanted.start}页起" if begun.parts else "文件"
    if isinstance(error, MemoryError):
        message = f"{where}超出读取一份文件的内存限额（{limits.memory} MB）；请寄件人拆分或压缩后重新发送。"
        return Problem("D-TOO-LARGE", message)
    if out_of_time(error):
        message = f"{where}在{limits.seconds}秒内未能读完；请寄件人拆分或压缩后重新发送，并人工查看原件。"
        return Problem("D-TOO-LARGE", message)
    message = f"读取{where}时程序被迫中止，文件可能已损坏；请寄件人重新导出后发送，并人工查看原件。"
    return Problem("D-DAMAGED", message)


def _give_up(begun: _Begun, problem: Problem, ledger: Ledger, limits: ProcessLimits) -> _Begun:
    """What was read before stays of use: then the rest is not there, and the file no finding."""
    told = replace(problem, code="truncated") if begun.parts else problem
    reader = reader_version(begun.job.media_type)
    document = Document(begun.job.sha256, begun.job.media_type, _given_up_key(reader, limits), problems=(told,))
    digests = (*begun.digests, ledger.put_document(document, begun.wanted))
    whole = merge([*begun.parts, replace(document, reader=reader)])
    reading = replace(begun.reading, load=lambda: whole, digest=digest(*digests))
    return replace(begun, wanted=range(0), reading=reading)
