"""Spreadsheets as offices send them: merged titles, Chinese formats, filters, forgotten results, hostile sizes."""

import io
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest
from office import codes, corrupted, grid, member, repacked
from openpyxl.worksheet.worksheet import Worksheet

import extractors
from extractors import read_xlsx
from extractors.xlsx_format import Value, displayed
from pipeline import media
from pipeline.model import Document, Method

SHEET, WORKBOOK, STYLES = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"


def workbook(fill: Callable[[Worksheet], object], title: str = "推荐汇总表") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = title
    fill(sheet)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def read(data: bytes) -> Document:
    return read_xlsx.read(data, range(1, 2))


def only_grid(document: Document) -> list[tuple[int, int, int, int, str]]:
    (page,) = document.pages
    (table,) = page.tables
    return grid(table)


def test_a_sheet_is_a_page_with_its_used_range() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet["B2"], sheet["B3"], sheet["D3"], sheet["C4"] = "汇总表", "企业", "金额", "甲\n乙"
        sheet.merge_cells("B2:D2")
        sheet.merge_cells("B3:B4")

    document = extractors.read(workbook(fill), media.XLSX, range(1, 2))
    assert only_grid(document) == [
        (2, 2, 1, 3, "汇总表"),
        (3, 2, 2, 1, "企业"), (3, 3, 1, 1, ""), (3, 4, 1, 1, "金额"),
        (4, 3, 1, 1, "甲\n乙"), (4, 4, 1, 1, ""),
    ]  # fmt: skip
    page = document.pages[0]
    assert (page.number, page.method, page.title, document.page_count) == (1, Method.XLSX, "推荐汇总表", 1)
    assert (document.problems, document.reader) == ((), extractors.reader_version(media.XLSX))


def test_hidden_sheets_are_named_and_left_out_hidden_rows_are_read() -> None:
    book = openpyxl.Workbook()
    book.active.title = "汇总"
    book["汇总"].append(["企业", "金额"])
    book["汇总"].append(["示例公司", 100])
    book["汇总"].row_dimensions[2].hidden = True
    book["汇总"].column_dimensions["B"].hidden = True
    book.create_sheet("选项").append(["国家级"])
    book["选项"].sheet_state = "hidden"
    book.create_sheet("空表")
    document = read(saved(book))
    assert [(page.number, page.title, len(page.tables)) for page in document.pages] == [(1, "汇总", 1), (2, "空表", 0)]
    assert [cell.text for cell in document.pages[0].tables[0].cells] == ["企业", "金额", "示例公司", "100"]
    assert codes(document) == ["hidden-sheet", "hidden-cells"]
    assert "选项" in document.problems[0].message


@pytest.mark.parametrize(
    ("value", "number_format", "expected"),
    [
        (1234567.891, "#,##0.00", "1,234,567.89"),
        (864000, "General", "864000"),
        (0.1 + 0.2, "General", "0.3"),
        (2.675, "0.00", "2.68"),
        (0.66667, "0.00%", "66.67%"),
        (0.5, "0%", "50%"),
        (-5.5, '"¥"#,##0.00;[Red]"¥"#,##0.00', "-¥5.50"),
        (-5.5, "#,##0.00_);(#,##0.00)", "(5.50)"),
        (-5, "0;-0", "-5"),
        (0, '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)', "0.00"),
        (0, "0;-0;0.0", "0.0"),
        (-0.001, "0.00", "0.00"),
        (86.4, '0.0"万元"', "86.4万元"),
        (1234, "[$￥-804]#,##0", "￥1,234"),
        (7, "000", "007"),
        (1.5, "0.0##", "1.5"),
        (2, "#.##", "2"),
        (12345678, "#,##0,", "12,346"),
        (1e20, "General", "100000000000000000000"),
        (0.25, "# ?/?", "0.25"),
        (123456, "0.00E+00", "123456"),
        (5, "@", "5"),
        (1, "0." + "0" * 900, "1." + "0" * 30),
        (float("inf"), "0.00", "Infinity"),
        (True, "General", "TRUE"),
        (None, "General", ""),
        ("=1+1", "General", "=1+1"),
        (date(2024, 3, 1), "yyyy-mm-dd", "2024-03-01"),
        (datetime(2024, 3, 1), 'yyyy"年"m"月"d"日"', "2024-03-01"),  # noqa: DTZ001
        (datetime(2024, 3, 1), 'yyyy"年"m"月"', "2024-03"),  # noqa: DTZ001
        (datetime(2024, 3, 1), 'm"月"d"日"', "2024-03-01"),  # noqa: DTZ001
        (datetime(2024, 3, 1, 9, 30), "yyyy/m/d h:mm", "2024-03-01 09:30:00"),  # noqa: DTZ001
        (time(9, 30), "h:mm", "09:30:00"),
        (timedelta(hours=25), "[h]:mm", "1 day, 1:00:00"),
    ],
)
def test_values_as_displayed(value: Value, number_format: str, expected: str) -> None:
    assert displayed(value, number_format) == expected


