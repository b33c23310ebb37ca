"""Values that stand at an edge: had the page been found a little more or less askew, it would say something else.

Where a table has no rules, its rows and columns are told from where lines stand. No page is found quite straight; a
value that an error of that size would change is no surer than that, however clear its characters are (docs/ocr.md).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from extractors.doubts import amiss
from extractors.lines import shifted
from extractors.turned import moved
from pipeline.model import BBox, Document, FieldValue, Method, Page, Row

_ERROR = 0.0014  # radians, 0.08 degrees: the skew that is found lies a third as far from the true one on average


def leaning(documents: Sequence[Document]) -> Iterator[tuple[Document, ...]]:
    """The documents with their recognised pages turned a little to either side; none where no page was recognised."""
    if any(page.method is Method.OCR for document in documents for page in document.pages):
        for angle in (-_ERROR, _ERROR):
            yield tuple(
                replace(document, pages=tuple(_leant(page, angle) for page in document.pages)) for document in documents
            )


def _leant(page: Page, angle: float) -> Page:
    if page.method is not Method.OCR:
        return page
    across, down = (page.width or 0) / 2, (page.height or 0) / 2

    def move(box: BBox) -> BBox:
        right, low = angle * (down - (box.top + box.bottom) / 2), angle * ((box.x0 + box.x1) / 2 - across)
        return shifted(box, right, low)

    return moved(page, move)


def with_doubts(claims: Sequence[FieldValue], others: Sequence[Sequence[FieldValue]]) -> tuple[FieldValue, ...]:
    """The claims, those amiss that one of the other readings has otherwise; and what only another one states, amiss."""
    stated = {claim.name for claim in claims if _is_stated(claim)}
    more = _first_of_each(
        claim for other in others for claim in other if _is_stated(claim) and claim.name not in stated
    )
    own = [claim for claim in claims if claim.name not in more]
    return (*(_weighed(claim, others) for claim in own), *(amiss(claim) for claim in more.values()))


def _is_stated(claim: FieldValue) -> bool:
    return claim.value is not None and claim.value != ()


def _first_of_each(claims: Iterable[FieldValue]) -> dict[str, FieldValue]:
    found: dict[str, FieldValue] = {}
    for claim in claims:
        found.setdefault(claim.name, claim)
    return found


def _weighed(claim: FieldValue, others: Sequence[Sequence[FieldValue]]) -> FieldValue:
    """A claim, in doubt where one of the others has none of its name that says the same; a table cell by cell."""
    for other in others:
        namesakes = [each for each in other if each.name == claim.name]
        if claim.rows:
            like = next((each for each in namesakes if len(each.rows) == len(claim.rows)), None)
            claim = _with_rows(claim, like.rows) if like else amiss(claim)
        elif all(each.value != claim.value for each in namesakes):
            claim = amiss(claim)
    return claim


def _with_rows(claim: FieldValue, others: Sequence[Row]) -> FieldValue:
    rows: list[Row] = [
        {name: cell if name in other and other[name].value == cell.value else amiss(cell) for name, cell in row.items()}
        for row, other in zip(claim.rows, others, strict=True)
    ]
    return replace(claim, value=tuple(rows))
