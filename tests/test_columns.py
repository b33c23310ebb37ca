"""A label beside several lines, where no rule says so."""

from paper import by_name, pages, programme

from extractors.columns import beside
from extractors.form import extract
from pipeline.model import BBox, Line


def line(text: str, x: float, top: float) -> Line:
    return Line(text, BBox(x, top, x + 10 * len(text), top + 10))


def is_label(text: str) -> bool:
    return text in ("申报方向：", "项目简介（300字以内）", "联系人")


OPTIONS = [line("□算力服务补助 □软件优", 100, 100), line("申报方向：", 20, 107), line("质产品 ☑硬件优质产品", 100, 114)]


def test_label_at_half_height() -> None:
    rest = [line("联系人", 20, 140), line("林示例", 100, 140)]
    label, *others = beside([*OPTIONS, *rest], is_label)
    assert label == ((OPTIONS[1],), (OPTIONS[0], OPTIONS[2]))
    assert others == rest


def test_label_of_two_lines() -> None:
    lines = [
        line("第一行，", 150, 100),
        line("项目简介（300", 20, 108),
        line("第二行，", 150, 116),
        line("字以内）", 20, 124),
        line("第三行。", 150, 132),
    ]
    assert beside(lines, is_label) == [((lines[1], lines[3]), (lines[0], lines[2], lines[4]))]


def test_plain_lines_stay() -> None:
    rows = [line("联系人", 20, 100), line("林示例", 100, 100), line("示例", 20, 116), line("示例", 100, 116)]
    assert beside(rows, is_label) == rows


def test_claim() -> None:
    found = by_name(extract(pages(OPTIONS), programme()))
    assert [claim.value for claim in found["direction"]] == ["hardware"]


def test_prose_in_a_column_ends_where_a_line_begins_before_it() -> None:
    prose = [
        line("项目简介：", 20, 100), line("系统已在多家示例单位稳定运行，单节点日处理图像", 220, 100),
        line("九十三万张，检出率高。", 220, 114),
    ]  # fmt: skip
    for after in ([line("主营业务", 20, 128), line("示例软件研发与销售", 220, 128)], [line("【申报承诺】", 20, 128)]):
        found = by_name(extract(pages([*prose, *after]), programme()))
        values = [claim.value for claim in found["summary"]]
        assert values == ["系统已在多家示例单位稳定运行，单节点日处理图像九十三万张，检出率高。"]
    heading = by_name(
        extract(pages([line("项目简介：系统稳定运行。", 20, 100), line("【申报承诺】", 20, 114)]), programme())
    )
    assert [claim.value for claim in heading["summary"]] == ["系统稳定运行。"]


def test_the_rest_of_the_value_above_is_not_the_first_line_beside_a_label() -> None:
    lines = [
        line("地址一", 20, 100), line("示例路一二八二号示例科技园", 100, 100), line("十八号楼", 100, 112),
        line("联系人", 20, 127), line("示例路一二八二号示例科技园", 100, 127), line("十八号楼", 100, 139),
    ]  # fmt: skip
    assert beside(lines, is_label) == lines


def test_a_line_is_no_nearer_to_the_next_value_because_that_ones_box_is_drawn_high() -> None:
    labels = ("申报方向：", "联系人")
    boxes = {"甲": (225.6, 240.4), "乙": (242.4, 255.5), "丙": (255.0, 272.3), "丁": (272.0, 286.0)}
    values = [Line(text, BBox(280, top, 500, bottom)) for text, (top, bottom) in boxes.items()]
    first, second = (Line(text, BBox(57, top, 104, top + 13)) for text, top in zip(labels, (230.8, 262.7), strict=True))
    lines = [values[0], first, *values[1:3], second, values[3]]
    assert beside(lines, is_label) == [((first,), tuple(values[:2])), ((second,), tuple(values[2:]))]
