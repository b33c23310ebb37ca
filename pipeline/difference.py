"""What one run says that an earlier one did not: exceptions new and resolved, and by what; values changed. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pipeline.model import EXCEPTIONS, Check
from pipeline.snapshots import Contents, Kept, Snapshot, Told


class Cause(StrEnum):
    """Why an application's checks may come out otherwise, the more telling first; the names of `Kept.causes`."""

    RESUBMISSION = "resubmission"  # other files, or more
    CORRECTION = "correction"  # by staff
    READING = "reading"  # the same files are read otherwise
    NEIGHBOURS = "neighbours"  # other applications of the same applicant
    CITY_LIST = "city_list"
    REGISTRIES = "registries"
    PROGRAMME = "programme"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Resolved:
    """An exception of the earlier run that is no more, by whom it was about and what resolved it."""

    check: Check
    applicant: str
    direction: str
    cause: Cause | None  # None for one of a file or a city's list


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A value that is another now; empty words stand for a blank or a field that is not there."""

    application_id: str
    first_id: str
    applicant: str
    field: str
    label: str
    before: str
    after: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class Difference:
    """One run against an earlier one, `basis`; `new` and `waived` are exception_ids, the latter waived since.
    Applications that only one of the two covers are counted, not compared."""

    basis: str
    new: frozenset[str] = frozenset()
    waived: frozenset[str] = frozenset()
    resolved: tuple[Resolved, ...] = ()
    changes: tuple[FieldChange, ...] = ()
    arrived: int = 0
    left_out: int = 0


def cause_of(before: Kept, after: Kept) -> Cause | None:
    """The first cause that differs; None when all are the same."""
    return next((cause for cause in Cause if before.causes.get(cause) != after.causes.get(cause)), None)


def compare(
    basis: str,
    before: Contents,
    after: Contents,
    checks: Callable[[str], tuple[Check, ...]],
    snapshot: Callable[[str], Snapshot],
) -> Difference:
    """The difference of two runs; results are asked for by key, and only where the keys differ."""
    new = _ids(checks(after.others)) - _ids(checks(before.others))
    gone = _ids(checks(before.others)) - _ids(checks(after.others))
    resolved = [Resolved(check, "", "", None) for check in checks(before.others) if check.exception_id in gone]
    changes: list[FieldChange] = []
    arrived = left_out = 0
    for old, now in _pairs(before, after):
        if old is None and now is not None:
            arrived += 1
            new |= _ids(checks(now.checks))
        elif now is None:
            left_out += 1
        elif old is not None and (cause := cause_of(old, now)):
            was, is_now = snapshot(old.snapshot), snapshot(now.snapshot)
            new |= _ids(checks(now.checks)) - _ids(checks(old.checks))
            resolved.extend(_resolved(checks(old.checks), _ids(checks(now.checks)), was, cause))
            changes.extend(_changes(was, is_now, cause))
    return Difference(basis, frozenset(new), frozenset(), tuple(resolved), tuple(changes), arrived, left_out)


def _pairs(before: Contents, after: Contents) -> Iterator[tuple[Kept | None, Kept | None]]:
    older = {kept.first_id: kept for kept in before.applications}
    newer = {kept.first_id: kept for kept in after.applications}
    yield from ((older.get(key), newer.get(key)) for key in dict.fromkeys((*newer, *older)))


def _ids(checks: Iterable[Check]) -> set[str]:
    return {check.exception_id for check in checks if check.outcome in EXCEPTIONS}


def _resolved(checks: Iterable[Check], still: set[str], was: Snapshot, cause: Cause) -> Iterator[Resolved]:
    for check in checks:
        if check.outcome in EXCEPTIONS and check.exception_id not in still:
            yield Resolved(check, was.applicant, was.direction, cause)


def _changes(was: Snapshot, is_now: Snapshot, cause: Cause) -> Iterator[FieldChange]:
    for name in dict.fromkeys((*was.fields, *is_now.fields)):
        before, after = _words(was.fields, name), _words(is_now.fields, name)
        if before != after:
            label = (is_now.fields.get(name) or was.fields[name]).label
            yield FieldChange(
                is_now.application_id, is_now.first_id, is_now.applicant, name, label, before, after, cause
            )


def _words(fields: Mapping[str, Told], name: str) -> str:
    return fields[name].words if name in fields else ""
