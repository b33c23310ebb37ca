"""Check functions and the gate, where worked examples do not reach: sources, several reasons at once, exact words."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from extractors.narrative import figure_reader
from pipeline.checks.compute import Overlap, overlap
from pipeline.checks.gate import gate, is_surely_blank
from pipeline.checks.given import Context, Finding, Given
from pipeline.checks.wording import amount, brief, day, moment, said, share, span
from pipeline.confidence import model
from pipeline.examples import records_of
from pipeline.model import (
    CHINA,
    ApplicationRecord,
    Criterion,
    Example,
    FieldValue,
    Method,
    Outcome,
    Period,
    Problem,
)
from pipeline.programme import load_programme
from pipeline.review import find

PROGRAMME = load_programme("fujian-ai-2024")
BY_ID: Mapping[str, Criterion] = {criterion.id: criterion for criterion in PROGRAMME.criteria}
YEAR = Period(date(2023, 1, 1), date(2023, 12, 31))


def record(criterion_id: str, **stated: object) -> ApplicationRecord:
    sound = BY_ID[criterion_id].examples[0].given
    return records_of(PROGRAMME, Example("", {**sound, **stated}, Outcome.PASS))[0]


def found(criterion_id: str, application: ApplicationRecord | None = None, **stated: object) -> Finding:
    (finding,) = find(application or record(criterion_id, **stated), BY_ID[criterion_id], Context(PROGRAMME))
    return finding


def given_of(application: ApplicationRecord) -> Given:
    return Given(application, BY_ID["G-LAW"], Context(PROGRAMME))


def scanned(application: ApplicationRecord, *names: str, sha256: str = "b" * 64) -> ApplicationRecord:
    """The application with those fields (all when none is named) recognised from pixels, in a file of their own."""

    def recognised(claim: FieldValue) -> FieldValue:
        return replace(claim, evidence=replace(claim.evidence, method=Method.OCR, sha256=sha256))

    claims = {
        name: tuple(recognised(claim) if not names or name in names else claim for claim in stated)
        for name, stated in application.claims.items()
    }
    return replace(application, claims=claims)


class TestWording:
    @pytest.mark.parametrize(
        ("yuan", "words"),
        [
            ("864000.00", "86.4万元"),
            ("299999.99", "299,999.99元"),
            ("0.00", "0万元"),
            ("-0.01", "-0.01元"),
            ("1000000.00", "100万元"),
        ],
    )
    def test_amounts_lose_nothing(self, yuan: str, words: str) -> None:
        assert amount(Decimal(yuan)) == words

    @pytest.mark.parametrize(("fraction", "words"), [("0.6667", "66.67%"), ("0.5", "50%"), ("1.0000", "100%")])
    def test_shares(self, fraction: str, words: str) -> None:
        assert share(Decimal(fraction)) == words

    def test_days_and_periods(self) -> None:
        assert day(date(2024, 7, 1)) == "2024年7月1日"
        assert span(YEAR) == "2023年1月1日至2023年12月31日"
        received = record("G-LAW").received_at
        assert received is not None
        assert moment(received) == "2024年7月1日09:12:00"

    def test_an_answer_is_cited_on_one_line_and_a_long_one_by_its_beginning(self) -> None:
        assert brief("示例\n 平台") == "示例 平台"
        assert brief("示" * 60) == "示" * 60
        assert brief("示" * 61) == "示" * 60 + "…"

    def test_values_of_every_kind(self) -> None:
        specs = {spec.name: spec for spec in PROGRAMME.fields}
        assert said(specs["rd_ratio"], Decimal("0.12")) == "12%"
        assert said(specs["revenue"], Decimal("10000.00")) == "1万元"
        assert said(specs["established_on"], date(2015, 3, 2)) == "2015年3月2日"
        assert said(specs["direction"], "compute") == "算力服务补助"
        assert said(specs["software_functions"], ("vision", "image")) == "计算机视觉、图像识别"
        assert said(specs["city"], "福州市") == "福州市"
        assert said(specs["employees"], 12) == "12"
        contracts = record("C-AMOUNT").value("compute_contracts")
        table = record("C-DIRECT").value("compute_contracts")
        assert contracts is not None
        assert table is not None
        assert said(specs["compute_contracts"], table).startswith(
            "示例算力服务有限公司 HT-01 50万元 50万元 2023年1月1日"
        )


class TestGate:
    def test_every_reason_is_told_once(self) -> None:
        application = record(
            "G-FINANCE", total_assets="", unreadable={"net_profit": "约300"}, doubtful=["total_liabilities"]
        )
        finding = gate(given_of(application), ("net_profit", "total_assets", "total_liabilities", "total_assets"))
        assert finding is not None
        assert finding.key == "undetermined-unknown"
        assert finding.fields == ("net_profit", "total_assets", "total_liabilities")
        assert finding.fills["reasons"] == (
            "“2023年净利润”写作“约300”，读不出数值；“资产总额”没有填写；“负债总额”识别不清（读作“30000000.00”）"
        )

    def test_nothing_stands_in_the_way(self) -> None:
        assert gate(given_of(record("G-FINANCE")), ("net_profit", "received_at", "compute_contracts.amount")) is None

    def test_at_the_threshold_is_good_enough(self) -> None:
        application = record("G-FINANCE")
        claim = application.claims["net_profit"][0]
        threshold = float(model().review_threshold)
        for confidence, doubted in ((threshold, False), (threshold - 0.0001, True)):
            dimmed = replace(claim, evidence=replace(claim.evidence, confidence=confidence))
            changed = replace(application, claims={**application.claims, "net_profit": (dimmed,)})
            assert (gate(given_of(changed), ("net_profit",)) is not None) is doubted

    def test_a_column_that_a_row_lacks(self) -> None:
        application = record("C-AMOUNT", compute_contracts=[{"amount": Decimal(1)}])
        finding = gate(given_of(application), ("compute_contracts.amount", "compute_contracts.period"))
        assert finding is not None
        assert finding.fills["reasons"] == "“算力服务采购明细第1行服务期限”没有填写"

    def test_a_dispute_that_is_settled_is_none(self) -> None:
        application = record("G-FINANCE", conflict={"net_profit": Decimal("-1.00")})
        assert gate(given_of(application), ("net_profit",)) is not None
        first, other = application.claims["net_profit"]
        misread = replace(other, evidence=replace(other.evidence, method=Method.OCR))
        settled = replace(application, claims={**application.claims, "net_profit": (first, misread)})
        assert gate(given_of(settled), ("net_profit",)) is None


class TestBlanks:
    def test_a_field_that_a_scan_lacks_may_have_been_missed(self) -> None:
        application = scanned(record("G-COMPLETE"))
        del_claims = {name: claims for name, claims in application.claims.items() if name != "contact_name"}
        without = replace(application, claims=del_claims)
        assert not is_surely_blank(given_of(without), "contact_name")
        assert found("G-COMPLETE", without).key == "undetermined-lost"

    def test_a_field_that_a_file_of_text_lacks_is_blank(self) -> None:
        application = scanned(record("G-COMPLETE"), "summary")
        del_claims = {name: claims for name, claims in application.claims.items() if name != "contact_name"}
        without = replace(application, claims=del_claims)
        assert is_surely_blank(given_of(without), "contact_name")
        finding = found("G-COMPLETE", without)
        assert (finding.key, finding.fields) == ("fail", ("contact_name",))

    def test_an_application_of_which_nothing_was_read_is_not_blank(self) -> None:
        assert not is_surely_blank(given_of(replace(record("G-LAW"), claims={})), "city")


class TestOverlap:
    @pytest.mark.parametrize(
        ("start", "end", "kind"),
        [
            ((2023, 1, 1), (2023, 12, 31), Overlap.WITHIN),
            ((2023, 6, 1), (2023, 6, 1), Overlap.WITHIN),
            ((2022, 12, 31), (2023, 1, 1), Overlap.PARTLY),
            ((2023, 12, 31), (2024, 1, 1), Overlap.PARTLY),
            ((2022, 1, 1), (2024, 12, 31), Overlap.PARTLY),
            ((2022, 1, 1), (2022, 12, 31), Overlap.OUTSIDE),
            ((2024, 1, 1), (2024, 12, 31), Overlap.OUTSIDE),
        ],
    )
    def test_both_sides_of_both_days(
        self, start: tuple[int, int, int], end: tuple[int, int, int], kind: Overlap
    ) -> None:
        assert overlap(Period(date(*start), date(*end)), YEAR) is kind


class TestFindings:
    def test_amounts_are_told_to_the_cent(self) -> None:
        rows = [{"amount": Decimal("299999.99"), "period": {"start": YEAR.start, "end": YEAR.end}}]
        finding = found("C-AMOUNT", compute_contracts=rows)
        assert (finding.claimed, finding.expected) == ("299,999.99元", "不低于30万元")

    def test_every_stray_contract_is_named(self) -> None:
        outside = {"start": date(2024, 1, 1), "end": date(2024, 6, 30)}
        inside = {"start": date(2023, 1, 1), "end": date(2023, 6, 30)}
        rows = [{"period": outside}, {"period": inside}, {"contract_no": "HT-3", "period": outside}]
        finding = found("C-PERIOD", compute_contracts=rows)
        assert (
            finding.claimed == "第1行合同（2024年1月1日至2024年6月30日）、第3行合同HT-3（2024年1月1日至2024年6月30日）"
        )

    def test_what_a_valid_code_would_be(self) -> None:
        assert found("G-LEGAL", uscc="91350100MA00EXAM15").expected == "校验码应为4"
        assert "不含字母" in found("G-LEGAL", uscc="91350100MA00EXOM15").expected
        assert "前8位" in found("G-LEGAL", uscc="9135O100MA00EXAM15").expected

    def test_every_source_that_says_xiamen_is_named(self) -> None:
        finding = found("C-NOT-XIAMEN", city="厦门市", registered_address="厦门市湖里区1号")
        assert finding.fields == ("city", "registered_address")
        assert finding.claimed == "所在设区市：厦门市；注册地址：厦门市湖里区1号"

    def test_a_copy_names_both_places(self) -> None:
        finding = found("G-COPIES", conflict={"project_name": "样例平台"})
        assert (finding.claimed, finding.expected) == ("示例智能平台（第1页）", "样例平台（第2页）")
        assert [evidence.place for evidence in finding.evidence] == ["第2页"]

    def test_a_scans_name_that_is_nearly_the_same_may_be_misread(self) -> None:
        application = record(
            "G-COPIES", project_name="示例人工智能平台一期", conflict={"project_name": "示例人工智能平合一期"}
        )
        assert found("G-COPIES", application).key == "fail"
        assert found("G-COPIES", scanned(application, "project_name")).key == "undetermined"

    @pytest.mark.parametrize(
        ("one", "other", "key"),
        [
            ("示例平台", "示例平合", "fail"),  # 3 of 4 characters: as much may be meant
            ("示例平台五", "示例平合五", "undetermined"),  # 4 of 5
            ("AI platform 1", "AI platform 2", "fail"),  # figures and codes are told apart
        ],
    )
    def test_how_alike_a_misread_name_is(self, one: str, other: str, key: str) -> None:
        application = record("G-COPIES", project_name=one, conflict={"project_name": other})
        assert found("G-COPIES", scanned(application, "project_name")).key == key

    def test_a_doubtful_answer_is_cited_as_it_was_written(self) -> None:
        application = record("G-READABLE", doubtful=["net_profit"])
        claim = application.claims["net_profit"][0]
        for raw, evidence in (("300\n万元", claim.evidence), (None, replace(claim.evidence, quote=" 300\n万元 "))):
            dimmed = replace(claim, raw=raw, evidence=evidence)
            changed = replace(application, claims={**application.claims, "net_profit": (dimmed,)})
            finding = found("G-READABLE", changed)
            assert (finding.claimed, finding.fills["raw"]) == ("300\n万元", "300 万元")

    def test_a_figure_of_another_year_or_direction_is_none_of_the_forms(self) -> None:
        def narrated(**stated: object) -> str:
            application, criterion = record("G-NARRATIVE", **stated), BY_ID["G-NARRATIVE"]
            (finding,) = find(application, criterion, Context(PROGRAMME, figures=figure_reader(PROGRAMME)))
            return finding.key

        scenario = {"direction": "scenario", "investment": Decimal(2_000_000)}
        assert narrated(**scenario, summary="总投资100万元。") == "fail"
        assert (
            narrated(**scenario, summary="2023年总投资100万元。") == "pass"
        )  # of a year: not the whole that the form asks
        assert narrated(direction="compute", summary="总投资100万元。") == "pass"

    def test_a_month_received_leaves_a_month_of_launch_open(self) -> None:
        application = record("S-MARKET", launched_on=date(2024, 7, 1))
        claim = replace(application.claims["launched_on"][0], problem=Problem("month-only", ""))
        monthly = replace(application, claims={**application.claims, "launched_on": (claim,)})
        assert found("S-MARKET", monthly).key == "undetermined-month"
        earlier = replace(claim, value=date(2024, 6, 1))
        assert found("S-MARKET", replace(monthly, claims={**monthly.claims, "launched_on": (earlier,)})).key == "pass"

    def test_the_day_received_is_chinas(self) -> None:
        application = record("S-MARKET", launched_on=date(2024, 7, 2))
        received = application.received_at
        assert received is not None
        evening = replace(application, received_at=received.astimezone(CHINA).replace(day=2, hour=0))
        assert found("S-MARKET", evening).key == "pass"

    def test_one_sure_customer_is_enough(self) -> None:
        customers = [{"customer_name": ""}, {"customer_name": "示例集团有限公司"}]
        assert found("S-MARKET", customers=customers).key == "pass"
        assert (
            found("S-MARKET", customers=customers, doubtful=["customers.customer_name"]).key == "undetermined-unknown"
        )

    def test_members_are_counted_once(self) -> None:
        rows = [{"member_name": name} for name in ("示例医院", "示例 医院", "示例科技有限公司（盖章）", "示例港口集团")]
        finding = found("A-SIZE", consortium=rows)
        assert (finding.key, finding.claimed) == ("pass", "3")

    def test_judgement_brings_what_the_form_says(self) -> None:
        finding = found("A-INNOVATION", investment="")
        assert finding.claimed.startswith("场景领域：医疗；场景落地地点：福建省福州市示例医院；项目简介：")
        assert finding.fields == ("scenario_field", "scenario_location", "investment", "summary")

    @pytest.mark.parametrize(
        ("registered", "business"), [("泉州市丰泽区1号", "示例路3号"), ("示例路3号", "泉州市丰泽区1号")]
    )
    def test_an_address_in_another_city_goes_before_one_that_names_none(self, registered: str, business: str) -> None:
        finding = found("G-REGION", registered_address=registered, business_address=business)
        assert (finding.key, finding.claimed) == ("warn-city", "泉州市丰泽区1号")

    def test_the_first_of_two_addresses_in_other_cities_is_named(self) -> None:
        finding = found("G-REGION", registered_address="泉州市1号", business_address="厦门市2号")
        assert (finding.key, finding.claimed) == ("warn-city", "泉州市1号")

    def test_an_address_outside_the_province_goes_before_all(self) -> None:
        finding = found("G-REGION", city="示例", registered_address="泉州市1号", business_address="杭州市2号")
        assert (finding.key, finding.fields) == ("fail", ("business_address",))
