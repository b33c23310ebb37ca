"""Lists as bureaus make them: columns in any order, titles above, merged cells, one sheet or several."""

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from extractors.read_xlsx import read
from pipeline.checks.given import Context
from pipeline.city_lists import CityList, in_force, read_city_lists
from pipeline.errors import ReviewDefect
from pipeline.examples import records_of
from pipeline.model import CHINA, ApplicationRecord, Check, Example, Method, Outcome
from pipeline.programme import load_programme
from pipeline.recommended import city_of, recommendations
from pipeline.review import context_of, review_lists

PROGRAMME = load_programme("fujian-ai-2024")
SOUND = next(c for c in PROGRAMME.criteria if c.id == "G-LAW").examples[0].given
HEADS = ["序号", "设区市", "申报方向", "项目名称", "申报单位", "统一社会信用代码", "推荐优先级"]
RESULTS = ["材料完整性", "匹配性", "真实性", "企业社会信用", "现场核验结果", "备注"]
ROW = [1, "福州市", "算力服务补助", "示例智能平台", "示例科技有限公司", "91350100MA00EXAM14", 1]
PASSED = ["通过", "通过", "通过", "通过", None, None]


def lists(
    *sheets: tuple[str, Sequence[Sequence[object]]],
    change: Callable[[Worksheet], None] = lambda sheet: None,
    day: int = 10,
) -> tuple[CityList, ...]:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
        change(sheet)
    data = io.BytesIO()
    book.save(data)
    document = read(data.getvalue(), range(1, 100))
    return read_city_lists(document, PROGRAMME, f"list-{day}", datetime(2024, 7, day, 9, tzinfo=CHINA))


def record(application_id: str = "a", **stated: object) -> ApplicationRecord:
    example = Example("", {**SOUND, **stated}, Outcome.PASS)
    return replace(records_of(PROGRAMME, example)[0], application_id=application_id)


def checks(city_lists: Sequence[CityList], *records: ApplicationRecord) -> dict[tuple[str, str | None], Check]:
    context = context_of(records, Context(PROGRAMME, city_lists=tuple(city_lists)))
    return {(check.check, check.application_id): check for check in review_lists(context)}


def test_a_plain_list() -> None:
    (found,) = lists(("Sheet1", [HEADS + RESULTS, ROW + PASSED]))
    (row,) = found.rows
    assert (found.city, row.direction, row.project, row.applicant) == (
        "福州市",
        "compute",
        "示例智能平台",
        "示例科技有限公司",
    )
    assert (row.uscc, row.priority, row.place) == ("91350100MA00EXAM14", 1, "《Sheet1》第2行")
    assert row.results == {"completeness": True, "match": True, "truth": True, "credit": True, "site": None}


def test_columns_in_any_order_under_titles() -> None:
    order = [12, 6, 3, 4, 5, 2, 0, 1, 7, 8, 9, 10, 11]
    heads, values = HEADS + RESULTS, ROW + PASSED
    rows = [
        ["附件2"],
        ["2024年省级人工智能产业发展项目推荐汇总表"],
        [],
        [heads[n] for n in order],
        [values[n] for n in order],
    ]
    (found,) = lists(("汇总", rows))
    assert (found.rows[0].uscc, found.rows[0].priority, found.rows[0].results["credit"]) == (ROW[5], 1, True)
    assert found.rows[0].place == "《汇总》第5行"


def test_merged_cells_hold_for_each_row_they_span() -> None:
    second = [2, None, None, "示例二号", "示例二号有限公司", "91350100MA00EXAM27", 2]

    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("B2:B3")
        sheet.merge_cells("C2:C3")

    (found,) = lists(("s", [HEADS + RESULTS, ROW + PASSED, second + PASSED]), change=merge)
    assert [(row.direction, row.priority) for row in found.rows] == [("compute", 1), ("compute", 2)]


@pytest.mark.parametrize("title", ["福州市2024年项目推荐汇总表", "填报单位：福州市工业和信息化局"])
def test_the_city_of_the_title(title: str) -> None:
    heads, row = [h for h in HEADS if h != "设区市"], [v for v in ROW if v != "福州市"]
    (found,) = lists(("s", [[title], heads, row]))
    assert found.city == "福州市"


def test_a_sheet_a_direction_is_one_list() -> None:
    other = [1, "福州市", "典型应用场景", "示例场景", "示例医院", "12350100MA00EXAM19", 1]
    (found,) = lists(("算力", [HEADS, ROW]), ("场景", [HEADS, other]), ("说明", [["填表说明"]]))
    assert [row.direction for row in found.rows] == ["compute", "scenario"]


