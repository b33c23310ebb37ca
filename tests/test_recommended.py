"""The department's own list: who passed, in which order, and nothing that a spreadsheet would run."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from openpyxl import load_workbook

from pipeline.checks.given import Context
from pipeline.city_lists import CityList, CityRow
from pipeline.examples import records_of
from pipeline.model import ApplicationRecord, Evidence, Example, Method, Outcome
from pipeline.programme import load_programme
from pipeline.report.recommended import HEADS, recommended_rows, write_recommended
from pipeline.review import context_of, review

PROGRAMME = load_programme("fujian-ai-2024")
CODES = ("91350100MA00EXAM14", "91350100MA00EXAM27", "91350500MA00EXAM1Q", "91350000MA00EXAM1Y")


def record(number: int, direction: str = "compute", **stated: object) -> ApplicationRecord:
    sound = next(c for c in PROGRAMME.criteria if c.directions == {direction}).examples[0].given
    given = {**sound, "uscc": CODES[number], "project_name": f"示例{number}号", **stated}
    found = records_of(PROGRAMME, Example("", given, Outcome.PASS))[0]
    assert found.received_at is not None
    return replace(found, application_id=f"a{number}", received_at=found.received_at + timedelta(hours=number))


def row(number: int, priority: int | None) -> CityRow:
    texts = {"completeness": "通过", "site": "", "remark": "备注"}
    evidence = Evidence("0" * 64, Method.XLSX, 1, "", None, "", 1.0)
    return CityRow(
        "第2行", "compute", f"示例{number}号", "示例科技有限公司", CODES[number], priority, {}, texts, evidence
    )


def test_who_passed_by_city_direction_and_priority() -> None:
    records = [
        record(0, "lingyan"),
        record(1),
        record(2, net_profit=""),
        record(3),
    ]
    lists = (CityList("福州市", "l", None, (row(1, 2), row(3, 1))),)
    context = context_of(records, Context(PROGRAMME, city_lists=lists))
    checks = [check for one in records for check in review(one, PROGRAMME, context)]
    rows = recommended_rows(context, checks)
    assert [(line[0], line[2], line[3], line[6]) for line in rows] == [
        (1, "算力服务补助", "示例3号", 1),
        (2, "算力服务补助", "示例1号", 2),
        (3, "“领雁”软件企业", "示例0号", ""),
    ]
    assert rows[0][7:] == ("通过", "", "", "", "", "备注")


def test_the_workbook_runs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    line = (1, "福州市", "算力服务补助", '=HYPERLINK("http://example.com")', *[""] * 9)
    write_recommended([line], "2024年项目推荐汇总表", path)
    sheet = load_workbook(path).worksheets[0]
    assert [cell.value for cell in sheet[2]] == list(HEADS)
    assert (sheet["D3"].data_type, sheet["A3"].value) == ("s", 1)
