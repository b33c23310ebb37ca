"""What a Word file shows, in every nesting and spelling that Word and WPS write: controls, boxes, fields, changes."""

import pytest
from office import (
    NAMESPACES,
    cell,
    codes,
    grid,
    legacy,
    lines,
    only_table,
    p,
    r,
    repacked,
    sdt,
    tbl,
    tc,
    texts,
    tr,
    word,
)

from extractors import read_docx
from pipeline.model import Document

ALL = range(1, 2)


def read(body: str) -> Document:
    return read_docx.read(word(body), ALL)


def read_lines(body: str) -> list[str]:
    return lines(read(body))


# --- content controls ---------------------------------------------------------------------------------

NESTINGS = {
    "block": sdt(p("单位：示例公司")),
    "run": p("单位：", sdt(r("示例公司"))),
    "nested": sdt(sdt(p("单位：", sdt(sdt(r("示例公司")))))),
    "custom xml": '<w:customXml w:element="a">'
    + p("单位：", "<w:smartTag>" + r("示例公司") + "</w:smartTag>")
    + "</w:customXml>",
    "hyperlink and field": p(
        "单位：",
        '<w:hyperlink w:anchor="x">' + r("示例") + "</w:hyperlink>",
        '<w:fldSimple w:instr="AUTHOR">' + r("公司") + "</w:fldSimple>",
    ),
}


@pytest.mark.parametrize("body", NESTINGS.values(), ids=NESTINGS.keys())
def test_text_in_wrappers(body: str) -> None:
    assert read_lines(body) == ["单位：示例公司"]


TABLE_NESTINGS = {
    "table": sdt(tbl(tr("V0", "V1", "V2", "V3"))),
    "row": tbl(sdt(tr("V0", "V1", "V2", "V3"))),
    "cell": tbl(tr("V0", sdt(tc("V1")), "V2", "V3")),
    "block in cell": tbl(tr("V0", tc(sdt(p("V1"))), "V2", "V3")),
    "run in cell": tbl(tr("V0", tc(p(sdt(r("V1")))), "V2", "V3")),
    "repeating rows": tbl(sdt(sdt(tr("V0", f'<w:customXml w:element="a">{tc("V1")}</w:customXml>', "V2", "V3")))),
}


@pytest.mark.parametrize("body", TABLE_NESTINGS.values(), ids=TABLE_NESTINGS.keys())
def test_a_wrapped_cell_does_not_shift_its_row(body: str) -> None:
    assert grid(only_table(read(body))) == [(1, n + 1, 1, 1, f"V{n}") for n in range(4)]


def test_a_placeholder_is_no_value() -> None:
    prompt = r("单击此处输入文字。", '<w:rStyle w:val="a3"/>')
    body = tbl(
        tr("项目名称", tc(p(sdt(prompt, "<w:showingPlcHdr/>")))),
        tr("联系人", sdt(tc("请选择"), "<w:showingPlcHdr/>")),
        tr("电话", tc(sdt(p(sdt(r("0591"))), '<w:showingPlcHdr w:val="0"/>'))),
    )
    assert [c.text for c in only_table(read(body)).cells] == ["项目名称", "", "联系人", "", "电话", "0591"]


def test_a_filled_control_inside_of_an_empty_one_keeps_its_value() -> None:
    assert read_lines(sdt(p("提示", sdt(r("实填"))), "<w:showingPlcHdr/>")) == ["实填"]


# --- check boxes --------------------------------------------------------------------------------------


def box(checked: str | None, glyph: str, states: str = "") -> str:
    state = "" if checked is None else f"<w14:checked{checked}/>"
    return sdt(glyph if glyph.startswith("<") else r(glyph), f"<w14:checkbox>{state}{states}</w14:checkbox>")


WINGDINGS = '<w:rFonts w:ascii="Wingdings" w:hAnsi="Wingdings"/>'
WINGDINGS_STATES = (
    '<w14:checkedState w14:val="00FE" w14:font="Wingdings"/><w14:uncheckedState w14:val="006F" w14:font="Wingdings"/>'
)


