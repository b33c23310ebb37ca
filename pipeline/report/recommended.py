"""The department's own 项目推荐汇总表 (附件2) from the applications that passed, by city, direction and priority."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook

from pipeline.checks.given import Context
from pipeline.files import whole_file
from pipeline.model import ApplicationRecord, Check, Outcome
from pipeline.recommended import city_of
from pipeline.report.lists import write_list

HEADS = (
    *("序号", "设区市", "申报方向", "项目名称", "申报单位", "统一社会信用代码", "推荐优先级"),
    *("材料完整性", "匹配性", "真实性", "企业社会信用", "现场核验结果", "备注"),
)
_WIDTHS = (6, 16, 18, 40, 36, 24, 12, 12, 10, 10, 14, 14, 24)
_IN_THE_WAY = frozenset({Outcome.FAIL, Outcome.UNDETERMINED})


def recommended_rows(context: Context, checks: Iterable[Check]) -> tuple[tuple[str | int, ...], ...]:
    """A row for each reviewed application that no check contradicts or leaves open, numbered, under HEADS.

    What the city's list says of it stands beside it; without a priority the earlier received goes first.
    """
    reviewed, stopped = set(), set()
    for check in checks:
        if check.city_list is None:  # a list's checks speak of an application that a defect of ours left unreviewed
            reviewed.add(check.application_id)
        if check.outcome in _IN_THE_WAY:
            stopped.add(check.application_id)
    passed = [record for record in context.records if record.application_id in reviewed - stopped]
    order = {option.code: number for number, option in enumerate(context.programme.directions)}
    names = {option.code: option.labels[0] for option in context.programme.directions}
    ranked = sorted(passed, key=lambda record: _rank(record, context, order))
    return tuple((number, *_row(record, context, names)) for number, record in enumerate(ranked, start=1))


def write_recommended(rows: Sequence[Sequence[str | int]], title: str, path: Path) -> None:
    """Write the rows under the title and HEADS; no text of an applicant's becomes a formula."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "项目推荐汇总表"
    write_list(sheet, title, HEADS, rows, _WIDTHS)
    with whole_file(path) as stream:
        book.save(stream)


def _rank(record: ApplicationRecord, context: Context, order: Mapping[str, int]) -> tuple[object, ...]:
    found = context.recommended.get(record.application_id)
    priority = found.row.priority if found else None
    received = record.received_at.timestamp() if record.received_at else 0.0
    direction = order.get(record.direction or "", len(order))
    return city_of(record), direction, priority is None, priority or 0, received, record.application_id


def _row(record: ApplicationRecord, context: Context, names: Mapping[str, str]) -> tuple[str | int, ...]:
    found = context.recommended.get(record.application_id)
    texts = found.row.texts if found else {}
    priority = found.row.priority if found else None
    own = (str(record.value(name) or "") for name in ("project_name", "applicant_name", "uscc"))
    heads = ("completeness", "match", "truth", "credit", "site", "remark")
    told = (texts.get(head, "") for head in heads)
    return (city_of(record), names.get(record.direction or "", ""), *own, priority if priority else "", *told)
