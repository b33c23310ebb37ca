"""Finds the sheet of paper in a photograph of it lying on a desk, and takes the photograph's perspective out.

The sheet is looked for where paper ends: a quadrilateral, brighter than what lies around it along all of its sides.
"""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from extractors.colour import channels

Image = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]
Corners = npt.NDArray[np.float64]

_LONGEST_SIDE = 640  # pixels of the picture that is searched
_LEAST_SHARE = 0.35  # of the picture that the sheet covers
_MOST_SHARE = 0.985  # a sheet that covers more is a scan
_ANGLES = (60.0, 120.0)  # degrees at a corner
_LEAST_RATIO = 0.6  # of a side to the one across
_OUTSIDE = 0.04  # of the picture's longest side that a corner may lie out of it
_SAMPLES = 80  # places at which a side is looked at
_REACH = 12  # pixels on either side of a first guess at a side
_PAPER = (2, 6)  # pixels from a side: where the paper is compared
_DESK = ((2, 6), (8, 16))  # with the desk; beyond a thick rule there is paper again
_LEAST_CONTRAST = 0.14  # of the logarithm of brightness: the desk has 87 % of the paper's at most
_LEAST_SEEN = 0.6  # of a side that lies in the picture with a strip of desk beside it
_LEAST_EDGE = 0.85  # of the places seen at which paper ends, be it against other paper
_LEAST_SHADOW = 0.07  # how much darker it is there, in the same logarithm: paper casts a shadow on paper
_LEAST_DESK = 0.2, 0.6  # of the places of a side and of all sides at which the desk begins there
_BORDER = 0.003  # of a side cut away: the paper's edge and its shadow
_EVEN = 0.85  # darkest to brightest paper: light that varies more is evened out
_LIGHT_SIDE = 120  # pixels at which the light on a page is reckoned


def find_sheet(picture: Image) -> Corners | None:
    """The sheet's corners (4, 2) in pixels, clockwise from its upper left; None where no sheet is seen for certain.

    `picture` is RGB or grey, uint8. A scan, where the page fills the picture, has none."""
    scale = min(1.0, _LONGEST_SIDE / max(picture.shape[:2]))
    step = max(1, round(1 / scale))
    if not _dark_around(_light(_darkest(picture[::step, ::step])), _LEAST_CONTRAST / 2):
        return None
    small = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    if min(small.shape[:2]) < 8 * _REACH:
        return None
    # White paper is bright in each colour, wood and cloth are dark in one of them.
    bright = np.asarray(cv2.GaussianBlur(_darkest(small), (0, 0), 1.0), np.uint8)
    light = _light(bright)
    if not _dark_around(light, _LEAST_CONTRAST):
        return None
    for mask in _masks(small, bright):
        guess = _corners_of(mask)
        if guess is None or not _like_a_sheet(guess, bright.shape):
            continue
        corners = _refined(guess, light)
        if corners is not None:
            corners = _refined(corners, light)  # the first guess may have missed a part of a side
        if corners is not None and _like_a_sheet(corners, bright.shape) and _ends_all_around(corners, light):
            return np.asarray((corners + 0.5) / scale - 0.5, np.float64)
    return None


def _darkest(picture: Image) -> Image:
    """The least of the three colours."""
    red, green, blue = channels(picture)
    return np.asarray(cv2.min(cv2.min(red, green), blue), np.uint8)


def _brightest(picture: cv2.typing.MatLike) -> npt.NDArray[Any]:
    """The most of the three colours."""
    return picture if picture.ndim == 2 else picture.max(axis=2)


def _light(bright: Image) -> npt.NDArray[np.float32]:
    return np.asarray(np.log(np.maximum(bright, np.uint8(8)).astype(np.float32)))


def _dark_around(light: npt.NDArray[np.float32], contrast: float) -> bool:
    """Whether the picture's rim is darker than paper on all sides: the quick look that tells most scans."""
    paper = float(np.percentile(light[::4, ::4], 90))
    rims = (light[:2], light[-2:], light[:, :2], light[:, -2:])
    return all(float(np.median(rim)) < paper - contrast for rim in rims)


