"""Checks made of findings: outcome, words, evidence, identity; unknown is not no."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.narrative import figure_reader
from pipeline.assemble import abridged
from pipeline.checks import CHECKS, LIST_CHECKS
from pipeline.checks.given import Context
from pipeline.errors import ReviewDefect
from pipeline.examples import around, records_of
from pipeline.model import (
    CHINA,
    EXCEPTIONS,
    ApplicationRecord,
    Bounds,
    Check,
    Criterion,
    Example,
    FieldValue,
    Item,
    LedgerRow,
    Outcome,
    Role,
    Status,
)
from pipeline.programme import load_programme
from pipeline.review import context_of, file_checks, review, review_lists

PROGRAMME = load_programme("fujian-ai-2024")
DIRECTIONS = [option.code for option in PROGRAMME.directions]
GENERAL = frozenset({"applicant_name", "uscc", "city", "revenue"})
SETTLED = frozenset({Outcome.PASS, Outcome.FAIL, Outcome.WARN})


def sound(direction: str, **stated: object) -> ApplicationRecord:
    """The programme's sound application of a direction, with what is stated laid over."""
    criterion = next(c for c in PROGRAMME.criteria if c.directions == {direction})
    example = replace(criterion.examples[0], given={**_sound_of(criterion), **stated})
    return records_of(PROGRAMME, example)[0]


def _sound_of(criterion: Criterion) -> Mapping[str, object]:
    example: Example = next(e for e in criterion.examples if e.outcome in (Outcome.PASS, Outcome.MANUAL))
    return example.given


def by_id(checks: tuple[Check, ...]) -> dict[str, Check]:
    return {check.check: check for check in checks}


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_sound_application_has_no_exception_and_every_criterion_an_outcome(direction: str) -> None:
    checks = review(sound(direction), PROGRAMME, Context(PROGRAMME, figures=figure_reader(PROGRAMME)))
    assert {check.check for check in checks} == {c.id for c in PROGRAMME.criteria if c.function in CHECKS}
    assert not [check for check in checks if check.outcome in EXCEPTIONS]
    for check in checks:
        criterion = next(c for c in PROGRAMME.criteria if c.id == check.check)
        elsewhere = bool(criterion.directions) and direction not in criterion.directions
        assert (check.outcome is Outcome.NOT_APPLICABLE) == elsewhere


def test_a_failure_says_what_where_and_what_to_do() -> None:
    check = by_id(review(sound("compute", illegal_acts="yes"), PROGRAMME))["G-LAW"]
    assert check.outcome is Outcome.FAIL
    assert (check.message, check.clause.article) == ("申报表声明有涉黑涉恶违法行为（填“是”）。", "二·总")
    assert check.action.startswith("请向申报单位核实")
    assert check.fields == ("illegal_acts",)
    assert [evidence.place for evidence in check.evidence] == ["第1页"]
    assert (check.claimed, check.expected) == ("是", "否")


def test_what_the_applicant_can_settle_is_asked_of_them() -> None:
    checks = by_id(review(sound("compute", illegal_acts="yes", net_profit=Decimal(-1)), PROGRAMME))
    assert checks["G-LAW"].request == "请核实该栏是否填写有误；有误的请更正并书面说明。"
    assert (checks["G-FINANCE"].outcome, checks["G-FINANCE"].request) == (Outcome.WARN, "")  # for staff to judge
    assert {checks[c].request for c in checks if checks[c].outcome not in EXCEPTIONS} == {""}


def test_a_reading_in_doubt_is_ours_to_settle() -> None:
    blank, dim = sound("compute", total_assets=""), sound("compute", doubtful=["total_assets"])
    missing, doubtful = (by_id(review(record, PROGRAMME))["G-FINANCE"] for record in (blank, dim))
    assert missing.outcome is doubtful.outcome is Outcome.UNDETERMINED
    assert (bool(missing.request), doubtful.request) == (True, "")
    unread = replace(sound("compute"), direction=None)
    assert by_id(review(unread, PROGRAMME))["C-AMOUNT"].request == ""


