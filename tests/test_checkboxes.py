"""Check boxes from pixels: every way of ticking, and characters that look like boxes."""

from dataclasses import replace
from math import inf

import cv2
import numpy as np
import pytest
from drawn import DPI, FONT, SCALE, SERIF, Option, check_box, flat_of, scanned, sheet, write
from PIL import Image, ImageDraw, ImageFilter

from extractors.box_states import state
from extractors.checkboxes import (
    CheckBox,
    marks_of_line,
    places_of_boxes,
    sure_marks,
    ticks_lead,
    with_marks,
    without_boxes,
)
from extractors.mark_shapes import Shape, find_shapes
from extractors.ocr import Reading
from extractors.page_image import read_page_image
from extractors.page_prep import ink_mask
from pipeline.model import TICKED, UNCLEAR, UNTICKED, BBox, Line

BOLD = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"
EVERYWHERE = ((-inf, inf),)


def line_of(*options: Option, path: str = "", **scan: float) -> str:
    image, draw = sheet(500, 60)
    write(draw, 20, 20, options, **({"path": path} if path else {}))
    blocks = read_page_image(scanned(image, **scan), DPI)
    return "".join(block.text for block in blocks if isinstance(block, Line)).replace(" ", "").replace("\t", "")


@pytest.mark.parametrize("pen", ["tick", "wide tick", "cross", "fill"])
def test_every_way_of_ticking_is_seen(pen: str) -> None:
    options = Option("国家级"), Option("省级", pen), Option("市级"), Option("县级")
    assert line_of(*options, blur=0.5, noise=5) == "☐国家级☑省级☐市级☐县级"


def test_two_boxes_and_none_are_told_apart() -> None:
    assert line_of(Option("通用模型", "tick"), Option("专用模型", "cross"), path=SERIF) == "☑通用模型☑专用模型"
    assert line_of(Option("应用方"), Option("运营方"), Option("技术提供方"), path=SERIF) == "☐应用方☐运营方☐技术提供方"


def text_line(text: str, path: str, blur: float = 0.0, noise: float = 0.0) -> str:
    image, draw = sheet(500, 60)
    write(draw, 20, 20, text, path=path)
    blocks = read_page_image(scanned(image, blur=blur, noise=noise), DPI)
    return " ".join(" ".join(block.text for block in blocks if isinstance(block, Line)).split())


@pytest.mark.parametrize("path", [FONT, SERIF])
@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("□国家级　■省级　□市级", "☐国家级 ☑省级 ☐市级"),
        ("○国家级　●省级　○市级", "☐国家级 ☑省级 ☐市级"),
        ("○国家级　◉省级　○市级", "☐国家级 ☑省级 ☐市级"),
        ("国家级□　省级■　市级□", "国家级☐ 省级☑ 市级☐"),
    ],
)
def test_printed_marks_of_every_kind_stand_where_they_are_printed(path: str, printed: str, read: str) -> None:
    assert text_line(printed, path, blur=0.5, noise=4) == read


@pytest.mark.parametrize("path", [FONT, SERIF])
def test_a_lone_tick_stands_beside_its_option(path: str) -> None:
    assert text_line("企业涉黑涉恶：有　　√无", path) == "企业涉黑涉恶：有 √无"


def test_a_tick_midway_between_two_options_is_doubtful() -> None:
    reading = Reading("有√无", 0.999, (0.1, 0.5, 0.9))
    line = BBox(0, 0, 100, 20)
    assert with_marks(reading, line, ()).confidence <= 0.5
    assert with_marks(replace(reading, places=(0.1, 0.7, 0.9)), line, ()).confidence == 0.999


