"""Where the time of a process goes: seconds by name, for `make bench`. It measures and decides nothing."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

_seconds: defaultdict[str, float] = defaultdict(float)


@contextmanager
def timed(name: str) -> Iterator[None]:
    """Adds what the block takes to `name`."""
    started = time.perf_counter()
    try:
        yield
    finally:
        _seconds[name] += time.perf_counter() - started


def spent(name: str) -> float:
    """Seconds so far in this process."""
    return _seconds[name]
