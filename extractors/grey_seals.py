"""Company seals without their red, as a grey scan shows them: found by their ring, told from text by darkness.

Seal ink is translucent: grey on paper, and black where there is print under it. So what is dark is text, thin strokes
that hang on what is dark are text, and other grey ink inside of a ring is the seal's.
"""

from collections.abc import Sequence
from typing import NamedTuple, cast

import cv2
import numpy as np
import numpy.typing as npt

from extractors import ocr
from extractors.colour import grey
from pipeline.model import BBox

Image = npt.NDArray[np.uint8]
Circle = npt.NDArray[np.float64]  # x, y and radius

_TEXT, _PAPER = 0.3, 0.86  # of the paper's brightness: text is darker, seal ink lies between
_SHARE = 0.25  # of sixteen pixels that are grey where there is a seal
_RADIUS = 0.05, 0.1  # of the page's longer side: a company's seal of 40 mm on A4 has 0.067
_EDGE, _VOTES = 120, 18  # of Hough's transform: a low bar, since `_ringed` decides
_LEAST_DARK = 0.15  # times as much dark ink as grey: 0.33 and more on 24 sealed pages, 0.04 on a pale scan
_MOST_GREY = 0.12  # of a page where grey ink tells nothing: poor copies, grey forms
_MOST_CIRCLES = 6  # a page
_RINGED = 0.86  # of a ring that is seen: on 70 sealed pages 0.89 and more, on 110 others up to 0.82, once 0.9
_BEYOND = 5  # pixels of a quarter of the size: so far outside of the ring there is paper
_APART = 0.3  # so much less grey there: of those sealed pages 0.35 and more, of that one 0.16
_LEAST_SEEN = 0.5  # of a ring that lies on the page
_ROUND = np.linspace(0, 2 * np.pi, 120, endpoint=False)
_WAYS = np.cos(_ROUND), np.sin(_ROUND)
_NEAR = np.stack(np.meshgrid(np.arange(-2, 3), np.arange(-2, 3), np.arange(-3, 4)), axis=-1).reshape(-1, 3)
_RIM = 1.06  # of the radius: where the ring's ink ends
_STROKE = 0.034  # of the radius: what is wider than strokes of text
_LEAST_PIECE = 0.08  # of the radius: a piece of the seal; commas are smaller
_LEAST_BLACK = 3  # pixels that make a stroke text


class _Thin(NamedTuple):
    """How dark thin ink is to be, as a share of the ink around: a stroke, and one that is text whatever it hangs on."""

    stroke: float
    black: float


_FULL, _BARE = _Thin(0.75, 0.5), _Thin(0.62, 0.4)


def grey_seals(image: Image, side: int) -> tuple[BBox, ...]:
    """Where grey seals stand on an upright page (uint8) whose longer side is given, in pixels."""
    few = _grey_ink(image)
    if not 0 < cv2.countNonZero(few) < _MOST_GREY * few.size:
        return ()
    least, most = (round(share * side / 4) for share in _RADIUS)
    soft = cv2.GaussianBlur(few * np.uint8(255), (0, 0), 1.0)
    hough = cv2.HoughCircles(
        soft, cv2.HOUGH_GRADIENT, 1, least, param1=_EDGE, param2=_VOTES, minRadius=least, maxRadius=most
    )
    circles = cast("npt.NDArray[np.float32] | None", hough)  # None where there are none, which its types do not say
    if circles is None:
        return ()
    joined = np.asarray(cv2.dilate(few, _square(3)), np.uint8)
    rings = [_ringed(joined, circle.astype(np.float64)) for circle in circles[0][:_MOST_CIRCLES]]
    return tuple(_around(ring) for ring in rings if ring is not None)


