from collections.abc import Sequence

import pytest

from extractors.grid import Ruling, innermost, order_blocks, tables_from_rulings
from extractors.lines import cut, join_baselines
from pipeline.model import BBox, Line, Table


def line(text: str, x0: float, top: float, x1: float, height: float = 10) -> Line:
    return Line(text, BBox(x0, top, x1, top + height))


def box(x0: float, top: float, x1: float, bottom: float) -> tuple[list[Ruling], list[Ruling]]:
    """The four sides of a rectangle."""
    horizontals = [Ruling(top, x0, x1), Ruling(bottom, x0, x1)]
    return horizontals, [Ruling(x0, top, bottom), Ruling(x1, top, bottom)]


def cells(table: Table) -> dict[tuple[int, int, int, int], str]:
    return {(cell.row, cell.column, cell.row_span, cell.column_span): cell.text for cell in table.cells}


def grid(xs: Sequence[float], ys: Sequence[float]) -> tuple[list[Ruling], list[Ruling]]:
    return [Ruling(y, xs[0], xs[-1]) for y in ys], [Ruling(x, ys[0], ys[-1]) for x in xs]


def test_a_merged_cell_stands_once_in_true_coordinates() -> None:
    horizontals = [Ruling(0, 0, 300), Ruling(20, 50, 300), Ruling(40, 0, 300), Ruling(60, 0, 300)]
    verticals = [Ruling(0, 0, 60), Ruling(50, 0, 40), Ruling(150, 0, 20), Ruling(300, 0, 60)]
    words = [line("申", 20, 8, 30), line("报", 20, 18, 30), line("名称", 55, 5, 75), line("示例", 155, 5, 175),
             line("并列", 55, 25, 75), line("整行", 5, 45, 25), line("表外", 5, 70, 25)]  # fmt: skip
    (table,), rest = tables_from_rulings(horizontals, verticals, words)
    assert cells(table) == {
        (1, 1, 2, 1): "申\n报",
        (1, 2, 1, 1): "名称",
        (1, 3, 1, 1): "示例",
        (2, 2, 1, 2): "并列",
        (3, 1, 1, 3): "整行",
    }
    assert table.bbox == BBox(0, 0, 300, 60)
    assert [one.text for one in rest] == ["表外"]


def test_broken_doubled_and_slightly_skewed_rulings_are_one() -> None:
    horizontals = [Ruling(0, 0, 90), Ruling(0.8, 93, 200), Ruling(20, 0, 100), Ruling(21.5, 0, 200), Ruling(40, 0, 200)]
    verticals = [Ruling(0, -1, 41), Ruling(100, 1, 18), Ruling(101, 21, 39), Ruling(199, 0, 20), Ruling(200.5, 19, 41)]
    (table,), _ = tables_from_rulings(horizontals, verticals, [line("甲", 10, 25, 20)])
    assert [(cell.row, cell.column) for cell in table.cells] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert cells(table)[2, 1, 1, 1] == "甲"


def test_dashed_rulings_are_joined() -> None:
    dashes = [Ruling(20, x, x + 3) for x in range(0, 200, 5)]
    horizontals, verticals = box(0, 0, 200, 40)
    (table,), _ = tables_from_rulings([*horizontals, *dashes], verticals, [])
    assert [(cell.row, cell.column) for cell in table.cells] == [(1, 1), (2, 1)]


def test_the_cells_of_a_table_inside_a_cell_are_the_innermost() -> None:
    """Ink that detection missed is looked for in them (spots.py)."""
    inner, outer = grid((110, 150, 190), (10, 40)), grid((0, 100, 200), (0, 50))
    (table,), _ = tables_from_rulings([*outer[0], *inner[0]], [*outer[1], *inner[1]], ())
    assert sorted(found.x0 for found in innermost(table)) == [0, 110, 150]


def test_a_table_inside_a_cell_goes_to_the_cell() -> None:
    outer = grid([0, 100, 400], [0, 100])
    inner = grid([120, 200, 300], [30, 50, 70])
    words = [line("清单", 110, 10, 130), line("序号", 125, 35, 145), line("甲", 205, 55, 215)]
    (table,), rest = tables_from_rulings(outer[0] + inner[0], outer[1] + inner[1], words)
    assert cells(table) == {(1, 1, 1, 1): "", (1, 2, 1, 1): "清单"}
    (nested,) = table.cells[1].tables
    assert cells(nested) == {(1, 1, 1, 1): "序号", (1, 2, 1, 1): "", (2, 1, 1, 1): "", (2, 2, 1, 1): "甲"}
    assert rest == ()


