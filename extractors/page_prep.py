"""Makes a page image upright and straight before it is read, and takes red seals off its text.

Every step is a matrix (homogeneous, pixels to pixels), so that a box found in the prepared image comes back to the
page as it is stored.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from extractors import ocr
from extractors.sheet import find_sheet, straightened
from extractors.turned import projected
from pipeline.model import BBox, View

Image = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]

LONGEST_SIDE = 2600  # pixels; A4 at 220 dpi: more costs time and reads no better
_SURE_TURN = 0.91  # the classifier gives 0.92 to 0.93 to pages that it knows; below, it is checked by reading
_UPRIGHT_BONUS = 1.5  # of the turn that nearly all pages have, where a few characters are all there is to read
_MOST_SKEW = 6.0  # degrees that deskewing looks for on either side
_STRIP = 8  # pixels of the width of 1,000 that are moved together to find the skew
_LEAST_SKEW = 0.05  # degrees that are not worth resampling the page
_SEAL_CHROMA = 45  # red over green and blue, of 255
_SEAL_LIGHT = 0.4  # of its redness: what red ink lacks of the paper's brightness in the red channel
_SEAL_SHARE = 0.25  # of sixteen pixels that are red where there is a seal
_SEAL_JOINT = 60  # of the page's longer side: gaps that are worn into a seal are smaller
_SEAL_SIDE = 0.05  # of the page's longer side: no seal is smaller
_SEAL_ASPECT = 2.2  # a seal is round, oval or square; red headings are longer


@dataclass(frozen=True, slots=True)
class Prepared:
    """An upright, straight image and the way back: `to_page` takes its pixels to those of the page as stored."""

    image: Image
    to_page: Matrix

    def box_on_page(self, box: BBox) -> BBox:
        """The smallest upright box on the stored page around a box of the prepared image; pixels both."""
        return projected(box, self.to_page)

    def view(self, points: float) -> View | None:
        """The view of the page, `points` being those of a pixel; None where nothing but the size was changed."""
        if np.allclose(self.to_page, np.diag(np.diag(self.to_page))):
            return None
        height, width = self.image.shape[:2]
        to_stored = np.diag([points, points, 1.0]) @ self.to_page @ np.diag([1 / points, 1 / points, 1.0])
        return View(width * points, height * points, tuple(to_stored.ravel().tolist()))


def prepare(image: Image) -> Prepared:
    """The page without the desk around it, turned upright, deskewed and no larger than LONGEST_SIDE. RGB uint8."""
    page = Prepared(image, np.eye(3))
    for step in (_without_desk, _shrink, _turn, _deskew):
        page = step(page)
    return page


def _without_desk(page: Prepared) -> Prepared:
    corners = find_sheet(page.image)
    if corners is None:
        return page
    image, to_picture = straightened(page.image, corners)
    return Prepared(image, page.to_page @ to_picture)


def _shrink(page: Prepared) -> Prepared:
    height, width = page.image.shape[:2]
    scale = LONGEST_SIDE / max(height, width)
    if scale >= 1:
        return page
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    image = cv2.resize(page.image, size, interpolation=cv2.INTER_AREA)
    return Prepared(np.asarray(image, np.uint8), page.to_page @ np.diag([width / size[0], height / size[1], 1.0]))


def _turn(page: Prepared) -> Prepared:
    degrees, sure = ocr.orientation(page.image)
    if sure < _SURE_TURN:
        degrees = _turn_by_reading(page.image)
    return _turned_back(page, degrees)


def _turned_back(page: Prepared, degrees: int) -> Prepared:
    """Turns the image counter-clockwise by a multiple of 90 degrees."""
    height, width = page.image.shape[:2]
    back = {
        0: np.eye(3),
        90: np.array([[0.0, -1.0, width], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
        180: np.array([[-1.0, 0.0, width], [0.0, -1.0, height], [0.0, 0.0, 1.0]]),
        270: np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, height], [0.0, 0.0, 1.0]]),
    }[degrees]
    image = np.ascontiguousarray(np.rot90(page.image, degrees // 90))
    return Prepared(image, page.to_page @ back)


def _turn_by_reading(image: Image) -> int:
    """The turn under which a few of the longest lines read best."""
    boxes = ocr.detect(image)
    wide = [box for box in boxes if box.x1 - box.x0 > 2 * (box.bottom - box.top)]
    tall = [box for box in boxes if box.bottom - box.top > 2 * (box.x1 - box.x0)]
    lying = sum(box.bottom - box.top for box in tall) > sum(box.x1 - box.x0 for box in wide)
    sample = sorted(tall if lying else wide, key=lambda box: -max(box.x1 - box.x0, box.bottom - box.top))[:6]
    if not sample:
        return 0

    def sureness(degrees: int) -> float:
        readings = ocr.read([np.rot90(ocr.crop(image, box), degrees // 90) for box in sample])
        sure = sum(len(reading.text) * reading.confidence for reading in readings)
        return sure * (_UPRIGHT_BONUS if degrees == 0 else 1.0)

    return max((90, 270) if lying else (0, 180), key=sureness)


def _deskew(page: Prepared) -> Prepared:
    angle = skew(page.image)
    if abs(angle) < _LEAST_SKEW:
        return page
    height, width = page.image.shape[:2]
    rotation = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0), [0.0, 0.0, 1.0]])
    image = cv2.warpPerspective(
        page.image, rotation, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return Prepared(np.asarray(image, np.uint8), page.to_page @ np.linalg.inv(rotation))


def skew(image: Image) -> float:
    """By how many degrees the page must be turned counter-clockwise for its lines to lie level.

    The turn under which the rows' sums of ink differ most (Postl 1986), coarse first, then fine."""
    ink = ink_mask(image)
    scale = 1000 / max(ink.shape)
    small = cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else ink
    strips = cv2.resize(
        small.astype(np.float32), (-(-small.shape[1] // _STRIP), small.shape[0]), interpolation=cv2.INTER_AREA
    )
    found, reach, step = 0.0, _MOST_SKEW, 0.5
    while step >= 0.02:
        angles = found + np.arange(-reach, reach + step / 2, step)
        found = float(max(angles, key=lambda angle: (_sharpness(strips, float(angle)), -abs(angle))))
        reach, step = step, step / 5
    return found


def _sharpness(strips: cv2.typing.MatLike, angle: float) -> float:
    height, width = strips.shape
    # A shear moves columns as a turn by a small angle does, and costs one pass; inside of a strip it moves them too
    # little to matter.
    slope = math.tan(math.radians(angle)) * _STRIP
    shear = np.array([[1.0, 0.0, 0.0], [-slope, 1.0, slope * width / 2]])
    rows = cv2.warpAffine(strips, shear, (width, height)).sum(axis=1, dtype=np.float64)
    return float(np.square(np.diff(rows)).sum())


def ink_mask(image: Image) -> Image:
    """255 where there is ink, by the contrast to the paper around it; shadows and grey paper do not count."""
    flat = flattened(image)
    level, _ = cv2.threshold(flat, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    return np.asarray(cv2.threshold(flat, min(max(level, 128), 215), 255, cv2.THRESH_BINARY_INV)[1], np.uint8)


def flattened(image: Image) -> Image:
    """Brightness as a share of the paper's around it, which is 255; uint8 of shape (height, width)."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    side = max(15, max(grey.shape) // 40 | 1)
    small = cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    paper = cv2.resize(cv2.medianBlur(cv2.dilate(small, np.ones((5, 5))), side // 4 * 2 + 1), grey.shape[::-1])
    return np.asarray(cv2.divide(grey, np.maximum(paper, 1), scale=255.0), np.uint8)


def seals(image: Image) -> tuple[BBox, ...]:
    """Where red seals stand, in pixels: red marks of a seal's size and shape, not red headings."""
    red = (_redness(image) > _SEAL_CHROMA).astype(np.uint8) * np.uint8(255)
    # A quarter of the size is enough to join what is left of a worn ring.
    few = (cv2.resize(red, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA) > _SEAL_SHARE * 255).astype(np.uint8)
    side = max(image.shape[:2])
    joint = side // _SEAL_JOINT // 4 + 1
    joined = cv2.morphologyEx(np.pad(few, joint), cv2.MORPH_CLOSE, np.ones((joint, joint), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined[joint:-joint, joint:-joint], connectivity=8)
    boxes = [
        BBox(x * 4.0 - 4, y * 4.0 - 4, (x + w) * 4.0 + 4, (y + h) * 4.0 + 4) for x, y, w, h, _ in stats[1:].tolist()
    ]
    found = [box for box in boxes if _like_a_seal(box, side)]
    return tuple(box for box in found if not any(_inside(box, other) for other in found))


def _inside(box: BBox, other: BBox) -> bool:
    """Is the box part of another one: the star in a seal's ring?"""
    return box != other and (
        other.x0 <= box.x0 and other.top <= box.top and box.x1 <= other.x1 and box.bottom <= other.bottom
    )


def _like_a_seal(box: BBox, side: int) -> bool:
    width, height = box.x1 - box.x0, box.bottom - box.top
    return min(width, height) > _SEAL_SIDE * side and max(width, height) < _SEAL_ASPECT * min(width, height)


def without_seals(image: Image, places: Sequence[BBox]) -> Image:
    """The image with red ink inside the places turned to paper; black text under it stays."""
    clean = image.copy()
    for place in places:
        part = ocr.crop(clean, place)
        # Red ink is nearly as bright as paper in the red channel, in shadows too; black ink is dark in it.
        lit = part[:, :, 0] + _SEAL_LIGHT * _redness(part)
        part[:] = np.clip(lit, 0, 255).astype(np.uint8)[:, :, None]
    return clean


def _redness(image: Image) -> npt.NDArray[np.int16]:
    red, green, blue = (image[:, :, channel].astype(np.int16) for channel in range(3))
    return np.asarray(red - np.maximum(green, blue), np.int16)
