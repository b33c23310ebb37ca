"""The OCR engine and nothing else: PP-OCR's detection and recognition, from images to boxes and readings.

Images are uint8 arrays, RGB or grey, boxes are pixels of the image given.

The engine's own score of a line is the mean over its characters, and stands at 0.98 to 1.0 beside wrong characters.
So the network's output is decoded here, and a line is as sure as its least sure character.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from statistics import median
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from extractors import networks, weights
from extractors.colour import channels
from extractors.recogniser import Steps, characters, recognise
from pipeline.model import BBox

Image = npt.NDArray[np.uint8]

DETECTION_SIDE = 960  # pixels of the longer side that detection works on
_STRIDE = 32  # the sides of what detection is given are multiples of it
_CROP_HEIGHT = 48  # what the recogniser was trained on
_MOST_CROP_WIDTH = 3200
_WIDTHS = (*range(96, 1280, 32), *range(1280, 2048, 128), *range(2048, 3201, 384))
_CLASSIFIED_SHORT, _CLASSIFIED = 256, 224  # the shorter side of what is classified, and of the square cut out of it
_IMAGENET_MEAN, _IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

# Where a stroke is the letter l and not the figure 1, whatever the face makes of them: inside of a word, before the
# vowel that begins one (li, lu), at the end of "mail".
_LETTER_L = re.compile(
    r"(?<=[a-z])[1l]+(?=[a-z])|(?<=[A-Z])[1l](?=[aeiou])|(?<![A-Za-z0-9])[1l](?=[iu]|[aeov][a-z])|(?<=mai)[1l](?![a-z0-9])"
)
_POINT = re.compile(r"(?<=\d)[·•](?=\d)")
_PER_MILLE = re.compile(r"(?<=\d)%[0oO〇](?![\d.])")
_DASH = re.compile(r"(?<=[：:])一$")
_PITCHES = 4  # pairs of Chinese characters that tell how far they stand from each other
_WIDE, _WIDE_BEFORE_LATIN = 1.75, 1.5  # times that, from middle to middle: a space; half of one less before a figure
_POSSIBLE = 0.004  # the least probability of an l that the word around it may raise

cv2.setNumThreads(1)  # a process reads a page with one thread, as the networks do: more wait for each other

# Engine and weights: part of the key under which a reading is kept.
VERSION = f"{networks.VERSION}+{weights.digest()}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one crop says. `places` are the characters' centres as fractions of the crop's width.

    `sure` has the place of each character that the network saw and how sure it is; empty where two readings were
    weighed."""

    text: str
    confidence: float
    places: tuple[float, ...]
    sure: tuple[tuple[float, float], ...] = ()


def detect(image: Image, longest: int, side: int = DETECTION_SIDE) -> tuple[BBox, ...]:
    """Boxes of text lines in an upright image, in pixels, ordered from top to bottom, then left to right.

    `longest` is the longer side of the page that the image is the upper part of; that is made `side` pixels."""
    output = _detector()(detectable(image, side / longest))
    height, width = image.shape[:2]
    boxes = [BBox(*sides) for sides in _outlines()(output[0, 0], width, height)]
    return tuple(sorted(boxes, key=lambda box: (box.top, box.x0)))


def crop(image: Image, box: BBox) -> Image:
    """The part of the image inside the box, at least one pixel wide and high."""
    height, width = image.shape[:2]
    x0, y0 = min(max(round(box.x0), 0), width - 1), min(max(round(box.top), 0), height - 1)
    x1, y1 = max(min(round(box.x1), width), x0 + 1), max(min(round(box.bottom), height), y0 + 1)
    return image[y0:y1, x0:x1]


def read(crops: Sequence[Image]) -> tuple[Reading, ...]:
    """What each crop of one line says, in the order given."""
    order = sorted(range(len(crops)), key=lambda index: _padded_width(crops[index]))  # a new shape takes a moment
    steps = dict(zip(order, recognise(recognisable(crops[index]) for index in order), strict=True))
    return tuple(_decode(steps[index], _padded_width(part) / _network_width(part)) for index, part in enumerate(crops))


def detectable(image: Image, scale: float) -> networks.Tensor:
    """An image as detection takes it, about so many times as large, but no larger than it is: the batch of one."""
    height, width = image.shape[:2]
    size = [max(round(int(length * min(1.0, scale)) / _STRIDE) * _STRIDE, _STRIDE) for length in (width, height)]
    return _normalised(channels(cv2.resize(image, size))[::-1])


def recognisable(part: Image) -> networks.Tensor:
    """A crop as recognition takes it, padded to one of a few widths: the batch of one."""
    own = _network_width(part)
    strip = np.zeros((1, 3, _CROP_HEIGHT, _padded_width(part)), np.float32)
    values = np.divide(cv2.resize(part, (own, _CROP_HEIGHT)), np.float32(127.5), dtype=np.float32) - 1
    strip[0, :, :, :own] = values if values.ndim == 2 else values.transpose(2, 0, 1)[::-1]  # blue first
    return strip


