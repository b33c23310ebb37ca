"""The exceptions report as one offline page, or as several where it is too large for one: all text escaped, nothing
from outside."""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count, groupby, islice
from operator import attrgetter
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from pipeline.files import whole_file
from pipeline.model import LedgerRow, Outcome
from pipeline.report.cards import Card, cards
from pipeline.report.changes import CorrectionRow, change_rows, correction_rows
from pipeline.report.clauses import clause_rows
from pipeline.report.groups import Line, group, lines, parts
from pipeline.report.rows import (
    OUTCOMES,
    ROLES,
    STATES,
    STATUSES,
    RunResult,
    check_title,
    heading,
    mail_line,
    picture_name,
    status_counts,
)

HERE = Path(__file__).parent
MAIN = "report.html"
MOST_ROWS = 10_000  # of a table on one page
MARKS = {
    Outcome.PASS: "✓",
    Outcome.FAIL: "✗",
    Outcome.WARN: "!",
    Outcome.UNDETERMINED: "?",
    Outcome.MANUAL: "人",
    Outcome.NOT_APPLICABLE: "·",
}
VIEWS = {
    "applicants": "按申报单位",
    "criteria": "按核查项",
    "files": "未能使用的文件",
    "manual": "人工判断清单",
    "matrix": "核查矩阵",
    "changes": "与上次相比",
    "clauses": "条款覆盖",
    "ledger": "文件台账",
    "help": "说明",
}
_OF_APPLICATIONS = ("criteria", "manual", "matrix")
_BUFFER = 200  # pieces of the page that are written at a time


@dataclass(frozen=True, slots=True)
class Page:
    """A file of the report and what it shows: `views` out of VIEWS, the cards and matrix of `lines`, these ledger rows.
    `links` are titles of other pages by their names; `index` are the lines of all pages with the place of each."""

    name: str
    title: str
    views: tuple[str, ...]
    lines: tuple[Line, ...] = ()
    rows: Sequence[LedgerRow] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    index: tuple[tuple[Line, str], ...] = ()

    @property
    def is_overview(self) -> bool:
        return bool(self.index)

    @property
    def is_main(self) -> bool:
        """Whether it is the page that is opened first."""
        return self.name == MAIN


def write_html(result: RunResult, out: Path, most_cards: int) -> None:
    """Write report.html into the folder `out`; where it would have more than `most_cards` cards or lines of its matrix,
    or MOST_ROWS rows of the ledger, an overview under this name and further pages beside it."""
    written = set()
    for page in pages(result, most_cards):
        with whole_file(out / page.name) as stream:
            pieces = _template().stream(_context(result, page, out))
            pieces.enable_buffering(_BUFFER)
            pieces.dump(stream, "utf-8")
        written.add(page.name)
    for older in out.glob("report-*.html"):  # of a larger run that left its report here
        if older.name not in written:
            older.unlink()


def pages(result: RunResult, most_cards: int) -> Iterator[Page]:
    """The pages of a report, the one to open first as the first."""
    found = lines(result)
    if sum(line.weight for line in found) <= most_cards and len(result.rows) <= MOST_ROWS:
        yield Page(MAIN, "", tuple(VIEWS), tuple(found), result.rows)
        return
    of_lines = list(parts(found, most_cards))
    names = [f"report-{number:03}.html" for number in range(1, len(of_lines) + 1)]
    starts = range(0, len(result.rows), MOST_ROWS)
    ledgers = {f"report-ledger-{number:03}.html": start for number, start in enumerate(starts, 1)}
    titles = {name: _rows_title(start, len(result.rows)) for name, start in ledgers.items()}
    index = tuple(
        (line, f"{name}#{place}")
        for name, part in zip(names, of_lines, strict=True)
        for line, place in zip(part, _places(part), strict=True)
    )
    views = tuple(view for view in VIEWS if view not in _OF_APPLICATIONS)
    yield Page(MAIN, "总览", views, links=titles, index=index)
    for number, (name, part) in enumerate(zip(names, of_lines, strict=True)):
        title = f"第{number + 1}页，共{len(names)}页"
        yield Page(name, title, ("applicants", *_OF_APPLICATIONS, "help"), part, links=_around(names, number))
    for number, (name, start) in enumerate(ledgers.items()):
        links = _around(list(ledgers), number)
        yield Page(name, titles[name], ("ledger",), rows=result.rows[start : start + MOST_ROWS], links=links)


