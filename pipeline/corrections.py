"""Values that people put right: replayed on every run over what was read, and flagged when their source changes.

A field is addressed by its name, a cell of a table by ``table[row].column``, rows counted from 1.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from pipeline.assemble import agree
from pipeline.model import (
    ApplicationRecord,
    Correction,
    Evidence,
    FieldSpec,
    FieldValue,
    Method,
    Programme,
    Row,
)
from pipeline.normalise import normalise
from pipeline.normalise_base import Normalised

_ADDRESS = re.compile(r"(?P<table>\w+)\[(?P<row>\d{1,6})\]\.(?P<column>\w+)")


class State(StrEnum):
    """How a correction stands to what is read now."""

    APPLIED = "applied"  # what it replaced is what is read
    REREAD = "reread"  # the same file is read otherwise now; the person's value still holds
    CARRIED = "carried"  # another file stands in the place of the one that it put right, and reads the same
    STALE = "stale"  # another file stands there and reads otherwise: the person's value is not applied


@dataclass(frozen=True, slots=True)
class Replayed:
    """A correction in a run: its state, the reading under it, and whether that says the same by now."""

    correction: Correction
    state: State
    reading: FieldValue | None
    confirmed: bool = False


def corrected(
    record: ApplicationRecord, corrections: Iterable[Correction], programme: Programme
) -> tuple[ApplicationRecord, tuple[Replayed, ...]]:
    """The record with its corrections in force before everything that was read, and what became of each."""
    replayed = []
    for correction in corrections:
        spec, reading = spec_at(programme, correction.field), claim_at(record, correction.field)
        value = read_by_hand(spec, correction.raw or "") if spec else None
        if spec is None or value is None or (value.problem and value.value is None):
            replayed.append(Replayed(correction, State.STALE, reading))  # the form has changed since
            continue
        claim = _by_hand(record, spec, correction, reading, value)
        state = _state(record, correction, reading)
        same = reading is not None and reading.value is not None and agree(claim, reading)
        replayed.append(Replayed(correction, state, reading, same))
        if state is not State.STALE:
            record = _put(record, correction.field, claim)
    return record, tuple(replayed)


def spec_at(programme: Programme, address: str) -> FieldSpec | None:
    """The field or column at an address; None when the form has none such, or it is a whole table."""
    cell = _ADDRESS.fullmatch(address)
    name = cell["table"] if cell else address
    spec = next((spec for spec in programme.fields if spec.name == name), None)
    if spec and cell:
        return next((column for column in spec.columns if column.name == cell["column"]), None)
    return None if spec is None or spec.kind == "table" else spec


def label_at(programme: Programme, address: str) -> str:
    """The form's own label, for a cell 表·列 第n行; the address itself where the form has none such."""
    cell = _ADDRESS.fullmatch(address)
    spec, table = spec_at(programme, address), cell["table"] if cell else ""
    above = next((field.labels[0] for field in programme.fields if field.name == table), "")
    if spec is None:
        return address
    return f"{above}·{spec.labels[0]} 第{cell['row']}行" if cell else spec.labels[0]


def claim_at(record: ApplicationRecord, address: str) -> FieldValue | None:
    """The claim in force at an address."""
    cell = _ADDRESS.fullmatch(address)
    if not cell:
        return record.get(address)
    rows = table_rows(record.get(cell["table"]))
    number = int(cell["row"])
    return rows[number - 1].get(cell["column"]) if 0 < number <= len(rows) else None


def table_rows(claim: FieldValue | None) -> tuple[Row, ...]:
    """A table's rows; none of anything else."""
    return claim.rows if claim else ()


def addresses(record: ApplicationRecord, name: str) -> tuple[str, ...]:
    """The addresses that a field, a table or ``table.column`` stands for in a record."""
    table, _, column = name.partition(".")
    rows = table_rows(record.get(table))
    if not rows:
        return () if column else (name,)
    return tuple(
        f"{table}[{number}].{key}"
        for number, row in enumerate(rows, start=1)
        for key in row
        if not column or key == column
    )


def read_by_hand(spec: FieldSpec, raw: str) -> Normalised:
    """What a person wrote as a value of the field; the code of an answer stands for its words."""
    words = {option.code: option.labels[0] for option in spec.options}
    return normalise(spec, words.get(raw.strip(), raw), None, ocr=False)


def _state(record: ApplicationRecord, correction: Correction, reading: FieldValue | None) -> State:
    cell = _ADDRESS.fullmatch(correction.field)
    is_gone = cell is not None and int(cell["row"]) > len(table_rows(record.get(cell["table"])))
    is_same = (reading.raw if reading else None) == correction.replaced_raw
    if correction.replaced_sha256 in {filing.sha256 for filing in record.filings} and not is_gone:
        return State.APPLIED if is_same else State.REREAD
    return State.CARRIED if is_same and reading and not is_gone else State.STALE


def _by_hand(
    record: ApplicationRecord, spec: FieldSpec, correction: Correction, reading: FieldValue | None, value: Normalised
) -> FieldValue:
    place = reading.evidence if reading else Evidence(correction.replaced_sha256, Method.HUMAN, None, "", None, "", 1.0)
    evidence = replace(place, method=Method.HUMAN, confidence=1.0)  # the quote is still what stands there
    return FieldValue(spec.name, correction.raw, value.value, evidence, value.unit, value.problem)


def _put(record: ApplicationRecord, address: str, claim: FieldValue) -> ApplicationRecord:
    cell = _ADDRESS.fullmatch(address)
    if not cell:
        claims = {**record.claims, address: (claim, *record.claims.get(address, ()))}
        direction = claim.value if address == "direction" and isinstance(claim.value, str) else record.direction
        return replace(record, claims=claims, direction=direction)
    name, number = cell["table"], int(cell["row"])
    table, *others = record.claims[name]
    rows = tuple(
        {**row, cell["column"]: claim} if at == number else row for at, row in enumerate(table_rows(table), start=1)
    )
    return replace(record, claims={**record.claims, name: (replace(table, value=rows), *others)})
