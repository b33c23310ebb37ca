"""Spaces within figures: those that set figures wide, and those that part them. Spaces where paper parts words."""

import numpy as np
import pytest

from extractors.ocr import Reading
from extractors.spaces import with_gaps, without_false_spaces


@pytest.mark.parametrize(
    ("text", "places", "read"),
    [
        ("1 30 6", (0.141, 0.253, 0.422, 0.647, 0.76, 0.873), "1306"),
        ("5. 00%", (0.106, 0.276, 0.361, 0.53, 0.742, 0.869), "5.00%"),
        ("139 0004", (0.1, 0.2, 0.3, 0.37, 0.46, 0.56, 0.66, 0.76), "139 0004"),
        ("7 2 6 0 . 0 0", (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.42, 0.5, 0.55, 0.6, 0.65), "7260.00"),
        ("1 0 0 3. 0 0%", (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.39, 0.42, 0.45, 0.5, 0.55, 0.6), "1003.00%"),
        ("1 2 3", (0.1, 0.2, 0.3, 0.4, 0.5), "1 2 3"),
        ("1 2 3 4", (0.05, 0.1, 0.15, 0.3, 0.5, 0.6, 0.9), "1 2 3 4"),
        ("共 3 页", (0.1, 0.3, 0.5, 0.7, 0.9), "共 3 页"),
        ("12", (0.2, 0.6), "12"),
    ],
)
def test_only_spaces_wider_than_the_setting_part_figures(text: str, places: tuple[float, ...], read: str) -> None:
    assert without_false_spaces(Reading(text, 0.9, places), (40, 300)).text == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("电话（ 务必填写 ）：", "电话（务必填写）："),
        ("（福建） 数据", "（福建） 数据"),
        ("有（  ） 无（√）", "有（  ） 无（√）"),
        ("( 领雁 ) 有（ √ ）", "(领雁) 有（√）"),
    ],
)
def test_brackets_have_no_space_on_their_inner_side(text: str, read: str) -> None:
    places = tuple((index + 0.5) / len(text) for index in range(len(text)))
    reading = without_false_spaces(Reading(text, 0.9, places), (40, 300))
    assert reading.text == read
    kept, given = zip(reading.text, reading.places, strict=True), zip(text, places, strict=True)
    assert [(char, place) for char, place in kept if char != " "] == [one for one in given if one[0] != " "]


@pytest.mark.parametrize(("width", "read"), [(80, "969"), (160, "9 6 9")])
def test_three_figures_as_wide_as_chinese_characters_are_one(width: int, read: str) -> None:
    assert without_false_spaces(Reading("9 6 9", 0.9, (0.15, 0.3, 0.5, 0.7, 0.85)), (40, width)).text == read


def printed(text: str, gaps: dict[int, int], *, wide_figures: bool = False) -> tuple[Reading, np.ndarray]:
    """A line 40 pixels high: characters of 28 pixels, half as wide where they are ASCII, `gaps` pixels of paper
    before some of them."""
    ink, centres, x = np.zeros((40, 1200), np.uint8), [], 10
    for index, char in enumerate(text):
        x += gaps.get(index, 0)
        width = 14 if char.isascii() and not wide_figures else 28
        drawn = 10 if char.isascii() else 24
        left = x + (width - drawn) // 2
        ink[8:34, left : left + drawn] = 255
        centres.append(x + width / 2)
        x += width
    width = x + 10
    return Reading(text, 0.9, tuple(centre / width for centre in centres)), ink[:, :width]


@pytest.mark.parametrize(
    ("text", "gaps", "read"),
    [
        ("SL-2023-06352.41", {11: 16}, "SL-2023-063 52.41"),
        ("注册时间（以营业执照2007.10.18", {10: 18}, "注册时间（以营业执照 2007.10.18"),
        ("与合同一鸿图示例监测", {4: 18}, "与合同一 鸿图示例监测"),
        ("示例科技有限公司289.55", {}, "示例科技有限公司289.55"),
        ("注册资金：3180", {5: 20}, "注册资金：3180"),
        ("成立时间2004年5月15日", {10: 8}, "成立时间2004年5月15日"),
        ("2004年5月15日2006年7月", {5: 20, 7: 20, 10: 20}, "2004年5月15日 2006年7月"),
        ("邮政编码", {1: 20, 2: 20, 3: 20}, "邮政编码"),
        ("传真", {1: 40}, "传真"),
        ("甲，乙丙丁", {2: 12}, "甲，乙丙丁"),
    ],
)
def test_paper_parts_words_that_were_read_as_one(text: str, gaps: dict[int, int], read: str) -> None:
    assert with_gaps(*printed(text, gaps)).text == read


def test_full_width_figures_are_not_parted() -> None:
    reading, ink = printed("资产总额16999.42万元", {}, wide_figures=True)
    assert with_gaps(reading, ink).text == reading.text


def test_a_space_has_its_place_among_the_characters() -> None:
    reading = with_gaps(*printed("SL-2023-06352.41", {11: 16}))
    assert len(reading.places) == len(reading.text)
    assert list(reading.places) == sorted(reading.places)
