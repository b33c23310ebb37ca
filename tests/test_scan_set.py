"""The labelled scans: what is committed is what the generator plans, and lines stay on their ink through every step."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from fixtures import scan_set
from fixtures.characters import Errors, character_errors
from fixtures.scan_lines import TrueLine, printed_lines, quads
from fixtures.scan_set import FOLDER, GRADES, HALVES
from fixtures.scan_steps import Sheet, curl, photo, skew, turned

FORMS = scan_set.load()


def test_the_committed_truth_is_that_of_the_plan() -> None:
    plans = scan_set.plans()
    assert [form.form_id for form in FORMS] == [plan.form_id for plan in plans]
    for form, plan in zip(FORMS, plans, strict=True):
        assert form.fields == dict(plan.case.fields)
        assert (form.half, form.grade, form.scan, form.layout) == (plan.half, plan.grade, plan.scan, plan.layout)


def test_every_page_is_there_and_no_other() -> None:
    files = {page.file for form in FORMS for page in form.pages}
    assert {path.name for path in FOLDER.iterdir()} == files | {"truth.jsonl"}
    assert len(files) >= 60
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 15_000_000


def test_each_half_has_each_grade_and_shares_nothing_with_the_other() -> None:
    assert {(form.half, form.grade) for form in FORMS} == {(half, grade) for half in HALVES for grade in GRADES}
    for of in (lambda form: form.layout, lambda form: form.filled, lambda form: form.fields["applicant_name"]):
        dev, held = ({of(form) for form in FORMS if form.half == half} for half in HALVES)
        assert not dev & held


@pytest.mark.parametrize("grade", GRADES)
def test_lines_stand_on_ink(grade: str) -> None:
    form = next(form for form in FORMS if form.grade == grade)
    page = form.pages[0]
    pixels = np.asarray(Image.open(FOLDER / page.file).convert("L"), np.float32)
    inked = 0
    for line in page.lines:
        x0, top, x1, bottom = line.box
        assert 0 <= x0 < x1 <= pixels.shape[1] + 2
        assert 0 <= top < bottom <= pixels.shape[0] + 2
        part = pixels[top:bottom, x0:x1]
        inked += float(part.min()) < 0.7 * float(np.percentile(part, 90))
    assert inked >= 0.98 * len(page.lines)


def test_lines_hold_what_the_form_claims() -> None:
    for form in FORMS:
        text = "".join(line.text for page in form.pages for line in page.lines).replace(" ", "")
        assert str(form.fields["uscc"]) in text
        assert str(form.fields["contact_name"]) in text


def test_the_same_seed_plans_the_same_and_another_does_not() -> None:
    assert scan_set.plans() == scan_set.plans()
    kinds = scan_set.plans, scan_set.mailbox_plans, scan_set.outline_plans
    further = [plan for plans_of in kinds for plan in plans_of(7, range(4))]
    codes = [plan.case.fields["uscc"] for plan in further]
    assert len(set(codes)) == len(codes)
    assert set(codes).isdisjoint(form.fields["uscc"] for form in FORMS)


def test_forms_in_the_mailboxs_layouts_are_of_the_dev_half_alone() -> None:
    plans = scan_set.mailbox_plans(7, range(3))
    assert {plan.half for plan in plans} == {"dev"}
    assert {plan.layout for plan in plans}.isdisjoint(form.layout for form in FORMS)
    assert len({plan.layout for plan in plans}) == 20
    assert scan_set.mailbox_plans(7, [1]) == plans[7:14]


# --- lines through the steps ------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [skew(0.5, 1.5), curl, photo, turned], ids=["skew", "curl", "photo", "turned"])
@pytest.mark.parametrize("seed", range(3))
def test_a_line_goes_where_its_ink_goes(step: Callable[[Sheet, np.random.Generator], Sheet], seed: int) -> None:
    pixels = np.full((700, 500, 3), 255, np.uint8)
    pixels[400:420, 300:440] = (255, 0, 0)
    (line,) = printed_lines("x", [(300, 400, 440, 420)])
    sheet = step(Sheet(pixels, 100, True, "", 1 + seed, "", (), quads([line])), np.random.default_rng(seed))
    channels = sheet.pixels.astype(int)
    ys, xs = np.nonzero(channels[..., 0] - channels[..., 1] > 90)
    corners = sheet.quads[0]
    assert corners.mean(axis=0) == pytest.approx((xs.mean(), ys.mean()), abs=2)
    assert corners.min(axis=0) == pytest.approx((xs.min(), ys.min()), abs=4)
    assert corners.max(axis=0) == pytest.approx((xs.max(), ys.max()), abs=4)


def test_characters_make_lines_up_to_a_gap() -> None:
    boxes = [(0, 0, 10, 10), (10, 0, 20, 10), None, (60, 0, 70, 10), (0, 12, 10, 22)]
    assert [(line.text, line.box) for line in printed_lines("示例 甲乙", boxes)] == [
        ("示例", (0, 0, 20, 10)),
        ("甲", (60, 0, 70, 10)),
        ("乙", (0, 12, 10, 22)),
    ]


def test_a_character_of_another_face_goes_where_it_stands() -> None:
    boxes = [(0, 0, 10, 10), (20, 0, 30, 10), (34, 0, 44, 10), (10, 0, 20, 10), (0, 20, 10, 30)]
    assert [line.text for line in printed_lines("二二年〇乙", boxes)] == ["二〇二 年", "乙"]


# --- character errors ---------------------------------------------------------------------------------------------


def line(text: str, x0: int, top: int, x1: int, bottom: int) -> TrueLine:
    return TrueLine(text, (x0, top, x1, top, x1, bottom, x0, bottom))


def test_errors_are_counted_where_the_line_stands() -> None:
    true = [line("申报单位", 0, 0, 80, 20), line("示例（福州）有限公司", 100, 0, 300, 20)]
    read = [("申报単位", (0, 1, 80, 21)), ("示例(福州)有限公", (101, 0, 280, 20)), ("印章", (400, 400, 440, 420))]
    assert character_errors(true, read) == Errors(2, 14, 2)


def test_lines_may_be_cut_elsewhere() -> None:
    true = [line("联系人", 0, 0, 60, 20), line("示甲", 75, 0, 115, 20), line("下一行", 0, 30, 60, 50)]
    assert character_errors(true, [("联系人示甲", (0, 0, 115, 20)), ("下一行", (0, 30, 60, 50))]) == Errors(0, 8)
    assert character_errors(
        [line("联系人示甲", 0, 0, 115, 20)], [("示甲", (75, 0, 115, 20)), ("联系人", (0, 0, 60, 20))]
    ) == Errors(0, 5)


def test_a_line_that_nothing_lies_over_is_wrong_whole() -> None:
    assert character_errors([line("☑示例", 0, 0, 60, 20)], []) == Errors(2, 2)


def test_a_line_that_runs_down_the_page_is_compared_as_it_runs() -> None:
    downwards = TrueLine("示例科技", (20, 0, 20, 80, 0, 80, 0, 0))
    assert character_errors([downwards], [("科技", (0, 40, 20, 80)), ("示例", (0, 0, 20, 40))]) == Errors(0, 4)


def test_skewed_lines_are_told_apart_though_their_boxes_overlap() -> None:
    true = [TrueLine("示例" * 20, (0, at, 800, at + 30, 800, at + 50, 0, at + 20)) for at in (0, 30)]
    assert character_errors(true, [("示例" * 20, each.box) for each in true]) == Errors(0, 80)
