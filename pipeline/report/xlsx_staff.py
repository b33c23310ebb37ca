"""The workbook's sheets that staff fill in, and those that show what became of it: 栏目更正, 变化, 更正记录.

pipeline/report/answers.py reads them back; both take the columns' names from here.
"""

from collections.abc import Iterator, Mapping, Sequence

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.checks.wording import shown
from pipeline.corrections import addresses, claim_at, label_at, spec_at
from pipeline.model import ApplicationRecord, Check, Programme
from pipeline.report.rows import METHODS, VERDICTS, Case
from pipeline.report.sheets import Table, Value

EXCEPTIONS_SHEET, FIELDS_SHEET, SUMMARY_SHEET = "异常清单", "栏目更正", "汇总"
APPLICATION, FIELD, NOW, EXCEPTION = "申报编号", "栏目", "现值", "异常编号"
VERDICT, FOR_FIELD, VALUE, NOTE, CLERK = "处理意见", "更正栏目", "更正值", "备注", "经办人"
WITHDRAW, CHOOSE = "撤销", "（请选择）"
STAFF_COLUMNS = ((VERDICT, 16), (FOR_FIELD, 26), (VALUE, 22), (NOTE, 28), (CLERK, 10))
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
CHANGE_COLUMNS = (
    *(("变化", 12), ("申报单位", 26), ("方向", 14), ("核查项或栏目", 26), ("原来", 50), ("现在", 50), ("原因", 22)),
    *((APPLICATION, 20), (EXCEPTION, 20)),
)
CORRECTION_COLUMNS = (
    *(("申报单位", 26), (FIELD, 34), ("原读作", 30), ("更正值", 26), ("现在读作", 30), ("状态", 24), ("经办人", 12)),
    *(("时间", 18), ("理由", 36), (APPLICATION, 20)),
)


def invite(book: Workbook, title: str, columns: Sequence[tuple[str, int]]) -> Table:
    """A table with columns that staff fill in: coloured, and each says what goes there."""
    names = [name for name, _ in columns]

    def validate(sheet: Worksheet, last: int) -> None:
        for column, name in enumerate(names, start=1):
            if name in PROMPTS and name != FOR_FIELD and last > 1:
                letter = get_column_letter(column)
                sheet.data_validations.append(_validation(name, f"{letter}2:{letter}{last}"))

    return Table(book, title, columns, [name for name in names if name in PROMPTS], validate)


def fields_table(book: Workbook) -> Table:
    """栏目更正: a row for each field that an application's exceptions are about."""
    return invite(book, FIELDS_SHEET, _FIELD_COLUMNS)


def cited_fields(case: Case, check: Check, programme: Programme) -> tuple[str, ...]:
    """The addresses that a check is about: its fields, of a table the cells that it cites or that are doubtful."""
    return tuple(place for name in check.fields for place in _places(case.record, name, check, programme))


def _places(record: ApplicationRecord, name: str, check: Check, programme: Programme) -> Iterator[str]:
    threshold = float(str(programme.parameters["review_threshold"]))
    for place in addresses(record, name):
        claim = claim_at(record, place)
        if spec_at(programme, place) is None:
            continue
        if place == name or (claim and (claim.evidence in check.evidence or claim.confidence < threshold)):
            yield place


def append_fields(table: Table, case: Case, cited: Mapping[str, Sequence[str]], programme: Programme) -> str:
    """Add the fields of an application, `cited` by the names of checks; returns where their names stand, as a formula
    names it, all in one sheet."""
    table.make_room(len(cited))
    rows = [table.append(_field_values(case.record, place, checks, programme)) for place, checks in cited.items()]
    letter = get_column_letter([name for name, _ in _FIELD_COLUMNS].index(FIELD) + 1)
    return f"'{table.sheet.title}'!${letter}${rows[0]}:${letter}${rows[-1]}"


def _field_values(
    record: ApplicationRecord, place: str, checks: Sequence[str], programme: Programme
) -> tuple[Value, ...]:
    claim, spec = claim_at(record, place), spec_at(programme, place)
    return (
        str(record.value("applicant_name") or ""),
        label_at(programme, place),
        shown(spec, claim) if spec and claim else "",
        claim.raw if claim else None,
        METHODS.get(claim.evidence.method, "") if claim else "",
        f"{claim.confidence:.0%}" if claim else "",
        "、".join(dict.fromkeys(checks)),
        *(None, None, None),
        record.application_id,
    )


def offer_fields(sheet: Worksheet, column: int, rows: Sequence[int], fields: str) -> None:
    """In these rows of the column, the application's `fields` in 栏目更正 to choose from."""
    validation = DataValidation(type="list", formula1=fields, allow_blank=True)
    validation.errorStyle = "warning"  # any other field of the form may be typed
    validation.promptTitle, validation.prompt = FOR_FIELD, PROMPTS[FOR_FIELD]
    validation.sqref = " ".join(f"{get_column_letter(column)}{row}" for row in rows)
    sheet.data_validations.append(validation)


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
