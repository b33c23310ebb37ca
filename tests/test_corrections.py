"""Values that people put right: in force over what was read, cell by cell, and flagged when their source changes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from pipeline.assemble import conflicts
from pipeline.checks.given import Context
from pipeline.corrections import Replayed, State, addresses, corrected, label_at
from pipeline.journal import corrections_of, decisions_of, taken_of
from pipeline.model import (
    CHINA,
    ApplicationRecord,
    BBox,
    Correction,
    Decision,
    Evidence,
    FieldValue,
    Filing,
    Method,
    Outcome,
    Role,
    Submission,
    Taken,
    Verdict,
)
from pipeline.programme import load_programme
from pipeline.review import context_of, correction_checks, review

PROGRAMME = load_programme("fujian-ai-2024")
FORM, OTHER = "ab" * 32, "cd" * 32
AT = datetime(2024, 8, 1, 9, 30, tzinfo=CHINA)


def read(name: str, raw: str, value: object, sha256: str = FORM, confidence: float = 0.7) -> FieldValue:
    place = Evidence(sha256, Method.OCR, 2, "第2页", BBox(1, 2, 3, 4), raw, confidence)
    return FieldValue(name, raw, value, place)  # type: ignore[arg-type]


def record(sha256: str = FORM, total: str = "864000", amount: str = "500000") -> ApplicationRecord:
    rows = ({"amount": read("amount", amount, Decimal(amount), sha256)}, {"amount": read("amount", "无法辨认", None)})
    claims = {
        "compute_total": (read("compute_total", total, Decimal(total), sha256),),
        "compute_contracts": (read("compute_contracts", "", rows, sha256, 1.0),),
        "direction": (read("direction", "算力服务补助", "compute", sha256),),
    }
    submission = Submission("s", None, None, "", "", "", (), ())
    filings = (Filing("l", sha256, "a", Role.FORM),)
    return ApplicationRecord("a", PROGRAMME.id, "compute", None, submission, filings, claims)


def put_right(field: str, raw: str | None, was: str | None, sha256: str = FORM) -> Correction:
    return Correction("a", field, raw, sha256, was, "示例经办", AT, "照原件")


def applied(
    correction: Correction, to: ApplicationRecord | None = None
) -> tuple[ApplicationRecord, tuple[Replayed, ...]]:
    return corrected(to or record(), [correction], PROGRAMME)


def test_a_corrected_value_is_in_force_and_sure_and_keeps_what_was_read() -> None:
    after, (replayed,) = applied(put_right("compute_total", "86.5万元", "864000"))
    claim = after.claims["compute_total"][0]
    assert (claim.value, claim.confidence, claim.evidence.method) == (Decimal("865000.00"), 1.0, Method.HUMAN)
    assert claim.evidence.page == 2  # the picture still shows the place
    assert (replayed.state, replayed.confirmed) == (State.APPLIED, False)
    assert [other.raw for other in conflicts(after)["compute_total"]] == ["864000"]


def test_a_cell_of_a_table_is_put_right_and_the_others_stay() -> None:
    after, (replayed,) = applied(put_right("compute_contracts[2].amount", "364000元", "无法辨认"))
    rows = after.value("compute_contracts")
    assert isinstance(rows, tuple)
    assert [row["amount"].value for row in rows if not isinstance(row, str)] == [Decimal(500000), Decimal(364000)]
    assert replayed.state is State.APPLIED
    assert label_at(PROGRAMME, "compute_contracts[2].amount") == "算力服务采购明细·合同金额 第2行"
    assert addresses(after, "compute_contracts") == ("compute_contracts[1].amount", "compute_contracts[2].amount")
    assert applied(put_right("compute_contracts[3].amount", "1元", None))[1][0].state is State.STALE


def test_a_corrected_direction_is_the_applications() -> None:
    assert applied(put_right("direction", "hardware", "算力服务补助"))[0].direction == "hardware"


def test_what_nobody_reads_can_be_filled_in() -> None:
    after, _ = applied(put_right("applicant_name", "示例科技有限公司", None))
    claim = after.get("applicant_name")
    assert claim is not None
    assert (claim.value, claim.evidence.sha256) == ("示例科技有限公司", FORM)


def states(correction: Correction, now: ApplicationRecord) -> tuple[State, bool, Sequence[str], object]:
    after, replayed = applied(correction, now)
    told = [check.message for check in correction_checks(after, replayed, PROGRAMME)]
    return replayed[0].state, replayed[0].confirmed, told, after.value("compute_total")


def test_a_changed_source_is_flagged() -> None:
    correction = put_right("compute_total", "86.5万元", "864000")
    assert states(correction, record()) == (State.APPLIED, False, [], Decimal(865000))
    state, _, (told,), value = states(correction, record(total="884000"))
    assert (state, value) == (State.REREAD, Decimal(865000))
    assert "当时读作“864000”，现在读作“88.4万元”；仍按更正值核查" in told
    state, _, (told,), value = states(correction, record(OTHER))
    assert (state, value) == (State.CARRIED, Decimal(865000))
    assert "新文件仍读作“86.4万元”" in told
    state, _, (told,), value = states(correction, record(OTHER, total="900000"))
    assert (state, value) == (State.STALE, Decimal(900000))
    assert "新文件读作“90万元”；更正值没有采用" in told
    assert states(correction, record(OTHER, total="865000")) == (State.STALE, True, [], Decimal(865000))


def test_the_newest_word_counts_and_can_be_taken_back() -> None:
    first, second = put_right("uscc", "1", None), put_right("uscc", "2", None)
    assert corrections_of([first, second]) == {"a": (second,)}
    assert corrections_of([first, second, replace(second, raw=None)]) == {}
    waived = Decision("e", "a", "G-LAW", Verdict.WAIVE, "", "示例经办", AT, "已核实")
    assert decisions_of([waived]) == {"e": waived}
    assert decisions_of([waived, replace(waived, verdict=None)]) == {}
    again = Taken("s", "a", "示例经办", AT)
    assert taken_of([Taken("s", None, "示例经办", AT), again]) == (again,)


def test_a_doubtful_figure_that_is_put_right_is_doubted_no_more() -> None:
    def outcome(one: ApplicationRecord) -> Outcome:
        context = context_of([one], Context(PROGRAMME))
        return next(check.outcome for check in review(one, PROGRAMME, context) if check.check == "G-SUM")

    doubtful = record()
    total, _ = corrected(doubtful, [put_right("compute_total", "864000元", "864000")], PROGRAMME)
    one, _ = corrected(total, [put_right("compute_contracts[1].amount", "500000元", "500000")], PROGRAMME)
    both, _ = corrected(one, [put_right("compute_contracts[2].amount", "364000元", "无法辨认")], PROGRAMME)
    assert [outcome(each) for each in (doubtful, total, one, both)] == [
        *[Outcome.UNDETERMINED] * 3,
        Outcome.PASS,
    ]
