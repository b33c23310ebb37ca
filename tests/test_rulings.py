"""Rulings from pixels: gaps, a rest of skew, and strokes that are writing."""

import numpy as np
import pytest
from drawn import SCALE, Pixels, face, flat_of, scanned, sheet
from PIL import ImageDraw

from extractors.grid import tables_from_rulings
from extractors.page_prep import ink_mask
from extractors.rulings import rulings
from pipeline.model import BBox


def ink(draw_on: object = None, **scan: float) -> Pixels:
    image, draw = sheet(300, 200)
    for y in (40, 70, 100):
        draw.line([50 * SCALE, y * SCALE, 250 * SCALE, y * SCALE], fill="black")
    for x in (50, 150, 250):
        draw.line([x * SCALE, 40 * SCALE, x * SCALE, 100 * SCALE], fill="black")
    if isinstance(draw_on, tuple):
        ImageDraw.Draw(image).rectangle([v * SCALE for v in draw_on], fill="white")
    return ink_mask(flat_of(scanned(image, **scan)))


def test_rules_come_in_points() -> None:
    horizontals, verticals = rulings(ink(), SCALE, ())
    assert [rule.position for rule in horizontals] == pytest.approx([40, 70, 100], abs=0.5)
    assert [rule.position for rule in verticals] == pytest.approx([50, 150, 250], abs=0.5)
    assert (horizontals[0].start, horizontals[0].end) == pytest.approx((50, 250), abs=1)


def test_a_break_in_a_rule_is_bridged() -> None:
    horizontals, _ = rulings(ink((120, 69, 122, 71)), SCALE, ())
    assert [(rule.start, rule.end) for rule in horizontals] == [pytest.approx((50, 250), abs=1)] * 3


def underlined(*places: tuple[float, float, float]) -> list[float]:
    """The heights of the level rules where such are drawn too: x, y and the x where they end."""
    page = ink()
    for x0, y, x1 in places:
        page[round(y * SCALE) : round(y * SCALE) + 3, round(x0 * SCALE) : round(x1 * SCALE)] = 255
    return [round(rule.position) for rule in rulings(page, SCALE, ())[0]]


def test_a_stroke_below_a_word_within_a_cell_is_no_rule() -> None:
    assert underlined((55, 60, 143), (160, 88, 240)) == [40, 70, 100]


def test_what_ends_at_a_side_of_a_cell_or_lies_outside_is_a_rule_and_so_are_those_of_a_list_in_a_cell() -> None:
    assert underlined((50, 55, 143)) == [40, 56, 70, 100]
    assert underlined((60, 130, 140)) == [40, 70, 100, 131]
    assert underlined((60, 78, 140), (60, 90, 140)) == [40, 70, 78, 91, 100]


def test_paper_around_the_ink_changes_nothing() -> None:
    (level, upright), around = rulings(ink(), SCALE, ()), np.pad(ink(), round(120 * SCALE))
    horizontals, verticals = rulings(around, SCALE, ())
    for found, expected in ((horizontals, level), (verticals, upright)):
        for rule, other in zip(found, expected, strict=True):
            moved = (other.position + 120, other.start + 120, other.end + 120)
            assert (rule.position, rule.start, rule.end) == pytest.approx(moved)


@pytest.mark.parametrize("rest", [-0.25, 0.25])
def test_a_rest_of_skew_does_not_break_a_rule(rest: float) -> None:
    horizontals, verticals = rulings(ink(skew=rest, blur=0.6, noise=5), SCALE, ())
    assert [rule.position for rule in horizontals] == pytest.approx([40, 70, 100], abs=1)
    assert [rule.position for rule in verticals] == pytest.approx([50, 150, 250], abs=1)


@pytest.mark.parametrize(("apart", "count"), [(3, 1), (4, 2), (5, 2), (6, 2), (7, 2), (20, 2)])
def test_strokes_are_one_rule_where_a_step_of_skew_may_part_them(apart: int, count: int) -> None:
    page = np.zeros((100, 400), np.uint8)
    for y in (40, 40 + apart):
        page[y, 50:350] = 255
    assert len(rulings(page, SCALE, ())[0]) == count


def test_strokes_of_large_characters_are_no_rules() -> None:
    image, draw = sheet(300, 80)
    draw.text((20 * SCALE, 10 * SCALE), "申报项目目用田", font=face(28), fill="black")
    box = BBox(20 * SCALE, 14 * SCALE, 220 * SCALE, 50 * SCALE)
    assert rulings(ink_mask(flat_of(np.asarray(image))), SCALE, ()) != ((), ())
    horizontals, verticals = rulings(ink_mask(flat_of(np.asarray(image))), SCALE, [box])
    assert not horizontals or not verticals


