"""The commands of the weeks after the first run, at the command line: what they tell, and how they end."""

import json
import shutil
from pathlib import Path

import openpyxl
import pytest
from holder import held_elsewhere
from plain_run import run
from test_steps import OTHERS, SOUND, form
from typer.testing import CliRunner

import pipeline
from flows.cli import app
from flows.settings import Settings
from pipeline.errors import UsageError, WorkspaceError

PROGRAMME = Path(pipeline.__file__).parent / "programmes" / "fujian_ai_2024"
FAULTY = {**SOUND, "ai_revenue_ratio": "70%"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two applications scanned at the counter, and a run over them."""
    folder = tmp_path_factory.mktemp("commands")
    for name, stated in (("first", FAULTY), ("second", SOUND | OTHERS[0])):
        (folder / "in" / name).mkdir(parents=True)
        (folder / "in" / name / "申报表.docx").write_bytes(form(stated))
    run([folder / "in"], Settings(workspace=folder / "ws", out=folder / "first", workers=1))
    return folder


def shenbao(folder: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*arguments, "--workspace", str(folder / "ws")], catch_exceptions=True)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def rows(folder: Path, name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


def test_a_corrected_file_is_found_its_application_and_the_rest_left_alone(folder: Path) -> None:
    (folder / "更正.docx").write_bytes(form(SOUND))
    code, told = shenbao(folder, "rerun", str(folder / "更正.docx"), "--out", str(folder / "again"))
    assert code == 0
    assert "reviewed again" in told
    assert "resubmission" in told
    assert "1 others" in told
    changed = [row for row in rows(folder, "again/difference.jsonl") if row["kind"] == "changed"]
    assert [(row["field"], row["before"], row["after"]) for row in changed] == [("ai_revenue_ratio", "70%", "60%")]
    untouched = set((folder / "first" / "records.jsonl").read_bytes().splitlines())
    kept = [line in untouched for line in (folder / "again" / "records.jsonl").read_bytes().splitlines()]
    assert sorted(kept) == [False, True]
    code, told = shenbao(folder, "rerun", str(folder / "更正.docx"), "--out", str(folder / "same"))
    assert (code, "Nothing new in the paths" in told, "2 others" in told) == (0, True, True)


def test_force_reads_again(folder: Path) -> None:
    path = str(folder / "in" / "second")
    for arguments, pages in ((("rerun", path), 0), (("rerun", path, "--force"), 1)):
        assert shenbao(folder, *arguments, "--out", str(folder / "forced"))[0] == 0
        assert json.loads((folder / "forced" / "run.json").read_text("utf-8"))["pages_read"] == pages


def test_a_changed_programme_is_checked_again_without_reading(folder: Path, tmp_path: Path) -> None:
    changed = tmp_path / "programme"
    shutil.copytree(PROGRAMME, changed)
    criteria = (changed / "criteria.toml").read_text("utf-8")
    (changed / "criteria.toml").write_text(criteria + "\n# a remark\n", "utf-8")
    code, told = shenbao(folder, "rerun", "--programme", str(changed), "--out", str(tmp_path / "out"))
    assert code == 0
    assert told.count("programme") >= 2  # the cause, at both applications
    assert "0 others" in told
    assert json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["pages_read"] == 0
    assert (tmp_path / "out" / "checks.jsonl").read_bytes() == (folder / "same" / "checks.jsonl").read_bytes()


def test_mistakes_are_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such application"):
        shenbao(folder, "rerun", str(folder / "in"), "--application", "0000")
    with pytest.raises(UsageError, match="no workspace"):
        shenbao(tmp_path, "rerun")
    with pytest.raises(UsageError, match="no run"):
        shenbao(folder, "redo", "1999")
    with held_elsewhere(folder / "ws"), pytest.raises(WorkspaceError, match="in use"):
        shenbao(folder, "rerun")


def test_apply_lists_what_it_refused(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "first" / "report.xlsx")
    sheet = book["异常清单"]
    heads = {str(cell.value): cell.column for cell in sheet[1]}
    checks = [str(sheet.cell(row, heads["核查项"]).value) for row in range(1, sheet.max_row + 1)]
    sheet.cell(checks.index("G-DEADLINE") + 1, heads["处理意见"]).value = "豁免"
    book.save(folder / "filled.xlsx")
    code, told = shenbao(folder, "apply", str(folder / "filled.xlsx"), "--by", "示例经办")
    assert code == 1
    assert "Taken in: nothing new; unchanged 0; refused 1" in told
    assert f"异常清单 第{checks.index('G-DEADLINE') + 1}行：豁免须在“备注”中写明理由。" in told
