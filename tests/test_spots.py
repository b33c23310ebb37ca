"""Where lines stand: boxes that overlap, strokes that detection leaves out, text cut at a cell's border."""

import numpy as np
import pytest
from drawn import SCALE, Pixels, flat_of, sheet, write

from extractors.page_prep import ink_mask
from extractors.spots import Spot, apart, find_spots
from pipeline.model import BBox


def ink_of(*texts: tuple[float, str]) -> Pixels:
    """Ink of texts on one line, each from its x in points; the line's box is from y 20 to 34."""
    image, draw = sheet(300, 60)
    for x, text in texts:
        write(draw, x, 19, text)
    return ink_mask(flat_of(np.asarray(image)))


def box(x0: float, x1: float, top: float = 20, bottom: float = 35) -> BBox:
    return BBox(x0 * SCALE, top * SCALE, x1 * SCALE, bottom * SCALE)


def test_boxes_that_overlap_along_a_line_become_one() -> None:
    (one,) = apart([box(10, 90), box(80, 200)])
    assert (one.x0, one.x1) == pytest.approx((10 * SCALE, 200 * SCALE), abs=0.01)


@pytest.mark.parametrize("other", [box(91, 200), box(10, 90, 33, 48), box(50, 200, 10, 60)])
def test_boxes_beside_and_below_each_other_stay_apart(other: BBox) -> None:
    assert set(apart([box(10, 90), other])) == {box(10, 90), other}


@pytest.mark.parametrize(("texts", "x0"), [([(30, "一"), (41, "种方法")], 30), ([(10, "口"), (41, "种方法")], 41)])
def test_a_lone_level_stroke_before_a_line_belongs_to_it(texts: list[tuple[float, str]], x0: float) -> None:
    (spot,) = find_spots([box(41, 75)], [], ink_of(*texts), SCALE)
    assert spot.box.x0 / SCALE == pytest.approx(x0, abs=2)


def test_a_rule_beside_a_line_is_not_part_of_it() -> None:
    ink = ink_of((41, "种方法"))
    ink[round(27 * SCALE), : round(39 * SCALE)] = 255
    (spot,) = find_spots([box(41, 75)], [], ink, SCALE)
    assert spot.box == box(41, 75)


def test_a_line_over_two_cells_is_cut_at_the_rule() -> None:
    cells = [box(10, 60, 15, 40), box(60, 120, 15, 40)]
    spots = find_spots([box(20, 100)], cells, ink_of((20, "名称示例科技")), SCALE)
    assert [isinstance(spot, Spot) for spot in spots] == [True, True]
    assert spots[0].box.x1 <= cells[0].x1
    assert spots[1].box.x0 >= cells[1].x0


@pytest.mark.parametrize("thick", [1, 4, 9])
@pytest.mark.parametrize(
    ("texts", "is_cut"),
    [([(20, "名称重事重事")], True), ([(20, "名称"), (66, "科技")], False), ([(20, "名称示"), (65, "科技")], False)],
)
def test_a_line_is_cut_where_its_writing_runs_through_a_rule(
    texts: list[tuple[float, str]], is_cut: bool, thick: int
) -> None:
    ink, middle = ink_of(*texts), round(60 * SCALE)
    ink[:, middle - thick // 2 : middle + thick // 2 + 1] = 255
    spots = find_spots([box(20, 100)], [box(10, 60, 15, 40), box(60, 120, 15, 40)], ink, SCALE)
    assert [spot.is_cut for spot in spots] == [is_cut] * 2


def test_the_rest_of_a_rule_in_a_cell_is_no_text() -> None:
    ink = ink_of((30, "/"))
    ink[round(18 * SCALE), round(12 * SCALE) : round(58 * SCALE)] = 255
    (spot,) = find_spots([], [box(10, 60, 15, 40)], ink, SCALE)
    assert spot.box.top / SCALE > 19


def test_what_a_line_says_beside_the_cell_that_it_runs_into_is_read() -> None:
    ink = ink_of((20, "姓名"), (70, "示例"), (130, "元"))
    for x in (66, 120):
        ink[round(15 * SCALE) : round(40 * SCALE), round(x * SCALE)] = 255
    spots = find_spots([box(18, 144)], [box(66, 120, 15, 40)], ink, SCALE)
    label, unit = (spot.box for spot in spots[1:])
    assert (label.x0, label.x1) == pytest.approx((18 * SCALE, 64.8 * SCALE), abs=1)
    assert (unit.x0, unit.x1) == pytest.approx((121.2 * SCALE, 144 * SCALE), abs=1)


def test_a_margin_beside_a_cell_is_no_line() -> None:
    ink = ink_of((30, "示例"))
    ink[round(15 * SCALE) : round(40 * SCALE), round(60 * SCALE)] = 255
    (spot,) = find_spots([box(28, 75)], [box(10, 60, 15, 40)], ink, SCALE)
    assert spot.box.x1 < 60 * SCALE
