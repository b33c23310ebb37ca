"""Records and the programme → Checks: the only maker of Checks.

Before a criterion says anything, the gate sees to it that what it reads is there, read well and undisputed; a check
function then finds pass, fail, warn or manual. Message, clause and action come from the programme.
"""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from pipeline.checks import CHECKS, LIST_CHECKS, OF_PARTS
from pipeline.checks.city import ListFinding, ListGiven
from pipeline.checks.gate import gate
from pipeline.checks.given import Context, Finding, Given
from pipeline.checks.wording import day, shown
from pipeline.city_lists import CityList, in_force
from pipeline.corrections import Replayed, State, label_at, spec_at
from pipeline.errors import ReviewDefect
from pipeline.model import (
    CHINA,
    EXCEPTIONS,
    ApplicationRecord,
    Check,
    Criterion,
    Evidence,
    LedgerRow,
    Outcome,
    Programme,
)
from pipeline.programme import action_key
from pipeline.recommended import by_application, city_of, recommendations

_FINDINGS = Path(__file__).parent / "data" / "findings.toml"
_MOST_EVIDENCE = 12  # pictures a check; a table of hundreds of rows is not shown cell by cell


def review(record: ApplicationRecord, programme: Programme, context: Context | None = None) -> tuple[Check, ...]:
    """Every criterion's outcome on one application, in the programme's order; alone, without a context.

    Raises ReviewDefect, naming application and criterion, when a check fails on us.
    """
    around = context or Context(programme)
    criteria = (criterion for criterion in programme.criteria if criterion.function in CHECKS)
    return tuple(check for criterion in criteria for check in _checks(record, criterion, around))


def find(record: ApplicationRecord, criterion: Criterion, context: Context) -> tuple[Finding, ...]:
    """What a criterion finds in an application."""
    given = Given(record, criterion, context)
    if criterion.directions and not criterion.directions & possible_directions(record, context.programme):
        return (Finding("not_applicable", fields=()),)
    if criterion.directions and record.direction is None:
        reason = context.programme.messages["no-direction"]
        unknown = {"reasons": reason}
        return (Finding("undetermined-unknown", unknown, claimed=reason, fields=("direction",), is_ours=True),)
    blocked = gate(given, criterion.reads, in_parts=criterion.function in OF_PARTS)
    found = blocked or CHECKS[criterion.function](given)
    return found if isinstance(found, tuple) else (found,)


def possible_directions(record: ApplicationRecord, programme: Programme) -> frozenset[str]:
    """The application's direction; where it was not read, those of which the form states a field that only one
    direction has, and all of them where it states none."""
    if record.direction is not None:
        return frozenset({record.direction})
    only = (spec for spec in programme.fields if len(spec.directions) == 1)
    told = frozenset().union(*(spec.directions for spec in only if record.value(spec.name) not in (None, ())))
    return told or frozenset(option.code for option in programme.directions)


def file_checks(rows: Sequence[LedgerRow], programme: Programme) -> tuple[Check, ...]:
    """A Check for each file that could not be used, with what to ask its sender for."""
    return tuple(_file_check(row, row.finding, programme) for row in rows if row.finding)


def correction_checks(
    record: ApplicationRecord, replayed: Sequence[Replayed], programme: Programme
) -> tuple[Check, ...]:
    """A Check for each correction whose source has changed under it and now says something else."""
    changed = (one for one in replayed if one.state is not State.APPLIED and not one.confirmed)
    return tuple(_correction_check(record, one, programme) for one in changed)


def surroundings(record: ApplicationRecord, context: Context) -> Context:
    """The part of the context that the checks of one application see: what lies outside of it cannot touch them."""
    code, city = record.value("uscc"), city_of(record)
    own = context.recommended.get(record.application_id)
    if own is not None:
        own = replace(own, city_list=replace(own.city_list, rows=()))
    name = record.value("applicant_name")
    return replace(
        context,
        registries=context.registries and context.registries.about(str(code or ""), str(name or "")),
        city_lists=tuple(replace(one, rows=()) for one in context.city_lists if one.city == city),
        records=(),
        by_uscc={code: context.by_uscc.get(code, ())} if isinstance(code, str) else {},
        recommendations=(),
        recommended={record.application_id: own} if own else {},
    )


