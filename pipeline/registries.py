"""Lists of companies in bad standing that staff supply: 经营异常名录 and 失信企业, as XLSX or CSV.

A list is a table whose header names a company, a USCC, or both, under whatever title rows; one company a row.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from stdnum.cn import uscc as gb32100

from pipeline.companies import company_key
from pipeline.errors import SourceError
from pipeline.normalise_base import fold, squeeze

_HEADER_ROWS = 20
_CODE = ("统一社会信用代码", "社会信用代码", "信用代码", "uscc")
_NAME = (
    *("企业名称", "单位名称", "公司名称", "市场主体名称", "主体名称", "当事人名称", "被执行人名称", "失信企业", "企业"),
    *("失信被执行人", "被执行人", "被执行人姓名名称", "当事人", "名称", "公司", "单位"),
)
_REASON = ("原因", "事由", "情形", "失信行为")
_REMOVED = ("移出日期", "移出时间", "移除日期", "移出决定日期")
_ENCODINGS = ("utf-8-sig", "gb18030")


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of a list, counted from 1 as a spreadsheet shows it."""

    list_name: str
    row: int
    name: str
    uscc: str
    reason: str


@dataclass(frozen=True, slots=True)
class Registries:
    """Every list at once, looked up by USCC and by whole name."""

    names: tuple[str, ...]  # of the lists
    by_uscc: Mapping[str, tuple[Listed, ...]]
    by_name: Mapping[str, tuple[Listed, ...]]

    def find(self, uscc: str, name: str) -> tuple[Listed, ...]:
        """The rows of a company: by its USCC, else by its whole name where the row has no other valid USCC."""
        found = self.by_uscc.get(uscc)
        if found:
            return found
        namesakes = self.by_name.get(company_key(name), ())
        return tuple(row for row in namesakes if not (gb32100.is_valid(row.uscc) and gb32100.is_valid(uscc)))

    def about(self, uscc: str, name: str) -> "Registries":
        """The part of the lists that has to do with one company."""
        key = company_key(name)
        return Registries(
            self.names,
            {uscc: self.by_uscc[uscc]} if uscc in self.by_uscc else {},
            {key: self.by_name[key]} if key in self.by_name else {},
        )


@dataclass(frozen=True, slots=True)
class _Header:
    code: int | None
    name: int | None
    reason: int | None
    removed: int | None


def load_registries(folder: Path) -> Registries:
    """Read every .xlsx and .csv file of the folder. Raises SourceError for one that names no company in a header."""
    if not folder.is_dir():
        raise SourceError(f"registries: {folder} is no folder")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".xlsx", ".csv"))
    if not files:
        raise SourceError(f"registries: no .xlsx or .csv file in {folder}")
    return index(chain.from_iterable(_listed(path) for path in files), tuple(path.name for path in files))


def index(listed: Iterable[Listed], names: tuple[str, ...]) -> Registries:
    """The rows under their USCC and under their name."""
    by_uscc: dict[str, list[Listed]] = {}
    by_name: dict[str, list[Listed]] = {}
    for row in listed:
        if row.uscc:
            by_uscc.setdefault(row.uscc, []).append(row)
        if row.name:
            by_name.setdefault(company_key(row.name), []).append(row)
    return Registries(names, {k: tuple(v) for k, v in by_uscc.items()}, {k: tuple(v) for k, v in by_name.items()})


def read_rows(list_name: str, rows: Iterable[Sequence[str]]) -> Iterator[Listed]:
    """The companies of one table. Raises SourceError when none of its first rows is a header."""
    remaining = iter(rows)
    for number, row in enumerate(islice(remaining, _HEADER_ROWS), start=1):
        if header := _header(row):
            for below, cells in enumerate(remaining, start=number + 1):
                if listed := _entry(list_name, below, cells, header):
                    yield listed
            return
    raise SourceError(f"registries: no header in {list_name} names a company or a USCC (企业名称, 统一社会信用代码)")


def _listed(path: Path) -> Iterator[Listed]:
    if path.suffix.lower() == ".csv":
        yield from read_rows(path.name, csv.reader(io.StringIO(_text(path), newline=""), delimiter=_delimiter(path)))
        return
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise SourceError(f"registries: {path.name} cannot be opened: {error}") from error
    with_rows = [sheet for sheet in book.worksheets if sheet.max_row != 0]
    for sheet in with_rows:
        name = path.name if len(with_rows) == 1 else f"{path.name}/{sheet.title}"
        rows = (["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True))
        yield from read_rows(name, rows)
    book.close()


def _text(path: Path) -> str:
    data = path.read_bytes()
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SourceError(f"registries: {path.name} is neither UTF-8 nor GB 18030")


def _delimiter(path: Path) -> str:
    head = _text(path)[:4096]
    return max(",\t;", key=head.count)


def _header(row: Sequence[str]) -> _Header | None:
    cells = [fold(cell) for cell in row]
    code, name = _column(cells, _CODE), _column(cells, _NAME)
    if code is None and name is None:
        return None
    return _Header(code, name, _column(cells, _REASON), _column(cells, _REMOVED))


def _column(cells: Sequence[str], words: Sequence[str]) -> int | None:
    """The column that is headed by one of the words, else the first that contains a longer one."""
    exact = (cells.index(word) for word in words if word in cells)
    inside = (
        n
        for word in words
        if len(word) > 1 and word not in ("企业", "单位", "公司", "名称")
        for n, cell in enumerate(cells)
        if word in cell
    )
    return next(chain(exact, inside), None)


def _entry(list_name: str, number: int, cells: Sequence[str], header: _Header) -> Listed | None:
    def cell(column: int | None) -> str:
        return cells[column].strip() if column is not None and column < len(cells) else ""

    code, name = squeeze(cell(header.code)).upper(), cell(header.name)
    if not (code or name) or cell(header.removed):
        return None
    return Listed(list_name, number, name, code, cell(header.reason))
