"""How sure it is where a recognised text ends: from the geometry that found it to the value and its confidence."""

from dataclasses import replace
from itertools import zip_longest

import pytest
from paper import by_name, pages, paper, programme, table

from extractors.form import extract
from extractors.grid import Ruling, tables_from_rulings
from extractors.lines import cut
from pipeline.confidence import judged, model
from pipeline.model import BBox, Bounds, Document, FieldValue, Line, Method, Page, Row, Table

CLEAR = 3.0
HEADER = ("用户单位", "合同金额（万元）", "合同时间")
ROW = ("示例港务集团有限公司", "128.50", "2022-09-01")


def box(x0: float, x1: float, top: float, text: str) -> Line:
    return Line(text, BBox(x0, top, x1, top + 10), 0.99)


def claims(*blocks: str | Line | Table) -> dict[str, list[FieldValue]]:
    return by_name(extract(paper(*blocks, method=Method.OCR, number=1), programme()))


def customers(*blocks: str | Line | Table) -> Row:
    (claim,) = claims(*blocks)["customers"]
    assert isinstance(claim.value, tuple)
    (row,) = claim.value
    assert not isinstance(row, str)
    return row


def bounds_of(row: Row) -> list[Bounds]:
    return [cell.evidence.bounds for cell in row.values()]


TITLE = box(60, 150, 50, "推广应用情况：")
HEAD = [box(60, 100, 70, HEADER[0]), box(227, 307, 70, HEADER[1]), box(340, 380, 70, HEADER[2])]


def test_a_cell_between_rules_and_a_value_behind_its_label_are_seen() -> None:
    assert bounds_of(customers("推广应用情况：", table(HEADER, ROW))) == [Bounds.SEEN] * 3
    assert claims("联系人：林示例")["contact_name"][0].evidence.bounds is Bounds.SEEN


def test_a_column_without_rules_is_reckoned() -> None:
    cells = [box(60, 160, 90, ROW[0]), box(227, 257, 90, ROW[1]), box(340, 390, 90, ROW[2])]
    assert bounds_of(customers(TITLE, *HEAD, *cells)) == [Bounds.RECKONED] * 3


@pytest.mark.parametrize(("said", "bounds"), [("楼", Bounds.AMISS), ("示例路1号", Bounds.SEEN)])
def test_what_is_left_of_an_address_is_amiss(said: str, bounds: Bounds) -> None:
    assert claims(f"注册地址：{said}")["registered_address"][0].evidence.bounds is bounds


def test_what_was_read_across_columns_is_reckoned() -> None:
    cells = [box(60, 257, 90, f"{ROW[0]} {ROW[1]}"), box(340, 390, 90, ROW[2])]
    row = customers(TITLE, *HEAD, *cells)
    assert bounds_of(row) == [Bounds.RECKONED] * 3
    assert [cell.raw for cell in row.values()] == list(ROW)


def test_lines_beside_a_label_at_their_half_height_are_reckoned() -> None:
    found = claims(
        box(100, 220, 100, "□算力服务补助 □软件优"),
        box(20, 70, 107, "申报方向："),
        box(100, 210, 114, "质产品 ☑硬件优质产品"),
    )
    assert found["direction"][0].value == "hardware"
    assert found["direction"][0].evidence.bounds is Bounds.RECKONED


def test_columns_between_level_rules_are_reckoned() -> None:
    rules = [Ruling(y, 50.0, 400.0) for y in (65.0, 85.0, 105.0, 125.0)]
    cells = [box(60, 160, 90, ROW[0]), box(227, 257, 90, ROW[1]), box(340, 390, 90, ROW[2])]
    (found,), _ = tables_from_rulings(rules, [], [*HEAD, *cells])
    assert {line.bounds for cell in found.cells for line in cell.lines} == {Bounds.RECKONED}


def test_where_a_line_that_crosses_a_rule_is_cut_is_reckoned() -> None:
    assert [part.bounds for part in cut(box(0, 100, 0, "示例公司 林示例"), [60.0])] == [
        Bounds.RECKONED,
        Bounds.RECKONED,
    ]
    assert [part.bounds for part in cut(box(0, 100, 0, "示例公司"), [])] == [Bounds.SEEN]


def test_a_rule_between_the_characters_of_a_word_may_be_none() -> None:
    for text, bounds in (("福建省平潭综合实验区", Bounds.AMISS), ("注册资本5000万元", Bounds.RECKONED)):
        (left, right) = cut(box(0, 100, 0, text), [50.0])
        assert (left.bounds, right.bounds) == (bounds, bounds)


def test_a_value_of_several_lines_is_as_sure_as_the_least_sure_of_them() -> None:
    lines = (Line("福建示例信息", None, 0.99), Line("技术有限公司", None, 0.99, Bounds.RECKONED))
    document = pages([table(["申报单位", ""])], method=Method.OCR)
    (label, place) = document.pages[0].tables[0].cells
    filled = replace(document.pages[0], blocks=(Table((label, replace(place, lines=lines))),))
    (claim,) = extract(replace(document, pages=(filled,)), programme())
    assert (claim.value, claim.evidence.bounds) == ("福建示例信息技术有限公司", Bounds.RECKONED)


