"""Lines of a list's cells that end although the next word has room: of two cells, or of two rows."""

from paper import paper, programme, table

from extractors.form import extract
from pipeline.model import BBox, Bounds, Cell, Line, Method

SIZE, WIDTH, PADDING = 10.0, 110.0, 4.0
HEADER = ("知识产权名称", "类型", "登记号", "权利人")


def cell(column: int, row: int, *texts: str) -> Cell:
    """A cell between rules, its lines set to the left."""
    left, top = column * WIDTH, 100.0 + 60 * row
    lines = tuple(
        Line(
            text,
            BBox(left + PADDING, top + 12 * i, left + PADDING + SIZE * sum(_ems(c) for c in text), top + 12 * i + SIZE),
            0.99,
        )
        for i, text in enumerate(texts)
    )
    return Cell(1, 1, 1, 1, lines, BBox(left, top, left + WIDTH, top + 60))


def _ems(char: str) -> float:
    return 0.5 if char.isascii() else 1.0


def bounds(*rows: tuple[tuple[str, ...], ...], method: Method = Method.OCR) -> list[list[Bounds]]:
    content = table(
        *([cell(column, row, *texts) for column, texts in enumerate(cells)] for row, cells in enumerate(rows))
    )
    claims = extract(paper("自主知识产权清单：", content, method=method, number=1), programme())
    (claim,) = (claim for claim in claims if claim.name == "ip_rights")
    return [[each.evidence.bounds for each in row.values()] for row in claim.rows]


HEAD = tuple((label,) for label in HEADER)
WRAPPED = (("一种示例布匹瑕疵检", "测方法及装置"), ("发明专利",), ("ZL202210000001.X",), ("示例云帆有限公司",))


def test_a_cell_is_in_doubt_where_the_next_word_had_room() -> None:
    row = (("示例质检软件", "说明：可另附页"), *WRAPPED[1:])
    assert bounds(HEAD, WRAPPED, row) == [[Bounds.SEEN] * 4, [Bounds.AMISS, *[Bounds.SEEN] * 3]]


def test_a_row_is_in_doubt_where_several_of_its_cells_are() -> None:
    row = (("示例质检软件", "示例分拣软件"), ("发明专利", "发明专利"), WRAPPED[2], WRAPPED[3])
    assert bounds(HEAD, WRAPPED, row) == [[Bounds.SEEN] * 4, [Bounds.AMISS] * 4]
    assert bounds(HEAD, WRAPPED, row, method=Method.PDF)[1] == [Bounds.SEEN] * 4


def test_a_word_or_a_bracket_that_has_no_room_is_no_early_end() -> None:
    row = (("示例质检软件", "SHILI-2023.V2"), ("软件",), ("2023SR0000001",), ("示例云帆科技信息", "（福建）有限公司"))
    assert bounds(HEAD, row) == [[Bounds.SEEN] * 4]
