"""Layouts that lead a reader astray: labels of other forms, other years, seals, lost rules, a frame beside a list."""

from decimal import Decimal

import pytest
from paper import by_name, pages, paper, programme, table

from extractors.form import extract
from extractors.labels import labels_of, other_label
from pipeline.model import BBox, Cell, Document, FieldValue, Line, Method, Page, Table

LABELS = labels_of(programme().fields)


def read(*blocks: str | Line | Table, method: Method = Method.DOCX) -> dict[str, list[FieldValue]]:
    return by_name(extract(paper(*blocks, method=method), programme()))


def value(*blocks: str | Line | Table, name: str, method: Method = Method.DOCX) -> object:
    claims = read(*blocks, method=method).get(name, [])
    assert len(claims) <= 1
    return claims[0].value if claims else None


@pytest.mark.parametrize("text", ["上缴税金（万元）", "2022年营业收入", "2021年净利润", "主营业务：", "企业规模"])
def test_labels_that_the_form_does_not_ask_for(text: str) -> None:
    assert other_label(text)


@pytest.mark.parametrize("text", ["5000（万元）", "伍仟（万元）", "2022年3月", "示例有限公司", "☑是 □否"])
def test_values_are_no_labels(text: str) -> None:
    assert not other_label(text)


def test_an_unknown_label_beside_a_label_is_not_its_value() -> None:
    grid = table(
        ["是否被列入企业经营异常名录或失信企业名单", "2022年营业收入（万元）", "纳税信用等级"],
        ["□是 ☑否", "5123.40", "甲级"],
        ["有无涉黑涉恶违法行为", "纳税信用等级", "资产总额（万元）"],
        ["□有 ☑无", "甲级", "120"],
    )
    assert value(grid, name="listed_dishonest") == "no"
    assert value(grid, name="illegal_acts") == "no"
    assert value(grid, name="total_assets") == Decimal("1200000.00")
    assert value(grid, name="revenue") is None


def test_an_empty_box_over_a_box_with_a_label_of_its_own() -> None:
    grid = table(
        ["21 研发费用（万元）", "22 研发投入占营业收入比例"],
        ["24 人工智能软件业务收入占比\n90.00%", "25 有无涉黑涉恶违法行为\n（无）"],
    )
    assert value(grid, name="ai_revenue_ratio") == Decimal("0.9")
    assert value(grid, name="illegal_acts") == "no"
    assert value(grid, name="rd_expense") is None
    assert value(grid, name="rd_ratio") is None


def test_another_year_is_no_slip_of_a_recogniser() -> None:
    assert LABELS.match("2022年营业收入（万元）：5123.40", ocr=True) is None
    assert LABELS.match("2023年营业收人（万元）：5123.40", ocr=True) is not None


def test_the_unit_and_colon_of_a_label_on_the_next_line() -> None:
    assert value(table(["研发投入占营业收入比例\n（%）：8.00", "资产负债率：41.5%"]), name="rd_ratio") == Decimal(
        "0.0800"
    )


def test_a_label_that_a_cell_breaks_before_its_colon() -> None:
    cell = table(["是否列入经营异常名录或失信\n名单：□是 ☑否", "资产负债率：41.5%"])
    assert value(cell, name="listed_dishonest") == "no"


def test_an_empty_pair_of_brackets_marks_nothing() -> None:
    for method in (Method.DOCX, Method.OCR):
        assert value("模型类型：（）通用模型", name="model_kind", method=method) is None
    assert value("模型类型：（）通用模型 (√)专用模型", name="model_kind") == "specialised"


def test_an_area_code_in_brackets_is_part_of_the_number() -> None:
    assert value("手机号码\t（0593）80002286", name="contact_phone") == "0593-80002286"
    assert value(table(["联系电话（0593）80002286"]), name="contact_phone") == "0593-80002286"


@pytest.mark.parametrize("seal", ["（单位公章）", "（申报单位盖章）", "（签字）", "（公章）"])
def test_a_seal_is_no_value(seal: str) -> None:
    found = read("法定代表人：例甲", f"法定代表人（签字）：　　　　{seal}")
    assert [claim.value for claim in found["legal_representative"]] == ["例甲"]


