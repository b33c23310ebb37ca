"""PDFs drawn by the tests themselves, read whole."""

import gc
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pikepdf
import pytest
from pdfminer.layout import LTChar
from pdfminer.pdfpage import PDFPage
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib import colors
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from extractors import read_pdf
from extractors.pdf_content import PageContent
from extractors.pdf_glyphs import repaired
from extractors.pdf_text import is_sound
from extractors.read_pdf import VERSION, read
from pipeline.model import BBox, Document, Line, Method, Page, Table

A4 = (595.0, 842.0)
FONT = "STSong-Light"
pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def pdf(draw: Callable[[Any], None], size: tuple[float, float] = A4) -> bytes:
    """One page; y counts from its top, see `put`."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=size, invariant=1)
    canvas.setFont(FONT, 12)
    draw(canvas)
    canvas.save()
    return buffer.getvalue()


def put(canvas: Any, x: float, top: float, text: str) -> None:
    """Text whose line begins at `top`, from the top of an A4 page."""
    canvas.drawString(x, A4[1] - top - 10, text)


def rule(canvas: Any, x0: float, top: float, x1: float, bottom: float) -> None:
    canvas.line(x0, A4[1] - top, x1, A4[1] - bottom)


def frame(canvas: Any, x0: float, top: float, x1: float, bottom: float) -> None:
    canvas.rect(x0, A4[1] - bottom, x1 - x0, bottom - top)


def one_page(data: bytes) -> Page:
    document = read(data, range(1, 10))
    assert document.problems == ()
    (page,) = document.pages
    return page


def texts(page: Page) -> list[str]:
    return [line.text for line in page.lines]


def cells(table: Table) -> dict[tuple[int, int, int, int], str]:
    return {(cell.row, cell.column, cell.row_span, cell.column_span): cell.text for cell in table.cells}


def edited(data: bytes, change: Callable[[pikepdf.Pdf], None], **saved: Any) -> bytes:
    with pikepdf.open(BytesIO(data)) as document:
        change(document)
        buffer = BytesIO()
        document.save(buffer, **saved)
    return buffer.getvalue()


def form(canvas: Any) -> None:
    """A group label over all rows, a merged row, a merged column, a paragraph before and after."""
    put(canvas, 60, 40, "申报表")
    frame(canvas, 50, 100, 550, 180)
    rule(canvas, 80, 100, 80, 180)
    rule(canvas, 200, 100, 200, 180)
    rule(canvas, 380, 120, 380, 160)
    for top in (120, 140, 160):
        rule(canvas, 80, top, 550, top)
    for i, char in enumerate("单位"):
        put(canvas, 60, 120 + 14 * i, char)
    for i, (label, value) in enumerate(
        [("项 目 名 称", "示例项目"), ("信用代码", "91350100MA00000000"), ("企业类型", "")]
    ):
        put(canvas, 85, 103 + 20 * i, label)
        put(canvas, 205, 103 + 20 * i, value)
    put(canvas, 385, 123, "注册资本：1,000.00万元")
    put(canvas, 60, 200, "联系人：张三        电话：0591-12345678")


def test_a_form_comes_out_in_true_grid_coordinates() -> None:
    page = one_page(pdf(form))
    assert (page.number, page.method, page.width, page.height) == (1, Method.PDF, *A4)
    (table,) = page.tables
    assert cells(table) == {
        (1, 1, 4, 1): "单\n位",
        (1, 2, 1, 1): "项 目 名 称",
        (1, 3, 1, 2): "示例项目",
        (2, 2, 1, 1): "信用代码",
        (2, 3, 1, 1): "91350100MA00000000",
        (2, 4, 1, 1): "注册资本：1,000.00万元",
        (3, 2, 1, 1): "企业类型",
        (3, 3, 1, 1): "",
        (3, 4, 1, 1): "",
        (4, 2, 1, 1): "",
        (4, 3, 1, 2): "",
    }
    assert table.bbox == BBox(50, 100, 550, 180)
    assert [block.text if isinstance(block, Line) else "表" for block in page.blocks] == [
        "申报表",
        "表",
        "联系人：张三",
        "电话：0591-12345678",
    ]


def test_the_document_says_what_was_read_and_by_what() -> None:
    document = read(pdf(form), range(1, 2))
    assert document.reader == f"pdf/{VERSION}"
    assert document.media_type == "application/pdf"
    assert document.page_count == 1
    assert document == read(pdf(form), range(1, 2))


def test_only_the_wanted_pages_are_read() -> None:
    def pages(canvas: Any) -> None:
        for number in range(1, 6):
            canvas.setFont(FONT, 12)
            put(canvas, 60, 60, f"这是文件的第{number}页，共有五页内容")
            canvas.showPage()

    document = read(pdf(pages), range(2, 4))
    assert document.page_count == 5
    assert [(page.number, texts(page)) for page in document.pages] == [
        (2, ["这是文件的第2页，共有五页内容"]),
        (3, ["这是文件的第3页，共有五页内容"]),
    ]


def test_a_table_over_two_pages_is_a_table_on_each() -> None:
    def pages(canvas: Any) -> None:
        for part in ("上", "下"):
            canvas.setFont(FONT, 12)
            for i in range(3):
                frame(canvas, 50, 700 + 20 * i, 200, 720 + 20 * i)
                frame(canvas, 200, 700 + 20 * i, 500, 720 + 20 * i)
                put(canvas, 55, 703 + 20 * i, f"项目{part}{i}")
            canvas.showPage()

    document = read(pdf(pages), range(1, 3))
    assert [[cell.text for cell in page.tables[0].cells] for page in document.pages] == [
        ["项目上0", "", "项目上1", "", "项目上2", ""],
        ["项目下0", "", "项目下1", "", "项目下2", ""],
    ]


def test_doubled_glyphs_of_fake_bold_are_read_once() -> None:
    def bold(canvas: Any) -> None:
        for shift in (0, 0.4, 0.8):
            put(canvas, 60 + shift, 60, "注册资本1100.00万元谢谢")

    assert texts(one_page(pdf(bold))) == ["注册资本1100.00万元谢谢"]


def test_white_rules_part_no_cells_and_white_text_is_not_read() -> None:
    def page(canvas: Any) -> None:
        frame(canvas, 50, 100, 500, 160)
        rule(canvas, 200, 100, 200, 160)
        canvas.setStrokeColor(colors.white)
        rule(canvas, 50, 130, 500, 130)
        put(canvas, 55, 110, "项目名称")
        put(canvas, 205, 110, "示例智能平台研发")
        put(canvas, 205, 140, "及产业化项目")
        canvas.setFillColor(colors.white)
        put(canvas, 55, 60, "看不见的文字")

    page_read = one_page(pdf(page))
    assert texts(page_read) == []
    assert cells(page_read.tables[0]) == {(1, 1, 1, 1): "项目名称", (1, 2, 1, 1): "示例智能平台研发\n及产业化项目"}


def test_white_text_on_a_dark_ground_is_read() -> None:
    def page(canvas: Any) -> None:
        canvas.setFillColor(colors.darkblue)
        canvas.rect(50, A4[1] - 120, 400, 20, stroke=0, fill=1)
        canvas.setFillColor(colors.white)
        put(canvas, 55, 103, "反白的表头文字也是内容")

    assert texts(one_page(pdf(page))) == ["反白的表头文字也是内容"]


def test_thin_filled_strips_and_dashes_are_rules() -> None:
    def page(canvas: Any) -> None:
        for top in (100, 120, 140):
            canvas.rect(50, A4[1] - top, 300, 0.7, stroke=0, fill=1)
        for x in (50, 350):
            canvas.rect(x, A4[1] - 140, 0.7, 40, stroke=0, fill=1)
        canvas.setDash(2, 2)
        rule(canvas, 150, 100, 150, 140)
        put(canvas, 55, 103, "项目名称")
        put(canvas, 155, 103, "示例智能平台项目")

    (table,) = one_page(pdf(page)).tables
    assert [(cell.row, cell.column, cell.text) for cell in table.cells] == [
        (1, 1, "项目名称"), (1, 2, "示例智能平台项目"), (2, 1, ""), (2, 2, "")
    ]  # fmt: skip


def acro_form(canvas: Any) -> None:
    put(canvas, 60, 100, "申报单位：")
    put(canvas, 150, 140, "工业企业")
    put(canvas, 250, 140, "其他")
    put(canvas, 60, 180, "所在设区市：")
    fields = canvas.acroForm
    fields.textfield(name="unit", x=130, y=A4[1] - 118, width=200, height=24, value="Example Ltd")
    fields.checkbox(name="industrial", x=130, y=A4[1] - 156, size=16, checked=True)
    fields.checkbox(name="other", x=230, y=A4[1] - 156, size=16)
    fields.choice(name="city", x=140, y=A4[1] - 196, width=90, height=20, value="xm",
                  options=[("Fuzhou", "fz"), ("Xiamen", "xm")])  # fmt: skip


def test_filled_form_fields_stand_at_their_places() -> None:
    assert texts(one_page(pdf(acro_form))) == [
        "申报单位： Example Ltd",
        "☑ 工业企业",
        "☐ 其他",
        "所在设区市： Xiamen",
    ]


def test_field_values_without_appearance_are_read() -> None:
    def change(document: pikepdf.Pdf) -> None:
        for widget in document.pages[0].Annots:
            if "/AP" in widget and widget.FT == "/Tx":
                del widget["/AP"]
                widget.V = pikepdf.String("示例科技有限公司")

    assert texts(one_page(edited(pdf(acro_form), change)))[0] == "申报单位： 示例科技有限公司"


def test_a_value_that_the_page_prints_too_is_not_doubled() -> None:
    def flattened(canvas: Any) -> None:
        acro_form(canvas)
        put(canvas, 133, 101, "Example Ltd")

    assert texts(one_page(pdf(flattened)))[0] == "申报单位： Example Ltd"


def test_typed_notes_are_read() -> None:
    def change(document: pikepdf.Pdf) -> None:
        note = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.FreeText, Contents=pikepdf.String("示例有限公司"),
            Rect=[130, 720, 300, 740], DA=pikepdf.String("/Helv 12 Tf 0 g"),
        )  # fmt: skip
        document.pages[0].Annots = document.make_indirect(pikepdf.Array([note]))

    data = edited(pdf(lambda canvas: put(canvas, 60, 105, "申报单位名称（盖章）：")), change)
    (text,) = texts(one_page(data))
    assert text.replace(" ", "") == "申报单位名称（盖章）：示例有限公司"


def test_drawn_check_boxes_are_read_by_what_is_inside() -> None:
    def page(canvas: Any) -> None:
        for i, (mark, word) in enumerate([("stroke", "工业企业"), ("glyph", "软件企业"), ("", "其他类型企业")]):
            x = 60 + 120 * i
            frame(canvas, x, 101, x + 10, 111)
            if mark == "stroke":
                rule(canvas, x + 2, 106, x + 4, 109)
                rule(canvas, x + 4, 109, x + 8, 103)
            if mark == "glyph":
                canvas.setFont("ZapfDingbats", 9)
                canvas.drawString(x + 1, A4[1] - 109, "✔")
                canvas.setFont(FONT, 12)
            put(canvas, x + 14, 100, word)

    assert texts(one_page(pdf(page))) == ["☑ 工业企业", "☑ 软件企业", "☐ 其他类型企业"]


def test_boxes_for_single_characters_are_no_check_boxes() -> None:
    def page(canvas: Any) -> None:
        put(canvas, 20, 101, "统一社会信用代码")
        for i, char in enumerate("91350100MA00000000"):
            frame(canvas, 130 + 14 * i, 100, 144 + 14 * i, 114)
            put(canvas, 133 + 14 * i, 101, char)

    assert texts(one_page(pdf(page))) == ["统一社会信用代码 91350100MA00000000"]


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_boxes_refer_to_the_page_as_shown(turn: int) -> None:
    def change(document: pikepdf.Pdf) -> None:
        document.pages[0].Rotate = turn
        document.pages[0].MediaBox = [0, 0, 842, 595] if turn != 180 else [0, 0, 595, 842]

    def page(canvas: Any) -> None:
        wide, high = (842, 595) if turn != 180 else A4
        canvas.translate(*{90: (wide, 0), 180: (wide, high), 270: (0, high)}[turn])
        canvas.rotate({90: 90, 180: 180, 270: 270}[turn])
        form(canvas)

    page_read = one_page(edited(pdf(page), change))
    assert (page_read.width, page_read.height) == A4
    assert page_read.tables[0].bbox == BBox(50, 100, 550, 180)
    assert len(page_read.tables[0].cells) == 11
    assert texts(page_read) == ["申报表", "联系人：张三", "电话：0591-12345678"]


def test_what_lies_outside_of_the_crop_box_is_not_shown() -> None:
    def change(document: pikepdf.Pdf) -> None:
        document.pages[0].CropBox = [40, 842 - 190, 560, 842 - 30]

    page = one_page(edited(pdf(form), change))
    assert (page.width, page.height) == (520, 160)
    assert page.tables[0].bbox == BBox(10, 70, 510, 150)
    assert texts(page) == ["申报表"]


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("统一社会信用代码91350100MA00000000注册资本1000万元", True),
        ("Example Ltd, 2024: revenue of 1,000.00 and more", True),
        ("\uf0b7 第一项\uf0b7 第二项\uf0b7 第三项示例项目名称", True),
        ("申报单位名称统一社会信用代码注册资本(cid:12)(cid:99)", False),
        ("项目名称\ue000\ue001\ue002\ue003\ue004\ue005申报单位示例科技有限公司", False),
        ("项目名称\ufffd\ufffd\ufffd申报单位示例科技有限公司统一社会", False),
        ("䓨龘䵼靐齉龗麤䖇䨻䲜䴋䶑驫羴猋焱淼垚畾嚞", False),
        ("!\"#$%&'*+:;<=>?@[\\]^`{|}~ABC", False),
        ("(cid:1)", False),
        ("第1页", True),
    ],
)
def test_sound_text_is_told_from_garbage(text: str, sound: bool) -> None:
    assert is_sound(text) is sound


@pytest.mark.parametrize(
    ("text", "font", "meant"),
    [
        ("⽬", "SimSun", "目"),
        ("⻚", "SimSun", "页"),
        ("ﬁ", "Times", "fi"),
        ("\uf0fe", "ABCDEF+Wingdings", "☑"),
        ("þ", "Wingdings-Regular", "☑"),
        ("(cid:168)", "Wingdings-Regular", "□"),
        ("R", "Wingdings2", "☑"),
        ("\uf0a8", "DejaVuSans", "□"),
        ("\uf0a8", "SymbolMT", "\uf0a8"),
        ("R", "Arial", "R"),
    ],
)
def test_glyphs_are_repaired(text: str, font: str, meant: str) -> None:
    assert repaired(text, font) == meant


def scan(canvas: Any, text: str = "") -> None:
    picture = Image.new("RGB", (1240, 1754), "white")
    font = ImageFont.truetype(_latin_font(), 60)
    ImageDraw.Draw(picture).text((200, 300), "INVOICE 2024", fill="black", font=font)
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    canvas.drawInlineImage(Image.open(buffer), 0, 0, *A4)
    put(canvas, 60, 800, text)


def _latin_font() -> BytesIO:
    """Pillow's own face, so that no font of the machine is needed."""
    font = ImageFont.load_default(60)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return BytesIO(font.font_bytes)


