"""A figure that free text claims, and whether a field's value agrees with it at the text's own precision."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

_PLAY = Decimal("0.05")  # what 约 leaves open, at least half of the last digit that the text gives


class Bound(StrEnum):
    """What the words around a figure make of it."""

    EXACT = "exact"
    ABOUT = "about"  # 约, 左右
    NEARLY = "nearly"  # 近, 接近
    AND_MORE = "and_more"  # 5000余万元
    AT_LEAST = "at_least"  # 不低于, 以上
    MORE_THAN = "more_than"  # 超过, 突破
    AT_MOST = "at_most"  # 不超过, 以内
    LESS_THAN = "less_than"  # 不足, 低于


@dataclass(frozen=True, slots=True)
class Figure:
    """`quantity` is the name of the field that it is about; `value` is in yuan.

    `step` is the size of the last digit as written (5000万元: 10,000 yuan), `slack` that of the last one that is
    not zero (10,000,000 yuan), which is how far a round number reaches. `year` is the one it is said of, if any;
    `start` and `end` tell where its sentence stands in the text without white space.
    """

    quantity: str
    value: Decimal
    step: Decimal
    slack: Decimal
    bound: Bound
    year: int | None
    text: str
    sentence: str
    start: int
    end: int


def agrees(figure: Figure, value: Decimal) -> bool:
    """Whether the sentence is true of the value (yuan)."""
    claimed, half = figure.value, figure.step / 2
    match figure.bound:
        case Bound.EXACT:
            return abs(value - claimed) <= half
        case Bound.ABOUT:
            return abs(value - claimed) <= max(figure.slack / 2, _PLAY * abs(claimed))
        case Bound.NEARLY:
            return claimed - figure.slack <= value <= claimed + half
        case Bound.AND_MORE:
            return claimed <= value < claimed + figure.slack
        case Bound.AT_LEAST:
            return value >= claimed
        case Bound.MORE_THAN:
            return value > claimed
        case Bound.AT_MOST:
            return value <= claimed
        case Bound.LESS_THAN:
            return value < claimed
