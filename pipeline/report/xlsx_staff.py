"""The workbook's sheets that staff fill in, and those that show what became of it: 栏目更正, 变化, 更正记录.

pipeline/report/answers.py reads them back; both take the columns' names from here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from openpyxl.styles import Border, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.checks.wording import shown
from pipeline.corrections import addresses, claim_at, label_at, spec_at
from pipeline.model import ApplicationRecord, Check
from pipeline.report.changes import change_rows, correction_rows
from pipeline.report.rows import METHODS, VERDICTS, RunResult
from pipeline.report.sheets import Value, finish, header, put

EXCEPTIONS_SHEET, FIELDS_SHEET, SUMMARY_SHEET = "异常清单", "栏目更正", "汇总"
APPLICATION, FIELD, NOW, EXCEPTION = "申报编号", "栏目", "现值", "异常编号"
VERDICT, FOR_FIELD, VALUE, NOTE, CLERK = "处理意见", "更正栏目", "更正值", "备注", "经办人"
WITHDRAW, CHOOSE = "撤销", "（请选择）"
STAFF_COLUMNS = ((VERDICT, 16), (FOR_FIELD, 26), (VALUE, 22), (NOTE, 28), (CLERK, 10))
FILL_IN, FILL_IN_HEAD = PatternFill("solid", fgColor="FFF9DB"), PatternFill("solid", fgColor="B7791F")
BOX = Border(*(Side("hair", color="9AA3B0"),) * 4)
PROMPTS: Mapping[str, str] = {
    VERDICT: "认可：异常属实。豁免：不作为问题，须在备注写明理由。请申报单位补正：列入补正通知书。"
    "撤销：收回以前的处理意见。",
    FOR_FIELD: "更正值是哪个栏目的。涉及多个栏目时先在此选定；要更正几个栏目的，到“栏目更正”表逐项填写。",
    VALUE: "该栏目的正确值，照原件填写。金额可写明单位（如86.4万元），不写的按申报表的单位；收回更正填“撤销”。",
    NOTE: "豁免或更正的理由。",
    CLERK: "填写人；留空的取“汇总”表的经办人。",
}
_FIELD_COLUMNS = (
    *(("申报单位", 26), (FIELD, 34), (NOW, 30), ("原文", 30), ("读取方式", 12), ("可信度", 9), ("涉及核查项", 24)),
    *((VALUE, 26), (NOTE, 28), (CLERK, 10), (APPLICATION, 20)),
)
_CHANGE_COLUMNS = (
    *(("变化", 12), ("申报单位", 26), ("方向", 14), ("核查项或栏目", 26), ("原来", 50), ("现在", 50), ("原因", 22)),
    *((APPLICATION, 20), (EXCEPTION, 20)),
)
_CORRECTION_COLUMNS = (
    *(("申报单位", 26), (FIELD, 34), ("原读作", 30), ("更正值", 26), ("现在读作", 30), ("状态", 24), ("经办人", 12)),
    *(("时间", 18), ("理由", 36), (APPLICATION, 20)),
)


def cited_fields(result: RunResult, check: Check) -> tuple[str, ...]:
    """The addresses that a check is about: its fields, of a table the cells that it cites or that are doubtful."""
    record = result.record_of.get(check.application_id or "")
    if record is None:
        return ()
    return tuple(place for name in check.fields for place in _places(result, record, name, check))


def _places(result: RunResult, record: ApplicationRecord, name: str, check: Check) -> Iterator[str]:
    threshold = float(str(result.programme.parameters["review_threshold"]))
    for place in addresses(record, name):
        claim = claim_at(record, place)
        if spec_at(result.programme, place) is None:
            continue
        if place == name or (claim and (claim.evidence in check.evidence or claim.confidence < threshold)):
            yield place


def write_fields(sheet: Worksheet, result: RunResult) -> Mapping[str, tuple[int, int]]:
    """A row for each field that an application's exceptions are about; returns the rows of each application."""
    header(sheet, _FIELD_COLUMNS)
    rows: dict[str, tuple[int, int]] = {}
    number = 1
    for application_id, cited in _cited(result).items():
        record, first = result.record_of[application_id], number + 1
        for place, checks in cited.items():
            number += 1
            _write_field(sheet, number, result, record, place, checks)
        rows[application_id] = (first, number)
    invite(sheet, [name for name, _ in _FIELD_COLUMNS], number)
    finish(sheet, len(_FIELD_COLUMNS))
    return rows