@pytest.fixture(name="scanned")
def _scanned() -> Callable[[bytes], list[str]]:
    def read_scan(data: bytes) -> list[str]:
        page = one_page(data)
        assert page.method is Method.OCR
        assert (page.width, page.height) == A4
        (line,) = page.lines
        assert line.bbox is not None
        assert line.bbox.x0 == pytest.approx(96, abs=6)  # 200 pixels at 150 dpi
        assert line.bbox.top == pytest.approx(150, abs=12)
        return texts(page)

    return read_scan


def test_a_page_that_is_a_picture_goes_to_ocr(scanned: Callable[[bytes], list[str]]) -> None:
    assert scanned(pdf(scan)) == ["INVOICE 2024"]


def test_a_scanners_hidden_text_is_not_trusted(scanned: Callable[[bytes], list[str]]) -> None:
    def page(canvas: Any) -> None:
        scan(canvas)
        text = canvas.beginText(60, 700)
        text.setTextRenderMode(3)
        text.setFont(FONT, 12)
        text.textOut("扫描仪自带识别结果常有错字，" * 6)
        canvas.drawText(text)

    assert scanned(pdf(page)) == ["INVOICE 2024"]


def test_a_page_whose_text_is_codes_only_goes_to_ocr() -> None:
    def change(document: pikepdf.Pdf) -> None:
        for font in document.pages[0].Resources.Font.values():
            if font.Subtype == "/Type0":
                font.Encoding = pikepdf.Name("/Identity-H")
                font.DescendantFonts[0].CIDSystemInfo.Ordering = pikepdf.String("Identity")

    page = one_page(edited(pdf(form), change))
    assert page.method is Method.OCR
    assert len(page.tables[0].cells) == 11


