"""Claims from real files, through the real readers."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from itertools import pairwise

import docx
import pytest
from paper import by_name, programme
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from extractors import read
from extractors.filing import classify
from extractors.form import extract
from pipeline import media
from pipeline.model import Document, FieldValue, Method, Role

TITLE = programme().form_titles[0]
CODE = "91350100MA2XQ3JC5T"
ROWS = [  # the text of each cell; "<" goes on from the left, "^" from above
    ["申报单位\n基本情况", "单位名称", "示例科技有限公司", "<", "<"],
    ["^", "统一社会\n信用代码", f"{CODE[:10]}\n{CODE[10:]}", "成立时间", "2016年3月"],
    ["^", "企业类型", "■软件和信息技术服务业企业\n□工业企业 □其他：____", "注册资本\n（万元）", "1,000.5"],
    ["项目情况", "申报方向", "□算力服务补助 ■软件优质产品 □硬件优质产品", "<", "<"],
    ["^", "项目名称", "示例视觉质检软件", "上市时间", "2022.5.1"],
    ["知识产权\n情况", "知识产权名称", "类型", "登记号", "权利人"],
    ["^", "示例视觉质检软件V1.0", "软件著作权", "2022SR0000001", "示例科技有限公司"],
    ["项目简介\n（300字以内）", "本项目面向制造业。\n检出率高。", "<", "<", "<"],
]
EXPECTED = {
    "applicant_name": "示例科技有限公司",
    "uscc": CODE,
    "established_on": date(2016, 3, 1),
    "enterprise_type": "software_it",
    "registered_capital": Decimal("10005000.00"),
    "direction": "software",
    "project_name": "示例视觉质检软件",
    "launched_on": date(2022, 5, 1),
    "summary": "本项目面向制造业。检出率高。",
    "contact_name": "林示例",
    "contact_phone": "13800000000",
}


def word() -> bytes:
    document = docx.Document()
    document.add_heading(TITLE)
    table = document.add_table(len(ROWS), 5)
    for i, row in enumerate(ROWS):
        for j, text in enumerate(row):
            if text == "<":
                table.cell(i, j - 1).merge(table.cell(i, j))
            elif text == "^":
                table.cell(i - 1, j).merge(table.cell(i, j))
            else:
                table.cell(i, j).text = text
    document.add_paragraph("联系人：林示例\t联系电话：13800000000")
    stream = BytesIO()
    document.save(stream)
    return stream.getvalue()


def printed(*, break_after: int | None = None) -> bytes:
    """The same form as a PDF with a text layer; `break_after` so many rows, the table goes on on the next page."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    style = ParagraphStyle("cell", fontName="STSong-Light", fontSize=9, leading=12, wordWrap="CJK")
    bounds = [0, *([break_after] if break_after else []), len(ROWS)]
    story: list[Flowable] = [Paragraph(TITLE, style), Spacer(1, 12)]
    for start, stop in pairwise(bounds):
        story += [PageBreak()] if start else []
        story.append(_grid(ROWS[start:stop], style))
    story += [Spacer(1, 12), Paragraph("联系人：林示例；联系电话：13800000000", style)]
    stream = BytesIO()
    SimpleDocTemplate(stream, pagesize=A4, invariant=1).build(story)
    return stream.getvalue()


def _grid(rows: list[list[str]], style: ParagraphStyle) -> Table:
    spans = []
    for i, row in enumerate(rows):
        for j, text in enumerate(row):
            if text not in ("<", "^"):
                right = next((k for k in range(j + 1, 5) if row[k] != "<"), 5) - 1
                down = next((k for k in range(i + 1, len(rows)) if rows[k][j] != "^"), len(rows)) - 1
                spans.append(("SPAN", (j, i), (right, down)))
    cells = [["" if t in ("<", "^") else Paragraph(t.replace("\n", "<br/>"), style) for t in row] for row in rows]
    return Table(cells, [70, 85, 130, 75, 110], style=TableStyle([("GRID", (0, 0), (-1, -1), 0.5, "black"), *spans]))


def claims(document: Document) -> dict[str, list[FieldValue]]:
    return by_name(extract(document, programme()))


@pytest.mark.parametrize(
    ("data", "kind", "method"),
    [
        (word(), media.DOCX, Method.DOCX),
        (printed(), media.PDF, Method.PDF),
        (printed(break_after=6), media.PDF, Method.PDF),
    ],
    ids=["docx", "pdf", "pdf-over-two-pages"],
)
def test_claims(data: bytes, kind: str, method: Method) -> None:
    document = read(data, kind, range(1, 9))
    found = claims(document)
    assert {name: [claim.value for claim in found[name]] for name in EXPECTED} == {
        name: [value] for name, value in EXPECTED.items()
    }
    rights = found["ip_rights"][0].value
    assert isinstance(rights, tuple)
    assert [[cell.value for cell in row.values()] for row in rights if not isinstance(row, str)] == [
        ["示例视觉质检软件V1.0", "软件著作权", "2022SR0000001", "示例科技有限公司"]
    ]
    assert {claim.evidence.method for each in found.values() for claim in each} == {method}
    assert classify(document, programme()) == Role.FORM
