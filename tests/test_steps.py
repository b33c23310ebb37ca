"""The steps from mail to checks without Prefect or OCR: registries beside the mail, and the list of who passed."""

import json
import mailbox
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import docx
import pytest
from openpyxl import Workbook, load_workbook
from plain_run import run
from typer.testing import CliRunner

from flows import steps
from flows.cli import app
from flows.recall import summarise
from flows.rerun import rerun
from flows.settings import Settings
from pipeline.errors import UsageError
from pipeline.ledger import open_workspace
from pipeline.model import CHINA, EXCEPTIONS, Check, Outcome
from pipeline.programme import load_programme
from pipeline.registries import load_registries
from pipeline.report.recommended import HEADS

PROGRAMME = load_programme("fujian-ai-2024")
SMALL = Path(__file__).parent / "programmes" / "example_2025"
LABELS = {spec.name: spec.labels[0] for spec in PROGRAMME.fields}
FIRST, SECOND, THIRD = "91350100MA00EXAM14", "91350100MA00EXAM27", "91350100MA00EXAM3A"
COMPUTE = ("compute_total", "compute_contracts")
SOUND = {
    "direction": "☐算力服务补助 ☑“领雁”软件企业 ☐软件优质产品 ☐硬件优质产品 ☐典型应用场景",
    "project_name": "示例企业人工智能平台研发",
    "applicant_name": "示例智算（福州）科技有限公司",
    "uscc": FIRST,
    "enterprise_type": "☑软件和信息技术服务业企业 ☐工业企业 ☐其他",
    "city": "福州市",
    "registered_address": "福建省福州市鼓楼区示例路1号",
    "business_address": "福建省福州市闽侯县示例大道2号",
    "established_on": "2015年3月2日",
    "legal_representative": "示例甲",
    "contact_name": "示例乙",
    "contact_phone": "0591-80001234",
    "revenue": "5000",
    "net_profit": "300",
    "total_assets": "8000",
    "total_liabilities": "3000",
    "illegal_acts": "☐有 ☑无",
    "listed_dishonest": "☐是 ☑否",
    "ai_revenue": "3000",
    "ai_revenue_ratio": "60%",
    "rd_platform_name": "示例人工智能工程技术研究中心",
    "rd_platform_level": "☐国家级 ☐省级 ☑市级 ☐县级",
    "summary": "本项目面向示例行业，建设智能平台。",
}
OTHERS = (
    {"uscc": SECOND, "applicant_name": "示例第二（福州）科技有限公司"},
    {"uscc": THIRD, "applicant_name": "示例第三（福州）科技有限公司"},
)


def form(stated: dict[str, str]) -> bytes:
    document = docx.Document()
    document.add_heading("福建省省级人工智能产业发展项目申报表", 1)
    table = document.add_table(0, 2)
    for name, text in stated.items():
        unit = "（万元）" if next(spec for spec in PROGRAMME.fields if spec.name == name).kind == "money" else ""
        cells = table.add_row().cells
        cells[0].text, cells[1].text = LABELS[name] + unit, text
    data = BytesIO()
    document.save(data)
    return data.getvalue()


def workbook(*rows: list[object]) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(row)
    data = BytesIO()
    book.save(data)
    return data.getvalue()


def city_list() -> bytes:
    project, reviews = SOUND["project_name"], ["通过"] * 4
    applicants = [(FIRST, SOUND["applicant_name"]), *((one["uscc"], one["applicant_name"]) for one in OTHERS)]
    rows = [
        [n, "“领雁”软件企业", project, name, code, priority, *reviews]
        for n, ((code, name), priority) in enumerate(zip(applicants, (2, 1, 3), strict=True), start=1)
    ]
    return workbook(
        ["福州市项目推荐汇总表"],
        [
            *("序号", "申报方向", "项目名称", "申报单位", "统一社会信用代码", "推荐优先级"),
            *("材料完整性", "匹配性", "真实性", "企业社会信用"),
        ],
        *rows,
    )


def write_mailbox(path: Path) -> None:
    box = mailbox.mbox(path)
    files = [(form(SOUND | other), f"申报表{n}.docx") for n, other in enumerate(({}, *OTHERS), start=1)]
    for number, (data, name) in enumerate([*files, (city_list(), "福州市项目推荐汇总表.xlsx")], start=1):
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = f"a{number}@example.com", "office@example.cn", "申报材料"
        mail["Date"], mail["Message-ID"] = f"Mon, 01 Jul 2024 09:1{number}:00 +0800", f"<{number}@example.com>"
        mail.set_content("见附件。")
        mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
        box.add(mail)
    box.close()


