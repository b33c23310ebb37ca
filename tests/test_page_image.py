"""The whole chain for one page: turn, skew, cells, seals, and boxes back on the page as stored."""

import math

import cv2
import numpy as np
import pytest
from drawn import DPI, SCALE, Option, Pixels, cells, face, flat_of, form, scanned, share, sheet, write
from PIL import Image, ImageDraw

from extractors.bent import strips_of
from extractors.colour import without_colour
from extractors.page_image import read_page_image
from extractors.page_prep import ink_mask, prepare, skew
from extractors.seals import without_seals
from pipeline.model import BBox, Line, Table

COLUMNS = (30, 130, 280, 370, 480)
ROWS = (
    ("项目名称", "示例智能质检平台建设项目"),
    ("统一社会信用代码", "91350100MA2XNTEST8", "专利数", "3"),
    ("企业类型", [Option("软件和信息技术服务业企业", "tick"), Option("工业企业"), Option("其他")]),
    ("合同金额", "1,234.56万元", "获奖情况", "无"),
)
READ = [
    ["项目名称", "示例智能质检平台建设项目"],
    ["统一社会信用代码", "91350100MA2XNTEST8", "专利数", "3"],
    ["企业类型", "☑软件和信息技术服务业企业☐工业企业☐其他"],
    ["合同金额", "1,234.56万元", "获奖情况", "无"],
]
SIZE = (510.0, 146.0)  # points


def texts(pixels: Pixels) -> list[list[str]]:
    rows: dict[int, list[str]] = {}
    for cell in cells(read_page_image(pixels, DPI)):
        rows.setdefault(cell.row, []).append(cell.text.replace(" ", ""))
    return list(rows.values())


def test_a_clean_form_is_read_cell_by_cell() -> None:
    assert texts(scanned(form(ROWS, COLUMNS))) == READ


def test_a_bad_scan_is_read_the_same() -> None:
    assert texts(scanned(form(ROWS, COLUMNS), skew=1.7, blur=0.7, noise=6)) == READ


def test_a_grey_page_is_read_as_one_with_three_equal_channels() -> None:
    pixels = scanned(form(ROWS, COLUMNS), skew=1.7, blur=0.7, noise=6)
    level = np.asarray(Image.fromarray(pixels).convert("L"), np.uint8)
    assert read_page_image(level, DPI) == read_page_image(np.repeat(level[:, :, None], 3, axis=2), DPI)


@pytest.mark.parametrize(("red", "channels"), [(255, 1), (254, 3)])
def test_a_page_is_grey_only_if_not_a_pixel_has_a_colour(red: int, channels: int) -> None:
    page = np.full((40, 30, 3), 255, np.uint8)
    page[17, 13, 0] = red  # no sample looks there
    assert without_colour(page).size == 40 * 30 * channels


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_a_turned_and_skewed_page_is_read_and_its_boxes_come_back(quarter: int) -> None:
    turn = 2.0
    blocks = read_page_image(scanned(form(ROWS, COLUMNS), skew=turn, quarter=quarter), DPI)
    cell = next(cell for cell in cells(blocks) if cell.text == "1,234.56万元")
    assert share(cell.bbox, _stored(BBox(130, 92, 280, 116), turn, quarter)) > 0.75
    (line,) = cell.lines
    assert share(line.bbox, _stored(BBox(134, 96, 206, 113), turn, quarter)) > 0.4


def _stored(box: BBox, degrees: float, quarter: int) -> BBox:
    """Where a box of the drawing stands on the scanned page; points."""
    width, height = SIZE
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    xs, ys = [], []
    for x, y in ((box.x0, box.top), (box.x1, box.top), (box.x0, box.bottom), (box.x1, box.bottom)):
        u, v = x - width / 2, y - height / 2
        x, y = cos * u + sin * v + width / 2, -sin * u + cos * v + height / 2
        x, y = {0: (x, y), 1: (height - y, x), 2: (width - x, height - y), 3: (y, width - x)}[quarter]
        xs.append(x)
        ys.append(y)
    return BBox(min(xs), min(ys), max(xs), max(ys))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_negative_is_read_as_its_positive(channels: int) -> None:
    page = np.asarray(form(ROWS, COLUMNS).convert("L" if channels == 1 else "RGB"))
    assert read_page_image(255 - page, DPI) == read_page_image(page, DPI)


