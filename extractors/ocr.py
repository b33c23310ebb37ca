"""The OCR engine and nothing else: PaddleOCR's detection and recognition on ONNX Runtime, with local weights.

Images are RGB uint8 arrays, boxes are pixels of the image given. One thread a process: two worker processes on two
cores read more pages than one process with two threads.

The engine's own score of a line is the mean over its characters, and stands at 0.98 to 1.0 beside wrong characters.
So the network's output is decoded here, and a line is as sure as its least sure character.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any
from unicodedata import normalize

import numpy as np
import numpy.typing as npt

from extractors import weights
from pipeline.model import BBox, Line

os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"  # read by paddlex when it is imported

Image = npt.NDArray[np.uint8]

DETECTION_SIDE = 960  # pixels of the longer side that detection works on
_BATCH_WIDTH = 4096  # pixels of padded crops that are recognised at once: bounds memory at about 40 MB of output
_MOST_PADDING = 1.3  # times the narrowest crop of a batch: the network's time goes with the width
_CROP_HEIGHT = 48  # what the recogniser was trained on
_MIN_CROP_WIDTH = 96  # narrower crops are padded; PaddleOCR's 320 triples the time of a form and reads no better
_ENGINE: dict[str, Any] = {
    "engine": "onnxruntime",
    "device": "cpu",
    "engine_config": {"intra_op_num_threads": 1, "inter_op_num_threads": 1},
}

# Where a stroke is the letter l and not the figure 1, whatever the face makes of them: inside of a word, before the
# vowel that begins one (li, lu), at the end of "mail".
_LETTER_L = re.compile(
    r"(?<=[a-z])[1l]+(?=[a-z])|(?<=[A-Z])[1l](?=[aeiou])|(?<![A-Za-z0-9])[1l](?=[iu]|[aeov][a-z])|(?<=mai)[1l](?![a-z0-9])"
)
_POINT = re.compile(r"(?<=\d)[·•](?=\d)")
_POSSIBLE = 0.004  # the least probability of an l that the word around it may raise
_RARE = 0.1

# Engine and weights: part of the key under which a reading is kept.
VERSION = f"paddleocr-{version('paddleocr')}+{weights.RECOGNITION}-{weights.digest()}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one crop says. `places` are the characters' centres as fractions of the crop's width."""

    text: str
    confidence: float
    places: tuple[float, ...]


def recognise(image: Image) -> tuple[Line, ...]:
    """The lines of text in an upright image, from the top, their boxes in its pixels."""
    boxes = detect(image)
    readings = read([crop(image, box) for box in boxes])
    return tuple(
        Line(reading.text, box, reading.confidence)
        for box, reading in zip(boxes, readings, strict=True)
        if reading.text.strip()
    )


def detect(image: Image, side: int = DETECTION_SIDE) -> tuple[BBox, ...]:
    """Boxes of text lines in an upright image, in pixels, ordered from top to bottom, then left to right."""
    result = _detector().predict(_bgr(image), limit_side_len=side, limit_type="max")[0]
    boxes = (BBox(float(x0), float(y0), float(x1), float(y1)) for x0, y0, x1, y1 in map(_extent, result["dt_polys"]))
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
    for batch in _batches([_network_width(part) for part in crops]):
        outputs = _probabilities([crops[index] for index in batch])
        padded = max(_network_width(crops[index]) for index in batch)
        for index, output in zip(batch, outputs, strict=True):
            readings[index] = _decode(output, padded / _network_width(crops[index], padded=False))
    return tuple(readings[index] for index in range(len(crops)))


def orientation(image: Image) -> tuple[int, float]:
    """By how many degrees clockwise the page is turned (0, 90, 180, 270), and how sure that is."""
    result = _classifier().predict(_bgr(image))[0]
    return int(result["label_names"][0]), float(result["scores"][0])


def _extent(polygon: npt.NDArray[np.int16]) -> tuple[int, int, int, int]:
    (x0, y0), (x1, y1) = polygon.min(axis=0), polygon.max(axis=0)
    return x0, y0, x1, y1


