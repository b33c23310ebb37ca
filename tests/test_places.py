"""Addresses, city names and division codes, former names and streets that are named after cities included."""

import pytest

from pipeline.model import FieldSpec
from pipeline.normalise import normalise
from pipeline.places import Place, cities, division, resolve, settled

FUJIAN = "福建省"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("福州市", Place(FUJIAN, "福州市")),
        ("福州", Place(FUJIAN, "福州市")),
        ("福建省福州市鼓楼区五四路1号", Place(FUJIAN, "福州市", "鼓楼区")),
        ("福州市鼓楼区厦门路88号", Place(FUJIAN, "福州市", "鼓楼区")),
        ("厦门火炬高新区软件园", Place(FUJIAN, "厦门市")),
        ("泉州市丰泽区 东海街道", Place(FUJIAN, "泉州市", "丰泽区")),
        ("晋江市罗山街道", Place(FUJIAN, "泉州市", "晋江市")),
        ("福建晋江", Place(FUJIAN, "泉州市", "晋江市")),
        ("福建省长乐市", Place(FUJIAN, "福州市", "长乐市")),
        ("福州市长乐区", Place(FUJIAN, "福州市", "长乐区")),
        ("三明市梅列区", Place(FUJIAN, "三明市", "梅列区")),
        ("平潭综合实验区金井湾", Place(FUJIAN, "平潭综合实验区", "平潭县")),
        ("福州市平潭县潭城镇", Place(FUJIAN, "平潭综合实验区", "平潭县")),
        ("平潭", Place(FUJIAN, "平潭综合实验区", "平潭县")),
        ("中国（福建）自由贸易试验区厦门片区象屿路93号", Place(FUJIAN, "厦门市")),
        ("中国福建省福州市", Place(FUJIAN, "福州市")),
        ("注册于福建省漳州市", Place(FUJIAN, "漳州市")),
        ("福建省", Place(FUJIAN)),
        ("上海浦东新区张江", Place("上海市", "上海市", "浦东新区")),
        ("广东省深圳市南山区", Place("广东省", "深圳市", "南山区")),
    ],
)
def test_one_place(text: str, place: Place) -> None:
    assert resolve(text) == (place,)


@pytest.mark.parametrize("text", ["", "五四路1号", "大同路8号", "厦门路88号", "Fuzhou", "详见附件"])
def test_no_place(text: str) -> None:
    assert resolve(text) == ()


def test_a_district_that_many_cities_have_stays_open() -> None:
    assert {"福州市", "南京市", "徐州市", "开封市"} <= cities("鼓楼区五四路")


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("350102", Place(FUJIAN, "福州市", "鼓楼区")),
        ("350200", Place(FUJIAN, "厦门市")),
        ("350299", Place(FUJIAN, "厦门市")),
        ("350128", Place(FUJIAN, "平潭综合实验区", "平潭县")),
        ("350182", Place(FUJIAN, "福州市", "长乐市")),
        ("359999", Place(FUJIAN)),
        ("999999", None),
    ],
)
def test_division_codes(code: str, place: Place | None) -> None:
    assert division(code) == place


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("福建省夏门市思明区示例街175号", "福建省厦门市思明区示例街175号"),
        ("福建省泉洲市鲤城区示例路1号", "福建省泉州市鲤城区示例路1号"),
        ("福建省厦门市湖里区示例大道437号", "福建省厦门市湖里区示例大道437号"),
        ("福建省某某市示例路1号", "福建省某某市示例路1号"),
        ("示例路1号福建省夏门市", "示例路1号福建省夏门市"),
    ],
)
def test_a_city_misread_by_one_character_is_settled(read: str, meant: str) -> None:
    assert settled(read) == meant


def test_only_what_was_recognised_from_pixels_is_settled() -> None:
    address = FieldSpec("registered_address", ("注册地址",), "address")
    assert normalise(address, "福建省夏门市思明区", None, ocr=False).value == "福建省夏门市思明区"
    assert normalise(address, "福建省夏门市思明区", None, ocr=True).value == "福建省厦门市思明区"
