"""Where the lines of a list's cells break: before a word that has no room any more. Pure geometry.

A line that ends although the next word had room goes on in none: what stands below it is another cell's, a note under
the list, or another row whose rule was not seen, each sure of all its characters.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median

from extractors.gutters import half_width
from extractors.lines import halves, least_sure
from extractors.slots import Piece, Slot
from pipeline.model import BBox, Bounds, Method

_SLACK = 2.0  # half widths of a character: how much room may be misjudged
# What no line is broken within: a figure, a code, a Latin word; a character with the brackets and stops that it keeps.
_WORD = re.compile(
    r"[（(“‘《【〔\[(]*(?:[0-9A-Za-z]+(?:[.,:/@_+#&'’-]+[0-9A-Za-z]+)*|.)[）)”’》】〕\]，。、；：！？%‰,.;:!?]*"
)


def broken_early(rows: Sequence[Mapping[str, Slot]]) -> list[set[str]]:
    """Of a list's rows the columns in which a line ends before the next word had no room."""
    found: list[set[str]] = [set() for _ in rows]
    for name in dict.fromkeys(name for row in rows for name in row):
        own = [(index, row[name]) for index, row in enumerate(rows) if name in row]
        for (index, _), is_early in zip(own, _early([slot for _, slot in own]), strict=True):
            found[index] |= {name} if is_early else set()
    return found


def _early(column: Sequence[Slot]) -> list[bool]:
    """Of the cells of one column, top down; what is amiss, as of two columns in one, tells no room."""
    sound = (piece for slot in column for piece in slot.pieces if piece.bounds is not Bounds.AMISS)
    written = [(piece.text, piece.bbox) for piece in sound if piece.bbox]
    half = half_width(written)
    if half is None:
        return [False] * len(column)
    margin = median(_margin(slot) for slot in column if slot.pieces)
    ruled = max(_width(slot) for slot in column) - 2 * margin
    by_place = max(ruled, *(box.x1 - box.x0 for _, box in written))
    by_words = max(ruled, *(half * halves(text) for text, _ in written))
    return [
        any(
            upper.bbox.x1 - upper.bbox.x0 + word < by_place and half * halves(upper.text) + word < by_words
            for upper, lower in _breaks(slot)
            if upper.bbox and (word := half * (halves(_first_word(lower.text)) + _SLACK))
        )
        for slot in column
    ]


def _breaks(slot: Slot) -> list[tuple[Piece, Piece]]:
    """The lines that follow each other in a recognised cell on one page."""
    return [
        (upper, lower)
        for upper, lower in pairwise(slot.pieces)
        if upper.method is Method.OCR and upper.leaf == lower.leaf and upper.bbox and lower.bbox
    ]


def _first_word(text: str) -> str:
    word = _WORD.match(text.strip())
    return word[0] if word else text


def _width(slot: Slot) -> float:
    """Of a cell that rules bound."""
    box = _ruled(slot)
    return box.x1 - box.x0 if box else 0.0


def _margin(slot: Slot) -> float:
    """The paper to the left of a cell's lines, as wide as to the right of one that fills it."""
    box = _ruled(slot)
    return min((piece.bbox.x0 - box.x0 for piece in slot.pieces if piece.bbox and box), default=0.0)


def _ruled(slot: Slot) -> BBox | None:
    return slot.where.bbox if slot.pieces and least_sure(slot.pieces) is Bounds.SEEN else None
