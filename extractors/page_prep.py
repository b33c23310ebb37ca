"""Makes a page image upright and straight before it is read.

Every step is a matrix (homogeneous, pixels to pixels), so that a box found in the prepared image comes back to the
page as it is stored.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt

from extractors import bent, ocr
from extractors.bent import STRIP, Strips, sharpness, sheared, strips_of
from extractors.colour import grey, without_colour
from extractors.sheet import find_sheet, straightened
from extractors.streaks import without_streaks
from extractors.turned import projected
from pipeline.model import BBox, View

Image = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]

LONGEST_SIDE = 2600  # pixels; A4 at 220 dpi: more costs time and reads no better
_LOWEST = 8  # pixels: no line of text has room in less
_SURE_TURN = 0.91  # the classifier gives 0.92 to 0.93 to pages that it knows; below, it is checked by reading
_SAMPLED_SIDE = 480  # pixels of the longer side: the longest lines are found at half the size too
_SAMPLED, _SAMPLED_LENGTH = 6, 8  # the most lines that are read, and of each the middle, in heights of the line
_ENOUGH, _LEGIBLE = 12, 0.8  # characters, and the median of the lines' sureness: upside down it is 0.2 to 0.55
_UPRIGHT_BONUS = 1.5  # of the turn that nearly all pages have, where a few characters are all there is to read
_MOST_SKEW = 6.0  # degrees that deskewing looks for on either side
_CLEARLY = 2.0  # times as sharp: upright rules and margins, and not characters that happen to stand under each other
_LEAST_SKEW = 0.05  # degrees that are not worth resampling the page
_PALEST = 240  # of 255, at a quarter of the size: text that is paler nobody reads
_BELOW = 1 / 40  # of the page's longer side: paper that stays below what is lowest
_STEP = 1 / 10  # of it: pages are cut off at few heights, since each size that detection is given takes memory
_DARK, _BRIGHT = 100, 170  # of 255: what is at most and at least so bright is no paper and no ink
_WHITE_INK, _NO_PAPER = 0.01, 0.02  # of a page with white writing: as much is bright at least, and in patches at most


@dataclass(frozen=True, slots=True)
class Prepared:
    """An upright, straight image and the way back: `to_page` takes its pixels to those of the page as stored.

    `left_out` is how many rows of paper were cut off below.
    """

    image: Image
    to_page: Matrix
    left_out: int = 0

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the whole page."""
        height, width = self.image.shape[:2]
        return height + self.left_out, width

    def box_on_page(self, box: BBox) -> BBox:
        """The smallest upright box on the stored page around a box of the prepared image; pixels both."""
        return projected(box, self.to_page)

    def view(self, points: float) -> View | None:
        """The view of the page, `points` being those of a pixel; None where nothing but the size was changed."""
        if np.allclose(self.to_page, np.diag(np.diag(self.to_page))):
            return None
        height, width = self.size
        to_stored = np.diag([points, points, 1.0]) @ self.to_page @ np.diag([1 / points, 1 / points, 1.0])
        return View(width * points, height * points, tuple(to_stored.ravel().tolist()))


def has_room(image: Image) -> bool:
    """Whether a line of text has room in an image at the size at which it is read.

    It has none in the dot that counts a mail's readers, nor in a ruled line."""
    least, longest = sorted(image.shape[:2])
    return bool(least * min(1.0, LONGEST_SIDE / longest) >= _LOWEST)


def prepare(image: Image) -> Prepared:
    """The page without the desk around it, upright, its lines level, and no larger than LONGEST_SIDE.

    RGB or grey, uint8; grey comes out where nothing has a colour."""
    page = Prepared(without_streaks(_black_on_white(without_colour(image))), np.eye(3))
    for step in (_without_desk, _shrink, _turn, _deskew):
        page = step(page)
    return page


def _black_on_white(image: Image) -> Image:
    """The page as it is, or its negative where it is a negative itself: a dark page whose bright parts are strokes.

    Paper on a dark desk stays bright when the picture is made small, and strokes do not."""
    sample = grey(np.ascontiguousarray(image[::16, ::16]))
    if np.median(sample) > _DARK or (sample > _BRIGHT).mean() < _WHITE_INK:
        return image
    small = cv2.resize(grey(image), None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    return image if (np.asarray(small) > _BRIGHT).mean() > _NO_PAPER else np.asarray(255 - image, np.uint8)


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
    counter = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}
    image = cv2.rotate(page.image, counter[degrees]) if degrees else page.image
    return Prepared(np.asarray(image, np.uint8), page.to_page @ back)


def _turn_by_reading(image: Image) -> int:
    """The turn under which a few of the longest lines read best; the first that reads well is not doubted."""
    boxes = ocr.detect(image, max(image.shape[:2]), _SAMPLED_SIDE)
    wide = [box for box in boxes if box.x1 - box.x0 > 2 * (box.bottom - box.top)]
    tall = [box for box in boxes if box.bottom - box.top > 2 * (box.x1 - box.x0)]
    lying = sum(box.bottom - box.top for box in tall) > sum(box.x1 - box.x0 for box in wide)
    longest = sorted(tall if lying else wide, key=lambda box: -max(box.x1 - box.x0, box.bottom - box.top))
    sample = [ocr.crop(image, box) for box in longest[:_SAMPLED]]
    usual, other = (90, 270) if lying else (0, 180)
    readings = _read_turned(sample, usual)
    if not sample or _reads_well(readings):
        return usual
    bonus = 1.0 if lying else _UPRIGHT_BONUS
    return usual if bonus * _sureness(readings) >= _sureness(_read_turned(sample, other)) else other


