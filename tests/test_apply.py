"""What staff filled in: taken in where it is clear, refused with the reason where it is not, nothing taken in twice."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from test_corrections import AT, FORM, PROGRAMME, record

from pipeline.errors import SourceError
from pipeline.model import Check, Clause, Correction, Decision, JournalEntry, Outcome, Verdict
from pipeline.report.answers import Answer, Answers, read_answers
from pipeline.report.apply import Applied, Known, apply
from pipeline.report.snapshot import take_snapshot

CHECK = Check("C-AMOUNT", Clause("d", "a", "q"), Outcome.FAIL, "总额不足", "", "a", exception_id="e1")
ONE = replace(CHECK, fields=("compute_total",))
SEVERAL = replace(CHECK, exception_id="e2", fields=("compute_total", "compute_contracts"))
ROW = Answer("异常清单", 2, "e1", "", "", "", "", False, "", "", "")


def known(*journal: JournalEntry) -> Known:
    snapshot = take_snapshot(record(), (), PROGRAMME)
    return Known(PROGRAMME, {"a": snapshot}, {check.exception_id: check for check in (ONE, SEVERAL)}, journal)


def taken_in(*rows: Answer, journal: tuple[JournalEntry, ...] = ()) -> Applied:
    return apply(rows, known(*journal), "示例经办", AT)


def refused(*rows: Answer) -> list[str]:
    applied = taken_in(*rows)
    assert applied.entries == ()
    return [refusal.reason for refusal in applied.refused]


def test_a_value_for_the_one_field_of_an_exception() -> None:
    (entry,) = taken_in(replace(ROW, value="86.5", note="照原件", by="示例甲")).entries
    assert entry == Correction("a", "compute_total", "86.5", FORM, "864000", "示例甲", AT, "照原件")


def test_which_field_a_value_is_for_must_be_clear() -> None:
    row = replace(ROW, exception_id="e2", value="86.5万元")
    (reason,) = refused(row)
    assert (
        "涉及多个栏目（算力服务采购总额、算力服务采购明细·合同金额 第1行、算力服务采购明细·合同金额 第2行）" in reason
    )
    (entry,) = taken_in(replace(row, field="算力服务采购明细·合同金额 第2行")).entries
    assert isinstance(entry, Correction)
    assert (entry.field, entry.replaced_raw) == ("compute_contracts[2].amount", "无法辨认")
    (other,) = taken_in(replace(row, field="申报单位", value="示例科技有限公司")).entries  # no exception names it
    assert isinstance(other, Correction)
    assert (other.field, other.replaced_sha256, other.replaced_raw) == ("applicant_name", FORM, None)
    assert "没有栏目“金额”" in refused(replace(row, field="金额"))[0]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("算力服务采购总额", "约八十万", "不是算力服务采购总额可以有的值"),
        ("成立时间", "去年", "不是成立时间可以有的值"),
        ("企业类型", "丙类", "不是企业类型可以有的值"),
        ("统一社会信用代码", "办理中", "不是统一社会信用代码可以有的值"),
    ],
)
def test_a_value_that_the_field_cannot_have_is_refused(field: str, value: str, reason: str) -> None:
    (told,) = refused(replace(ROW, field=field, value=value))
    assert reason in told
    assert len(told) > len(reason) + 8  # and says why


def test_a_bare_number_that_is_plainly_in_yuan_is_asked_about() -> None:
    (told,) = refused(replace(ROW, value="864000", is_number=True))
    assert "没有写单位，申报表以万元为单位" in told
    assert taken_in(replace(ROW, value="86.4", is_number=True)).entries


def test_the_form_may_show_an_older_value_than_the_run() -> None:
    row = Answer("栏目更正", 5, "", "a", "算力服务采购总额", "86.4万元", "86.5万元", False, "", "", "")
    (entry,) = taken_in(row).entries
    assert isinstance(entry, Correction)
    assert "现值已不是“80万元”，而是“86.4万元”" in refused(replace(row, now="80万元"))[0]
    assert taken_in(replace(row, now="80万元"), journal=(entry,)).unchanged == 1  # taken in before
    assert "不属于最近一次运行中的任何申报" in refused(replace(row, application_id="b"))[0]


def test_a_field_that_was_not_chosen_is_none(tmp_path: Path) -> None:
    heads = ["异常编号", "处理意见", "更正栏目", "更正值", "备注"]
    (row,) = read_answers(
        workbook(tmp_path / "a.xlsx", 异常清单=[[*heads], ["e2", None, "（请选择）", "1万元", None]])
    ).rows
    assert row.field == ""


def test_two_rows_that_contradict_each_other_are_both_refused() -> None:
    fields = Answer("栏目更正", 5, "", "a", "算力服务采购总额", "86.4万元", "86.6万元", False, "", "", "")
    told = refused(replace(ROW, value="86.5万元"), fields)
    assert told == ["与工作表“栏目更正”第5行填写的不一致。", "与工作表“异常清单”第2行填写的不一致。"]
    assert len(taken_in(replace(ROW, value="86.6万元"), fields).entries) == 1


def test_decisions() -> None:
    (entry,) = taken_in(replace(ROW, verdict="豁免", note="已核实")).entries
    assert isinstance(entry, Decision)
    assert (entry.verdict, entry.reason, entry.application_id) == (Verdict.WAIVE, "已核实", "a")
    assert taken_in(replace(ROW, verdict="豁免", note="已核实"), journal=(entry,)).entries == ()
    (asked,) = taken_in(replace(ROW, verdict="请申报单位补正"), journal=(entry,)).entries
    assert isinstance(asked, Decision)
    assert asked.verdict is Verdict.ASK
    (withdrawn,) = taken_in(replace(ROW, verdict="撤销"), journal=(entry,)).entries
    assert isinstance(withdrawn, Decision)
    assert withdrawn.verdict is None
    assert taken_in(replace(ROW, verdict="撤销")).entries == ()
    assert refused(replace(ROW, verdict="豁免")) == ["豁免须在“备注”中写明理由。"]
    assert "不在可选项中" in refused(replace(ROW, verdict="随便"))[0]
    assert "可能已经消除" in refused(replace(ROW, verdict="认可", exception_id="e9"))[0]
    assert "只有备注" in refused(replace(ROW, note="再看看"))[0]


def test_a_correction_can_be_taken_back() -> None:
    (entry,) = taken_in(replace(ROW, value="86.5万元")).entries
    (withdrawn,) = taken_in(replace(ROW, value="撤销"), journal=(entry,)).entries
    assert isinstance(withdrawn, Correction)
    assert (withdrawn.field, withdrawn.raw) == ("compute_total", None)
    assert taken_in(replace(ROW, value="撤销")).entries == ()


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_columns_are_found_where_they_stand_and_cells_as_they_look(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    rows: list[list[object]] = [
        ["备注", "更正值", "处理意见", "异常编号", "自加的列"],
        [None, 86.4, None, "e1", "x"],
        [None, date(2015, 3, 2), None, "e2", None],
        [None, 0.6, None, "e3", None],
        [None, None, None, "e4", "y"],
        [" 已核实 ", None, "豁免", "e5", None],
    ]
    fields = ["申报编号", "栏目", "现值", "更正值"]
    workbook(path, 汇总=[["经办人（在右侧填写）", "示例甲"]], 异常清单=rows, 栏目更正=[[*fields]])
    found = read_answers(path)
    told = [(row.row, row.exception_id, row.value, row.is_number, row.verdict, row.note) for row in found.rows]
    assert told == [
        (2, "e1", "86.4", True, "", ""),
        (3, "e2", "2015-03-02", False, "", ""),
        (4, "e3", "0.6", True, "", ""),
        (6, "e5", "", False, "豁免", "已核实"),
    ]
    assert (found.by, found.missing) == ("示例甲", ())


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    rows: list[list[object]] = [["处理意见", "更正值", "异常编号"], ["认可", None, "e1"]]
    found = read_answers(workbook(tmp_path / "a.xlsx", 异常清单=rows))
    assert found == Answers((), "", ("工作表“异常清单”的“备注”列", "工作表“栏目更正”"))
    with pytest.raises(SourceError, match="none of the sheets"):
        read_answers(workbook(tmp_path / "b.xlsx", 别的=[["a"]]))
    (tmp_path / "c.xlsx").write_bytes(b"PK not a workbook")
    with pytest.raises(SourceError, match="no workbook"):
        read_answers(tmp_path / "c.xlsx")
