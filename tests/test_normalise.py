"""Every way of writing that applicants use, by kind of field."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import FieldSpec, Option, Period
from pipeline.normalise import Normalised, normalise
from pipeline.normalise_base import is_blank

YES_NO = (Option("yes", ("是", "有", "存在")), Option("no", ("否", "无", "不是", "没有", "不存在")))
LEVELS = (Option("provincial", ("省级",)), Option("city", ("市级",)), Option("none", ("无",)))
FUNCTIONS = (
    Option("vision", ("计算机视觉",)),
    Option("image", ("图像识别",)),
    Option("vr_ar", ("虚拟现实/增强现实", "虚拟现实", "增强现实")),
)


def read(
    kind: str, raw: str, unit: str | None = None, *, own: str | None = None, ocr: bool = False, options=()
) -> Normalised:
    return normalise(FieldSpec("field", ("字段",), kind, unit=own, options=options), raw, unit, ocr)


def code(found: Normalised) -> str | None:
    return found.problem.code if found.problem else None


class TestMoney:
    @pytest.mark.parametrize(
        ("raw", "yuan", "unit"),
        [
            ("86.4", "864000.00", "万元"),
            ("1,234.56", "12345600.00", "万元"),
            ("1，234.56", "12345600.00", "万元"),
            ("1 234.56", "12345600.00", "万元"),
            ("８６．４", "864000.00", "万元"),
            ("1,\n234.56", "12345600.00", "万元"),
            ("12.345678", "123456.78", "万元"),
            ("0", "0.00", "万元"),
            ("86.4万元", "864000.00", "万元"),
            ("86.4 万", "864000.00", "万元"),
            ("12.3（万元）", "123000.00", "万元"),
            ("864000元", "864000.00", "元"),
            ("864千元", "864000.00", "千元"),
            ("1.2亿元", "120000000.00", "亿元"),
            ("1.2亿", "120000000.00", "亿元"),
            ("3亿2000万元", "320000000.00", "元"),
            ("86万4千元", "864000.00", "元"),
            ("RMB 86.4万", "864000.00", "万元"),
            ("人民币86.4万元整", "864000.00", "万元"),
            ("¥864,000.00", "864000.00", "元"),
            ("￥864000", "864000.00", "元"),
            ("人民币捌拾陆万肆仟元整", "864000.00", "元"),
            ("人民币（大写）捌拾陆万肆仟元整", "864000.00", "元"),
            ("捌拾陆万肆仟圆整", "864000.00", "元"),
            ("叁拾万元", "300000.00", "元"),
            ("贰佰叁拾肆万伍仟陆佰柒拾捌元玖角壹分", "2345678.91", "元"),
            ("两千三百万", "23000000.00", "元"),
            ("八十六点四", "864000.00", "万元"),
            ("一百○五万元", "1050000.00", "元"),
            ("864,000.00元（大写：捌拾陆万肆仟元整）", "864000.00", "元"),
            ("捌拾陆万肆仟元整（￥864,000.00）", "864000.00", "元"),
            ("86.4（大写：捌拾陆万肆仟元整）", "864000.00", "万元"),
            ("-12.3", "-123000.00", "万元"),
            ("－12.3", "-123000.00", "万元"),
            ("（12.3）", "-123000.00", "万元"),
            ("(12.3)万元", "-123000.00", "万元"),
            ("亏损12.3万元", "-123000.00", "万元"),
            ("负12.3", "-123000.00", "万元"),
        ],
    )
    def test_in_yuan(self, raw: str, yuan: str, unit: str) -> None:
        assert read("money", raw, own="万元") == Normalised(Decimal(yuan), unit)

    @pytest.mark.parametrize(
        ("raw", "label", "own", "yuan"),
        [
            ("86.4", "元", "万元", "86.40"),
            ("86.4", "单位：亿元", "万元", "8640000000.00"),
            ("86.4万元", "元", "元", "864000.00"),
            ("86.4", None, None, "86.40"),
            ("¥86.4", "万元", "元", "864000.00"),
            ("壹佰", "千元", "万元", "100000.00"),
        ],
    )
    def test_unit_of_the_value_then_of_the_label_then_of_the_field(
        self, raw: str, label: str | None, own: str | None, yuan: str
    ) -> None:
        assert read("money", raw, label, own=own).value == Decimal(yuan)

    @pytest.mark.parametrize(
        ("raw", "problem"),
        [
            ("约100", "ambiguous"),
            ("100余", "ambiguous"),
            ("近百万", "ambiguous"),
            ("100-200", "ambiguous"),
            ("100万元～200万元", "ambiguous"),
            ("864,001元（大写：捌拾陆万肆仟元整）", "ambiguous"),
            ("USD 12", "currency"),
            ("12万美元", "currency"),
            ("86.4 12.3", "unreadable"),
            ("1,23", "unreadable"),
            ("86，4", "unreadable"),
            ("1.2.3", "unreadable"),
            ("8866..44", "unreadable"),  # each character twice, as of a bold that is painted twice
            ("l2.3", "unreadable"),
            ("4万86千元万", "unreadable"),
            ("待定", "unreadable"),
            ("万元", "unreadable"),
            ("99999999999999999", "unreadable"),
        ],
    )
    def test_what_is_no_amount_has_no_value(self, raw: str, problem: str) -> None:
        found = read("money", raw, own="万元")
        assert (found.value, code(found)) == (None, problem)

    def test_less_than_a_cent_is_rounded_and_told(self) -> None:
        found = read("money", "12.3456785", own="万元")
        assert (found.value, code(found)) == (Decimal("123456.79"), "rounded")

    @pytest.mark.parametrize(
        ("raw", "yuan"),
        [
            ("86，4", "864000.00"),
            ("86,4000", "864000.00"),
            ("1.234.56", "12345600.00"),
            ("1,234,56", "12345600.00"),
            ("1.234.567", "12345670000.00"),
            ("1,234", "12340000.00"),
            ("86. 4", "864000.00"),
            ("l23.4O", "1234000.00"),
            ("B6.4万元。", "864000.00"),
            ("86·40", "864000.00"),
            ("贰佰陆拾壹万玖仟壹伯元整", "2619100.00"),
        ],
    )
    def test_a_recognisers_confusions_with_one_reading(self, raw: str, yuan: str) -> None:
        assert read("money", raw, own="万元", ocr=True).value == Decimal(yuan)


class TestPercent:
    @pytest.mark.parametrize(
        ("raw", "label", "fraction"),
        [
            ("66.67%", None, "0.6667"),
            ("66.67 ％", None, "0.6667"),
            ("66.67", None, "0.6667"),
            ("0.6667", None, "0.6667"),
            ("0.50", None, "0.5000"),
            ("0", None, "0.0000"),
            ("0.5%", None, "0.0050"),
            ("0.5", "%", "0.0050"),
            ("5‰", None, "0.0050"),
            ("百分之六十六点六七", None, "0.6667"),
            ("66.665%", None, "0.6667"),
            ("150%", None, "1.5000"),
            ("-3%", None, "-0.0300"),
            ("5", "‰", "0.0050"),
            ("0.5", "％", "0.0050"),
            ("1.5", None, "0.0150"),
            ("10000%", None, "100.0000"),
        ],
    )
    def test_as_a_fraction(self, raw: str, label: str | None, fraction: str) -> None:
        assert str(read("percent", raw, label).value) == fraction

    @pytest.mark.parametrize(("raw", "unit"), [("66.67%", "%"), ("66.67", "%"), ("5‰", None), ("0.6667", None)])
    def test_the_sign_it_stood_with(self, raw: str, unit: str | None) -> None:
        assert read("percent", raw).unit == unit

    def test_letters_of_a_recogniser(self) -> None:
        assert str(read("percent", "l2,5O%", ocr=True).value) == "0.1250"
        assert read("percent", "l2.5O%").value is None

    @pytest.mark.parametrize("raw", ["0.5", "1", "1.0", "约10%", "10%-20%"])
    def test_two_readings_are_none(self, raw: str) -> None:
        found = read("percent", raw)
        assert (found.value, code(found)) == (None, "ambiguous")

    @pytest.mark.parametrize("raw", ["二比三", "2/3", "1e9%", "10001000%", "10001%"])
    def test_no_percentage(self, raw: str) -> None:
        found = read("percent", raw)
        assert (found.value, code(found)) == (None, "unreadable")


class TestInteger:
    @pytest.mark.parametrize(
        ("raw", "number"), [("123", 123), ("1,234人", 1234), ("十二名", 12), ("12.0", 12), ("１２３", 123)]
    )
    def test_counts(self, raw: str, number: int) -> None:
        assert read("integer", raw, own="人") == Normalised(number, "人")

    def test_letters_of_a_recogniser(self) -> None:
        assert read("integer", "1O0人", ocr=True).value == 100
        assert read("integer", "q", ocr=True).value == 9
        assert read("integer", "1O0人").value is None

    @pytest.mark.parametrize("raw", ["12.5", "若干", "100余人", "30~40"])
    def test_no_count(self, raw: str) -> None:
        found = read("integer", raw)
        assert found.value is None
        assert found.problem is not None


class TestDate:
    @pytest.mark.parametrize(
        "raw",
        [
            "2024年7月12日",
            "2024-07-12",
            "2024.7.12",
            "2024/7/12",
            "20240712",
            "2024．7．12",
            "二〇二四年七月十二日",
            "二O二四年七月十二日",
            "贰零贰肆年柒月拾贰日",
            "2024 年 7 月 12 日",
            "2024年7月\n12日",
            "2024年7月12号",
            "2024-07-12 00:00:00",
            "2024年07月12日。",
            "2024年7月12日.;",
        ],
    )
    def test_a_day(self, raw: str) -> None:
        assert read("date", raw) == Normalised(date(2024, 7, 12))

    @pytest.mark.parametrize("raw", ["2024年7月", "2024.07", "2024-7", "2024年7月份"])
    def test_a_month_is_its_first_day_and_told(self, raw: str) -> None:
        found = read("date", raw)
        assert (found.value, code(found)) == (date(2024, 7, 1), "month-only")

    @pytest.mark.parametrize(
        "raw", ["2023年2月29日", "2024-13-01", "2024年", "24.7.12", "12/7/2024", "2024-7.12", "1024年7月12日", "近期"]
    )
    def test_no_day(self, raw: str) -> None:
        found = read("date", raw)
        assert (found.value, code(found)) == (None, "unreadable")

    @pytest.mark.parametrize(("raw", "year"), [("1900年1月1日", 1900), ("2100年1月1日", 2100)])
    def test_the_first_and_the_last_year(self, raw: str, year: int) -> None:
        assert read("date", raw).value == date(year, 1, 1)
        assert read("period", f"{year}年").value == Period(date(year, 1, 1), date(year, 12, 31))

    @pytest.mark.parametrize("raw", ["1899年12月31日", "2101年1月1日"])
    def test_no_year_of_ours(self, raw: str) -> None:
        assert read("date", raw).value is None
        assert read("period", raw[:5]).value is None

    def test_a_leap_day(self) -> None:
        assert read("date", "2024年2月29日").value == date(2024, 2, 29)

    def test_letters_of_a_recogniser(self) -> None:
        assert read("date", "2O24-O7-l2", ocr=True).value == date(2024, 7, 12)
        assert read("date", "2O24-O7-l2").value is None


class TestPeriod:
    @pytest.mark.parametrize(
        "raw",
        [
            "2023年1月1日至2023年12月31日",
            "2023年1月1日至12月31日",
            "2023.01.01-2023.12.31",
            "2023.1.1-12.31",
            "2023年1月至12月",
            "2023年1-12月",
            "2023年1月~12月",
            "2023年度",
            "2023年",
            "2023年全年",
            "2023-01-01至2023-12-31",
            "2023-01-01-2023-12-31",
            "2023-01-01--2023-12-31",
            "2023/01/01—2023/12/31",
            "自2023年1月1日起至2023年12月31日止",
            "20230101-20231231",
            "2023-01-01 ～ 2023-12-31",
            "2023年1月1日—\n2023年12月31日",
            "2023.01-2023.12",
            "2023-01-01 00:00 至 2023-12-31 00:00",
            "二〇二三年一月一日至十二月三十一日",
            "2023年1月1日-至-2023年12月31日",
            "2023年1月1日到12月31日",
        ],
    )
    def test_the_whole_of_2023(self, raw: str) -> None:
        assert read("period", raw) == Normalised(Period(date(2023, 1, 1), date(2023, 12, 31)))

    def test_a_dash_that_a_recogniser_took_for_a_one(self) -> None:
        expected = Normalised(Period(date(2023, 6, 23), date(2023, 12, 19)))
        assert read("period", "2023年6月23日一\n2023年12月19日", ocr=True) == expected
        assert read("period", "2023.6.23\n2023.12.19", ocr=True) == expected
        assert read("period", "2023-6-23-\n2023-12-19") == expected
        assert read("period", "2023.6.\n23-2023.12.19") == expected

    def test_one_day(self) -> None:
        assert read("period", "2023年1月1日至2023年1月1日").value == Period(date(2023, 1, 1), date(2023, 1, 1))

    def test_over_a_new_year(self) -> None:
        assert read("period", "2022年12月1日至2023年2月").value == Period(date(2022, 12, 1), date(2023, 2, 28))

    @pytest.mark.parametrize(
        ("raw", "problem"),
        [
            ("2023年12月31日至2023年1月1日", "reversed"),
            ("2023年1月1日起一年", "unreadable"),
            ("2023年1月1日", "unreadable"),
            ("2023年2月1日至2月30日", "unreadable"),
            ("2023年1月至13月", "unreadable"),
            ("长期", "unreadable"),
        ],
    )
    def test_no_period(self, raw: str, problem: str) -> None:
        found = read("period", raw)
        assert (found.value, code(found)) == (None, problem)


class TestCodes:
    VALID = "91350100M000100Y43"

    @pytest.mark.parametrize(
        "raw",
        [
            VALID,
            VALID.lower(),
            "９１３５０１００Ｍ０００１００Ｙ４３",
            "9135 0100 M000 100Y 43",
            "91350100M000\n100Y43",
            "9135-0100-M000-100Y43",
            "91350100·M000100Y43。",
        ],
    )
    def test_uscc(self, raw: str) -> None:
        assert read("uscc", raw) == Normalised(self.VALID)

    def test_uscc_letters_that_it_never_has(self) -> None:
        assert read("uscc", "9l35O1OOM000100Y43", ocr=True) == Normalised(self.VALID)
        assert read("uscc", "9|35O1OOM000100Y43", ocr=True) == Normalised(self.VALID)
        assert read("uscc", "9l350100M000100Y43").value != self.VALID
        typed = read("uscc", "91350100M00010OY43")
        assert (typed.value, code(typed)) == ("91350100M00010OY43", "check-digit")

    @pytest.mark.parametrize("raw", ["91350100M000100Y44", "91350100M000100Y4", "91350100M000100Y431"])
    def test_a_wrong_uscc_is_kept_as_claimed(self, raw: str) -> None:
        found = read("uscc", raw)
        assert (found.value, code(found)) == (raw, "check-digit")

    @pytest.mark.parametrize("raw", ["91350100", "办理中", "91350100M000100Y43999"])
    def test_no_uscc(self, raw: str) -> None:
        found = read("uscc", raw)
        assert (found.value, code(found)) == (None, "unreadable")

    @pytest.mark.parametrize(
        ("raw", "number"),
        [
            ("13800000000", "13800000000"),
            ("138 0000 0000", "13800000000"),
            ("138-0000-0000", "13800000000"),
            ("+86 13800000000", "13800000000"),
            ("8613800000000", "13800000000"),
            ("13800\n000000", "13800000000"),
            ("0591-12345678", "0591-12345678"),
            ("(0591)12345678", "0591-12345678"),
            ("（0591）8765 4321", "0591-87654321"),
            ("（0591）8765-4321转802", "0591-87654321-802"),
            ("059112345678", "0591-12345678"),
            ("010-12345678", "010-12345678"),
            ("+86-591-12345678", "0591-12345678"),
            ("0591-12345678转801", "0591-12345678-801"),
            ("0591-12345678-801", "0591-12345678-801"),
            ("13800000000/0591-12345678", "13800000000/0591-12345678"),
            ("400-123-4567", "400-123-4567"),
            ("87654321", "87654321"),
            ("8765-4321", "87654321"),
            ("0591--12345678", "0591-12345678"),
            ("0591.12345678", "0591-12345678"),
            ("0591_12345678_801", "0591-12345678-801"),
            ("13800000000-", "13800000000"),
        ],
    )
    def test_phone(self, raw: str, number: str) -> None:
        assert read("phone", raw) == Normalised(number)

    @pytest.mark.parametrize("raw", ["1380000000", "见名片", "13800000000 8"])
    def test_no_phone(self, raw: str) -> None:
        found = read("phone", raw)
        assert (found.value, code(found)) == (None, "unreadable")

    def test_a_phones_letters_of_a_recogniser(self) -> None:
        assert read("phone", "l38OOOOOOOO", ocr=True) == Normalised("13800000000")
        assert read("phone", "l38OOO\nOOOOO", ocr=True) == Normalised("13800000000")
        assert read("phone", "l38OOOOOOOO").value is None

    def test_email(self) -> None:
        assert read("email", "mailto:abc@example.com").value == "abc@example.com"
        assert read("email", "<abc@example.com>").value == "abc@example.com"
        assert read("email", "Abc@Example.COM").value == "abc@example.com"
        assert read("email", "abc＠example\n.com").value == "abc@example.com"
        assert read("email", "abc@example，com", ocr=True).value == "abc@example.com"
        assert code(read("email", "abc@example，com")) == "unreadable"
        assert code(read("email", "abc@example")) == "unreadable"


class TestChoice:
    @pytest.mark.parametrize(
        ("raw", "answer"), [("否", "no"), ("无", "no"), ("不是", "no"), ("有", "yes"), ("不存在", "no")]
    )
    def test_yes_or_no(self, raw: str, answer: str) -> None:
        assert read("choice", raw, options=YES_NO) == Normalised(answer)

    def test_an_answer_inside_other_words(self) -> None:
        assert read("choice", "福建省省级", options=LEVELS).value == "provincial"

    @pytest.mark.parametrize(("raw", "problem"), [("是 否", "ambiguous"), ("不详", "unreadable")])
    def test_not_one_answer(self, raw: str, problem: str) -> None:
        found = read("choice", raw, options=YES_NO)
        assert (found.value, code(found)) == (None, problem)

    def test_a_misread_answer(self) -> None:
        assert read("choice", "计算机视党", options=FUNCTIONS, ocr=True).value == "vision"
        assert read("choice", "计算机视党", options=FUNCTIONS).value is None

    def test_choices_in_the_forms_order(self) -> None:
        assert read("choices", "图像识别、计算机视觉", options=FUNCTIONS) == Normalised(("vision", "image"))
        assert read("choices", "虚拟现实/增强现实", options=FUNCTIONS) == Normalised(("vr_ar",))

    def test_misread_choices(self) -> None:
        found = read("choices", "计算机视党、图像识别、声纹", options=FUNCTIONS, ocr=True)
        assert (found.value, code(found)) == (("vision", "image"), "unknown-option")
        assert read("choices", "计算机视党、图像识别", options=FUNCTIONS).value == ("image",)
        assert read("choices", "计算机视党、图像识别", options=FUNCTIONS, ocr=True) == Normalised(("vision", "image"))

    def test_what_is_near_two_options_or_short_is_none(self) -> None:
        options = (Option("a", ("甲类智能产品",)), Option("b", ("乙类智能产品",)), Option("c", ("视觉",)))
        assert read("choice", "丙类智能产品", options=options, ocr=True).value is None
        assert read("choice", "视党", options=options, ocr=True).value is None
        assert read("choice", "虚拟现买", options=FUNCTIONS, ocr=True).value is None

    def test_choices_tell_what_they_do_not_know(self) -> None:
        found = read("choices", "图像识别，声纹", options=FUNCTIONS)
        assert (found.value, code(found)) == (("image",), "unknown-option")
        assert code(read("choices", "声纹", options=FUNCTIONS)) == "unreadable"


class TestText:
    @pytest.mark.parametrize(
        ("raw", "words"),
        [
            ("基于大模型的\n智能平台", "基于大模型的智能平台"),
            ("示例 （福建）科技", "示例（福建）科技"),
            ("AI  平台", "AI 平台"),
            ("Open\nPlatform 平台", "Open Platform 平台"),
            ("收入1\n200万元", "收入1200万元"),
            ("　示例　公司 ", "示例公司"),
            ("示例(福建)公司", "示例(福建)公司"),
            ("甲\r乙", "甲乙"),
            ("Go\n平台", "Go平台"),
            ("平台\nGo", "平台Go"),
            ("A1\nB", "A1B"),
            ("A\n1B", "A1B"),
        ],
    )
    def test_one_line_as_written(self, raw: str, words: str) -> None:
        assert read("text", raw) == Normalised(words)

    def test_width_is_settled_in_what_was_recognised(self) -> None:
        assert read("text", "示例(福建)ＡＩ公司,第２期", ocr=True).value == "示例（福建）AI公司，第2期"

    @pytest.mark.parametrize(("raw", "words"), [("Ai(V2）", "Ai（V2）"), ("Ai（V2)", "Ai（V2）"), ("Ai(V2)", "Ai(V2)")])
    def test_a_bracket_has_two_sides(self, raw: str, words: str) -> None:
        assert read("text", raw, ocr=True).value == words
        assert read("address", raw, ocr=True).value == words
        assert read("address", raw).value == raw

    def test_a_dash_between_quoted_words_is_no_one(self) -> None:
        assert read("text", "“端一边一云”协同", ocr=True).value == "“端—边—云”协同"
        assert read("text", "“端一边一云”协同").value == "“端一边一云”协同"

    def test_address_has_no_spaces(self) -> None:
        assert read("address", "福建省 福州市\n鼓楼区 88 号").value == "福建省福州市鼓楼区88号"


@pytest.mark.parametrize(
    "kind", ["text", "money", "percent", "integer", "date", "period", "uscc", "phone", "email", "address"]
)
@pytest.mark.parametrize(
    "raw", ["", " ", "无", "/", "—", "-", "N/A", "n/a", "____", "……", "（ ）", "（单位公章）", "(签字)"]
)
def test_a_blank_is_none_without_a_problem(kind: str, raw: str) -> None:
    assert read(kind, raw) == Normalised(None)


def test_none_is_an_answer_where_the_form_offers_it() -> None:
    assert read("choice", "无", options=LEVELS).value == "none"
    assert read("choice", "/", options=LEVELS) == Normalised(None)


def test_a_lone_stroke_from_a_scan_is_a_dash() -> None:
    assert read("money", "一", ocr=True) == Normalised(None)


@given(st.text(max_size=40), st.booleans())
def test_any_text_is_a_value_a_problem_or_blank(raw: str, ocr: bool) -> None:
    for kind in ("money", "percent", "integer", "date", "period", "uscc", "phone", "email", "address", "text"):
        found = read(kind, raw, ocr=ocr)
        assert (found.value is None and found.problem is None) == is_blank(raw, ocr=ocr)


def test_a_table_is_not_one_text() -> None:
    with pytest.raises(ValueError, match="table"):
        read("table", "行")


@given(st.integers(-(10**12), 10**12))
def test_every_amount_to_the_cent_comes_back(cents: int) -> None:
    yuan = Decimal(cents) / 100
    assert read("money", f"{yuan:,.2f}元").value == yuan
    assert read("money", f"{yuan / 10000:f}", "万元").value == yuan


@given(st.dates(date(1950, 1, 1), date(2099, 12, 31)))
def test_every_day_comes_back(day: date) -> None:
    for raw in (
        day.isoformat(),
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
        f"{day.year}.{day.month}.{day.day}",
    ):
        assert read("date", raw).value == day


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("21202220761003.7", "ZL202220761003.7"),
        ("Zl202210747117.X", "ZL202210747117.X"),
        ("2023SR2797341", "2023SR2797341"),
        ("21202220761003", "21202220761003"),  # no check digit: it may be any number
        ("示例算采[2023〕78号", "示例算采〔2023〕78号"),
        ("示例[2023]78号", "示例[2023]78号"),
        ("示例〔2023]78号", "示例〔2023〕78号"),
    ],
)
def test_look_alikes_are_settled_where_one_reading_is_possible(raw: str, read: str) -> None:
    spec = FieldSpec("number", ("专利号",), "text")
    assert normalise(spec, raw, None, ocr=True).value == read
    assert normalise(spec, raw, None, ocr=False).value == raw
