"""A figure that free text claims, and how it is compared with a field at the text's own precision."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Bound(StrEnum):
    """What the words around a figure make of it: 超过 and 不低于 give it a floor, 不足 a ceiling, 约 some play."""

    EXACT = "exact"
    ABOUT = "about"
    AT_LEAST = "at_least"
    MORE_THAN = "more_than"
    AT_MOST = "at_most"
    LESS_THAN = "less_than"


@dataclass(frozen=True, slots=True)
class Figure:
    """`quantity` is the field that it is about; `value` in yuan; `step` the size of its last written digit, in yuan."""

    quantity: str
    value: Decimal
    step: Decimal
    bound: Bound
    year: int | None
    sentence: str
