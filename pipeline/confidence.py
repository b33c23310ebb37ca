"""How sure a recognised value is: the probability that it is right, reckoned from what its reading shows.

A recogniser's own score is no probability: it stands at 0.98 and more beside wrong characters, and says nothing of a
line too many in a paragraph. So a logistic regression weighs a handful of signs. Its weights are data,
`data/confidence.toml`, fitted on labelled scans of the dev half and tested on the other (`make calibration`,
docs/ocr.md); the default review threshold comes with them.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path

from pipeline.model import Bounds, FieldSpec, FieldValue, Method, Row

PARAMETERS = Path(__file__).parent / "data" / "confidence.toml"
# A code whose check digit is wrong was misread, or the applicant made a mistake: how often which, no test data tells.
# One reading of it is not enough; a second that agrees says that it is printed so.
CHECK_DIGIT_WRONG = 0.85
_LEAST_SURE, _SUREST = 0.01, 0.9999  # scores beyond tell nothing more
# A value or a blank with a character that the recogniser itself doubts: 95 in 100 are right, no sign tells which.
DOUBTED = 0.95
_DOUBTS_UP_TO = 0.8  # which is the most that two readings that differ are worth (extractors/second_reading.py)
_UNCLEAR = 0.5  # the most that a line with an unclear mark is worth (extractors/checkboxes.py)
_AMISS = 0.5  # the most that a cell is worth whose table was cut in the wrong place: five in six are wrong
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
    "bias", "sureness", "sureness-words", "clarity", "length", "lines", "figure", "date", "choice", "code",
    "blank", "check-digit", "reckoned",
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


def clarity(claims: Sequence[FieldValue]) -> float:
    """How clearly a form was read, by the mean `sureness` of all that it states; 0 where nothing was recognised."""
    cells = [cell for claim in claims for row in claim.rows for cell in row.values()]
    stated = (each for each in (*claims, *cells) if each.evidence.method is Method.OCR and not each.rows)
    sure = [sureness(each.confidence) for each in stated if each.value is not None]
    return sum(sure) / len(sure) if sure else 0.0


def sureness(score: float) -> float:
    """The decimal logarithm of a score's odds, -2 to 4."""
    bounded = min(max(score, _LEAST_SURE), _SUREST)
    return math.log10(bounded / (1 - bounded))


def judged(spec: FieldSpec, claim: FieldValue, clear: float) -> FieldValue:
    """A claim as extraction gives it, its recogniser's score made the probability that it is right; `clear` is the
    `clarity` of the form that it stands in.

    What was not recognised from pixels stays as it is. A table is as sure as its least sure cell.
    """
    if claim.evidence.method is not Method.OCR:
        return claim
    if spec.kind == "table" and isinstance(claim.value, tuple) and claim.value:
        columns = {column.name: column for column in spec.columns}
        rows: list[Row] = [
            {name: judged(columns[name], cell, clear) for name, cell in row.items()} for row in claim.rows
        ]
        sure = min((cell.confidence for row in rows for cell in row.values()), default=1.0)
        return replace(claim, value=tuple(rows), evidence=replace(claim.evidence, confidence=sure))
    sure = min(model().probability(signs_of(spec.kind, claim, clear)), ceiling(spec.kind, claim))
    return replace(claim, evidence=replace(claim.evidence, confidence=sure, lines=_judged_lines(spec, claim, clear)))


def _judged_lines(spec: FieldSpec, claim: FieldValue, clear: float) -> tuple[float, ...]:
    """Each line's probability of being right, as if it were the whole value; none where lines were put together."""
    texts = (claim.raw or "").split("\n")
    if len(texts) != len(claim.evidence.lines):
        return ()
    lines = (
        replace(claim, raw=text, evidence=replace(claim.evidence, confidence=score))
        for text, score in zip(texts, claim.evidence.lines, strict=True)
    )
    return tuple(min(model().probability(signs_of(spec.kind, line, clear)), ceiling(spec.kind, line)) for line in lines)


def ceiling(kind: str, claim: FieldValue) -> float:
    """The most that a recognised value is worth, whatever its signs say: what is for people to settle."""
    if claim.evidence.bounds is Bounds.AMISS:
        return _AMISS
    if claim.problem is not None and claim.problem.code == "check-digit":
        return CHECK_DIGIT_WRONG
    if _KINDS.get(kind) == "choice" and claim.confidence <= _UNCLEAR:
        return claim.confidence  # a mark that nobody can tell, however often the guess is right
    return DOUBTED if claim.confidence <= _DOUBTS_UP_TO else 1.0


def signs_of(kind: str, claim: FieldValue, clear: float) -> dict[str, float]:
    """What speaks for and against a recognised value of that kind; signs that are absent do not stand in it.

    ``sureness`` is that of its least sure character, once more in ``sureness-words`` where it is words: a figure that
    is misread seldom parses, a name always does. ``clarity`` is the form's; ``length`` is log2 of its characters and
    one, ``lines`` the line breaks in it; the others are 1 where they hold.
    """
    text, sure = claim.raw or "", sureness(claim.confidence)
    signs = {
        "bias": 1.0,
        "sureness": sure,
        "sureness-words": sure if kind not in _KINDS and claim.value is not None else 0.0,
        "clarity": clear,
        "length": math.log2(len(text) + 1),
        "lines": float(text.count("\n")),
    }
    held = {
        "blank": claim.value is None and claim.problem is None,
        "reckoned": claim.evidence.bounds is not Bounds.SEEN,
        "check-digit": kind == "uscc" and claim.value is not None and claim.problem is None,
        _KINDS.get(kind, "text"): claim.value is not None,
    }
    return signs | {sign: 1.0 for sign, holds in held.items() if holds and sign in SIGNS}