def write_registries(folder: Path) -> None:
    folder.mkdir()
    header = ["序号", "企业名称", "统一社会信用代码", "列入原因"]
    row = [1, "示例第二旧名有限公司", SECOND, "未按规定公示年度报告"]
    (folder / "经营异常名录.xlsx").write_bytes(workbook(["经营异常名录（2024年6月）"], header, row))
    lines = "失信被执行人名称,失信行为\n样例贸易有限公司,违反财产报告制度\n示例第三(福州)科技有限公司,拒不履行\n"
    (folder / "失信企业.csv").write_bytes(lines.encode("gb18030"))


@dataclass(frozen=True)
class Ran:
    settings: Settings
    checks: tuple[Check, ...]
    applicants: dict[str, str]  # application_id → USCC

    def credit(self, uscc: str) -> Check:
        ids = {key for key, code in self.applicants.items() if code == uscc}
        return next(check for check in self.checks if check.check == "G-CREDIT" and check.application_id in ids)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """What the flow does, step by step, over three applications and their city's list."""
    folder = tmp_path_factory.mktemp("steps")
    write_mailbox(folder / "mail.mbox")
    write_registries(folder / "registries")
    settings = Settings(workspace=folder / "ws", out=folder / "out", workers=1)
    ledger, moment = open_workspace(settings.workspace), datetime.now(CHINA)
    sources = (folder / "mail.mbox",)
    submissions = steps.receive(sources, ledger, settings)
    readings = steps.read(submissions, ledger, PROGRAMME, settings)
    applications = steps.file(submissions, readings, PROGRAMME, ledger)
    registries = load_registries(folder / "registries")
    found = steps.review_all(submissions, readings, applications, PROGRAMME, registries, ledger)
    run = steps.describe_run(sources, submissions, PROGRAMME, found, readings.read_pages, moment)
    result = steps.conclude(run, PROGRAMME, submissions, found, (), ledger, ())
    steps.report(result, ledger, settings)
    codes = {key: str(case.record.value("uscc")) for key, case in found.cases.items()}
    checks = tuple(result.all_checks())
    ledger.close()
    return Ran(settings, checks, codes)


def test_what_is_remembered_comes_out_as_it_went_in(ran: Ran) -> None:
    """Every kind of value, tables with the form's columns in their order, whatever the order in the file."""
    total, table = (next(spec for spec in PROGRAMME.fields if spec.name == name) for name in COMPUTE)
    stated = {**SOUND, "direction": "☑算力服务补助", total.name: "86.4"}
    document = docx.Document(BytesIO(form(stated)))
    heads = [column.labels[0] for column in table.columns]
    document.add_paragraph(table.labels[0])
    grid = document.add_table(2, len(heads))
    for column, head in enumerate(reversed(heads)):
        grid.cell(0, column).text, grid.cell(1, column).text = head, "1"
    data = BytesIO()
    document.save(data)
    folder = ran.settings.out.parent / "remembered"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "申报表.docx").write_bytes(data.getvalue())
    settings = Settings(workspace=folder / "ws", out=folder / "first", workers=1)
    run([folder / "in"], settings)
    rerun((), settings.model_copy(update={"out": folder / "second"}))
    (line,) = (folder / "first" / "records.jsonl").read_bytes().splitlines()
    assert (folder / "second" / "records.jsonl").read_bytes() == line + b"\n"
    rows = json.loads(line)["fields"][table.name]["value"]
    assert list(rows[0]) == [column.name for column in table.columns if column.name in rows[0]]
    assert len(rows[0]) > 1


def test_a_hit_in_a_registry_cites_list_row_and_reason(ran: Ran) -> None:
    by_code, by_name = ran.credit(SECOND), ran.credit(THIRD)
    assert (by_code.outcome, by_name.outcome) == (Outcome.FAIL, Outcome.FAIL)
    assert "《经营异常名录.xlsx》第3行“示例第二旧名有限公司”" in by_code.message
    assert "未按规定公示年度报告" in by_code.message
    assert "《失信企业.csv》第3行“示例第三(福州)科技有限公司”" in by_name.message
    assert "拒不履行" in by_name.message
    assert "未按规定" not in by_name.message
    assert by_code.clause.article == "二·总"
    assert by_code.action