def test_a_page_tells_on_which_side_its_ticks_stand() -> None:
    first, midway = (
        Reading(text, 0.999, places) for text, places in (("√是否", (0.1, 0.4, 0.9)), ("有√无", (0.1, 0.5, 0.9)))
    )
    assert ticks_lead([first, midway]) is True
    assert ticks_lead([replace(first, text="是否√"), midway]) is False
    assert ticks_lead([midway, Reading("√", 0.9, (0.5,))]) is None
    assert ticks_lead([first, replace(first, text="是否√")]) is None


@pytest.mark.parametrize(
    ("at", "leads", "text", "confidence"),
    [
        (0.5, True, "有 √无", 0.999),
        (0.5, False, "有√ 无", 0.5),  # by place the tick is no further from 无
        (0.48, True, "有 √无", 0.5),
        (0.48, False, "有√ 无", 0.999),
        (0.48, None, "有√ 无", 0.5),
        (0.7, False, "有 √无", 0.999),
    ],
)
def test_a_tick_midway_goes_with_the_pages_others(at: float, leads: bool | None, text: str, confidence: float) -> None:
    read = with_marks(Reading("有√无", 0.999, (0.1, at, 0.9)), BBox(0, 0, 100, 20), (), leads)
    assert (read.text, read.confidence) == (text, confidence)


def test_boxes_are_looked_for_where_what_was_read_leaves_room_for_one() -> None:
    reading = Reading("有□无A01", 0.9, (0.1, 0.2, 0.3, 0.4, 0.45, 0.5))
    places = places_of_boxes(BBox(0, 0, 200, 20), reading)
    assert [(round(start, 1), round(end, 1)) for start, end in places] == [(-inf, 16.4), (23.6, 56.4), (103.6, inf)]


def test_a_box_like_others_needs_the_room_of_the_smallest_that_is_like_them() -> None:
    line, reading, other = BBox(0, 0, 200, 20), Reading("是否", 0.9, (0.3, 0.43)), BBox(0, 2, 16, 18)
    assert len(places_of_boxes(line, reading)) == 2
    assert len(places_of_boxes(line, reading, [Shape(other, "box", UNTICKED, True, True, inf, 4)])) == 3


def test_a_tick_in_brackets_belongs_to_them() -> None:
    line = BBox(137, 0, 307, 27)
    reading = Reading("（）有（）无", 0.8, (0.08, 0.16, 0.34, 0.56, 0.72, 0.92))
    tick = Shape(BBox(236, 3, 257, 26), "tick", TICKED, True, True, 5.0)
    (mark,) = marks_of_line([tick], line, reading, sure_marks([tick], line, reading))
    read = with_marks(reading, line, [mark])
    assert (read.text, read.confidence) == ("（）有（√）无", 0.8)


def test_a_line_is_as_sure_as_what_stands_beside_its_boxes() -> None:
    line, places = BBox(0, 0, 400, 20), (0.05, 0.15, 0.5, 0.6)
    reading = Reading("□有☑无", 0.4, places, tuple(zip(places, (0.4, 0.99, 0.6, 0.98), strict=True)))
    boxes = CheckBox(BBox(12, 2, 28, 18), UNTICKED), CheckBox(BBox(192, 2, 208, 18), TICKED)
    beside = without_boxes(reading, line, boxes)
    assert (beside.text, beside.confidence, beside.places) == ("有无", 0.98, (0.15, 0.6))
    assert with_marks(beside, line, boxes).text == "☐有 ☑无"


def test_a_letter_that_looks_like_a_tick_is_none() -> None:
    line, reading = BBox(0, 0, 184, 22), Reading("ZL2022", 0.99, (0.07, 0.109, 0.189, 0.249, 0.309, 0.369))
    stroke = Shape(BBox(6, 4, 15, 21), "tick", TICKED, True, True, inf)
    assert not sure_marks([stroke], line, reading)


