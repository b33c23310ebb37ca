"""Rows of a list between which no rule stands, so that they came as one: columns with upright rules alone, or with
level ones around the whole list only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf

from extractors.breaks import broken_early
from extractors.items import Item
from extractors.lines import baselines, box_of, hull, reckoned
from extractors.list_rows import listed
from extractors.slots import Piece, Slot
from pipeline.model import Bounds, Line

Row = Mapping[str, Slot]


def rows_apart(rows: Sequence[Row]) -> Iterator[Row]:
    """The rows; one that holds several, which lines that go on in none show in several cells, as these."""
    for row, early in zip(rows, broken_early(rows), strict=True):
        yield from (_doubted(_parted(row)) if len(early) > 1 else [row])


def _doubted(rows: Sequence[Row]) -> Iterator[Row]:
    """The rows, all of them in doubt where one still shows that it holds more."""
    is_told = not any(broken_early(rows))
    for row in rows:
        yield row if is_told else {name: replace(slot, pieces=_amiss(slot.pieces)) for name, slot in row.items()}


def _amiss(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    return tuple(replace(piece, bounds=Bounds.AMISS) for piece in pieces)


def _parted(row: Row) -> Sequence[Row]:
    written = {name: slot for name, slot in row.items() if slot.pieces}
    pieces = {piece.bbox: piece for slot in written.values() for piece in slot.pieces}
    if None in pieces or len({piece.leaf for piece in pieces.values()}) > 1:
        return [row]
    lines = [Line(piece.text, box, piece.confidence, piece.bounds) for box, piece in pieces.items()]
    levels = [[Item(line, box_of(line)) for line in level] for level in baselines(lines)]
    columns = [hull(piece.bbox for piece in slot.pieces if piece.bbox) for slot in written.values()]
    found = []
    for cells in listed(levels, columns, inf):
        own = (tuple(replace(pieces[line.bbox], bounds=reckoned(line.bounds)) for line in cell) for cell in cells)
        parts = zip(written.items(), own, strict=True)
        found.append({**row, **{name: replace(slot, pieces=part) for (name, slot), part in parts}})
    return found or [row]