def _bgr(image: Image) -> Image:
    return np.ascontiguousarray(image[:, :, ::-1])


def _network_width(part: Image, padded: bool = True) -> int:
    height, width = part.shape[:2]
    scaled = int(-(-_CROP_HEIGHT * width // height))
    return max(scaled, _MIN_CROP_WIDTH) if padded else scaled


def _batches(widths: Sequence[int]) -> Iterator[list[int]]:
    """Indices of crops of like width together, since a batch is padded to its widest."""
    batch: list[int] = []
    for index in sorted(range(len(widths)), key=lambda index: widths[index]):
        crowded = (len(batch) + 1) * widths[index] > _BATCH_WIDTH
        if batch and (crowded or widths[index] > _MOST_PADDING * widths[batch[0]]):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _probabilities(crops: Sequence[Image]) -> npt.NDArray[np.float32]:
    """Of every crop, place and character: shape (crops, places, 1 + characters), 0 being no character."""
    results = _recogniser().predict([_bgr(part) for part in crops], batch_size=len(crops))
    return np.stack([result["rec_text"] for result in results])


def _undecoded(output: Sequence[npt.NDArray[np.float32]], **_: Any) -> tuple[list[Any], list[float]]:
    return list(output[0]), [0.0] * len(output[0])


def _decode(output: npt.NDArray[np.float32], stretch: float) -> Reading:
    """The best path through a CTC output (Graves et al. 2006): runs of one symbol, blanks dropped.

    `stretch` is the padded width over the crop's own."""
    best = output.argmax(axis=1)
    rare = np.flatnonzero(_prior()[best] < 1)
    best[rare] = (output[rare] * _prior()).argmax(axis=1)
    likely = output[np.arange(len(best)), best]
    starts = np.flatnonzero(np.diff(best, prepend=-1))
    ends = np.append(starts[1:], len(best))
    runs = [(int(a), int(b)) for a, b in zip(starts, ends, strict=True) if best[a]]
    peaks = [a + int(likely[a:b].argmax()) for a, b in runs]
    symbols = [_characters()[best[peak]] for peak in peaks]
    sure = [float(output[peak, _same(int(best[peak]))].sum()) for peak in peaks]
    _settle(symbols, sure, output[peaks])
    return Reading(
        text="".join(symbols),
        confidence=min(min(sure), 1.0) if sure else 0.0,
        places=tuple((a + b) / 2 / len(best) * stretch for a, b in runs),
    )


def _settle(symbols: list[str], sure: list[float], output: npt.NDArray[np.float32]) -> None:
    """Writes what the symbols around ask for; `output` is of the symbols.

    An l in a word, if the network did not rule it out; a decimal point, which full-width faces set at mid-height."""
    for found in _POINT.finditer("".join(symbols)):
        symbols[found.start()] = "."
    for found in _LETTER_L.finditer("".join(symbols)):
        for index in range(*found.span()):
            letter, figure = (float(output[index, _symbol(char)]) for char in "l1")
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
    return ("", *weights.characters(weights.RECOGNITION), " ")


@cache
def _detector() -> Any:
    from paddleocr import TextDetection  # takes seconds to import, and not every reader needs it

    return TextDetection(model_name=weights.DETECTION, model_dir=str(weights.weights().detection), **_ENGINE)


@cache
def _recogniser() -> Any:
    from paddleocr import TextRecognition

    model = TextRecognition(model_name=weights.RECOGNITION, model_dir=str(weights.weights().recognition), **_ENGINE)
    model.paddlex_predictor.post_op = _undecoded
    model.paddlex_predictor.pre_tfs["ReisizeNorm"].rec_image_shape = [3, _CROP_HEIGHT, _MIN_CROP_WIDTH]
    return model


@cache
def _classifier() -> Any:
    from paddleocr import DocImgOrientationClassification

    folder = str(weights.weights().orientation)
    return DocImgOrientationClassification(model_name=weights.ORIENTATION, model_dir=folder, **_ENGINE)