def test_a_doubtful_value_whose_end_is_reckoned_is_told_as_such() -> None:
    record = sound("compute", doubtful=["net_profit"])
    claim = record.claims["net_profit"][0]
    unruled = replace(claim, evidence=replace(claim.evidence, bounds=Bounds.RECKONED))
    check = by_id(review(replace(record, claims={**record.claims, "net_profit": (unruled,)}), PROGRAMME))["G-FINANCE"]
    assert "起止可能有误" in check.message
    assert "起止可能有误" not in by_id(review(record, PROGRAMME))["G-FINANCE"].message


def test_what_passes_is_quiet() -> None:
    check = by_id(review(sound("compute"), PROGRAMME))["G-LAW"]
    assert (check.evidence, check.exception_id) == ((), "")


def test_a_missing_value_is_told_by_its_label() -> None:
    check = by_id(review(sound("compute", total_assets=""), PROGRAMME))["G-FINANCE"]
    assert check.outcome is Outcome.UNDETERMINED
    assert check.message == "“资产总额”没有填写，“运营和财务状况”暂不能判断。"
    assert check.fields == ("total_assets",)


def test_a_cell_is_told_by_row_and_column() -> None:
    rows = [{"provider_name": "示例公司", "amount": Decimal(300000)}, {"provider_name": "", "amount": Decimal(1)}]
    check = by_id(review(sound("compute", compute_contracts=rows), PROGRAMME))["C-DIRECT"]
    assert check.message == "“算力服务采购明细第2行算力服务企业”没有填写，“直接向算力服务企业购买”暂不能判断。"


def test_a_conflict_leaves_the_others_open() -> None:
    checks = by_id(review(sound("compute", conflict={"net_profit": Decimal("-1.00")}), PROGRAMME))
    assert checks["G-COPIES"].outcome is Outcome.FAIL
    assert checks["G-FINANCE"].outcome is Outcome.UNDETERMINED
    assert "300万元" in checks["G-FINANCE"].message


def test_without_a_direction_its_criteria_are_open() -> None:
    checks = by_id(review(replace(sound("compute"), direction=None), PROGRAMME))
    assert checks["C-AMOUNT"].outcome is Outcome.UNDETERMINED
    assert checks["G-FINANCE"].outcome is Outcome.PASS
    assert {checks[one].outcome for one in ("L-PLATFORM", "A-ROLE", "S-IP")} == {Outcome.NOT_APPLICABLE}


def test_without_a_direction_and_its_fields_every_direction_is_possible() -> None:
    bare = replace(sound("compute"), direction=None)
    claims = {spec.name: bare.claims[spec.name] for spec in PROGRAMME.fields if spec.name in GENERAL}
    shared = {"launched_on": sound("software").claims["launched_on"]}  # asked of software and of hardware
    checks = by_id(review(replace(bare, claims=claims | shared), PROGRAMME))
    assert {checks[c.id].outcome for c in PROGRAMME.criteria if c.directions and c.function in CHECKS} == {
        Outcome.UNDETERMINED
    }


def test_an_exceptions_id_stays_as_long_as_its_reason() -> None:
    once = by_id(review(sound("compute", net_profit=Decimal("-1")), PROGRAMME))["G-FINANCE"]
    again = by_id(review(sound("compute", net_profit=Decimal("-2")), PROGRAMME))["G-FINANCE"]
    other = by_id(review(sound("compute", total_liabilities=Decimal("9e9")), PROGRAMME))["G-FINANCE"]
    assert once.exception_id == again.exception_id != other.exception_id
    assert len(once.exception_id) == 16


def test_ids_are_unique_within_an_application() -> None:
    checks = review(sound("compute", doubtful=["revenue", "net_profit", "uscc"]), PROGRAMME)
    ids = [check.exception_id for check in checks if check.exception_id]
    assert len(ids) == len(set(ids)) > 3


def test_a_defect_names_application_and_criterion() -> None:
    record = sound("compute")
    broken = {**record.claims, "net_profit": (replace(record.claims["net_profit"][0], value="三百万"),)}
    with pytest.raises(ReviewDefect, match=r"example: G-FINANCE: TypeError"):
        review(replace(record, claims=broken), PROGRAMME)


