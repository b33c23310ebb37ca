"""Pictures of the places that the exceptions cite: cut out of pages, drawn where a file has none; each only once.

They are written into the output folder as they are taken, and none is held.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from extractors.excerpt import draw_excerpt
from flows.file_step import Readings
from flows.progress import follow
from flows.reading import crop_files
from flows.settings import Settings
from flows.worker import CropJob
from pipeline.files import whole_file
from pipeline.ledger import Ledger
from pipeline.model import Evidence, Programme
from pipeline.report.rows import picture_name
from pipeline.snapshots import digest
from pipeline.version import code_version

_BATCH = 200  # places that are looked up at a time


def take_pictures(
    places: Iterable[Evidence], readings: Readings, ledger: Ledger, programme: Programme, settings: Settings
) -> frozenset[str]:
    """Write a PNG for each place below `settings.out`, and return their names; one that could not be had is left out,
    and tried again next time. Raises OSError."""
    album = _Album(readings, ledger, settings.out)
    cut = crop_files(album.jobs(places), ledger, programme, settings.process_limits)
    for job, found in follow(cut, "Pictures"):
        taken = dict(found)
        for place in job.places:
            album.keep(place, taken.get(place) or album.draw(place))
    album.remember()
    return frozenset(album.names)


class _Album:
    """The pictures that are there, and what is to be done for the others."""

    def __init__(self, readings: Readings, ledger: Ledger, out: Path) -> None:
        self.names: set[str] = set()
        self._new: dict[str, bytes] = {}
        self._readings, self._ledger, self._out = readings, ledger, out

    def jobs(self, places: Iterable[Evidence]) -> Iterator[CropJob]:
        """What is to be cut, a file at a time; what is known, or has no pages to be cut of, is kept on the way."""
        waiting = iter(places)
        while batch := tuple(dict.fromkeys(islice(waiting, _BATCH))):
            self.remember()
            known = self._ledger.results(map(self._key, batch))
            by_file: dict[str, list[Evidence]] = {}
            for place in batch:
                if png := known.get(self._key(place)):
                    self._write(place, png)
                elif place.page is not None and place.bbox is not None:
                    by_file.setdefault(place.sha256, []).append(place)
                else:
                    self.keep(place, self.draw(place))
            for sha256, found in by_file.items():
                media_type = self._readings.documents[sha256].media_type
                yield CropJob(sha256, media_type, tuple(found), self._readings.passwords.get(sha256, ()))

    def draw(self, place: Evidence) -> bytes | None:
        return draw_excerpt(self._readings.documents[place.sha256], place)

    def keep(self, place: Evidence, png: bytes | None) -> None:
        if png:
            self._new[self._key(place)] = png
            self._write(place, png)

    def remember(self) -> None:
        """Put what is new into the ledger."""
        self._ledger.put_results(self._new)
        self._new.clear()

    def _write(self, place: Evidence, png: bytes) -> None:
        name = picture_name(place)
        if name not in self.names:
            with whole_file(self._out / name) as stream:
                stream.write(png)
            self.names.add(name)

    def _key(self, place: Evidence) -> str:
        return digest("picture", place, self._readings.readings[place.sha256].digest, code_version())