def _read_turned(crops: Sequence[Image], degrees: int) -> tuple[ocr.Reading, ...]:
    """What the middles of lines say when they are turned counter-clockwise."""
    level = [np.rot90(crop, degrees // 90) for crop in crops]
    cuts = [max(0, (crop.shape[1] - _SAMPLED_LENGTH * crop.shape[0]) // 2) for crop in level]
    return ocr.read([crop[:, cut : crop.shape[1] - cut] for crop, cut in zip(level, cuts, strict=True)])


def _reads_well(readings: Sequence[ocr.Reading]) -> bool:
    enough = sum(len(reading.text) for reading in readings) >= _ENOUGH
    return enough and median(reading.confidence for reading in readings) > _LEGIBLE


def _sureness(readings: Sequence[ocr.Reading]) -> float:
    return sum(len(reading.text) * reading.confidence for reading in readings)


def _deskew(page: Prepared) -> Prepared:
    """The page turned by its skew and, where its paper was bent, with its lines level; `to_page` is then nearly so."""
    small = _reduced(page.image)
    flat = flattened(small, max(small.shape))
    ink = ink_mask(flat)
    strips = strips_of(ink)
    shape = page.image.shape[:2]
    angle = skew(strips)
    rotation = _rotation(shape, angle)
    if bent.find_bend(strips, shape, rotation) is not None:
        upright = _rotation(shape, _turn_by_uprights(ink, angle))
        bend = bent.find_bend(strips, shape, upright)
        if bend is not None:
            image, back = bent.levelled(page.image, upright, bend)
            return Prepared(image, page.to_page @ back)
    (height, width), end = shape, _end(flat, shape, angle)
    if abs(angle) < _LEAST_SKEW:
        return Prepared(page.image[:end], page.to_page, height - end)
    border = cv2.BORDER_REPLICATE
    turned = cv2.warpAffine(page.image, rotation[:2], (width, end), flags=cv2.INTER_CUBIC, borderMode=border)
    back = page.to_page @ np.linalg.inv(rotation)
    return Prepared(np.asarray(turned, np.uint8), back, height - end)


def _reduced(image: Image) -> Image:
    """In grey, and at half the size where that is enough to see how lines lie."""
    least, longest = sorted(image.shape[:2])
    scale = 0.5 if longest >= 2 * bent.SIDE and least >= 2 * _LOWEST else 1.0
    return np.asarray(cv2.resize(grey(image), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _end(flat: Image, shape: tuple[int, ...], degrees: float) -> int:
    """The row below which a page of that shape has nothing but paper when it is turned by so much; `flat` is the page
    flattened, perhaps smaller."""
    (height, width), longest = shape, max(shape)
    small = cv2.resize(flat, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    written = np.flatnonzero((np.asarray(small) < _PALEST).any(axis=1))
    if not written.size:
        return height
    lowest = 4 * (int(written[-1]) + 1) + abs(math.sin(math.radians(degrees))) * width / 2
    step = _STEP * longest
    return min(height, int(step * math.ceil((lowest + _BELOW * longest) / step)))


def _rotation(shape: tuple[int, ...], degrees: float) -> Matrix:
    """That turns a page of that shape about its middle, counter-clockwise."""
    height, width = shape
    return np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0), [0.0, 0.0, 1.0]])


def _turn_by_uprights(ink: Image, angle: float) -> float:
    """The skew by the page's upright rules and margins, which stay straight where lines are bent; the angle given
    where they do not tell it clearly."""
    strips = strips_of(np.asarray(cv2.transpose(ink), np.uint8))
    found = -skew(strips)
    return found if _sharpness(strips, -found) > _CLEARLY * _sharpness(strips, -angle) else angle


def skew(strips: Strips) -> float:
    """By how many degrees the page must be turned counter-clockwise for its lines to lie level.

    The turn under which the rows' sums of ink differ most (Postl 1986), coarse first, then fine."""
    size = -(-strips.shape[1] // 2), -(-strips.shape[0] // 2)
    halved = np.asarray(cv2.resize(strips, size, interpolation=cv2.INTER_AREA), np.float32)
    found = _sharpest(halved, 0.0, _MOST_SKEW, 0.5)
    found = _sharpest(strips, found, 0.3, 0.1)
    return _climbed(strips, found, 0.02)


def _sharpest(strips: Strips, near: float, reach: float, step: float) -> float:
    """Of the angles around one, that under which rows and what lies between them differ most."""
    angles = near + np.arange(-reach, reach + step / 2, step)
    return float(max(angles, key=lambda angle: (_sharpness(strips, float(angle)), -abs(angle))))


def _climbed(strips: Strips, start: float, step: float) -> float:
    """As `_sharpest`, on from an angle by steps as long as the rows differ more."""
    found, most = start, _sharpness(strips, start)
    for by in (-step, step):
        while (better := _sharpness(strips, found + by)) > most:
            found, most = found + by, better
    return found


def _sharpness(strips: Strips, angle: float) -> float:
    return sharpness(sheared(strips, math.tan(math.radians(angle)) * STRIP))


def ink_mask(flat: Image) -> Image:
    """255 where there is ink on a flattened image; shadows and grey paper do not count."""
    level, _ = cv2.threshold(flat, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    return np.asarray(cv2.threshold(flat, min(max(level, 128), 215), 255, cv2.THRESH_BINARY_INV)[1], np.uint8)


def flattened(image: Image, longest: int) -> Image:
    """Brightness as a share of the paper's around it, which is 255; uint8 of shape (height, width).

    `longest` is the page's longer side."""
    bright = grey(image)
    side = max(15, longest // 40)
    small = cv2.resize(bright, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    paper = cv2.medianBlur(cv2.dilate(small, np.ones((3, 3))), side // 8 * 2 + 1)
    return np.asarray(cv2.divide(bright, cv2.resize(np.maximum(paper, 1), bright.shape[::-1]), scale=255.0), np.uint8)
