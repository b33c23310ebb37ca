"""Letters: who gets one, what it asks, and that nothing an applicant wrote runs or breaks it."""

import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import docx
import openpyxl
import pytest

from pipeline.checks.given import Context
from pipeline.errors import UsageError
from pipeline.examples import records_of
from pipeline.model import (
    CHINA,
    ApplicationRecord,
    Example,
    FieldValue,
    Filing,
    Item,
    LedgerRow,
    Outcome,
    Role,
    Run,
    Status,
    Submission,
)
from pipeline.programme import load_programme
from pipeline.report.drafts import Draft, drafts
from pipeline.report.letters import LIST_NAME, TEMPLATE, ZIP_NAME, Terms, letter_files
from pipeline.report.rows import Case, RunResult
from pipeline.review import context_of, file_checks, review
from pipeline.workdays import after_working_days, is_working_day

PROGRAMME = load_programme("fujian-ai-2024")
MOMENT = datetime(2024, 7, 1, 9, 12, tzinfo=CHINA)
TERMS = Terms("示例市工业和信息化局", date(2024, 7, 15), date(2024, 7, 22), "office@example.cn", "示例处 0591-12345678")
HOSTILE = "{{ 7*7 }}{% for x in y %}<w:p/>&]]>\x0b\x07‮{{ 主送单位.__class__ }}"
CODES = ("91350100MA00EXAM14", "91350100MA00EXAM27")


def application(number: int, applicant: str, direction: str = "compute", **stated: object) -> ApplicationRecord:
    sound = next(c for c in PROGRAMME.criteria if c.directions == {direction}).examples[0].given
    given = {**sound, "applicant_name": applicant, "project_name": f"示例项目{number}号", **stated}
    record = records_of(PROGRAMME, Example("", given, Outcome.PASS))[0]
    (sha256,) = {claim.evidence.sha256 for claims in record.claims.values() for claim in claims}
    item = Item(f"f{number}", None, f"mail.mbox#{number}/申报表.docx", "申报表.docx", sha256, 10, "application/x")
    mail = Submission(
        f"s{number}", f"<{number}@example.com>", MOMENT, f"甲 <a{number}@example.com>", "申报", "", (), (item,)
    )
    filing = Filing(item.ledger_id, sha256, f"a{number}", Role.FORM)
    return replace(record, application_id=f"a{number}", submission=mail, filings=(filing,), received_at=MOMENT)


def result_of(*records: ApplicationRecord, broken: Submission | None = None) -> RunResult:
    context = context_of(records, Context(PROGRAMME))
    rows = [
        LedgerRow(item, Role.FORM, Status.PROCESSED, application_id=record.application_id)
        for record in records
        for item in record.submission.items
    ]
    lost = (
        [LedgerRow(item, Role.UNKNOWN, Status.FAILED, "D-DAMAGED", "坏了。") for item in broken.items] if broken else []
    )
    cases = {one.application_id: Case(one, review(one, PROGRAMME, context)) for one in records}
    run = Run("r", PROGRAMME.id, PROGRAMME.version, MOMENT, MOMENT, (), {}, {})
    mails = (*(record.submission for record in records), *((broken,) if broken else ()))
    return RunResult(run, PROGRAMME, cases, file_checks(lost, PROGRAMME), (*rows, *lost), (), (), mails)


