"""A sheet on a desk, photographed: its corners, the way there and back, and its table read."""

import cv2
import numpy as np
import pytest
from drawn import DPI, SCALE, Pixels, cells, form
from numpy.typing import NDArray
from PIL import Image

from extractors.colour import without_colour
from extractors.page_image import read_page_image
from extractors.page_prep import prepare
from extractors.sheet import find_sheet, straightened
from pipeline.model import BBox

COLUMNS = (30, 130, 280, 370, 480)
ROWS = (
    ("项目名称", "示例智能质检平台建设项目"),
    ("统一社会信用代码", "91350100MA2XNTEST8", "专利数", "3"),
    ("注册地址", "福建省福州市示例街12号"),
    ("合同金额", "1,234.56万元", "获奖情况", "无"),
    ("成立时间", "2015-03-02", "员工总数", "128"),
)
PLACE = BBox(130, 132, 280, 156)  # points of the page: the amount's cell
MARGIN = 110  # pixels of desk around a sheet that lies straight
ASLANT = ((18, 70), (-25, -22), (-70, 40), (34, -46))  # pixels that each corner moves, clockwise from upper left

Corners = NDArray[np.float64]


def page() -> Pixels:
    """A form with blank paper below; A4's shape."""
    table = form(ROWS, COLUMNS, top=60)
    paper = Image.new("RGB", (table.width, round(table.width * 1.41)), (246, 246, 246))
    paper.paste(table, (0, 0))
    return np.asarray(paper)


def desk(kind: str, height: int, width: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(3)
    colour = {"wood": (150, 112, 78), "light wood": (196, 178, 150), "dark": (45, 42, 44), "grey": (122, 122, 126)}
    streaks = cv2.GaussianBlur(rng.normal(0, 40, (height, width)).astype(np.float32), (0, 0), sigmaX=40, sigmaY=2)
    return np.asarray(np.array(colour[kind], np.float32) + (8 if "wood" in kind else 1) * streaks[:, :, None])


def photograph(paper: Pixels, kind: str, shadow: float = 0.35) -> tuple[Pixels, Corners]:
    """The page on a desk, seen aslant, half of it in shadow; with the corners of the sheet in pixels."""
    height, width = paper.shape[:2]
    flat = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float64)
    corners = flat + MARGIN + np.array(ASLANT)
    warp = cv2.getPerspectiveTransform(flat.astype(np.float32), corners.astype(np.float32))
    size = (width + 2 * MARGIN, height + 2 * MARGIN)
    taken = cv2.warpPerspective(paper, warp, size, flags=cv2.INTER_CUBIC).astype(np.float32)
    covered = cv2.warpPerspective(np.full((height, width), 1, np.float32), warp, size)[:, :, None]
    scene = desk(kind, size[1], size[0]) * (1 - covered) + taken * covered
    x, y = np.meshgrid(np.linspace(0, 1, size[0]), np.linspace(0, 1, size[1]))
    light = 1 - shadow / (1 + np.exp(-(x + 0.4 * y - 0.7) / 0.05))
    blurred = cv2.GaussianBlur(scene * light[:, :, None], (0, 0), 0.7)
    return np.clip(blurred + np.random.default_rng(4).normal(0, 3, blurred.shape), 0, 255).astype(np.uint8), corners


def moved(points: Corners, matrix: Corners) -> Corners:
    return np.asarray(cv2.perspectiveTransform(points[None], matrix)[0], np.float64)


def corners_of(box: BBox, scale: float = 1.0) -> Corners:
    around = [(box.x0, box.top), (box.x1, box.top), (box.x1, box.bottom), (box.x0, box.bottom)]
    return np.array(around, np.float64) * scale


@pytest.mark.parametrize("kind", ["wood", "light wood", "dark", "grey"])
def test_the_corners_of_a_sheet_on_a_desk_are_found(kind: str) -> None:
    picture, corners = photograph(page(), kind)
    found = find_sheet(picture)
    assert found is not None
    assert np.abs(found - corners).max() < 4


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_a_sheet_is_found_whichever_way_the_picture_is_turned(quarter: int) -> None:
    picture, _ = photograph(page(), "grey")
    turned = find_sheet(np.ascontiguousarray(np.rot90(picture, quarter)))
    upright = find_sheet(picture)
    assert turned is not None
    assert upright is not None
    area, same = (cv2.contourArea(corners.astype(np.float32)) for corners in (turned, upright))
    assert area == pytest.approx(same, rel=0.01)


