"""Extraction sees pages that lie askew upright and straight; evidence cites them as they are stored."""

import numpy as np
import pytest

from extractors.form import extract
from extractors.page_image import read_viewed
from extractors.turned import as_stored, projected, unprojected, upright
from pipeline.model import BBox, Cell, Document, Evidence, FieldValue, Line, Method, Page, Table, View
from pipeline.programme import load_programme

WIDTH, HEIGHT = 600.0, 800.0
BOX = BBox(100, 50, 220, 70)


VIEWS = {
    "turned by 90": View(HEIGHT, WIDTH, (0, -1, WIDTH, 1, 0, 0, 0, 0, 1)),
    "turned by 180": View(WIDTH, HEIGHT, (-1, 0, WIDTH, 0, -1, HEIGHT, 0, 0, 1)),
    "turned by 270": View(HEIGHT, WIDTH, (0, 1, 0, -1, 0, HEIGHT, 0, 0, 1)),
    "skewed by 3 degrees": View(WIDTH, HEIGHT, (0.9986, -0.0523, 10, 0.0523, 0.9986, -20, 0, 0, 1)),
    "photographed": View(500.0, 700.0, (1.05, 0.04, 30, -0.06, 1.08, 60, 4e-5, -6e-5, 1)),
}


def page(view: View | None, *blocks: Line | Table) -> Page:
    return Page(1, Method.OCR, blocks, WIDTH, HEIGHT, view=view)


def document(*pages: Page) -> Document:
    return Document("sha", "image/png", "image", pages, len(pages))


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_box_goes_there_and_back(view: View) -> None:
    stored = document(page(view, Table((Cell(1, 1, 1, 1, (Line("示例", BOX),), BOX),), BOX), Line("示例", BOX)))
    table, line = upright(stored).pages[0].blocks
    assert isinstance(table, Table)
    assert isinstance(line, Line)
    assert table.bbox == table.cells[0].bbox == table.cells[0].lines[0].bbox == line.bbox != BOX
    claim = FieldValue("city", "示例", "示例", Evidence("sha", Method.OCR, 1, "", line.bbox, "示例", 0.9))
    pages = {("sha", number): stored.pages[0] for number in (1,)}
    assert sides(as_stored(claim, pages).evidence.bbox) == pytest.approx(sides(BOX))
    rows = FieldValue("customers", None, ({"amount": claim},), claim.evidence)
    (row,) = as_stored(rows, pages).value  # type: ignore[misc, union-attr]
    assert sides(row["amount"].evidence.bbox) == pytest.approx(sides(BOX))  # type: ignore[index, union-attr]


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_long_line_is_as_low_in_its_view_as_the_text(view: View) -> None:
    matrix = np.reshape(view.to_stored, (3, 3))
    line = BBox(80, 300, 420, 312)
    assert sides(unprojected(projected(line, matrix), matrix)) == pytest.approx(sides(line), abs=0.01)


def sides(box: BBox | None) -> tuple[float, float, float, float]:
    assert box is not None
    return box.x0, box.top, box.x1, box.bottom


def test_an_upright_document_is_left_alone() -> None:
    straight = document(page(None, Line("示例", BOX)))
    assert upright(straight) is straight


def test_a_form_upside_down_is_read_in_its_own_order() -> None:
    """The second line of the name stands above the first on the page as stored."""
    lines = [("申报单位：示例深度学习与工业视觉", 100), ("检测技术研究有限责任公司", 120), ("所在设区市：泉州市", 150)]
    blocks = [Line(text, BBox(WIDTH - 350, HEIGHT - top - 14, WIDTH - 80, HEIGHT - top)) for text, top in lines]
    claims = {
        claim.name: claim
        for claim in extract(document(page(VIEWS["turned by 180"], *blocks)), load_programme("fujian-ai-2024"))
    }
    assert claims["applicant_name"].value == "示例深度学习与工业视觉检测技术研究有限责任公司"
    assert claims["city"].value == "泉州市"
    box = claims["city"].evidence.bbox
    assert box is not None
    assert box.top >= HEIGHT - 150 - 15


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_the_reader_tells_how_the_page_lies(quarters: int) -> None:
    from drawn import DPI, sheet, write

    image, draw = sheet(420, 300)
    for row in range(6):
        write(draw, 20, 20 + 40 * row, "统一社会信用代码与申报单位名称")
    blocks, view = read_viewed(np.ascontiguousarray(np.rot90(np.asarray(image), quarters)), DPI)
    assert (view is None) == (quarters == 0)
    stored = document(
        Page(1, Method.OCR, blocks, 300 if quarters % 2 else 420, 420 if quarters % 2 else 300, view=view)
    )
    lines = [block for block in upright(stored).pages[0].blocks if isinstance(block, Line)]
    assert [line.bbox.top // 40 for line in lines if line.bbox] == [0, 1, 2, 3, 4, 5]
    assert all(line.bbox and line.bbox.x0 < 30 and line.bbox.x1 > 150 for line in lines)