def test_paper_on_a_large_dark_desk_is_no_negative() -> None:
    page = np.asarray(form(ROWS, COLUMNS).convert("L"))
    height, width = page.shape
    desk = np.full((3 * height, 2 * width), 40, np.uint8)
    desk[height : 2 * height, width // 2 : width // 2 + width] = page
    assert texts(desk) == READ


def test_lines_outside_of_tables_stand_in_reading_order() -> None:
    image = form(ROWS[:2], COLUMNS, top=60)
    write(ImageDraw.Draw(image), 120, 20, "福建省人工智能项目申报表", 16)
    blocks = read_page_image(scanned(image), DPI)
    assert [type(block) for block in blocks] == [Line, Table]
    assert isinstance(blocks[0], Line)
    assert blocks[0].text == "福建省人工智能项目申报表"


def test_characters_one_below_the_other_are_read_one_by_one() -> None:
    image, draw = sheet(300, 160)
    draw.rectangle([30 * SCALE, 20 * SCALE, 270 * SCALE, 140 * SCALE], outline="black")
    draw.line([60 * SCALE, 20 * SCALE, 60 * SCALE, 140 * SCALE], fill="black")
    for number, char in enumerate("基本情况"):
        write(draw, 39, 35 + 22 * number, char)
    write(draw, 70, 70, "示例科技有限公司")
    group, other = cells(read_page_image(np.asarray(image), DPI))
    assert group.text == "基\n本\n情\n况"
    assert other.text == "示例科技有限公司"


def test_a_dash_and_a_slash_alone_in_a_cell_are_no_characters() -> None:
    image = form((("备注", "—", "批号", "/"), ("数量", "1", "序号", "8")), COLUMNS)
    assert texts(scanned(image)) == [["备注", "—", "批号", "/"], ["数量", "1", "序号", "8"]]


@pytest.mark.parametrize("skew", [0.0, 2.5])
def test_paper_below_the_text_is_not_looked_at_and_changes_nothing(skew: float) -> None:
    longer = _on_a_square(scanned(form(ROWS, COLUMNS), skew=skew))
    page = prepare(longer)
    assert len(page.image) < 0.6 * len(longer)
    assert page.size == longer.shape[:2]
    assert texts(longer) == READ


@pytest.mark.parametrize("factor", [1.0, 0.75])
def test_small_print_and_that_of_a_large_sheet_is_read(factor: float) -> None:
    words = ("示例科技有限公司", "91350100MA00EXAM14", "2023-01-07", "算力服务补助", "1,234.56", "是否列入失信名单")
    image, draw = sheet(842, 1190)
    written = [words[n % len(words)] for n in range(276)]
    for n, text in enumerate(written):
        write(draw, 40 + n % 3 * 260, 40 + n // 3 * 12, text)
    small = cv2.resize(np.asarray(image), None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    lines = [block.text for block in read_page_image(np.asarray(small, np.uint8), DPI) if isinstance(block, Line)]
    assert sorted(lines) == sorted(written)


def test_pale_text_at_the_end_of_a_page_is_read() -> None:
    foot = Image.fromarray(_on_a_square(scanned(form(ROWS, COLUMNS))))
    text = (40 * SCALE, foot.height - 40 * SCALE)
    ImageDraw.Draw(foot).text(text, "填报日期：2024-06-10", fill=(222, 222, 222), font=face(11))
    lines = [block.text for block in read_page_image(np.asarray(foot), DPI) if isinstance(block, Line)]
    assert lines == ["填报日期：2024-06-10"]


def _on_a_square(pixels: Pixels) -> Pixels:
    """With paper below, as high as it is wide."""
    height, width = pixels.shape[:2]
    return np.vstack([pixels, np.full((width - height, width, 3), 255, np.uint8)])


def _sealed(image: Image.Image, x: float, y: float) -> Pixels:
    """With a round red seal around (x, y), its ink over the text as a stamp's is."""
    ink = np.full((image.height, image.width, 3), 255, np.uint8)
    centre, radius = (round(x * SCALE), round(y * SCALE)), round(48 * SCALE)
    cv2.circle(ink, centre, radius, (225, 40, 40), 5)
    star = [(centre[0] + round(f * math.sin(a)), centre[1] - round(f * math.cos(a))) for a, f in _star(radius * 0.4)]
    cv2.fillPoly(ink, [np.array(star, np.int32)], (225, 40, 40))
    return np.minimum(np.asarray(image), ink)


def _star(size: float) -> list[tuple[float, float]]:
    return [(math.pi * n / 5, size if n % 2 == 0 else 0.38 * size) for n in range(10)]


def test_text_under_a_seal_is_read_and_red_headings_stay() -> None:
    image = form(ROWS, COLUMNS, top=60)
    heading = (150 * SCALE, 10 * SCALE)
    ImageDraw.Draw(image).text(heading, "福建省示例文件", fill=(220, 30, 30), font=face(24))
    pixels = _sealed(image, 200, 110)
    unsealed = without_seals(pixels, max(pixels.shape))
    (place,) = unsealed.places
    assert share(place, BBox(152 * SCALE, 62 * SCALE, 248 * SCALE, 158 * SCALE)) > 0.8
    assert unsealed.clean.min() == unsealed.bare.min() == 0
    blocks = read_page_image(pixels, DPI)
    assert "福建省示例文件" in [block.text for block in blocks if isinstance(block, Line)]
    read = [cell.text.replace(" ", "") for cell in cells(blocks)]
    assert read == [text for row in READ for text in row]


def _greyed(pixels: Pixels) -> Pixels:
    return np.repeat(np.asarray(Image.fromarray(pixels).convert("L"), np.uint8)[:, :, None], 3, axis=2)


def test_text_under_the_seal_of_a_grey_scan_is_read() -> None:
    page = sheet(595, 842)[0]
    page.paste(form(ROWS, COLUMNS), (0, round(200 * SCALE)))
    pixels = _greyed(_sealed(page, 200, 250))
    unsealed = without_seals(pixels, max(pixels.shape))
    (place,) = unsealed.places
    assert share(place, BBox(152 * SCALE, 202 * SCALE, 248 * SCALE, 298 * SCALE)) > 0.8
    assert unsealed.clean.min() == unsealed.bare.min() == 0
    assert texts(pixels) == READ


def test_round_things_of_text_are_no_seals() -> None:
    page, pen = sheet(595, 842)
    pen.ellipse((152 * SCALE, 202 * SCALE, 248 * SCALE, 298 * SCALE), outline="black", width=5)
    for row in range(40):
        write(pen, 40, 300 + 12 * row, "示例智能质检平台建设项目" * 4, 9)
    pixels = _greyed(np.asarray(page))
    unsealed = without_seals(pixels, max(pixels.shape))
    assert not unsealed.places
    assert (unsealed.clean == pixels).all()


def test_on_a_page_whose_text_is_grey_nothing_is_taken_for_a_grey_seal() -> None:
    page = sheet(595, 842)[0]
    page.paste(form(ROWS, COLUMNS), (0, round(200 * SCALE)))
    pixels = _greyed(_sealed(page, 200, 250))
    pale = np.asarray(110 + pixels * (145 / 255), np.uint8)
    assert without_seals(pixels, max(pixels.shape)).places
    assert not without_seals(pale, max(pale.shape)).places
    assert (without_seals(pale, max(pale.shape)).clean == pale).all()


def test_a_seal_with_a_worn_ring_is_one_seal() -> None:
    pixels = _sealed(sheet(595, 842)[0], 150, 150)
    middle = round(150 * SCALE)
    for x, y in ((0, 48), (0, -48), (48, 0), (-34, 34)):
        worn = round(x * SCALE) + middle, round(y * SCALE) + middle
        cv2.circle(pixels, worn, round(3.5 * SCALE), (255, 255, 255), -1)
    pixels[middle - 60 : middle + 60, middle - 60 : middle + 60] = 255
    (place,) = without_seals(pixels, max(pixels.shape)).places
    assert share(place, BBox(102 * SCALE, 102 * SCALE, 198 * SCALE, 198 * SCALE)) > 0.8


@pytest.mark.parametrize("degrees", [-3.0, -0.4, 0.0, 1.3])
def test_skew_is_measured(degrees: float) -> None:
    strips = strips_of(ink_mask(flat_of(scanned(form(ROWS, COLUMNS), skew=degrees))))
    assert skew(strips) == pytest.approx(-degrees, abs=0.15)


def test_a_large_page_is_read_small() -> None:
    page = prepare(np.full((6000, 4000, 3), 255, np.uint8))
    assert max(page.image.shape) <= 2600
    whole = page.box_on_page(BBox(0, 0, page.image.shape[1], page.image.shape[0]))
    assert (whole.x1, whole.bottom) == pytest.approx((4000, 6000))


@pytest.mark.parametrize("ink", [0, 255])
@pytest.mark.parametrize("size", [(1, 1), (2, 2), (7, 300), (8, 300), (3000, 1), (2600, 9), (3, 9000), (30, 9000)])
def test_a_dot_or_a_strip_has_no_blocks(size: tuple[int, int], ink: int) -> None:
    assert read_page_image(np.full(size, ink, np.uint8), DPI) == ()


def test_a_blank_page_has_no_blocks() -> None:
    assert read_page_image(np.full((300, 200, 3), 250, np.uint8), 72) == ()


def test_lines_on_patterned_paper_are_found() -> None:
    page = np.asarray(form(ROWS, COLUMNS).convert("L"))
    y, x = np.mgrid[: page.shape[0], : page.shape[1]]
    waves = np.sin((y + 14 * np.sin(x / 37)) / 5) + np.sin((x + 14 * np.sin(y / 41)) / 5)
    assert texts((page * (1 - 0.16 * (waves > 1.1))).astype(np.uint8)) == READ
