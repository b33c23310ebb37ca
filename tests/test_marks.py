"""Every way of marking an answer that forms and pens have."""

import pytest
from paper import paper, programme, table

from extractors.form import extract
from extractors.marks import answer
from pipeline.model import BBox, Document, FieldSpec, Line, Method, Page


def spec(name: str) -> FieldSpec:
    return next(field for field in programme().fields if field.name == name)


def codes(name: str, text: str, *, ocr: bool = False) -> tuple[str, ...] | str | None:
    """The codes chosen, the problem's code, or None for a blank."""
    found = answer(spec(name), text, ocr=ocr)
    if found.options is None:
        return found.problem.code if found.problem else None
    return tuple(option.code for option in found.options)


@pytest.mark.parametrize(
    "text",
    [
        "☑软件和信息技术服务业企业 ☐工业企业 ☐其他",
        "■软件和信息技术服务业企业□工业企业□其他：______",
        "√软件和信息技术服务业企业  □工业企业  □其他",
        "☒ 软件和信息技术服务业企业\n□ 工业企业\n□ 其他",
        "✓软件和信息技术服务业企业 工业企业 其他",
        "●软件和信息技术服务业企业 ○工业企业 ○其他",
        "（√）软件和信息技术服务业企业 （ ）工业企业 （  ）其他",
        "软件和信息技术服务业企业（√） 工业企业（　） 其他（ ）",
        "软件和信息技术服务业企业☑ 工业企业☐ 其他☐",
        "软件和信息技术服务业企业√ 工业企业 其他",
        "[x] 软件和信息技术服务业企业 [ ] 工业企业 [ ] 其他",
        "【√】软件和信息技术服务业企业【】工业企业【】其他",
        "软件和信息技术服务业企业",
        "（软件和信息技术服务业）",
        "☑1.软件和信息技术服务业企业 □2.工业企业 □3.其他",
        "□√软件和信息技术服务业企业 □工业企业 □其他",
        "请选择：☑软件和信息技术服务业企业 ☐工业企业",
        "_√_软件和信息技术服务业企业 ___工业企业",
        "软件和信息技术服务业企业（已认定）",
        "软 件 和 信 息 技 术 服 务 业 企 业",
    ],
)
def test_one_marked(text: str) -> None:
    assert codes("enterprise_type", text) == ("software_it",)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("有□ 无☑", "no"),
        ("□有 ☑无", "no"),
        ("有☑无□", "yes"),
        ("是（√）否（ ）", "yes"),
        ("（ ）是（√）否", "no"),
        ("○是 ●否", "no"),
        ("是 √否", "no"),
        ("是√ 否", "yes"),
        ("是\n否√", "no"),
        ("无", "no"),
        ("无。", "no"),
        ("（无）", "no"),
        ("否，未列入任何名单", "no"),
        ("不存在", "no"),
        ("未被列入", "no"),
        ("（√）有 （×）无", "yes"),
        ("☐有 ☒无", "no"),
        ("有 / 无√", "no"),
    ],
)
def test_yes_or_no(text: str, code: str) -> None:
    assert codes("illegal_acts", text) == (code,)


@pytest.mark.parametrize(
    "text",
    ["□有 □无", "☑有 ☑无", "有√无", "◪有 ☐无", "☑有 ◪无", "有/无", "有 无", "（ ）是 （ ）否", "是√否√", "无锡市"],
)
def test_no_answer_is_unclear(text: str) -> None:
    assert codes("illegal_acts", text) == "unclear"


@pytest.mark.parametrize("text", ["", "  ", "____", "—"])
def test_blank_is_no_answer(text: str) -> None:
    assert codes("enterprise_type", text) is None


def test_ticked_words_that_are_no_option() -> None:
    assert codes("enterprise_type", "□软件和信息技术服务业企业 □工业企业 ☑科研院所") == "unclear"


def test_other_with_words() -> None:
    assert codes("scenario_field", "□工业制造 □医疗 ☑其他：医疗器械追溯") == ("other",)
    assert codes("hardware_kind", "其他（边缘计算盒）☑ 芯片□ 传感器□") == ("other",)


def test_none_may_be_an_option() -> None:
    assert codes("rd_platform_level", "无") == ("none",)
    assert codes("rd_platform_level", "□国家级 □省级 ☑市级 □县级 □无") == ("city",)


def test_several() -> None:
    assert codes("software_functions", "☑智能数据挖掘 □计算机视觉 ☑人机交互 ☑虚拟现实/增强现实") == (
        "data_mining",
        "interaction",
        "vr_ar",
    )
    assert codes("software_functions", "机器学习、计算机视觉") == ("vision", "machine_learning")
    printed = "、".join(option.labels[0] for option in spec("software_functions").options)
    assert codes("software_functions", printed) == "unclear"
    assert codes("software_functions", "□智能数据挖掘 □计算机视觉") == "unclear"


def test_words_of_a_recognised_list_that_are_no_option_are_told() -> None:
    assert codes("software_functions", "机器学习、计算机视觉等2项", ocr=True) == ("vision", "machine_learning")
    assert codes("software_functions", "智能模型、图像识别、自然语言理", ocr=True) == "unclear"
    assert codes("software_functions", "智能模型、图像识别、自然语言理") == ("model", "image")


