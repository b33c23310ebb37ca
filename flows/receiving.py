"""Mails and files are taken in by worker processes: an archive that crashes what opens it costs its own mail.

What came in is kept first, under its sha256; the worker keeps what was in it.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from pathlib import Path

from pebble import ProcessPool

from flows.process import (
    GAVE_UP,
    TASKS_PER_PROCESS,
    WAITING,
    ProcessLimits,
    confine,
    in_turn,
    out_of_time,
    pool,
    within,
)
from pipeline.blobs import read_blob, write_blob
from pipeline.intake import FilesOnDemand, LooseFile, LooseFiles, RawMessage, Received, not_received, receive, unlock
from pipeline.members import IntakeLimits
from pipeline.model import Problem, Submission

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A source whose bytes are blobs: name and sha256 of each of its files, and what it is cut from; of a mail one
    without a name."""

    where: str
    files: tuple[tuple[str, str, int], ...]
    is_mail: bool


_Taken = tuple[str, Submission]  # and the key that it is known by


def receive_all(
    sources: Iterable[RawMessage | LooseFiles], blob_dir: Path, limits: ProcessLimits, intake: IntakeLimits
) -> Iterator[Submission]:
    """The submissions in the order of their sources, a few at a time in memory."""
    with pool(limits, _start, blob_dir, intake, tasks=TASKS_PER_PROCESS) as workers:
        desk = _Receiver(workers, blob_dir, limits, intake)
        sent = map(_keep, sources, repeat(blob_dir))  # a source is let go of before the next one is read
        for kept, future in in_turn(sent, partial(desk.schedule, workers), 2 * limits.workers):
            yield desk.settle(kept, future)


def receive_again(
    locked: Sequence[tuple[Submission, Sequence[str]]], blob_dir: Path, limits: ProcessLimits, intake: IntakeLimits
) -> Iterator[Submission]:
    """The submissions with what their passwords open; one that brings its process down is left out."""
    if not locked:
        return
    with pool(limits, _start, blob_dir, intake, tasks=TASKS_PER_PROCESS) as workers:
        timeout = limits.seconds * WAITING
        opened = [workers.schedule(_unlock, args=one, timeout=timeout) for one in locked]
        for future in opened:
            with suppress(*GAVE_UP, BrokenProcessPool):
                yield future.result()


class _Receiver:
    """Counts the occurrences of each key."""

    def __init__(self, workers: ProcessPool, blob_dir: Path, limits: ProcessLimits, intake: IntakeLimits) -> None:
        self._workers = workers
        self._blob_dir = blob_dir
        self._limits = limits
        self._intake = intake
        self._seen: Counter[str] = Counter()

    def schedule(self, workers: ProcessPool, kept: _Kept, occurrence: int = 0) -> "Future[_Taken]":
        timeout = self._limits.seconds * WAITING
        try:
            future: Future[_Taken] = workers.schedule(_receive, args=[kept, occurrence], timeout=timeout)
        except (BrokenProcessPool, RuntimeError) as error:  # the workers are no more
            future = Future()
            future.set_exception(BrokenProcessPool(str(error)))
        return future

    def settle(self, kept: _Kept, future: "Future[_Taken]") -> Submission:
        """The submission, whatever became of the process that took it in."""
        key, submission = self._outcome(kept, future, 0)
        if occurrence := self._seen[key]:
            key, submission = self._outcome(kept, self.schedule(self._workers, kept, occurrence), occurrence)
        self._seen[key] += 1
        return submission

    def _outcome(self, kept: _Kept, future: "Future[_Taken]", occurrence: int) -> _Taken:
        try:
            return future.result()
        except (*GAVE_UP, BrokenProcessPool):
            return self._alone(kept, occurrence)

    def _alone(self, kept: _Kept, occurrence: int) -> _Taken:
        """In a fresh process: another mail may have spoiled the one that it was taken in by."""
        few = ProcessLimits(1, self._limits.seconds, self._limits.memory)
        with pool(few, _start, self._blob_dir, self._intake, tasks=1) as workers:
            try:
                return self.schedule(workers, kept, occurrence).result()
            except (*GAVE_UP, BrokenProcessPool) as error:
                return self._report(kept, occurrence, error)

    def _report(self, kept: _Kept, occurrence: int, error: BaseException) -> _Taken:
        if out_of_time(error) or isinstance(error, MemoryError):
            message = "邮件或其压缩包过大或过于复杂，未能在限额内打开；请来件人直接附上文件重新发送，并人工查看原邮件。"
            problem = Problem("D-TOO-LARGE", message)
        else:
            message = "打开邮件或其压缩包时程序被迫中止，附件未接收；请来件人直接附上文件重新发送，并人工查看原邮件。"
            problem = Problem("D-DAMAGED", message)
        return _key(kept), not_received(_source(kept, self._blob_dir), problem, occurrence)


def _keep(source: RawMessage | LooseFiles, blob_dir: Path) -> _Kept:
    if isinstance(source, RawMessage):
        return _Kept(source.where, (("", write_blob(blob_dir, source.raw), source.cut_from),), is_mail=True)
    files = tuple((file.name, write_blob(blob_dir, file.data), file.cut_from) for file in source.files)
    return _Kept(source.where, files, is_mail=False)


def _source(kept: _Kept, blob_dir: Path) -> RawMessage | LooseFiles:
    files = FilesOnDemand([partial(_blob_file, blob_dir, *file) for file in kept.files])
    return RawMessage(files[0].data, kept.where, files[0].cut_from) if kept.is_mail else LooseFiles(files, kept.where)


def _blob_file(blob_dir: Path, name: str, sha256: str, cut_from: int) -> LooseFile:
    return LooseFile(name, read_blob(blob_dir, sha256), cut_from)


def _key(kept: _Kept) -> str:
    """What a source that could not be taken in is known by."""
    return "\0".join(("unreceived", *(sha256 for _, sha256, _ in kept.files)))


# --- inside a worker process ----------------------------------------------------------------------------

_worker: tuple[ProcessLimits, Path, IntakeLimits]


def _start(limits: ProcessLimits, blob_dir: Path, intake: IntakeLimits) -> None:
    global _worker
    confine(limits)
    _worker = (limits, blob_dir, intake)


def _receive(kept: _Kept, occurrence: int) -> _Taken:
    limits, blob_dir, intake = _worker
    source = _source(kept, blob_dir)
    try:
        with within(limits.seconds):
            received = receive(source, intake, occurrence)
    except MemoryError:
        raise
    except Exception as error:  # a defect of ours costs this mail, whose row says so and whose bytes are kept
        _log.exception("%s could not be received", kept.where)
        message = "程序无法解析这封邮件或这些文件，附件未接收；请联系维护人员，并人工查看原件。"
        return _key(kept), not_received(source, Problem("D-DAMAGED", message, repr(error)), occurrence)
    return received.key, _stored(received, blob_dir)


def _unlock(submission: Submission, passwords: Sequence[str]) -> Submission:
    limits, blob_dir, intake = _worker
    with within(limits.seconds):
        received = unlock(submission, lambda sha256: read_blob(blob_dir, sha256), intake, passwords)
    return _stored(received, blob_dir)


def _stored(received: Received, blob_dir: Path) -> Submission:
    for data in received.blobs.values():
        write_blob(blob_dir, data)
    return received.submission
