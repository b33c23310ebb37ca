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
from pipeline.confidence import CHECK_DIGIT_WRONG, SIGNS, judged, model, signs_of
from pipeline.model import Evidence, FieldSpec, FieldValue, Method, Problem

NAME = FieldSpec("applicant_name", ("申报单位",), "text")
CODE = FieldSpec("uscc", ("统一社会信用代码",), "uscc")
ANSWER = FieldSpec("illegal_acts", ("有无违法行为",), "choice")
PARTNERS = FieldSpec("consortium", ("联合体成员",), "table", columns=(NAME, CODE))


def claim(raw: str, score: float = 0.99, value: object = "", method: Method = Method.OCR) -> FieldValue:
    evidence = Evidence("a" * 64, method, 1, "第1页", None, raw, score)
    return FieldValue("applicant_name", raw, raw if value == "" else value, evidence)  # type: ignore[arg-type]


@given(st.floats(0, 1), st.sampled_from(["text", "money", "uscc", "choice", "date"]), st.text(max_size=200))
def test_a_confidence_is_a_probability(score: float, kind: str, raw: str) -> None:
    assert 0 <= judged(replace(NAME, kind=kind), claim(raw, score, "x")).confidence < 1


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_surer_reading_is_never_worth_less(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert judged(NAME, claim("示例公司", low)).confidence <= judged(NAME, claim("示例公司", high)).confidence


def test_a_paragraph_is_less_sure_than_a_name_of_the_same_score() -> None:
    text = "\n".join(["本项目面向制造业知识问答与工艺优化，自主研发垂直大模型，训练语料充足。"] * 6)
    assert judged(NAME, claim(text)).confidence < judged(NAME, claim("示例公司")).confidence


def test_what_stands_in_a_file_is_as_sure_as_it_was() -> None:
    digital = claim("示例公司", 1.0, method=Method.PDF)
    assert judged(NAME, digital) is digital


def test_a_right_check_digit_confirms_and_a_wrong_one_stops() -> None:
    right = judged(CODE, claim("91350100MA00EXAM14")).confidence
    wrong = judged(CODE, replace(claim("91350100MA00EXAM15"), problem=Problem("check-digit", "")))
    assert right > judged(replace(CODE, kind="phone"), claim("91350100MA00EXAM14")).confidence
    assert wrong.confidence <= CHECK_DIGIT_WRONG < float(model().review_threshold)


def test_an_unclear_mark_is_for_people() -> None:
    assert judged(ANSWER, claim("有 √无", 0.5, "no")).confidence == 0.5
    assert judged(ANSWER, claim("有 √无", 0.6, "no")).confidence > 0.6


def test_a_table_is_as_sure_as_its_least_sure_cell() -> None:
    cells = {"applicant_name": claim("示例公司", 0.6), "uscc": claim("91350100MA00EXAM14")}
    table = replace(claim(""), value=(cells,))
    (row,) = judged(PARTNERS, table).value  # type: ignore[misc, union-attr]
    assert row["applicant_name"].confidence == judged(NAME, cells["applicant_name"]).confidence  # type: ignore[index]
    assert judged(PARTNERS, table).confidence == min(cell.confidence for cell in row.values())  # type: ignore[union-attr]


def test_signs_are_those_that_have_a_weight() -> None:
    assert set(model().weights) == set(SIGNS)
    for kind in ("text", "money", "date", "choices", "uscc"):
        assert signs_of(kind, claim("无", 0.7, None)).keys() <= set(SIGNS)
    assert Decimal("0.5") <= model().review_threshold < 1


# --- the fit ------------------------------------------------------------------------------------------------------


def drawn(count: int = 4000) -> Observations:
    """Values whose chance of being right is known: e^(1 + 2 sureness) to one."""
    rng = np.random.default_rng(1)
    signs = np.zeros((count, len(SIGNS)))
    signs[:, 0], signs[:, 1] = 1, rng.uniform(-1, 3, count)
    right = rng.random(count) < 1 / (1 + np.exp(-(1 + 2 * signs[:, 1])))
    return Observations(signs, right, np.arange(count) // 40, np.array(["office"] * count), signs[:, 1], np.ones(count))


def test_the_fit_finds_the_weights_that_the_values_were_drawn_by() -> None:
    found = drawn()
    weights = fit(found.signs, found.right)
    assert weights[:2] == pytest.approx([1, 2], abs=0.2)
    assert not weights[2:].any()
    said = probability(weights, found.signs)
    assert said.mean() == pytest.approx(found.right.mean(), abs=1e-6)


def test_a_form_is_judged_by_weights_that_do_not_know_it() -> None:
    found = drawn(200)
    spoilt = replace(found, right=np.where(found.forms == 0, ~found.right, found.right))
    own = found.forms == 0
    assert cross_fitted(found)[own] == pytest.approx(cross_fitted(spoilt)[own])


def test_the_threshold_is_the_lowest_that_holds() -> None:
    said = np.array([0.95] * 500 + [0.9] * 500 + [0.8] * 100)
    right = np.array([True] * 500 + [True] * 499 + [False] * 101)
    assert chosen_threshold(said, right) == pytest.approx(0.801)
    assert chosen_threshold(said, np.array([True] * 500 + [False] * 600)) == pytest.approx(0.901)
    assert chosen_threshold(said, np.zeros(1100, bool)) == pytest.approx(0.999)


def test_the_diagram_is_the_same_each_time(tmp_path: Path) -> None:
    found = drawn(300)
    said = probability(fit(found.signs, found.right), found.signs)
    first, second = (tmp_path / name for name in ("a.png", "b.png"))
    for path in (first, second):
        draw(path, said, said**2, found.right, 0.9)
    assert first.read_bytes() == second.read_bytes()
