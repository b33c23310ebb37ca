"""From the fixtures' true fields, without reading a file: every expected outcome and no other exception."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from extractors.narrative import figure_reader
from pipeline.checks.given import Context
from pipeline.city_lists import CityList, read_city_lists
from pipeline.examples import records_of
from pipeline.model import (
    EXCEPTIONS,
    ApplicationRecord,
    Cell,
    Check,
    Document,
    Example,
    FieldSpec,
    Line,
    Method,
    Outcome,
    Page,
    Table,
)
from pipeline.programme import load_programme
from pipeline.recommended import city_of
from pipeline.review import context_of, review, review_lists

EXPECTED = Path(__file__).parent.parent / "fixtures" / "expected"
PROGRAMME = load_programme("fujian-ai-2024")
CASES: list[dict[str, Any]] = json.loads((EXPECTED / "cases.json").read_text("utf-8"))
LISTS: list[dict[str, Any]] = json.loads((EXPECTED / "city_lists.json").read_text("utf-8"))
IN_TIME = datetime.fromisoformat("2024-07-01T09:00:00+08:00")
LATE = datetime.fromisoformat("2024-07-13T00:20:00+08:00")


def stated(spec: FieldSpec, true: Any) -> object:
    """A truth file's value as a worked example states it."""
    if true is None:
        return ""
    if spec.kind in ("money", "percent", "integer"):
        return Decimal(str(true))
    if spec.kind == "date":
        return date.fromisoformat(true)
    if spec.kind == "period":
        return {end: date.fromisoformat(day) for end, day in true.items()}
    if spec.kind == "table":
        columns = {column.name: column for column in spec.columns}
        return [{name: stated(columns[name], cell) for name, cell in row.items()} for row in true]
    return true


def record_of(case: Mapping[str, Any]) -> ApplicationRecord:
    fields, also = case["fields"], {name: claims[0] for name, claims in case["also"].items()}
    given = {spec.name: stated(spec, fields[spec.name]) for spec in PROGRAMME.fields if spec.name in fields}
    conflict = {spec.name: stated(spec, also[spec.name]) for spec in PROGRAMME.fields if spec.name in also}
    circumstances = {"received_at": LATE if "late" in case["faults"] else IN_TIME, "conflict": conflict}
    example = Example(case["case_id"], {**given, **circumstances}, Outcome.PASS)
    return replace(records_of(PROGRAMME, example)[0], application_id=case["case_id"])


def list_of(truth: Mapping[str, Any]) -> CityList:
    heads = sorted({head for row in truth["rows"] for head in row}, reverse=True)
    texts = [heads] + [[str(row.get(head) or "") for head in heads] for row in truth["rows"]]
    cells = tuple(
        Cell(number, column, 1, 1, (Line(text),))
        for number, row in enumerate(texts, start=1)
        for column, text in enumerate(row, start=1)
    )
    page = Page(1, Method.XLSX, (Table(cells),), title=truth["city"])
    (found,) = read_city_lists(Document("0" * 64, "", "", (page,)), PROGRAMME, truth["file"], None)
    return found


@cache
def checks() -> tuple[Check, ...]:
    records = [record_of(case) for case in CASES]
    lists = tuple(list_of(truth) for truth in LISTS)
    context = context_of(records, Context(PROGRAMME, city_lists=lists, figures=figure_reader(PROGRAMME)))
    return (*(check for record in records for check in review(record, PROGRAMME, context)), *review_lists(context))


def outcomes(case_id: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for check in checks():
        if check.application_id == case_id:
            found.setdefault(check.check, set()).add(check.outcome.value)
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case_id"])
def test_the_expected_outcomes_and_no_other_exception(case: Mapping[str, Any]) -> None:
    found = outcomes(case["case_id"])
    wrong = {}
    for check_id, told in found.items():
        # What the truth leaves open is what no list was supplied for; the gate opens what a fault takes away.
        expected = set(case["expected"].get(check_id, "pass|not_applicable|manual").split("|"))
        if not told <= expected | {"manual"} and not (told == {"undetermined"} and case["faults"]):
            wrong[check_id] = (told, expected)
    missed = [c for c, e in case["expected"].items() if set(e.split("|")) <= EXCEPTIONS and not found[c] & EXCEPTIONS]
    assert (wrong, missed) == ({}, [])


@pytest.mark.parametrize("truth", LISTS, ids=lambda truth: truth["city"])
def test_the_lists_of_the_cities(truth: Mapping[str, Any]) -> None:
    of_list = [check for check in checks() if check.city_list == truth["city"]]
    for check_id, expected in truth["expected"].items():
        told = {check.outcome.value for check in of_list if check.check == check_id}
        assert expected in told if expected == "fail" else told == {expected}


def test_what_was_not_supplied_is_told_once() -> None:
    absent = [(c.check, c.city_list) for c in checks() if c.application_id is None and c.outcome == "undetermined"]
    assert len(absent) == len(set(absent))
    assert [city for check, city in absent if check == "G-CREDIT"] == [None]
    without = {city_of(record_of(case)) for case in CASES} - {truth["city"] for truth in LISTS} - {""}
    assert {city for check, city in absent if check == "R-LISTED"} == without
    assert {city for check, city in absent if check == "A-SITE-CHECK"} <= without
