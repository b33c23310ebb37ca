"""What the recognition network sees in crops of lines, step by step; a step is 8 pixels of 48 in height."""

from collections.abc import Iterable
from functools import cache
from unicodedata import normalize

import numpy as np
import numpy.typing as npt

from extractors import networks, weights
from extractors.networks import ROWS, Tensor

# Of each step: its likeliest class, 0 for blank, and how likely that is; how likely all that stand for the same
# character are together, and how likely the strokes l and 1 are.
Steps = npt.NDArray[np.void]
_STEP = np.dtype(
    [("class", np.intp), ("likely", np.float32), ("sure", np.float64), ("l", np.float32), ("1", np.float32)]
)
_RARE = 0.1


def recognise(crops: Iterable[Tensor]) -> list[Steps]:
    """The steps of each crop. Crops are (1, 3, 48, width), as the network takes them.

    The network's head is given what the crops' steps leave open, all in one."""
    recogniser = _recogniser()
    counts, places, features = [], [], []
    for crop in crops:
        seen = recogniser.body(crop)[0]
        counts.append(len(seen))
        places.append(np.flatnonzero(~recogniser.is_blank(seen)))
        features.append(seen[places[-1]])
    if not counts:
        return []
    told = np.split(_told(np.concatenate(features)), np.cumsum([len(place) for place in places])[:-1])
    return [_spread(*crop) for crop in zip(counts, places, told, strict=True)]


def classified(probabilities: Tensor) -> Steps:
    """Steps by the probabilities of their classes, (steps, classes)."""
    steps = np.zeros(len(probabilities), _STEP)
    best = probabilities.argmax(axis=1)
    rare = np.flatnonzero(_prior()[best] < 1)
    best[rare] = (probabilities[rare] * _prior()).argmax(axis=1)
    steps["class"], steps["likely"] = best, probabilities[np.arange(len(best)), best]
    steps["sure"] = [
        sum(float(step[same]) for same in _same(found))
        for step, found in zip(probabilities, best.tolist(), strict=True)
    ]
    for stroke in "l1":
        steps[stroke] = probabilities[:, characters().index(stroke)]
    return steps


@cache
def characters() -> tuple[str, ...]:
    """What the classes stand for."""
    return ("", *weights.labels(weights.RECOGNITION), " ")


def _told(features: Tensor) -> Steps:
    """What the head says of steps, ROWS by ROWS."""
    parts = [np.zeros(0, _STEP)]
    for first in range(0, len(features), ROWS):
        rows = features[first : first + ROWS]
        filled = np.pad(rows, ((0, ROWS - len(rows)), (0, 0)))
        parts.append(classified(_recogniser().head(filled)[: len(rows)]))
    return np.concatenate(parts)


def _spread(count: int, places: npt.NDArray[np.intp], told: Steps) -> Steps:
    steps = np.zeros(count, _STEP)
    steps[places] = told
    return steps


@cache
def _prior() -> Tensor:
    """How far each character is believed: those outside of GB 2312, most of them traditional ones, only if no other
    comes near."""
    return np.array([_RARE if _is_rare(char) else 1.0 for char in characters()], np.float32)


def _is_rare(char: str) -> bool:
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return "\u4e00" <= char <= "\u9fff"
    return False


@cache
def _same(found: int) -> tuple[int, ...]:
    """The classes that stand for the same character, full width or not: doubt between them is none."""
    return _alike()[normalize("NFKC", characters()[found])]


@cache
def _alike() -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for number, char in enumerate(characters()):
        found.setdefault(normalize("NFKC", char), []).append(number)
    return {char: tuple(numbers) for char, numbers in found.items()}


@cache
def _recogniser() -> networks.Recogniser:
    return networks.load_recogniser()
