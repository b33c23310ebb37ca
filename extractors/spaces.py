"""Spaces that a recogniser sees between figures which are set wide: 1 30 6 for １３０６."""

from dataclasses import replace
from itertools import pairwise

from extractors.ocr import Reading

_WIDER = 1.4  # times the distance of two characters without a space between them: from there a space is one


def without_even_spaces(reading: Reading) -> Reading:
    """The reading without the spaces between figures that stand no further apart than those without a space."""
    placed = [(index, place) for index, place in enumerate(reading.places) if reading.text[index] != " "]
    near = [b - a for (i, a), (j, b) in pairwise(placed) if j == i + 1 and _in_figure(reading.text, i, j)]
    if not near or " " not in reading.text:
        return reading
    widest = _WIDER * max(near)
    false = {
        index
        for (i, a), (j, b) in pairwise(placed)
        if j > i + 1 and _in_figure(reading.text, i, j) and b - a < widest
        for index in range(i + 1, j)
    }
    kept = [index for index in range(len(reading.text)) if index not in false]
    text, places = "".join(reading.text[i] for i in kept), tuple(reading.places[i] for i in kept)
    return replace(reading, text=text, places=places)


def _in_figure(text: str, left: int, right: int) -> bool:
    return (text[left].isdigit() or text[left] in ".,") and (text[right].isdigit() or text[right] in ".,%")
