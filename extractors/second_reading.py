"""A second look at lines that the first reading is not certain of.

Measured on 2,400 rendered lines of seven faces in four grades of damage, one in nine read wrong: with one reading
4.5 % of the wrong lines keep a confidence of 0.9 or more, with two 2.6 %, at the same share of right lines below it.
On the labelled scans the two readings of 11 in 192 lines below 0.9 differ, and of one in 258 from there to 0.985.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from unicodedata import normalize

import cv2
import numpy as np
import numpy.typing as npt

from extractors import ocr
from extractors.ocr import Reading

Image = npt.NDArray[np.uint8]

_DOUBTFUL, CERTAIN = 0.7, 0.9  # below, nothing helps; above, a second reading finds no more errors
_WIDER = 1.12
_LOOKALIKE = re.compile(r"(?<=[a-z])1(?=[a-z])|(?<=\d)[lIoO](?=\d)|(?<![^：:])[二三]$")
_SHORT = 2  # characters that may be what is left of a seal
_DISPUTED = 0.8  # the most that a line is worth which two readings read differently


def read_again(crops: Sequence[Image], readings: Sequence[Reading]) -> list[Reading]:
    """The readings of the crops; those not certain are made again, of the crop stretched, and both weighed."""
    weighed = list(readings)
    doubtful = [index for index, reading in enumerate(readings) if _DOUBTFUL <= reading.confidence < CERTAIN]
    for index, second in zip(doubtful, ocr.read([_wider(crops[index]) for index in doubtful]), strict=True):
        weighed[index] = agreed(readings[index], second)
    return [_without_lookalikes(reading) for reading in weighed]


def _without_lookalikes(reading: Reading) -> Reading:
    """1 among letters, l or O among digits, a dash over a rule as 二: recognisers are sure of them, and wrong."""
    if _LOOKALIKE.search(reading.text):
        return replace(reading, confidence=min(reading.confidence, _DISPUTED))
    return reading


def read_stamped(stamped: Sequence[Image], readings: Sequence[Reading]) -> list[Reading]:
    """Readings of lines under a seal, its ink taken out, weighed against those of the same crops with the ink in.

    A reading that the ink made worthless says nothing against the other; but what is left of a seal is easily taken
    for a character or two."""
    return [_weighed(clean, inked) for clean, inked in zip(readings, ocr.read(stamped), strict=True)]


def _weighed(clean: Reading, inked: Reading) -> Reading:
    if inked.confidence >= _DOUBTFUL:
        return agreed(clean, inked)
    if len(clean.text) <= _SHORT and _bare(clean.text) != _bare(inked.text):
        return replace(clean, confidence=min(clean.confidence, _DISPUTED), sure=())
    return clean


def agreed(first: Reading, second: Reading) -> Reading:
    """The surer of two readings; as sure as both together, and disputed when they differ."""
    better = max(first, second, key=lambda reading: reading.confidence)
    if _bare(first.text) == _bare(second.text):
        return replace(better, confidence=(first.confidence * second.confidence) ** 0.5, sure=())
    return replace(better, confidence=min(better.confidence, _DISPUTED), sure=())


def _wider(crop: Image) -> Image:
    return np.asarray(cv2.resize(crop, None, fx=_WIDER, fy=1.0, interpolation=cv2.INTER_CUBIC), np.uint8)


def _bare(text: str) -> str:
    """Without the differences that no field minds: full width, spaces."""
    return "".join(normalize("NFKC", text).split())
