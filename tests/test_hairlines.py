"""Rules paler than ink: seen where they are, and nothing else is taken for one."""

from collections.abc import Sequence

import pytest
from drawn import SCALE, Pixels, face, flat_of, scanned, sheet
from PIL import Image

from extractors.hairlines import hairlines
from extractors.page_image import read_page_image
from extractors.page_prep import ink_mask
from extractors.rulings import rulings
from pipeline.model import BBox, Table

DARK, GREY = (0, 0, 0), (165, 165, 165)
LABELS = "申报单位", "联系人", "联系电话", "注册资本", "成立日期", "电子邮箱"


def form(colour: tuple[int, int, int]) -> Image.Image:
    """Six rows of 24 points and two columns between rules of one pixel, labels and values."""
    image, draw = sheet(420, 220)
    for number in range(7):
        y = (30 + 24 * number) * SCALE
        draw.line([40 * SCALE, y, 380 * SCALE, y], fill=colour)
    for x in (40, 160, 380):
        draw.line([x * SCALE, 30 * SCALE, x * SCALE, 174 * SCALE], fill=colour)
    for number, text in enumerate(LABELS):
        draw.text((48 * SCALE, (34 + 24 * number) * SCALE), text, font=face(11), fill="black")
        draw.text((168 * SCALE, (34 + 24 * number) * SCALE), "示例市样例大厦三层二室", font=face(11), fill="black")
    return image


def masks(pixels: Pixels, text: Sequence[BBox] = ()) -> tuple[Pixels, Pixels | None]:
    """The ink of a page, and its hairlines."""
    flat = flat_of(pixels)
    ink = ink_mask(flat)
    return ink, hairlines(ink, flat, SCALE, text)


@pytest.mark.parametrize("scan", [{"noise": 1.0}, {"blur": 0.8, "noise": 2.0}])
def test_grey_rules_are_rules(scan: dict[str, float]) -> None:
    text = [
        BBox(x * SCALE, (35 + 24 * row) * SCALE, (x + length) * SCALE, (49 + 24 * row) * SCALE)
        for row in range(6)
        for x, length in ((47, 46), (167, 123))
    ]
    ink, pale = masks(scanned(form(GREY), **scan), text)
    assert rulings(ink, SCALE, text) == ((), ()), "as ink they are not seen"
    horizontals, verticals = rulings(ink, SCALE, text, pale)
    assert [rule.position for rule in horizontals] == pytest.approx([30 + 24 * number for number in range(7)], abs=1)
    assert [rule.position for rule in verticals] == pytest.approx([40, 160, 380], abs=1)


def test_a_form_with_grey_rules_is_read_as_a_table() -> None:
    blocks = read_page_image(scanned(form(GREY), noise=1.0), 150)
    (table,) = [block for block in blocks if isinstance(block, Table)]
    assert [cell.text for cell in table.cells if cell.column == 1] == list(LABELS)


def test_rules_that_are_ink_are_no_hairlines() -> None:
    assert masks(scanned(form(DARK), blur=0.5, noise=2.0))[1] is None


def test_the_edge_of_a_grey_band_is_no_rule() -> None:
    image, draw = sheet(420, 220)
    draw.rectangle([40 * SCALE, 60 * SCALE, 380 * SCALE, 100 * SCALE], fill=(215, 215, 215))
    assert masks(scanned(image, blur=0.5, noise=1.0))[1] is None


def test_pale_text_is_no_rule() -> None:
    image, draw = sheet(420, 220)
    tops = [30 + 16 * number for number in range(7)]
    for y in tops:
        draw.text((40 * SCALE, y * SCALE), "一二三王田目口日" * 4, font=face(9), fill=(170, 170, 170))
    text = [BBox(39 * SCALE, (y + 1) * SCALE, 330 * SCALE, (y + 14) * SCALE) for y in tops]
    ink, pale = masks(scanned(image, blur=0.7), text)
    assert rulings(ink, SCALE, text, pale) == ((), ())