def test_a_ticked_box_that_the_recogniser_did_not_see_may_hide_a_character() -> None:
    line, places = BBox(0, 0, 400, 20), (0.05, 0.15)
    reading = Reading("□有", 0.4, places, tuple(zip(places, (0.4, 0.99), strict=True)))
    boxes = CheckBox(BBox(12, 2, 28, 18), UNTICKED), CheckBox(BBox(192, 2, 208, 18), TICKED)
    assert without_boxes(reading, line, boxes).confidence == 0
    assert without_boxes(reading, line, boxes[:1]).confidence == 0.99


def test_the_ring_of_a_per_cent_sign_is_no_box() -> None:
    line = BBox(372, 0, 441, 16.4)
    reading = Reading("85.00%", 0.999, (0.16, 0.28, 0.41, 0.54, 0.65, 0.78))
    ring = Shape(BBox(431, 7, 437, 15), "box", TICKED, True, True, 3.0)
    assert sure_marks([ring], line, reading) == ()
    box = replace(ring, bbox=BBox(431, 3, 443, 15))
    assert sure_marks([box], line, reading) == (box,)


def test_a_pen_that_makes_a_line_high_hides_no_box_of_its_list() -> None:
    line, reading = BBox(356, 0, 483, 38), Reading("□有无", 0.92, (0.165, 0.417, 0.803))
    empty = Shape(BBox(368, 12, 388, 32), "box", UNTICKED, True, True, inf)
    ticked = Shape(BBox(425, 14, 444, 32), "box", TICKED, True, True, 12.0)
    found = marks_of_line([empty, ticked], line, reading, sure_marks([empty, ticked], line, reading))
    assert found == (CheckBox(empty.bbox, UNTICKED), CheckBox(ticked.bbox, TICKED))


@pytest.mark.parametrize("path", [FONT, SERIF])
def test_a_tick_in_brackets_stays_there_and_an_empty_pair_stays_empty(path: str) -> None:
    found = text_line("（　）通用模型　（√）专用模型", path).replace("(", "（").replace(")", "）").replace(" ", "")
    assert found == "（）通用模型（√）专用模型"


@pytest.mark.parametrize("path", [FONT, SERIF])
@pytest.mark.parametrize("text", ["口岸通关一体化平台", "示例港口集装箱吞吐量日均预测", "回款日期与出口总额"])
def test_no_box_is_set_into_words(path: str, text: str) -> None:
    assert text_line(text, path, blur=0.6, noise=4) == text


@pytest.mark.parametrize(
    "text",
    ["国内市场目标日期", "人口规模进出口额回款因由", "自由曲目四日田白团圆图", "金额7,000,600.00元和1707.70万元"],
)
def test_characters_like_boxes_stay(text: str) -> None:
    for path in (SERIF, ""):
        image, draw = sheet(420, 60)
        write(draw, 20, 20, text, **({"path": path} if path else {}))
        (line,) = (block for block in read_page_image(np.asarray(image), DPI) if isinstance(block, Line))
        assert line.text.replace(" ", "") == text


def test_a_square_is_found_where_it_stands_and_its_state_by_its_ink() -> None:
    image, draw = sheet(200, 60)
    check_box(draw, 30, 20, 10, "")
    check_box(draw, 90, 20, 10, "wide tick")
    ink = ink_mask(flat_of(np.asarray(image)))
    row = BBox(10 * SCALE, 14 * SCALE, 190 * SCALE, 36 * SCALE)
    blank, ticked = find_shapes(np.asarray(image), ink, row, 15 * SCALE, EVERYWHERE)
    assert blank.bbox.x0 / SCALE == pytest.approx(30, abs=1)
    assert ticked.bbox.x0 / SCALE == pytest.approx(90, abs=1)
    assert (blank.mark, ticked.mark) == (UNTICKED, TICKED)
    assert find_shapes(np.asarray(image), ink, row, 15 * SCALE, [(28 * SCALE, 42 * SCALE)]) == (blank,)
    assert find_shapes(np.asarray(image), ink, row, 15 * SCALE, [(42 * SCALE, 88 * SCALE)]) == ()