def test_a_table_open_at_its_sides_is_closed_where_its_rules_end() -> None:
    horizontals = [Ruling(y, 0, 300) for y in (0, 20, 40)]
    (table,), _ = tables_from_rulings(horizontals, [Ruling(100, 0, 40), Ruling(200, 0, 40)], [line("左", 5, 5, 15)])
    assert [(cell.row, cell.column) for cell in table.cells] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    assert table.cells[0].text == "左"


def test_a_list_among_labels_and_values_between_level_rules_is_a_table_of_its_own() -> None:
    rules = [Ruling(y, 60, 560) for y in (20, 100, 120, 150, 170, 190, 210, 240, 260)]
    words = [
        line("页眉", 60, 8, 90),
        line("模型名称：", 65, 104, 115), line("示例模型", 240, 104, 280),
        line("是否列入经营异常名录或失信名", 65, 123, 232), line("单：", 65, 136, 80), line("□是", 240, 130, 260),
        line("合同明细", 290, 154, 330),
        line("序号", 70, 174, 90), line("服务商", 120, 174, 160), line("合同号", 230, 174, 260),
        line("金额", 320, 174, 350), line("起止", 450, 174, 480),
        line("1", 75, 194, 80), line("示例云", 115, 194, 165), line("SL-2023-008", 215, 194, 280),
        line("86.40", 320, 194, 350), line("2023年", 450, 194, 490),
        line("项目简介：", 65, 219, 115), line("面向示例的", 240, 213, 550), line("平台。", 240, 226, 300),
        line("填报日期：", 65, 244, 115), line("2024年6月11日", 240, 244, 320),
    ]  # fmt: skip
    tables, rest = tables_from_rulings(rules, [], words)
    assert [[[c.text for c in t.cells if c.row == row] for row in (1, 2)] for t in tables] == [
        [["模型名称：", "示例模型"], ["是否列入经营异常名录或失信名\n单：", "□是"]],
        [["序号", "服务商", "合同号", "金额", "起止"], ["1", "示例云", "SL-2023-008", "86.40", "2023年"]],
        [["项目简介：", "面向示例的\n平台。"], ["填报日期：", "2024年6月11日"]],
    ]
    assert [one.text for one in rest] == ["页眉", "合同明细"]


OF_A_PAIR_AND_TWO = (
    line("申报单位", 55, 105, 95), line("示例云图信息技术有限公司福建分公司与各地办事处", 150, 105, 420),
    line("联系人", 60, 125, 90), line("例甲", 150, 125, 170), line("联系电话", 300, 125, 340),
    line("13900001234", 410, 125, 470), line("成立时间", 55, 145, 95), line("2003.5.24", 150, 145, 200),
)  # fmt: skip


def test_rows_of_two_pairs_and_of_one_between_level_rules() -> None:
    rules = [Ruling(y, 50, 500) for y in (100, 120, 140, 160, 180, 200)]
    words = [
        *OF_A_PAIR_AND_TWO,
        line("注册资金", 310, 145, 350), line("1500", 410, 145, 430), line("传真", 60, 165, 80),
        line("邮编", 315, 165, 335), line("350001", 410, 165, 440), line("注册地址", 55, 185, 95),
        line("福建省福州市鼓楼区示例东路1282号示例科技园研发楼", 150, 185, 420),
    ]  # fmt: skip
    (table,), rest = tables_from_rulings(rules, [], words)
    assert [[cell.text for cell in table.cells if cell.row == row] for row in range(1, 6)] == [
        ["申报单位", "示例云图信息技术有限公司福建分公司与各地办事处"],
        ["联系人", "例甲", "联系电话", "13900001234"],
        ["成立时间", "2003.5.24", "注册资金", "1500"],
        ["传真", "", "邮编", "350001"],
        ["注册地址", "福建省福州市鼓楼区示例东路1282号示例科技园研发楼"],
    ]
    assert not rest


