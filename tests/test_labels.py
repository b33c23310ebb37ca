"""Which field a text names."""

import pytest
from paper import programme

from extractors.labels import labels_of, other_label, squeeze, unit_in


def name(text: str, *, ocr: bool = False) -> str | None:
    hit = labels_of(programme().fields).whole(text, ocr=ocr)
    return hit.spec.name if hit else None


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("项目名称", "project_name"),
        ("项 目 名 称", "project_name"),
        ("项\n目\n名\n称", "project_name"),
        ("　联系人：", "contact_name"),
        ("项目联系人", "contact_name"),
        ("联系人姓名", "contact_name"),
        ("联系人电话", "contact_phone"),
        ("项目联系人电话", "contact_phone"),
        ("企业联系人", "contact_name"),
        ("（三）统一社会信用代码", "uscc"),
        ("7、申报单位（盖章）", "applicant_name"),
        ("E-mail", "contact_email"),
        ("Ｅ－ｍａｉｌ", "contact_email"),
        ("其中：研发人员数（人）", "rd_employees"),
        ("“申报单位”名称", "applicant_name"),
        ("项目简介（300字以内，包括背景（国内外）、内容）", "summary"),
        ("项目简介 不超过300字", "summary"),
        ("项目概况（如有另附页）*", "summary"),
        ("企业（单位）名称", "applicant_name"),
        ("【联系人】", "contact_name"),
        ("是否被列入企业经营异常名录或严重违法失信企业名单", "listed_dishonest"),
        ("人工智能软件和业务收入（万元）", "ai_revenue"),
        ("20 2023年营业收入", "revenue"),
        ("212023年营业收入（万元）", "revenue"),
    ],
)
def test_names(text: str, field: str) -> None:
    assert name(text) == field


@pytest.mark.parametrize(
    "text",
    [
        "项目名称变更",
        "联系人意见",
        "法定代表人电话",
        "项目负责人电话",
        "研发人员\n占比",
        "营业收入\n增长率",
        "2021年营业收入",
        "申报单位意见",
        "申报单位地址",
        "",
        "：",
        "（）",
    ],
)
def test_no_names(text: str) -> None:
    assert name(text) is None


@pytest.mark.parametrize(
    ("text", "field"),
    [("项自名称", "project_name"), ("统一社会信用代玛", "uscc"), ("法定代表入", "legal_representative")],
)
def test_recognisers_slips(text: str, field: str) -> None:
    assert name(text) is None
    assert name(text, ocr=True) == field


def test_slip_with_another_label_near_is_doubtful() -> None:
    labels = labels_of(programme().fields)
    near = labels.whole("注册地垃", ocr=True)
    assert near is not None
    assert (near.spec.name, near.doubtful) == ("registered_address", True)
    far = labels.whole("统一社会信用代玛", ocr=True)
    assert far is not None
    assert not far.doubtful


def test_value_begins_after_hints_and_colon() -> None:
    hit = labels_of(programme().fields).match("3.注册资本（万元）： 500")
    assert hit is not None
    assert ("3.注册资本（万元）： 500"[hit.end :].strip(), hit.unit, hit.colon, hit.numbered) == (
        "500",
        "万元",
        True,
        True,
    )


def test_an_ordinal_ends_before_a_year() -> None:
    hit = labels_of(programme().fields).match("18．2023年净利润（万元）：2406.44")
    assert hit is not None
    assert (hit.spec.name, hit.label, hit.numbered) == ("net_profit", "2023年净利润", True)


def test_units() -> None:
    assert [
        unit_in(text) for text in ("（单位：万元）", "/元", "（亿元）", "（人）", "（人民币）", "（％）", "（盖章）")
    ] == [
        "万元",
        "元",
        "亿元",
        "人",
        None,
        "%",
        None,
    ]


def test_labels_of_other_forms() -> None:
    assert other_label("传真：")
    assert other_label("主管部门意见（盖章）")
    assert not other_label("示例科技有限公司")


def test_squeeze_keeps_places() -> None:
    squeezed = squeeze("Ａ １　㈱b")
    assert squeezed.text == "a1(株)b"
    assert squeezed.raw_index(1) == 2
    assert squeezed.raw_index(5) == 5
    assert squeezed.raw_index(9) == 6
