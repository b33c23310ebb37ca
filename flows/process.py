"""Worker processes for what strangers sent: each ends at its limits of time and memory, and with its run.

Time is the processor's, so that a busy machine blames no file; WAITING times as much of the clock's ends what waits.
"""

import ctypes
import multiprocessing
import resource
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as ClockTimeout
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from pipeline.masking import mask_logs

T = TypeVar("T")
R = TypeVar("R")

WAITING = 5  # times the processor's time limit, on the clock
TASKS_PER_PROCESS = 50  # recycled, since recognisers and PDF libraries grow (PaddleOCR #15631, docling-serve #366)
GAVE_UP = (ClockTimeout, MemoryError, ProcessExpired)
_PR_SET_PDEATHSIG = 1  # prctl(2)


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """Processes at a time, processor seconds for one task, MiB of one process."""

    workers: int
    seconds: int
    memory: int


def pool(limits: ProcessLimits, start: Callable[..., None], *arguments: object, tasks: int) -> ProcessPool:
    """A pool whose processes call `start` with the limits and the arguments, and take so many tasks each."""
    return ProcessPool(
        max_workers=limits.workers,
        max_tasks=tasks,
        initializer=start,
        initargs=(limits, *arguments),
        context=multiprocessing.get_context("spawn"),  # not fork: Prefect's threads hold locks
    )


def in_turn(items: Iterable[T], schedule: Callable[[T], "Future[R]"], ahead: int) -> "Iterator[tuple[T, Future[R]]]":
    """Each item with what was asked for it, in the items' order; only so many are asked for before their turn."""
    waiting: deque[tuple[T, Future[R]]] = deque()
    for item in items:
        waiting.append((item, schedule(item)))
        if len(waiting) > ahead:
            yield waiting.popleft()
    while waiting:
        yield waiting.popleft()


def confine(limits: ProcessLimits) -> None:
    """Called in a worker process when it starts."""
    mask_logs()
    size = limits.memory * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))  # not RLIMIT_AS: mapped weights would count
    if sys.platform == "linux":  # a run that is killed takes its workers along, one that loops in C too
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Ends this process by SIGPROF, wherever it is, when it takes more of the processor's time."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def out_of_time(error: BaseException) -> bool:
    """Whether one of GAVE_UP means that the time was up."""
    code: Any = error.exitcode if isinstance(error, ProcessExpired) else 0
    return isinstance(error, ClockTimeout) or code == -signal.SIGPROF