def test_a_label_that_comes_near_to_its_value_between_level_rules_is_parted_from_it() -> None:
    rules = [Ruling(y, 50, 500) for y in (100, 120, 140, 160, 180)]
    words = [
        *OF_A_PAIR_AND_TWO,
        line("注册资金", 310, 145, 350), line("1500", 410, 145, 430), line("职工总数", 55, 165, 95),
        line("120", 150, 165, 165), line("人工智能业务收入占比", 300, 165, 404), line("58.00", 410, 165, 440),
    ]  # fmt: skip
    (table,), _ = tables_from_rulings(rules, [], words)
    assert [cell.text for cell in table.cells if cell.row == 4] == ["职工总数", "120", "人工智能业务收入占比", "58.00"]


def test_options_between_level_rules_stay_together() -> None:
    rules = [Ruling(y, 50, 500) for y in (100, 120, 140, 160, 180, 200)]
    words = [
        line("注册地址", 55, 105, 95), line("福建省福州市鼓楼区示例东路1282号示例科技园", 150, 105, 390),
        line("申报方向", 55, 125, 95), line("□算力服务补助", 150, 125, 220), line("☑软件优质产品", 250, 125, 330),
        line("联系人", 55, 145, 85), line("例甲", 150, 145, 170), line("手机", 250, 145, 270),
        line("13900001234", 340, 145, 410),
        line("所属行业", 55, 165, 95), line("☑工业企业", 150, 165, 200), line("□其他", 250, 165, 290),
        line("成立时间", 55, 185, 95), line("2003.5.24", 150, 185, 200), line("邮编", 250, 185, 270),
        line("350001", 340, 185, 380),
    ]  # fmt: skip
    (table,), _ = tables_from_rulings(rules, [], words)
    assert [[cell.text for cell in table.cells if cell.row == row and cell.text] for row in range(1, 6)] == [
        ["注册地址", "福建省福州市鼓楼区示例东路1282号示例科技园"],
        ["申报方向", "□算力服务补助\n☑软件优质产品"],
        ["联系人", "例甲", "手机", "13900001234"],
        ["所属行业", "☑工业企业\n□其他"],
        ["成立时间", "2003.5.24", "邮编", "350001"],
    ]


def test_a_list_that_stands_in_a_row_between_level_rules_parts_the_rows_above_and_below_it() -> None:
    outer = [Ruling(y, 50, 500) for y in (100, 120, 140, 160, 270, 290, 310, 330)]
    inner = [Ruling(y, 56, 494) for y in (185, 205, 225, 245)]
    words = [line("知识产权清单", 56, 166, 116)]
    for row, top in enumerate((105, 125, 145, 275, 295, 315)):
        words += [line(f"标签{row}", 60, top, 100), line(f"值{row}", 150, top, 190)]
    for top, texts in ((190, ("名称", "类别", "登记号")), (210, ("甲", "发明", "001")), (230, ("乙", "实用", "002"))):
        words += [line(text, 60 + 150 * i, top, 90 + 150 * i) for i, text in enumerate(texts)]
    tables, rest = tables_from_rulings([*outer, *inner], [], words)
    assert [[cell.text for cell in table.cells] for table in tables] == [
        ["标签0", "值0", "标签1", "值1", "标签2", "值2"],
        ["名称", "类别", "登记号", "甲", "发明", "001", "乙", "实用", "002"],
        ["标签3", "值3", "标签4", "值4", "标签5", "值5"],
    ]
    assert [one.text for one in rest] == ["知识产权清单"]


def test_a_three_line_table_has_its_columns_from_the_texts_gaps() -> None:
    rules = [Ruling(y, 50, 500) for y in (100, 120, 180)]
    words = [line("序号", 55, 105, 75), line("名称", 120, 105, 140), line("金额", 400, 105, 420),
             line("1", 60, 125, 65), line("示例软件", 120, 125, 160), line("100", 400, 125, 415),
             line("续行", 120, 138, 140), line("2", 60, 155, 65), line("甲", 120, 155, 130),
             line("正文", 50, 200, 70)]  # fmt: skip
    (table,), rest = tables_from_rulings(rules, [], words)
    assert [[cell.text for cell in table.cells if cell.row == row] for row in (1, 2, 3)] == [
        ["序号", "名称", "金额"],
        ["1", "示例软件\n续行", "100"],
        ["2", "甲", ""],
    ]
    assert [one.text for one in rest] == ["正文"]


