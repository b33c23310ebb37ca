"""What two readings of a line are worth together."""

import numpy as np
import pytest

from extractors import second_reading
from extractors.ocr import Reading
from extractors.second_reading import agreed, read_again, read_stamped

CROP = np.full((48, 96, 3), 255, np.uint8)


def said(text: str, confidence: float) -> Reading:
    return Reading(text, confidence, tuple(place / len(text) for place in range(len(text))))


def stamped(monkeypatch: pytest.MonkeyPatch, clean: Reading, inked: Reading) -> Reading:
    monkeypatch.setattr(second_reading.ocr, "read", lambda crops: (inked,) * len(crops))
    (reading,) = read_stamped([CROP], [clean])
    return reading


def test_readings_that_differ_are_disputed() -> None:
    assert agreed(said("1.00亿元", 0.99), said("1.80亿元", 0.9)).confidence == 0.8
    assert agreed(said("（无）", 0.99), said("(无)", 0.99)).confidence == pytest.approx(0.99)


def test_what_may_be_left_of_a_seal_is_not_taken_at_its_word(monkeypatch: pytest.MonkeyPatch) -> None:
    assert stamped(monkeypatch, said("1", 0.999), said("公", 0.3)).confidence == 0.8
    assert stamped(monkeypatch, said("18", 0.99), said("18", 0.5)).confidence == 0.99
    assert stamped(monkeypatch, said("示例有限公司", 0.99), said("示有公", 0.3)).confidence == 0.99


@pytest.mark.parametrize("text", ["二", "职工总数：二", "三"])
def test_a_dash_over_a_rule_may_be_read_as_a_figure(text: str) -> None:
    assert read_again([CROP], [said(text, 0.999)])[0].confidence == 0.8


def test_other_figures_keep_their_confidence() -> None:
    texts = ["十二", "第二", "12", "二十"]
    assert [reading.confidence for reading in read_again([CROP] * 4, [said(text, 0.999) for text in texts])] == [
        0.999
    ] * 4
