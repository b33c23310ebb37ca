"""Paper that did not lie flat: its lines are level again, and a flat page stays as it is."""

import cv2
import numpy as np
import pytest
from drawn import DPI, Pixels, cells, flat_of, form
from PIL import Image

from extractors.bent import find_bend, strips_of
from extractors.page_image import read_page_image
from extractors.page_prep import ink_mask, prepare

COLUMNS = (30, 130, 280, 370, 480)
ROWS = tuple((f"第{number}栏", f"示例{number}", f"第{number}项", f"{number},234.56万元") for number in range(1, 23))


def page() -> Pixels:
    return np.asarray(form(ROWS, COLUMNS))


def curled(paper: Pixels, share: float) -> Pixels:
    """The page with its lines bowed by a share of its height either way, more so at its bottom."""
    height, width = paper.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    rows = y + share * height * (0.4 + 0.6 * y / height) * np.sin(4 * x / width)
    border = (255, 255, 255)
    return np.asarray(cv2.remap(paper, x, rows.astype(np.float32), cv2.INTER_CUBIC, borderValue=border), np.uint8)


def turned(paper: Pixels, degrees: float) -> Pixels:
    return np.asarray(Image.fromarray(paper).rotate(degrees, Image.Resampling.BICUBIC, fillcolor="white"))


def bend(paper: Pixels) -> bool:
    ink = ink_mask(flat_of(paper))
    return find_bend(strips_of(ink), ink.shape, np.eye(3)) is not None


@pytest.mark.parametrize("share", [0.005, 0.012])
@pytest.mark.parametrize("degrees", [0.0, 2.0])
def test_the_table_of_a_curled_page_is_read_in_its_cells(share: float, degrees: float) -> None:
    rows: dict[int, list[str]] = {}
    for cell in cells(read_page_image(turned(curled(page(), share), degrees), DPI)):
        rows.setdefault(cell.row, []).append(cell.text.replace(" ", ""))
    assert list(rows.values()) == [list(row) for row in ROWS]


def test_a_curled_page_is_levelled_and_its_places_are_known_within_a_line() -> None:
    paper = curled(page(), 0.005)
    prepared = prepare(paper)
    assert bend(paper)
    assert not bend(prepared.image)
    height, width = paper.shape[:2]
    corners = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float64)
    assert np.abs(cv2.perspectiveTransform(corners, prepared.to_page) - corners).max() < 0.008 * height


def test_a_flat_page_and_one_without_lines_have_no_bend() -> None:
    speckled = np.where(np.random.default_rng(2).random((900, 700, 1)) < 0.01, 0, 255).astype(np.uint8).repeat(3, 2)
    for paper in (page(), speckled, np.full((900, 700, 3), 255, np.uint8), np.full((40, 30, 3), 255, np.uint8)):
        assert not bend(paper)
    assert np.array_equal(prepare(page()).image, page()[:, :, 0])