def test_a_label_over_a_list_in_its_own_cell_is_not_followed_by_the_next_label() -> None:
    inner = table(["成员单位名称", "角色"], ["示例医院", "应用方"])
    cells = (
        Cell(1, 1, 1, 1, (Line("协作单位："),), tables=(inner,)),
        Cell(2, 1, 1, 1, (Line("项目简介（300字以内）："), Line("示例场景已在多家示例医院上线运行。"))),
    )
    assert value(Table(cells), name="summary") == "示例场景已在多家示例医院上线运行。"


def placed(rows: list[list[tuple[float, float, str]]], top: float) -> Table:
    cells = [
        Cell(r, c, 1, 1, (Line(text, BBox(x0 + 1, top + 20 * r, x0 + 9, top + 20 * r + 10)),) if text else (),
             BBox(x0, top + 20 * r - 5, x1, top + 20 * r + 15))
        for r, row in enumerate(rows, 1)
        for c, (x0, x1, text) in enumerate(row, 1)
    ]  # fmt: skip
    last = max(cell.bbox.bottom for cell in cells if cell.bbox)
    return Table(tuple(cells), BBox(60, top, 500, last))


def test_a_frame_beside_a_list_that_runs_over_a_page_break() -> None:
    def row(*texts: str) -> list[tuple[float, float, str]]:
        return [(60, 65, ""), *zip((65, 200, 350), (200, 350, 500), texts, strict=True)]

    first = placed([row("用户单位", "合同金额（万元）", "应用时间"), row("示例港务集团", "128.5", "2022年9月1日")], 700)
    second = placed([row("样例银行", "96", "2023年3月2日")], 40)
    pages = (
        Page(1, Method.PDF, (Line("推广应用情况：", BBox(60, 690, 130, 700)), first), 595, 842),
        Page(2, Method.PDF, (second,), 595, 842),
    )
    (claim,) = extract(Document("0" * 64, "application/pdf", "test", pages, 2), programme())
    assert isinstance(claim.value, tuple)
    assert [row["customer_name"].value for row in claim.value if not isinstance(row, str)] == [
        "示例港务集团",
        "样例银行",
    ]


def at(x: float, top: float, text: str) -> Line:
    return Line(text, BBox(x, top, x + sum(10.0 if ord(c) > 0x2E80 else 5.0 for c in text), top + 10), 0.99)


def test_a_list_whose_inner_rules_a_scan_has_lost() -> None:
    label = Cell(1, 1, 1, 1, (at(60, 50, "注册地址：福建省泉州市示例路1号"),), BBox(50, 40, 550, 65))
    header = Cell(2, 1, 1, 1, (at(60, 80, "用户单位"), at(250, 80, "合同金额（万元）"), at(420, 80, "应用时间")))
    first = Cell(3, 1, 1, 1, (at(60, 100, "示例港务集团"), at(250, 100, "128.5"), at(420, 100, "2022年9月1日")))
    second = Cell(4, 1, 1, 1, (at(60, 120, "样例银行"), at(250, 120, "96"), at(420, 120, "2023年3月2日")))
    grid = Table((label, header, first, second), BBox(50, 40, 550, 140))
    page = Page(1, Method.OCR, (grid,), 595, 842)
    found = by_name(extract(Document("0" * 64, "image/png", "test", (page,), 1), programme()))
    assert found["registered_address"][0].value == "福建省泉州市示例路1号"
    rows = found["customers"][0].value
    assert isinstance(rows, tuple)
    assert [str(row["amount"].value) for row in rows if not isinstance(row, str)] == ["1285000.00", "960000.00"]


def test_a_figure_at_the_foot_of_a_page_is_no_page_number() -> None:
    lines = (at(60, 700, "联系人"), at(250, 700, "注册资本（万元）"), at(60, 716, "例甲"), at(250, 716, "500"))
    page = Page(1, Method.PDF, (*lines, at(290, 810, "1")), 595, 842)
    found = by_name(extract(Document("0" * 64, "application/pdf", "test", (page,), 1), programme()))
    assert [str(claim.value) for claim in found["registered_capital"]] == ["5000000.00"]
    assert [claim.value for claim in found["contact_name"]] == ["例甲"]