def test_the_straightened_sheet_is_evenly_lit_and_nearly_of_its_own_shape() -> None:
    paper = page()
    picture, _ = photograph(paper, "wood")
    found = find_sheet(picture)
    assert found is not None
    image, _ = straightened(picture, found)
    assert image.shape[0] / image.shape[1] == pytest.approx(paper.shape[0] / paper.shape[1], rel=0.08)  # foreshortened
    blank = image[image.shape[0] // 2 :]
    assert np.percentile(blank, 1) > 0.85 * np.percentile(blank, 99)


def test_a_place_on_the_sheet_is_carried_to_the_page_read_and_back() -> None:
    paper = page()
    picture, corners = photograph(paper, "wood")
    height, width = paper.shape[:2]
    flat = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float32)
    to_picture = cv2.getPerspectiveTransform(flat, corners.astype(np.float32))
    stored = moved(corners_of(PLACE, SCALE), np.asarray(to_picture, np.float64))
    prepared = prepare(picture)
    there = moved(stored, np.asarray(np.linalg.inv(prepared.to_page), np.float64))
    sides = np.abs(np.roll(there, -1, axis=0) - there)
    assert sides.min(axis=1).max() < 2 * SCALE  # it lies straight there
    (x0, top), (x1, bottom) = there.min(axis=0), there.max(axis=0)
    back = corners_of(prepared.box_on_page(BBox(float(x0), float(top), float(x1), float(bottom))))
    (left, upper), (right, lower) = stored.min(axis=0), stored.max(axis=0)
    assert np.abs(back - corners_of(BBox(left, upper, right, lower))).max() < 2 * SCALE


def test_the_table_of_a_photographed_page_is_read_in_its_cells() -> None:
    picture, _ = photograph(page(), "light wood")
    rows: dict[int, list[str]] = {}
    for cell in cells(read_page_image(picture, DPI)):
        rows.setdefault(cell.row, []).append(cell.text.replace(" ", ""))
    assert list(rows.values()) == [list(row) for row in ROWS]


def test_a_sheet_is_found_that_lies_on_another_or_that_the_picture_cuts_off() -> None:
    picture, corners = photograph(page(), "wood", shadow=0.0)
    sheet = cv2.fillConvexPoly(np.zeros(picture.shape[:2], np.uint8), corners.astype(np.int32), (1,))
    others = np.zeros_like(sheet)
    others[800:1400, :300] = others[1400:, 500:] = 1  # on one of its sides, and half of another
    below = np.where((others > sheet)[:, :, None], np.maximum(picture, 215), picture).astype(np.uint8)
    cut = picture[:, : int(corners[:, 0].max()) - 6]
    for taken in (below, cut):
        found = find_sheet(np.ascontiguousarray(taken))
        assert found is not None
        assert np.abs(found - corners).max() < 8


def test_a_scan_stays_as_it_is() -> None:
    paper = page()
    grey = np.asarray(0.7 * paper, np.uint8)
    dark_edge = paper.copy()
    dark_edge[:, :20] = 90
    for scan in (paper, grey, dark_edge):
        assert find_sheet(scan) is None
    kept = prepare(paper).image
    assert np.array_equal(kept, without_colour(paper)[: len(kept)])


def test_a_frame_and_a_tinted_table_are_no_sheet() -> None:
    framed = np.full((1400, 1000, 3), 250, np.uint8)
    cv2.rectangle(framed, (40, 40), (960, 1360), (120, 90, 30), 14)
    tinted = np.full((1400, 1000, 3), 236, np.uint8)
    tinted[100:1300, 80:920] = 255
    for page_image in (framed, tinted, np.where(framed == 250, 236, framed).astype(np.uint8)):
        assert find_sheet(page_image) is None


def test_a_photograph_without_a_sheet_has_none() -> None:
    rng = np.random.default_rng(5)
    clouds = cv2.resize(rng.uniform(30, 220, (9, 7)).astype(np.float32), (1000, 1300), interpolation=cv2.INTER_CUBIC)
    soft = np.repeat(np.clip(clouds, 0, 255).astype(np.uint8)[:, :, None], 3, 2)
    wood = np.clip(desk("wood", 1300, 1000), 0, 255).astype(np.uint8)
    picture, _ = photograph(page(), "wood")
    half = picture[:, : picture.shape[1] // 2]
    for image in (soft, wood, half, np.zeros((1300, 1000, 3), np.uint8), wood[:40, :30]):
        assert find_sheet(np.ascontiguousarray(image)) is None
