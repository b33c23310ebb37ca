"""The fixtures' own soundness: the truth agrees with itself, and every criterion has a fault."""

import io
import json
import zipfile
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from lxml import etree
from stdnum.cn import uscc

from fixtures import mail
from fixtures.cases import CHECKS_OF, MANUAL
from fixtures.companies import check_character, organisation_check
from fixtures.compare import same
from fixtures.docx_layouts import LAYOUTS
from fixtures.faults import FAULTS
from fixtures.plan import PLAN, generate, render_plan
from fixtures.shown import capital_numerals, entries, marks_text, shown_date, shown_money, shown_period, style
from fixtures.truth import DIRECTIONS, KINDS, Case

HERE = Path(__file__).parent.parent / "fixtures"
CASES = generate()


def sound(case: Case, name: str) -> bool:
    return name not in case.malformed


def rows(case: Case, name: str) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", case.fields[name] or [])


def test_every_direction_comes_as_every_kind_of_file() -> None:
    plan = render_plan(CASES)
    counts = Counter((case.direction, plan[case.case_id].kind) for case in CASES)
    assert set(counts) == {(direction, kind) for direction in DIRECTIONS for kind in KINDS}
    assert len(CASES) >= 40


def test_the_same_seed_gives_the_same_cases() -> None:
    assert generate() == CASES
    assert generate(7) != CASES


def test_every_criterion_that_a_form_can_violate_has_a_fault() -> None:
    planted = {check for faults in PLAN.values() for fault in faults if fault for check in FAULTS[fault].expected}
    of_directions = {check for checks in CHECKS_OF.values() for check in checks} - MANUAL
    general = {
        "G-COMPLETE", "G-REGION", "G-LEGAL", "G-FINANCE", "G-LAW", "G-CREDIT", "G-RATIO", "G-SUM", "G-NARRATIVE",
        "G-COPIES", "G-ONE-PER-DIRECTION", "G-EXCLUSIVE", "G-DEADLINE",
    }  # fmt: skip
    assert of_directions | general == planted
    assert {fault for faults in PLAN.values() for fault in faults} - {""} == set(FAULTS)


