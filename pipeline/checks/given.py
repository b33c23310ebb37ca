"""What a check is given, and what it finds."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeVar

from pipeline.city_lists import CityList
from pipeline.model import (
    ApplicationRecord,
    Criterion,
    Evidence,
    FieldSpec,
    FieldValue,
    Outcome,
    Period,
    Programme,
    Value,
)
from pipeline.narrative import Figure
from pipeline.recommended import Recommendation
from pipeline.registries import Registries

T = TypeVar("T")
Cells = Mapping[str, Value | None]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: the key of a message of its criterion, and what the message's {names} stand for.

    The key begins with the outcome (``fail-branch``). `fields` are those that it is about, when these are not all
    that the criterion reads; `evidence` is what stands elsewhere than in the claims in force. `is_ours` where the
    applicant cannot settle it: what was sent may be sound, and our reading of it is in doubt.
    """

    key: str
    fills: Mapping[str, object] = field(default_factory=dict)
    claimed: str = ""
    expected: str = ""
    fields: tuple[str, ...] | None = None
    evidence: tuple[Evidence, ...] = ()
    is_ours: bool = False

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.key.partition("-")[0])


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around an application: the programme, the others of its applicant, the lists of others."""

    programme: Programme
    registries: Registries | None = None
    city_lists: tuple[CityList, ...] = ()  # those in force, one a city
    figures: Callable[[str], Sequence[Figure]] | None = None  # reads free text; None leaves it unread
    records: tuple[ApplicationRecord, ...] = ()
    by_uscc: Mapping[str, tuple[ApplicationRecord, ...]] = field(default_factory=dict)
    recommendations: tuple[Recommendation, ...] = ()
    recommended: Mapping[str, Recommendation] = field(default_factory=dict)  # by application

    @property
    def threshold(self) -> float:
        return float(str(self.programme.parameters["review_threshold"]))


@dataclass(frozen=True, slots=True)
class Given:
    """One application before one criterion. What the criterion reads is there and trusted: the gate saw to that."""

    record: ApplicationRecord
    criterion: Criterion
    context: Context

    def claim(self, name: str) -> FieldValue | None:
        return self.record.get(name)

    def value(self, name: str, kind: type[T]) -> T:
        """The field's value in force. Raises TypeError when the gate let something else through: a defect."""
        value = self.record.value(name)
        if not isinstance(value, kind):
            raise TypeError(f"{name} is {value!r}, not a {kind.__name__}")
        return value

    def text(self, name: str) -> str:
        return self.value(name, str)

    def money(self, name: str) -> Decimal:
        return self.value(name, Decimal)

    def day(self, name: str) -> date:
        return self.value(name, date)

    def period(self, name: str) -> Period:
        return self.value(name, Period)

    def codes(self, name: str) -> tuple[str, ...]:
        """The code of a choice or the codes of choices."""
        value = self.record.value(name)
        return (value,) if isinstance(value, str) else tuple(c for c in self.value(name, tuple) if isinstance(c, str))

    def rows(self, name: str) -> tuple[Cells, ...]:
        """A table's rows as plain values, in the form's order; none when it is blank."""
        value = self.record.value(name)
        if value is None:
            return ()
        return tuple(
            {column: cell.value for column, cell in row.items()}
            for row in self.value(name, tuple)
            if isinstance(row, Mapping)
        )

    def number(self, name: str) -> Decimal:
        """A parameter of the criterion that is a number."""
        return Decimal(str(self.criterion.parameters[name]))

    def words(self, name: str) -> tuple[str, ...]:
        """A parameter of the criterion that is a word or a list of words."""
        value = self.criterion.parameters[name]
        return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else ()

    def date_of(self, name: str) -> date:
        """A parameter of the criterion that is a day."""
        value = self.criterion.parameters[name]
        if not isinstance(value, date):
            raise TypeError(f"{self.criterion.id}: parameter {name} is no date")
        return value

    def spec(self, name: str) -> FieldSpec:
        """The field, or for ``table.column`` the column."""
        table, _, column = name.partition(".")
        spec = next(spec for spec in self.context.programme.fields if spec.name == table)
        return next(c for c in spec.columns if c.name == column) if column else spec

    def label(self, name: str) -> str:
        return self.spec(name).labels[0]

    def option(self, name: str, code: str) -> str:
        """The form's own words for an answer."""
        return next((o.labels[0] for o in self.spec(name).options if o.code == code), code)

    def cells(self, table: str, column: str) -> Iterator[tuple[int, FieldValue | None]]:
        """A column's claims with the row's number, counted from 1."""
        value = self.record.value(table)
        rows = value if isinstance(value, tuple) else ()
        for number, row in enumerate((r for r in rows if isinstance(r, Mapping)), start=1):
            yield number, row.get(column)


Found = Finding | tuple[Finding, ...]
CheckFunction = Callable[[Given], Found]