@pytest.mark.parametrize("amount", ["", "示例"])
def test_a_cell_that_is_empty_or_reads_as_nothing_makes_its_table_amiss(amount: str) -> None:
    first = [box(60, 160, 90, ROW[0]), box(227, 257, 90, ROW[1]), box(340, 390, 90, ROW[2])]
    second = [box(60, 160, 110, ROW[0]), box(340, 390, 110, ROW[2]), *([box(227, 257, 110, amount)] if amount else [])]
    (claim,) = claims(TITLE, *HEAD, *first, *second)["customers"]
    assert isinstance(claim.value, tuple)
    assert {bounds for row in claim.value if not isinstance(row, str) for bounds in bounds_of(row)} == {Bounds.AMISS}


def test_a_row_whose_cells_all_have_two_lines_may_be_two_rows() -> None:
    first = [box(60, 160, 90, ROW[0]), box(227, 257, 90, "2022SR01"), box(340, 390, 90, ROW[2])]
    second = [box(60, 160, 101, ROW[0]), box(227, 257, 101, "2022SR02"), box(340, 390, 101, ROW[2])]
    head = [box(60, 110, 70, "知识产权名称"), box(227, 257, 70, "登记号"), box(340, 390, 70, "权利人")]
    for lower, bounds in ((second, Bounds.AMISS), (second[:2], Bounds.RECKONED)):
        merged = table([(line.text, 1, 1) for line in head], ["\n".join(pair) for pair in _pairs(first, lower)])
        cells = tuple(
            replace(cell, lines=tuple(replace(line, bounds=Bounds.RECKONED) for line in cell.lines))
            for cell in merged.cells
        )
        (claim,) = claims("知识产权清单：", Table(cells))["ip_rights"]
        assert isinstance(claim.value, tuple)
        assert {each for row in claim.value if not isinstance(row, str) for each in bounds_of(row)} == {bounds}


def _pairs(first: list[Line], second: list[Line]) -> list[tuple[str, ...]]:
    return [tuple(line.text for line in each if line) for each in zip_longest(first, second)]


def test_what_the_applicant_left_out_is_not_amiss() -> None:
    cells = [box(60, 160, 90, ROW[0]), box(227, 257, 90, "—"), box(340, 390, 90, ROW[2])]
    assert bounds_of(customers(TITLE, *HEAD, *cells)) == [Bounds.RECKONED] * 3


def test_between_rules_nothing_is_amiss() -> None:
    assert bounds_of(customers("推广应用情况：", table(HEADER, (ROW[0], "示例", "")))) == [Bounds.SEEN] * 3


def test_what_is_amiss_is_for_people() -> None:
    spec = next(spec for spec in programme().fields if spec.name == "customers").columns[0]
    (claim,) = claims("联系人：林示例")["contact_name"]
    amiss, seen = (
        judged(
            spec, replace(claim, evidence=replace(claim.evidence, confidence=0.9999, bounds=bounds)), CLEAR
        ).confidence
        for bounds in (Bounds.AMISS, Bounds.SEEN)
    )
    assert amiss < float(model().review_threshold) <= seen


def test_each_line_of_a_text_keeps_its_own_confidence() -> None:
    said = (
        Line(
            "项目简介：本项目面向制造业，建设智能平台，覆盖研发、生产、检测和运维，服务中小企业的数字化转型，",
            None,
            0.99,
        ),
        Line("营业收入500万元。", None, 0.9),
    )
    page = Page(1, Method.OCR, said, 595, 842)
    (claim,) = extract(Document("a" * 64, "image/png", "test", (page,), 1), programme())
    spec = next(spec for spec in programme().fields if spec.name == "summary")
    assert claim.evidence.lines == (0.99, 0.9)
    first, second = judged(spec, claim, CLEAR).evidence.lines
    assert judged(spec, claim, CLEAR).confidence < second < first < 1


def test_lines_that_are_none_of_the_text_say_nothing() -> None:
    (claim,) = claims("联系人：林示例")["contact_name"]
    spec = next(spec for spec in programme().fields if spec.name == "contact_name")
    odd = replace(claim, evidence=replace(claim.evidence, lines=(0.9, 0.9)))
    assert judged(spec, odd, CLEAR).evidence.lines == ()


@pytest.mark.parametrize(
    ("label", "text", "bounds"),
    [
        ("资产总额", "64,140.000元", Bounds.AMISS),
        ("资产总额", "2.039.200元", Bounds.AMISS),
        ("资产总额（万元）", "23.528", Bounds.AMISS),
        ("资产总额", "23.528亿元", Bounds.SEEN),
        ("净利润（万元）", "- 9282.00", Bounds.AMISS),
        ("净利润（万元）", "二", Bounds.AMISS),
        ("净利润（万元）", "-9282.00", Bounds.SEEN),
        ("项目简介", "本场景覆盖22条产线\n项目负责人职称", Bounds.AMISS),
        ("资产总额", "2,039,200.00元", Bounds.SEEN),
        ("研发机构名称", "示例市级企业技术中示例市级企业技术中心", Bounds.AMISS),
        ("资产总额", "6414.0625万元", Bounds.SEEN),
        ("申报单位", "示例晟视（莆田网络科技集团有限公司", Bounds.AMISS),
        ("申报单位", "示例晟视（莆田)网络科技集团有限公司", Bounds.SEEN),
    ],
)
def test_what_nobody_writes_like_that_is_amiss(label: str, text: str, bounds: Bounds) -> None:
    ((claim,),) = claims(table([label, text])).values()
    assert claim.evidence.bounds is bounds
