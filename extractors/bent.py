"""Levels the lines of a page whose paper did not lie flat, or that is seen aslant.

How lines of text and rules slope is found window by window; a smooth surface with these slopes says how far each place
of the page has to move up or down.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

Image = npt.NDArray[np.uint8]
Strips = npt.NDArray[np.float32]
Weights = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]

SIDE = 1000  # pixels of the longer side at which slopes are looked for
STRIP = 8  # of these pixels, across, that move up and down together
_ACROSS, _DOWN = 9, 9  # windows
_WIDTH = 0.28  # of the page: a window's
_STEEPEST, _STEP = 4.0, 0.2  # degrees
_GLANCE = (-0.6, -0.2, 0.0, 0.2, 0.6)  # degrees that tell whether lines may be bent at all
_LEAST_GLANCE = 1.005  # by how much more the rows of windows differ at the best of them
_BENT, _UNEVEN = (1, 2, 3, 4), (0, 1, 2)  # powers of the place across and down, whose products the surface sums
_POWERS = tuple((across, down) for across in _BENT for down in _UNEVEN)
_STIFF = 0.02  # the penalty of high powers
_FAR_OFF = 0.006  # a slope so far from the surface's counts half
_FITS = 6
_LEAST_BEND = 0.0015  # of the page's height: less is not worth resampling it
_LEAST_GAIN = 1.05  # by how much more the rows of a page that was bent differ when it is level
_CELL = 8  # pixels: where a page is levelled, each first place of so many is reckoned, across and down
_LOWEST = 64  # pixels: what is lower or narrower is too little of a page to tell a bend from
_ROUNDS = 2  # what is bent much is looked at again when it is nearly level


def strips_of(ink: Image) -> Strips:
    """The ink, 255, at the size at which skew and slopes are found, in strips of columns that are moved together."""
    scale = SIDE / max(ink.shape)
    small = cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else ink
    size = -(-small.shape[1] // STRIP), small.shape[0]
    return np.asarray(cv2.resize(small.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)


def sheared(strips: Strips, slope: float) -> Strips:
    """The strips, each moved by the slope times its place: as a turn by a small angle moves them, in one pass.

    Inside of a strip it moves them too little to matter."""
    height, width = strips.shape
    shear = np.array([[1.0, 0.0, 0.0], [-slope, 1.0, slope * width / 2]])
    return np.asarray(cv2.warpAffine(strips, shear, (width, height)), np.float32)


def find_bend(strips: Strips, shape: tuple[int, ...], rotation: Matrix) -> Weights | None:
    """The surface by which lines are bent on a page of that shape when a matrix has turned it; None where they are
    level then."""
    if min(shape[:2]) < _LOWEST:
        return None
    strips = _turned(strips, rotation, shape)
    glance = _scores(strips, _GLANCE)
    if glance.max(axis=0).sum() < _LEAST_GLANCE * glance[_GLANCE.index(0.0)].sum():
        return None
    weights, least = np.zeros(len(_POWERS)), _LEAST_GAIN * sharpness(strips)
    for _ in range(_ROUNDS):
        better = weights + _fitted(_levelled(strips, weights))
        gained = sharpness(_levelled(strips, better))
        if gained < least:
            break
        weights, least = better, gained
    return weights if np.ptp(_shift(weights, strips)) > _LEAST_BEND * len(strips) else None


def levelled(image: Image, rotation: Matrix, bend: Weights) -> tuple[Image, Matrix]:
    """The image turned by the matrix, its lines level, and the homography that comes nearest to the way back."""
    height, width = image.shape[:2]
    across, down = (_CELL * np.arange(-1, -(-size // _CELL) + 1) + (_CELL - 1) / 2 for size in (width, height))
    columns, rows = np.meshgrid(across, down)
    rows = rows + _surface(bend, 2 * across / width - 1, 2 * down / height - 1) * width / 2
    places = np.stack([a * columns + b * rows + c for a, b, c in np.linalg.inv(rotation)[:2].tolist()], axis=2)
    size = len(across) * _CELL, len(down) * _CELL
    finer = cv2.resize(places.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    finer = finer[_CELL : _CELL + height, _CELL : _CELL + width]
    moved = cv2.remap(image, finer[..., 0], finer[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    grid = np.stack(np.meshgrid(across[::_CELL], down[::_CELL]), axis=2)
    back, _ = cv2.findHomography(grid.reshape(-1, 2), places[::_CELL, ::_CELL].reshape(-1, 2))
    return np.asarray(moved, np.uint8), np.asarray(back, np.float64)


def _turned(strips: Strips, rotation: Matrix, shape: tuple[int, ...]) -> Strips:
    """The strips of a page of that shape as they are when it is turned."""
    size = np.diag([strips.shape[1] / shape[1], strips.shape[0] / shape[0], 1.0])
    matrix = size @ rotation @ np.linalg.inv(size)
    return np.asarray(cv2.warpPerspective(strips, matrix, (strips.shape[1], strips.shape[0])), np.float32)


def _surface(weights: Weights, across: Weights, down: Weights) -> Weights:
    """How far what belongs at each place lies below it, as a share of half the page's width. Places go from -1 to 1."""
    of_rows = weights.reshape(len(_BENT), len(_UNEVEN)) @ [down**power for power in _UNEVEN]
    return np.asarray(of_rows.T @ [across**power for power in _BENT], np.float64)


