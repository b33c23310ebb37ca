"""One application through its weeks: first mail, exceptions, a correction by staff, a resubmission, all resolved."""

import json
import mailbox
import shutil
import subprocess
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import pytest
from plain_run import run
from test_steps import SECOND, SOUND, form
from typer.testing import CliRunner

from flows.apply import apply_report
from flows.cli import app
from flows.history import Event, history
from flows.last_run import open_last
from flows.letters import Drafted, draft_letters
from flows.rerun import Rerun, redo, rerun
from flows.settings import Settings
from pipeline.difference import Cause
from pipeline.errors import UsageError
from pipeline.model import Correction, Decision, Verdict
from pipeline.report.apply import Applied
from pipeline.version import code_version

NEIGHBOUR = {**SOUND, "uscc": SECOND, "applicant_name": "示例第二（福州）科技有限公司"}
# Wrong with the first form: the debts are no figure, the share is not what the revenues give, and there is a loss.
FAULTY = {**SOUND, "total_liabilities": "三千零x", "ai_revenue_ratio": "70%", "net_profit": "-300"}
MENDED = {**FAULTY, "ai_revenue_ratio": "60%", "total_liabilities": "3000"}
SAME = ("records.jsonl", "checks.jsonl", "exceptions.jsonl", "ledger.jsonl", "difference.jsonl")


