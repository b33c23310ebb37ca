"""Values that another angle of the page would change: in doubt, however clear their characters are."""

import pytest
from paper import SHA, paper, programme

from extractors.form import extract
from extractors.steady import leaning, with_doubts
from pipeline.model import BBox, Bounds, Document, Evidence, FieldValue, Line, Method, Row

NAME = "user_name"


def line(x0: float, x1: float, top: float, text: str) -> Line:
    return Line(text, BBox(x0, top, x1, top + 10), 0.99)


def customers(second_row: float, method: Method = Method.OCR) -> Document:
    """A list of which a second row, its last cell blank, stands at this height: from some height on it is none."""
    return paper(
        line(60, 150, 50, "推广应用情况："),
        *(line(60, 100, 70, "合同时间"), line(227, 307, 70, "合同金额（万元）"), line(440, 480, 70, "用户单位")),
        *(line(60, 120, 90, "2022-09-01"), line(227, 257, 90, "128.50"), line(440, 500, 90, "示例港务公司")),
        *(line(60, 120, second_row, "2022-10-01"), line(227, 257, second_row, "64.20")),
        method=method,
        number=1,
    )


def bounds(document: Document) -> list[dict[str, Bounds]]:
    (claim,) = extract(document, programme())
    return [{name: cell.evidence.bounds for name, cell in row.items()} for row in claim.rows]


def boxes(document: Document) -> list[BBox]:
    return [block.bbox for page in document.pages for block in page.blocks if block.bbox]


@pytest.mark.parametrize(("second_row", "expected"), [(142, Bounds.RECKONED), (140.4, Bounds.AMISS)])
def test_a_list_that_would_have_a_row_more_were_the_page_turned_is_in_doubt(
    second_row: float, expected: Bounds
) -> None:
    (row,) = bounds(customers(second_row))
    assert set(row.values()) == {expected}


def test_a_page_with_its_own_text_stands_as_it_says() -> None:
    document = customers(140.4, Method.PDF)
    assert list(leaning((document,))) == []
    assert [set(row.values()) for row in bounds(document)] == [{Bounds.RECKONED}]


def test_pages_lean_to_both_sides_by_less_than_a_point() -> None:
    document = customers(142)
    before = boxes(document)
    one, other = (boxes(leant) for (leant,) in leaning((document,)))
    for leant in (one, other):
        assert all(0 < abs(b.top - a.top) < 1 and abs(b.x0 - a.x0) < 1 for a, b in zip(before, leant, strict=True))
        assert [box.x1 - box.x0 for box in leant] == pytest.approx([box.x1 - box.x0 for box in before])
    assert one[-3].top < before[-3].top < other[-3].top


def claim(name: str, value: str | tuple[Row, ...] | None) -> FieldValue:
    return FieldValue(name, None, value, Evidence(SHA, Method.OCR, 1, "第1页", None, "", 0.99))


def table(*names: str) -> FieldValue:
    return claim("customers", tuple({NAME: claim(NAME, name)} for name in names))


def told(claims: tuple[FieldValue, ...]) -> list[tuple[str, object, Bounds]]:
    return [(each.name, each.value, each.evidence.bounds) for each in claims]


def test_what_both_other_readings_say_too_stands() -> None:
    one = claim("city", "示例市")
    assert with_doubts([one], [[one], [claim("city", "另一市"), one]]) == (one,)
    assert with_doubts([one], []) == (one,)


def test_what_one_other_reading_has_otherwise_is_in_doubt() -> None:
    one, other = claim("city", "示例市"), claim("city", "另一市")
    assert told(with_doubts([one], [[one], [other]])) == [("city", "示例市", Bounds.AMISS)]
    assert told(with_doubts([one], [[one], []])) == [("city", "示例市", Bounds.AMISS)]


def test_what_only_another_reading_states_is_claimed_in_doubt_and_once() -> None:
    missed = claim("city", "示例市")
    for found in ([], [claim("city", None)]):
        assert told(with_doubts(found, [[missed], [missed]])) == [("city", "示例市", Bounds.AMISS)]
    blank = claim("city", None)
    assert with_doubts([blank], [[blank], [blank]]) == (blank,)


def test_of_a_list_only_the_cells_that_differ_are_in_doubt_unless_rows_do() -> None:
    two = table("甲", "乙")
    (weighed,) = with_doubts([two], [[two], [table("甲", "丙")]])
    assert [row[NAME].evidence.bounds for row in weighed.rows] == [Bounds.SEEN, Bounds.AMISS]
    (weighed,) = with_doubts([two], [[two], [table("甲")]])
    assert [row[NAME].evidence.bounds for row in weighed.rows] == [Bounds.AMISS, Bounds.AMISS]
