"""What is stored comes back the same, and the same value gives the same bytes."""

import time
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.codec import decode, encode
from pipeline.model import (
    CHINA,
    BBox,
    Cell,
    Check,
    Clause,
    Document,
    Evidence,
    Item,
    Line,
    Method,
    Outcome,
    Page,
    Problem,
    Role,
    Run,
    Submission,
    Table,
)

floats = st.floats(min_value=-1e6, max_value=1e6)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
boxes = st.none() | st.builds(BBox, floats, floats, floats, floats)
lines = st.builds(Line, texts, boxes, st.floats(0, 1))
line_tuples = st.lists(lines, max_size=3).map(tuple)
counts = st.integers(1, 9)


def cells(tables: st.SearchStrategy[tuple[Table, ...]]) -> st.SearchStrategy[Cell]:
    return st.builds(Cell, counts, counts, counts, counts, line_tuples, boxes, tables)


def tables(inner: st.SearchStrategy[tuple[Table, ...]]) -> st.SearchStrategy[Table]:
    return st.builds(Table, st.lists(cells(inner), max_size=3).map(tuple), boxes)


nested = tables(st.lists(tables(st.just(())), max_size=2).map(tuple))
pages = st.builds(
    Page,
    st.none() | counts,
    st.sampled_from(Method),
    st.lists(lines | nested, max_size=4).map(tuple),
    st.none() | floats,
    st.none() | floats,
    texts,
)
problems = st.lists(st.builds(Problem, texts, texts, texts), max_size=2).map(tuple)
documents = st.builds(Document, texts, texts, texts, st.lists(pages, max_size=2).map(tuple), counts, problems)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(documents)
def test_documents_round_trip(document: Document) -> None:
    encoded = encode(document)
    assert decode(Document, encoded) == document
    assert encode(decode(Document, encoded)) == encoded


def submission() -> Submission:
    problem = Problem("D-DAMAGED", "坏了。")
    items = (
        Item("1", None, "a#1", "a#1", "0" * 64, 5, "message/rfc822", Role.CONTAINER),
        Item("2", "1", "a#1/申报表.docx", "申报表.docx", "", 0, "application/octet-stream", problem=problem),
    )
    at = datetime(2024, 7, 1, 9, 12, tzinfo=CHINA)
    return Submission(
        "s", "<1@example.cn>", at, "a@example.cn", "申报", "正文\n", ("<0@example.cn>",), items, (problem,)
    )


def test_submissions_round_trip() -> None:
    again = decode(Submission, encode(submission()))
    assert again == submission()
    assert again.received_at is not None
    assert again.received_at.isoformat() == "2024-07-01T09:12:00+08:00"
    assert encode(again) == encode(submission())


def test_checks_and_runs_round_trip() -> None:
    evidence = Evidence("0" * 64, Method.OCR, 1, "第1页", BBox(1, 2, 3, 4.5), "86.4", 0.98)
    check = Check("C-AMOUNT", Clause("通知", "二（一）1", "…"), Outcome.FAIL, "说明", "处理", "a", evidence=(evidence,))
    assert decode(Check, encode(check)) == check
    at = datetime(2024, 7, 20, 8, tzinfo=CHINA)
    run = Run("r", "fujian-ai-2024", "v", at, at, ("mailbox.mbox",), {"b": 1, "a": "x"}, {"status": {"failed": 2}}, 3)
    assert decode(Run, encode(run)) == run


def test_bytes_do_not_depend_on_the_order_of_keys() -> None:
    at = datetime(2024, 7, 20, 8, tzinfo=CHINA)
    runs = [Run("r", "p", "v", at, at, (), parameters, {}) for parameters in ({"a": 1, "b": 2}, {"b": 2, "a": 1})]
    assert encode(runs[0]) == encode(runs[1])


def test_something_else_does_not_decode() -> None:
    with pytest.raises(ValidationError):
        decode(Document, encode(submission()))


def test_a_document_of_thousands_of_lines_is_quick_and_compact() -> None:
    line = Line("申报单位名称", BBox(72.25, 101.5, 180.125, 113.0))
    document = Document("0" * 64, "application/pdf", "pdf-1", (Page(1, Method.PDF, (line,) * 5_000),), 1)
    start = time.process_time()
    encoded = encode(document)
    assert decode(Document, encoded) == document
    assert time.process_time() - start < 2
    assert len(encoded) < 5_000 * 120
