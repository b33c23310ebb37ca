"""Calls within the memory limit of a worker process."""

from collections.abc import Callable
from typing import TypeVar, cast

from flows.process import ProcessLimits, confine, pool

R = TypeVar("R")


def within_memory(mib: int, function: Callable[..., R], *arguments: object) -> R:
    """What the function gives, or raises, in a worker process of so many MiB."""
    with pool(ProcessLimits(1, 60, mib), confine, tasks=1) as workers:
        return cast(R, workers.schedule(function, args=arguments).result())
