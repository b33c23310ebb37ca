"""What only follows from another exception is told apart, and its picture is not shown twice."""

import re
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from pipeline.examples import records_of
from pipeline.model import CHINA, ApplicationRecord, Example, Outcome, Run
from pipeline.programme import load_programme
from pipeline.report.consequences import consequences
from pipeline.report.html import write_html
from pipeline.report.rows import Case, RunResult, picture_name
from pipeline.review import review

PROGRAMME = load_programme("fujian-ai-2024")
MOMENT = datetime(2024, 7, 1, tzinfo=CHINA)


def record(**stated: object) -> ApplicationRecord:
    sound = next(c for c in PROGRAMME.criteria if c.directions == {"compute"}).examples[0].given
    return records_of(PROGRAMME, Example("", {**sound, **stated}, Outcome.PASS))[0]


def following(**stated: object) -> set[str]:
    checks = review(record(**stated), PROGRAMME)
    found = consequences(checks, PROGRAMME)
    return {check.check for check in checks if check.exception_id in found}


def test_what_waits_for_a_doubtful_field_follows() -> None:
    assert following(doubtful=["net_profit"]) == {"G-FINANCE"}
    assert following(net_profit="") == {"G-FINANCE"}  # the blank is told by G-COMPLETE
    assert following(conflict={"net_profit": Decimal("-1.00")}) == {"G-FINANCE"}


def test_what_decides_by_itself_does_not() -> None:
    assert following(net_profit=Decimal(-1)) == set()
    assert following(registered_address="某地某路1号") == set()  # a place that cannot be told is told there only


def page(out: Path, *records: ApplicationRecord) -> str:
    cases = {one.application_id: Case(one, review(one, PROGRAMME)) for one in records}
    run = Run("r", PROGRAMME.id, PROGRAMME.version, MOMENT, MOMENT, (), PROGRAMME.parameters, {})
    places = [place for case in cases.values() for check in case.checks for place in check.evidence]
    (out / "evidence").mkdir()
    for place in places:
        (out / picture_name(place)).write_bytes(b"png")
    write_html(RunResult(run, PROGRAMME, cases, (), (), (), {picture_name(place) for place in places}), out, 100)
    return (out / "report.html").read_text("utf-8")


def test_the_page_folds_it_away_and_shows_each_picture_once(tmp_path: Path) -> None:
    told = page(tmp_path, record(doubtful=["net_profit"]))
    before, folded, _ = re.split(r"<details class=\"following\">|</details>", told)
    assert "G-READABLE" in before
    assert "另有1项核查要等上述内容弄清后才能判断：运营和财务状况" in folded
    named = re.findall(r'<img [^>]*data-place="([^"]+)"', told)
    assert len(named) == len(set(named)) > 0
    assert 'class="above"' in folded


def test_the_most_serious_stand_first(tmp_path: Path) -> None:
    doubtful = record(doubtful=["net_profit"])
    failing = replace(record(illegal_acts="yes", net_profit=Decimal(-1)), application_id="second")
    assert re.findall(r'<article class="card (\w+)', page(tmp_path, doubtful, failing)) == [
        *("fail", "warn", "undetermined", "undetermined"),
    ]