def _cited(result: RunResult) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """The checks by application and address."""
    cited: dict[str, dict[str, list[str]]] = {}
    for check in result.exceptions:
        for place in cited_fields(result, check):
            cited.setdefault(check.application_id or "", {}).setdefault(place, []).append(check.check)
    return cited


def _write_field(
    sheet: Worksheet, number: int, result: RunResult, record: ApplicationRecord, place: str, checks: Sequence[str]
) -> None:
    claim, spec = claim_at(record, place), spec_at(result.programme, place)
    values: tuple[Value, ...] = (
        str(record.value("applicant_name") or ""),
        label_at(result.programme, place),
        shown(spec, claim) if spec and claim else "",
        claim.raw if claim else None,
        METHODS.get(claim.evidence.method, "") if claim else "",
        f"{claim.confidence:.0%}" if claim else "",
        "、".join(dict.fromkeys(checks)),
        *(None, None, None),
        record.application_id,
    )
    for column, value in enumerate(values, start=1):
        put(sheet, number, column, value)


def invite(sheet: Worksheet, columns: Sequence[str], last: int) -> None:
    """Colour the columns that staff fill in, and say in each what goes there."""
    for column, name in enumerate(columns, start=1):
        if name not in PROMPTS:
            continue
        sheet.cell(1, column).fill = FILL_IN_HEAD
        for row in range(2, last + 1):
            sheet.cell(row, column).fill, sheet.cell(row, column).border = FILL_IN, BOX
        if last > 1 and name != FOR_FIELD:
            letter = get_column_letter(column)
            sheet.add_data_validation(_validation(name, f"{letter}2:{letter}{last}"))


def offer_fields(sheet: Worksheet, column: int, cells: Sequence[int], rows: tuple[int, int]) -> None:
    """In these rows of the column, a list of the application's rows in 栏目更正 to choose from."""
    letter = get_column_letter([name for name, _ in _FIELD_COLUMNS].index(FIELD) + 1)
    validation = DataValidation(
        type="list", formula1=f"'{FIELDS_SHEET}'!${letter}${rows[0]}:${letter}${rows[1]}", allow_blank=True
    )
    validation.errorStyle = "warning"  # any other field of the form may be typed
    validation.promptTitle, validation.prompt = FOR_FIELD, PROMPTS[FOR_FIELD]
    validation.sqref = " ".join(f"{get_column_letter(column)}{row}" for row in cells)
    sheet.add_data_validation(validation)


def _validation(name: str, cells: str) -> DataValidation:
    if name == VERDICT:
        words = ",".join((*VERDICTS.values(), WITHDRAW))
        validation = DataValidation(type="list", formula1=f'"{words}"', allow_blank=True, showErrorMessage=True)
        validation.errorTitle, validation.error = VERDICT, "请从下拉列表中选择。"
    else:
        validation = DataValidation(allow_blank=True)
    validation.showInputMessage = True
    validation.promptTitle, validation.prompt = name, PROMPTS[name]
    validation.sqref = cells
    return validation


def write_changes(sheet: Worksheet, result: RunResult) -> None:
    """What is otherwise than in the run before: exceptions gone, waived and new, and values field by field."""
    _write_rows(sheet, _CHANGE_COLUMNS, change_rows(result))


def write_corrections(sheet: Worksheet, result: RunResult) -> None:
    """Every correction in force: what it replaced, by whom and why, and how it stands to what is read now."""
    _write_rows(sheet, _CORRECTION_COLUMNS, correction_rows(result))


def _write_rows(sheet: Worksheet, columns: Sequence[tuple[str, int]], rows: Iterable[Sequence[Value]]) -> None:
    header(sheet, columns)
    for number, values in enumerate(rows, start=2):
        for column, value in enumerate(values, start=1):
            put(sheet, number, column, value)
    finish(sheet, len(columns))