def context_of(records: Sequence[ApplicationRecord], context: Context) -> Context:
    """The context with a run's applications in it: by the applicant's USCC, and with the rows that recommend them."""
    ordered = tuple(sorted(records, key=lambda record: record.application_id))
    by_uscc: dict[str, list[ApplicationRecord]] = {}
    for record in ordered:
        code = record.value("uscc")
        if isinstance(code, str):
            by_uscc.setdefault(code, []).append(record)
    lists = in_force(context.city_lists)
    found = recommendations(lists, ordered)
    return replace(
        context,
        city_lists=lists,
        records=ordered,
        by_uscc={code: tuple(same) for code, same in by_uscc.items()},
        recommendations=found,
        recommended=by_application(found),
    )


def review_lists(context: Context) -> tuple[Check, ...]:
    """The checks of a whole run: every city's list, and once each what no application can be blamed for.

    `context` is that of `context_of`. Raises ReviewDefect, naming city and criterion.
    """
    return (*_list_checks(context), *_without_lists(context))


def find_in_list(criterion: Criterion, city_list: CityList, context: Context) -> tuple[ListFinding, ...]:
    """What a criterion finds in a city's list."""
    return LIST_CHECKS[criterion.function](ListGiven(city_list, criterion, context))


def _checks(record: ApplicationRecord, criterion: Criterion, context: Context) -> Iterator[Check]:
    try:
        for finding in find(record, criterion, context):
            yield _check(record, criterion, finding, context.programme)
    except Exception as error:
        raise ReviewDefect(f"{record.application_id}: {criterion.id}: {type(error).__name__}: {error}") from error


def _list_checks(context: Context) -> Iterator[Check]:
    criteria = [criterion for criterion in context.programme.criteria if criterion.function in LIST_CHECKS]
    first_ids = {record.application_id: record.first_id for record in context.records}
    for city_list in context.city_lists:
        for criterion in criteria:
            try:
                for found in find_in_list(criterion, city_list, context):
                    yield _list_check(criterion, city_list.city, found, first_ids, context.programme)
            except Exception as error:
                raise ReviewDefect(f"{city_list.city}: {criterion.id}: {type(error).__name__}: {error}") from error


def _list_check(
    criterion: Criterion, city: str, found: ListFinding, first_ids: Mapping[str, str], programme: Programme
) -> Check:
    finding = found.finding
    said = words(criterion, finding, programme)
    is_exception = finding.outcome in EXCEPTIONS
    subject = first_ids[found.application_id] if found.application_id else city
    reason = exception_id(subject, criterion.id, finding.key, (city, str(finding.fills.get("place", ""))))
    return Check(
        check=criterion.id,
        clause=criterion.clause,
        outcome=finding.outcome,
        message=said.message,
        action=said.action,
        application_id=found.application_id,
        city_list=city,
        claimed=finding.claimed,
        expected=finding.expected,
        evidence=found.evidence if is_exception else (),
        exception_id=reason if is_exception else "",
        request=said.request,
    )


def _without_lists(context: Context) -> Iterator[Check]:
    """Once a run that nobody supplied registries; once a city that it sent no list."""
    known = {one.city for one in context.city_lists}
    for criterion in context.programme.criteria:
        if criterion.function == "creditworthy" and context.registries is None and context.records:
            yield _missing(criterion, "no-registries", None, context.programme)
        if criterion.function not in ("listed", "site_verified"):
            continue
        cities = {city_of(record) for record in context.records if _concerns(criterion, record)}
        for city in sorted(cities - known - {""}):
            yield _missing(criterion, "no-city-list", city, context.programme)


def _concerns(criterion: Criterion, record: ApplicationRecord) -> bool:
    return not criterion.directions or record.direction in criterion.directions


def _missing(criterion: Criterion, key: str, city: str | None, programme: Programme) -> Check:
    fills = {"city": city or "", "title": criterion.title}
    return Check(
        check=criterion.id,
        clause=criterion.clause,
        outcome=Outcome.UNDETERMINED,
        message=programme.messages[key].format_map(fills),
        action=programme.messages[f"{key}-action"].format_map(fills),
        city_list=city,
        exception_id=exception_id(city or programme.id, criterion.id, key, ()),
    )