def test_rows_of_dots_are_rules_up_to_their_corners() -> None:
    image, draw = sheet(300, 200)
    for y in (40, 70, 100):
        for x in range(50, 251, 3):
            draw.rectangle([x * SCALE, y * SCALE, (x + 1) * SCALE, y * SCALE + 1], fill="black")
    for x in (50, 149, 248):
        for y in range(40, 101, 3):
            draw.rectangle([x * SCALE, y * SCALE, x * SCALE + 1, (y + 1) * SCALE], fill="black")
    horizontals, verticals = rulings(ink_mask(flat_of(scanned(image, blur=0.5))), SCALE, ())
    assert [rule.position for rule in horizontals] == pytest.approx([40, 70, 100], abs=1)
    assert [rule.position for rule in verticals] == pytest.approx([50, 149, 248], abs=1)
    tables, _ = tables_from_rulings(horizontals, verticals, ())
    assert [(cell.row, cell.column) for cell in tables[0].cells] == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_text_that_touches_a_rule_does_not_move_it() -> None:
    image, draw = sheet(300, 200)
    for y in (40, 52):
        draw.line([50 * SCALE, y * SCALE, 250 * SCALE, y * SCALE], fill="black")
    draw.text((60 * SCALE, 37.4 * SCALE), "营业收入三五二一三三", font=face(11), fill="black", stroke_width=1)
    horizontals, _ = rulings(ink_mask(flat_of(np.asarray(image))), SCALE, ())
    assert [horizontals[0].position, horizontals[-1].position] == pytest.approx([40, 52], abs=0.7)


def test_strokes_between_the_rules_of_a_low_row_are_no_rules() -> None:
    image, draw = sheet(300, 200)
    for y in (40, 54.5):
        draw.line([50 * SCALE, y * SCALE, 250 * SCALE, y * SCALE], fill="black")
    for x in (50, 150, 250):
        draw.line([x * SCALE, 40 * SCALE, x * SCALE, 54.5 * SCALE], fill="black")
    draw.text((60 * SCALE, 39.6 * SCALE), "采购起止", font=face(10), fill="black", stroke_width=1)
    text = BBox(58 * SCALE, 41 * SCALE, 170 * SCALE, 54 * SCALE)
    assert len(rulings(ink_mask(flat_of(np.asarray(image))), SCALE, ())[1]) > 3, "they would be taken for rules"
    _, verticals = rulings(ink_mask(flat_of(np.asarray(image))), SCALE, [text])
    assert [rule.position for rule in verticals] == pytest.approx([50, 150, 250], abs=1)


def test_strokes_that_touch_a_rule_or_stand_below_each_other_are_no_rules() -> None:
    image, draw = sheet(300, 200)
    tops = [40 + 13 * number for number in range(6)]
    for y in tops:
        draw.line([50 * SCALE, y * SCALE, 250 * SCALE, y * SCALE], fill="black", width=2)
    for x in (50, 250):
        draw.line([x * SCALE, 40 * SCALE, x * SCALE, 105 * SCALE], fill="black", width=2)
    rows = "用目王田甲日", "目用田王甲日", "王田用目日甲", "日甲目用田王", "田日甲目王用"
    for y, written in zip(tops, rows, strict=False):
        draw.text((53 * SCALE, (y - 1.8) * SCALE), written, font=face(10.5), fill="black")
    page = ink_mask(flat_of(np.asarray(image)))
    assert len(rulings(page, SCALE, ())[1]) > 2, "they would be taken for rules"
    text = [BBox(51 * SCALE, (y + 0.5) * SCALE, 125 * SCALE, (y + 12.5) * SCALE) for y in tops[:-1]]
    horizontals, verticals = rulings(page, SCALE, text)
    assert [rule.position for rule in horizontals] == pytest.approx(tops, abs=1)
    assert [rule.position for rule in verticals] == pytest.approx([50, 250], abs=1)


def test_rules_of_dashes_go_on_where_they_cross() -> None:
    image, draw = sheet(300, 200)
    rows, columns = (40, 62, 84), (50, 150, 250)
    for y in rows:
        for x in range(columns[0] - 2, columns[-1], 5):
            draw.line([x * SCALE, y * SCALE, (x + 3.5) * SCALE, y * SCALE], fill="black", width=2)
        for x in columns:  # a cross, and dashes down to the next
            for start, end in ((-2.5, 2.5), (5.5, 7.5), (10.5, 12.5), (15.5, 17.5)):
                draw.line([x * SCALE, (y + start) * SCALE, x * SCALE, (y + end) * SCALE], fill="black", width=2)
    horizontals, verticals = rulings(ink_mask(flat_of(np.asarray(image))), SCALE, ())
    assert [rule.position for rule in horizontals] == pytest.approx(rows, abs=1)
    assert [rule.position for rule in verticals] == pytest.approx(columns, abs=1)
    assert all(rule.end - rule.start > 44 for rule in verticals)


@pytest.mark.parametrize("share", [0.1, 0.2])
def test_a_shaded_cell_of_a_black_and_white_copy_keeps_its_rules(share: float) -> None:
    page = ink()
    cell = page[round(40 * SCALE) : round(70 * SCALE), round(50 * SCALE) : round(150 * SCALE)]
    cell[np.random.default_rng(3).random(cell.shape) < share] = 255
    horizontals, verticals = rulings(page, SCALE, ())
    for rules, places in ((horizontals, (40, 70, 100)), (verticals, (50, 150, 250))):
        long = [rule for rule in rules if rule.end - rule.start > 35]
        assert [rule.position for rule in long] == pytest.approx(places, abs=0.5)


def test_a_table_whose_lines_were_found_across_its_columns_keeps_its_rules() -> None:
    lines = [BBox(52 * SCALE, (y + 2) * SCALE, 248 * SCALE, (y + 28) * SCALE) for y in (40, 70)]
    horizontals, verticals = rulings(ink(), SCALE, lines)
    assert [rule.position for rule in horizontals] == pytest.approx([40, 70, 100], abs=0.5)
    assert [rule.position for rule in verticals] == pytest.approx([50, 150, 250], abs=0.5)