def _masks(small: Image, bright: Image) -> Iterator[Image]:
    """What may be the sheet, 255: what is bright, what has no colour, and what edges part from the picture's rim."""
    smooth = np.asarray(cv2.GaussianBlur(bright, (0, 0), 3.0), np.uint8)
    level, _ = cv2.threshold(smooth, 0, 255, cv2.THRESH_OTSU)
    yield _above(smooth, level)
    # Paper in a deep shadow is nearer to the desk than to lit paper.
    yield _above(smooth, cv2.threshold(smooth[smooth <= level], 0, 255, cv2.THRESH_OTSU)[0])
    brightest = np.asarray(cv2.GaussianBlur(_brightest(small), (0, 0), 3.0), np.uint8)
    pale = np.asarray(cv2.divide(smooth, np.maximum(brightest, 1), scale=255.0), np.uint8)  # in any light
    yield _above(pale, cv2.threshold(pale, 0, 255, cv2.THRESH_OTSU)[0])
    for low in (20, 45):
        edges = cv2.dilate(cv2.Canny(bright, low, 3 * low), np.ones((5, 5), np.uint8))
        yield np.asarray(cv2.dilate(_largest(np.asarray(255 - edges, np.uint8)), np.ones((5, 5))), np.uint8)


def _above(values: Image, level: float) -> Image:
    return _largest(np.asarray(cv2.threshold(values, level, 255, cv2.THRESH_BINARY)[1], np.uint8))


def _largest(mask: Image) -> Image:
    """The largest piece that is not most of the picture's rim, as the desk around a sheet is."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    sizes = stats[:, cv2.CC_STAT_AREA].copy()
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    sizes[np.bincount(rim, minlength=len(sizes)) > len(rim) / 2] = 0
    sizes[0] = 0
    return np.asarray(np.where(labels == sizes.argmax(), 255, 0), np.uint8) if sizes.any() else mask


def _corners_of(mask: Image) -> Corners | None:
    """The four corners of the mask's hull, clockwise from the upper left; None if it is no quadrilateral."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return None
    outline = cv2.convexHull(max(contours, key=cv2.contourArea))
    length = cv2.arcLength(outline, True)
    for tolerance in np.arange(0.01, 0.06, 0.005):
        corners = cv2.approxPolyDP(outline, float(tolerance * length), True)[:, 0].astype(np.float64)
        if len(corners) <= 4:
            return _clockwise(corners) if len(corners) == 4 else None
    return None


def _clockwise(corners: Corners) -> Corners:
    middle = corners.mean(axis=0)
    around = corners[np.argsort(np.arctan2(corners[:, 1] - middle[1], corners[:, 0] - middle[0]))]
    return np.asarray(np.roll(around, -int(around.sum(axis=1).argmin()), axis=0), np.float64)


def _like_a_sheet(corners: Corners, shape: tuple[int, ...]) -> bool:
    """Whether size, place and shape are those of a rectangle seen aslant."""
    height, width = shape[:2]
    share = cv2.contourArea(corners.astype(np.float32)) / (height * width)
    out = _OUTSIDE * max(height, width)
    within = (corners >= -out).all() and (corners <= np.array([width + out, height + out])).all()
    if not (_LEAST_SHARE < share < _MOST_SHARE and within):
        return False
    sides = np.roll(corners, -1, axis=0) - corners
    lengths = np.maximum(np.linalg.norm(sides, axis=1), 1e-6)
    before = np.roll(sides, 1, axis=0)
    cosines = (-before * sides).sum(axis=1) / (lengths * np.roll(lengths, 1))
    angles = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
    ratios = np.minimum(lengths[:2], lengths[2:]) / np.maximum(lengths[:2], lengths[2:])
    return bool((angles > _ANGLES[0]).all() and (angles < _ANGLES[1]).all() and (ratios > _LEAST_RATIO).all())


def _refined(corners: Corners, light: npt.NDArray[np.float32]) -> Corners | None:
    """The corners where the lines cross that fit best to where, near each side, the paper's edge is sharpest."""
    lines = []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        places, inward = _along(start, end)
        steps = np.arange(-_REACH, _REACH + 1)
        across = _sampled(light, places[:, None] + steps[None, :, None] * inward)
        rise = across[:, 2:] - across[:, :-2]
        best = rise.argmax(axis=1)
        sharp = rise.max(axis=1) > _LEAST_CONTRAST / 3
        if sharp.mean() < _LEAST_SEEN / 2:
            return None
        points = places[sharp] + (steps[1:-1][best[sharp]])[:, None] * inward
        lines.append(_line_through(points))
    crossings = [_crossing(before, line) for before, line in zip([lines[-1], *lines[:-1]], lines, strict=True)]
    return np.array(crossings) if all(np.isfinite(crossing).all() for crossing in crossings) else None


