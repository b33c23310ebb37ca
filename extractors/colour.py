"""A page's picture in colour, RGB of shape (height, width, 3), or in grey, of shape (height, width), as most scans are.

A grey one takes every step a third of what one in colour takes, and reads the same.
"""

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]


def without_colour(image: Image) -> Image:
    """One channel for all where they are the same; else the very image given."""
    if image.ndim == 2 or not _is_grey(image[::16, ::16]):
        return image
    return np.ascontiguousarray(image[:, :, 0]) if _is_grey(image) else image


def _is_grey(image: Image) -> bool:
    red, green, blue = channels(image)
    return np.array_equal(red, green) and np.array_equal(red, blue)


def grey(image: Image) -> Image:
    """The brightness."""
    return image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def with_paper(image: Image, paper: cv2.typing.MatLike) -> Image:
    """The image, white where `paper` is 255."""
    return np.asarray(cv2.bitwise_or(image, paper if image.ndim == 2 else cv2.merge([paper] * 3)), np.uint8)


def channels(image: cv2.typing.MatLike) -> tuple[Image, Image, Image]:
    """Red, green and blue, each of shape (height, width)."""
    red, green, blue = (image, image, image) if image.ndim == 2 else cv2.split(image)
    return np.asarray(red, np.uint8), np.asarray(green, np.uint8), np.asarray(blue, np.uint8)