def text_of(data: bytes) -> str:
    document = docx.Document(BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def letters(found: tuple[Draft, ...], template: Path = TEMPLATE) -> Mapping[str, bytes]:
    return letter_files(found, PROGRAMME, TERMS, template)


def only_letter(found: tuple[Draft, ...]) -> str:
    (draft,) = found
    return text_of(letters(found)[draft.file_name])


def test_one_letter_an_applicant_with_all_its_applications() -> None:
    found = drafts(
        result_of(
            application(1, "示例甲科技有限公司", illegal_acts="yes"),
            application(2, "示例乙科技有限公司", uscc=CODES[1]),  # nothing to mend: no letter
            application(3, "示例甲科技有限公司", "lingyan", rd_platform_level="none"),
        )
    )
    (draft,) = found
    assert (draft.addressee, len(draft.parts), draft.matters) == ("示例甲科技有限公司", 2, 2)
    said = only_letter(found)
    assert "示例甲科技有限公司：" in said
    assert "（一）《示例项目1号》（算力服务补助方向，2024年7月1日收到）" in said
    assert "1．申报表声明有涉黑涉恶违法行为（填“是”）。" in said
    assert "依据：《通知》二·总“无涉黑涉恶违法行为”" in said
    assert "位置：《申报表.docx》第1页" in said
    assert "补正要求：请核实该栏是否填写有误；有误的请更正并书面说明。" in said
    assert "请于2024年7月22日（星期一）前" in said
    assert all(word in said for word in ("office@example.cn", "示例处 0591-12345678", "2024年7月15日", TERMS.office))


def test_what_staff_settle_is_left_out_unless_they_ask_the_applicant() -> None:
    result = result_of(
        application(
            1, "示例甲科技有限公司", illegal_acts="yes", total_liabilities=Decimal(9_000_000_000), doubtful=["uscc"]
        )
    )
    ids = {check.check: check.exception_id for check in result.all_checks() if check.exception_id}
    assert {"G-LAW", "G-FINANCE", "G-READABLE"} <= set(ids)

    def asked_for(found: tuple[Draft, ...]) -> set[str]:
        matters = [matter for draft in found for part in draft.parts for matter in part.matters]
        return {exception for matter in matters for exception in matter.exception_ids}

    assert asked_for(drafts(result)) == {ids["G-LAW"]}
    assert asked_for(drafts(result, asked={ids["G-FINANCE"]})) == {ids["G-LAW"], ids["G-FINANCE"]}
    assert drafts(result, waived={ids["G-LAW"]}) == ()


def test_one_blank_is_asked_for_once() -> None:
    (draft,) = drafts(result_of(application(1, "示例甲科技有限公司", total_assets="", net_profit="")))
    (matter,) = draft.parts[0].matters
    assert "有2个必填项没有填写" in matter.message


def test_two_companies_with_one_code_get_two_letters() -> None:
    found = drafts(
        result_of(
            application(1, "示例甲科技有限公司", illegal_acts="yes"),
            application(2, "示例乙科技有限公司", illegal_acts="yes"),
        )
    )
    assert [draft.addressee for draft in found] == ["示例甲科技有限公司", "示例乙科技有限公司"]
    assert len({draft.file_name for draft in found}) == 2


def test_a_file_that_belongs_to_nobody_is_asked_for_of_its_sender() -> None:
    item = Item("b1", None, "mail.mbox#9/坏.docx", "坏.docx", "b" * 64, 3, "application/zip")
    broken = Submission("s9", "<9@example.com>", MOMENT, "乙 <nobody@example.com>", "申报", "", (), (item,))
    found = drafts(result_of(broken=broken))
    assert [(draft.addressee, draft.matters) for draft in found] == [("nobody@example.com", 1)]
    said = only_letter(found)
    assert "补正要求：请重新发送完好的文件。" in said
    assert "mail.mbox" not in said  # where it lies with us


def test_what_an_applicant_wrote_neither_runs_nor_breaks_the_letter() -> None:
    applicant = f"示例{HOSTILE}公司"
    found = drafts(result_of(application(1, applicant, illegal_acts="yes", project_name=HOSTILE * 3)))
    said = only_letter(found)
    assert "{{ 7*7 }}{% for x in y %}<w:p/>&]]>" in said
    assert "{{ 主送单位.__class__ }}" in said
    assert not set(said) & set("\x0b\x07‮")
    (draft,) = found
    assert draft.file_name.startswith("补正通知书-示例77forxinywp主送单位class公司-")


def test_the_same_drafts_give_the_same_bytes_and_the_zip_holds_them_all() -> None:
    found = drafts(result_of(application(1, "示例甲科技有限公司", illegal_acts="yes")))
    once, again = letters(found), letters(found)
    assert once == again
    with zipfile.ZipFile(BytesIO(once[ZIP_NAME])) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            name: data for name, data in once.items() if name != ZIP_NAME
        }


def test_the_covering_list() -> None:
    record = application(1, "=示例甲科技有限公司", illegal_acts="yes", contact_email="=a@example.com")
    found = drafts(result_of(record))
    sheet = openpyxl.load_workbook(BytesIO(letters(found)[LIST_NAME])).worksheets[0]
    row = [cell.value for cell in sheet[3]]
    assert row[:2] == [1, "=示例甲科技有限公司"]
    assert row[3:] == [
        *("算力服务补助", "示例乙", "0591-12345678", "=a@example.com", "a1@example.com", 1, found[0].file_name),
    ]
    assert {cell.data_type for cell in sheet[3]} == {"s", "n"}


def test_a_contact_that_was_not_read_well_is_marked() -> None:
    record = application(1, "示例甲科技有限公司", illegal_acts="yes", contact_email="a@example.com")
    (email,) = record.claims["contact_email"]
    dim: FieldValue = replace(email, evidence=replace(email.evidence, confidence=0.5))
    (draft,) = drafts(result_of(replace(record, claims={**record.claims, "contact_email": (dim,)})))
    assert (draft.email, draft.sender) == ("a@example.com（识别不清）", "a1@example.com")


def test_a_template_of_staff_is_used_and_its_mistakes_are_told(tmp_path: Path) -> None:
    found = drafts(result_of(application(1, "示例甲科技有限公司", illegal_acts="yes")))
    path = tmp_path / "own.docx"
    document = docx.Document()
    document.add_paragraph("致{{ 主送单位 }}：共{{ 事项数 }}项")
    document.save(path)
    assert text_of(letters(found, path)[found[0].file_name]) == "致示例甲科技有限公司：共1项"
    for mistake, told in (("{{ 主送单位名 }}", "主送单位名"), ("{% for x %}", "own.docx")):
        document = docx.Document()
        document.add_paragraph(mistake)
        document.save(path)
        with pytest.raises(UsageError, match=told):
            letters(found, path)
    path.write_bytes(b"no docx")
    with pytest.raises(UsageError, match=r"own\.docx"):
        letters(found, path)


def test_the_template_is_an_a4_page_of_a_government_office() -> None:
    document = docx.Document(str(TEMPLATE))
    (section,) = document.sections
    assert (section.page_width.mm, section.page_height.mm) == pytest.approx((210, 297), abs=0.1)  # type: ignore[union-attr]
    margins = [section.top_margin, section.bottom_margin, section.left_margin, section.right_margin]
    assert [margin.mm for margin in margins] == pytest.approx([37, 35, 28, 26], abs=0.1)  # type: ignore[union-attr]


def test_working_days_know_weekends_holidays_and_days_worked_in_exchange() -> None:
    assert after_working_days(date(2024, 7, 15), 5) == date(2024, 7, 22)
    assert after_working_days(date(2024, 9, 30), 1) == date(2024, 10, 8)  # the holidays of October
    assert is_working_day(date(2024, 10, 12))  # a Saturday worked in exchange
    assert after_working_days(date(2090, 1, 2), 1) == date(2090, 1, 3)  # a year that nobody has announced yet
    assert not is_working_day(date(2090, 1, 1))  # a Sunday
