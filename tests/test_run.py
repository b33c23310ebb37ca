"""The command from end to end on a small mailbox, Prefect included: what it leaves, what it says, how it ends."""

import json
import mailbox
import os
import subprocess
import sys
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import docx
import openpyxl
import pytest

from pipeline.ledger import open_workspace
from pipeline.model import Letter

FORM = {
    "申报方向": "☑算力服务补助 ☐“领雁”软件企业 ☐软件优质产品 ☐硬件优质产品 ☐典型应用场景",
    "项目名称": "示例大模型训练项目",
    "申报单位": "示例智算（福州）科技有限公司",
    "统一社会信用代码": "91350100MA00000000",  # its check character is wrong
    "企业类型": "☑软件和信息技术服务业企业 ☐工业企业 ☐其他",
    "算力服务采购总额（万元）": "29.99",
    "算力服务起止时间": "2023年1月1日至2023年12月31日",
}
OUTPUT = [
    "checks.jsonl",
    "difference.jsonl",
    "exceptions.jsonl",
    "ledger.jsonl",
    "records.jsonl",
    "report.html",
    "report.xlsx",
    "run.json",
]


def form_bytes() -> bytes:
    document = docx.Document()
    document.add_heading("福建省省级人工智能产业发展项目申报表", 1)
    table = document.add_table(0, 2)
    for label, value in FORM.items():
        cells = table.add_row().cells
        cells[0].text, cells[1].text = label, value
    data = BytesIO()
    document.save(data)
    return data.getvalue()


def write_mailbox(path: Path) -> None:
    box = mailbox.mbox(path)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.com", "office@example.cn", "申报材料"
    mail["Date"], mail["Message-ID"] = "Mon, 01 Jul 2024 09:12:00 +0800", "<form-1@example.com>"
    mail.set_content("申报材料见附件。")
    mail.add_attachment(form_bytes(), maintype="application", subtype="octet-stream", filename="申报表.docx")
    mail.add_attachment(b"PK\x03\x04 broken", maintype="application", subtype="octet-stream", filename="坏.docx")
    box.add(mail)
    box.close()


def shenbao(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SHENBAO_", "PREFECT_"))}
    command = [str(Path(sys.executable).with_name("shenbao")), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=300, check=False)


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the command has run twice over the same mailbox and workspace."""
    folder = tmp_path_factory.mktemp("run")
    write_mailbox(folder / "mail.mbox")
    for out in ("first", "second"):
        done = shenbao("run", "mail.mbox", "--out", out, cwd=folder)
        (folder / f"{out}.txt").write_text(done.stdout + done.stderr, "utf-8")
        assert done.returncode == 0, done.stderr
    return folder


def test_a_run_leaves_every_file_and_says_where(folder: Path) -> None:
    assert sorted(path.name for path in (folder / "first").iterdir() if path.is_file()) == OUTPUT
    said = (folder / "first.txt").read_text("utf-8")
    assert all(f"first/{name}" in said for name in OUTPUT)
    assert "compute" in said


def test_the_application_is_read_and_checked(folder: Path) -> None:
    (record,) = lines(folder / "first" / "records.jsonl")
    fields = record["fields"]
    assert isinstance(fields, dict)
    assert record["direction"] == "compute"
    assert fields["compute_total"]["value"] == "299900.00"
    assert fields["applicant_name"]["value"] == FORM["申报单位"]
    outcomes = {check["check"]: check["outcome"] for check in lines(folder / "first" / "checks.jsonl")}
    assert outcomes["G-COMPLETE"] == "fail"
    assert outcomes["G-LEGAL"] == "fail"
    assert outcomes["C-INDUSTRY"] == "pass"
    assert outcomes["C-AMOUNT"] == "undetermined"  # no detail table, so nothing says what was bought
    assert outcomes["D-DAMAGED"] == "fail"


def test_every_exception_has_a_picture_or_names_a_file(folder: Path) -> None:
    for exception in lines(folder / "first" / "exceptions.jsonl"):
        assert exception["clause"]
        assert exception["message"]
        assert exception["action"]
        for place in exception["evidence"]:  # type: ignore[attr-defined]
            assert (folder / "first" / place["image"]).is_file()


def test_the_ledger_has_a_row_for_everything(folder: Path) -> None:
    rows = lines(folder / "first" / "ledger.jsonl")
    assert [(row["role"], row["status"]) for row in rows] == [
        ("container", "processed"),
        ("decoration", "ignored"),
        ("form", "processed"),
        ("container", "failed"),  # a ZIP that cannot be opened: nobody knows what it would have been
    ]
    assert len({row["ledger_id"] for row in rows}) == 4


def test_a_second_run_reads_nothing_and_says_the_same(folder: Path) -> None:
    for name in ("records.jsonl", "checks.jsonl", "exceptions.jsonl", "ledger.jsonl"):
        assert (folder / "first" / name).read_bytes() == (folder / "second" / name).read_bytes()
    pages = [json.loads((folder / out / "run.json").read_text("utf-8"))["pages_read"] for out in ("first", "second")]
    assert pages == [1, 0]


def test_the_workbook_lists_the_exceptions(folder: Path) -> None:
    sheet = openpyxl.load_workbook(folder / "first" / "report.xlsx")["异常清单"]
    exceptions = lines(folder / "first" / "exceptions.jsonl")
    assert sheet.max_row == len(exceptions) + 1


def test_letters_are_drafted_alike_and_remembered(folder: Path) -> None:
    for out in ("letters", "letters-again"):
        done = shenbao("letters", "--out", out, "--dated", "2024-07-15", cwd=folder)
        assert done.returncode == 0, done.stderr
        assert "to be answered by 2024-07-22 (Monday)" in done.stdout
    once, again = (
        {path.name: path.read_bytes() for path in (folder / out).iterdir()} for out in ("letters", "letters-again")
    )
    assert once == again
    letters = sorted(name for name in once if name.endswith(".docx"))
    assert [name.rpartition("-")[0] for name in letters] == ["补正通知书-示例智算福州科技有限公司"]
    assert {"补正通知书清单.xlsx", "补正通知书.zip"} < set(once)
    ledger = open_workspace(folder / ".shenbao")
    entries = [entry for entry in ledger.journal() if isinstance(entry, Letter)]
    ledger.close()
    (application,) = {record["application_id"] for record in lines(folder / "first" / "records.jsonl")}
    assert {entry.name for entry in entries} == set(letters)
    assert application in {entry.application_id for entry in entries}
    known = {str(exception["exception_id"]) for exception in lines(folder / "first" / "exceptions.jsonl")}
    assert {one for entry in entries for one in entry.exception_ids} <= known
    assert shenbao("letters", "--out", "letters", cwd=folder).returncode == 2  # what lies there may be edited by now


def test_a_mistaken_command_line_ends_with_2(tmp_path: Path) -> None:
    write_mailbox(tmp_path / "mail.mbox")
    for arguments in (("run",), ("run", "absent.mbox"), ("run", "mail.mbox", "--programme", "absent")):
        done = shenbao(*arguments, cwd=tmp_path)
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr
    (tmp_path / "shenbao.toml").write_text("workres = 3\n", "utf-8")
    done = shenbao("run", "mail.mbox", cwd=tmp_path)
    assert done.returncode == 2
    assert "workres" in done.stderr


def test_help_tells_the_options_and_their_defaults(tmp_path: Path) -> None:
    done = shenbao("run", "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert all(option in done.stdout for option in ("--programme", "--registries", "--workspace", "--out", "SOURCE"))
    assert all(f"[default: {default}]" in done.stdout for default in ("fujian-ai-2024", ".shenbao", "out"))
