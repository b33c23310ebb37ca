"""What a file is, how much of it is read, and which application it belongs to."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paper import pages, paper, programme, table

from extractors.applications import Application, file_drafts
from extractors.drafts import draft
from extractors.filing import classify, pages_wanted
from pipeline.model import CHINA, Document, Item, Line, Method, Problem, Role, Submission, Table

TITLE = programme().form_titles[0]
CODE = "91350100MA2XQ3JC5T"
OTHER = "91350200MA31ABCD1X"


def form(
    project: str = "示例平台", code: str = CODE, direction: str = "软件优质产品", *, method: Method = Method.DOCX
) -> Document:
    body = table(
        ["申报方向", direction, "项目名称", project],
        ["申报单位", "示例科技有限公司", "统一社会信用代码", code],
        ["联系人", "林示例", "联系电话", "13800000000"],
    )
    return identified(paper(f"{TITLE}", body, method=method, number=None if method == Method.DOCX else 1))


def identified(document: Document) -> Document:
    """With a hash of its own content."""
    return replace(document, sha256=sha256(repr(document.pages).encode()).hexdigest())


# --- role ---------------------------------------------------------------------------------------------------


def test_form() -> None:
    assert classify(form(), programme()) == Role.FORM


def test_form_without_its_title() -> None:
    rows = [
        ["申报方向", "软件优质产品", "项目名称", "示例平台"],
        ["申报单位", "示例科技有限公司", "统一社会信用代码", CODE],
        ["联系人", "林示例", "联系电话", "13800000000"],
        ["法定代表人", "陈示例", "注册资本", "500万元"],
        ["营业收入", "1", "净利润", "1"],
        ["资产总额", "1", "负债总额", "1"],
    ]
    assert classify(paper(table(*rows)), programme()) == Role.FORM
    assert classify(paper("项目申报书", table(*rows[:3])), programme()) == Role.FORM


def test_blank_form_is_a_supporting_paper() -> None:
    rows = [["申报方向", "□软件优质产品 □硬件优质产品", "项目名称", ""], ["申报单位", "", "联系人", ""]]
    assert classify(paper(TITLE, table(*rows), "填报日期：    年  月  日"), programme()) == Role.SUPPORTING


@pytest.mark.parametrize(
    "lines",
    [
        ["算力服务采购合同", "合同编号：1", "甲方：示例科技有限公司", "联系人：林示例", "联系电话：13800000000"],
        ["营业执照", f"统一社会信用代码：{CODE}", "名称：示例科技有限公司", "法定代表人：林示例", "注册资本：500万元"],
        ["审计报告", "示例审字〔2024〕1号", "营业收入  100"],
        ["发明专利证书", "发明名称：一种示例方法"],
        ["关于组织申报的通知", f"附件1：{TITLE}", "请各单位于7月12日前报送"],
        ["本单位运营良好。"],
    ],
)
def test_supporting_papers(lines: list[str]) -> None:
    assert classify(pages(lines), programme()) == Role.SUPPORTING


def test_city_list() -> None:
    header = ["序号", "设区市", "申报方向", "项目名称", "申报单位", "统一社会信用代码", "推荐优先级", "备注"]
    rows = [header, ["1", "福州市", "软件优质产品", "示例平台", "示例科技有限公司", CODE, "1", ""]]
    assert classify(paper(table(*rows), method=Method.XLSX), programme()) == Role.CITY_LIST
    assert classify(paper("项目推荐汇总表", table(*rows)), programme()) == Role.CITY_LIST


def test_nothing_to_read() -> None:
    assert classify(pages([]), programme()) == Role.UNKNOWN
    damaged = Document("a" * 64, "application/pdf", "t", problems=(Problem("D-DAMAGED", "…"),))
    assert classify(damaged, programme()) == Role.UNKNOWN


# --- how much to read ----------------------------------------------------------------------------------------


def of(document: Document, count: int) -> Document:
    return replace(document, page_count=count)


def test_contract_is_enough_after_two_pages() -> None:
    contract = pages(["算力服务采购合同", "甲方：示例科技有限公司"], ["第一条 服务内容"])
    assert not pages_wanted(of(contract, 200), programme())


def test_nothing_read_yet() -> None:
    assert pages_wanted(Document("a" * 64, "application/pdf", "t", page_count=9), programme()) == range(1, 3)
    assert pages_wanted(Document("a" * 64, "application/pdf", "t", page_count=1), programme()) == range(1, 2)


def test_cover_is_read_on_but_not_for_ever() -> None:
    cover = pages(["福建省省级人工智能产业发展项目", "申报材料", "目录"], ["一、申报表 1", "二、营业执照 9"])
    wanted = pages_wanted(of(cover, 200), programme())
    assert (wanted.start, wanted.stop) == (3, 5)
    long = pages(*[["申报材料目录"]] * 6)
    assert not pages_wanted(of(long, 200), programme())


def test_empty_first_pages_are_read_on() -> None:
    assert pages_wanted(of(pages([], []), 9), programme()) == range(3, 5)


def test_form_is_read_until_its_labels_end() -> None:
    first: list[str | Table] = [TITLE, table(["项目名称", "示例平台"], ["联系人", "林示例"], ["申报单位", "示例公司"])]
    first.append("联系电话：13800000000")
    form_only = pages(first, ["项目简介：……"])
    assert pages_wanted(of(form_only, 200), programme()).start == 3
    bound = pages(first, ["项目简介：……"], ["第一条"], ["第二条"], ["第三条"])
    assert not pages_wanted(of(bound, 200), programme())
    endless = pages(first, *[["联系人：林示例"]] * 39)
    assert not pages_wanted(of(endless, 200), programme())
    assert not pages_wanted(form(), programme())


# --- applications ---------------------------------------------------------------------------------------------


def mail(number: int, *documents: Document, day: int = 1, answers: Sequence[str] = (), folder: str = "") -> Submission:
    items = [
        Item(
            f"m{number}-{index}",
            f"m{number}",
            f"mail#{number}/{folder}{name(d, index)}",
            name(d, index),
            d.sha256,
            1,
            d.media_type,
        )
        for index, d in enumerate(documents)
    ]
    received = datetime(2024, 7, day, 9, tzinfo=CHINA)
    return Submission(
        f"s{number}", f"<{number}@example.com>", received, "a@example.com", "", "", tuple(answers), tuple(items)
    )


def name(document: Document, index: int) -> str:
    return f"扫描件_{index}.jpg" if document.media_type == "image/jpeg" else f"文件{index}.pdf"


def filed(submissions: Sequence[Submission], *documents: Document) -> tuple[Application, ...]:
    known = {document.sha256: document for document in documents}
    return file_drafts([(submission, draft(submission, known, programme())) for submission in submissions])


def test_form_and_its_papers() -> None:
    contract = identified(pages(["采购合同", "甲方：示例"]))
    (application,) = filed([mail(1, contract, form())], contract, form())
    assert [(filing.role, filing.rank) for filing in application.filings] == [(Role.FORM, 0), (Role.SUPPORTING, 1)]
    assert application.direction == "software"
    assert list(application.values) == [form().sha256]
    assert len(application.application_id) == 16


def test_copies_are_one_application_the_best_first() -> None:
    scan = form(code=CODE[:-1] + "7", method=Method.OCR)
    printed = form(method=Method.PDF)
    (application,) = filed([mail(1, scan, printed, form())], scan, printed, form())
    assert list(application.values) == [form().sha256, printed.sha256, scan.sha256]


def test_several_applications_in_one_mail() -> None:
    forms = [form(), form("示例平台", CODE, "硬件优质产品"), form("另一项目", OTHER)]
    applications = filed([mail(1, *forms)], *forms)
    assert [list(application.values) for application in applications] == [[f.sha256] for f in forms]
    assert len({application.application_id for application in applications}) == 3


def test_two_projects_of_one_applicant_are_two() -> None:
    forms = [form("示例视觉质检平台"), form("示例语音客服系统")]
    assert len(filed([mail(1, *forms)], *forms)) == 2


def test_one_character_parts_two_typed_projects_but_not_a_scan() -> None:
    first, second, scan = form("示例平台一期"), form("示例平台二期"), form("示例平合一期", method=Method.OCR)
    assert len(filed([mail(1, first, second)], first, second)) == 2
    assert len(filed([mail(1, first, scan)], first, scan)) == 1


def test_pictures_are_pages_of_one_paper() -> None:
    def picture(*blocks: str | Line | Table) -> Document:
        return replace(identified(paper(*blocks, method=Method.OCR, number=1)), media_type="image/jpeg")

    first = picture(
        TITLE, table(["项目名称", "示例平台"], ["申报单位", "示例科技有限公司"], ["申报方向", "☑软件优质产品"])
    )
    second = picture(table(["联系人", "林示例"], ["联系电话", "13800000000"]))
    (application,) = filed([mail(1, first, second)], first, second)
    assert [filing.role for filing in application.filings] == [Role.FORM, Role.FORM]
    values = {value.name: value for value in application.values[first.sha256]}
    assert values["contact_name"].evidence.sha256 == second.sha256


def test_resubmission_supersedes() -> None:
    old, new = form(), identified(replace(form(), pages=paper(TITLE, *form().pages[0].tables, "已改").pages))
    first, second = mail(1, old, day=1), mail(2, new, day=3)
    (application,) = filed([second, first], old, new)
    assert application.submission == second
    assert [filing.ledger_id for filing in application.superseded] == ["m1-0"]
    (before,) = filed([first], old)
    assert application.supersedes == before.application_id


def test_answer_in_a_thread_supersedes_although_the_project_was_renamed() -> None:
    old, new = form("示例平台"), form("示例智能平台")
    second = mail(2, new, day=3, answers=["<1@example.com>"])
    assert len(filed([mail(1, old), second], old, new)) == 1
    assert len(filed([mail(1, old), mail(2, new, day=3)], old, new)) == 2


def test_papers_belong_to_the_form_beside_them() -> None:
    a, b = form("甲项目"), form("乙项目", OTHER)
    paper_a, paper_b = identified(pages(["合同甲"])), identified(pages(["合同乙"]))
    submission = mail(1, a, b, paper_b, paper_a)
    places = ["甲", "乙", "乙", "甲"]
    items = [replace(item, path=f"x/{p}/{item.name}") for item, p in zip(submission.items, places, strict=True)]
    applications = filed([replace(submission, items=tuple(items))], a, b, paper_a, paper_b)
    assert [[filing.sha256 for filing in application.filings] for application in applications] == [
        [a.sha256, paper_a.sha256],
        [b.sha256, paper_b.sha256],
    ]


MAILS = [
    mail(1, form("示例平台")),
    mail(2, form("示例智能平台"), day=3, answers=["<1@example.com>"]),
    mail(3, form("另一项目", OTHER)),
    mail(4, form("示例平台", CODE, "硬件优质产品"), day=3),
    mail(5, identified(pages(["采购合同", "甲方：示例"])), form("第三项目", OTHER)),
]
DOCUMENTS = [
    *(form("示例平台"), form("示例智能平台"), form("另一项目", OTHER), form("示例平台", CODE, "硬件优质产品")),
    *(identified(pages(["采购合同", "甲方：示例"])), form("第三项目", OTHER)),
]


@given(st.permutations(MAILS))
def test_the_order_of_mails_changes_nothing(mails: list[Submission]) -> None:
    assert len(filed(MAILS, *DOCUMENTS)) == 4
    assert filed(mails, *DOCUMENTS) == filed(MAILS, *DOCUMENTS)


def test_mail_without_a_form() -> None:
    contract = identified(pages(["采购合同"]))
    assert filed([mail(1, contract)], contract) == ()
