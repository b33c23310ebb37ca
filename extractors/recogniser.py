"""What the recognition network sees in crops of lines, step by step; a step is 8 pixels of 48 in height."""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
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
_AT_ONCE = 64  # crops whose steps are kept: of a network that is not parted a step has 75 kB
_PREPARED = 16  # crops: one by one, between runs of the network, each takes twice the time; more only take memory


def recognise(crops: Iterable[Tensor]) -> list[Steps]:
    """The steps of each crop. Crops are (1, 3, 48, width), as the network takes them.

    The network's head is given what many crops' steps leave open, all in one."""
    rest, found = _seen(iter(crops)), list[Steps]()
    while seen := list(islice(rest, _AT_ONCE)):
        features = np.concatenate(seen)
        written = ~_recogniser().is_blank(features)
        steps = np.zeros(len(features), _STEP)
        steps[written] = _told(features[written])
        found += np.split(steps, np.cumsum([len(crop) for crop in seen])[:-1])
    return found


def _seen(crops: Iterator[Tensor]) -> Iterator[Tensor]:
    """The features of each crop's steps."""
    while some := list(islice(crops, _PREPARED)):
        yield from (_recogniser().body(crop)[0].copy() for crop in some)


def classified(probabilities: Tensor) -> Steps:
    """Steps by the probabilities of their classes, (steps, classes)."""
    steps = np.zeros(len(probabilities), _STEP)
    best = probabilities.argmax(axis=1)
    rare = np.flatnonzero(_prior()[best] < 1)
    best[rare] = (probabilities[rare] * _prior()).argmax(axis=1)
    steps["class"], steps["likely"] = best, probabilities[np.arange(len(best)), best]
    same = _same()[best]
    steps["sure"] = np.where(same >= 0, probabilities[np.arange(len(best))[:, None], same], 0).sum(axis=1, dtype=float)
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
def _same() -> npt.NDArray[np.intp]:
    """For each class all that stand for the same character, full width or not, since doubt between them is none; -1
    fills the rows up."""
    alike: dict[str, list[int]] = {}
    for number, char in enumerate(characters()):
        alike.setdefault(normalize("NFKC", char), []).append(number)
    most = max(map(len, alike.values()))
    rows = [alike[normalize("NFKC", char)] for char in characters()]
    return np.array([row + [-1] * (most - len(row)) for row in rows])


@cache
def _recogniser() -> networks.Recogniser:
    return networks.load_recogniser()
