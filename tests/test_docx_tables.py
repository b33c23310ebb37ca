"""Tables of Word files in true grid coordinates."""

from office import cell, codes, grid, lines, only_table, p, tbl, tc, tr, word

from extractors import read_docx
from pipeline.model import Document

ALL = range(1, 2)


def read(body: str) -> Document:
    return read_docx.read(word(body), ALL)


def read_lines(body: str) -> list[str]:
    return lines(read(body))


# --- tables -------------------------------------------------------------------------------------------

RESTART, CONTINUE = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"


def span(columns: int) -> str:
    return f'<w:gridSpan w:val="{columns}"/>'


def test_merged_cells_in_true_grid_coordinates() -> None:
    body = tbl(
        tr(tc("基本情况", RESTART), "项目名称", tc("示例", span(3))),
        tr(tc("<w:p/>", CONTINUE), "电话", "1", "邮箱", "a@example.com"),
        tr("右", properties='<w:gridBefore w:val="3"/><w:gridAfter w:val="1"/>'),
        tr(tc("大", RESTART + span(2)), tc("x", span(3))),
        tr(tc("<w:p/>", '<w:vMerge w:val="continue"/>' + span(2)), "y", tc("z", span(2))),
    )
    assert grid(only_table(read(body))) == [
        (1, 1, 2, 1, "基本情况"), (1, 2, 1, 1, "项目名称"), (1, 3, 1, 3, "示例"),
        (2, 2, 1, 1, "电话"), (2, 3, 1, 1, "1"), (2, 4, 1, 1, "邮箱"), (2, 5, 1, 1, "a@example.com"),
        (3, 4, 1, 1, "右"),
        (4, 1, 2, 2, "大"), (4, 3, 1, 3, "x"),
        (5, 3, 1, 1, "y"), (5, 4, 1, 2, "z"),
    ]  # fmt: skip


def test_a_merge_that_continues_nothing_is_a_cell_of_its_own() -> None:
    body = tbl(
        tr(tc("甲", CONTINUE), "1"),
        tr(tc("乙", CONTINUE + span(2))),
        tr("丙", "2"),
        tr(tc("丁", CONTINUE), "3"),
    )
    assert [c.text for c in only_table(read(body)).cells] == ["甲", "1", "乙", "丙", "2", "丁", "3"]


def test_old_horizontal_merges() -> None:
    body = tbl(
        tr(tc("标题", '<w:hMerge w:val="restart"/>'), tc("<w:p/>", "<w:hMerge/>"), tc("<w:p/>", "<w:hMerge/>")),
        tr("甲", "乙", "丙"),
    )
    assert grid(only_table(read(body)))[:2] == [(1, 1, 1, 3, "标题"), (2, 1, 1, 1, "甲")]


def test_text_in_a_continued_cell_is_not_lost_and_not_doubled() -> None:
    body = tbl(tr(tc("甲", RESTART)), tr(tc("甲", CONTINUE)), tr(tc("乙", CONTINUE)))
    assert grid(only_table(read(body))) == [(1, 1, 3, 1, "甲\n乙")]


def test_nested_tables_and_lines_of_a_cell() -> None:
    inner = tbl(tr("年份", "收入"), tr("2023", "100"))
    table = only_table(
        read(tbl(tr("明细", tc(p("见下表：", "<w:r><w:br/></w:r>", "单位：万元") + inner + p("合计 100")))))
    )
    outer = cell(table, 1, 2)
    assert [line.text for line in outer.lines] == ["见下表：", "单位：万元", "合计 100"]
    assert [c.text for c in outer.tables[0].cells] == ["年份", "收入", "2023", "100"]


def test_absurd_numbers_are_bounded() -> None:
    body = tbl(tr(tc("甲", span(10**12)), tc("乙", span(-3)), properties='<w:gridBefore w:val="x"/>'))
    assert grid(only_table(read(body))) == [(1, 1, 1, 1000, "甲"), (1, 1001, 1, 1, "乙")]


def test_deep_nesting_is_refused() -> None:
    body = p("底")
    for _ in range(30):
        body = tbl(tr(tc(body)))
    assert codes(read(body)) == ["D-TOO-LARGE"]
