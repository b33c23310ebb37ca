"""Which row of which city's list recommends which application."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.city_lists import CityList, CityRow
from pipeline.companies import company_key
from pipeline.model import ApplicationRecord
from pipeline.normalise_base import fold
from pipeline.places import cities


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A row of a city's list, and the application that it recommends, if one came in."""

    city_list: CityList
    row: CityRow
    record: ApplicationRecord | None


_Key = Callable[[str | None, str, str, str], Hashable]
# What tells that a row and an application are one, the surest first. A project's name alone does not.
_KEYS: tuple[_Key, ...] = (
    lambda direction, uscc, applicant, project: direction and uscc and applicant and (direction, uscc, project),
    lambda direction, uscc, applicant, project: direction and uscc and (direction, uscc),
    lambda direction, uscc, applicant, project: direction and applicant and (direction, applicant),
    lambda direction, uscc, applicant, project: uscc and project and (uscc, project),
    lambda direction, uscc, applicant, project: applicant and project and (applicant, project),
)


def recommendations(lists: Iterable[CityList], records: Sequence[ApplicationRecord]) -> tuple[Recommendation, ...]:
    """Each row with its application: no application twice, and a surer match before a weaker one."""
    rows = [(one, row) for one in lists for row in one.rows]
    matched: dict[int, ApplicationRecord] = {}
    free = {record.application_id: record for record in records}
    for key in _KEYS:
        waiting: dict[Hashable, list[ApplicationRecord]] = {}
        for record in free.values():
            if found := key(*_traits_of_record(record)):
                waiting.setdefault(found, []).append(record)
        for number, (_, row) in enumerate(rows):
            if number in matched:
                continue
            candidates = waiting.get(key(*_traits_of_row(row)) or None, [])
            fitting = next((record for record in candidates if _may_be_one(row, record)), None)
            if fitting is not None:
                candidates.remove(fitting)
                matched[number] = free.pop(fitting.application_id)
    return tuple(Recommendation(one, row, matched.get(number)) for number, (one, row) in enumerate(rows))


def city_of(record: ApplicationRecord) -> str:
    """The city that the form names, else that of its registered address; empty when neither tells one."""
    for name in ("city", "registered_address"):
        value = record.value(name)
        found = cities(value) if isinstance(value, str) else frozenset()
        if len(found) == 1:
            return next(iter(found))
    return ""


def by_application(found: Iterable[Recommendation]) -> Mapping[str, Recommendation]:
    return {one.record.application_id: one for one in found if one.record is not None}


def _may_be_one(row: CityRow, record: ApplicationRecord) -> bool:
    """A namesake with another code and another project is another company."""
    _, row_code, _, row_project = _traits_of_row(row)
    _, code, _, project = _traits_of_record(record)
    return row_project == project or not row_code or not code or row_code == code


def _traits_of_row(row: CityRow) -> tuple[str | None, str, str, str]:
    return row.direction, row.uscc, company_key(row.applicant), fold(row.project)


def _traits_of_record(record: ApplicationRecord) -> tuple[str | None, str, str, str]:
    uscc, applicant, project = (record.value(name) for name in ("uscc", "applicant_name", "project_name"))
    return (
        record.direction,
        uscc if isinstance(uscc, str) else "",
        company_key(applicant) if isinstance(applicant, str) else "",
        fold(project) if isinstance(project, str) else "",
    )
