"""How sure a recognised value is: the probability that it is right, reckoned from what its reading shows.

A recogniser's own score is no probability: it stands at 0.98 and more beside wrong characters, and says nothing of a
line too many in a paragraph. So a logistic regression weighs a handful of signs. Its weights are data,
`data/confidence.toml`, fitted on labelled scans of the dev half and tested on the other (`make calibration`,
docs/ocr.md); the default review threshold comes with them.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path

from pipeline.model import FieldSpec, FieldValue, Method, Row

PARAMETERS = Path(__file__).parent / "data" / "confidence.toml"
# A code whose check digit is wrong was misread, or the applicant made a mistake: how often which, no test data tells.
# One reading of it is not enough; a second that agrees says that it is printed so.
CHECK_DIGIT_WRONG = 0.85
_LEAST_SURE, _SUREST = 0.01, 0.9999  # scores beyond tell nothing more
_DISPUTED = 0.8  # the most that a line is worth which two readings read differently (extractors/second_reading.py)
_UNCLEAR = 0.5  # the most that a line with an unclear mark is worth (extractors/checkboxes.py)
_KINDS = {
    "money": "figure",
    "percent": "figure",
    "integer": "figure",
    "date": "date",
    "period": "date",
    "choice": "choice",
    "choices": "choice",
    "uscc": "code",
    "phone": "code",
    "email": "code",
}
SIGNS = (
    "bias", "sureness", "disputed", "disputed-words", "length", "lines", "figure", "date", "choice", "code",
    "blank", "check-digit",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Model:
    """The weights by sign, and the confidence from which a value is accepted without review."""

    weights: Mapping[str, float]
    review_threshold: Decimal

    def probability(self, signs: Mapping[str, float]) -> float:
        """That a value with these signs is right, 0..1."""
        return 1 / (1 + math.exp(-sum(self.weights[sign] * value for sign, value in signs.items())))


@cache
def model() -> Model:
    """The fitted model that comes with the package."""
    found = tomllib.loads(PARAMETERS.read_text(encoding="utf-8"), parse_float=Decimal)
    return Model({sign: float(found["weights"][sign]) for sign in SIGNS}, found["review_threshold"])


def judged(spec: FieldSpec, claim: FieldValue) -> FieldValue:
    """A claim as extraction gives it, its recogniser's score made the probability that it is right.

    What was not recognised from pixels stays as it is. A table is as sure as its least sure cell.
    """
    if claim.evidence.method is not Method.OCR:
        return claim
    if spec.kind == "table" and isinstance(claim.value, tuple) and claim.value:
        columns = {column.name: column for column in spec.columns}
        rows: list[Row] = [
            {name: judged(columns[name], cell) for name, cell in row.items()}
            for row in claim.value
            if not isinstance(row, str)
        ]
        sure = min((cell.confidence for row in rows for cell in row.values()), default=1.0)
        return replace(claim, value=tuple(rows), evidence=replace(claim.evidence, confidence=sure))
    sure = min(model().probability(signs_of(spec.kind, claim)), ceiling(spec.kind, claim))
    return replace(claim, evidence=replace(claim.evidence, confidence=sure))


def ceiling(kind: str, claim: FieldValue) -> float:
    """The most that a recognised value is worth, whatever its signs say: what is for people to settle."""
    if claim.problem is not None and claim.problem.code == "check-digit":
        return CHECK_DIGIT_WRONG
    if _KINDS.get(kind) == "choice" and claim.confidence <= _UNCLEAR:
        return claim.confidence  # a mark that nobody can tell, however often the guess is right
    return 1.0


def signs_of(kind: str, claim: FieldValue) -> dict[str, float]:
    """What speaks for and against a recognised value of that kind; signs that are absent do not stand in it.

    ``sureness`` is the decimal logarithm of the odds of its least sure character, -2 to 4; ``length`` is log2 of its
    characters and one, ``lines`` the line breaks in it; the others are 1 where they hold.
    """
    score, text = claim.confidence, claim.raw or ""
    bounded = min(max(score, _LEAST_SURE), _SUREST)
    signs = {
        "bias": 1.0,
        "sureness": math.log10(bounded / (1 - bounded)),
        "length": math.log2(len(text) + 1),
        "lines": float(text.count("\n")),
    }
    held = {
        "disputed": score <= _DISPUTED,
        "disputed-words": score <= _DISPUTED and kind not in _KINDS,  # a figure that is misread seldom parses
        "blank": claim.value is None and claim.problem is None,
        "check-digit": kind == "uscc" and claim.value is not None and claim.problem is None,
        _KINDS.get(kind, "text"): claim.value is not None,
    }
    return signs | {sign: 1.0 for sign, holds in held.items() if holds and sign in SIGNS}