def test_rows_parted_by_rules_are_a_table() -> None:
    rules = [Ruling(y, 50, 500) for y in (100, 120, 150, 170)]
    words = [line("名称", 55, 105, 75), line("金额", 400, 105, 420), line("甲的名称很长", 55, 125, 115),
             line("乙", 400, 125, 410), line("续行", 55, 136, 75), line("丙", 55, 155, 65),
             line("丁", 400, 155, 410)]  # fmt: skip
    (table,), _ = tables_from_rulings(rules, [], words)
    assert [cell.text for cell in table.cells] == ["名称", "金额", "甲的名称很长\n续行", "乙", "丙", "丁"]


def test_a_wider_rule_ends_the_last_row_of_a_list_between_narrower_ones() -> None:
    inner = [Ruling(y, 50, 540) for y in (60, 80, 100, 180, 200)]
    outer = [Ruling(y, 45, 545) for y in (40, 125, 225)]
    words = {
        65: ("名称", "类别", "登记号"),
        85: ("示例一", "发明专利", "ZL1"),
        105: ("示例二", "软件著作权", "SR2"),
        185: ("用户", "金额", "时间"),
        205: ("示例客户", "12.5", "2023"),
    }
    text = [line(word, x, y, x + 60) for y, row in words.items() for x, word in zip((54, 200, 400), row, strict=True)]
    text.append(line("推广应用情况", 54, 150, 120))
    (first, second), rest = tables_from_rulings([*inner, *outer], [], text)
    assert [found[1] for found in sorted(cells(first).items())][-3:] == ["示例二", "软件著作权", "SR2"]
    assert [found[1] for found in sorted(cells(second).items())][-3:] == ["示例客户", "12.5", "2023"]
    assert [one.text for one in rest] == ["推广应用情况"]


def test_underlined_blanks_are_no_table() -> None:
    rules = [Ruling(y, 150, 400) for y in (100, 130, 160, 190)]
    words = [line("示例公司", 160, 118, 200), line("项目名称", 60, 118, 110), line("张三", 160, 148, 180),
             line("手机", 300, 148, 320), line("联系人", 60, 148, 90)]  # fmt: skip
    tables, rest = tables_from_rulings(rules, [], words)
    assert tables == ()
    assert len(rest) == 5


def test_paragraphs_between_rules_are_no_table() -> None:
    rules = [Ruling(y, 50, 500) for y in (50, 70, 800)]
    words = [line("某报告", 60, 55, 100), *(line("整行的正文" * 8, 50, y, 480) for y in range(80, 700, 20))]
    assert tables_from_rulings(rules, [], words)[0] == ()


def test_a_code_in_boxes_is_one_cell() -> None:
    code = "91350100MA00000000"
    comb = [Ruling(100 + 15 * i, 20, 40) for i in range(1, 18)]
    horizontals = [Ruling(y, 0, 370) for y in (0, 20, 40)]
    verticals = [Ruling(0, 0, 40), Ruling(100, 0, 40), Ruling(370, 0, 40), *comb]
    words = [line(char, 103 + 15 * i, 25, 110 + 15 * i) for i, char in enumerate(code)]
    (table,), _ = tables_from_rulings(horizontals, verticals, [line("代码", 5, 25, 25), *words])
    assert cells(table) == {(1, 1, 1, 1): "", (1, 2, 1, 1): "", (2, 1, 1, 1): "代码", (2, 2, 1, 1): code}


@pytest.mark.parametrize("outer", [grid([0, 100, 400], [80, 140]), ([], [])])
def test_boxes_apart_from_the_table_are_a_line(outer: tuple[list[Ruling], list[Ruling]]) -> None:
    horizontals, verticals = grid([110 + 15 * i for i in range(12)], [100, 120])
    words = [line(char, 113 + 15 * i, 105, 120 + 15 * i) for i, char in enumerate("05911234567")]
    tables, rest = tables_from_rulings(horizontals + outer[0], verticals + outer[1], words)
    assert [cell.text for table in tables for cell in table.cells] == (["", "05911234567"] if outer[0] else [])
    assert [one.text for one in rest] == ([] if outer[0] else ["05911234567"])


def test_frames_underlines_and_text_boxes_are_no_tables() -> None:
    frame, note = box(10, 10, 580, 830), box(50, 600, 200, 640)
    underlines = [Ruling(100, 120, 300), Ruling(130, 120, 300)]
    words = [line("名称", 60, 90, 100), line("框内", 60, 610, 80)]
    tables, rest = tables_from_rulings(frame[0] + note[0] + underlines, frame[1] + note[1], words)
    assert tables == ()
    assert rest == tuple(words)