def test_faults_stand_where_they_belong() -> None:
    for direction, faults in PLAN.items():
        for fault in filter(None, faults):
            assert not FAULTS[fault].directions or direction in FAULTS[fault].directions


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.case_id)
def test_codes_carry_true_check_characters_unless_planted(case: Case) -> None:
    code = str(case.fields["uscc"])
    assert uscc.is_valid(code) == sound(case, "uscc")
    if sound(case, "uscc"):
        assert check_character(code[:17]) == code[17]
        assert organisation_check(code[8:16]) == code[16]
    for member in rows(case, "consortium") if case.direction == "scenario" else []:
        assert uscc.is_valid(member["member_uscc"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.case_id)
def test_figures_agree_with_each_other_and_with_the_outcomes(case: Case) -> None:
    fields = case.fields
    if fields["rd_ratio"]:
        ratio = Decimal(str(fields["rd_expense"])) / Decimal(str(fields["revenue"]))
        assert abs(ratio - Decimal(str(fields["rd_ratio"]))) < Decimal("0.005")
    if case.direction == "lingyan" and fields["revenue"]:
        ratio = Decimal(str(fields["ai_revenue"])) / Decimal(str(fields["revenue"]))
        agrees = abs(ratio - Decimal(str(fields["ai_revenue_ratio"]))) < Decimal("0.005")
        assert agrees == (case.expected["G-RATIO"] != "fail")
        assert (ratio >= Decimal("0.5")) == (case.expected["L-MAIN-REVENUE"] == "pass")
    if case.direction == "compute":
        contracts = rows(case, "compute_contracts")
        total = sum(Decimal(row["amount"]) for row in contracts)
        assert (total == Decimal(str(fields["compute_total"]))) == (case.expected["G-SUM"] == "pass")
        invoiced = sum(Decimal(row["invoiced"]) for row in contracts)
        assert (invoiced >= total) == (case.expected["C-INVOICED"] == "pass")
        inside = [row for row in contracts if _in_2023(row["period"])]
        counted = sum(Decimal(row["amount"]) for row in inside)
        assert (len(inside) == len(contracts)) == (case.expected["C-PERIOD"] == "pass")
        assert (counted >= 300_000) == (case.expected["C-AMOUNT"] == "pass")


def _in_2023(period: dict[str, str]) -> bool:
    return (
        date(2023, 1, 1)
        <= date.fromisoformat(period["start"])
        <= date.fromisoformat(period["end"])
        <= date(2023, 12, 31)
    )


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_prints_every_value_and_the_same_bytes_each_time(name: str) -> None:
    case, how = CASES[0], style(3, mark="native")
    data = LAYOUTS[name](case, how)
    assert data == LAYOUTS[name](case, how)
    text = _all_text(data)
    for entry in entries(case, how):
        assert all(mark.label in text for mark in entry.marks)
        assert "".join(entry.value.split()) in text, entry
        for row in entry.detail.rows if entry.detail else ():
            assert all("".join(cell.split()) in text for cell in row)


def _all_text(data: bytes) -> str:
    root = etree.fromstring(zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml"))
    return "".join(node.text or "" for node in root.iter("{*}t")).replace(" ", "").replace("　", "")


@pytest.mark.parametrize(
    ("amount", "unit", "printed"),
    [
        ("864000.00", "wan-label", "86.4"),
        ("864000.00", "wan-value", "86.4万元"),
        ("86423500.00", "yuan-value", "86423500元"),
        ("299999.99", "wan-label", "29.999999"),
        ("250000000.00", "yi-value", "2.50亿元"),
        ("864000.00", "capital", "捌拾陆万肆仟元整"),
    ],
)
def test_money_is_printed_as_applicants_write_it(amount: str, unit: str, printed: str) -> None:
    assert shown_money(Decimal(amount), unit, style(1, separators=False, full_width=False)) == printed


@pytest.mark.parametrize(
    ("amount", "printed"),
    [
        ("10000800.05", "壹仟万零捌佰元零伍分"),
        ("300000.00", "叁拾万元整"),
        ("1020304.50", "壹佰零贰万零叁佰零肆元伍角整"),
        ("100000000.00", "壹亿元整"),
    ],
)
def test_capital_numerals(amount: str, printed: str) -> None:
    assert capital_numerals(Decimal(amount)) == printed


def test_dates_and_periods_are_printed_in_each_style() -> None:
    day = date(2024, 7, 21)
    assert shown_date(day, "capital") == "二〇二四年七月二十一日"
    assert shown_date(day, "dot") == "2024.7.21"
    year = {"start": "2023-01-01", "end": "2023-12-31"}
    assert shown_period(year, style(3, date="han")) == "2023年1月1日至12月31日"


def test_marks_show_the_chosen_answer_in_every_style() -> None:
    (entry,) = [entry for entry in entries(CASES[0], style(1, mark="boxes")) if entry.name == "illegal_acts"]
    assert marks_text(entry.marks, style(1, mark="squares")) == "□有  ■无"
    assert marks_text(entry.marks, style(1, mark="parens")) == "（ ）有  （√）无"
    assert marks_text(entry.marks, style(1, mark="after")) == "有□  无☑"
    assert marks_text(entry.marks, style(1, mark="bracketed")) == "（无）"
    assert marks_text(entry.marks, style(1, mark="tick-alone")) == "有  √无"


def test_names_in_a_zip_are_gbk_bytes_without_the_flag() -> None:
    packed = mail.zipped([("申报材料/申报表.docx", b"x"), ("a.txt", b"y")], gbk=True)
    archive = zipfile.ZipFile(io.BytesIO(packed), metadata_encoding="gbk")
    assert archive.namelist() == ["申报材料/申报表.docx", "a.txt"]
    assert archive.testzip() is None
    assert not archive.infolist()[0].flag_bits & 0x800


def test_the_committed_truth_is_that_of_the_generator() -> None:
    written = {row["case_id"]: row for row in json.loads((HERE / "expected/cases.json").read_text(encoding="utf-8"))}
    assert list(written) == [case.case_id for case in CASES]
    for case in CASES:
        assert written[case.case_id]["fields"] == dict(case.fields)
        assert case.expected.items() <= written[case.case_id]["expected"].items()


def test_the_committed_mailbox_holds_the_mails_of_the_truth() -> None:
    path = HERE / "mailbox.mbox"
    assert path.stat().st_size <= 25_000_000
    data = path.read_bytes()
    truth = json.loads((HERE / "expected/cases.json").read_text(encoding="utf-8"))
    assert all(f"Message-ID: {case['message_id']}".encode() in data for case in truth)


@pytest.mark.parametrize(
    ("kind", "expected", "got", "equal"),
    [
        ("money", "864000.00", "864000", True),
        ("money", "864000.00", "8640000.00", False),
        ("phone", "0591-80000123-802", "0591-80000123转802", True),
        ("text", "示例（福州）“AI”有限公司", '示例(福州) "AI"有限公司', True),
        ("text", "示例甲", "示例乙", False),
        ("choices", ["vision", "image"], ["image", "vision"], True),
        ("period", {"start": "2023-01-01", "end": "2023-12-31"}, {"start": "2023-01-01", "end": "2023-12-30"}, False),
        ("uscc", None, "91350102MA2XKT8U7N", False),
    ],
)
def test_values_are_the_same_when_they_mean_the_same(kind: str, expected: object, got: object, equal: bool) -> None:
    assert same(kind, expected, got) is equal
