"""Progress for whoever watches: bars on a terminal, plain lines elsewhere."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

T = TypeVar("T")

console = Console(stderr=True, highlight=False)


def follow(items: Iterable[T], title: str, total: int | None = None) -> Iterator[T]:
    """The items, unchanged, while the progress through them is shown on standard error."""
    if console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console) as progress:
            yield from progress.track(items, total=total, description=title)
        return
    done = 0
    for item in items:
        yield item
        done += 1
    console.print(f"{title}: {done}")