def test_files_that_cannot_be_used() -> None:
    item = Item("l1", None, "mail.mbox#1/材料.zip", "材料.zip", "0" * 64, 10, "application/zip")
    codes = ["ENCRYPTED", "DAMAGED", "UNSUPPORTED", "CLOUD-LINK", "TOO-LARGE", "NO-FORM", "EMPTY"]
    rows = [LedgerRow(item, Role.UNKNOWN, Status.FAILED, f"D-{code}", "原因。") for code in codes]
    rows.append(LedgerRow(item, Role.FORM, Status.PROCESSED))
    checks = file_checks(rows, PROGRAMME)
    assert [check.check for check in checks] == [f"D-{code}" for code in codes]
    assert all(
        check.ledger_id == "l1" and check.outcome is Outcome.FAIL and check.action and check.request for check in checks
    )
    assert all("材料.zip" in check.message for check in checks)
    assert {(check.clause.article, "材料完整性" in check.clause.quote) for check in checks} == {("三（二）", True)}


def _inputs(record: ApplicationRecord, criterion: Criterion) -> list[str]:
    return [name for name in criterion.reads if name.partition(".")[0] in record.claims]


def _without(record: ApplicationRecord, name: str) -> ApplicationRecord:
    return _with_cells(record, name, lambda claim: replace(claim, value=None, raw=""))


def _dimmed(record: ApplicationRecord, name: str, confidence: float) -> ApplicationRecord:
    return _with_cells(
        record, name, lambda claim: replace(claim, evidence=replace(claim.evidence, confidence=confidence))
    )


def _with_cells(record: ApplicationRecord, name: str, change) -> ApplicationRecord:  # type: ignore[no-untyped-def]
    table, _, column = name.partition(".")
    claim: FieldValue = record.claims[table][0]
    if column and isinstance(claim.value, tuple):
        rows = tuple({**row, column: change(row[column])} for row in claim.value if isinstance(row, Mapping))
        changed = replace(claim, value=rows)
    else:
        changed = change(claim)
    return replace(record, claims={**record.claims, table: (changed,)})


CASES = [
    (criterion, direction)
    for criterion in PROGRAMME.criteria
    for direction in DIRECTIONS
    if criterion.reads and (not criterion.directions or direction in criterion.directions)
]


@given(st.sampled_from(CASES), st.data())
def test_no_check_settles_anything_without_its_inputs(case: tuple[Criterion, str], data: st.DataObject) -> None:
    criterion, direction = case
    record = sound(direction)
    name = data.draw(st.sampled_from(_inputs(record, criterion) or [""]))
    if not name:
        record = replace(record, received_at=None)
    elif data.draw(st.booleans()):
        record = _without(record, name)
    else:
        record = _dimmed(record, name, data.draw(st.floats(0, 0.8999)))
    checks = [check for check in review(record, PROGRAMME) if check.check == criterion.id]
    assert not {check.outcome for check in checks} & SETTLED


READING = Context(PROGRAMME, figures=figure_reader(PROGRAMME))
SAID = ("公司2023年度实现营业收", "入5000万元，", "主营智能制造，", "平台准确率达95%。", "去年营业收入5200万元。")


def narrated(lines: Sequence[str], confidences: Sequence[float], whole: float = 0.1) -> Outcome:
    """G-NARRATIVE of a recognised text whose lines were read as surely as that."""
    claim = sound("compute", revenue=Decimal(50_000_000)).claims["summary"][0]
    evidence = replace(claim.evidence, confidence=whole, lines=tuple(confidences))
    text = replace(claim, raw="\n".join(lines), value="".join(lines), evidence=evidence)
    record = sound("compute", revenue=Decimal(50_000_000))
    return by_id(review(replace(record, claims={**record.claims, "summary": (text,)}), PROGRAMME, READING))[
        "G-NARRATIVE"
    ].outcome


