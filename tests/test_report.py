"""The report's formats say the same, and nothing that an applicant wrote runs in them."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from PIL import Image

from pipeline.model import (
    CHINA,
    ApplicationRecord,
    BBox,
    Check,
    Clause,
    Evidence,
    FieldValue,
    Filing,
    Item,
    LedgerRow,
    Method,
    Outcome,
    Period,
    Role,
    Run,
    Status,
    Submission,
)
from pipeline.programme import load_programme
from pipeline.report.clauses import clause_rows
from pipeline.report.html import write_html
from pipeline.report.jsonl import write_jsonl, write_run
from pipeline.report.rows import Case, Defect, RunResult, picture_name, status_counts
from pipeline.report.xlsx import write_xlsx

HOSTILE = '=HYPERLINK("http://example.com")<script>alert(1)</script>\x07'
MOMENT = datetime(2024, 7, 1, 9, 12, tzinfo=CHINA)
CLAUSE = Clause("闽工信函软件〔2024〕312号", "二（一）1", "年度总额30万元（含）以上")
# fmt: off
CHECK_KEYS = ["application_id", "city_list", "ledger_id", "check", "clause", "outcome", "message", "claimed",
              "expected", "fields", "evidence", "action", "exception_id"]
LEDGER_KEYS = ["ledger_id", "parent", "path", "name", "sha256", "bytes", "media_type", "role", "status", "finding",
               "reason", "application_id"]
# fmt: on
BOX = BBox(100.004, 50, 200, 62)


def evidence(quote: str, page: int | None = 1, box: BBox | None = BOX) -> Evidence:
    return Evidence("f" * 64, Method.OCR, page, "第1页", box, quote, 0.93)


def claim(name: str, value: object, raw: str) -> FieldValue:
    return FieldValue(name, raw, value, evidence(raw), unit="万元" if isinstance(value, Decimal) else None)  # type: ignore[arg-type]


def png() -> bytes:
    data = BytesIO()
    Image.new("RGB", (600, 90), "#ffeeaa").save(data, "PNG")
    return data.getvalue()


@pytest.fixture
def result(tmp_path: Path) -> RunResult:
    return result_in(tmp_path)


def result_in(out: Path) -> RunResult:
    """What a run found about one application and a file, with a picture in the folder."""
    message = Item("m1", None, "mail.mbox#1", "mail.mbox#1", "e" * 64, 900, "message/rfc822", Role.CONTAINER)
    form = Item("f1", "m1", "mail.mbox#1/申报表.pdf", "申报表.pdf", "f" * 64, 4800, "application/pdf")
    broken = Item("b1", "m1", "mail.mbox#1/坏.docx", "坏.docx", "b" * 64, 12, "application/zip")
    submission = Submission("s1", "<1@example.com>", MOMENT, "a@example.com", HOSTILE, "", (), (message, form, broken))
    rows_of_table = (
        {
            "provider_name": claim("provider_name", "示例算力", "示例算力"),
            "amount": claim("amount", Decimal(864000), "86.4"),
        },
    )
    claims = {
        "applicant_name": (claim("applicant_name", HOSTILE, HOSTILE),),
        "compute_total": (claim("compute_total", Decimal(864000), "86.4"), claim("compute_total", Decimal(1), "1")),
        "rd_ratio": (claim("rd_ratio", Decimal("0.66666"), "66.67%"),),
        "compute_period": (claim("compute_period", Period(MOMENT.date(), MOMENT.date()), "…"),),
        "established_on": (claim("established_on", MOMENT.date(), "2024年7月1日"),),
        "model_kind": (claim("model_kind", "general", "通用"),),
        "compute_contracts": (claim("compute_contracts", rows_of_table, ""),),
        "net_profit": (claim("net_profit", None, "乱码"),),
    }
    record = ApplicationRecord(
        "a1", "fujian-ai-2024", "compute", MOMENT, submission, (Filing("f1", "f" * 64, "a1", Role.FORM),), claims
    )
    place = evidence("86.4")
    own = (
        Check("C-AMOUNT", CLAUSE, Outcome.FAIL, "总额不足" + HOSTILE, "请补充合同", "a1", claimed="864,000.00元",
              expected="=1+1", fields=("compute_total", "compute_contracts.amount"), evidence=(place,),
              exception_id="x1"),
        Check("C-MODEL", CLAUSE, Outcome.PASS, "符合", "", "a1"),
        Check("L-FOCUS", CLAUSE, Outcome.MANUAL, "由专家判断", "查看材料", "a1"),
    )  # fmt: skip
    others = (Check("D-DAMAGED", CLAUSE, Outcome.FAIL, "文件打不开", "请重新发送", ledger_id="b1", exception_id="x2"),)
    rows = (
        LedgerRow(message, Role.CONTAINER, Status.PROCESSED),
        LedgerRow(form, Role.FORM, Status.PROCESSED, application_id="a1"),
        LedgerRow(broken, Role.UNKNOWN, Status.FAILED, "D-DAMAGED", "文件打不开"),
    )
    counts = {"ledger": status_counts(rows)}
    run = Run(
        "r1", "fujian-ai-2024", "v1", MOMENT, MOMENT, ("mail.mbox",), {"review_threshold": Decimal("0.9")}, counts
    )
    (out / "evidence").mkdir()
    (out / picture_name(place)).write_bytes(png())
    programme, cases = load_programme("fujian-ai-2024"), {"a1": Case(record, own)}
    return RunResult(run, programme, cases, others, rows, (), {picture_name(place)}, (submission,))


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_records_hold_normalised_values_with_their_places(result: RunResult, tmp_path: Path) -> None:
    write_jsonl(result, tmp_path)
    (record,) = lines(tmp_path / "records.jsonl")
    assert record["received_at"] == "2024-07-01T09:12:00+08:00"
    assert record["source"] == {"message_id": "<1@example.com>", "sender": "a@example.com", "subject": HOSTILE}
    assert record["files"] == ["f1"]
    fields = record["fields"]
    assert isinstance(fields, dict)
    total = fields["compute_total"]
    assert (total["value"], total["raw"], total["unit"], total["confidence"]) == ("864000.00", "86.4", "万元", 0.93)
    assert total["evidence"] == {
        "ledger_id": "f1",
        "page": 1,
        "bbox": [100.0, 50, 200, 62],
        "method": "ocr",
        "place": "第1页",
    }
    assert [other["value"] for other in total["conflicts"]] == ["1.00"]
    assert fields["rd_ratio"]["value"] == "0.6667"
    assert fields["compute_period"]["value"] == {"start": "2024-07-01", "end": "2024-07-01"}
    assert fields["established_on"]["value"] == "2024-07-01"
    assert fields["compute_contracts"]["value"][0]["amount"]["value"] == "864000.00"
    assert (fields["net_profit"]["value"], fields["net_profit"]["raw"]) == (None, "乱码")


def test_checks_exceptions_ledger_and_run_have_the_keys_of_the_contract(result: RunResult, tmp_path: Path) -> None:
    write_jsonl(result, tmp_path)
    write_run(result.run, tmp_path)
    checks, exceptions = lines(tmp_path / "checks.jsonl"), lines(tmp_path / "exceptions.jsonl")
    assert [check["outcome"] for check in checks] == ["fail", "pass", "manual", "fail"]
    assert [check["check"] for check in exceptions] == ["C-AMOUNT", "D-DAMAGED"]
    assert list(checks[0]) == CHECK_KEYS
    assert list(exceptions[0]) == [*CHECK_KEYS, "state", "decision"]
    (place,) = exceptions[0]["evidence"]  # type: ignore[misc]
    assert place["text"] == "86.4"
    assert re.fullmatch(r"evidence/[0-9a-f]{20}\.png", place["image"])
    ledger = lines(tmp_path / "ledger.jsonl")
    assert list(ledger[0]) == LEDGER_KEYS
    run = json.loads((tmp_path / "run.json").read_text("utf-8"))
    assert run["counts"]["ledger"] == {"processed": 2, "duplicate": 0, "superseded": 0, "ignored": 0, "failed": 1}
    assert run["parameters"] == {"review_threshold": "0.9"}


def page_of(result: RunResult, out: Path) -> str:
    write_html(result, out, 100)
    return (out / "report.html").read_text("utf-8")


def test_the_page_escapes_what_applicants_wrote_and_asks_for_nothing(result: RunResult, tmp_path: Path) -> None:
    page = page_of(result, tmp_path)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", page)
    for words in (
        "C-AMOUNT",
        "总额不足",
        "二（一）1",
        "年度总额30万元（含）以上",
        "请补充合同",
        "mail.mbox#1/申报表.pdf",
        "算力服务采购总额",
    ):
        assert words in page
    assert page.count("data:image/png;base64,") == 1


def test_every_clause_stands_with_its_criteria_and_their_outcomes(result: RunResult, tmp_path: Path) -> None:
    rows = clause_rows(result)
    assert list(dict.fromkeys(row.article for row in rows)) == [c.clause.article for c in result.programme.clauses]
    served = {row.check: row for row in rows if row.check}
    assert set(served) == {criterion.id for criterion in result.programme.criteria} | {"D-DAMAGED"}
    assert served["C-AMOUNT"].counts == {outcome: int(outcome is Outcome.FAIL) for outcome in Outcome}
    assert all(row.judgement for row in rows if not row.check)
    write_xlsx(result, tmp_path, 100)
    lines = list(openpyxl.load_workbook(tmp_path / "report.xlsx")["条款覆盖"].values)
    assert [line[:4] for line in lines[1:]] == [
        (row.article, row.quote, row.check or None, row.title or None) for row in rows
    ]
    assert next(line for line in lines if line[2] == "C-AMOUNT")[4:10] == (1, 0, 0, 0, 0, 0)
    page = page_of(result, tmp_path)
    assert all(row.quote in page for row in rows)


def test_a_defect_stands_first_and_is_not_a_pass(result: RunResult, tmp_path: Path) -> None:
    broken = replace(result, defects=(Defect("某申报", "a2", None, "Traceback …"),))
    assert "未审查" in page_of(broken, tmp_path)
    assert "未审查" not in page_of(result, tmp_path)


def test_the_page_works_in_a_browser(result: RunResult, tmp_path: Path) -> None:
    write_html(result, tmp_path, 100)
    browser = shutil.which("chromium")
    assert browser, "chromium is missing: run `make system`"
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    command = [
        browser,
        *flags,
        f"--user-data-dir={tmp_path / 'profile'}",
        "--dump-dom",
        f"file://{tmp_path}/report.html",
    ]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    assert "显示 2 / 2 项异常" in dom  # written by the page's own script, which its policy must let run


def test_every_text_of_the_workbook_is_text(result: RunResult, tmp_path: Path) -> None:
    write_xlsx(result, tmp_path, 100)
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert book.sheetnames == [
        *("汇总", "异常清单", "栏目更正", "变化", "更正记录"),
        *("申报记录", "核查矩阵", "文件台账", "条款覆盖"),
    ]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f"]
    starts = [cell for cell in cells if isinstance(cell.value, str) and cell.value.startswith("=")]
    assert len(starts) >= 3
    assert all(cell.quotePrefix for cell in starts)


def test_the_workbook_has_frozen_headers_filters_and_pictures(result: RunResult, tmp_path: Path) -> None:
    write_xlsx(result, tmp_path, 100)
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    sheet = book["异常清单"]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == f"A1:Y{sheet.max_row}"
    assert len(sheet._images) == 1  # type: ignore[attr-defined]
    header = [cell.value for cell in sheet[1]]
    row = dict(zip(header, (cell.value for cell in sheet[2]), strict=True))
    assert (row["结果"], row["核查项"], row["依据"]) == ("不符合", "C-AMOUNT", "二（一）1")
    assert row["涉及栏目"] == "算力服务采购总额、算力服务采购明细·合同金额"
    damaged = dict(zip(header, (cell.value for cell in sheet[3]), strict=True))
    assert str(damaged["来件"]).startswith("a@example.com　2024-07-01 09:12　主题“=HYPERLINK")
    write_xlsx(result, tmp_path, 0)  # where there are too many pictures
    plain = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert not plain["异常清单"]._images  # type: ignore[attr-defined]
    named = dict(zip(header, (cell.value for cell in plain["异常清单"][2]), strict=True))["图片"]
    assert (tmp_path / str(named)).is_file()
    assert dict(plain["汇总"].values)["图片"] == "较多：其中1项异常不附图片，只写明图片的文件名"
    records = book["申报记录"]
    shown = {records.cell(1, c).value: records.cell(2, c).value for c in range(1, records.max_column + 1)}
    assert shown["模型类型"] == "通用模型"
    assert shown["算力服务采购明细"] == "示例算力；864000.00"
    assert shown["2023年净利润（元）"] == "乱码"
    assert (shown["算力服务采购总额（元）"], shown["研发投入占比"]) == (864000, 0.66666)
    assert shown["成立时间"] == datetime(2024, 7, 1)  # noqa: DTZ001  # a cell knows no zone
