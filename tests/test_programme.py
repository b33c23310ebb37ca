"""A programme is its files: what is in them is read, every mistake in them is told, another year is another folder."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.confidence import model
from pipeline.errors import ProgrammeError
from pipeline.examples import failed_examples, records_of
from pipeline.model import Outcome
from pipeline.normalise import normalise
from pipeline.programme import clause_matrix, load_programme
from pipeline.review import review

SMALL = Path(__file__).parent / "programmes" / "example_2025"
FUJIAN = load_programme("fujian-ai-2024")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALL, tmp_path / "example_2025"))


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def mistakes(folder: Path) -> list[str]:
    with pytest.raises(ProgrammeError) as caught:
        load_programme(folder)
    return caught.value.mistakes


def test_the_fujian_programme() -> None:
    assert (FUJIAN.id, len(FUJIAN.fields), len(FUJIAN.directions)) == ("fujian-ai-2024", 47, 5)
    contracts = next(spec for spec in FUJIAN.fields if spec.name == "compute_contracts")
    assert [(column.name, column.kind, column.unit) for column in contracts.columns][2] == ("amount", "money", "万元")
    assert contracts.directions == {"compute"}
    assert FUJIAN.parameters["review_threshold"] == model().review_threshold
    amount = next(criterion for criterion in FUJIAN.criteria if criterion.id == "C-AMOUNT")
    assert amount.parameters["minimum"] == Decimal("300000.00")
    assert amount.parameters["last_day"] == date(2023, 12, 31)


def test_every_criterion_of_the_notice_is_there() -> None:
    general = "COMPLETE REGION LEGAL FINANCE LAW CREDIT RATIO SUM NARRATIVE COPIES READABLE DEADLINE"
    expected = {
        "G": f"{general} ONE-PER-DIRECTION EXCLUSIVE",
        "C": "INDUSTRY NOT-XIAMEN AMOUNT PERIOD DIRECT INVOICED MODEL",
        "L": "INDUSTRY FOCUS MAIN-REVENUE PLATFORM",
        "S": "INDUSTRY FUNCTION IP MARKET LEADING",
        "H": "INDUSTRY KIND IP MARKET LEADING",
        "A": "ROLE PARTNER SIZE LOCATION FIELD INNOVATION SITE-CHECK",
        "R": "LISTED MATCH REVIEWED ORDER QUOTA",
    }
    wanted = {f"{letter}-{name}" for letter, names in expected.items() for name in names.split()}
    assert {criterion.id for criterion in FUJIAN.criteria} == wanted


def test_every_numbered_clause_is_served_or_left_to_judgement() -> None:
    matrix = clause_matrix(FUJIAN)
    assert [clause.clause.article for clause, _ in matrix] == [clause.clause.article for clause in FUJIAN.clauses]
    assert all(served or clause.judgement for clause, served in matrix)
    by_article = {clause.clause.article: served for clause, served in matrix}
    assert by_article["二（一）1"] == ("C-AMOUNT", "C-PERIOD", "C-DIRECT", "C-INVOICED")
    assert by_article["三（三）"] == ("R-QUOTA",)


def test_another_years_programme_is_another_folder() -> None:
    programme = load_programme(SMALL)
    assert failed_examples(programme) == []
    criterion = programme.criteria[0]
    record, _ = records_of(programme, criterion.examples[1])
    assert {check.check: check.outcome for check in review(record, programme)} == {
        "X-SUM": Outcome.FAIL,
        "X-AUDIT": Outcome.PASS,
    }
    price = next(spec for spec in programme.fields if spec.name == "equipment_total")
    assert normalise(price, "1,500.50", None, False).value == Decimal("1500.50")


def test_the_version_is_of_what_the_files_say(folder: Path) -> None:
    assert load_programme(folder).version == load_programme(SMALL).version
    change(folder, "criteria.toml", "tolerance = 0.00", "tolerance = 0.01")
    assert load_programme(folder).version != load_programme(SMALL).version


def test_an_unknown_programme_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ProgrammeError, match="fujian-ai-2024"):
        load_programme("fujian-ai-1999")
    with pytest.raises(ProgrammeError, match=r"criteria\.toml"):
        load_programme(tmp_path)


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("criteria.toml", 'clause = "一"\n', "", "X-SUM has no clause"),
        ("criteria.toml", 'clause = "一"', 'clause = "九"', "X-SUM cites the unknown clause '九'"),
        ("criteria.toml", 'quote = "设备投入以清单合计为准"\n', "", "X-SUM has no quote"),
        ("criteria.toml", 'quote = "设备投入', 'quote = "软件投入', "X-SUM quotes words that clause 一 does not have"),
        ("criteria.toml", 'check = "sums"', 'check = "adds"', "X-SUM names the unknown check function 'adds'"),
        ("criteria.toml", '"equipment.price"]', '"equipment.cost"]', "X-SUM reads the unknown field 'equipment.cost'"),
        (
            "criteria.toml",
            'directions = ["workshop"]',
            'directions = ["shop"]',
            "X-SUM names the unknown direction 'shop'",
        ),
        (
            "criteria.toml",
            '    { title = "多一分", given = { equipment_total = 1500.51 }, outcome = "fail" },\n',
            "",
            "X-SUM has no worked example of fail",
        ),
        (
            "criteria.toml",
            '    { title = "没有清单", given = { equipment = "" }, outcome = "undetermined" },\n',
            "",
            "X-SUM has no worked example of undetermined",
        ),
        ("criteria.toml", "given = { equipment_total", "given = { equipment_sum", "unknown field 'equipment_sum'"),
        ("criteria.toml", 'outcome = "fail" }', 'outcome = "bad" }', "unknown outcome 'bad'"),
        ("criteria.toml", 'actions.fail = "请更正。"\n', "", "X-SUM has no action for 'fail'"),
        (
            "criteria.toml",
            "messages.fail =",
            "messages.wrong =",
            "X-SUM: message 'wrong' does not begin with an outcome",
        ),
        (
            "criteria.toml",
            'actions.fail = "请更正。"',
            'actions.fail = "请更正。"\nactions.warn = "看。"',
            "X-SUM: action 'warn' belongs to no message",
        ),
        ("criteria.toml", 'id = "X-AUDIT"', 'id = "X-SUM"', "X-SUM stands 2 times"),
        (
            "criteria.toml",
            'title = "经过审计"\n',
            'title = "经过审计"\nlimit = 3\n',
            "X-AUDIT has the unknown key 'limit'",
        ),
        ("criteria.toml", "applicant_name =", "applicant =", "[sound] states the unknown field 'applicant'"),
        ("criteria.toml", "[parameters]", "[parameters", "criteria.toml"),
        ("criteria.toml", 'no-direction = "申报类别没有读出"\n', "", "[messages] lacks 'no-direction'"),
        (
            "criteria.toml",
            "review_threshold = 0.80",
            "review_threshold = 80",
            "review_threshold is no number from 0 to 1",
        ),
        ("notice.toml", 'judgement = "成效由专家评审。"', "", "clause 二 has neither a criterion nor a reason"),
        ("notice.toml", 'document = "示例工信〔2025〕1号"', "", "no document"),
        ("notice.toml", 'article = "一"\nquote', 'article = "九"\nquote', "[files] cites the unknown clause '九'"),
        ("notice.toml", 'quote = "设备投入以清单合计为准"', "", "[files] has no quote"),
        ("form.toml", 'id = "example-2025"', "", "no id"),
        (
            "form.toml",
            'labels = ["申请单位"]',
            'labels = ["申报类别"]',
            "the label 申报类别 is claimed twice (direction, applicant_name)",
        ),
        (
            "form.toml",
            'labels = ["金额"]',
            'labels = ["设备名称"]',
            "table equipment: the label 设备名称 is claimed twice",
        ),
        ("form.toml", 'labels = ["申请单位"]', "labels = []", "field applicant_name has no labels"),
        (
            "form.toml",
            'type = "text"\nrequired',
            'type = "words"\nrequired',
            "field applicant_name has the unknown type 'words'",
        ),
        ("form.toml", 'options = "yes_no"', 'options = "maybe"', "field audited names the unknown option list 'maybe'"),
        ("form.toml", 'type = "choice"\noptions = "yes_no"', 'type = "choice"', "a choice, and only it, has options"),
        ("form.toml", 'type = "table"', 'type = "text"', "a table, and only it, has columns"),
        ("form.toml", 'yes = ["是"]', "yes = []", "option yes_no.yes has no words"),
        ("form.toml", 'unit = "元"', 'units = "元"', "field equipment_total has the unknown key 'units'"),
        ("form.toml", 'unit = "元"', 'unit = "两"', "field equipment_total has the unknown unit '两'"),
    ],
)
def test_a_mistake_is_told_with_its_place(folder: Path, name: str, old: str, new: str, told: str) -> None:
    change(folder, name, old, new)
    assert any(told in mistake for mistake in mistakes(folder))


def test_all_mistakes_are_told_at_once(folder: Path) -> None:
    change(folder, "criteria.toml", 'check = "sums"', 'check = "adds"')
    change(folder, "form.toml", 'labels = ["申请单位"]', "labels = []")
    change(folder, "notice.toml", 'judgement = "成效由专家评审。"', "")
    found = mistakes(folder)
    assert len(found) == 3
    assert all(mistake.startswith("example_2025: ") for mistake in found)


def test_an_example_with_another_outcome_is_found(folder: Path) -> None:
    change(folder, "criteria.toml", "equipment_total = 1500.51", "equipment_total = 1500.50")
    told = failed_examples(load_programme(folder))
    assert told == ["X-SUM, example 多一分: pass instead of fail", "X-SUM: no example brings about fail"]