def test_a_figure_is_as_sure_as_the_lines_of_its_sentence() -> None:
    assert narrated(SAID[:4], [1, 1, 1, 1]) is Outcome.PASS
    assert narrated(SAID[:4], [0.5, 1, 1, 1]) is Outcome.UNDETERMINED
    assert narrated(SAID, [0.5, 0.5, 0.5, 0.5, 1]) is Outcome.FAIL
    assert narrated(SAID, [1, 1, 1, 1, 0.5]) is Outcome.UNDETERMINED
    assert narrated(("主营智能制造，", "面向工厂。"), [0.5, 0.5]) is Outcome.PASS
    assert narrated(("主营智能制造，", "面向工厂。"), []) is Outcome.PASS
    assert narrated(SAID[:4], []) is Outcome.UNDETERMINED
    assert narrated(SAID[:4], [], whole=1) is Outcome.PASS


@given(st.lists(st.tuples(st.sampled_from(SAID), st.floats(0, 1)), min_size=1, max_size=8))
def test_no_figure_in_a_doubtful_line_settles_anything(read: list[tuple[str, float]]) -> None:
    lines, confidences = zip(*read, strict=True)
    outcome = narrated(lines, confidences)
    unsure = [line for line, confidence in read if confidence < READING.threshold]
    if outcome is Outcome.PASS:
        assert not [line for line in unsure if re.search("[0-9元]", line)]
    if outcome is Outcome.FAIL:
        assert SAID[4] in set(lines) - set(unsure)


@given(st.sampled_from(DIRECTIONS), st.data())
def test_the_order_of_fields_and_rows_changes_no_outcome(direction: str, data: st.DataObject) -> None:
    record = sound(direction)
    names = data.draw(st.permutations(sorted(record.claims)))
    claims = {}
    for name in names:
        claim = record.claims[name][0]
        if isinstance(claim.value, tuple) and claim.value and isinstance(claim.value[0], Mapping):
            claim = replace(claim, value=tuple(data.draw(st.permutations(list(claim.value)))))
        claims[name] = (claim,)
    outcomes = [(check.check, check.outcome) for check in review(replace(record, claims=claims), PROGRAMME)]
    assert outcomes == [(check.check, check.outcome) for check in review(record, PROGRAMME)]


def test_the_order_of_applications_changes_no_outcome() -> None:
    first, second = sound("software"), replace(sound("scenario"), application_id="second")
    one, other = (context_of(records, Context(PROGRAMME)) for records in ([first, second], [second, first]))
    assert review(first, PROGRAMME, one) == review(first, PROGRAMME, other)
    assert by_id(review(first, PROGRAMME, one))["G-EXCLUSIVE"].outcome is Outcome.FAIL


def test_every_check_function_serves_a_criterion() -> None:
    assert {*CHECKS, *LIST_CHECKS} == {criterion.function for criterion in PROGRAMME.criteria}


def test_the_deadline_is_chinas() -> None:
    record = sound("compute", received_at=datetime(2024, 7, 12, 23, 59, tzinfo=CHINA))
    assert by_id(review(record, PROGRAMME))["G-DEADLINE"].outcome is Outcome.PASS


def test_lists_and_neighbours_see_all_of_an_application_that_they_ask_for() -> None:
    """A run holds the other applications abridged; so must the checks that see several of them come out."""
    across = {"one_per_direction", "exclusive", "site_verified", *LIST_CHECKS}
    seen = set()
    for criterion in (criterion for criterion in PROGRAMME.criteria if criterion.function in across):
        for example in criterion.examples:
            disputed = {**example.given, "conflict": {"project_name": "另一名称"}}
            for stated in (example.given, disputed):
                record, others = records_of(PROGRAMME, replace(example, given=stated))
                around_it = around(PROGRAMME, example)
                whole = context_of((record, *others), around_it)
                light = context_of([abridged(one) for one in (record, *others)], around_it)
                assert review(record, PROGRAMME, light) == review(record, PROGRAMME, whole)
                assert review_lists(light) == review_lists(whole)
                seen |= {check.outcome for check in review_lists(whole)}
    assert {Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED} <= seen
