"""What is too much to hold and is fetched each time that it is asked for."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

Place = TypeVar("Place")
Value = TypeVar("Value")


class Fetched(Mapping[str, Value]):
    """The values by their keys; `fetch` makes one of the place that its key has."""

    def __init__(self, places: Mapping[str, Place], fetch: Callable[[Place], Value]) -> None:
        self._keys = places.keys()
        self._fetch: Callable[[str], Value] = lambda key: fetch(places[key])

    def __getitem__(self, key: str) -> Value:
        return self._fetch(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
