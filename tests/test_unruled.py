"""Tables without rules: labels over their values, lists by columns, wrapped cells, page breaks, tabs of a Word file."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from paper import programme

from extractors.form import extract
from extractors.grid import Ruling, order_blocks, tables_from_rulings
from extractors.labels import labels_of
from extractors.unruled import Unruled, unruled_tables
from pipeline.model import BBox, Bounds, Document, FieldValue, Line, Method, Page, Period

LABELS = labels_of(programme().fields)


def at(x: float, top: float, text: str, size: float = 10.0) -> Line:
    width = sum(size if ord(char) > 0x2E80 else size / 2 for char in text)
    return Line(text, BBox(x, top, x + width, top + size))


def box(x0: float, x1: float, top: float, text: str) -> Line:
    return Line(text, BBox(x0, top, x1, top + 10))


def read(*pages: Sequence[Line]) -> dict[str, FieldValue]:
    content = tuple(Page(i, Method.PDF, tuple(lines), 595, 842) for i, lines in enumerate(pages, 1))
    document = Document("0" * 64, "application/pdf", "test", content, len(content))
    return {value.name: value for value in extract(document, programme())}


def rows_of(value: FieldValue) -> list[list[object]]:
    assert isinstance(value.value, tuple)
    return [[cell.value for cell in row.values()] for row in value.value if isinstance(row, dict)]


def test_values_stand_under_labels_that_share_a_line() -> None:
    found = read(
        [
            at(50, 50, "联系人："), at(200, 50, "联系电话（务必准确）："), at(380, 50, "邮政编码："),
            at(50, 64, "例甲"), at(200, 64, "13900001234"), at(380, 64, "350001"),
        ]
    )  # fmt: skip
    assert found["contact_name"].value == "例甲"
    assert found["contact_phone"].value == "13900001234"


def test_a_value_of_two_lines_under_its_label_and_a_label_of_two_lines() -> None:
    found = read(
        [
            at(50, 50, "申报单位"), at(200, 50, "是否被列入企业经营异常名录或"),
            at(50, 64, "示例云上数据有限公司福"), at(200, 62, "失信企业名单"),
            at(50, 78, "建分公司"), at(200, 80, "□是 ☑否"),
            at(50, 110, "成立时间"), at(200, 110, "注册资本（万元）"),
            at(50, 124, "2015年3月1日"), at(200, 124, "500"),
        ]
    )  # fmt: skip
    assert found["applicant_name"].value == "示例云上数据有限公司福建分公司"
    assert found["listed_dishonest"].value == "no"
    assert str(found["registered_capital"].value) == "5000000.00"


def test_a_value_that_is_broken_under_its_label_stays_there_beside_one_that_ends_a_card() -> None:
    found = read(
        [
            at(50, 20, "项目名称：示例云上多源视频图像识别与事件自动处置协同管理平台"),
            at(50, 50, "申报单位名称："), at(225, 50, "统一社会信用代码："),
            at(50, 64, "示例云图信息技术有限公司福"), at(225, 64, "91350802MA3M6QW851"),
            at(50, 78, "建分公司"),
        ]
    )  # fmt: skip
    assert found["applicant_name"].value == "示例云图信息技术有限公司福建分公司"
    assert found["uscc"].value == "91350802MA3M6QW851"


LIST = [
    at(60, 50, "知识产权清单："),
    at(60, 80, "序号 名称"), at(220, 80, "类别"), at(300, 80, "登记号"), at(420, 80, "权利人"),
    at(220, 100, "软件著作"), at(60, 105, "1 示例审阅软件V3.0"), at(300, 105, "2022SR0101234"),
    at(420, 105, "示例有限公司"),
    at(220, 112, "权"),
    at(60, 130, "2 示例图谱工具"), at(220, 130, "发明专利 ZL202110012345.6"), at(420, 130, "示例有限公司"),
]  # fmt: skip


def test_a_list_without_rules_with_wrapped_cells_and_narrow_gaps() -> None:
    assert rows_of(read(LIST)["ip_rights"]) == [
        ["示例审阅软件V3.0", "软件著作权", "2022SR0101234", "示例有限公司"],
        ["示例图谱工具", "发明专利", "ZL202110012345.6", "示例有限公司"],
    ]


def test_a_list_goes_on_overleaf_with_its_header_again_or_without() -> None:
    more = [
        at(60, 40, "3 示例三号"), at(220, 40, "实用新型"), at(300, 40, "ZL202220036974.6"), at(420, 40, "示例有限公司"),
    ]  # fmt: skip
    again = [Line(line.text, BBox(box.x0, 20, box.x1, 30)) for line in LIST[1:5] if (box := line.bbox)]
    for overleaf in (more, [*again, *more]):
        found = read(LIST, [*overleaf, at(60, 80, "联系人：例乙")])
        assert [row[0] for row in rows_of(found["ip_rights"])] == ["示例审阅软件V3.0", "示例图谱工具", "示例三号"]
        assert found["contact_name"].value == "例乙"


def test_a_header_that_is_read_otherwise_overleaf_is_the_same() -> None:
    above = [
        at(60, 50, "推广应用情况："), at(60, 80, "用户名称"), at(220, 80, "合同金额（万元）"), at(330, 80, "应用时间"),
        at(60, 100, "示例甲有限公司"), at(220, 100, "12.50"), at(330, 100, "2022年1月3日"),
    ]  # fmt: skip
    below = [
        at(60, 20, "用户名称"), at(220, 20, "合同金额(万元）"), at(330, 20, "应用时问"),
        at(60, 40, "示例乙有限公司"), at(220, 40, "86.40"), at(330, 40, "2023年2月9日"),
    ]  # fmt: skip
    found = read(above, below)
    assert [line[0] for line in rows_of(found["customers"])] == ["示例甲有限公司", "示例乙有限公司"]


def test_a_single_row_overleaf_that_was_read_as_one_line_is_cut_as_the_rows_before() -> None:
    above = [
        at(60, 750, "推广应用情况："),
        at(59, 763, "用户名称", 9.7), at(237, 763, "合同金额", 9.7), at(356, 763, "应用时间", 9.7),
        at(59, 776, "福建示例恒润智能装备有限责任公司", 9.7), at(237, 776, "1976400.00元", 9.7),
        at(356, 776, "2023年2月9日", 9.7),
    ]  # fmt: skip
    drawn = [replace(line, bbox=BBox(b.x0, b.top, b.x1, b.top + 12.2)) for line in above if (b := line.bbox)]
    row = Line("福建示例鸿图物联网技术有限责任公司 3737100.00元 2023年2月15日", BBox(61, 40, 429, 57))
    found = read(drawn, [row])
    assert [line[0] for line in rows_of(found["customers"])] == [above[4].text, row.text.split()[0]]


def test_a_name_beside_its_number_is_no_prose_though_the_column_of_numbers_is_wide() -> None:
    head = [at(60, 80, "序号"), at(86, 80, "用户名称"), at(234, 80, "合同金额"), at(312, 80, "应用时间")]
    names = ["示例甲网络科技集团有限公司", "示例乙网络科技集团有限公司"]
    rows = [
        [at(58, y, str(n)), at(68, y, name), at(234, y, "427.82"), at(312, y, "2020.12.17")]
        for n, y, name in zip((1, 2), (100, 120), names, strict=True)
    ]
    found = read([at(60, 50, "推广应用情况："), *head, *rows[0], *rows[1]])
    assert [line[0] for line in rows_of(found["customers"])] == names


@pytest.mark.parametrize("space", [" ", ""])
def test_labels_that_go_on_in_the_line_below_and_were_read_as_one(space: str) -> None:
    found = read(
        [
            at(50, 50, "采购明细："),
            at(50, 70, "序 服务商名称"), at(200, 70, "合同号"), at(300, 70, f"采购金额(万 开票金额(万{space}服务期限"),
            at(50, 82, "号"), at(300, 82, "元)"), at(372, 82, "元)"),
            at(50, 104, "1"), at(66, 104, "示例网络科技公司"), at(200, 104, "HT20230169"), at(300, 104, "213.95"),
            at(372, 104, "215.43"), at(440, 104, "2023-02-27~2023-12-31"),
        ]
    )  # fmt: skip
    ((name, number, amount, invoiced, _),) = rows_of(found["compute_contracts"])
    assert (name, number) == ("示例网络科技公司", "HT20230169")
    assert (amount, invoiced) == (Decimal(2139500), Decimal(2154300))


def test_dates_and_figures_that_were_read_as_one() -> None:
    lines = [
        at(60, 50, "推广应用情况："), at(60, 70, "客户名称"), at(220, 70, "合同时间"), at(300, 70, "合同金额(万元)"),
        box(60, 196, 90, "示例甲生物医药有限责任公司"), box(219, 360, 90, "2021年10月15日135.20"),
        box(60, 351, 110, "示例臻选海洋工程有限责任公司 2021年9月15日44.20"),
        box(60, 196, 130, "示例乙数字科技有限责任公司"), box(218, 360, 130, "2021年10月28日322.93"),
    ]  # fmt: skip
    rows = rows_of(read(lines)["customers"])
    assert [row[2] for row in rows] == [Decimal(1352000), Decimal(442000), Decimal(3229300)]
    assert [row[1] for row in rows] == [date(2021, 10, 15), date(2021, 9, 15), date(2021, 10, 28)]


def test_the_rows_of_a_header_at_the_foot_of_a_page_are_overleaf() -> None:
    found = read(LIST[:5], [*LIST[5:], at(60, 160, "联系人：例乙")])
    assert [row[0] for row in rows_of(found["ip_rights"])] == ["示例审阅软件V3.0", "示例图谱工具"]
    assert found["contact_name"].value == "例乙"


def test_a_last_cell_that_is_broken_at_the_margin_goes_on_at_the_left() -> None:
    found = read(
        [
            at(60, 50, "采购明细："),
            at(60, 70, "算力服务企业"), at(210, 70, "合同号"), at(300, 70, "采购金额（元）"), at(400, 70, "服务期限"),
            at(60, 90, "贵安示例软件有限公司"), at(210, 90, "HT20230175"), at(300, 90, "1187400"),
            at(400, 90, "2023年1月15日到2023年12月31"),
            at(60, 102, "日"),
            at(60, 120, "杭州样例软件有限公司"), at(210, 120, "HT20230176"), at(300, 120, "25000"),
            at(400, 120, "2023年2月1日到2023年3月1日"),
        ]
    )  # fmt: skip
    rows = rows_of(found["compute_contracts"])
    assert [row[0] for row in rows] == ["贵安示例软件有限公司", "杭州样例软件有限公司"]
    assert [row[-1] for row in rows] == [
        Period(date(2023, 1, 15), date(2023, 12, 31)), Period(date(2023, 2, 1), date(2023, 3, 1))
    ]  # fmt: skip


def test_a_first_cell_of_two_goes_on_in_its_own_column() -> None:
    found = read(
        [
            at(60, 50, "申报单位"), at(225, 50, "统一社会信用代码"),
            at(60, 62, "示例云图信息技术有限公司福"), at(225, 62, "91350802MA3M6QW851"),
            at(60, 74, "建分公司"),
        ]
    )  # fmt: skip
    assert found["applicant_name"].value == "示例云图信息技术有限公司福建分公司"
    assert found["uscc"].value == "91350802MA3M6QW851"


def test_cells_that_were_read_as_one_line_are_cut_between_the_columns() -> None:
    found = read(
        [
            at(60, 50, "知识产权清单："),
            box(60, 145, 73, "序号知识产权名称"), box(230, 250, 73, "类别"), box(290, 320, 73, "著作权人"),
            box(430, 460, 73, "专利号"),
            box(60, 65, 90, "1"), box(90, 290 + 126, 90, "示例审阅方法及装置 软件著作权 示例有限责任公司"),
            box(430, 490, 90, "2023SR3750007"),
            box(60, 65, 104, "2"), box(90, 180, 104, "示例图谱方法及装置"), box(230, 270, 104, "发明专利"),
            box(290, 500, 104, "示例数据（示例）有限责任公司 ZL202210495406.7"),
        ]
    )  # fmt: skip
    assert rows_of(found["ip_rights"]) == [
        ["示例审阅方法及装置", "软件著作权", "示例有限责任公司", "2023SR3750007"],
        ["示例图谱方法及装置", "发明专利", "示例数据（示例）有限责任公司", "ZL202210495406.7"],
    ]


def test_cells_that_were_read_as_one_word_are_cut_where_figures_begin() -> None:
    found = read(
        [
            at(60, 50, "应用情况（单位：万元）"),
            box(60, 100, 73, "用户单位"), box(227, 320, 73, "合同金额合同时间"),
            box(60, 375, 90, "福建示例铭科纺织机械集团有限公司289.55 二〇二二年五月十八日"),
        ]
    )  # fmt: skip
    assert [[str(cell) for cell in row] for row in rows_of(found["customers"])] == [
        ["福建示例铭科纺织机械集团有限公司", "2895500.00", "2022-05-18"]
    ]


def test_broken_labels_side_by_side_are_a_column_each() -> None:
    for first, second in (
        ([box(327, 354, 65, "合同金"), box(368, 395, 65, "发票金")], [box(336, 386, 77, "额 额")]),
        ([box(325, 395, 65, "合同金 发票金")], [box(336, 386, 77, "额 额")]),
    ):
        found = read(
            [
                at(45, 50, "采购明细（单位：万元）："),
                box(105, 159, 71, "算力服务企业"), box(257, 284, 71, "合同号"), *first, *second,
                box(60, 204, 94, "北京示例繁星信息技术股份有限公司"), box(227, 300, 94, "HT20230175"),
                box(325, 353, 94, "312.35"), box(369, 394, 94, "310.30"),
            ]
        )  # fmt: skip
        assert [[str(cell) for cell in row] for row in rows_of(found["compute_contracts"])] == [
            ["北京示例繁星信息技术股份有限公司", "HT20230175", "3123500.00", "3103000.00"]
        ]


def test_of_labels_side_by_side_some_go_on_below_where_a_slanting_header_makes_both_lines_one_row() -> None:
    found = read(
        [
            at(60, 50, "采购明细："),
            *(box(58, 139, 70, "序 服务商名称"), box(201, 242, 72, "合同号"), box(297, 369, 75, "采购金额（万元）")),
            *(box(380, 452, 76, "开票金额（万元）"), box(470, 511, 78, "服务期限"), box(58, 70, 84, "号")),
            *(box(60, 66, 104, "1"), box(87, 187, 104, "示例物联网技术公司"), box(201, 251, 104, "HT20230139")),
            *(box(297, 331, 104, "290.36"), box(380, 414, 104, "292.55"), box(470, 560, 104, "2023/05/08-2023/11/03")),
        ]
    )
    ((name, number, *_),) = rows_of(found["compute_contracts"])
    assert (name, number) == ("示例物联网技术公司", "HT20230139")


def test_numbers_of_rows_whose_column_has_no_label_are_left_out() -> None:
    found = read(
        [
            at(60, 50, "知识产权清单："),
            at(90, 70, "知识产权名称"), at(230, 70, "类别"), at(300, 70, "登记号"),
            at(60, 90, "1"), at(90, 90, "示例审阅软件"), at(230, 90, "软件著作权"), at(300, 90, "2022SR0101234"),
            at(60, 110, "2"), at(90, 110, "示例图谱工具"), at(230, 110, "发明专利"), at(300, 110, "ZL202110012345.6"),
        ]
    )  # fmt: skip
    assert [row[0] for row in rows_of(found["ip_rights"])] == ["示例审阅软件", "示例图谱工具"]


def test_a_list_ends_at_the_next_label_or_heading() -> None:
    for after in ("三、推广应用情况", "项目简介：示例平台已在多家示例单位稳定运行。"):
        kept = unruled_tables([*LIST, at(60, 160, after)], LABELS)
        assert isinstance(kept[-2], Unruled)
        assert isinstance(kept[-1], Line)
        assert kept[-1].text == after


def test_tabs_are_the_columns_of_a_word_file() -> None:
    lines = [
        Line("推广应用情况："),
        Line("用户单位\t合同金额（万元）\t应用时间"),
        Line("福建示例港务集团有限公司\t128.50\t2022年9月1日"),
        Line("样例银行\t96\t2023年3月2日"),
        Line("填报日期：2024年6月21日"),
    ]
    document = Document("0" * 64, "x", "test", (Page(None, Method.DOCX, tuple(lines)),), 1)
    found = {value.name: value for value in extract(document, programme())}
    assert [str(row[1]) for row in rows_of(found["customers"])] == ["1285000.00", "960000.00"]
    assert found["signed_on"].value is not None


def test_label_and_value_side_by_side_are_no_table() -> None:
    lines = [at(60, 50, "联系人"), at(160, 50, "例甲"), at(60, 70, "法定代表人"), at(160, 70, "例乙")]
    assert unruled_tables(lines, LABELS) == lines


def test_a_row_of_pairs_with_wrapped_cells_centred_on_one_height() -> None:
    found = read(
        [
            at(400, 98, "示例文档审阅平台"), at(60, 106, "申报单位"), at(160, 106, "示例有限公司"),
            at(300, 106, "产品名称"),
            at(400, 113, "V3.2"),
            at(60, 141, "2023年净利润（万"), at(160, 148, "765.43"), at(300, 148, "联系人"), at(400, 148, "例甲"),
            at(60, 155, "元）"),
        ]
    )  # fmt: skip
    assert found["project_name"].value == "示例文档审阅平台V3.2"
    assert str(found["net_profit"].value) == "7654300.00"
    assert found["contact_name"].value == "例甲"


def test_one_label_of_two_fields_is_no_header_of_two_columns() -> None:
    found = read([at(50, 50, "（十）联系人及联系电话："), at(50, 67, "林示例，0591-8765 4321转18")])
    assert found["contact_name"].value == "林示例"
    assert found["contact_phone"].value == "0591-87654321-18"


def test_rows_of_a_list_that_are_all_broken_are_told_by_the_paper_between_them() -> None:
    lines = [
        at(50, 50, "采购明细："),
        at(50, 70, "服务商名称"),
        at(200, 70, "合同编号"),
        at(300, 70, "合同金额"),
        at(400, 70, "发票金额"),
    ]
    for number, top in enumerate((90, 118, 146)):
        lines += [
            at(50, top, "示例云图信息技术"), at(200, top, f"SL-2023-0{number}-"),
            at(300, top, "1,527,200.00"), at(400, top, "1,527,200.00"),
            at(50, top + 12, "有限公司"), at(200, top + 12, "补1"), at(300, top + 12, "元"), at(400, top + 12, "元"),
        ]  # fmt: skip
    rows = rows_of(read(lines)["compute_contracts"])
    assert [[str(cell) for cell in row] for row in rows] == [
        ["示例云图信息技术有限公司", f"SL-2023-0{number}-补1", "1527200.00", "1527200.00"] for number in range(3)
    ]


def test_rows_of_a_list_that_stand_close_stay_rows() -> None:
    lines = [
        at(50, 50, "采购明细："),
        at(50, 70, "服务商名称"),
        at(200, 70, "合同编号"),
        at(300, 70, "合同金额（万元）"),
    ]
    for number, top in enumerate((95, 107, 119)):
        lines += [
            at(50, top, "示例公司" + "甲乙丙"[number]),
            at(200, top, f"SL-{number}"),
            at(300, top, f"{number + 1}0"),
        ]
    assert len(rows_of(read(lines)["compute_contracts"])) == 3


STAGGERED = [
    at(50, 50, "采购明细："), at(50, 70, "服务商名称"), at(200, 70, "合同编号"), at(280, 70, "合同金额（万元）"),
    at(380, 70, "发票金额（万元）"),
]  # fmt: skip


def staggered(rows: Sequence[tuple[str, str, str, str, str]], pitch: float = 27) -> list[Line]:
    """Rows of which two cells have two lines and the amounts stand at half their height."""
    lines = list(STAGGERED)
    for number, (first, second, code, rest, amount) in enumerate(rows):
        top = 90 + number * pitch
        lines += [
            at(50, top, first), at(200, top, code), at(280, top + 6, amount), at(380, top + 6, amount),
            at(50, top + 11, second), at(200, top + 11, rest),
        ]  # fmt: skip
    return lines


def test_rows_of_broken_cells_with_figures_at_half_their_height() -> None:
    rows = [("示例云图信息技术", "有限公司", "ALI-GPU-", f"00{n}A", f"{n}1.5") for n in range(1, 5)]
    for pitch in (25, 27, 33):
        found = rows_of(read(staggered(rows, pitch))["compute_contracts"])
        assert [[str(cell) for cell in row] for row in found] == [
            ["示例云图信息技术有限公司", f"ALI-GPU-00{n}A", f"{n}15000.00", f"{n}15000.00"] for n in range(1, 5)
        ]


def test_a_header_that_is_centred_over_cells_which_begin_before_it() -> None:
    lines = [
        at(50, 50, "采购明细："), at(60, 70, "序号"), at(150, 70, "服务商名称"), at(300, 70, "合同金额（万元）"),
        at(64, 90, "1"), at(90, 90, "示例启明光电技术股份有"), at(310, 95, "89.6"), at(90, 101, "限公司"),
    ]  # fmt: skip
    (row,) = rows_of(read(lines)["compute_contracts"])
    assert [str(cell) for cell in row] == ["示例启明光电技术股份有限公司", "896000.00"]


def test_a_list_ends_at_a_label_that_is_set_wide_across_its_columns() -> None:
    lines = [
        at(50, 50, "知识产权清单："), at(50, 70, "序号"), at(100, 70, "名称"), at(300, 70, "登记号"),
        at(50, 90, "1"), at(100, 90, "示例审阅软件"), at(300, 90, "2022SR0101234"),
        at(60, 110, "主 要 用 户："), at(50, 130, "用户单位"), at(300, 130, "合同金额（万元）"),
        at(50, 150, "示例公司"), at(300, 150, "12.5"),
    ]  # fmt: skip
    found = read(lines)
    assert rows_of(found["ip_rights"]) == [["示例审阅软件", "2022SR0101234"]]
    assert [[str(cell) for cell in row] for row in rows_of(found["customers"])] == [["示例公司", "125000.00"]]


def test_a_list_that_only_its_header_has_rules_of() -> None:
    ruled = [Ruling(top, 40, 550) for top in (100, 116, 150, 166)]
    lines = [
        box(42, 90, 102, "名称"), box(240, 280, 102, "类型"), box(330, 390, 102, "登记号"),
        box(500, 548, 102, "权利人"),
        box(42, 150, 120, "电网负荷巡检方法"), box(240, 280, 120, "实用新型"), box(330, 390, 120, "ZL202220464143.4"),
        box(450, 548, 120, "示例软件有限公司"),
        box(42, 110, 136, "推广应用情况"),
        box(42, 90, 152, "用户名称"), box(380, 440, 152, "合同金额（元）"), box(500, 548, 152, "合同时间"),
        box(42, 190, 170, "示例食品机械有限公司"), box(400, 440, 170, "841"), box(500, 548, 170, "2019.10.6"),
        box(42, 190, 186, "样例光电技术有限公司"), box(400, 440, 186, "301"), box(500, 548, 186, "2019.10.31"),
    ]  # fmt: skip
    tables, rest = tables_from_rulings(ruled, [], lines)
    page = Page(1, Method.OCR, order_blocks(tables, rest), 595, 842)
    found = {v.name: v for v in extract(Document("0" * 64, "image/png", "test", (page,), 1), programme())}
    assert [row["title"].value for row in found["ip_rights"].rows] == ["电网负荷巡检方法"]
    assert [row["amount"].value for row in found["customers"].rows] == [Decimal("841.00"), Decimal("301.00")]


# --- boxes as detection finds them, a point off here and there ----------------------------------------------------


def quad(x0: float, top: float, x1: float, bottom: float, text: str) -> Line:
    return Line(text, BBox(x0, top, x1, bottom))


def test_rows_that_stand_evenly_stay_rows_though_their_boxes_do_not() -> None:
    owner = "漳州样例新能源有限公司"
    lines = [
        quad(43, 69, 96, 78, "知识产权情况"), quad(50, 87, 105, 96, "知识产权名称"), quad(179, 85, 201, 99, "类型"),
        quad(237, 86, 275, 98, "证书编号"), quad(327, 86, 367, 99, "著作权人"),
        quad(50, 104.4, 150, 115.1, "城市内涝检测方法"), quad(179, 103.6, 218, 116, "发明专利"),
        quad(237, 104.2, 320, 115.7, "ZL202210259315.X"), quad(327, 104, 428, 115.5, owner),
        quad(50, 118.3, 150, 130.6, "智能客服问答方法"), quad(179, 119, 218, 130.2, "发明专利"),
        quad(237, 119.1, 320, 130.3, "ZL202210795438.9"), quad(327, 118.8, 428, 130, owner),
        quad(51, 137, 151, 146.3, "工程图纸巡检方法"), quad(179, 135.9, 218, 147.9, "发明专利"),
        quad(237, 136.2, 320, 147.5, "ZL202210315960.7"), quad(327, 136.9, 428, 147.9, owner),
        quad(50, 150.4, 150, 161.5, "海上风电叶片方法"), quad(179, 151, 218, 162, "发明专利"),
        quad(237, 152.6, 320, 162.6, "ZL202210210000.6"), quad(327, 151.8, 428, 162.4, owner),
        quad(50, 168.5, 150, 180.1, "港口堆场调度方法"), quad(179, 167.5, 218, 179.6, "发明专利"),
        quad(237, 168.3, 320, 178.9, "ZL202210311111.9"), quad(327, 168, 428, 179.2, owner),
    ]  # fmt: skip
    assert len(rows_of(read(lines)["ip_rights"])) == 5


def test_cells_set_midway_between_two_lines_belong_to_both() -> None:
    lines = [
        quad(45, 70, 112, 80, "知识产权情况："), quad(49, 86, 72, 99, "名称"), quad(165, 86, 188, 99, "类型"),
        quad(281, 86, 313, 99, "登记号"), quad(399, 86, 439, 99, "著作权人"),
        quad(53.9, 100.5, 152, 113.8, "港口堆场调度辅助诊断"), quad(402.4, 100.6, 500.6, 112.3, "漳州示例译码机器人有"),
        quad(77, 112.2, 128.5, 127.5, "方法及装置"), quad(429.3, 113.4, 473.7, 126.2, "限公司"),
        quad(198.5, 106.4, 239, 119.6, "发明专利"), quad(295, 108.3, 374.6, 119.3, "ZL202210157575.4"),
    ]  # fmt: skip
    (row,) = rows_of(read(lines)["ip_rights"])
    assert row[0] == "港口堆场调度辅助诊断方法及装置"
    assert row[2:] == ["ZL202210157575.4", "漳州示例译码机器人有限公司"]


def test_all_rows_together_tell_to_which_the_lines_between_them_belong() -> None:
    lines = [
        quad(45, 170, 131, 182, "推广应用情况"), quad(90, 190, 113, 204, "序号"), quad(199, 192, 238, 203, "用户名称"),
        quad(315, 191, 355, 203, "合同时间"), quad(431, 191, 471, 201, "合同金额"),
        quad(98, 204.1, 110, 218, "1"), quad(161, 204.7, 266, 216, "示例骏驰（福建）物联网"),
        quad(310, 204.7, 360, 216, "2022-10-26"), quad(425, 204.9, 452, 217.1, "255.59"),
        quad(162, 219.4, 239, 230, "技术集团有限公司"),
        quad(99, 230.5, 108, 243.3, "2"), quad(162, 230.6, 266, 242.1, "福建样例机器人股份有限"),
        quad(310, 230.6, 360, 242.1, "2022-10-25"), quad(425, 231, 452, 241.8, "404.39"),
        quad(161, 242.7, 184, 255.8, "公司"),
    ]  # fmt: skip
    names = [str(row[0]) for row in rows_of(read(lines)["customers"])]
    assert names == ["示例骏驰（福建）物联网技术集团有限公司", "福建样例机器人股份有限公司"]


def test_a_heading_nearly_a_line_below_a_value_is_no_part_of_it() -> None:
    found = read(
        [
            at(50, 50, "员工总数"), at(200, 50, "研发人员"), at(50, 63, "960人"), at(200, 63, "9人"),
            at(50, 82.5, "经营情况"), at(50, 100, "总资产（万元）：500"),
        ]
    )  # fmt: skip
    assert found["employees"].value == 960


def test_a_row_of_which_two_cells_were_read_as_one_ends_no_list_and_these_are_doubtful() -> None:
    labels = ("序号", "服务商名称", "合同号", "采购金额（万元）", "开票金额（万元）", "服务期限")
    ends = ((60, 80), (85, 145), (211, 244), (303, 375), (380, 452), (460, 500))
    lines = [box(60, 120, 50, "采购明细："), *(box(*x, 70, text) for x, text in zip(ends, labels, strict=True))]
    for row, top in enumerate((90, 120, 150), 1):
        lines += [box(60, 65, top, str(row)), box(303, 335, top, f"24{row}.57"), box(380, 412, top, f"23{row}.50")]
        lines.append(box(460, 565, top, f"2023-01-0{row}~2023-07-05"))
        if row == 2:
            lines += [box(85, 287, top, "示例软件股份有限公司样例算采二〇二三"), box(211, 231, top + 12, "77号")]
        else:
            lines += [box(85, 185, top, "示例软件股份有限公司"), box(211, 261, top, f"HT2023016{row}")]
    bounds = [[cell.evidence.bounds for cell in row.values()] for row in read(lines)["compute_contracts"].rows]
    assert [row.count(Bounds.AMISS) for row in bounds] == [0, 2, 0]


@pytest.mark.parametrize(("second_line", "doubtful"), [(98, 0), (100.4, 1), (101.8, 1), (104, 0)])
def test_a_line_about_midway_between_two_rows_makes_the_cells_of_both_doubtful(
    second_line: float, doubtful: int
) -> None:
    found = read(
        [
            box(60, 150, 50, "推广应用情况："),
            *(box(60, 100, 70, "合同时间"), box(227, 307, 70, "合同金额（万元）"), box(440, 480, 70, "用户单位")),
            *(box(60, 120, 90, "2022-09-01"), box(227, 257, 90, "128.50"), box(440, 500, 90, "示例港务集团")),
            box(440, 480, second_line, "有限公司"),
            *(box(60, 120, 110, "2022-10-01"), box(227, 257, 110, "64.20"), box(440, 520, 110, "示例渔业有限公司")),
        ]
    )
    bounds = [[cell.evidence.bounds for cell in row.values()] for row in found["customers"].rows]
    assert [row.count(Bounds.AMISS) for row in bounds] == [doubtful] * 2
    assert [row.count(Bounds.RECKONED) for row in bounds] == [3 - doubtful] * 2


@pytest.mark.parametrize("line", ["主营业务：示例软硬件研发与销售", "注：所列事项应附证明", "（说明：可另附页）"])
def test_what_stands_below_a_list_with_a_label_of_its_own_is_no_part_of_its_last_row(line: str) -> None:
    rows = [("示例港务集团有限公司", "128.50", "2022-09-01"), ("示例渔业有限公司", "64.20", "2022-10-01")]
    header = ("用户单位", "合同金额（万元）", "应用时间")
    lines = [at(50, 50, "推广应用情况：")]
    for top, row in zip((66, 82, 98), (header, *rows), strict=True):
        lines += [at(x, top, text) for x, text in zip((50, 250, 400), row, strict=True)]
    assert [row[0] for row in rows_of(read([*lines, at(50, 114, line)])["customers"])] == [row[0] for row in rows]
