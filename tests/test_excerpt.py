from io import BytesIO

from PIL import Image

from extractors.excerpt import MARK, draw_excerpt
from pipeline.model import Cell, Document, Evidence, Line, Method, Page, Table

MARK_RGB = (0xC6, 0x28, 0x28)


def cell(row: int, column: int, text: str, columns: int = 1, tables: tuple[Table, ...] = ()) -> Cell:
    return Cell(row, column, 1, columns, tuple(Line(part) for part in text.split("\n")), tables=tables)


def document(*blocks: Table | Line) -> Document:
    return Document("sha", "type", "reader", (Page(None, Method.DOCX, blocks),), 1)


def evidence(quote: str, place: str = "表1") -> Evidence:
    return Evidence("sha", Method.DOCX, None, place, None, quote, 1.0)


def marked_box(png: bytes) -> tuple[int, int, int, int]:
    image = Image.open(BytesIO(png)).convert("RGB")
    marked = Image.new("1", image.size)
    marked.putdata([pixel == MARK_RGB for pixel in image.get_flattened_data()])
    box = marked.getbbox()
    assert box is not None
    return box


FORM = Table(
    (
        cell(1, 1, "申报单位"),
        cell(1, 2, "示例智算科技有限公司", columns=3),
        cell(2, 1, "统一社会\n信用代码"),
        cell(2, 2, "91350100MA\n0000000X"),
        cell(2, 3, "企业类型"),
        cell(2, 4, "☑工业企业 ☐其他"),
    )
)


def test_the_cell_that_holds_the_quote_is_outlined() -> None:
    png = draw_excerpt(document(FORM), evidence("91350100MA0000000X"))
    assert png is not None
    left, top, right, bottom = marked_box(png)
    width, height = Image.open(BytesIO(png)).size
    assert 0.1 < left / width < right / width < 0.75  # the second column of four
    assert top > height / 4  # the second row
    assert bottom < height


def test_the_innermost_table_is_the_place() -> None:
    inner = Table((cell(1, 1, "合同编号"), cell(2, 1, "HT-2023-001")))
    outer = Table((cell(1, 1, "采购明细"), cell(1, 2, "", tables=(inner,))))
    drawn = draw_excerpt(document(outer), evidence("HT-2023-001"))
    assert drawn == draw_excerpt(document(inner), evidence("HT-2023-001"))


def test_of_several_cells_that_hold_the_quote_the_place_tells_which() -> None:
    figures = Table((cell(1, 1, "电话"), cell(1, 2, "0591-80001234"), cell(2, 1, "总额"), cell(2, 2, "8000")))
    told = draw_excerpt(document(figures), evidence("8000", "表1第2行第2列"))
    assert told == draw_excerpt(document(figures), evidence("8000", "2第2行第2列"))
    assert told != draw_excerpt(document(figures), evidence("8000", "表1第1行第2列"))


def test_a_line_stands_with_its_neighbours() -> None:
    png = draw_excerpt(document(Line("一"), Line("营业收入：86.4万元"), Line("三"), Line("四")), evidence("86.4"))
    assert png is not None
    assert 3 * 21 <= Image.open(BytesIO(png)).height < 4 * 21 + 16


def test_nothing_is_drawn_for_words_that_stand_nowhere() -> None:
    assert draw_excerpt(document(FORM), evidence("没有这句话")) is None
    assert draw_excerpt(document(FORM), evidence("")) is None


def test_the_same_place_gives_the_same_bytes() -> None:
    assert draw_excerpt(document(FORM), evidence("工业企业")) == draw_excerpt(document(FORM), evidence("工业企业"))
    assert MARK == "#c62828"
