"""Lines that no label claims beside a value: parts of it in a scan, or what puts it in doubt."""

from dataclasses import replace

from paper import by_name, pages, programme

from extractors.form import extract, extract_pages
from extractors.lines import box_of, halves
from pipeline.model import BBox, Bounds, FieldValue, Line, Method


def at(x: float, top: float, text: str) -> Line:
    return Line(text, BBox(x, top, x + 5 * halves(text), top + 10), 0.999)


def claim(name: str, *lines: Line) -> FieldValue:
    (found,) = by_name(extract(pages(lines, method=Method.OCR), programme()))[name]
    return found


def test_a_broken_value_beside_another_label_that_was_read_with_it() -> None:
    across = at(135, 100, "示例瀚海（漳州）光电技术 统一社会信用代码")
    across = replace(across, bbox=replace(box_of(across), bottom=114))  # as high as both of its parts
    found = claim(
        "applicant_name",
        at(50, 104, "企业名称"), across, at(135, 112, "有限责任公司"), at(420, 104, "91350602MARK7M1F1D"),
    )  # fmt: skip
    assert found.value == "示例瀚海（漳州）光电技术有限责任公司"
    assert found.evidence.bounds is Bounds.RECKONED


def test_the_first_line_of_options_over_their_label() -> None:
    found = claim(
        "software_functions",
        at(150, 100, "☑智能数据挖掘 ☐智能决策与控制 ☑类脑智能 ☐智能模型 ☐计算机视觉"),
        at(50, 112, "软件功能类别："),
        at(150, 112, "☑图像识别 ☐自然语言理解 ☐生物特征识别 ☐机器学习"),
    )
    assert found.value == ("data_mining", "brain_inspired", "image")


def test_what_may_be_a_part_or_not_puts_a_value_in_doubt() -> None:
    lines = (at(50, 100, "申报单位：示例有限公司"), at(130, 112, "（盖章处见封底）"), at(50, 140, "联系人：示某甲"))
    found = claim("applicant_name", *lines)
    assert (found.value, found.evidence.bounds) == ("示例有限公司", Bounds.AMISS)


def test_a_figure_that_a_line_broke() -> None:
    found = claim(
        "rd_expense", at(50, 100, "总资产（万元）：57368.90 研发投入（万元）：1"), at(50, 112, "269.22 职务：总经理")
    )
    assert found.evidence.bounds is Bounds.AMISS


def test_a_line_belongs_to_the_nearer_of_two_values() -> None:
    lines = (
        at(45, 100, "项目名称：示例医保票据分析典型应用场景"),
        at(100, 119, "样例轨道交通设备集团"), at(45, 128, "企业名称：  有限公司"), at(272, 128, "成立日期：2020-01-01"),
    )  # fmt: skip
    assert claim("project_name", *lines).evidence.bounds is Bounds.SEEN
    assert claim("applicant_name", *lines).evidence.bounds is not Bounds.SEEN


def test_the_next_numbered_label_ends_a_text_and_a_blank() -> None:
    text = "15. 项目简介：本场景覆盖22条产线、74台设备，已连续运行7个季度，设备采用IP67防护等级。"
    assert str(claim("summary", at(50, 100, text), at(50, 116, "16.项目负责人职称：工程师")).value).endswith("等级。")
    assert claim("rd_employees", at(50, 100, "16. 研发人员："), at(50, 116, "17.传真：0591-80000009")).value is None


def test_a_heading_under_a_value_is_none_of_it() -> None:
    found = claim(
        "applicant_name",
        at(50, 60, "项目名称：示例茶叶分拣分析传感器模组的研发"),
        at(50, 100, "申报单位：示例有限公司"),
        at(100, 112, "经营情况"),
    )
    assert (found.value, found.evidence.bounds) == ("示例有限公司", Bounds.SEEN)


def test_a_text_goes_on_where_each_page_came_as_a_file() -> None:
    first = "项目简介：本场景覆盖22条产线、74台设备，已连续运行7个季度，设备采用IP67防护等级"
    files = [
        replace(pages([line], method=Method.OCR), sha256=str(number) * 64)
        for number, line in enumerate((at(50, 740, first), at(100, 50, "，支持5G与Wi-Fi 6接入。")))
    ]
    (found,) = by_name(extract_pages(files, programme()))["summary"]
    assert str(found.value).endswith("IP67防护等级，支持5G与Wi-Fi 6接入。")
