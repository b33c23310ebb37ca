"""A report that is too large for one page or one sheet: nothing is left out, and everything is found."""

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from pipeline.examples import records_of
from pipeline.model import CHINA, ApplicationRecord, Example, Item, LedgerRow, Outcome, Role, Run, Status
from pipeline.programme import load_programme
from pipeline.report import html, sheets
from pipeline.report.answers import read_answers
from pipeline.report.html import write_html
from pipeline.report.rows import Case, RunResult
from pipeline.report.xlsx import write_xlsx
from pipeline.review import file_checks, review

PROGRAMME = load_programme("fujian-ai-2024")
MOMENT = datetime(2024, 7, 1, tzinfo=CHINA)
APPLICATIONS, CARDS = 12, 5


def record(number: int) -> ApplicationRecord:
    """Every third without an exception; the others with more than one."""
    sound = next(c for c in PROGRAMME.criteria if c.directions == {"compute"}).examples[0].given
    wrong = {"illegal_acts": "yes", "doubtful": ["net_profit"]} if number % 3 else {}
    given = {**sound, "applicant_name": f"示例第{number}科技有限公司", **wrong}
    one = records_of(PROGRAMME, Example("", given, Outcome.PASS))[0]
    return replace(one, application_id=f"a{number}", received_at=MOMENT)


def row(number: int) -> LedgerRow:
    item = Item(f"f{number}", None, f"mail.mbox#{number}/坏.docx", "坏.docx", f"{number:064x}", 9, "application/zip")
    return LedgerRow(item, Role.UNKNOWN, Status.FAILED, "D-DAMAGED", "打不开。")


@pytest.fixture(scope="module")
def result() -> RunResult:
    cases = {one.application_id: Case(one, review(one, PROGRAMME)) for one in map(record, range(APPLICATIONS))}
    rows = tuple(map(row, range(7)))
    run = Run("r", PROGRAMME.id, PROGRAMME.version, MOMENT, MOMENT, (), PROGRAMME.parameters, {})
    return RunResult(run, PROGRAMME, cases, file_checks(rows, PROGRAMME), rows, (), ())


def exception_ids(result: RunResult) -> list[str]:
    return sorted(check.exception_id for check in result.all_checks() if check.exception_id)


def written(result: RunResult, out: Path, most_cards: int = CARDS) -> dict[str, str]:
    write_html(result, out, most_cards)
    return {path.name: path.read_text("utf-8") for path in sorted(out.glob("report*.html"))}


def test_a_report_that_fits_is_one_page(result: RunResult, tmp_path: Path) -> None:
    assert list(written(result, tmp_path, 100)) == ["report.html"]


def test_every_card_stands_on_one_page_of_few(result: RunResult, tmp_path: Path) -> None:
    found = written(result, tmp_path)
    cards = {name: re.findall(r'<article class="card [^>]*id="(\w+)"', page) for name, page in found.items()}
    assert cards["report.html"] == []
    assert sorted(one for ids in cards.values() for one in ids) == exception_ids(result)
    assert max(map(len, cards.values())) <= CARDS
    rows_of_matrix = "".join(found.values()).count('<tr data-direction="算力服务补助" data-city="福州市"><td>')
    assert rows_of_matrix == APPLICATIONS  # those without an exception too


def test_the_overview_leads_to_every_application_and_file(result: RunResult, tmp_path: Path) -> None:
    found = written(result, tmp_path)
    links = re.findall(r'<td><a href="(report-\d+\.html)#([\w-]+)">([^<]+)</a>', found["report.html"])
    assert len(links) == APPLICATIONS + 7
    for page, place, name in links:
        assert f'id="{place}"' in found[page]
        after = found[page].partition(f'id="{place}"')[2]
        assert name in after.partition("</section>")[0]
    assert all('<a href="report.html">总览</a>' in page for name, page in found.items() if name != "report.html")


def test_no_page_asks_for_anything_but_its_neighbours(result: RunResult, tmp_path: Path) -> None:
    for page in written(result, tmp_path).values():
        assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
        assert not re.search(r"""(?:src|href)=["'](?!data:|#|report(?:-\w+)*\.html[#"'])""", page)


def test_the_ledger_goes_on_over_pages(result: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MOST_ROWS", 3)
    found = written(result, tmp_path, 100)
    ledgers = [name for name in found if "ledger" in name]
    assert ledgers == [f"report-ledger-{number:03}.html" for number in (1, 2, 3)]
    paths = re.findall(r'<td class="path">(mail\.mbox#\d)/', "".join(found[name] for name in ledgers))
    assert paths == [f"mail.mbox#{number}" for number in range(7)]
    assert all(f'href="{name}"' in found["report.html"] for name in ledgers)
    assert "此处只列前3行" in found["report.html"]  # of the files that could not be used


def test_pages_of_a_larger_run_do_not_stay(result: RunResult, tmp_path: Path) -> None:
    assert len(written(result, tmp_path)) > 2
    assert list(written(result, tmp_path, 100)) == ["report.html"]


def test_the_overview_works_in_a_browser(result: RunResult, tmp_path: Path) -> None:
    written(result, tmp_path)
    browser = shutil.which("chromium")
    assert browser, "chromium is missing: run `make system`"
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    command = [browser, *flags, profile, "--dump-dom", f"file://{tmp_path}/report.html"]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    assert f"显示 {APPLICATIONS + 7} / {APPLICATIONS + 7} 份申报和文件" in dom  # written by the page's own script


def test_a_table_goes_on_in_further_sheets_and_is_read_back(
    result: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "LAST_ROW", 9)
    write_xlsx(result, tmp_path, 100)
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    parts = [sheet for sheet in book if sheet.title.startswith("异常清单")]
    assert [sheet.title for sheet in parts] == ["异常清单", *(f"异常清单（{n}）" for n in range(2, len(parts) + 1))]
    names = [cell.value for cell in parts[0][1]]
    column = names.index("异常编号")
    ids = [values[column] for sheet in parts for values in sheet.iter_rows(min_row=2, values_only=True)]
    assert sorted(map(str, ids)) == exception_ids(result)
    assert all(sheet.max_row <= 9 for sheet in book)
    told = {line[0]: line[1] for sheet in book if sheet.title.startswith("汇总") for line in sheet.values}
    assert told["工作表“异常清单”"] == f"行数超过一个工作表的上限，分列于{len(parts)}个工作表"
    offered = {
        validation.formula1 for sheet in parts for validation in sheet.data_validations.dataValidation
        if str(validation.formula1).startswith("'栏目更正")
    }  # fmt: skip
    for formula in offered:
        title, first, last = re.fullmatch(r"'(.+)'!\$B\$(\d+):\$B\$(\d+)", str(formula)).groups()  # type: ignore[union-attr]
        applications = {book[title][f"K{number}"].value for number in range(int(first), int(last) + 1)}
        assert len(applications) == 1
    parts[-1].cell(2, names.index("处理意见") + 1).value = "认可"
    book.save(tmp_path / "filled.xlsx")
    (answer,) = read_answers(tmp_path / "filled.xlsx").rows
    assert (answer.sheet, answer.row, answer.verdict) == (parts[-1].title, 2, "认可")
