"""What a run knows besides its applications."""

from datetime import datetime
from pathlib import Path

from extractors.context import run_context
from pipeline.model import CHINA, Cell, Document, Item, Line, Method, Page, Submission, Table
from pipeline.programme import load_programme
from pipeline.review import context_of, review_lists

PROGRAMME = load_programme("fujian-ai-2024")
HEADS = ["设区市", "申报方向", "项目名称", "申报单位", "统一社会信用代码", "推荐优先级", "材料完整性", "匹配性"]
ROW = ["莆田市", "软件优质产品", "示例软件", "示例软件有限公司", "91350100MA00EXAM14", "1", "通过", "通过"]


def document(sha256: str, *rows: list[str]) -> Document:
    cells = tuple(
        Cell(number, column, 1, 1, (Line(text),))
        for number, row in enumerate(rows, start=1)
        for column, text in enumerate(row, start=1)
    )
    return Document(sha256, "xlsx", "test", (Page(1, Method.XLSX, (Table(cells),), title="s"),), 1)


def test_the_lists_of_the_mails_and_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "失信企业.csv").write_text("企业名称\n示例失信有限公司\n", "utf-8")
    documents = {"a": document("a", HEADS, ROW), "b": document("b", ["名称", "数量"], ["示例", "1"])}
    items = tuple(Item(f"l-{sha}", None, "x.xlsx", "x.xlsx", sha, 1, "xlsx") for sha in ("a", "b", "c"))
    received = datetime(2024, 7, 10, 9, tzinfo=CHINA)
    submission = Submission("s", "<m@example.com>", received, "", "", "", (), items)
    context = run_context([submission], documents, PROGRAMME, tmp_path)
    (found,) = context.city_lists
    assert (found.city, found.ledger_id, found.received_at, len(found.rows)) == ("莆田市", "l-a", received, 1)
    assert context.registries is not None
    assert context.registries.find("", "示例失信有限公司")
    assert context.figures is not None
    assert [figure.quantity for figure in context.figures("营业收入100万元")] == ["revenue"]
    missing = [check.message for check in review_lists(context_of([], context)) if check.check == "R-LISTED"]
    assert missing == ["莆田市汇总表《s》第2行的“示例软件”（示例软件有限公司）没有收到申报表。"]


def test_without_lists_there_are_none() -> None:
    context = run_context([], {}, PROGRAMME)
    assert (context.registries, context.city_lists) == (None, ())