def test_a_page_without_media_box_is_read() -> None:
    def change(document: pikepdf.Pdf) -> None:
        del document.pages[0]["/MediaBox"]

    document = read(edited(pdf(form, size=(612, 792)), change), range(1, 2))
    assert [problem.code for problem in document.problems] == ["repaired"]
    assert "91350100MA00000000" in "".join(cell.text for cell in document.pages[0].tables[0].cells)


def problem_of(document: Document) -> str:
    assert document.pages == ()
    (problem,) = document.problems
    assert problem.message
    return problem.code


def test_a_password_is_a_finding_and_an_empty_one_none() -> None:
    locked = edited(pdf(form), lambda _: None, encryption=pikepdf.Encryption(owner="o", user="u"))
    assert problem_of(read(locked, range(1, 2))) == "D-ENCRYPTED"
    open_to_all = edited(pdf(form), lambda _: None, encryption=pikepdf.Encryption(owner="o", user=""))
    assert one_page(open_to_all).tables == one_page(pdf(form)).tables


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n%%EOF", b"%PDF-1.4\n" + bytes(range(256)) * 20])
def test_what_is_no_pdf_is_damaged(data: bytes) -> None:
    assert problem_of(read(data, range(1, 2))) == "D-DAMAGED"


def test_a_file_without_pages_is_a_finding() -> None:
    empty = BytesIO()
    pikepdf.new().save(empty)
    assert problem_of(read(empty.getvalue(), range(1, 3))) in {"D-EMPTY", "D-DAMAGED"}


