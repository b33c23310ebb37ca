"""Extraction sees turned pages upright; evidence cites them as they are stored."""

import numpy as np
import pytest

from extractors.form import extract
from extractors.page_image import read_turned
from extractors.turned import as_stored, upright
from pipeline.model import BBox, Cell, Document, Evidence, FieldValue, Line, Method, Page, Table
from pipeline.programme import load_programme

WIDTH, HEIGHT = 600.0, 800.0
BOX = BBox(100, 50, 220, 70)


def page(turn: int, *blocks: Line | Table) -> Page:
    return Page(1, Method.OCR, blocks, WIDTH, HEIGHT, turn=turn)


def document(*pages: Page) -> Document:
    return Document("sha", "image/png", "image", pages, len(pages))


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_box_goes_there_and_back(turn: int) -> None:
    stored = document(page(turn, Table((Cell(1, 1, 1, 1, (Line("示例", BOX),), BOX),), BOX), Line("示例", BOX)))
    table, line = upright(stored).pages[0].blocks
    assert isinstance(table, Table)
    assert isinstance(line, Line)
    assert table.bbox == table.cells[0].bbox == table.cells[0].lines[0].bbox == line.bbox != BOX
    claim = FieldValue("city", "示例", "示例", Evidence("sha", Method.OCR, 1, "", line.bbox, "示例", 0.9))
    pages = {("sha", number): stored.pages[0] for number in (1,)}
    assert as_stored(claim, pages).evidence.bbox == BOX
    rows = FieldValue("customers", None, ({"amount": claim},), claim.evidence)
    (row,) = as_stored(rows, pages).value  # type: ignore[misc, union-attr]
    assert row["amount"].evidence.bbox == BOX  # type: ignore[index, union-attr]


def test_an_upright_document_is_left_alone() -> None:
    straight = document(page(0, Line("示例", BOX)))
    assert upright(straight) is straight


def test_a_form_upside_down_is_read_in_its_own_order() -> None:
    """The second line of the name stands above the first on the page as stored."""
    lines = [("申报单位：示例深度学习与工业视觉", 100), ("检测技术研究有限责任公司", 120), ("所在设区市：泉州市", 150)]
    blocks = [Line(text, BBox(WIDTH - 350, HEIGHT - top - 14, WIDTH - 80, HEIGHT - top)) for text, top in lines]
    claims = {claim.name: claim for claim in extract(document(page(180, *blocks)), load_programme("fujian-ai-2024"))}
    assert claims["applicant_name"].value == "示例深度学习与工业视觉检测技术研究有限责任公司"
    assert claims["city"].value == "泉州市"
    box = claims["city"].evidence.bbox
    assert box is not None
    assert box.top >= HEIGHT - 150 - 15


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_the_reader_tells_the_turn(quarters: int) -> None:
    from drawn import DPI, sheet, write

    image, draw = sheet(420, 300)
    for row in range(6):
        write(draw, 20, 20 + 40 * row, "统一社会信用代码与申报单位名称")
    blocks, turn = read_turned(np.ascontiguousarray(np.rot90(np.asarray(image), quarters)), DPI)
    assert turn == -90 * quarters % 360
    assert isinstance(blocks[0], Line)
