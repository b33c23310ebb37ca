"""《项目推荐汇总表》 (附件2) that a city's bureau mails: a Document → the city's rows.

The columns stand in any order under any title rows, on one sheet or several; a merged cell holds for every row it
spans. The city is that of its column, else that of the title.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.model import CHINA, Cell, Document, Evidence, FieldSpec, Page, Programme, Table
from pipeline.normalise import normalise
from pipeline.normalise_base import fold, is_blank, squeeze
from pipeline.places import cities

DIRECTION = "direction"
# The columns by the words of their heads, the more telling first: 统一社会信用代码 is not 企业社会信用.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "number": ("序号",),
    "uscc": ("统一社会信用代码", "社会信用代码", "信用代码"),
    "city": ("设区市", "地市", "地区", "所在地", "推荐单位"),
    "direction": ("申报方向", "申报类别", "方向"),
    "project": ("项目名称", "申报项目", "推荐项目名称", "推荐项目"),
    "applicant": ("申报单位", "单位名称", "企业名称", "申报企业"),
    "priority": ("推荐优先级", "优先级", "推荐顺序", "推荐排序", "优先顺序", "推荐次序"),
    "completeness": ("材料完整性", "完整性"),
    "match": ("匹配性",),
    "truth": ("真实性",),
    "credit": ("企业社会信用", "社会信用", "企业信用", "信用情况"),
    "site": ("现场核验结果", "现场核验", "核验结果"),
    "remark": ("备注",),
}
REVIEWS = ("completeness", "match", "truth", "credit")
_LARGEST_MERGE = 10_000  # cells; a sheet of a million merged ones is no list
_NEEDED = frozenset({"project", "applicant"})
_PASSED = frozenset("通过 已通过 核验通过 合格 符合 属实 良好 完整 匹配 真实 是".split())  # noqa: SIM905
_FAILED = frozenset(
    "不通过 未通过 核验不通过 核验未通过 不合格 不符合 不属实 不完整 不匹配 不真实 否".split()  # noqa: SIM905
)
_TICK, _CROSS = frozenset("√✓✔☑"), frozenset("×✗✘☒X")


@dataclass(frozen=True, slots=True)
class CityRow:
    """A recommended project. A result is True for 通过, False for 不通过, None where there is none; `results` keeps
    the four reviews and ``site`` by name. `direction` is a code or None; `place` says where the row stands."""

    place: str
    direction: str | None
    project: str
    applicant: str
    uscc: str
    priority: int | None
    results: Mapping[str, bool | None]
    texts: Mapping[str, str]  # every column as it was written
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class CityList:
    """A city's list, as it is in force."""

    city: str
    ledger_id: str
    received_at: datetime | None
    rows: tuple[CityRow, ...]


def read_city_lists(
    document: Document, programme: Programme, ledger_id: str, received_at: datetime | None
) -> tuple[CityList, ...]:
    """The lists of a document, one a city; none when no sheet has the columns. A row without a city is left out
    only when the document names none at all, and then stands under the city ""."""
    by_city: dict[str, list[CityRow]] = {}
    for page in document.pages:
        for table in page.tables:
            for city, row in _rows(document, page, table, programme):
                by_city.setdefault(city, []).append(row)
    return tuple(CityList(city, ledger_id, received_at, tuple(rows)) for city, rows in sorted(by_city.items()))


def in_force(lists: Iterable[CityList]) -> tuple[CityList, ...]:
    """One list a city: the newest; what came at the same moment is one list in parts."""
    newest: dict[str, CityList] = {}
    for found in sorted(lists, key=lambda one: (_moment(one), one.ledger_id)):
        held = newest.get(found.city)
        parts = held is not None and held.received_at == found.received_at
        newest[found.city] = replace(found, rows=(*held.rows, *found.rows)) if held and parts else found
    return tuple(newest[city] for city in sorted(newest))


def _moment(one: CityList) -> datetime:
    return one.received_at or datetime.min.replace(tzinfo=CHINA)