def orientation(image: Image) -> tuple[int, float]:
    """By how many degrees clockwise the page is turned (0, 90, 180, 270), and how sure that is."""
    height, width = image.shape[:2]
    scale = _CLASSIFIED_SHORT / min(height, width)
    small = cv2.resize(image, (round(width * scale), round(height * scale)))
    top, left = ((length - _CLASSIFIED) // 2 for length in small.shape[:2])
    output = _classifier()(_normalised(channels(small[top : top + _CLASSIFIED, left : left + _CLASSIFIED])))[0]
    return int(weights.labels(weights.ORIENTATION)[int(output.argmax())]), float(output.max())


def _normalised(colours: Sequence[Image]) -> networks.Tensor:
    """Three channels as detection and classification were trained on: less ImageNet's mean, over its deviation."""
    planes = np.empty((1, 3, *colours[0].shape), np.float32)
    for colour, plane, mean, deviation in zip(colours, planes[0], _IMAGENET_MEAN, _IMAGENET_DEVIATION, strict=True):
        np.multiply(colour, np.float32(1 / (255 * deviation)), out=plane, dtype=np.float32)
        plane -= np.float32(mean / deviation)
    return planes


def _network_width(part: Image) -> int:
    """The width of a crop of the recogniser's height."""
    height, width = part.shape[:2]
    return min(int(-(-_CROP_HEIGHT * width // height)), _MOST_CROP_WIDTH)


def _padded_width(part: Image) -> int:
    return int(_WIDTHS[bisect_left(_WIDTHS, _network_width(part))])


def _decode(steps: Steps, stretch: float) -> Reading:
    """The best path through a CTC output (Graves et al. 2006): runs of one class, blanks dropped.

    `stretch` is the padded width over the crop's own."""
    best, likely = steps["class"], steps["likely"]
    ends = [0, *(np.flatnonzero(best[1:] != best[:-1]) + 1).tolist(), len(best)]
    runs = [(start, end) for start, end in pairwise(ends) if best[start]]
    peaks = steps[[a + (int(likely[a:b].argmax()) if b - a > 1 else 0) for a, b in runs]]
    symbols = [characters()[found] for found in peaks["class"].tolist()]
    sure = peaks["sure"].tolist()
    _settle(symbols, sure, peaks)
    places = [(a + b) / 2 / len(best) * stretch for a, b in runs]
    seen = tuple(zip(places, sure, strict=True))
    _join_per_mille(symbols, places)
    _space(symbols, places)
    return Reading("".join(symbols), min(min(sure), 1.0) if sure else 0.0, tuple(places), seen)


def _space(symbols: list[str], places: list[float]) -> None:
    """Writes a space where the paper behind a Chinese character is as wide as another and the network saw none.

    Detection takes cells that stand near to each other for one line."""
    is_chinese = ["\u4e00" <= char <= "\u9fff" for char in symbols]
    apart = [b - a for a, b in pairwise(places)]
    pitches = [gap for gap, left, right in zip(apart, is_chinese, is_chinese[1:], strict=False) if left and right]
    if len(pitches) < _PITCHES:
        return
    pitch = median(pitches)
    for index in range(len(symbols) - 2, -1, -1):
        above = _WIDE if is_chinese[index + 1] else _WIDE_BEFORE_LATIN
        if is_chinese[index] and symbols[index + 1].isalnum() and apart[index] > above * pitch:
            symbols.insert(index + 1, " ")
            places.insert(index + 1, (places[index] + places[index + 1]) / 2)


def _join_per_mille(symbols: list[str], places: list[float]) -> None:
    """Writes ‰ where the network saw a per cent sign and its third ring."""
    for found in reversed(list(_PER_MILLE.finditer("".join(symbols)))):
        symbols[found.start() : found.end()] = ["‰"]
        places[found.start() : found.end()] = [(places[found.start()] + places[found.end() - 1]) / 2]


def _settle(symbols: list[str], sure: list[float], peaks: Steps) -> None:
    """Writes what the symbols around ask for; `peaks` are their steps.

    An l in a word, if the network did not rule it out; a decimal point, which full-width faces set at mid-height; a
    dash for a value that is left out, which looks like 一."""
    for found in _POINT.finditer("".join(symbols)):
        symbols[found.start()] = "."
    for found in _DASH.finditer("".join(symbols)):
        symbols[found.start()] = "—"
    for found in _LETTER_L.finditer("".join(symbols)):
        for index in range(*found.span()):
            letter, figure = (float(peaks[char][index]) for char in "l1")
            if letter >= _POSSIBLE:
                symbols[index], sure[index] = "l", letter + figure


@cache
def _detector() -> networks.Network:
    return networks.load(weights.DETECTION)


@cache
def _outlines() -> Any:
    from extractors.outlines import Outlines  # takes half a second to import

    return Outlines()


@cache
def _classifier() -> networks.Network:
    return networks.load(weights.ORIENTATION)
