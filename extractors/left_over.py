"""Lines that no label claims but that stand right above or below a value, as a part of it does. Pure geometry.

A label is set to the middle of a value of several lines, or two values stand side by side and one of them is broken:
in reading order the line is no one's, and the value without it is read sure and wrong.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from extractors.gutters import half_width
from extractors.lines import halves, reckoned, setting
from extractors.marks import has_mark
from extractors.pairs import Pair
from extractors.slots import Piece
from pipeline.model import BBox, Method

_LEADING = 0.6  # in heights of the line: what is further away is no part of the value
_ALIGNED = 1.0  # in heights: a line of a value begins so near to where the value does
_ASIDE = 2.0  # in heights: how far the place of a value within its line may be misjudged
_LOWER = 0.3  # in heights: lines on one height are no upper and lower one
_KINDS = ("text", "address", "choice", "choices")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands in a line, and how near to it a loose line does."""

    x0: float
    x1: float
    gap: float  # to the loose line
    is_below: bool  # the loose line


def with_left_over(pairs: Sequence[Pair], loose: Sequence[Piece]) -> list[Pair]:
    """The pairs, each with the loose lines that are parts of its value, or in doubt where they only may be."""
    whole = list(pairs)
    half = half_width([(p.text, p.bbox) for pair in pairs for p in (*pair.pieces, *loose) if p.bbox])
    for piece in loose:
        if piece.bbox is None or piece.method != Method.OCR:
            continue
        own = half or (piece.bbox.bottom - piece.bbox.top) / 2
        places = [(place, index) for index, pair in enumerate(whole) for place in _next_places(pair, piece, own)]
        if places:
            place, index = min(places, key=lambda each: each[0].gap)
            whole[index] = _joined(whole[index], piece, place)
    return whole


def _next_places(pair: Pair, piece: Piece, half: float) -> Iterator[_Place]:
    """The places of the pair's value, in its last line or its first, that the line stands close to."""
    if pair.hit.spec.kind not in _KINDS or not pair.pieces or not piece.bbox:
        return
    lines = pair.text.split("\n")
    for neighbour, text, is_below in ((pair.pieces[-1], lines[-1], True), (pair.pieces[0], lines[0], False)):
        if neighbour.leaf == piece.leaf and (place := _place(neighbour, text, piece.bbox, half, is_below=is_below)):
            yield place


def _joined(pair: Pair, piece: Piece, place: _Place) -> Pair:
    """The pair with the line, or in doubt because of it."""
    if not _is_part(pair, piece, place):
        return pair if pair.hit.spec.options else replace(pair, hit=replace(pair.hit, doubtful=True))
    piece = replace(piece, bounds=reckoned(piece.bounds))
    texts = (pair.text, piece.text.strip()) if place.is_below else (piece.text.strip(), pair.text)
    pieces = (*pair.pieces, piece) if place.is_below else (piece, *pair.pieces)
    return replace(pair, text="\n".join(texts), pieces=pieces)


def _place(piece: Piece, text: str, line: BBox, half: float, *, is_below: bool) -> _Place | None:
    """Where the text stands, if the line is close under or over it: by the width of its characters; the gaps between
    words share the rest."""
    start = piece.text.find(text)
    if piece.bbox is None or start < 0 or not text:
        return None
    box, height = piece.bbox, line.bottom - line.top
    gap = line.top - box.bottom if is_below else box.top - line.bottom
    shift = (line.top + line.bottom - box.top - box.bottom) / 2 * (1 if is_below else -1)
    half, space = setting(piece.text.split(), box.x1 - box.x0, half)

    def where(before: str) -> float:
        return box.x0 + half * halves(re.sub(r"\s", "", before)) + space * len(re.findall(r"\s+", before.lstrip()))

    place = _Place(where(piece.text[:start]), where(piece.text[: start + len(text)]), gap, is_below)
    is_over = place.x0 - _ASIDE * height < line.x1 and line.x0 < place.x1
    return place if is_over and gap < _LEADING * height and shift > _LOWER * height else None


def _is_part(pair: Pair, piece: Piece, place: _Place) -> bool:
    """Whether the line begins where the value does, and the upper one of them is as long as a broken line is."""
    if pair.hit.spec.options or piece.bbox is None:
        return has_mark(piece.text)
    height, own, other = piece.bbox.bottom - piece.bbox.top, piece.bbox.x1 - piece.bbox.x0, place.x1 - place.x0
    upper, lower = (other, own) if place.is_below else (own, other)
    is_aligned = abs(piece.bbox.x0 - place.x0) < _ALIGNED * height
    return is_aligned and upper > lower - height and piece.text[0] not in "（(※*注"
