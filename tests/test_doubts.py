"""What a recognised value shows of itself that makes it less sure than its characters."""

import pytest
from paper import paper, programme, table

from extractors.doubts import is_doubtful
from extractors.form import extract
from pipeline.model import BBox, Bounds, Cell, Line, Method

HEADER = ("用户单位", "合同金额（万元）", "合同时间")
ROW = ("示例港务集团有限公司", "128.50", "2022-09-01")
OTHER = ("示例渔业有限公司", "64.20", "2022-10-01")
SPECS = {spec.name: spec for spec in programme().fields}


@pytest.mark.parametrize(
    "text",
    [
        "示例港务集团有", "示例港务集团有限", "示例港务股份", "示例港务集团有限公", "限公司",
        "有限公司示例渔业有限公司", "公司", "种示例茶叶分拣方法", "SL-2023-", "-013", "）网络科技", "示例（",
        "设备内置5路千兆网☐ 支持", "发利☑发明专", "示 √例人员",
    ],
)  # fmt: skip
def test_a_part_of_a_name_or_code_is_doubtful(text: str) -> None:
    assert is_doubtful(SPECS["applicant_name"], text)


@pytest.mark.parametrize(
    "text",
    [
        "示例港务集团有限公司",
        "公司云平台",
        "种子示例检测平台",
        "司法数据平台",
        "示例有线电视",
        "SL-2023-013",
        "示例（福建）科技",
        "有限元分析软件",
    ],
)
def test_a_whole_one_is_not(text: str) -> None:
    assert not is_doubtful(SPECS["applicant_name"], text)


def bounds(*rows: tuple[str, ...], method: Method = Method.OCR) -> list[set[Bounds]]:
    content = table(HEADER, *rows, confidence=0.99)
    (claim,) = extract(paper("推广应用情况：", content, method=method, number=1), programme())
    return [{cell.evidence.bounds for cell in row.values()} for row in claim.rows]


def test_rows_of_which_one_was_read_as_two_are_all_in_doubt() -> None:
    broken = (("示例港务集团有", "", ""), ("限公司", *ROW[1:]))
    assert bounds(OTHER, *broken) == [{Bounds.AMISS}] * 3
    assert bounds(OTHER, ROW) == [{Bounds.SEEN}] * 2


def test_a_row_that_says_what_the_one_before_says_puts_all_in_doubt() -> None:
    assert bounds(OTHER, ROW, ROW) == [{Bounds.AMISS}] * 3
    assert bounds(OTHER, ROW, ROW, method=Method.PDF) == [{Bounds.SEEN}] * 3


def placed(text: str, x: float, y: float, rows: int = 1) -> Cell:
    return Cell(1, 1, rows, 1, (Line(text, BBox(x, y, x + 60, y + 10), 0.99),))


@pytest.mark.parametrize(("rows_of_date", "expected"), [(2, Bounds.AMISS), (1, Bounds.SEEN)])
def test_a_cell_parted_in_two_beside_whole_ones_puts_all_in_doubt(rows_of_date: int, expected: Bounds) -> None:
    rows = [
        [placed("示例港务有限公司", 0, 20), placed("64.20", 200, 25, 2), placed("2022-10-01", 300, 25, rows_of_date)],
        [placed("示例渔业有限公司", 0, 40), placed("2022-11-01", 300, 40)][: 3 - rows_of_date],
    ]
    (claim,) = extract(paper("推广应用情况：", table(HEADER, *rows), method=Method.OCR, number=1), programme())
    assert [{cell.evidence.bounds for cell in row.values()} for row in claim.rows] == [{expected}] * 2