@pytest.mark.parametrize(
    ("control", "expected"),
    [
        (box(' w14:val="1"', "☒"), "☑"),
        (box(' w14:val="true"', "☑"), "☑"),
        (box(' w14:val="on"', "■"), "☑"),
        (box("", "☒"), "☑"),
        (box(' w14:val="0"', "☐"), "☐"),
        (box(' w14:val="false"', "□"), "☐"),
        (box(None, "☐"), "☐"),
        (box(' w14:val="1"', '<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>', WINGDINGS_STATES), "☑"),
        (box(' w14:val="0"', '<w:r><w:sym w:font="Wingdings" w:char="F06F"/></w:r>', WINGDINGS_STATES), "☐"),
        (box(' w14:val="1"', r("\uf0fe", WINGDINGS), WINGDINGS_STATES), "☑"),
        (box(' w14:val="1"', "〇", '<w14:checkedState w14:val="3007" w14:font="宋体"/>'), "☑"),
        (box(' w14:val="1"', "<w:r/>"), "☑"),
        (box(' w14:val="0"', "☑"), "◪"),
        (box(' w14:val="1"', "□"), "◪"),
    ],
)  # fmt: skip
def test_check_box_controls(control: str, expected: str) -> None:
    """The state in all its spellings; a glyph that contradicts it makes the box unclear (lesson 33)."""
    assert read_lines(p("是", control, "否")) == [f"是{expected}否"]


def test_check_box_controls_around_cells_and_paragraphs() -> None:
    checkbox = '<w14:checkbox><w14:checked w14:val="1"/></w14:checkbox>'
    body = tbl(tr("国家级", sdt(tc("☒"), checkbox), tc(sdt(p("☒ 省级"), checkbox))))
    assert [c.text for c in only_table(read(body)).cells] == ["国家级", "☑", "☑ 省级"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ('<w:default w:val="1"/>', "☑"),
        ('<w:default w:val="0"/>', "☐"),
        ("<w:default/>", "☑"),
        ("", "☐"),
        ('<w:default w:val="0"/><w:checked/>', "☑"),
        ('<w:default w:val="1"/><w:checked w:val="0"/>', "☐"),
        ('<w:default w:val="1"/><w:checked w:val="false"/>', "☐"),
        ('<w:checked w:val="true"/>', "☑"),
        ('<w:checked w:val="on"/>', "☑"),
        ('<w:default w:val="on"/><w:checked w:val="off"/>', "☐"),
    ],
)
def test_legacy_check_boxes(data: str, expected: str) -> None:
    assert read_lines(p("是", legacy(f"<w:checkBox>{data}</w:checkBox>"), "否")) == [f"是{expected}否"]


@pytest.mark.parametrize(
    ("font", "code", "expected"),
    [
        ("Wingdings", "F0FE", "☑"),
        ("Wingdings", "00FD", "☑"),
        ("Wingdings", "F0A8", "☐"),
        ("wingdings", "F06F", "☐"),
        ("Wingdings", "F0FC", "✓"),
        ("Wingdings", "F06E", "■"),
        ("Wingdings", "F06C", "●"),
        ("Wingdings 2", "0052", "☑"),
        ("Wingdings 2", "F054", "☑"),
        ("Wingdings 2", "F051", "☑"),
        ("Wingdings 2", "00A3", "☐"),
        ("Wingdings 2", "F050", "✓"),
        ("Symbol", "F0D6", "√"),
        ("Webdings", "0063", "☐"),
        ("Segoe UI Symbol", "2611", "☑"),
        ("宋体", "25A1", "□"),
        ("Wingdings 3", "F075", "\N{REPLACEMENT CHARACTER}"),
        ("Wingdings", "zz", ""),
    ],
)
def test_symbols(font: str, code: str, expected: str) -> None:
    assert read_lines(p(f'<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>', "是")) == [f"{expected}是"]


def test_text_set_in_a_symbol_font() -> None:
    fonts = '<w:rFonts w:ascii="Wingdings 2" w:hAnsi="Wingdings 2"/>'
    assert read_lines(p(r("R", fonts), "有", r("£", fonts), "无")) == ["☑有☐无"]
    assert read_lines(p(r("\uf0fe有"))) == ["☑有"]