def _check(record: ApplicationRecord, criterion: Criterion, finding: Finding, programme: Programme) -> Check:
    names = criterion.reads if finding.fields is None else finding.fields
    fields = tuple(dict.fromkeys(name.partition(".")[0] for name in names if name != "received_at"))
    said = words(criterion, finding, programme)
    is_quiet = finding.outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE)
    reason = exception_id(record.first_id, criterion.id, finding.key, names)
    evidence = (*finding.evidence, *_evidence(record, names))
    return Check(
        check=criterion.id,
        clause=criterion.clause,
        outcome=finding.outcome,
        message=said.message,
        action=said.action,
        application_id=record.application_id,
        claimed=finding.claimed,
        expected=finding.expected,
        fields=fields,
        evidence=() if is_quiet else tuple(dict.fromkeys(evidence))[:_MOST_EVIDENCE],
        exception_id=reason if finding.outcome in EXCEPTIONS else "",
        request=said.request,
    )


class Words(NamedTuple):
    """What a check says. `request` is what a letter asks of the applicant; empty where it is for staff to settle."""

    message: str
    action: str
    request: str


def words(criterion: Criterion, finding: Finding, programme: Programme) -> Words:
    """The finding's words: the criterion's own, or for every criterion alike the programme's."""
    fills: Mapping[str, object] = {"title": criterion.title, **finding.fills}
    common, key = programme.messages, finding.key
    if key in criterion.messages:
        message = criterion.messages[key]
        action, request = (
            texts.get(action_key(key, texts) or "", "") for texts in (criterion.actions, criterion.requests)
        )
    else:
        message, action, request = common[key], common.get(f"{key}-action", ""), common.get(f"{key}-request", "")
    asks = finding.outcome in EXCEPTIONS and not finding.is_ours
    return Words(*(text.format_map(fills) for text in (message, action, request if asks else "")))


def exception_id(subject: str, check: str, reason: str, fields: Sequence[str]) -> str:
    """The same as long as the same check says the same of the same subject for the same reason."""
    parts = "\0".join((subject, check, reason, *sorted(fields)))
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


def _evidence(record: ApplicationRecord, names: Sequence[str]) -> Iterator[Evidence]:
    for name in names:
        table, _, column = name.partition(".")
        claim = record.get(table)
        if claim is None:
            continue
        rows = claim.value if isinstance(claim.value, tuple) else ()
        cells = [row[column].evidence for row in rows if isinstance(row, Mapping) and column in row]
        yield from cells or [claim.evidence]


def _correction_check(record: ApplicationRecord, replayed: Replayed, programme: Programme) -> Check:
    correction, reading = replayed.correction, replayed.reading
    spec = spec_at(programme, correction.field)
    wording = _findings()[f"H-SOURCE-{replayed.state.value}"]
    fills = {
        "label": label_at(programme, correction.field),
        "value": correction.raw or "",
        "by": correction.by,
        "day": day(correction.at.astimezone(CHINA)),
        "was": correction.replaced_raw or "空白",
        "now": (shown(spec, reading) if spec and reading else "") or "空白",
    }
    return Check(
        check="H-SOURCE",
        clause=programme.file_clause,
        outcome=Outcome.WARN,
        message=wording["message"].format_map(fills),
        action=wording["action"].format_map(fills),
        application_id=record.application_id,
        claimed=fills["now"],
        expected=fills["value"],
        fields=(correction.field.partition("[")[0],),
        evidence=(reading.evidence,) if reading else (),
        exception_id=exception_id(record.first_id, "H-SOURCE", correction.field, ()),
    )


def _file_check(row: LedgerRow, finding: str, programme: Programme) -> Check:
    wording = _findings()[finding]
    fills = {"name": row.item.name or row.item.path, "reason": row.reason}
    return Check(
        check=finding,
        clause=programme.file_clause,
        outcome=Outcome.FAIL,
        message=wording["message"].format_map(fills),
        action=wording["action"].format_map(fills),
        application_id=row.application_id,
        ledger_id=row.item.ledger_id,
        claimed=row.item.path,
        exception_id=exception_id(row.item.ledger_id, finding, "file", ()),
        request=wording["request"],
    )


@lru_cache(maxsize=1)
def _findings() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(_FINDINGS.read_text("utf-8"))