def test_a_head_repeated_on_a_new_page_and_a_total_are_no_rows() -> None:
    (found,) = lists(("s", [HEADS, ROW, HEADS, ["合计", None, None, None, None, None, None]]))
    assert len(found.rows) == 1


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("通过", True),
        ("√", True),
        ("合格", True),
        ("不通过", False),
        ("未通过", False),
        ("×", False),
        ("", None),
        ("待定", None),
    ],
)
def test_results(text: str, result: bool | None) -> None:
    (found,) = lists(("s", [HEADS + RESULTS, ROW + [text] * 4 + [None, None]]))
    assert found.rows[0].results["truth"] is result


def test_no_list_in_other_sheets() -> None:
    assert lists(("s", [["名称", "数量"], ["示例", 3]])) == ()


def test_the_newest_list_is_in_force_and_parts_are_one() -> None:
    old, new = lists(("s", [HEADS, ROW]), day=10), lists(("s", [HEADS, ROW, ROW]), day=11)
    assert [len(found.rows) for found in in_force((*new, *old))] == [2]
    assert [len(found.rows) for found in in_force((*old, *old))] == [2]


def test_a_row_finds_its_application_by_code_before_name() -> None:
    city_lists = lists(("s", [HEADS, ROW]))
    namesake = record("b", uscc="91350100MA00EXAM27")
    (found,) = recommendations(city_lists, [namesake, record("a")])
    assert found.record is not None
    assert found.record.application_id == "a"
    (found,) = recommendations(city_lists, [record("c", uscc="", project_name="别的名称")])
    assert found.record is not None
    (found,) = recommendations(city_lists, [record("d", uscc="91350100MA00EXAM27", applicant_name="样例有限公司")])
    assert found.record is None


def test_a_namesake_with_another_project_is_another_company() -> None:
    city_lists = lists(("s", [HEADS, ROW]))
    (same_project,) = recommendations(city_lists, [record("b", uscc="91350100MA00EXAM27")])
    assert same_project.record is not None
    (other,) = recommendations(city_lists, [record("b", uscc="91350100MA00EXAM27", project_name="样例平台")])
    assert other.record is None


def test_no_application_is_recommended_twice() -> None:
    found = recommendations(lists(("s", [HEADS, ROW, ROW])), [record()])
    assert [one.record is None for one in found] == [False, True]


@pytest.mark.parametrize(("city", "expected"), [("福州", "福州市"), ("平潭", "平潭综合实验区"), ("", "福州市")])
def test_the_city_of_an_application(city: str, expected: str) -> None:
    assert city_of(record(city=city)) == expected


def test_a_sound_list_passes_every_check() -> None:
    found = checks(lists(("s", [HEADS + RESULTS, ROW + PASSED])), record())
    assert {check.outcome for (name, _), check in found.items() if name.startswith("R-")} == {Outcome.PASS}
    assert found["R-REVIEWED", "a"].city_list == "福州市"


def test_who_lacks_the_other_is_named() -> None:
    stranger = [2, "福州市", "软件优质产品", "样例软件", "样例软件有限公司", "91350100MA00EXAM27", 1]
    found = checks(lists(("s", [HEADS + RESULTS, stranger + PASSED])), record())
    assert found["R-LISTED", None].message == "福州市汇总表《s》第2行的“样例软件”（样例软件有限公司）没有收到申报表。"
    assert "《示例智能平台》" in found["R-LISTED", "a"].message
    assert found["R-LISTED", "a"].outcome is Outcome.FAIL


def test_the_rows_beyond_the_cap_are_named_by_priority() -> None:
    def row(number: int) -> list[object]:
        return [
            number,
            "莆田市",
            "软件优质产品",
            f"示例{number}号",
            f"示例{number}号有限公司",
            None,
            7 - number,
            *PASSED,
        ]

    found = lists(("s", [HEADS + RESULTS, *(row(number) for number in range(1, 7))]))
    beyond = record(
        "x", direction="software", city="莆田市", applicant_name="示例1号有限公司", project_name="示例1号", uscc=""
    )
    told = checks(found, beyond)
    assert told["R-QUOTA", None].message == "莆田市的软件优质产品推荐了6个，上限为5个。"
    assert (
        told["R-QUOTA", "x"].message
        == "“示例1号”（莆田市汇总表《s》第2行）按优先级排在软件优质产品第6位，超出上限5个。"
    )


def match(listed_there: Sequence[object], application: ApplicationRecord) -> Check:
    return checks(lists(("s", [HEADS + RESULTS, [*listed_there, *PASSED]])), application)["R-MATCH", "a"]