def _places(part: Sequence[Line]) -> Iterator[str]:
    """Where each line stands on its page: its group of cards, else its row of the matrix."""
    groups = count(1)
    for line in part:
        yield f"g-{next(groups)}" if line.exceptions else "matrix"


def _rows_title(start: int, rows: int) -> str:
    return f"文件台账第{start + 1}至{min(start + MOST_ROWS, rows)}行"


def _around(names: Sequence[str], number: int) -> Mapping[str, str]:
    """The overview, the page before and the page after, as far as there are such."""
    found = {MAIN: "总览"}
    if number:
        found[names[number - 1]] = "上一页"
    if number + 1 < len(names):
        found[names[number + 1]] = "下一页"
    return found


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("report.html.j2")


def _context(result: RunResult, page: Page, out: Path) -> Mapping[str, object]:
    """What the template shows. Its Content-Security-Policy allows its own style, script and inlined pictures, and
    nothing else. Cards are made while the page is written, a group at a time."""
    style = (HERE / "report.css").read_text("utf-8")
    script = (HERE / "report.js").read_text("utf-8")
    criteria = [(criterion.id, criterion.title) for criterion in result.programme.criteria]
    every = page.lines or tuple(line for line, _ in page.index)
    order = {application_id: number for number, application_id in enumerate(result.index)}
    applications = sorted((line for line in page.lines if line.is_application), key=lambda line: order[line.key])
    listed = {one.check: check_title(result, one.check) for line in every for one in line.exceptions}
    return {
        "result": result,
        "page": page,
        "views": {view: VIEWS[view] for view in page.views},
        "style": Markup(style),  # noqa: S704  # nosec B704
        "script": Markup(script),  # noqa: S704  # nosec B704
        "style_hash": _csp_hash(style),
        "script_hash": _csp_hash(script),
        "shown": [line for line in page.lines if line.exceptions],
        "groups": (group(result, line) for line in page.lines if line.exceptions),
        "applications": applications,
        "listed": sorted(listed.items()),
        "first_of": {(line.key, one.check): one.exception_id for line in applications for one in line.exceptions[::-1]},
        "heading": lambda application_id: heading(result, result.index[application_id].record),
        "manual": _manual(result, applications),
        "criteria": criteria,
        "clauses": [list(rows) for _, rows in groupby(clause_rows(result), key=attrgetter("article"))],
        "changes": list(islice(change_rows(result), MOST_ROWS)) if page.is_main else [],
        "corrections": list(islice(_corrections(result), MOST_ROWS)) if page.is_main else [],
        "statuses": status_counts(result.rows),
        "words": {"outcome": OUTCOMES, "status": STATUSES, "role": ROLES, "state": STATES},
        "cities": sorted({line.city for line in every if line.city}),
        "marks": MARKS,
        "most_rows": MOST_ROWS,
        "data_uri": lambda name: _data_uri((out / name).read_bytes()),
        "picture_name": picture_name,
        "mail_line": mail_line,
        "zip": zip,
    }


def _manual(result: RunResult, applications: Sequence[Line]) -> Iterator[Card]:
    for line in applications:
        if result.index[line.key].counts.get(Outcome.MANUAL):
            yield from cards(result, (one for one in result.cases[line.key].checks if one.outcome is Outcome.MANUAL))


def _corrections(result: RunResult) -> Iterator[CorrectionRow]:
    for application_id, entry in result.index.items():
        if entry.is_corrected:
            yield from correction_rows(result.cases[application_id], result.programme)


def _csp_hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()