def test_formats_reach_the_cells() -> None:
    def fill(sheet: Worksheet) -> None:
        for column, (value, number_format) in enumerate(
            [(1234.5, "#,##0.00"), (0.3, "0%"), (45352, 'yyyy"年"m"月"d"日"'), (True, "General"), ("0591", "@")],
            start=1,
        ):
            sheet.cell(1, column, value).number_format = number_format

    assert [text for *_, text in only_grid(read(workbook(fill)))] == ["1,234.50", "30%", "2024-03-01", "TRUE", "0591"]


def test_chinese_built_in_date_formats() -> None:
    """Chinese Excel stores 2024年3月 as format 57 without saying what 57 is."""

    def fill(sheet: Worksheet) -> None:
        sheet["A1"] = 45352
        sheet["A1"].number_format = "0.000"

    data = workbook(fill)
    styles = re.sub(rb'numFmtId="16\d"( fontId)', rb'numFmtId="57"\1', member(data, STYLES))
    assert b'numFmtId="57"' in styles
    assert only_grid(read(repacked(data, {STYLES: styles}))) == [(1, 1, 1, 1, "2024-03")]


def test_a_format_that_nobody_declared_is_general() -> None:
    data = workbook(lambda sheet: sheet.append([1.5]))
    styles = member(data, STYLES).replace(
        b'<cellXfs count="1"><xf numFmtId="0"', b'<cellXfs count="1"><xf numFmtId="200"'
    )
    assert styles != member(data, STYLES)
    assert only_grid(read(repacked(data, {STYLES: styles}))) == [(1, 1, 1, 1, "1.5")]


def test_formulas_without_results_and_long_codes_are_reported() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet["A1"], sheet["B1"], sheet["C1"], sheet["D1"] = "合计", "=SUM(1,2)", 350100123456789012, "#REF!"

    document = read(workbook(fill))
    assert codes(document) == ["uncalculated", "formula-error", "number-precision"]
    assert [problem.where for problem in document.problems] == ["推荐汇总表!B1", "推荐汇总表!D1", "推荐汇总表!C1"]
    assert [text for *_, text in only_grid(document)][0::2] == ["合计", "350100123456789000"]


