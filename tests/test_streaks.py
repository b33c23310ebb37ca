"""Lines from edge to edge of a page, as dirt in a fax draws them: they go, and what is printed stays."""

import numpy as np
import pytest
from drawn import DPI, Pixels, cells, form

from extractors.page_image import read_page_image
from extractors.streaks import without_streaks

COLUMNS = (30, 130, 280, 370, 480)
ROWS = (("项目名称", "示例平台"), ("统一社会信用代码", "91350100MA2XNTEST8", "专利数", "3"), ("联系人", "示例人员"))
TEXTS = ["项目名称", "示例平台", "统一社会信用代码", "91350100MA2XNTEST8", "专利数", "3", "联系人", "示例人员"]


def page() -> Pixels:
    drawn = np.asarray(form(ROWS, COLUMNS).convert("L"))
    return np.pad(drawn, ((60, 400), (0, 0)), constant_values=255)


def streaked(at: int, thick: int, broken: float) -> Pixels:
    dirty = page().copy()
    dirty[np.random.default_rng(1).random(len(dirty)) >= broken, at : at + thick] = 0
    return dirty


@pytest.mark.parametrize("at", [330, 500, 700])
@pytest.mark.parametrize(("thick", "broken"), [(1, 0.0), (3, 0.05)])
def test_cells_that_a_streak_runs_through_are_read_whole(at: int, thick: int, broken: float) -> None:
    found = cells(read_page_image(streaked(at, thick, broken), DPI))
    assert [cell.text.replace(" ", "") for cell in found] == TEXTS


def test_a_level_streak_goes_too() -> None:
    across = np.ascontiguousarray(streaked(500, 2, 0.0).T)
    assert (without_streaks(across)[500:502] > 128).mean() > 0.95


@pytest.mark.parametrize("cut", [False, True])
def test_rules_stay_that_end_before_the_margins_or_fill_all_of_the_picture(cut: bool) -> None:
    whole = page()
    rows, columns = np.flatnonzero((whole < 128).any(axis=1)), np.flatnonzero((whole < 128).any(axis=0))
    given = whole[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if cut else whole
    assert without_streaks(given) is given