def test_recognisers_slips() -> None:
    assert codes("enterprise_type", "☑软件和信息技木服务业企业 ☐工业企业", ocr=True) == ("software_it",)
    assert codes("illegal_acts", "口有 ☑无", ocr=True) == ("no",)
    assert codes("model_status", "口正在训练 ☑已完戍训练", ocr=True) == ("trained",)


def test_yes_or_no_in_a_sentence() -> None:
    sentence = "本单位□有 ☑无涉黑涉恶违法行为，☑是 □否被列入企业经营异常名录或失信企业名单。"
    found = {value.name: value.value for value in extract(paper(sentence), programme())}
    assert found == {"illegal_acts": "no", "listed_dishonest": "yes"}
    found = {value.name: value.value for value in extract(paper(table([sentence])), programme())}
    assert found == {"illegal_acts": "no", "listed_dishonest": "yes"}


def test_options_on_the_next_lines() -> None:
    found = extract(paper("申报方向：", "□算力服务补助 □“领雁”软件企业", "☑软件优质产品 □硬件优质产品"), programme())
    assert [(value.name, value.value) for value in found] == [("direction", "software")]


def test_an_option_that_the_end_of_a_line_breaks() -> None:
    for above, below in (
        ("申报类别：算力服务补助 软件优质产品 √硬", "件优质产品 典型应用场景"),
        ("申报类别：□算力服务补助 □软件优质产品 ■", "硬件优质产品"),
    ):
        lines = Line(above, BBox(60, 100, 530, 111)), Line(below, BBox(280, 114, 400, 125))
        page = Page(1, Method.PDF, lines, 595, 842)
        found = extract(Document("0" * 64, "application/pdf", "test", (page,), 1), programme())
        assert [(value.name, value.value) for value in found] == [("direction", "hardware")]


def test_a_tick_at_words_that_are_no_option_is_not_the_other_sides() -> None:
    assert codes("direction", "算力服务补助 软件优质产品 √硬") == "unclear"


def test_options_in_cells_of_their_own() -> None:
    form = table(["申报方向", "□算力服务补助", "☑软件优质产品", "□硬件优质产品"])
    assert [(v.name, v.value) for v in extract(paper(form), programme())] == [("direction", "software")]


def test_label_and_answer_in_brackets() -> None:
    found = {v.name: v.value for v in extract(paper(table(["有无涉黑涉恶违法行为（无）"])), programme())}
    assert found == {"illegal_acts": "no"}


def test_one_misread_answer_is_what_the_others_leave() -> None:
    spec = next(spec for spec in programme().fields if spec.name == "illegal_acts")
    read = [answer(spec, text, ocr=True).options for text in ("☐有 ☑先", "☐有 ☑先生", "☑先 ☑旡", "有☐ 先☑")]
    assert [options and options[0].code for options in read] == ["no", None, None, "no"]
    assert answer(spec, "☐有 ☑先", ocr=False).options is None


@pytest.mark.parametrize(
    ("text", "ocr", "is_partial"),
    [("☐有无", True, True), ("☐有 ☐无", True, False), ("☐有无", False, False), ("☐有 ☑无", True, False)],
)
def test_a_box_that_was_not_recognised_may_be_the_ticked_one(text: str, ocr: bool, is_partial: bool) -> None:
    found = answer(spec("illegal_acts"), text, ocr=ocr)
    assert found.is_partial is is_partial
    if is_partial:
        assert found.problem
        assert "请核对原件" in found.problem.message


@pytest.mark.parametrize(
    ("text", "is_partial"),
    [
        ("有 ☑无", True),  # the box of the other may be ticked too, or this one struck out
        ("☑有 无", True),
        ("有☑ 无", True),
        ("有 ☑☑", True),  # a pen has hidden an option's word
        ("有 ☐☑", True),
        ("☑有 ☐无", False),
        ("（√）有（）无", False),
        ("有√ 无", False),  # a tick without a box stands alone
        ("无", False),
    ],
)
def test_what_is_ticked_beside_an_option_without_a_box_is_told_in_doubt(text: str, is_partial: bool) -> None:
    found = answer(spec("illegal_acts"), text, ocr=True)
    assert found.options
    assert found.is_partial is is_partial
    assert not answer(spec("illegal_acts"), text, ocr=False).is_partial


def test_strokes_of_a_pen_beyond_its_box_are_no_part_of_the_option() -> None:
    for text in ("☐有 ☑^无", "☐有 ☑′无", "有☐ 无’☑"):
        assert codes("illegal_acts", text, ocr=True) == ("no",)


def test_an_answer_with_a_box_too_few_is_for_people_to_settle() -> None:
    for text, value, least in (("☐有无", None, 0.5), ("☐有 ☐无", None, 0.99), ("有 ☑无", "no", 0.5)):
        cells = (Line("有无涉黑涉恶违法行为：", BBox(60, 60, 170, 70), 0.99), Line(text, BBox(180, 60, 240, 70), 0.99))
        (claim,) = extract(paper(*cells, method=Method.OCR, number=1), programme())
        assert (claim.value, claim.confidence) == (value, least)
