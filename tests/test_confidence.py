"""The probability that a recognised value is right, and the fit that it rests on."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.calibration import Observations, chosen_threshold, cross_fitted, fit, probability
from fixtures.reliability import draw
from pipeline.confidence import CHECK_DIGIT_WRONG, DOUBTED, SIGNS, clarity, judged, model, signs_of
from pipeline.model import Evidence, FieldSpec, FieldValue, Method, Problem

CLEAR = 3.0  # as a good office scan is read
NAME = FieldSpec("applicant_name", ("申报单位",), "text")
CODE = FieldSpec("uscc", ("统一社会信用代码",), "uscc")
ANSWER = FieldSpec("illegal_acts", ("有无违法行为",), "choice")
PARTNERS = FieldSpec("consortium", ("联合体成员",), "table", columns=(NAME, CODE))


def claim(raw: str, score: float = 0.99, value: object = "", method: Method = Method.OCR) -> FieldValue:
    evidence = Evidence("a" * 64, method, 1, "第1页", None, raw, score)
    return FieldValue("applicant_name", raw, raw if value == "" else value, evidence)  # type: ignore[arg-type]


@given(st.floats(0, 1), st.sampled_from(["text", "money", "uscc", "choice", "date"]), st.text(max_size=200))
def test_a_confidence_is_a_probability(score: float, kind: str, raw: str) -> None:
    assert 0 <= judged(replace(NAME, kind=kind), claim(raw, score, "x"), CLEAR).confidence < 1


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_surer_reading_is_never_worth_less(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert (
        judged(NAME, claim("示例公司", low), CLEAR).confidence
        <= judged(NAME, claim("示例公司", high), CLEAR).confidence
    )


def test_on_a_form_that_is_hard_to_read_every_value_is_less_sure() -> None:
    clear, poor = ([claim("示例公司", score)] * 3 for score in (0.9999, 0.7))
    assert clarity([]) == clarity([claim("示例公司", 0.2, method=Method.PDF)]) == 0
    assert clarity(clear) == pytest.approx(4, abs=1e-3)
    assert 0 < clarity([*clear, *poor]) < clarity(clear)
    table = replace(claim(""), value=({"applicant_name": claim("示例公司", 0.7)},))
    assert clarity([table]) == pytest.approx(clarity(poor))
    assert (
        judged(NAME, claim("示例公司"), clarity(poor)).confidence
        < judged(NAME, claim("示例公司"), clarity(clear)).confidence
    )


def test_a_paragraph_is_less_sure_than_a_name_of_the_same_score() -> None:
    text = "\n".join(["本项目面向制造业知识问答与工艺优化，自主研发垂直大模型，训练语料充足。"] * 6)
    assert judged(NAME, claim(text), CLEAR).confidence < judged(NAME, claim("示例公司"), CLEAR).confidence


def test_what_stands_in_a_file_is_as_sure_as_it_was() -> None:
    digital = claim("示例公司", 1.0, method=Method.PDF)
    assert judged(NAME, digital, CLEAR) is digital


def test_a_right_check_digit_confirms_and_a_wrong_one_stops() -> None:
    right = judged(CODE, claim("91350100MA00EXAM14"), CLEAR).confidence
    wrong = judged(CODE, replace(claim("91350100MA00EXAM15"), problem=Problem("check-digit", "")), CLEAR)
    assert right > judged(replace(CODE, kind="phone"), claim("91350100MA00EXAM14"), CLEAR).confidence
    assert wrong.confidence <= CHECK_DIGIT_WRONG < float(model().review_threshold)


def test_an_unclear_mark_is_for_people() -> None:
    assert judged(ANSWER, claim("有 √无", 0.5, "no"), CLEAR).confidence == 0.5
    assert judged(ANSWER, claim("有 √无", 0.6, "no"), CLEAR).confidence > 0.6


@pytest.mark.parametrize("value", [Decimal("1200.00"), None])
def test_what_the_recogniser_doubts_itself_is_for_people_however_clear_the_form(value: Decimal | None) -> None:
    figure = replace(NAME, kind="money")
    assert judged(figure, claim("1,200.00", 0.8, value), 4.0).confidence <= DOUBTED < float(model().review_threshold)
    assert judged(figure, claim("1,200.00", 0.999, value), 4.0).confidence > DOUBTED


def test_a_table_is_as_sure_as_its_least_sure_cell() -> None:
    cells = {"applicant_name": claim("示例公司", 0.6), "uscc": claim("91350100MA00EXAM14")}
    table = replace(claim(""), value=(cells,))
    (row,) = judged(PARTNERS, table, CLEAR).value  # type: ignore[misc, union-attr]
    assert row["applicant_name"].confidence == judged(NAME, cells["applicant_name"], CLEAR).confidence  # type: ignore[index]
    assert judged(PARTNERS, table, CLEAR).confidence == min(cell.confidence for cell in row.values())  # type: ignore[union-attr]


def test_signs_are_those_that_have_a_weight() -> None:
    assert set(model().weights) == set(SIGNS)
    for kind in ("text", "money", "date", "choices", "uscc"):
        assert signs_of(kind, claim("无", 0.7, None), CLEAR).keys() <= set(SIGNS)
    assert Decimal("0.5") <= model().review_threshold < 1


# --- the fit ------------------------------------------------------------------------------------------------------


def drawn(count: int = 4000) -> Observations:
    """Values whose chance of being right is known: e^(1 + 2 sureness) to one."""
    rng = np.random.default_rng(1)
    signs = np.zeros((count, len(SIGNS)))
    signs[:, 0], signs[:, 1] = 1, rng.uniform(-1, 3, count)
    right = rng.random(count) < 1 / (1 + np.exp(-(1 + 2 * signs[:, 1])))
    layouts = np.array([f"layout {number % 4}" for number in range(count)])
    grades = np.array(["office"] * count)
    return Observations(signs, right, np.arange(count) // 40, layouts, grades, signs[:, 1], np.ones(count))


def test_the_fit_finds_the_weights_that_the_values_were_drawn_by() -> None:
    found = drawn()
    weights = fit(found.signs, found.right)
    assert weights[:2] == pytest.approx([1, 2], abs=0.2)
    assert not weights[2:].any()
    said = probability(weights, found.signs)
    assert said.mean() == pytest.approx(found.right.mean(), abs=1e-6)


def test_a_form_is_judged_by_weights_that_do_not_know_its_layout() -> None:
    found = drawn(200)
    own = found.layouts == "layout 0"
    spoilt = replace(found, right=np.where(own, ~found.right, found.right))
    assert cross_fitted(found)[own] == pytest.approx(cross_fitted(spoilt)[own])


def test_the_threshold_is_the_lowest_that_holds_for_certain() -> None:
    said = np.array([0.95] * 1500 + [0.9] * 1000 + [0.8] * 100)
    for wrong_below, threshold in ((1, 0.801), (2, 0.901)):
        right = np.array([True] * (2500 - wrong_below) + [False] * (100 + wrong_below))
        assert chosen_threshold(said, right) == pytest.approx(threshold)


def test_where_nothing_is_certain_the_threshold_is_that_of_the_highest_precision() -> None:
    said = np.array([0.95] * 1400 + [0.9] * 100)
    assert chosen_threshold(said, np.array([True] * 1400 + [False] * 100)) == pytest.approx(0.95)
    assert chosen_threshold(said, np.zeros(1500, bool)) == pytest.approx(0.999)


def test_the_diagram_is_the_same_each_time(tmp_path: Path) -> None:
    found = drawn(300)
    said = probability(fit(found.signs, found.right), found.signs)
    first, second = (tmp_path / name for name in ("a.png", "b.png"))
    for path in (first, second):
        draw(path, said, said**2, found.right, 0.9)
    assert first.read_bytes() == second.read_bytes()
