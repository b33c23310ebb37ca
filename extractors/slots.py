"""Text and tables as extraction walks them, each piece of text knowing where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from extractors.lines import hull
from pipeline.model import BBox, Bounds, Method


@dataclass(frozen=True, slots=True)
class Piece:
    """A line of text (or none) and the place that it stands in."""

    text: str
    sha256: str
    method: Method
    page: int | None
    place: str
    bbox: BBox | None
    confidence: float
    bounds: Bounds = Bounds.SEEN

    @property
    def leaf(self) -> tuple[str, int | None]:
        """Its page among those of all files of a paper, which may have come as a file each."""
        return self.sha256, self.page


@dataclass(frozen=True, slots=True)
class Slot:
    """A table cell in a grid's coordinates, both ends counted in."""

    row: int
    column: int
    last_row: int
    last_column: int
    pieces: tuple[Piece, ...]
    where: Piece  # the cell itself, without text: the evidence of a blank
    grids: tuple["Grid", ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(piece.text for piece in self.pieces)

    @property
    def is_blank(self) -> bool:
        return not self.text.strip() and not self.grids


class Grid:
    """A table, or several that a page break had parted."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.slots = tuple(sorted(slots, key=lambda slot: (slot.row, slot.column)))
        self.last_row = max((slot.row for slot in slots), default=0)
        self.last_column = max((slot.last_column for slot in slots), default=0)
        self._at = {
            (row, column): slot
            for slot in reversed(self.slots)
            for row in range(slot.row, min(slot.last_row, self.last_row) + 1)
            for column in range(slot.column, slot.last_column + 1)
        }
        self._rows: dict[int, list[Slot]] = {}
        for slot in self.slots:
            for row in range(slot.row, min(slot.last_row, self.last_row) + 1):
                self._rows.setdefault(row, []).append(slot)

    def at(self, row: int, column: int) -> Slot | None:
        return self._at.get((row, column))

    def row(self, row: int) -> list[Slot]:
        """The slots that the row touches, left to right."""
        return sorted(self._rows.get(row, ()), key=lambda slot: slot.column)


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive lines outside of tables."""

    pieces: tuple[Piece, ...]


Block = Grid | Run


def box_of_pieces(pieces: Sequence[Piece]) -> BBox | None:
    """The smallest box around the pieces of the first page among them, None where no box is known."""
    boxes = [piece.bbox for piece in pieces if piece.bbox is not None and piece.leaf == pieces[0].leaf]
    return hull(boxes) if boxes else None
