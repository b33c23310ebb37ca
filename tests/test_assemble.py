"""Which claim is in force, which contradict it, and what agreement is worth."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assemble import agree, assemble, conflicts, is_settled
from pipeline.confidence import CHECK_DIGIT_WRONG
from pipeline.model import ApplicationRecord, Evidence, FieldValue, Method, Problem, Submission, Value
from pipeline.programme import load_programme

PROGRAMME = load_programme("fujian-ai-2024")


def claim(
    name: str,
    value: Value | None,
    *,
    confidence: float = 1.0,
    method: Method = Method.DOCX,
    problem: str = "",
    place: str = "表1",
) -> FieldValue:
    evidence = Evidence("a" * 64, method, 1, place, None, str(value), confidence)
    return FieldValue(name, str(value), value, evidence, None, Problem(problem, "") if problem else None)


def record(*documents: Sequence[FieldValue]) -> ApplicationRecord:
    submission = Submission("s", None, None, "", "", "", (), ())
    return assemble("a", PROGRAMME, "compute", submission, (), documents, None)


def test_the_better_documents_first_claim_is_in_force_and_every_claim_kept() -> None:
    found = record([claim("city", "福州市"), claim("city", "厦门市", place="表2")], [claim("city", "泉州市")])
    assert found.value("city") == "福州市"
    assert [c.value for c in found.claims["city"]] == ["福州市", "厦门市", "泉州市"]
    assert found.get("uscc") is None


@pytest.mark.parametrize("empty", [None, ()])
def test_a_value_goes_before_a_blank(empty: Value | None) -> None:
    found = record([claim("city", empty)], [claim("city", "福州市")])
    assert found.value("city") == "福州市"
    assert conflicts(found) == {}


def test_what_could_not_be_read_goes_before_what_was_left_blank() -> None:
    found = record([claim("revenue", None), claim("revenue", None, problem="unreadable")])
    assert found.claims["revenue"][0].problem is not None


def test_text_goes_before_pixels_and_a_correction_before_both() -> None:
    scanned, typed = claim("revenue", Decimal(1), method=Method.OCR), claim("revenue", Decimal(2))
    human = claim("revenue", Decimal(3), method=Method.HUMAN)
    assert record([scanned], [typed]).value("revenue") == Decimal(2)
    assert record([scanned], [typed], [human]).value("revenue") == Decimal(3)
    assert is_settled(typed, scanned)
    assert is_settled(human, typed)
    assert not is_settled(typed, replace(typed, value=Decimal(4)))


def test_a_contradiction_is_shown_also_where_it_is_settled() -> None:
    found = record([claim("revenue", Decimal(1), method=Method.OCR)], [claim("revenue", Decimal(2))])
    assert [c.value for c in conflicts(found)["revenue"]] == [Decimal(1)]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("示例（福建）公司", "示例(福建) 公司", True),
        ("示例公司", "样例公司", False),
        (Decimal("1.00"), Decimal("1.0"), True),
        (Decimal("1.00"), Decimal("1.01"), False),
        (("vision",), ("vision",), True),
        (("vision",), ("image",), False),
        (date(2024, 7, 1), date(2024, 7, 2), False),
    ],
)
def test_agreement(one: Value, other: Value, same: bool) -> None:
    assert agree(claim("summary", one), claim("summary", other)) is same


def test_a_month_agrees_with_its_days() -> None:
    month = claim("signed_on", date(2024, 7, 1), problem="month-only")
    assert agree(month, claim("signed_on", date(2024, 7, 31)))
    assert not agree(month, claim("signed_on", date(2024, 8, 1)))


def test_tables_agree_by_their_cells() -> None:
    def table(amount: str, provider: str = "示例公司", **kind: Method) -> FieldValue:
        cells = {"provider_name": claim("provider_name", provider), "amount": claim("amount", Decimal(amount))}
        return claim("compute_contracts", (cells,), **kind)

    assert agree(table("1"), table("1.00"))
    assert not agree(table("1"), table("2"))
    assert not agree(table("1"), claim("compute_contracts", (*table("1").value, *table("1").value)))  # type: ignore[misc]


def test_a_scan_of_a_text_may_have_a_character_wrong_but_no_figure() -> None:
    text = "公司自主研发的智能平台在全省应用，2023年实现营业收入5000万元，客户满意度高，示范效应明显。"
    read = claim("summary", text.replace("满意", "满忘"), method=Method.OCR)
    assert agree(claim("summary", text), read)
    assert not agree(claim("summary", text), replace(read, evidence=replace(read.evidence, method=Method.PDF)))
    assert not agree(claim("summary", text), claim("summary", text.replace("5000", "6000"), method=Method.OCR))
    assert not agree(replace(read, value=text), read)
    assert not agree(claim("uscc", "91350100MA00EXAM14"), claim("uscc", "91350100MA00EXAM15", method=Method.OCR))


def test_agreement_in_two_places_is_worth_more_than_either() -> None:
    one = claim("city", "福州市", confidence=0.8, method=Method.OCR)
    other = claim("city", "福州市", confidence=0.7, method=Method.OCR)
    first, second = (record([each]).claims["city"][0].confidence for each in (one, other))
    assert record([one], [other]).claims["city"][0].confidence == pytest.approx(1 - (1 - first) * (1 - second))
    split = record([claim("city", "福州市", confidence=0.8)], [claim("city", "厦门市", confidence=0.7)])
    assert split.claims["city"][0].confidence == 0.8


def test_a_recognised_code_with_a_wrong_check_digit_needs_a_second_reading() -> None:
    wrong = claim("uscc", "91350100MA00EXAM15", method=Method.OCR, problem="check-digit")
    once, twice = record([wrong]).claims["uscc"][0], record([wrong], [wrong]).claims["uscc"][0]
    assert once.confidence <= CHECK_DIGIT_WRONG
    assert twice.confidence == pytest.approx(1 - (1 - once.confidence) ** 2)
    assert (
        record([replace(wrong, evidence=replace(wrong.evidence, method=Method.PDF))]).claims["uscc"][0].confidence
        == 1.0
    )


@given(st.permutations(["city", "revenue", "uscc", "summary"]))
def test_the_order_of_fields_changes_nothing(names: list[str]) -> None:
    document = [claim(name, name) for name in names]
    assert record(document) == record(sorted(document, key=lambda c: c.name))