def _shift(weights: Weights, strips: Strips) -> Strips:
    """The surface in pixels for each place of the strips."""
    height, width = strips.shape
    surface = _surface(weights, np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    return np.asarray(surface * width * STRIP / 2, np.float32)


def _levelled(strips: Strips, weights: Weights) -> Strips:
    height, width = strips.shape
    columns = np.tile(np.arange(width, dtype=np.float32), (height, 1))
    rows = np.arange(height, dtype=np.float32)[:, None] + _shift(weights, strips)
    return np.asarray(cv2.remap(strips, columns, rows, cv2.INTER_LINEAR), np.float32)


def sharpness(strips: Strips) -> float:
    """How much rows and what lies between them differ."""
    return float(np.square(np.diff(strips.sum(axis=1, dtype=np.float64))).sum())


# --- slopes -----------------------------------------------------------------------------------------------------


def _centres(strips: Strips) -> tuple[Weights, Weights]:
    """Where windows have their middles, in strips across and pixels down."""
    height, width = strips.shape
    half = _WIDTH * width / 2
    return np.linspace(half, width - half, _ACROSS), (np.arange(_DOWN) + 0.5) * height / _DOWN


def _scores(strips: Strips, degrees: Sequence[float]) -> Strips:
    """How much the rows of each window differ from the next under a shear by each angle: (angles, down, across)."""
    height, width = strips.shape
    across, down = _centres(strips)
    size = max(1, round(_WIDTH * width)), 1
    reach = height // _DOWN
    bell = np.hanning(2 * reach + 1).astype(np.float32)
    scores = np.empty((len(degrees), _DOWN, _ACROSS), np.float32)
    for score, slope in zip(scores, np.tan(np.radians(degrees)) * STRIP, strict=True):
        moved = cv2.boxFilter(sheared(strips, slope), -1, size, normalize=False)
        rows = moved[:, across.astype(np.int64)]
        steps = np.square(np.diff(rows, axis=0, append=rows[-1:]))
        around = sliding_window_view(np.pad(steps, ((reach, reach), (0, 0))), 2 * reach + 1, axis=0)
        # The shear is about the page's middle: a window beside it has moved.
        places = np.clip(down[:, None] - slope * (across - width / 2), 0, height - 1).astype(np.int64)
        score[:] = around[places, np.arange(_ACROSS)] @ bell
    return scores


def _fitted(strips: Strips) -> Weights:
    """The surface whose slopes come nearest to those of the windows, of which some show none or a wrong one."""
    slopes, trust = _slopes(strips)
    height, width = strips.shape
    across, down = _centres(strips)
    x, y = (grid.ravel() for grid in np.meshgrid(across / width * 2 - 1, down / height * 2 - 1))
    terms = np.stack([i * x ** (i - 1) * y**j for i, j in _POWERS], axis=1)
    penalty = np.diag([_STIFF * (i + j) ** 2 for i, j in _POWERS])
    weights, own = np.zeros(len(_POWERS)), trust
    for _ in range(_FITS):
        weights = np.linalg.solve(terms.T @ (terms * own[:, None]) + penalty, terms.T @ (own * slopes))
        own = trust / (1 + ((terms @ weights - slopes) / _FAR_OFF) ** 2)
    return weights


def _slopes(strips: Strips) -> tuple[Weights, Weights]:
    """Each window's slope, and how far it may be trusted: as much as its best angle stands out."""
    degrees = np.arange(-_STEEPEST, _STEEPEST + _STEP / 2, _STEP)
    scores = _scores(strips, degrees.tolist()).reshape(len(degrees), -1).astype(np.float64)
    best = scores.argmax(axis=0)
    inner, windows = np.clip(best, 1, len(degrees) - 2), np.arange(scores.shape[1])
    before, peak, after = (scores[inner + step, windows] for step in (-1, 0, 1))
    finer = np.clip(0.5 * (before - after) / (before - 2 * peak + after - 1e-6), -0.5, 0.5)
    usual = np.median(scores, axis=0) + 1e-6
    trust = np.clip((peak - usual) / usual, 0, 3) * np.sqrt(peak / (peak.max() + 1e-6))
    return np.tan(np.radians(degrees[inner] + finer * _STEP)), np.where(best == inner, trust, 0.0)