def test_bullets_that_are_boxes() -> None:
    bullets = [
        ("Wingdings", "\uf0fe"),
        ("Wingdings", "\uf06f"),
        ("Wingdings", "l"),
        ("宋体", "□"),
        ("Wingdings 2", "R"),
    ]
    kinds = "".join(
        f'<w:abstractNum w:abstractNumId="{n}"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/>'
        f'<w:lvlText w:val="{bullet}"/><w:rPr><w:rFonts w:ascii="{font}"/></w:rPr></w:lvl></w:abstractNum>'
        for n, (font, bullet) in enumerate(bullets)
    )
    lists = "".join(f'<w:num w:numId="{n + 7}"><w:abstractNumId w:val="{n}"/></w:num>' for n in range(len(bullets)))
    numbering = f"<w:numbering {NAMESPACES}>{kinds}{lists}</w:numbering>".encode()
    item = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{}"/></w:numPr>'
    data = word("".join(p(f"第{n}项", properties=item.format(n + 7)) for n in range(6)))
    document = read_docx.read(repacked(data, {"word/numbering.xml": numbering}), ALL)
    assert lines(document) == ["☑第0项", "☐第1项", "第2项", "☐第3项", "☑第4项", "第5项"]


def test_typed_glyphs_stay() -> None:
    text = "■是 □否 √有 （√）无 ●甲 ○乙 ☒丙"
    assert read_lines(p(text)) == [text]


# --- fields -------------------------------------------------------------------------------------------


def test_results_stay_and_instructions_go() -> None:
    body = p("电话：", legacy("<w:textInput/>", "0591-8700"), "，", legacy("<w:textInput/>", "\u2002\u2002\u2002"))
    assert read_lines(body + p("完")) == ["电话：0591-8700，", "完"]


def test_drop_down_lists() -> None:
    entries = '<w:listEntry w:val="国家级"/><w:listEntry w:val="省级"/>'
    assert read_lines(p("级别：", legacy(f'<w:ddList><w:result w:val="1"/>{entries}</w:ddList>'))) == ["级别：省级"]
    assert read_lines(p("级别：", legacy(f"<w:ddList>{entries}</w:ddList>"))) == ["级别：国家级"]


def field(*instruction: str, result: str = "") -> str:
    """A field whose instruction stands in several runs."""
    parts = "".join(f'<w:r><w:instrText xml:space="preserve">{part}</w:instrText></w:r>' for part in instruction)
    begin, separate, end = (f'<w:r><w:fldChar w:fldCharType="{k}"/></w:r>' for k in ("begin", "separate", "end"))
    return begin + parts + (separate + r(result) if result else "") + end


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (field(" eq \\o\\ac(", "□", ",√)"), "☑"),
        (field("EQ \\o(□, ✓)"), "☑"),
        (field("eq \\o\\ac(○,1)"), "1"),
        (field("eq \\f(1,2)"), "1,2"),
        (field('SYMBOL 254 \\f "Wingdings" \\s 12'), "☑"),
        (field('SYMBOL 0xA3 \\f "Wingdings 2"'), "☐"),
        (field('SYMBOL 254 \\f "Wingdings"', result="☑"), "☑"),
        (field("PAGE"), ""),
    ],
)
def test_fields_that_draw(drawn: str, expected: str) -> None:
    """带圈字符 is how many people tick a printed box; Word keeps no result for it."""
    assert read_lines(p("是", drawn, "否")) == [f"是{expected}否"]


def test_nested_and_unfinished_fields_hide_nothing() -> None:
    begin, separate, end = (f'<w:r><w:fldChar w:fldCharType="{k}"/></w:r>' for k in ("begin", "separate", "end"))
    nested = p("甲", begin, "IF", begin, "X", separate, "Y", end, separate, "乙", end, "丙")
    assert read_lines(nested) == ["甲乙丙"]
    assert read_lines(p("甲", begin, "乙") + p("丙")) == ["甲乙", "丙"]
    assert read_lines(p("甲", end, separate, "乙")) == ["甲乙"]


# --- text boxes ---------------------------------------------------------------------------------------


def shape(content: str, requires: str = "wps") -> str:
    """A text box as Word writes it: in DrawingML for itself, and again in VML for older programs."""
    box = f"<wps:wsp><wps:txbx><w:txbxContent>{content}</w:txbxContent></wps:txbx></wps:wsp>"
    graphic = f"<a:graphic><a:graphicData>{box}</a:graphicData></a:graphic>"
    choice = f'<mc:Choice Requires="{requires}"><w:drawing><wp:anchor>{graphic}</wp:anchor></w:drawing></mc:Choice>'
    fallback = f"<mc:Fallback>{vml(content)}</mc:Fallback>"
    return f"<w:r><mc:AlternateContent>{choice}{fallback}</mc:AlternateContent></w:r>"


def vml(content: str) -> str:
    return f"<w:pict><v:shape><v:textbox><w:txbxContent>{content}</w:txbxContent></v:textbox></v:shape></w:pict>"


