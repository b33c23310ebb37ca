"""The worked examples of a programme as applications, and whether its criteria find in them what they are to show.

An example starts from the programme's sound application of its direction and states what differs; "" is a blank.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from pipeline.assemble import assemble
from pipeline.checks.given import Context, Finding
from pipeline.model import (
    CHINA,
    ApplicationRecord,
    Criterion,
    Evidence,
    Example,
    FieldSpec,
    FieldValue,
    Method,
    Period,
    Problem,
    Programme,
    Row,
    Submission,
    Value,
)
from pipeline.narrative import Figure
from pipeline.registries import Listed, Registries, index
from pipeline.review import context_of, find, words

DOUBTFUL_CONFIDENCE = 0.5


def failed_examples(programme: Programme, figures: Callable[[str], Sequence[Figure]] | None = None) -> list[str]:
    """Each worked example whose outcome is another than it states, and each message that no example brings about."""
    mistakes = []
    for criterion in programme.criteria:
        keys: set[str] = set()
        for example in criterion.examples:
            found = find_in_example(programme, criterion, example, figures)
            keys |= {finding.key for finding in found}
            for finding in found:
                words(criterion, finding, programme)
            outcomes = {finding.outcome for finding in found}
            if outcomes != {example.outcome}:
                told = ", ".join(sorted(outcomes))
                mistakes.append(f"{criterion.id}, example {example.title}: {told} instead of {example.outcome}")
        mistakes += [f"{criterion.id}: no example brings about {key}" for key in criterion.messages if key not in keys]
    return mistakes


def find_in_example(
    programme: Programme,
    criterion: Criterion,
    example: Example,
    figures: Callable[[str], Sequence[Figure]] | None = None,
) -> tuple[Finding, ...]:
    """What the criterion finds in its example."""
    record, others = records_of(programme, example)
    context = Context(programme, registries=_registries(example.given.get("registries")), figures=figures)
    return find(record, criterion, context_of((record, *others), context))


def records_of(programme: Programme, example: Example) -> tuple[ApplicationRecord, tuple[ApplicationRecord, ...]]:
    """The example's application, and the others of its run."""
    given = dict(example.given)
    stated = given.pop("others", [])
    others = [{**given, **other} for other in stated if isinstance(other, dict)] if isinstance(stated, list) else []
    return (
        _record(programme, "example", given),
        tuple(_record(programme, f"other-{n}", other) for n, other in enumerate(others, start=1)),
    )


def _registries(rows: object) -> Registries | None:
    if not isinstance(rows, list):
        return None
    keys = ("name", "uscc", "reason")
    listed = (Listed("名单", number, *(row.get(key, "") for key in keys)) for number, row in enumerate(rows, start=2))
    return index(listed, ("名单",))


def _record(programme: Programme, application_id: str, given: Mapping[str, object]) -> ApplicationRecord:
    conflict, received, direction = given.get("conflict", {}), given.get("received_at"), given.get("direction")
    claims = list(_claims(programme, given, given, "第1页"))
    contrary = list(_claims(programme, conflict, {}, "第2页")) if isinstance(conflict, dict) else []
    return assemble(
        application_id=application_id,
        programme=programme,
        direction=str(direction) if direction else None,
        submission=Submission("example", None, None, "", "", "", (), ()),
        filings=(),
        claims=(claims, contrary),
        received_at=received.replace(tzinfo=received.tzinfo or CHINA) if isinstance(received, datetime) else None,
    )


def _claims(
    programme: Programme, stated: Mapping[str, object], example: Mapping[str, object], place: str
) -> Iterator[FieldValue]:
    reading = _Reading(example, place)
    for spec in programme.fields:
        if spec.name in stated:
            yield reading.claim(spec, stated[spec.name], spec.name)


class _Reading:
    """How an example's file was read: which values doubtfully, which not at all, from text or from pixels."""

    def __init__(self, example: Mapping[str, object], place: str) -> None:
        unreadable = example.get("unreadable", {})
        self.doubtful = _names(example, "doubtful")
        self.only_month = _names(example, "only_month")
        self.unreadable = unreadable if isinstance(unreadable, dict) else {}
        self.method = Method.OCR if example.get("scanned") else Method.DOCX
        self.place = place

    def claim(self, spec: FieldSpec, stated: object, name: str) -> FieldValue:
        raw = str(self.unreadable.get(name, stated))
        value, problem = self.value(spec, stated), None
        if name in self.unreadable:
            value, problem = None, Problem("unreadable", f"“{raw}”读不出")
        if name in self.only_month:
            problem = Problem("month-only", f"“{raw}”只写到月")
        confidence = DOUBTFUL_CONFIDENCE if name in self.doubtful else 1.0
        evidence = Evidence("0" * 64, self.method, None, self.place, None, raw, confidence)
        return FieldValue(spec.name, raw, value, evidence, None, problem)

    def value(self, spec: FieldSpec, stated: object) -> Value | None:
        """What TOML states as a value of the field's kind; "" is a blank."""
        match stated:
            case "":
                return None
            case Decimal() | int() if spec.kind == "money":
                return Decimal(stated).quantize(Decimal("0.01"))
            case Decimal() | int() | date():
                return stated
            case {"start": date() as start, "end": date() as end}:
                return Period(start, end)
            case list() if spec.kind == "table":
                return tuple(self.row(spec, row) for row in stated)
            case list():
                return tuple(str(code) for code in stated)
            case _:
                return str(stated)

    def row(self, table: FieldSpec, stated: Mapping[str, object]) -> Row:
        return {
            column.name: self.claim(column, stated[column.name], f"{table.name}.{column.name}")
            for column in table.columns
            if column.name in stated
        }


def _names(example: Mapping[str, object], circumstance: str) -> tuple[str, ...]:
    names = example.get(circumstance, [])
    return tuple(str(name) for name in names) if isinstance(names, list) else ()