def test_a_ticked_box_whose_tick_touches_the_next_word_is_one_of_its_list() -> None:
    line = BBox(0, 0, 130, 36)
    empty = Shape(BBox(8, 8, 29, 29), "box", UNTICKED, True, True, inf)
    ticked = Shape(BBox(78, 10, 98, 30), "box", TICKED, True, False, 1.0)
    for space in (0.54, 0.68):  # beside the box and in it
        dropped = Reading("☐有 无", 0.55, (0.14, 0.35, space, 0.85))
        assert [mark.mark for mark in marks_of_line([empty, ticked], line, dropped, [empty])] == [UNTICKED, TICKED]
    character = Reading("☐有回无", 0.9, (0.14, 0.35, 0.68, 0.85))
    assert [mark.mark for mark in marks_of_line([empty, ticked], line, character, [empty])] == [UNTICKED]


def test_strokes_above_each_other_are_no_tick() -> None:
    tick = np.zeros((20, 24), np.uint8)
    cv2.polylines(tick, [np.array([[2, 10], [8, 17], [21, 1]], np.int32)], False, (255,), 2)
    crowded = tick.copy()
    cv2.line(crowded, (9, 3), (17, 3), (255,), 2)
    cv2.line(crowded, (3, 16), (14, 18), (255,), 1)
    row = BBox(0, 0, 60, 24)
    for strokes, kinds in ((tick, ["tick"]), (crowded, [])):
        ink = np.zeros((24, 60), np.uint8)
        ink[2:22, 18:42] = strokes
        page = np.repeat((255 - ink)[:, :, None], 3, axis=2)
        assert [shape.kind for shape in find_shapes(page, ink, row, 24, EVERYWHERE) if shape.kind == "tick"] == kinds


@pytest.mark.parametrize(
    ("text", "places", "shape"),
    [
        ("10", (0.29, 0.76), Shape(BBox(37, 8, 52, 27), "box", TICKED, True, True, 16.0)),
        ("WH2Y", (0.1, 0.3, 0.75, 0.95), Shape(BBox(30, 6, 42, 20), "tick", TICKED, True, True, 3.0)),
        ("9.00%", (0.18, 0.32, 0.47, 0.61, 0.76), Shape(BBox(51, 9, 60, 22), "box", TICKED, True, True, 3.0)),
    ],
)
def test_no_mark_is_a_part_of_a_figure_or_a_code(text: str, places: tuple[float, ...], shape: Shape) -> None:
    assert sure_marks([shape], BBox(0, 0, 62, 24), Reading(text, 0.99, places)) == ()


def test_what_stands_between_two_characters_of_a_word_is_no_mark() -> None:
    reading = Reading(
        "有无涉黑涉恶违法行为：", 0.998, (0.06, 0.15, 0.24, 0.35, 0.44, 0.54, 0.63, 0.72, 0.81, 0.92, 0.99)
    )
    half = Shape(BBox(72, 3, 82, 19), "box", TICKED, True, True, 2.0)
    assert sure_marks([half], BBox(0, 0, 277, 22.5), reading) == ()


def test_more_specks_than_sixteen_bits_count_are_no_marks() -> None:
    ink = np.zeros((1000, 1400), np.uint8)
    ink[::3, ::3] = 255
    row = BBox(0, 0, 1400, 1000)
    assert find_shapes(np.dstack([255 - ink] * 3), ink, row, 40.0, EVERYWHERE) == ()
    assert find_shapes(np.dstack([255 - ink] * 3), ink, row, 1000.0, EVERYWHERE) == ()


