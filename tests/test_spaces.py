"""Spaces within figures: those that set figures wide, and those that part them."""

import pytest

from extractors.ocr import Reading
from extractors.spaces import without_even_spaces


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
    assert without_even_spaces(Reading(text, 0.9, places)).text == read