def test_every_column_that_differs_from_the_form_is_told() -> None:
    told = match([*ROW[:3], "样例平台", "样例科技有限公司", *ROW[5:]], record())
    assert told.outcome is Outcome.FAIL
    assert told.message == (
        "福州市汇总表《s》第2行与申报表不一致：项目名称：汇总表“样例平台”，申报表“示例智能平台”；"
        "申报单位：汇总表“样例科技有限公司”，申报表“示例科技有限公司”。"
    )
    told = match([*ROW[:2], "典型应用场景", *ROW[3:]], record())
    assert "不一致：申报方向：汇总表“典型应用场景”，申报表“算力服务补助”。" in told.message


def test_another_code_is_told_and_a_recognised_one_may_be_misread() -> None:
    row = [*ROW[:5], "91350100MA00EXAM27", 1]
    told = match(row, record())
    assert told.outcome is Outcome.FAIL
    assert "统一社会信用代码：汇总表“91350100MA00EXAM27”，申报表“91350100MA00EXAM14”" in told.message
    assert match(row, recognised(record(), "uscc")).outcome is Outcome.UNDETERMINED
    assert match([*ROW[:5], None, 1], record()).outcome is Outcome.PASS


@pytest.mark.parametrize(("project", "outcome"), [("示例智能平合", Outcome.UNDETERMINED), ("样例", Outcome.FAIL)])
def test_a_recognised_name_differs_where_it_is_not_alike(project: str, outcome: Outcome) -> None:
    row = [*ROW[:3], "某省示例人工智能平台一期", *ROW[4:]]
    name = "某省示例人工智能平合一期" if outcome is Outcome.UNDETERMINED else project
    assert match(row, recognised(record(project_name=name), "project_name")).outcome is outcome
    assert match(row, record(project_name=name)).outcome is Outcome.FAIL


def recognised(application: ApplicationRecord, name: str) -> ApplicationRecord:
    (claim,) = application.claims[name]
    read_by_ocr = replace(claim, evidence=replace(claim.evidence, method=Method.OCR))
    return replace(application, claims={**application.claims, name: (read_by_ocr,)})


def test_a_row_without_its_application_is_reviewed_too() -> None:
    failed = ["不通过", "通过", "未通过", "通过", None, None]
    found = checks(lists(("s", [HEADS + RESULTS, ROW + failed])))
    assert (
        found["R-REVIEWED", None].message
        == "福州市汇总表《s》第2行的“示例智能平台”，审查结果不通过：材料完整性、真实性。"
    )


def test_every_direction_out_of_order_is_told() -> None:
    rows = [[*ROW[:6], 2], [*ROW[:2], "典型应用场景", "示例二号", "示例二号有限公司", None, 3]]
    found = checks(lists(("s", [HEADS, *rows])))
    assert found["R-ORDER", None].message.count("；") == 1
    assert "算力服务补助（2）；典型应用场景（3）" in found["R-ORDER", None].message


def test_rows_without_a_priority_come_last_and_a_small_direction_hides_no_large_one() -> None:
    small = [1, "莆田市", "算力服务补助", "示例算力", "示例算力有限公司", None, 1]
    rows = [
        [n, "莆田市", "典型应用场景", f"示例{n}号", f"示例{n}号有限公司", None, None if n == 1 else n]
        for n in range(1, 8)
    ]
    found = lists(("s", [HEADS, small, *rows]))
    first = record(
        "x", direction="scenario", city="莆田市", applicant_name="示例1号有限公司", project_name="示例1号", uscc=""
    )
    assert "第7位" in checks(found, first)["R-QUOTA", "x"].message


def test_cities_without_lists_and_a_run_without_registries_are_told_once() -> None:
    records = [record("a"), record("b", city="莆田市"), record("c", city="莆田市", direction="scenario")]
    context = context_of(records, Context(PROGRAMME))
    told = [(check.check, check.city_list) for check in review_lists(context)]
    assert sorted(told, key=str) == sorted(
        [("G-CREDIT", None), ("A-SITE-CHECK", "莆田市"), ("R-LISTED", "福州市"), ("R-LISTED", "莆田市")], key=str
    )
    assert all(check.outcome is Outcome.UNDETERMINED and check.exception_id for check in review_lists(context))


def test_a_defect_names_city_and_criterion() -> None:
    (found,) = lists(("s", [HEADS + RESULTS, ROW + PASSED]))
    broken = replace(found, rows=(replace(found.rows[0], results={}),))
    with pytest.raises(ReviewDefect, match="福州市: R-REVIEWED: KeyError"):
        checks([broken], record())