@pytest.mark.parametrize("blur", [0.0, 0.8, 1.5, 2.2])
@pytest.mark.parametrize(("inner", "expected"), [(0.0, UNTICKED), (0.55, TICKED)])
def test_a_ring_is_empty_however_thick_blur_makes_it(blur: float, inner: float, expected: str) -> None:
    side, up = 26, 8
    drawn = Image.new("L", (40 * up, 40 * up), 255)
    draw = ImageDraw.Draw(drawn)
    draw.ellipse([7 * up, 7 * up, (7 + side) * up, (7 + side) * up], outline=0, width=2 * up)
    reach = inner * side / 2
    draw.ellipse([(20 - reach) * up, (20 - reach) * up, (20 + reach) * up, (20 + reach) * up], fill=0 if inner else 255)
    small = np.asarray(drawn.resize((40, 40), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(blur)))
    ink = np.where(small < 185, 255, 0).astype(np.uint8)
    rows, columns = (np.flatnonzero((ink > 0).any(axis=axis)) for axis in (1, 0))
    assert state(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], True) == expected


def test_specks_in_a_box_tick_it_not_however_many_they_are() -> None:
    image = np.zeros((30, 30), np.uint8)
    cv2.rectangle(image, (0, 0), (29, 29), (255,), 2)
    specked, dotted = image.copy(), image.copy()
    for x in (8, 14, 20):
        for y in (8, 14, 20):
            specked[y : y + 3, x : x + 3] = 255
    cv2.circle(dotted, (15, 15), 6, (255,), -1)
    assert [state(part, is_round=False) for part in (image, specked, dotted)] == [UNTICKED, UNCLEAR, TICKED]


def test_words_beside_a_box_keep_their_spaces() -> None:
    line = BBox(0, 0, 800, 20)
    text = "a Form 12  b Form 34"
    places = tuple((place + 0.5) / len(text) for place in range(len(text)))
    boxes = CheckBox(BBox(60, 2, 76, 18), UNTICKED), CheckBox(BBox(412, 2, 428, 18), TICKED)
    assert with_marks(Reading(text, 0.99, places), line, boxes).text == "a ☐Form 12 ☑b Form 34"


@pytest.mark.parametrize("pen", ["", "cross"])
def test_a_box_among_words_is_one_however_near_they_stand(pen: str) -> None:
    image, draw = sheet(300, 60)
    for x, text in ((20, "49 Credits from: a"), (125, "Form 8396 b"), (200, "Form 8859")):
        write(draw, x, 20, text, 10)
    for x in (114, 189):
        check_box(draw, x, 23.5, 8, pen)
    (line,) = (block for block in read_page_image(scanned(image, blur=0.4), DPI) if isinstance(block, Line))
    mark = TICKED if pen else UNTICKED
    assert line.text.replace(" ", "") == f"49Creditsfrom:a{mark}Form8396b{mark}Form8859"
    assert "Credits from" in line.text


def test_points_of_a_list_and_bold_letters_are_no_boxes() -> None:
    image, draw = sheet(300, 140)
    for y, text in ((20, "Applications"), (40, "Techniques"), (60, "Accuracy")):
        draw.rectangle([22 * SCALE, (y + 6) * SCALE, 26 * SCALE, (y + 10) * SCALE], fill="black")
        write(draw, 34, y, text, 10, BOLD)
    for y, text in ((80, "d   Account number"), (98, "S = total, R = rest"), (116, "© 2010 Example")):
        write(draw, 22, y, text, 10, BOLD)
    text = " ".join(block.text for block in read_page_image(scanned(image, blur=0.4), DPI) if isinstance(block, Line))
    assert not {TICKED, UNTICKED} & set(text)
    assert "Account number" in text


@pytest.mark.parametrize("at", [0, 2, 3])
def test_boxes_for_single_characters_are_no_marks(at: int) -> None:
    line, code = BBox(0, 0, 160, 20), "059X1"
    places = tuple((place + 0.5) / len(code) for place in range(len(code)))
    box = BBox(places[at] * 160 - 10, 0, places[at] * 160 + 10, 20)
    shape = Shape(box, "box", TICKED, True, True, 6.0, 4)
    found = sure_marks([shape], line, Reading(code, 0.99, places))
    assert not found