def test_a_frame_around_the_page_leaves_its_tables_apart() -> None:
    frame, first, second = box(10, 10, 580, 830), grid([50, 100, 200], [50, 70, 90]), grid([50, 200, 300], [300, 320])
    found, _ = tables_from_rulings(frame[0] + first[0] + second[0], frame[1] + first[1] + second[1], [])
    assert [(table.bbox.top, len(table.cells)) for table in found if table.bbox] == [(50, 4), (300, 2)]


def test_a_corner_outside_of_a_stepped_outline_is_no_cell() -> None:
    horizontals = [Ruling(0, 0, 100), Ruling(20, 0, 200), Ruling(40, 0, 200)]
    verticals = [Ruling(0, 0, 40), Ruling(100, 0, 40), Ruling(200, 20, 40)]
    (table,), _ = tables_from_rulings(horizontals, verticals, [])
    assert [(cell.row, cell.column) for cell in table.cells] == [(1, 1), (2, 1), (2, 2)]


def test_a_line_over_a_rule_is_cut_there() -> None:
    horizontals, verticals = grid([0, 100, 300], [0, 20])
    (table,), _ = tables_from_rulings(horizontals, verticals, [line("项目名称 示例平台项目", 40, 5, 210)])
    assert [cell.text for cell in table.cells] == ["项目名称", "示例平台项目"]


def test_a_line_that_only_touches_a_rule_is_not_cut() -> None:
    horizontals, verticals = grid([0, 100, 300], [0, 20])
    (table,), _ = tables_from_rulings(horizontals, verticals, [line("统一社会信用代码", 5, 5, 103)])
    assert [cell.text for cell in table.cells] == ["统一社会信用代码", ""]


@pytest.mark.parametrize(
    ("text", "positions", "pieces"),
    [
        ("联系人张三丰", [100.0], ["联系人", "张三丰"]),
        ("电话13800000000", [40.0], ["电话", "13800000000"]),
        ("甲 乙 丙", [80.0, 130.0], ["甲", "乙", "丙"]),
    ],
)
def test_cut_reckons_with_the_characters_widths(text: str, positions: list[float], pieces: list[str]) -> None:
    width = {"联系人张三丰": 200, "电话13800000000": 160, "甲 乙 丙": 180}[text]
    whole = Line(text, BBox(0, 0, width, 20), 0.9)
    found = cut(whole, positions)
    assert [piece.text for piece in found] == pieces
    assert [piece.bbox.x0 for piece in found[1:] if piece.bbox] == positions
    assert {piece.confidence for piece in found} == {0.9}


def test_lines_on_one_baseline_are_joined_by_space_or_tab() -> None:
    words = [line("联系电话：", 200, 11, 250), line("联系人：", 0, 10, 40), line("张三", 60, 10, 80),
             line("0591", 254, 10, 280), line("下一行", 0, 30, 30)]  # fmt: skip
    assert [one.text for one in join_baselines(words)] == ["联系人： 张三\t联系电话： 0591", "下一行"]


def test_a_label_set_wide_keeps_together() -> None:
    words = [line(char, 30.0 * i, 0, 30.0 * i + 10) for i, char in enumerate("项目名称")]
    assert [one.text for one in join_baselines([*words, line("示例", 160, 0, 180)])] == ["项 目 名 称\t示例"]


def test_text_that_runs_downwards_joins_no_line() -> None:
    words = [line("装订线", 0, 0, 10, height=90), line("第一行", 30, 5, 60), line("第二行", 30, 45, 60)]
    assert [one.text for one in join_baselines(words)] == ["第一行", "装订线", "第二行"]


def test_blocks_come_in_reading_order() -> None:
    horizontals, verticals = grid([0, 100, 200], [50, 70])
    tables, rest = tables_from_rulings(horizontals, verticals, [line("后", 0, 90, 10), line("前", 0, 10, 10)])
    first, table, last = order_blocks(tables, rest)
    assert isinstance(table, Table)
    assert [one.text for one in (first, last) if isinstance(one, Line)] == ["前", "后"]


def test_a_drawing_is_no_table() -> None:
    horizontals = [Ruling(i * 6.0, 0, 900) for i in range(4000)]
    tables, rest = tables_from_rulings(horizontals, [Ruling(0, 0, 900)], [line("图", 5, 5, 15)])
    assert tables == ()
    assert [one.text for one in rest] == ["图"]