def _grey_ink(image: Image) -> Image:
    """1 where there is ink paler than text and not at the rim of text, at a quarter of the size."""
    bright = grey(image)
    paper = _paper(bright)
    ink = cv2.inRange(bright, _TEXT * paper, _PAPER * paper)  # type: ignore[call-overload]
    dark = cv2.threshold(bright, _TEXT * paper, 255, cv2.THRESH_BINARY_INV)[1]
    ink = cv2.subtract(ink, cv2.dilate(dark, _square(5)))
    if cv2.countNonZero(dark) < _LEAST_DARK * cv2.countNonZero(ink):
        ink[:] = 0  # the page's own text is grey
    small = cv2.resize(ink, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    return (np.asarray(small) > _SHARE * 255).astype(np.uint8)


def _paper(bright: Image) -> float:
    return float(np.median(bright[::8, ::8]))


def _ringed(few: Image, circle: Circle) -> Circle | None:
    """The circle near the one given that goes through most grey ink, if it is a ring with paper around."""
    near = circle + _NEAR
    seen = _seen(few, near)
    best = int(seen.argmax())
    beyond = _seen(few, near[best] + np.array([(0, 0, _BEYOND), (0, 0, _BEYOND + 1)]))
    return near[best] if seen[best] >= _RINGED and seen[best] - beyond.max() >= _APART else None


def _seen(few: Image, circles: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The share of each circle that has grey ink, of what lies on the page."""
    x, y = (np.rint(circles[:, at, None] + circles[:, 2, None] * way).astype(int) for at, way in enumerate(_WAYS))
    on_page = (x >= 0) & (x < few.shape[1]) & (y >= 0) & (y < few.shape[0])
    ink = few[np.where(on_page, y, 0), np.where(on_page, x, 0)] * on_page
    return np.asarray(ink.sum(axis=1) / np.maximum(on_page.sum(axis=1), _LEAST_SEEN * len(_ROUND)))


def _around(ring: Circle) -> BBox:
    x, y, radius = ring * 4 + (2, 2, 0)
    reach = radius * _RIM + 4
    return BBox(x - reach, y - reach, x + reach, y + reach)


def without_grey_seals(image: Image, places: Sequence[BBox]) -> tuple[Image, Image]:
    """The image with grey ink inside of the places turned to paper, to be read; and one to see in it where text stands.

    The first keeps all that may be a stroke of text, the second nothing that may be left of a seal."""
    if not places:
        return image, image
    full, bare = image.copy(), image.copy()
    paper = _paper(grey(image))
    for place in places:
        bright = grey(ocr.crop(image, place))
        for clean, thin in ((full, _FULL), (bare, _BARE)):
            lifted = _lifted(bright, paper, (place.x1 - place.x0) / 2, thin)
            ocr.crop(clean, place).T[:] = lifted.T  # in every channel
    return full, bare


def _lifted(grey: Image, paper: float, radius: float, thin: _Thin) -> Image:
    text = _text(grey, paper, thin)
    around = np.maximum(cv2.dilate(grey, _square(_STROKE * radius)), 1)
    seal = _large((grey < _PAPER * paper) & ~text, round(_LEAST_PIECE * radius))
    off = np.where(cv2.dilate(seal.astype(np.uint8), _square(3)) > 0, paper, grey)
    return np.where(text, np.minimum(grey * (paper / around), 255), off).astype(np.uint8)


def _text(grey: Image, paper: float, thin: _Thin) -> npt.NDArray[np.bool_]:
    """What is dark, and the thin strokes that hang on it."""
    smooth = np.asarray(cv2.morphologyEx(grey, cv2.MORPH_CLOSE, _square(3)), np.uint8)  # without thin strokes
    dark = (grey < _TEXT * paper).astype(np.uint8)
    black = ((dark > 0) | (grey < thin.black * smooth)).astype(np.uint8)
    strokes = (grey < thin.stroke * smooth) | (cv2.dilate(dark, _square(3)) > 0)
    _, pieces = cv2.connectedComponents(strokes.astype(np.uint8), connectivity=8)
    sure = np.bincount(pieces.ravel(), weights=black.ravel()) >= _LEAST_BLACK
    sure[0] = False
    return np.asarray(sure[pieces], np.bool_)


def _square(side: float) -> Image:
    """A structuring element of about this many pixels."""
    size = max(3, int(side) // 2 * 2 + 1)
    return np.ones((size, size), np.uint8)


def _large(ink: npt.NDArray[np.bool_], least: int) -> npt.NDArray[np.bool_]:
    """The ink in pieces of that width or height."""
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    large = stats[:, 2:4].max(axis=1) >= least
    large[0] = False
    return np.asarray(large[pieces], np.bool_)
