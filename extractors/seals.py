"""Takes company seals off the text of a page: red ones by their colour, grey ones (`grey_seals.py`) by their ring."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from extractors import ocr
from extractors.colour import channels
from extractors.grey_seals import grey_seals, without_grey_seals
from pipeline.model import BBox

Image = npt.NDArray[np.uint8]

_CHROMA = 45  # red over green and blue, of 255
_LIGHT = 0.4  # of its redness: what red ink lacks of the paper's brightness in the red channel
_SHARE = 0.25  # of sixteen pixels that are red where there is a seal
_JOINT = 60  # of the page's longer side: gaps that are worn into a seal are smaller
_SIDE = 0.05  # of the page's longer side: no seal is smaller
_ASPECT = 2.2  # a seal is round, oval or square; red headings are longer


@dataclass(frozen=True, slots=True)
class Unsealed:
    """A page without the ink of seals: `clean` is to be read, and in `bare` is seen where text stands.

    `places` is where the seals stand, in pixels."""

    clean: Image
    bare: Image
    places: tuple[BBox, ...]


def without_seals(image: Image, longest: int) -> Unsealed:
    """The image (uint8, upright) with the ink of seals turned to paper; text under them stays.

    `longest` is the page's longer side."""
    red = _red_seals(image, longest)
    inked = _without_red_ink(image, red)
    grey = grey_seals(inked, longest)
    return Unsealed(*without_grey_seals(inked, grey), (*red, *grey))


def _red_seals(image: Image, side: int) -> tuple[BBox, ...]:
    """Red marks of a seal's size and shape, not red headings."""
    if image.ndim == 2:
        return ()
    red = (_redness(image) > _CHROMA).view(np.uint8) * np.uint8(255)
    if not cv2.countNonZero(red):
        return ()
    # A quarter of the size is enough to join what is left of a worn ring.
    few = (cv2.resize(red, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA) > _SHARE * 255).astype(np.uint8)
    joint = side // _JOINT // 4 + 1
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
    return min(width, height) > _SIDE * side and max(width, height) < _ASPECT * min(width, height)


def _without_red_ink(image: Image, places: Sequence[BBox]) -> Image:
    """The image with red ink inside the places turned to paper; black text under it stays."""
    if not places:
        return image
    clean = image.copy()
    for place in places:
        part = ocr.crop(clean, place)
        # Red ink is nearly as bright as paper in the red channel, in shadows too; black ink is dark in it.
        lit = part[:, :, 0] + _LIGHT * _redness(part)
        part[:] = np.clip(lit, 0, 255).astype(np.uint8)[:, :, None]
    return clean


def _redness(image: Image) -> npt.NDArray[np.int16]:
    red, green, blue = channels(image)
    return np.asarray(cv2.subtract(red, cv2.max(green, blue), dtype=cv2.CV_16S), np.int16)
