"""`shenbao programme`: every mistake told with exit status 2, every clause printed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from pipeline.errors import ProgrammeError
from pipeline.programme import clause_matrix, load_programme

SMALL = Path(__file__).parent / "programmes" / "example_2025"
RUNNER = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALL, tmp_path / "example_2025"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize("programme", ["fujian-ai-2024", str(SMALL)])
def test_a_sound_programme_is_told_as_such(programme: str) -> None:
    done = RUNNER.invoke(app, ["programme", "check", programme])
    assert done.exit_code == 0
    assert f"{len(load_programme(programme).criteria)} criteria" in done.stdout
    assert "no mistakes" in done.stdout


def test_every_mistake_is_told_and_the_status_is_2(folder: Path) -> None:
    change(folder / "criteria.toml", 'check = "sums"', 'check = "adds"')
    change(folder / "criteria.toml", 'no-direction = "申报类别没有读出"\n', "")
    change(folder / "notice.toml", 'judgement = "成效由专家评审。"', "")
    command = [str(Path(sys.executable).with_name("shenbao")), "programme", "check", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    for told in ("unknown check function 'adds'", "[messages] lacks 'no-direction'", "clause 二 has neither"):
        assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_every_failed_example_is_told(folder: Path) -> None:
    change(folder / "criteria.toml", "equipment_total = 1500.51", "equipment_total = 1500.50")
    change(folder / "criteria.toml", 'parameters.accepted = ["yes"]\n', "")
    change(folder / "criteria.toml", "清单为{total}", "清单为{sum_of_rows}")
    done = RUNNER.invoke(app, ["programme", "check", str(folder)])
    assert isinstance(done.exception, ProgrammeError)
    told = str(done.exception)
    assert "X-SUM, example 多一分: pass instead of fail" in told
    assert "X-AUDIT, example 是: KeyError: 'accepted'" in told


def test_a_name_that_no_check_fills_in_is_told(folder: Path) -> None:
    change(folder / "criteria.toml", "清单为{total}", "清单为{sum_of_rows}")
    done = RUNNER.invoke(app, ["programme", "check", str(folder)])
    assert "X-SUM, example 多一分: KeyError: 'sum_of_rows'" in str(done.exception)


def test_each_clause_is_a_line_with_its_criteria_or_the_reason() -> None:
    done = RUNNER.invoke(app, ["programme", "clauses"])
    assert done.exit_code == 0
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    matrix = clause_matrix(load_programme("fujian-ai-2024"))
    assert [(row[0], tuple(row[1].split())) for row in rows] == [(c.clause.article, served) for c, served in matrix]
    assert all(row[1] or row[2] for row in rows)
    small = RUNNER.invoke(app, ["programme", "clauses", str(SMALL)]).stdout.splitlines()
    assert small[1] == "二\t\t成效由专家评审。\t优先支持成效明显的项目。"


def test_a_terminal_gets_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    done = RUNNER.invoke(app, ["programme", "clauses", str(SMALL)])
    assert "示例工信〔2025〕1号" in done.stdout
    assert "left to judgement because" in done.stdout
    assert "成效由专家评审。" in done.stdout