def test_a_page_that_was_read_keeps_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:  # pdfplumber #193, #1339
    alive, page = [], read_pdf._page

    def counted(*arguments: Any) -> Any:
        result = page(*arguments)
        gc.collect()
        alive.append(sum(isinstance(one, PageContent | PDFPage | LTChar) for one in gc.get_objects()))
        return result

    def draw(canvas: Any) -> None:
        for _ in range(6):
            canvas.setFont(FONT, 12)
            put(canvas, 60, 60, "示例文字" * 20)
            canvas.showPage()

    monkeypatch.setattr(read_pdf, "_page", counted)
    assert len(read(pdf(draw), range(1, 7)).pages) == 6
    assert alive[0] == alive[-1]


def test_a_file_cut_short_is_read_or_damaged() -> None:
    whole = pdf(form)
    for length in range(0, len(whole), len(whole) // 7):
        document = read(whole[:length], range(1, 2))
        assert document.pages or problem_of(document) in {"D-DAMAGED", "D-EMPTY"}


def test_blank_pages_only_are_a_finding() -> None:
    assert problem_of(read(pdf(lambda canvas: canvas.showPage()), range(1, 9))) == "D-EMPTY"


def test_a_page_of_monstrous_size_is_not_drawn() -> None:
    document = read(pdf(lambda canvas: put(canvas, 60, 60, "巨大"), size=(2.0**31, 2.0**31)), range(1, 2))
    assert problem_of(document) == "D-TOO-LARGE"


def test_drawing_is_bounded_in_pixels() -> None:
    def page(canvas: Any) -> None:
        canvas.drawInlineImage(Image.fromarray(np.full((40, 40), 128, np.uint8)), 0, 0, 14_000, 14_000)

    document = read(pdf(page, size=(14_000, 14_000)), range(1, 2))
    assert problem_of(document) == "D-EMPTY"


def test_struck_out_words_are_left_aside_and_told() -> None:
    def page(canvas: Any) -> None:
        put(canvas, 72, 100, "投资：")
        put(canvas, 120, 100, "500")
        put(canvas, 150, 100, "560万元，其余文字照读不误，下划线不是删除线")
        rule(canvas, 120, 106, 120 + canvas.stringWidth("500", FONT, 12), 106)
        rule(canvas, 150, 112, 190, 112)

    document = read(pdf(page), range(1, 2))
    assert "500" not in "".join(texts(document.pages[0]))
    assert "560万元" in "".join(texts(document.pages[0]))
    assert [problem.code for problem in document.problems] == ["struck-text"]


def test_footnotes_and_their_marks_are_left_aside() -> None:
    def page(canvas: Any) -> None:
        put(canvas, 72, 100, "注册资本")
        canvas.setFont(FONT, 6)
        canvas.drawString(120, A4[1] - 105, "1")
        canvas.setFont(FONT, 12)
        put(canvas, 72, 130, "面积 120 m")
        rule(canvas, 72, 740, 216, 740)
        put(canvas, 72, 755, "1 以营业执照登记的数额为准。")

    found = texts(one_page(pdf(page)))
    assert found == ["注册资本", "面积 120 m"]


def test_a_box_that_is_painted_after_its_line_stands_in_it() -> None:
    def page(canvas: Any) -> None:
        put(canvas, 72, 100, "□有")
        put(canvas, 113, 100, "无涉黑涉恶违法行为，以下为其余文字")
        put(canvas, 98, 100, "■")

    assert [text.replace(" ", "") for text in texts(one_page(pdf(page)))] == ["□有■无涉黑涉恶违法行为，以下为其余文字"]