def _rows(document: Document, page: Page, table: Table, programme: Programme) -> Iterator[tuple[str, CityRow]]:
    grid = _grid(table)
    header = next((number for number, row in sorted(grid.items()) if _heads(row).keys() >= _NEEDED), None)
    if header is None:
        return
    heads = _heads(grid[header])
    titled = _titled_city(page, [grid[number] for number in sorted(grid) if number < header])
    for number in sorted(number for number in grid if number > header):
        cells = {name: grid[number].get(column) for name, column in heads.items()}
        texts = {name: cell.text.replace("\n", "").strip() for name, cell in cells.items() if cell is not None}
        if is_blank(texts.get("project", ""), ocr=False) and is_blank(texts.get("applicant", ""), ocr=False):
            continue
        if _heads(grid[number]).keys() >= _NEEDED:
            continue
        city = _one(cities(texts.get("city", ""))) or titled
        yield city, _row(document, page, number, cells, texts, programme)


def _grid(table: Table) -> dict[int, dict[int, Cell]]:
    """Row → column → cell, a merged cell in every place that it spans."""
    grid: dict[int, dict[int, Cell]] = {}
    for cell in table.cells:
        is_merged = cell.row_span * cell.column_span <= _LARGEST_MERGE
        for row in range(cell.row, cell.row + (cell.row_span if is_merged else 1)):
            for column in range(cell.column, cell.column + (cell.column_span if is_merged else 1)):
                grid.setdefault(row, {})[column] = cell
    return grid


def _heads(row: Mapping[int, Cell]) -> dict[str, int]:
    """Which column stands under which head, a cell for one column and the first that fits."""
    texts = {column: fold(cell.text) for column, cell in sorted(row.items()) if len(cell.text) <= 40}
    heads: dict[str, int] = {}
    taken: set[int] = set()
    for exact in (True, False):
        for name, words in _COLUMNS.items():
            fits = (c for w in words for c, t in texts.items() if c not in taken and (t == w if exact else w in t))
            column = next(fits, None) if name not in heads else None
            if column is not None:
                heads[name] = column
                taken.add(column)
    return heads


def _titled_city(page: Page, above: Sequence[Mapping[int, Cell]]) -> str:
    texts = [cell.text for row in above for cell in row.values()]
    texts += [line.text for line in page.lines] + [page.title]
    found = (_one(cities(text)) for text in texts)
    return next((city for city in found if city), "")


def _one(found: frozenset[str]) -> str:
    return next(iter(found)) if len(found) == 1 else ""


def _row(
    document: Document,
    page: Page,
    number: int,
    cells: Mapping[str, Cell | None],
    texts: Mapping[str, str],
    programme: Programme,
) -> CityRow:
    sheet = f"《{page.title}》" if page.title else f"第{page.number}页" if page.number else ""
    place = f"{sheet}第{number}行"
    first = next((cell for name in ("project", "applicant") if (cell := cells.get(name)) is not None), None)
    quote = " ".join(text for text in texts.values() if text)
    confidence = min((cell.confidence for cell in cells.values() if cell is not None), default=1.0)
    spec = next(spec for spec in programme.fields if spec.name == DIRECTION)
    return CityRow(
        place=place,
        direction=_direction(spec, texts.get("direction", "")),
        project=texts.get("project", ""),
        applicant=texts.get("applicant", ""),
        uscc=squeeze(texts.get("uscc", "")).upper(),
        priority=_priority(texts.get("priority", "")),
        results={name: _result(texts.get(name, "")) for name in (*REVIEWS, "site")},
        texts=texts,
        evidence=Evidence(
            document.sha256, page.method, page.number, place, first.bbox if first else None, quote, confidence
        ),
    )


def _direction(spec: FieldSpec, text: str) -> str | None:
    value = normalise(spec, text, None, ocr=False).value
    return value if isinstance(value, str) else None


def _priority(text: str) -> int | None:
    spec = FieldSpec("priority", ("推荐优先级",), "integer")
    value = normalise(spec, text.removeprefix("第").removesuffix("位"), None, ocr=False).value
    return value if isinstance(value, int) else None


def _result(text: str) -> bool | None:
    """通过 and its synonyms, 不通过 and its; anything else is no result."""
    mark = squeeze(text)
    if fold(mark) in _FAILED or mark in _CROSS:
        return False
    if fold(mark) in _PASSED or mark in _TICK:
        return True
    return None