def _along(start: Matrix, end: Matrix) -> tuple[Matrix, Matrix]:
    """Places on a side, away from its corners, and the direction into the sheet."""
    side = end - start
    places = start + np.linspace(0.04, 0.96, _SAMPLES)[:, None] * side
    return places, np.array([-side[1], side[0]]) / max(float(np.linalg.norm(side)), 1e-6)


def _sampled(light: npt.NDArray[np.float32], places: Matrix) -> npt.NDArray[np.float32]:
    """Brightness at places (..., 2); NaN-free: out of the picture it is that of its rim."""
    x, y = places[..., 0].astype(np.float32), places[..., 1].astype(np.float32)
    return np.asarray(cv2.remap(light, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _line_through(points: Matrix) -> Matrix:
    """(normal x, normal y, distance) of the line that most points lie on: fitted again without those far off."""
    kept = points
    for most in (3.0, 1.5):
        line = _fitted(kept)
        near = np.abs(points @ line[:2] - line[2]) < most
        kept = points[near] if near.sum() >= 8 else kept
    return _fitted(kept)


def _fitted(points: Matrix) -> Matrix:
    vx, vy, x, y = cv2.fitLine(points.astype(np.float32), cv2.DIST_WELSCH, 0, 0.01, 0.01).ravel()
    return np.array([-vy, vx, vx * y - vy * x], np.float64)


def _crossing(one: Matrix, other: Matrix) -> Matrix:
    normals = np.array([one[:2], other[:2]])
    if abs(np.linalg.det(normals)) < 0.1:
        return np.full(2, np.nan)
    return np.asarray(np.linalg.solve(normals, np.array([one[2], other[2]])), np.float64)


def _ends_all_around(corners: Corners, light: npt.NDArray[np.float32]) -> bool:
    """Whether paper ends at each side nearly all along it, mostly on the desk: a ruled line or a soft shadow is no end
    of paper. One side may lie out of the picture."""
    height, width = light.shape
    desks, out = [], 0
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        places, inward = _along(start, end)
        outer = places - _DESK[0][1] * inward
        seen = ((outer >= 0) & (outer <= np.array([width - 1, height - 1]))).all(axis=1)
        out += seen.mean() < _LEAST_SEEN
        if not seen.any():
            continue
        paper = _beside(light, places, inward, _PAPER)
        beyond = _sampled(light, places[:, None] - np.arange(_DESK[0][1])[None, :, None] * inward).min(axis=1)
        desk = np.maximum(*(_beside(light, places, -inward, band) for band in _DESK))
        if (paper - beyond > _LEAST_SHADOW)[seen].mean() < _LEAST_EDGE:
            return False
        desks.append(float((paper - desk > _LEAST_CONTRAST)[seen].mean()))
    return out < 2 and min(desks) >= _LEAST_DESK[0] and float(np.mean(desks)) >= _LEAST_DESK[1]


def _beside(
    light: npt.NDArray[np.float32], places: Matrix, direction: Matrix, band: tuple[int, int]
) -> npt.NDArray[np.float32]:
    steps = np.arange(band[0], band[1] + 1)[None, :, None]
    return np.asarray(np.median(_sampled(light, places[:, None] + steps * direction), axis=1), np.float32)


def straightened(picture: Image, corners: Corners) -> tuple[Image, Matrix]:
    """The sheet alone as an upright rectangle in even light, and the matrix from its pixels to the picture's."""
    sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    width, height = (sides[0] + sides[2]) / 2, (sides[1] + sides[3]) / 2
    cut = _BORDER * max(width, height)
    size = (max(1, round(width - 2 * cut)), max(1, round(height - 2 * cut)))
    left, top, right, bottom = -cut, -cut, size[0] - 1 + cut, size[1] - 1 + cut
    target = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    to_picture = cv2.getPerspectiveTransform(target, corners.astype(np.float32))
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    page = cv2.warpPerspective(picture, to_picture, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return _evenly_lit(np.asarray(page, np.uint8)), np.asarray(to_picture, np.float64)


def _evenly_lit(page: Image) -> Image:
    """The page divided by the light on its paper, where that varies much."""
    scale = _LIGHT_SIDE / max(page.shape[:2])
    small = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    paper = cv2.medianBlur(cv2.dilate(small, np.ones((5, 5), np.uint8)), 15)
    light = cv2.GaussianBlur(paper, (0, 0), 4.0).astype(np.float32)
    dark, brightest = np.percentile(_brightest(light), (2, 98))
    if dark > _EVEN * brightest:
        return page
    lit = cv2.resize(np.maximum(light, 25).astype(np.uint8), page.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(page, lit, scale=245.0), np.uint8)
