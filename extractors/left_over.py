"""Lines that no label claims but that stand right above or below a value, as a part of it does. Pure geometry.

A label is set to the middle of a value of several lines, or two values stand side by side and one of them is broken:
in reading order the line is no one's, and the value without it is read sure and wrong.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from extractors.gutters import half_width
from extractors.lines import halves
from extractors.marks import has_mark
from extractors.pairs import Pair
from extractors.slots import Piece
from pipeline.model import BBox, Bounds, Method

_LEADING = 0.6  # in heights of the line: what is further away is no part of the value
_ALIGNED = 1.0  # in heights: a line of a value begins so near to where the value does
_ASIDE = 2.0  # in heights: how far the place of a value within its line may be misjudged
_KINDS = ("text", "address", "choice", "choices")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands in its first or last line."""

    x0: float
    x1: float
    box: BBox


def with_left_over(pairs: Sequence[Pair], loose: Sequence[Piece]) -> list[Pair]:
    """The pairs, each with the loose lines that are parts of its value, or in doubt where they only may be."""
    whole = list(pairs)
    half = half_width([(p.text, p.bbox) for pair in pairs for p in (*pair.pieces, *loose) if p.bbox])
    for piece in loose:
        if piece.bbox is None or piece.method != Method.OCR:
            continue
        for index, pair in enumerate(whole):
            if joined := _joined(pair, piece, half or (piece.bbox.bottom - piece.bbox.top) / 2):
                whole[index] = joined
                break
    return whole


def _joined(pair: Pair, piece: Piece, half: float) -> Pair | None:
    """The pair with the line, or in doubt because of it; None where the line stands elsewhere."""
    if pair.hit.spec.kind not in _KINDS or not pair.pieces or not piece.bbox:
        return None
    height, lines = piece.bbox.bottom - piece.bbox.top, pair.text.split("\n")
    for neighbour, text, is_below in ((pair.pieces[-1], lines[-1], True), (pair.pieces[0], lines[0], False)):
        place = _place(neighbour, text, half) if neighbour.leaf == piece.leaf else None
        if place and _is_next(place, piece.bbox, height, is_below=is_below):
            if not _is_part(pair, piece, place, height, is_below=is_below):
                return None if pair.hit.spec.options else replace(pair, hit=replace(pair.hit, doubtful=True))
            piece = replace(piece, bounds=max(piece.bounds, Bounds.RECKONED, key=list(Bounds).index))
            texts = (pair.text, piece.text.strip()) if is_below else (piece.text.strip(), pair.text)
            return replace(
                pair,
                text="\n".join(texts),
                pieces=(*pair.pieces, piece) if is_below else (piece, *pair.pieces),
            )
    return None


def _place(piece: Piece, text: str, half: float) -> _Place | None:
    """Where the text stands in the line, by the width of its characters; the gaps between words share the rest."""
    start = piece.text.find(text)
    if piece.bbox is None or start < 0 or not text:
        return None
    box, gaps = piece.bbox, list(re.finditer(r"\s+", piece.text.strip()))
    total = halves(re.sub(r"\s", "", piece.text))
    half = min(half, (box.x1 - box.x0) / (total + len(gaps)))
    space = (box.x1 - box.x0 - half * total) / max(len(gaps), 1)

    def reckoned(index: int) -> float:
        before = piece.text[:index]
        return box.x0 + half * halves(re.sub(r"\s", "", before)) + space * len(re.findall(r"\s+", before.lstrip()))

    return _Place(reckoned(start), reckoned(start + len(text)), box)


def _is_next(place: _Place, box: BBox, height: float, *, is_below: bool) -> bool:
    """Whether the line stands close over or under the value."""
    gap = box.top - place.box.bottom if is_below else place.box.top - box.bottom
    shift = (box.top + box.bottom - place.box.top - place.box.bottom) / 2 * (1 if is_below else -1)
    is_close = gap < _LEADING * height and shift > 0.3 * height
    return is_close and place.x0 - _ASIDE * height < box.x0 < place.x1


def _is_part(pair: Pair, piece: Piece, place: _Place, height: float, *, is_below: bool) -> bool:
    """Whether the line begins where the value does, and the upper one of them is as long as a broken line is."""
    assert piece.bbox is not None  # noqa: S101
    if pair.hit.spec.options:
        return has_mark(piece.text)
    own, other = piece.bbox.x1 - piece.bbox.x0, place.x1 - place.x0
    upper, lower = (other, own) if is_below else (own, other)
    is_aligned = abs(piece.bbox.x0 - place.x0) < _ALIGNED * height
    return is_aligned and upper > lower - height and piece.text[0] not in "（(※*注"
