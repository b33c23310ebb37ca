"""What takes an older file's place: answers in a thread, what is named a correction, what staff hand in."""

from dataclasses import replace
from datetime import datetime

from test_filing import CODE, OTHER, form, identified, mail, pages, programme

from extractors.applications import Application, file_drafts
from extractors.drafts import abridged, decode_values, draft, encode_values
from pipeline.model import CHINA, Document, Submission, Taken

AT = datetime(2024, 8, 6, 9, tzinfo=CHINA)
OLD, NEW = form("示例平台"), form("示例智能平台")
CONTRACT, LICENCE = identified(pages(["采购合同", "甲方：示例"])), identified(pages(["营业执照", "名称：示例"]))


def filed(
    submissions: list[Submission], *documents: Document, taken: tuple[Taken, ...] = ()
) -> tuple[Application, ...]:
    by_sha = {document.sha256: document for document in documents}
    return file_drafts([(one, draft(one, by_sha, programme())) for one in submissions], taken)


def loose(number: int, *documents: Document) -> Submission:
    return replace(mail(number, *documents), received_at=None, message_id=None)


def handed_in(submission: Submission, application_id: str | None = None) -> Taken:
    return Taken(submission.submission_id, application_id, "示例经办", AT)


def test_a_loose_file_that_is_handed_in_corrects_the_application_of_its_code_and_direction() -> None:
    first, paper = mail(1, OLD), loose(2, NEW)
    assert len(filed([first, paper], OLD, NEW)) == 2  # a counter's scan of another project
    (application,) = filed([first, paper], OLD, NEW, taken=(handed_in(paper),))
    assert list(application.values) == [NEW.sha256]
    assert application.received_at == first.received_at
    other = form("示例智能平台", direction="硬件优质产品")
    assert len(filed([first, loose(2, other)], OLD, other, taken=(handed_in(loose(2, other)),))) == 2


def test_a_mail_that_is_named_a_correction() -> None:
    first, second = mail(1, OLD, day=1), mail(2, NEW, day=3)
    assert len(filed([first, second], OLD, NEW)) == 2
    for named in (replace(second, subject="更正：申报表"), replace(second, subject="Re: 补正材料")):
        (application,) = filed([first, named], OLD, NEW)
        assert application.received_at == first.received_at
    items = tuple(replace(item, name="申报表（修改后）.docx") for item in second.items)
    assert len(filed([first, replace(second, items=items)], OLD, NEW)) == 1
    stranger = form("示例智能平台", OTHER)
    assert len(filed([first, replace(mail(2, stranger, day=3), subject="更正")], OLD, stranger)) == 2


def test_another_mail_about_the_same_project_counts_from_its_own_day() -> None:
    again = identified(replace(OLD, pages=(*OLD.pages, *CONTRACT.pages)))
    first, second = mail(1, OLD, day=1), mail(2, again, day=3)
    (application,) = filed([first, second], OLD, again)
    assert application.received_at == second.received_at
    (answer,) = filed([first, replace(second, in_reply_to=("<1@example.com>",))], OLD, again)
    assert answer.received_at == first.received_at


def test_an_answer_comes_after_what_it_answers_whatever_its_date() -> None:
    first, answer = mail(2, OLD, day=3), mail(1, NEW, day=3, answers=["<2@example.com>"])
    for received in (first.received_at, datetime(2024, 7, 1, tzinfo=CHINA), None):
        (application,) = filed([first, replace(answer, received_at=received)], OLD, NEW)
        assert list(application.values) == [NEW.sha256]
    loop = replace(first, in_reply_to=("<1@example.com>",))
    assert len(filed([loop, answer], OLD, NEW)) == 1


def test_staffs_own_word_on_what_is_corrected_goes_first() -> None:
    stranger = form("另一项目", OTHER, "硬件优质产品")
    first, paper = mail(1, OLD), loose(2, stranger)
    (before,) = filed([first], OLD)
    (application,) = filed([first, paper], OLD, stranger, taken=(handed_in(paper, before.application_id),))
    assert (application.earlier, application.supersedes) == ((before.application_id,), before.application_id)
    third = loose(3, NEW)
    said = (handed_in(paper, before.application_id), handed_in(third, before.application_id))
    (last,) = filed([first, paper, third], OLD, stranger, NEW, taken=said)
    assert last.earlier == (before.application_id, application.application_id)


def test_papers_stay_until_one_of_the_same_name_comes() -> None:
    newer = identified(pages(["采购合同", "甲方：示例（修订）"]))
    first = mail(1, OLD, CONTRACT, LICENCE, day=1)
    items = [replace(item, name=name) for item, name in zip(first.items, ("表", "合同", "执照"), strict=True)]
    first = replace(first, items=tuple(items))
    second = mail(2, NEW, newer, day=3, answers=["<1@example.com>"])
    items = [replace(item, name=name) for item, name in zip(second.items, ("表", "合同"), strict=True)]
    second = replace(second, items=tuple(items))
    (application,) = filed([first, second], OLD, NEW, CONTRACT, LICENCE, newer)
    assert [filing.sha256 for filing in application.filings] == [NEW.sha256, newer.sha256, LICENCE.sha256]
    assert [filing.sha256 for filing in application.superseded] == [OLD.sha256, CONTRACT.sha256]
    assert {filing.application_id for filing in application.filings} == {application.application_id}


def test_papers_that_answer_without_a_form_join_the_application() -> None:
    first, second = mail(1, OLD, day=1), mail(2, CONTRACT, day=3, answers=["<1@example.com>"])
    (application,) = filed([first, second], OLD, CONTRACT)
    assert [filing.sha256 for filing in application.filings] == [OLD.sha256, CONTRACT.sha256]
    other = form("另一项目", OTHER)
    both = mail(1, OLD, other, day=1)
    assert [len(one.filings) for one in filed([both, second], OLD, other, CONTRACT)] == [1, 1]  # whose is it?
    (chosen, _) = filed([both], OLD, other)
    said = (handed_in(second, chosen.application_id),)
    assert [len(one.filings) for one in filed([both, second], OLD, other, CONTRACT, taken=said)] == [2, 1]


def test_what_a_submission_holds_is_remembered_as_it_is() -> None:
    submission = mail(1, form(code=CODE), CONTRACT)
    held = draft(submission, {form().sha256: form(), CONTRACT.sha256: CONTRACT}, programme())
    (one,) = held.drafts
    assert decode_values(encode_values(one), programme()) == tuple(copy.values for copy in one.copies)


def test_filing_needs_no_more_than_what_is_kept_at_hand() -> None:
    """A mailbox's forms do not fit into memory: they are filed by a few of their values."""
    submissions = [mail(1, OLD, CONTRACT, day=1), mail(2, NEW, day=3, answers=["<1@example.com>"])]
    by_sha = {document.sha256: document for document in (OLD, NEW, CONTRACT)}
    drafted = [(one, draft(one, by_sha, programme())) for one in submissions]
    (application,), (light,) = file_drafts(drafted), file_drafts([(one, abridged(held)) for one, held in drafted])
    assert replace(light, values=application.values) == application
    assert sum(map(len, light.values.values())) < sum(map(len, application.values.values()))