def test_a_text_box_stands_once_where_it_is_anchored() -> None:
    boxed = shape(p("示例公司"))
    assert read_lines(p("前") + p("单位：", boxed, "电话：") + p("后")) == ["前", "单位：", "示例公司", "电话：", "后"]
    assert read_lines(p(boxed, "正文")) == ["示例公司", "正文"]
    assert read_lines(p("项目", boxed, "名称")) == ["项目名称", "示例公司"]


def test_only_a_choice_that_is_understood_is_read() -> None:
    choice = f'<mc:Choice Requires="x99">{r("新")}</mc:Choice>'
    fallback = f"<mc:Fallback>{r('旧')}</mc:Fallback>"
    assert read_lines(p(f"<mc:AlternateContent>{choice}{fallback}</mc:AlternateContent>")) == ["旧"]
    assert read_lines(p(f"<mc:AlternateContent>{choice}</mc:AlternateContent>")) == ["新"]
    assert read_lines(p(shape(p("甲"), requires="x99"))) == ["甲"]


def test_a_text_box_of_old_and_a_table_in_one() -> None:
    document = read(p(f"<w:r>{vml(tbl(tr('单位', '示例公司')))}</w:r>"))
    assert texts(document.pages[0]) == ["[单位|示例公司]"]


def test_a_text_box_in_a_cell() -> None:
    table = only_table(read(tbl(tr("单位", tc(p(shape(p("示例公司"))))))))
    assert cell(table, 1, 2).text == "示例公司"


# --- revisions, hidden and struck text ----------------------------------------------------------------


def test_tracked_changes_are_read_as_accepted_and_reported() -> None:
    removed = "<w:del><w:r><w:delText>50</w:delText></w:r></w:del>"
    document = read(p("金额：", removed, f"<w:ins>{r('80')}</w:ins>", "万元"))
    assert lines(document) == ["金额：80万元"]
    assert codes(document) == ["revisions"]


def test_moves_deleted_rows_cells_and_paragraph_marks() -> None:
    body = (
        p("一", f"<w:moveFrom>{r('去')}</w:moveFrom>", f"<w:moveTo>{r('来')}</w:moveTo>")
        + p("项目", properties="<w:rPr><w:del/></w:rPr>")
        + p("名称", properties="<w:rPr><w:del/></w:rPr>")
        + p("：甲")
        + tbl(
            tr("留", tc("删", "<w:cellDel/>"), "末"),
            tr("删行", "删行", properties="<w:del/>"),
            tr("新行", "2", properties="<w:ins/>"),
        )
    )
    document = read(body)
    assert texts(document.pages[0]) == ["一来", "项目名称：甲", "[留|末|新行|2]"]
    assert codes(document) == ["revisions"]


def test_a_table_whose_rows_are_all_deleted_is_gone() -> None:
    assert texts(read(p("甲") + tbl(tr("删", properties="<w:del/>"))).pages[0]) == ["甲"]


def test_formatting_changes_are_no_revisions() -> None:
    assert codes(read(p(r("甲", "<w:b/><w:rPrChange><w:rPr/></w:rPrChange>")))) == []


def test_hidden_and_struck_text_is_left_out_and_reported() -> None:
    document = read(p("金额", r("机密", "<w:vanish/>"), r("100", "<w:strike/>"), r("120", '<w:strike w:val="0"/>')))
    assert lines(document) == ["金额120"]
    assert codes(document) == ["hidden-text", "struck-text"]
    assert "机密" in document.problems[0].message
    assert "100" in document.problems[1].message


def test_text_hidden_by_its_style() -> None:
    data = word(
        p(r("看不见", '<w:rStyle w:val="Sub"/>'), r("看得见", '<w:rStyle w:val="Sub"/><w:vanish w:val="false"/>'))
    )
    base = '<w:style w:type="character" w:styleId="Base"><w:rPr><w:vanish/></w:rPr></w:style>'
    sub = '<w:style w:type="character" w:styleId="Sub"><w:basedOn w:val="Base"/></w:style>'
    loop = "".join(f'<w:style w:styleId="{a}"><w:basedOn w:val="{b}"/></w:style>' for a, b in ("AB", "BA"))
    styles = f"<w:styles {NAMESPACES}>{base}{sub}{loop}</w:styles>".encode()
    document = read_docx.read(repacked(data, {"word/styles.xml": styles}), ALL)
    assert lines(document) == ["看得见"]
    assert codes(document) == ["hidden-text"]