def test_only_values_are_needed() -> None:
    data = workbook(lambda sheet: sheet.append(["示例公司", 1]))
    expected = [(1, 1, 1, 1, "示例公司"), (1, 2, 1, 1, "1")]
    rels = member(data, "xl/_rels/workbook.xml.rels").replace(
        b"</Relationships>",
        b'<Relationship Id="x1" Type="http://x/externalLink" Target="externalLinks/missing.xml"/>'
        b'<Relationship Id="x2" Type="http://x/pivotCacheDefinition" Target="NULL"/></Relationships>',
    )
    external = b'<externalReferences><externalReference r:id="x1" xmlns:r="r"/></externalReferences></workbook>'
    sheet = member(data, SHEET).replace(
        b"</worksheet>", b'<drawing r:id="missing" xmlns:r="http://example.com/r"/></worksheet>'
    )
    strict = {
        name: member(data, name)
        .replace(b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main")
        .replace(b"http://schemas.openxmlformats.org/officeDocument/2006/relationships", b"http://purl.oclc.org/ooxml/officeDocument/relationships")
        for name in (SHEET, WORKBOOK, STYLES, "_rels/.rels", "xl/_rels/workbook.xml.rels")
    }  # fmt: skip
    for file in (
        data,
        repacked(data, {"xl/_rels/workbook.xml.rels": rels, SHEET: sheet}),
        repacked(data, {WORKBOOK: member(data, WORKBOOK).replace(b"</workbook>", external)}),
        repacked(data, {STYLES: None}),
        repacked(data, {STYLES: b"<broken"}),
        repacked(data, {SHEET: member(data, SHEET).replace(b'<c r="A1"', b'<c s="99" r="A1"')}),
        repacked(data, {"[Content_Types].xml": None}),
        repacked(data, strict),
        corrupted(data, "xl/theme/theme1.xml"),
    ):
        assert only_grid(read(file)) == expected


def test_shared_strings() -> None:
    data = workbook(lambda sheet: sheet.append(["x", 1]))
    strings = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><r><t>%s</t></r><r><t>%s</t></r></si></sst>'
    relation = b'<Relationship Id="s1" Type="http://x/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>'
    rels = member(data, "xl/_rels/workbook.xml.rels").replace(b"</Relationships>", relation)
    sheet = member(data, SHEET).replace(b't="inlineStr"><is><t>x</t></is>', b't="s"><v>0</v>')
    changes = {"xl/_rels/workbook.xml.rels": rels, SHEET: sheet}
    whole = repacked(data, changes | {"xl/sharedStrings.xml": strings % ("示例".encode(), "公司".encode())})
    assert only_grid(read(whole)) == [(1, 1, 1, 1, "示例公司"), (1, 2, 1, 1, "1")]
    assert codes(read(repacked(data, changes))) == ["D-DAMAGED"]


def test_styles_that_look_alike_keep_their_formats() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet["A1"], sheet["B1"], sheet["C1"] = 1, 2, 0.5
        sheet["A1"].font = openpyxl.styles.Font(bold=True)
        sheet["B1"].font = openpyxl.styles.Font(italic=True)
        sheet["C1"].number_format = "0%"

    assert [text for *_, text in only_grid(read(workbook(fill)))] == ["1", "2", "50%"]


def test_absurd_ranges_are_bounded() -> None:
    def stray(sheet: Worksheet) -> None:
        sheet["A1"], sheet["XFD1048576"] = "甲", "乙"

    def title(sheet: Worksheet) -> None:
        sheet["A1"], sheet["B2"] = "题", "值"
        sheet.merge_cells("A1:XFD1")

    assert only_grid(read(workbook(stray))) == [(1, 1, 1, 1, "甲"), (1048576, 16384, 1, 1, "乙")]
    assert only_grid(read(workbook(title))) == [(1, 1, 1, 2, "题"), (2, 1, 1, 1, ""), (2, 2, 1, 1, "值")]
    data = workbook(title)
    everything = member(data, SHEET).replace(b"A1:XFD1", b"A1:XFD1048576")
    assert codes(read(repacked(data, {SHEET: everything}))) == ["D-TOO-LARGE"]
    many = member(data, SHEET).replace(b"</row>", b"<c/>" * 10 + b"<c r='C1' />" * 300_001 + b"</row>", 1)
    assert codes(read(repacked(data, {SHEET: many}))) == ["D-TOO-LARGE"]
    nonsense = member(data, SHEET).replace(b"A1:XFD1", b"nonsense")
    assert only_grid(read(repacked(data, {SHEET: nonsense})))[0] == (1, 1, 1, 1, "题")


def test_unusable_files() -> None:
    data = workbook(lambda sheet: sheet.append(["甲"]))
    assert codes(read(workbook(lambda sheet: None))) == ["D-EMPTY"]
    assert codes(read(data[:300])) == ["D-DAMAGED"]
    assert codes(read(b"")) == ["D-DAMAGED"]
    assert codes(read(repacked(data, {WORKBOOK: None}))) == ["D-DAMAGED"]
    assert codes(read(repacked(data, {SHEET: b"<worksheet"}))) == ["D-DAMAGED"]
    assert codes(read(repacked(data, {SHEET: member(data, SHEET).replace(b'r="A1"', b'r="??"')}))) == ["D-DAMAGED"]
    assert codes(read(corrupted(data, SHEET))) == ["D-DAMAGED"]
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    assert codes(read(ole + "EncryptedPackage".encode("utf-16-le"))) == ["D-ENCRYPTED"]
    assert codes(read(ole)) == ["D-UNSUPPORTED"]