def test_who_is_on_no_list_passes_and_nothing_else_is_excepted(ran: Ran) -> None:
    assert ran.credit(FIRST).outcome is Outcome.PASS
    exceptions = [(check.check, ran.applicants.get(check.application_id or "")) for check in ran.checks
                  if check.outcome in EXCEPTIONS]  # fmt: skip
    assert sorted(exceptions) == [("G-CREDIT", SECOND), ("G-CREDIT", THIRD)]


def test_the_departments_list_is_of_those_that_passed_the_last_run(ran: Ran, tmp_path: Path) -> None:
    path = tmp_path / "new" / "汇总表.xlsx"
    assert summarise(ran.settings, path) == 1
    title, heads, *rows = load_workbook(path).worksheets[0].values
    assert title[0] == "2024年福建省省级人工智能产业发展项目推荐汇总表"
    assert heads == HEADS
    (row,) = rows
    assert row[:7] == (1, "福州市", "“领雁”软件企业", SOUND["project_name"], SOUND["applicant_name"], FIRST, 2)
    assert row[7:] == ("通过", "通过", "通过", "通过", None, None)


def test_the_command_writes_the_list(ran: Ran, tmp_path: Path) -> None:
    arguments = ["summary", "--workspace", str(ran.settings.workspace), "--out", str(tmp_path / "a.xlsx")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0
    assert "Applications that passed: 1" in done.stdout
    refused = CliRunner().invoke(app, [*arguments[:-1], str(tmp_path / "a.csv")])
    assert isinstance(refused.exception, UsageError)


def test_without_a_run_of_this_programme_there_is_no_list(ran: Ran, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no workspace"):
        summarise(Settings(workspace=tmp_path / "absent"), tmp_path / "a.xlsx")
    open_workspace(tmp_path / "empty").close()
    with pytest.raises(UsageError, match="no run"):
        summarise(Settings(workspace=tmp_path / "empty"), tmp_path / "a.xlsx")
    other = Settings(workspace=ran.settings.workspace, programme=str(SMALL))
    with pytest.raises(UsageError, match="no run of example-2025"):
        summarise(other, tmp_path / "a.xlsx")


def small_form() -> bytes:
    document = docx.Document()
    document.add_heading("示例市数字化改造项目申报书", 1)
    table = document.add_table(0, 2)
    told = ("申报类别", "☑数字化车间 ☐数字化服务商"), ("申请单位", "示例制造有限公司"), ("设备投入合计", "1,500.51元")
    for texts in (*told, ("是否经过审计", "是（√） 否（ ）")):
        for cell, text in zip(table.add_row().cells, texts, strict=True):
            cell.text = text
    document.add_paragraph("设备清单")
    details = document.add_table(0, 2)
    for texts in (("设备名称", "金额（元）"), ("示例机床", "1000"), ("示例机械臂", "500.50")):
        for cell, text in zip(details.add_row().cells, texts, strict=True):
            cell.text = text
    data = BytesIO()
    document.save(data)
    return data.getvalue()


def test_another_programme_reads_checks_and_reports_with_the_same_code(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "申报书.docx").write_bytes(small_form())
    settings = Settings(workspace=tmp_path / "ws", out=tmp_path / "out", programme=str(SMALL), workers=1)
    programme, ledger = load_programme(SMALL), open_workspace(settings.workspace)
    submissions = steps.receive([tmp_path / "in"], ledger, settings)
    readings = steps.read(submissions, ledger, programme, settings)
    applications = steps.file(submissions, readings, programme, ledger)
    found = steps.review_all(submissions, readings, applications, programme, None, ledger)
    (case,) = found.cases.values()
    record = case.record
    assert (record.direction, record.value("equipment_total")) == ("workshop", Decimal("1500.51"))
    outcomes = {check.check: (check.outcome, check.message) for check in case.checks}
    assert outcomes["X-AUDIT"][0] is Outcome.PASS
    assert outcomes["X-SUM"][0] is Outcome.FAIL
    assert "1,500.5元" in outcomes["X-SUM"][1] or "1,500.50元" in outcomes["X-SUM"][1]
    run = steps.describe_run([tmp_path / "in"], submissions, programme, found, 1, datetime.now(CHINA))
    result = steps.conclude(run, programme, submissions, found, (), ledger, ())
    steps.report(result, ledger, settings)
    ledger.close()
    page = (settings.out / "report.html").read_text("utf-8")
    assert all(words in page for words in ("2025年示例市数字化改造项目", "示例制造有限公司", "成效由专家评审。"))