def test_a_row_of_labels_that_a_page_break_cut_has_its_values_overleaf() -> None:
    first = table(["联系人", "联系电话"], ["样某甲", "13900000001"], ["营业收入（万元）", "净利润（万元）"])
    second = table(["", ""], ["1200.50", "86.40"])
    document = pages((first,), (second,))
    claims = by_name(extract(document, programme()))
    assert claims["revenue"][0].value == Decimal("12005000.00")
    assert claims["net_profit"][0].value == Decimal("864000.00")


CUT = "示例臻选（龙岩）食"  # as much as fits into a cell of 100 points


def boxed(top: float, *rows: tuple[str, ...]) -> Table:
    """A table of 300 points in equal columns, a line a cell."""
    width = 300 / len(rows[0])
    cells = [
        Cell(
            row,
            column,
            1,
            1,
            (at(150 - width + width * column, top + 20 * row, text),) if text else (),
            BBox(150 - width + width * column, top + 20 * row, 150 + width * column, top + 20 * row + 20),
        )
        for row, texts in enumerate(rows, 1)
        for column, text in enumerate(texts, 1)
    ]
    return Table(tuple(cells), BBox(150, top + 20, 450, top + 20 + 20 * len(rows)))


@pytest.mark.parametrize(
    ("last", "overleaf", "customers"),
    [
        ((CUT, "128.5", "2022年9月1日"), ("品有限公司", "", ""), ["示例臻选（龙岩）食品有限公司"]),
        # A cell that is not full to its end has nothing overleaf, nor has one beside a blank cell.
        (("示例公司", "128.5", "2022年9月1日"), ("样例银行", "", ""), ["示例公司", "样例银行"]),
        ((CUT, "", "2022年9月1日"), ("品有限公司", "", ""), [CUT, "品有限公司"]),
        ((CUT, "128.5", "2022年9月1日"), ("样例银行", "96", ""), [CUT, "样例银行"]),
        # What a false rule parts overleaf is the rest of one cell.
        ((CUT, "128.5", "2022年9月1日"), ("品有限", "公司", "", "", "", ""), ["示例臻选（龙岩）食品有限公司"]),
    ],
)
def test_a_row_that_a_page_break_cut_is_one(
    last: tuple[str, ...], overleaf: tuple[str, ...], customers: list[str]
) -> None:
    first = boxed(640, ("用户单位", "合同金额（万元）", "应用时间"), last)
    pages = (
        Page(1, Method.PDF, (Line("推广应用情况：", BBox(60, 630, 130, 640)), first), 595, 842),
        Page(2, Method.PDF, (boxed(40, overleaf),), 595, 842),
    )
    (claim,) = extract(Document("0" * 64, "application/pdf", "test", pages, 2), programme())
    assert isinstance(claim.value, tuple)
    assert [row["customer_name"].value for row in claim.value if not isinstance(row, str)] == customers


MORE = [
    ("示例乙", "128.5", "2022年9月1日"),
    ("示例丙", "96", "2022年9月1日"),
]  # two cells of three as in the row before


@pytest.mark.parametrize("overleaf", [MORE, [("用户单位", "合同金额(万元）", "应用时间"), *MORE]])
def test_a_first_row_overleaf_that_is_like_one_before_is_left_out_only_if_it_is_the_header(
    overleaf: list[tuple[str, ...]],
) -> None:
    first = boxed(640, ("用户单位", "合同金额（万元）", "应用时间"), ("示例甲", "128.5", "2022年9月1日"))
    pages = (
        Page(1, Method.PDF, (Line("推广应用情况：", BBox(60, 630, 130, 640)), first), 595, 842),
        Page(2, Method.PDF, (boxed(40, *overleaf),), 595, 842),
    )
    (claim,) = extract(Document("0" * 64, "application/pdf", "test", pages, 2), programme())
    assert isinstance(claim.value, tuple)
    names = [row["customer_name"].value for row in claim.value if not isinstance(row, str)]
    assert names == ["示例甲", "示例乙", "示例丙"]
