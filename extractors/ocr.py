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
from unicodedata import normalize

import cv2
import numpy as np
import numpy.typing as npt

from extractors import networks, weights
from extractors.colour import channels
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
_RARE = 0.1

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


def detect(image: Image, side: int = DETECTION_SIDE) -> tuple[BBox, ...]:
    """Boxes of text lines in an upright image, in pixels, ordered from top to bottom, then left to right."""
    output = _detector()(detectable(image, side))
    polygons, _ = _outlines()(output, image.shape[:2])
    boxes = (BBox(float(x0), float(y0), float(x1), float(y1)) for x0, y0, x1, y1 in map(_extent, polygons))
    return tuple(sorted(boxes, key=lambda box: (box.top, box.x0)))


def crop(image: Image, box: BBox) -> Image:
    """The part of the image inside the box, at least one pixel wide and high."""
    height, width = image.shape[:2]
    x0, y0 = min(max(round(box.x0), 0), width - 1), min(max(round(box.top), 0), height - 1)
    x1, y1 = max(min(round(box.x1), width), x0 + 1), max(min(round(box.bottom), height), y0 + 1)
    return image[y0:y1, x0:x1]


def read(crops: Sequence[Image]) -> tuple[Reading, ...]:
    """What each crop of one line says, in the order given."""
    readings: dict[int, Reading] = {}
    for index in sorted(range(len(crops)), key=lambda index: _padded_width(crops[index])):  # a new shape takes a moment
        output = _recogniser()(recognisable(crops[index]))[0]
        readings[index] = _decode(output, _padded_width(crops[index]) / _network_width(crops[index]))
    return tuple(readings[index] for index in range(len(crops)))


def detectable(image: Image, side: int = DETECTION_SIDE) -> networks.Tensor:
    """An image as detection takes it: its longer side of about `side` pixels, the batch of one."""
    height, width = image.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = [max(round(int(length * scale) / _STRIDE) * _STRIDE, _STRIDE) for length in (width, height)]
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


def _extent(polygon: npt.NDArray[np.int16]) -> tuple[int, int, int, int]:
    (x0, y0), (x1, y1) = polygon.min(axis=0), polygon.max(axis=0)
    return x0, y0, x1, y1


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


def _decode(output: npt.NDArray[np.float32], stretch: float) -> Reading:
    """The best path through a CTC output (Graves et al. 2006): runs of one symbol, blanks dropped.

    `stretch` is the padded width over the crop's own."""
    best = _best(output)
    likely = output[np.arange(len(best)), best]
    starts = np.flatnonzero(np.diff(best, prepend=-1))
    ends = np.append(starts[1:], len(best))
    spans = zip(starts.tolist(), ends.tolist(), best[starts].tolist(), strict=True)
    runs = [(start, end) for start, end, symbol in spans if symbol]
    peaks = [a + (int(likely[a:b].argmax()) if b - a > 1 else 0) for a, b in runs]
    found = [int(best[peak]) for peak in peaks]
    symbols = [_characters()[symbol] for symbol in found]
    sure = [sum(float(output[peak, same]) for same in _same(symbol)) for peak, symbol in zip(peaks, found, strict=True)]
    _settle(symbols, sure, output, peaks)
    places = [(a + b) / 2 / len(best) * stretch for a, b in runs]
    seen = tuple(zip(places, sure, strict=True))
    _join_per_mille(symbols, places)
    _space(symbols, places)
    return Reading("".join(symbols), min(min(sure), 1.0) if sure else 0.0, tuple(places), seen)


def _best(output: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """The likeliest symbol of each step. Most are blank, which needs no look at the others."""
    best = np.zeros(len(output), np.intp)
    written = np.flatnonzero(output[:, 0] <= 0.5)
    best[written] = output[written].argmax(axis=1)
    rare = np.flatnonzero(_prior()[best] < 1)
    best[rare] = (output[rare] * _prior()).argmax(axis=1)
    return best


def _space(symbols: list[str], places: list[float]) -> None:
    """Writes a space where the paper behind a Chinese character is as wide as another and the network saw none.

    Detection takes cells that stand near to each other for one line."""
    is_chinese = ["\u4e00" <= char <= "\u9fff" for char in symbols]
    apart = [b - a for a, b in pairwise(places)]
    pitches = [gap for gap, *pair in zip(apart, is_chinese, is_chinese[1:], strict=False) if all(pair)]
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


def _settle(symbols: list[str], sure: list[float], output: npt.NDArray[np.float32], peaks: Sequence[int]) -> None:
    """Writes what the symbols around ask for; `peaks` are their rows of the output.

    An l in a word, if the network did not rule it out; a decimal point, which full-width faces set at mid-height; a
    dash for a value that is left out, which looks like 一."""
    for found in _POINT.finditer("".join(symbols)):
        symbols[found.start()] = "."
    for found in _DASH.finditer("".join(symbols)):
        symbols[found.start()] = "—"
    for found in _LETTER_L.finditer("".join(symbols)):
        for index in range(*found.span()):
            letter, figure = (float(output[peaks[index], _symbol(char)]) for char in "l1")
            if letter >= _POSSIBLE:
                symbols[index], sure[index] = "l", letter + figure


@cache
def _prior() -> npt.NDArray[np.float32]:
    """How far each symbol is believed: characters outside of GB 2312, most of them traditional ones, only if no other
    comes near."""
    return np.array([_RARE if _is_rare(char) else 1.0 for char in _characters()], np.float32)


def _is_rare(char: str) -> bool:
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return "\u4e00" <= char <= "\u9fff"
    return False


@cache
def _symbol(char: str) -> int:
    return _characters().index(char)


@cache
def _same(symbol: int) -> tuple[int, ...]:
    """The symbols that stand for the same character, full width or not: doubt between them is none."""
    return _alike()[normalize("NFKC", _characters()[symbol])]


@cache
def _alike() -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for symbol, char in enumerate(_characters()):
        found.setdefault(normalize("NFKC", char), []).append(symbol)
    return {char: tuple(symbols) for char, symbols in found.items()}


@cache
def _characters() -> tuple[str, ...]:
    return ("", *weights.labels(weights.RECOGNITION), " ")


@cache
def _detector() -> networks.Network:
    return networks.load(weights.DETECTION)


@cache
def _outlines() -> Any:
    from rapidocr.ch_ppocr_det.utils import DBPostProcess  # takes half a second to import

    return DBPostProcess(thresh=0.3, box_thresh=0.6, unclip_ratio=1.5)


@cache
def _recogniser() -> networks.Network:
    return networks.load(weights.RECOGNITION)


@cache
def _classifier() -> networks.Network:
    return networks.load(weights.ORIENTATION)
