"""Figures in free text: what each is about, how exactly it is said, and what is none of the form's."""

from decimal import Decimal

import pytest

from extractors.narrative import figure_reader
from pipeline.narrative import Bound, Figure, agrees
from pipeline.programme import load_programme

READ = figure_reader(load_programme("fujian-ai-2024"))


def told(text: str) -> list[tuple[str, Decimal]]:
    return [(figure.quantity, figure.value / 10_000) for figure in READ(text)]


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        (
            "2023年公司实现营业收入5000万元，其中人工智能业务收入3000.5万元。",
            [("revenue", "5000"), ("ai_revenue", "3000.5")],
        ),
        ("2023年营业收入达1.2亿元，同比增长30%。", [("revenue", "12000")]),
        ("2023年营业收入同比增长30%，达到5000万元。", [("revenue", "5000")]),
        ("公司2023年度营业收入为4,986.32万元。", [("revenue", "4986.32")]),
        ("公司注册资本1000万元，2023年营业收入5000万元。", [("revenue", "5000")]),
        ("2023年企业营业收入\n达５０００万元", [("revenue", "5000")]),
        ("营业收入五千万元", [("revenue", "5000")]),
        ("实现5000万元的营业收入", [("revenue", "5000")]),
        ("投入86.4万元采购算力服务。", [("compute_total", "86.4")]),
        ("向示例算力公司购买算力服务共计人民币864000元。", [("compute_total", "86.4")]),
        ("场景总投资3亿2000万元", [("investment", "32000")]),
        ("产品累计销售收入突破800万元，服务用户120家。", [("product_revenue", "800")]),
    ],
)
def test_a_figure_and_its_quantity(text: str, figures: list[tuple[str, str]]) -> None:
    assert told(text) == [(quantity, Decimal(value)) for quantity, value in figures]


@pytest.mark.parametrize(
    "text",
    [
        "本项目面向示例行业，建设智能平台。",
        "营业收入较上年增加500万元。",
        "营业收入增长了约500万元。",
        "公司近三年累计营业收入1.5亿元。",
        "预计2024年实现营业收入8000万元。",
        "到2026年，公司力争营业收入1亿元。",
        "带动上下游企业实现营业收入3亿元。",
        "为客户节约成本300万元。",
        "尚未形成销售收入。",
        "营业收入中研发投入500万元。",
        "2022年、2023年营业收入分别为3000万元和5000万元。",
        "上半年营业收入2000万元。",
        "服务用户5000万人次，营业收入持续增长。",
    ],
)
def test_what_is_none_of_the_forms_figures(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("营业收入5000万元", Bound.EXACT),
        ("营业收入约5000万元", Bound.ABOUT),
        ("营业收入5000万元左右", Bound.ABOUT),
        ("营业收入近5000万元", Bound.NEARLY),
        ("营业收入5000余万元", Bound.AND_MORE),
        ("营业收入不低于5000万元", Bound.AT_LEAST),
        ("营业收入5000万元以上", Bound.AT_LEAST),
        ("营业收入超过5000万元", Bound.MORE_THAN),
        ("营业收入突破5000万元", Bound.MORE_THAN),
        ("营业收入不超过5000万元", Bound.AT_MOST),
        ("营业收入低于5000万元", Bound.LESS_THAN),
        ("营业收入不足5000万元", Bound.LESS_THAN),
    ],
)
def test_how_exactly_it_is_said(text: str, bound: Bound) -> None:
    (figure,) = READ(text)
    assert (figure.bound, figure.value) == (bound, Decimal(50_000_000))


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2022年营业收入5000万元", 2022),
        ("去年营业收入5000万元", 2023),
        ("上年度营业收入5000万元", 2023),
        ("今年营业收入5000万元", 2024),
        ("营业收入5000万元", None),
        ("截至2023年底，累计销售收入800万元", None),
        ("2015年成立，2023年营业收入5000万元", 2023),
    ],
)
def test_the_year_it_is_said_of(text: str, year: int | None) -> None:
    assert [figure.year for figure in READ(text)] == [year]


@pytest.mark.parametrize(
    ("text", "step", "slack"),
    [
        ("营业收入5000万元", "10000", "10000000"),
        ("营业收入1.20亿元", "1000000", "10000000"),
        ("营业收入86.4万元", "1000", "1000"),
        ("营业收入五千万元", "10000000", "10000000"),
        ("营业收入12000元", "1", "1000"),
        ("营业收入5千万元", "10000000", "10000000"),
    ],
)
def test_the_precision_of_the_text(text: str, step: str, slack: str) -> None:
    (figure,) = READ(text)
    assert (figure.step, figure.slack) == (Decimal(step), Decimal(slack))


@pytest.mark.parametrize(
    ("bound", "true", "false"),
    [
        (Bound.EXACT, ["49995000.00", "50005000.00"], ["49994999.99", "50005000.01"]),
        (Bound.ABOUT, ["45000000.00", "55000000.00"], ["44999999.99", "55000000.01"]),
        (Bound.NEARLY, ["40000000.00", "50005000.00"], ["39999999.99", "50005000.01"]),
        (Bound.AND_MORE, ["50000000.00", "59999999.99"], ["49999999.99", "60000000.00"]),
        (Bound.AT_LEAST, ["50000000.00"], ["49999999.99"]),
        (Bound.MORE_THAN, ["50000000.01"], ["50000000.00"]),
        (Bound.AT_MOST, ["50000000.00"], ["50000000.01"]),
        (Bound.LESS_THAN, ["49999999.99"], ["50000000.00"]),
    ],
)
def test_both_sides_of_what_a_bound_allows(bound: Bound, true: list[str], false: list[str]) -> None:
    figure = Figure("revenue", Decimal(50_000_000), Decimal(10_000), Decimal(10_000_000), bound, None, "", "", 0, 0)
    assert all(agrees(figure, Decimal(value)) for value in true)
    assert not any(agrees(figure, Decimal(value)) for value in false)


def test_about_leaves_five_percent_to_a_figure_with_many_digits() -> None:
    figure = Figure("revenue", Decimal(49_860_000), Decimal(10_000), Decimal(10_000), Bound.ABOUT, None, "", "", 0, 0)
    assert agrees(figure, Decimal("52353000.00"))
    assert not agrees(figure, Decimal("52353000.01"))
