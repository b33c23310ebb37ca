"""What a recognised value shows of itself that makes it less sure than its characters: it was cut amiss, or says what
nobody writes."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise

from extractors.labels import other_label
from pipeline.model import TICKED, UNCLEAR, UNTICKED, Bounds, Evidence, FieldSpec, FieldValue, Method, Row

_MOST = 0.89  # that a value is worth that may be another's, or a part of one, in whatever file
# A figure whose point may have been lost at the line's end, or taken for a comma or from one: 64,140.000元, 23.528.
_SPOILT = re.compile(
    r"\d\s*\n\s*\d|\d[.]\d+[.,]\d|[.]\d{3,}\s*元|,\d{1,2}(?!\d)|,\d{4}|(?<!\d)\d{1,3}[.]\d{3}(?![\d亿])"
    r"|^\s*[-—–－]\s+\d"  # what is left of dots before it
    r"|^[一二三]$"  # a dash, on a rule or two
)
_TWICE = re.compile(r"^(.{4,}) *\1")  # struck out and written anew, perhaps to another end
# At its beginning what only ends a name or a code, or at its end what never does: the rest stands elsewhere.
_FRAGMENT = re.compile(
    r"^(?:股份|责任)?(?:有?限)?(?:责任)?公?司(?:$|[^\w])|^(?:有?限|责任)公司|^[，。、；：)）〕】》”\-–—/]"
    r"|(?:(?:公司|集团|科技|股份|责任)有|有限(?:责任?)?|股份|有限公|责任公|[（(、，：\-–—/])$"
)
_HEADLESS = re.compile(r"^种(?![子植业苗质畜])")  # of 一种…方法, whose first stroke may be too pale to be ink
_BOXED = re.compile(f"[{TICKED}{UNTICKED}{UNCLEAR}√]")
_SHORTEST_ADDRESS = 5  # characters: 示例路1号
_OPENING, _CLOSING = re.compile(r"[（(〔\[【《“]"), re.compile(r"[）)〕\]】》”]")


def doubted(evidence: Evidence) -> Evidence:
    return replace(evidence, confidence=min(evidence.confidence, _MOST), bounds=Bounds.AMISS)


def amiss(claim: FieldValue) -> FieldValue:
    """The claim, of a table each of its cells, for people to settle however sure its characters are."""
    rows = tuple({name: amiss(cell) for name, cell in row.items()} for row in claim.rows)
    return replace(claim, value=rows or claim.value, evidence=replace(claim.evidence, bounds=Bounds.AMISS))


def is_doubtful(spec: FieldSpec, text: str) -> bool:
    """Whether no figure is written like that, a bracket is missing, a name lacks its end, a box stands in it, pieces
    far apart may be of two fields, or what is left of an address names no place."""
    match spec.kind:
        case "money" | "percent" | "integer":
            return bool(_SPOILT.search(text))
        case "email":
            return bool(re.search(r"\s", text))
        case "text" | "address":
            is_cut = spec.kind == "address" and len(text) < _SHORTEST_ADDRESS
            is_cut = is_cut or "\t" in text or any(map(other_label, text.split("\n")))
            is_cut = is_cut or any(pattern.search(text) for pattern in (_FRAGMENT, _BOXED, _TWICE, _HEADLESS))
            return is_cut or len(_OPENING.findall(text)) != len(_CLOSING.findall(text))
        case _:
            return False


def with_doubt(rows: Sequence[Row], early: Sequence[Collection[str]]) -> list[Row]:
    """A table's rows, all of them in doubt where one was read as two, and those that are not bounded by rules where a
    cell came to nothing or two rows to one.

    `early` are row by row the columns in which a line is broken early: such a cell holds what is another's, and a row
    of several holds another row."""
    rows = [
        {name: amiss(cell) if len(columns) > 1 or name in columns else cell for name, cell in row.items()}
        for row, columns in zip(rows, early, strict=True)
    ]
    if any(map(_is_part, rows)) or any(_says_again(*two) or _parts_one_cell(*two) for two in pairwise(rows)):
        return [{name: amiss(cell) for name, cell in row.items()} for row in rows]
    if any(any(map(_came_to_nothing, row.values())) or _is_of_two(row) for row in rows):
        return [
            {name: cell if cell.evidence.bounds is Bounds.SEEN else amiss(cell) for name, cell in row.items()}
            for row in rows
        ]
    return list(rows)


def _is_part(row: Row) -> bool:
    """Whether a recognised cell says the rest of another, or lacks its own."""
    return any(
        cell.evidence.method is Method.OCR and isinstance(cell.value, str) and _FRAGMENT.search(cell.raw or "")
        for cell in row.values()
    )


def _says_again(one: Row, other: Row) -> bool:
    """Whether a recognised row says what the row before says, in two cells at least."""
    stated = [name for name, cell in one.items() if cell.value is not None and cell.evidence.method is Method.OCR]
    return len(stated) > 1 and all(name in other and other[name].value == one[name].value for name in stated)


def _parts_one_cell(one: Row, other: Row) -> bool:
    """Whether two recognised rows share all cells but one: what parts that one was drawn below a word."""
    places = [
        (one[name].evidence.bbox, cell.evidence.bbox)
        for name, cell in other.items()
        if name in one and cell.value is not None and cell.evidence.method is Method.OCR
    ]
    shared = sum(above is not None and above == below for above, below in places)
    return shared > 1 and shared >= len(places) - 1


def _came_to_nothing(cell: FieldValue) -> bool:
    return cell.value is None and (cell.problem is not None or not (cell.raw or "").strip())


def _is_of_two(row: Row) -> bool:
    """Whether each cell of a row has several lines, as when two rows are read as one."""
    return len(row) > 1 and all("\n" in (cell.raw or "") for cell in row.values())
