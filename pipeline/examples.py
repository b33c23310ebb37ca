"""The worked examples of a programme as applications, and whether its criteria find in them what they are to show.

An example starts from the programme's sound application of its direction and states what differs; "" is a blank.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from pipeline.assemble import assemble
from pipeline.checks import CHECKS
from pipeline.checks.given import Context, Finding
from pipeline.checks.wording import said
from pipeline.city_lists import CityList, read_city_lists
from pipeline.model import (
    CHINA,
    ApplicationRecord,
    Cell,
    Criterion,
    Document,
    Evidence,
    Example,
    FieldSpec,
    FieldValue,
    Line,
    Method,
    Page,
    Period,
    Problem,
    Programme,
    Row,
    Submission,
    Table,
    Value,
)
from pipeline.narrative import Figure
from pipeline.places import cities
from pipeline.registries import Listed, Registries, index
from pipeline.review import context_of, find, find_in_list, words

DOUBTFUL_CONFIDENCE = 0.5
_REVIEWED = {
    "completeness": "材料完整性",
    "match": "匹配性",
    "truth": "真实性",
    "credit": "企业社会信用",
    "site": "现场核验结果",
}


def failed_examples(programme: Programme, figures: Callable[[str], Sequence[Figure]] | None = None) -> list[str]:
    """Each worked example whose outcome is another than it states, and each message that no example brings about."""
    mistakes = []
    for criterion in programme.criteria:
        keys: set[str] = set()
        for example in criterion.examples:
            try:
                found = find_in_example(programme, criterion, example, figures)
                for finding in found:
                    words(criterion, finding, programme)
            except Exception as error:  # a parameter that the check needs, a {name} that it does not fill in …
                mistakes.append(f"{criterion.id}, example {example.title}: {type(error).__name__}: {error}")
                continue
            keys |= {finding.key for finding in found}
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
    context = context_of((record, *others), around(programme, example, figures))
    if criterion.function in CHECKS:
        return find(record, criterion, context)
    return tuple(found.finding for one in context.city_lists for found in find_in_list(criterion, one, context))


def around(programme: Programme, example: Example, figures: Callable[[str], Sequence[Figure]] | None = None) -> Context:
    """The lists that stand around the example's application."""
    registries = _registries(example.given.get("registries"))
    return Context(programme, registries, _city_lists(programme, example.given), figures)


def records_of(programme: Programme, example: Example) -> tuple[ApplicationRecord, tuple[ApplicationRecord, ...]]:
    """The example's application, and the others of its run."""
    given = dict(example.given)
    stated = given.pop("others", [])
    others = [{**given, **other} for other in stated if isinstance(other, dict)] if isinstance(stated, list) else []
    return (
        _record(programme, "example", given),
        tuple(_record(programme, f"other-{n}", other) for n, other in enumerate(others, start=1)),
    )


def _city_lists(programme: Programme, given: Mapping[str, object]) -> tuple[CityList, ...]:
    """The city's list of an example: rows that recommend its application, with what each states otherwise."""
    rows = given.get("city_list")
    if not isinstance(rows, list):
        return ()
    heads = ("推荐优先级", "申报方向", "项目名称", "申报单位", "统一社会信用代码")
    names = dict(zip(("priority", "direction", "project", "applicant", "uscc"), heads, strict=True)) | _REVIEWED
    direction = next(o.labels[0] for o in programme.directions if o.code == given["direction"])
    alike = ("1", direction, given["project_name"], given["applicant_name"], given["uscc"])
    sound = dict(zip(heads, map(str, alike), strict=True)) | dict.fromkeys(_REVIEWED.values(), "通过")
    texts = [[f"{given['city']}项目推荐汇总表"], list(sound)]
    texts += [list({**sound, **{names[key]: text for key, text in row.items()}}.values()) for row in rows]
    cells = [
        Cell(number, column, 1, 1, (Line(text),))
        for number, row in enumerate(texts, start=1)
        for column, text in enumerate(row, start=1)
    ]
    page = Page(1, Method.XLSX, (Table(tuple(cells)),), title="推荐汇总表")
    document = Document("1" * 64, "application/xlsx", "example", (page,), 1)
    found = read_city_lists(document, programme, "list", None)
    return found or (CityList(next(iter(cities(str(given["city"])))), "list", None, ()),)


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
        value, problem = self.value(spec, stated), None
        read = said(spec, value) if value is not None and spec.options else str(stated)
        raw = str(self.unreadable.get(name, read))
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
