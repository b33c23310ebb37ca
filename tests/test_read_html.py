"""Web pages and HTML texts of mails: tables in true grid coordinates, nothing hidden, nothing fetched (issue 5)."""

import pytest

import extractors
from extractors import read_html
from pipeline import media
from pipeline.model import TICKED, UNTICKED, Document, Method, Table
from tests.office import codes, grid, lines, only_table

ALL = range(1, 100)


def read(markup: str, encoding: str = "utf-8") -> Document:
    return extractors.read(markup.encode(encoding), media.HTML, ALL)


def test_text_stands_on_lines_as_a_browser_sets_it() -> None:
    document = read(
        "<title>x</title><h1>申报表</h1>甲&nbsp; 乙\n丙<br>丁<p>戊<b>己</b>庚</p>辛<!-- 壬 --><script>癸</script>"
    )
    assert lines(document) == ["申报表", "甲 乙 丙", "丁", "戊己庚", "辛"]
    assert (document.pages[0].number, document.pages[0].method) == (None, Method.DOCX)


def test_merged_cells_stand_once_in_true_coordinates() -> None:
    rows = """<thead><tr><td rowspan=2>甲<td colspan="2">乙<td rowspan="0">丙</tr></thead>
    <tr><td>丁<td></tr><tbody><tr><th colspan=3>戊</th></tr></tbody>"""
    assert grid(only_table(read(f"<table>{rows}</table>"))) == [
        (1, 1, 2, 1, "甲"),
        (1, 2, 1, 2, "乙"),
        (1, 4, 3, 1, "丙"),
        (2, 2, 1, 1, "丁"),
        (2, 3, 1, 1, ""),
        (3, 1, 1, 3, "戊"),
    ]


@pytest.mark.parametrize(
    ("span", "wide"), [("999999999999", read_html.MOST_SPAN), ("0", 1), ("-3", 1), ("²", 1), ("", 1)]
)
def test_odd_spans(span: str, wide: int) -> None:
    assert grid(only_table(read(f'<table><tr><td colspan="{span}">甲<td>乙</table>')))[0] == (1, 1, 1, wide, "甲")


def test_a_cell_keeps_its_lines_and_its_tables() -> None:
    nested = "<table><tr><td>1<td>2<tr><td>3<td>4</table>"
    table = only_table(read(f"<table><tr><td>甲<br>乙<p>丙</p><td>丁{nested}戊</tr></table>"))
    assert [line.text for line in table.cells[0].lines] == ["甲", "乙", "丙"]
    assert table.cells[1].text == "丁\n戊"
    assert grid(table.cells[1].tables[0])[-1] == (2, 2, 1, 1, "4")


def test_tables_that_only_lay_out_a_letter_are_taken_apart() -> None:
    form = "<table><tr><td>项目名称<td>示例平台</tr></table>"
    letter = f"<table><tr><td>抬头</tr><tr><td><table><tr><td>您好{form}</td></tr></table></td></tr></table>"
    (page,) = read(letter).pages
    assert [block.text if not isinstance(block, Table) else grid(block)[1][4] for block in page.blocks] == [
        "抬头",
        "您好",
        "示例平台",
    ]


OLD = "<table>" + "<tr><td>项目名称<td>旧平台</tr>" * 4 + "</table>"
NEW = "<table>" + "<tr><td>项目名称<td>新平台</tr>" * 4 + "</table>"
SIGNATURE = "<table><tr><td>示例公司<td>0591-80001234</tr></table>"
QUOTATIONS = {
    "Thunderbird": '<blockquote type="cite">{}</blockquote>',
    "Gmail": '<div class="gmail_quote gmail_quote_container"><div>2024年7月1日 写道：</div>{}</div>',
    "Outlook": '<hr><div id="divRplyFwdMsg">发件人: a@example.com</div><div>{}</div>',
    "QQ": "<div>------------------ 原始邮件 ------------------</div><div>{}</div>",
}


@pytest.mark.parametrize("quotation", QUOTATIONS.values(), ids=QUOTATIONS)
def test_an_answer_with_a_form_of_its_own_replaces_the_one_that_it_quotes(quotation: str) -> None:
    table = only_table(read(f"<p>更正如下：</p>{NEW}{quotation.format(OLD)}"))
    assert {cell.text for cell in table.cells} == {"项目名称", "新平台"}


@pytest.mark.parametrize("around", ["{}", "<table><tr><td>抬头</td><td>{}</td></tr></table>"])
@pytest.mark.parametrize("quotation", QUOTATIONS.values(), ids=QUOTATIONS)
def test_a_form_that_is_passed_on_is_read(quotation: str, around: str) -> None:
    document = read(around.format(f"<p>转报。</p>{SIGNATURE}{quotation.format(OLD)}"))
    assert "旧平台" in str(document)


@pytest.mark.parametrize(
    "hidden",
    [
        '<span style="display:none">藏</span>',
        '<div style="mso-hide: all">藏</div>',
        "<p hidden>藏</p>",
        '<i style="font-size:0px">藏</i>',
        '<input type="hidden" value="藏">',
        "<del>藏</del>",
        '<span style="text-decoration: line-through">藏</span>',
        "<template>藏</template>",
    ],
)
def test_what_is_hidden_or_struck_is_left_out_and_what_follows_is_not(hidden: str) -> None:
    assert "".join(lines(read(f"<p>前{hidden}后</p>"))) == "前后"
    assert only_table(read(f"<table><tr><td>前{hidden}后<td>x</table>")).cells[0].text.replace("\n", "") == "前后"


def test_the_controls_of_a_web_form_say_what_was_filled_in() -> None:
    controls = (
        '<input type=radio checked>是 <input type="radio">否 <input value="示例"> <textarea>多行</textarea>'
        "<select><option>一<option selected>二</select><button>提交</button>"
    )
    assert lines(read(controls)) == [f"{TICKED}是 {UNTICKED}否 示例 多行二提交"]


@pytest.mark.parametrize("declared", ["", '<meta charset="gb2312">'])
def test_chinese_windows_text(declared: str) -> None:
    assert lines(read(f"{declared}<p>申报表（镕）</p>", "gb18030")) == ["申报表（镕）"]


@pytest.mark.parametrize(
    ("markup", "code"),
    [
        ("", "D-EMPTY"),
        ("<html><body><!-- x --></body></html>", "D-EMPTY"),
        ("<table>" + "<tr><td rowspan=1000 colspan=1000>x</tr>" * 200 + "</table>", "D-TOO-LARGE"),
        ("<table><tr><td>x<td>" * 100, "D-TOO-LARGE"),
    ],
)
def test_pages_that_cannot_be_used(markup: str, code: str) -> None:
    assert codes(read(markup)) == [code]


def test_depth_and_length_are_bounded() -> None:
    assert codes(read("<div>" * 50_000 + "x")) in ([], ["D-EMPTY"])
    assert codes(read("x" * (read_html.LONGEST + 1))) == ["D-TOO-LARGE"]
    picture = '<img src="data:image/png;base64,' + "A" * read_html.LONGEST + '">'
    assert lines(read(f"<p>字</p>{picture}")) == ["字"]