def mail(number: int, stated: dict[str, str], answers: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = f"a{number}@example.com", "office@example.cn"
    message["Subject"] = "补正：申报材料" if answers else "申报材料"
    message["Date"] = f"{'Tue, 06 Aug' if answers else 'Mon, 01 Jul'} 2024 09:1{number}:00 +0800"
    message["Message-ID"] = f"<{number}@example.com>"
    if answers:
        message["In-Reply-To"] = answers
    message.set_content("见附件。")
    message.add_attachment(form(stated), maintype="application", subtype="octet-stream", filename="申报表.docx")
    return message


def lines(folder: Path, name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


def fill_in(report: Path, answers: dict[str, dict[str, str]]) -> Path:
    """The report as staff save it: by the check of a row, what they write into its columns."""
    book = openpyxl.load_workbook(report)
    sheet = book["异常清单"]
    heads = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        for head, text in answers.get(str(sheet.cell(row, heads["核查项"]).value), {}).items():
            sheet.cell(row, heads[head]).value = text
    summary = book["汇总"]
    clerk = next(row for row in summary.iter_rows() if str(row[0].value).startswith("经办人"))
    clerk[1].value = "示例经办"
    path = report.with_name("填好的.xlsx")
    book.save(path)
    return path


def saved_by_libreoffice(path: Path) -> Path:
    program = shutil.which("soffice")
    assert program, "LibreOffice is missing: run `make system`"
    folder = path.parent / "saved"
    profile = f"-env:UserInstallation=file://{path.parent}/profile"
    command = [program, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder / path.name


@dataclass(frozen=True)
class Story:
    folder: Path
    settings: Settings
    corrected: tuple[Applied, Applied]  # the same workbook twice
    after_correction: Rerun
    letters: Drafted
    after_answer: Rerun
    unsaid: Drafted
    events: tuple[Event, ...]
    neighbour: str  # the id of the application that nothing happens to

    def states(self, out: str) -> dict[str, object]:
        """The state of each exception of an application, by its check."""
        return {
            str(row["check"]): row["state"] for row in lines(self.folder / out, "exceptions.jsonl") if row["fields"]
        }

    def differences(self, out: str) -> list[tuple[object, ...]]:
        rows = lines(self.folder / out, "difference.jsonl")
        return [(row["kind"], row.get("check") or row.get("field"), row.get("by")) for row in rows]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("story")

    def settings(out: str) -> Settings:
        return Settings(workspace=folder / "ws", out=folder / out, workers=1)

    box = mailbox.mbox(folder / "july.mbox")
    for number, stated in enumerate((FAULTY, NEIGHBOUR), start=1):
        box.add(mail(number, stated))
    box.close()
    run([folder / "july.mbox"], settings("first"))
    misread = {"更正值": "3000万元", "备注": "原件写的是三千"}
    answers = {"G-COMPLETE": misread, "G-RATIO": {"处理意见": "请申报单位补正"}}
    filled = saved_by_libreoffice(fill_in(folder / "first" / "report.xlsx", answers))
    twice = [apply_report(filled, settings("first"))[0] for _ in range(2)]
    second = rerun((), settings("second"))
    loss = {"G-FINANCE": {"处理意见": "豁免", "备注": "当年研发投入大，已核实"}}
    apply_report(fill_in(folder / "second" / "report.xlsx", loss), settings("second"))
    drafted = draft_letters(settings("second"), folder / "letters", date(2024, 7, 30), date(2024, 8, 8), "示例经办")
    (folder / "answer.eml").write_bytes(bytes(mail(3, MENDED, answers="<1@example.com>")))
    third = rerun([folder / "answer.eml"], settings("third"))
    unsaid = draft_letters(settings("third"), folder / "no letters", date(2024, 8, 9), date(2024, 8, 16), "示例经办")
    ledger = open_last(settings("third"))
    _, events = history(SOUND["uscc"], ledger)
    ledger.close()
    (neighbour,) = [one.application_id for one in third.treatments if one.applicant == NEIGHBOUR["applicant_name"]]
    return Story(folder, settings("third"), (twice[0], twice[1]), second, drafted, third, unsaid, events, neighbour)


def test_exceptions_come_go_and_are_waived(story: Story) -> None:
    assert story.states("first") == {"G-COMPLETE": "new", "G-FINANCE": "new", "G-RATIO": "new"}
    assert story.states("second") == {"G-FINANCE": "new", "G-RATIO": "open"}
    assert story.states("third") == {"G-FINANCE": "waived"}
    assert story.differences("first") == []
    assert story.differences("second") == [
        ("resolved", "G-COMPLETE", "correction"),
        ("resolved", "G-FINANCE", "correction"),  # that nobody could tell; that there is a loss is another matter
        ("new", "G-FINANCE", None),
        ("changed", "total_liabilities", "correction"),
    ]
    assert story.differences("third") == [
        ("resolved", "G-RATIO", "resubmission"),
        ("waived", "G-FINANCE", None),
        ("changed", "ai_revenue_ratio", "resubmission"),
    ]


def test_what_was_filled_in_is_taken_in_once(story: Story) -> None:
    once, again = story.corrected
    correction, decision = once.entries
    assert isinstance(correction, Correction)
    assert (correction.field, correction.raw, correction.replaced_raw) == ("total_liabilities", "3000万元", "三千零x")
    assert (correction.by, correction.reason) == ("示例经办", "原件写的是三千")
    assert isinstance(decision, Decision)
    assert (decision.check, decision.verdict) == ("G-RATIO", Verdict.ASK)
    assert (once.refused, again.entries, again.refused, again.unchanged) == ((), (), (), 2)


def test_a_correction_wins_and_shows_what_it_replaced(story: Story) -> None:
    record = next(row for row in lines(story.folder / "second", "records.jsonl") if row["corrections"])
    fields = record["fields"]
    assert isinstance(fields, dict)
    assert fields["total_liabilities"]["value"] == "30000000.00"
    assert fields["total_liabilities"]["confidence"] == 1.0
    assert fields["total_liabilities"]["evidence"]["method"] == "human"
    assert record["corrections"][0]["replaced"]["raw"] == "三千零x"  # type: ignore[index]
    assert record["corrections"][0]["state"] == "applied"  # type: ignore[index]


def test_only_what_was_touched_is_reviewed(story: Story) -> None:
    assert [one.why for one in story.after_correction.treatments] == [Cause.CORRECTION, None]
    assert {one.why for one in story.after_answer.treatments} == {Cause.RESUBMISSION, None}
    assert story.after_answer.result.run.pages_read == 1  # the answer's own
    for name in ("records.jsonl", "checks.jsonl"):
        for line in lines(story.folder / "third", name):
            if line["application_id"] == story.neighbour:
                assert line in lines(story.folder / "first", name)


def test_the_letter_asks_for_what_is_open_and_not_waived(story: Story) -> None:
    (letter,) = story.letters.drafts
    assert letter.matters == 1
    assert (story.folder / "letters" / letter.file_name).is_file()
    text = "\n".join(
        paragraph.text for paragraph in docx.Document(str(story.folder / "letters" / letter.file_name)).paragraphs
    )
    assert SOUND["applicant_name"] in text


def test_the_answer_keeps_the_applications_date_and_name(story: Story) -> None:
    record = next(row for row in lines(story.folder / "third", "records.jsonl") if row["supersedes"])
    assert record["received_at"] == "2024-07-01T09:11:00+08:00"  # not after the deadline
    assert record["first_id"] == record["supersedes"]
    waived = next(row for row in lines(story.folder / "third", "exceptions.jsonl") if row["check"] == "G-FINANCE")
    before = next(row for row in lines(story.folder / "second", "exceptions.jsonl") if row["check"] == "G-FINANCE")
    assert waived["exception_id"] == before["exception_id"]
    assert waived["decision"]["reason"] == "当年研发投入大，已核实"  # type: ignore[index]


def test_nothing_is_open_in_the_end(story: Story) -> None:
    assert story.unsaid.drafts == ()  # what is left is waived


def test_every_step_is_in_its_history(story: Story) -> None:
    kinds = [event.kind.partition(" ")[0] for event in story.events]
    assert kinds == [
        *("received", "received", "run", "correction", "decision", "run", "decision", "letter", "handed", "run"),
    ]
    told = "\n".join(f"{event.by} {event.what}" for event in story.events)
    for words in (
        *("a1@example.com", "a3@example.com", "示例经办 total_liabilities: 三千零x → 3000万元", "G-RATIO: ask"),
        *("reviewed, 3 exceptions", "because of correction", "because of resubmission", "70% → 60%", code_version()),
        *("1 exceptions, due 2024-08-08", "G-FINANCE: waive 当年研发投入大", "fujian-ai-2024"),
    ):
        assert words in told


def test_an_earlier_run_done_again_gives_the_same_bytes(story: Story) -> None:
    ledger = open_last(story.settings)
    first, second, *_ = ledger.runs()
    ledger.close()
    for run_, out in ((first, "first"), (second, "second")):
        redo(run_.run_id, story.settings.model_copy(update={"out": story.folder / f"{out}-again"}))
        for name in SAME:
            assert (story.folder / f"{out}-again" / name).read_bytes() == (story.folder / out / name).read_bytes()


def test_the_commands_tell_the_story(story: Story) -> None:
    workspace = ["--workspace", str(story.settings.workspace)]
    ledger = open_last(story.settings)
    first, *_, third = [run_.run_id for run_ in ledger.runs()][:3]
    ledger.close()
    told = CliRunner().invoke(app, ["diff", first, third, *workspace])
    assert told.exit_code == 0
    kinds = [line.split("\t")[0] for line in told.stdout.splitlines()]
    assert kinds == ["resolved", "resolved", "resolved", "waived", "changed", "changed"]
    listed = CliRunner().invoke(app, ["runs", *workspace])
    assert first[:8] in listed.stdout
    shown = CliRunner().invoke(app, ["history", SOUND["uscc"], *workspace])
    assert shown.exit_code == 0, shown.output
    assert "correction" in shown.stdout
    unknown = CliRunner().invoke(app, ["history", "0000", *workspace])
    assert isinstance(unknown.exception, UsageError)
