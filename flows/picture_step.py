"""Pictures of the places that the exceptions cite: cut out of pages, drawn where a file has none; each only once."""

from collections.abc import Iterator, Mapping, Sequence

from extractors.excerpt import draw_excerpt
from flows.file_step import Readings
from flows.progress import follow
from flows.reading import crop_files
from flows.settings import Settings
from flows.worker import CropJob
from pipeline.ledger import Ledger
from pipeline.model import Evidence, Programme
from pipeline.snapshots import digest
from pipeline.version import code_version

Pictures = Mapping[Evidence, bytes]


def take_pictures(
    places: Sequence[Evidence], readings: Readings, ledger: Ledger, programme: Programme, settings: Settings
) -> Pictures:
    """PNGs by place, in the order of the places; one that could not be had is left out, and tried again next time."""
    keys = {place: digest("picture", place, readings.readings[place.sha256].digest, code_version()) for place in places}
    known = ledger.results(keys.values())
    missing = tuple(place for place in places if keys[place] not in known)
    taken = dict(_cut(missing, readings, ledger, programme, settings))
    for place in missing:
        if place not in taken and (drawing := draw_excerpt(readings.documents[place.sha256], place)):
            taken[place] = drawing
    ledger.put_results({keys[place]: png for place, png in taken.items()})
    found = {place: taken[place] if place in taken else known.get(keys[place]) for place in places}
    return {place: png for place, png in found.items() if png}


def _cut(
    places: Sequence[Evidence], readings: Readings, ledger: Ledger, programme: Programme, settings: Settings
) -> Iterator[tuple[Evidence, bytes]]:
    by_file: dict[str, list[Evidence]] = {}
    for place in places:
        if place.page is not None and place.bbox is not None:
            by_file.setdefault(place.sha256, []).append(place)
    jobs = [
        CropJob(sha256, readings.documents[sha256].media_type, tuple(found), readings.passwords.get(sha256, ()))
        for sha256, found in by_file.items()
    ]
    for results in follow(crop_files(jobs, ledger, programme, settings.process_limits), "Pictures", len(jobs)):
        yield from results
