"""The claims of an application's documents → its record: every claim kept, the one in force first."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from pipeline.confidence import clarity, judged
from pipeline.model import (
    ApplicationRecord,
    FieldValue,
    Filing,
    Method,
    Programme,
    Submission,
    Value,
)
from pipeline.normalise_base import fold

# A scan of a text that we have as a file too differs by what was misread; its figures must agree, the rest nearly.
_SHORT, _NEARLY = 6, 0.9
# What other applications' checks, those of the cities' lists, headings and letters ask of an application.
WHO = (
    *("applicant_name", "project_name", "direction", "uscc", "city", "registered_address"),
    *("contact_name", "contact_phone", "contact_email"),
)


def assemble(
    application_id: str,
    programme: Programme,
    direction: str | None,
    submission: Submission,
    filings: Sequence[Filing],
    claims: Sequence[Sequence[FieldValue]],
    received_at: datetime | None,
    supersedes: str | None = None,
    earlier: tuple[str, ...] = (),
) -> ApplicationRecord:
    """The record of one application. `claims` are those of each form, the best document's first, in reading order.

    In force is a value before a blank, what a person corrected before what was read, what stands in a file's own
    text before what was recognised from pixels, and then the better document's first. Where places agree on it,
    its confidence is that of their not all being wrong: 1 - (1 - a)(1 - b).
    """
    specs = {spec.name: spec for spec in programme.fields}
    in_order: dict[str, list[FieldValue]] = {name: [] for name in specs}
    for document in claims:
        clear = clarity(document)
        for claim in document:
            in_order[claim.name].append(judged(specs[claim.name], claim, clear))
    return ApplicationRecord(
        application_id=application_id,
        programme=programme.id,
        direction=direction,
        received_at=received_at,
        submission=submission,
        filings=tuple(filings),
        claims={name: _ranked(found) for name, found in in_order.items() if found},
        supersedes=supersedes,
        earlier=earlier,
    )


def abridged(record: ApplicationRecord) -> ApplicationRecord:
    """Who an application is: the record with nothing but the claims of WHO. A run holds all of these, and whole records
    one at a time."""
    return replace(record, claims={name: record.claims[name] for name in WHO if name in record.claims})


def conflicts(record: ApplicationRecord) -> Mapping[str, tuple[FieldValue, ...]]:
    """For each field the claims that contradict the one in force."""
    found: dict[str, tuple[FieldValue, ...]] = {}
    for name, (first, *others) in ((name, claims) for name, claims in record.claims.items() if claims):
        contrary = tuple(other for other in others if not agree(first, other))
        if contrary:
            found[name] = contrary
    return found


def is_settled(in_force: FieldValue, contrary: FieldValue) -> bool:
    """Whether the claim in force stands against a contrary one: corrected by hand, or read from text and not pixels."""
    return _source(in_force) < _source(contrary)


def agree(one: FieldValue, other: FieldValue) -> bool:
    """Whether two claims say the same; a blank contradicts nothing."""
    if one.value is None or other.value is None or () in (one.value, other.value):
        return True
    is_scan_of_text = (one.evidence.method is Method.OCR) != (other.evidence.method is Method.OCR)
    if isinstance(one.value, date) and isinstance(other.value, date) and (_month_only(one) or _month_only(other)):
        return one.value.timetuple()[:2] == other.value.timetuple()[:2]
    return _same(one.value, other.value, nearly=is_scan_of_text)


def _same(one: Value, other: Value, *, nearly: bool) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return fold(one) == fold(other) or (nearly and _nearly(fold(one), fold(other)))
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(
            _same_row(a, b) if isinstance(a, Mapping) and isinstance(b, Mapping) else a == b
            for a, b in zip(one, other, strict=True)
        )
    return one == other


def _same_row(one: Mapping[str, FieldValue], other: Mapping[str, FieldValue]) -> bool:
    return all(agree(one[column], other[column]) for column in one.keys() & other.keys())


def _nearly(one: str, other: str) -> bool:
    if one.isascii() or min(len(one), len(other)) < _SHORT or re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return False
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio() >= _NEARLY


def _month_only(claim: FieldValue) -> bool:
    return claim.problem is not None and claim.problem.code == "month-only"


def _is_empty(claim: FieldValue) -> bool:
    return claim.value in (None, ())


def _source(claim: FieldValue) -> int:
    """People before files, files before pixels."""
    return {Method.HUMAN: 0, Method.OCR: 2}.get(claim.evidence.method, 1)


def _ranked(claims: Sequence[FieldValue]) -> tuple[FieldValue, ...]:
    first, *others = sorted(claims, key=lambda c: (_is_empty(c), c.problem is None and _is_empty(c), _source(c)))
    return (_confirmed(first, others), *others)


def _confirmed(first: FieldValue, others: Sequence[FieldValue]) -> FieldValue:
    stated = [other for other in others if not _is_empty(other)]
    if first.value is None or _is_empty(first) or not all(agree(first, other) for other in stated):
        return first
    doubt = 1.0 - first.confidence
    for other in stated:
        if other.value is not None and _same(first.value, other.value, nearly=False):
            doubt *= 1.0 - other.confidence
    return replace(first, evidence=replace(first.evidence, confidence=1.0 - doubt))
