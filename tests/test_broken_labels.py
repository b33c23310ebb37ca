"""Labels that a narrow column breaks beside their value, in a form without rules."""

from paper import by_name, pages, programme

from extractors.broken_labels import whole_labels
from extractors.form import extract
from extractors.labels import labels_of
from extractors.lines import halves
from pipeline.model import BBox, Line

LABELS = labels_of(programme().fields)


def at(x: float, top: float, text: str) -> Line:
    return Line(text, BBox(x, top, x + 5 * halves(text), top + 10))


def whole(*lines: Line) -> list[str]:
    return [line.text for line in whole_labels(lines, lambda text: LABELS.whole(text) is not None)]


def test_a_label_and_its_unit_beside_a_value() -> None:
    assert whole(at(60, 50, "2023年净利润（万 1237.61"), at(120, 64, "元）：")) == ["2023年净利润（万元）： 1237.61"]


def test_a_value_that_was_read_without_a_space_before_it() -> None:
    for text, rest, joined in (
        ("2023年净利润（万1237.61", "元）：", "2023年净利润（万元）：1237.61"),
        ("成立日期（以营业执照2005/11/02", "为准）：", "成立日期（以营业执照为准）：2005/11/02"),
        ("有无涉黑涉恶违法行(无)", "为：", "有无涉黑涉恶违法行为：(无)"),
    ):
        assert whole(at(60, 50, text), at(120, 64, rest)) == [joined]


def test_a_unit_on_a_line_of_its_own_is_the_labels() -> None:
    found = by_name(
        extract(
            pages(
                [
                    at(60, 50, "2023年营业收入 285000000"), at(320, 50, "2023年净利润 5700000"),
                    at(90, 64, "（元）："), at(340, 64, "（元）："),
                ]
            ),
            programme(),
        )
    )  # fmt: skip
    assert [str(claim.value) for claim in found["revenue"]] == ["285000000.00"]
    assert [str(claim.value) for claim in found["net_profit"]] == ["5700000.00"]


def test_a_label_of_three_lines_beside_another_of_two() -> None:
    lines = [
        at(60, 50, "有无涉黑涉恶违法行 □有 ☑无"), at(320, 50, "是否被列入企业经营 □是 ☑否"),
        at(60, 64, "为： 异常名录或失信企业"), at(320, 78, "名单："),
    ]  # fmt: skip
    lines[2] = Line(lines[2].text, BBox(125, 64, 410, 74))
    assert whole(*lines) == [
        "有无涉黑涉恶违法行为： □有 ☑无",
        "是否被列入企业经营异常名录或失信企业名单： □是 ☑否",
    ]


def test_what_stands_behind_the_rest_of_a_label_is_the_value_going_on() -> None:
    lines = whole(at(60, 50, "注册地址（与营业执 福建省福州市示例路1号示例"), at(60, 64, "照一致）： 大厦2层"))
    assert lines == ["注册地址（与营业执照一致）： 福建省福州市示例路1号示例", "大厦2层"]


def test_whole_labels_and_texts_that_are_far_or_aside_stay() -> None:
    for lines in (
        [at(60, 50, "联系人： 例甲"), at(60, 64, "联系电话：")],
        [at(60, 50, "2023年净利润（万 1237.61"), at(120, 90, "元）：")],
        [at(60, 50, "2023年净利润（万 1237.61"), at(400, 64, "元）：")],
    ):
        assert whole(*lines) == [line.text for line in lines]


def test_the_rest_of_a_label_that_has_no_colon() -> None:
    lines = [at(60, 50, "3080.65"), at(200, 50, "研发投入占营业收入 33.00%"), at(200, 64, "比例")]
    assert whole(*lines) == ["3080.65", "研发投入占营业收入比例 33.00%"]
    assert whole(at(60, 50, "联系人 例甲"), at(60, 64, "电话 无")) == ["联系人 例甲", "电话 无"]


def test_a_value_at_the_middle_of_a_broken_label() -> None:
    lines = (
        at(45, 50, "从业人数（2023"), at(45, 65, "年末）"),
        at(131, 58, "1491人"), at(270, 58.4, "研发人员"), at(408, 57, "12人"),
    )  # fmt: skip
    found = by_name(extract(pages(lines), programme()))
    assert found["employees"][0].value == 1491
    assert found["rd_employees"][0].value == 12


def test_a_bracket_that_closes_behind_a_value_ends_no_label() -> None:
    lines = (at(43, 98, "项目名称（与合同一：凌云示例石材纹理质检"), at(100, 112, "）"))
    assert whole(*lines) == [line.text for line in lines]


def test_the_rest_of_a_label_goes_to_the_nearest_line_above() -> None:
    lines = (at(47, 82, "申报类别"), at(48, 94, "申报项目名称"), at(51, 101, "（与合同一致） 星澜示例平台"))
    assert whole(*lines) == ["申报类别", "申报项目名称（与合同一致）：", "星澜示例平台"]


def test_a_low_figure_beside_the_first_line_of_its_label() -> None:
    lines = (
        Line("2023年营业收入", BBox(43.4, 394.1, 118.9, 407.3)),
        Line("13,414.52", BBox(139.5, 396.0, 189.9, 405.0)),
        Line("（万元）：", BBox(49.6, 409.6, 92.3, 422.8)),
    )
    (found,) = by_name(extract(pages(lines), programme()))["revenue"]
    assert found.value == 134_145_200


def test_the_end_of_a_label_that_was_read_with_another_ones_and_stands_higher_for_it() -> None:
    lines = (
        Line("是否被列入企业经营异", BBox(301.8, 607.7, 408.6, 617.6)),
        Line("有无涉黑涉恶违法行", BBox(44.4, 614.7, 140, 625.3)),
        Line("☐有 ☑无", BBox(167.4, 620.8, 217.8, 635)),
        Line("常名录或失信企业名", BBox(301.8, 620.8, 397.8, 633.9)),
        Line("☐是 ☑否", BBox(425.4, 621.2, 475.8, 635)),
        Line("为: 单：", BBox(42.6, 627.3, 318.6, 649.4)),
    )
    (found,) = by_name(extract(pages(lines), programme()))["listed_dishonest"]
    assert found.value == "no"
