"""The exceptions report as one offline page: everything inside, nothing from outside, all text escaped."""

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.files import whole_file
from pipeline.model import Outcome
from pipeline.report.cards import Card, cards
from pipeline.report.changes import change_rows, correction_rows
from pipeline.report.rows import (
    OUTCOMES,
    ROLES,
    STATES,
    STATUSES,
    RunResult,
    clause_rows,
    heading,
    mail_line,
    outcome_counts,
    status_counts,
)

HERE = Path(__file__).parent
MARKS = {
    Outcome.PASS: "✓",
    Outcome.FAIL: "✗",
    Outcome.WARN: "!",
    Outcome.UNDETERMINED: "?",
    Outcome.MANUAL: "人",
    Outcome.NOT_APPLICABLE: "·",
}


def write_html(result: RunResult, out: Path) -> None:
    """Write report.html into the folder `out`."""
    with whole_file(out / "report.html") as stream:
        stream.write(render(result).encode())


def render(result: RunResult) -> str:
    """The page. Its Content-Security-Policy allows its own style, script and inlined pictures, and nothing else."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    style = (HERE / "report.css").read_text("utf-8")
    script = (HERE / "report.js").read_text("utf-8")
    exceptions = cards(result, result.exceptions)
    return environment.get_template("report.html.j2").render(
        result=result,
        style=Markup(style),  # noqa: S704  # our own files, not an applicant's
        script=Markup(script),  # noqa: S704
        style_hash=_csp_hash(style),
        script_hash=_csp_hash(script),
        exceptions=exceptions,
        groups=_groups(result, exceptions),
        manual=cards(result, result.manual),
        headings={record.application_id: heading(result, record) for record in result.records},
        outcomes=outcome_counts(result.checks),
        statuses=status_counts(result.rows),
        matrix=_matrix(result),
        clauses=[list(rows) for _, rows in groupby(clause_rows(result), key=attrgetter("article"))],
        criteria=[(criterion.id, criterion.title) for criterion in result.programme.criteria],
        words={"outcome": OUTCOMES, "status": STATUSES, "role": ROLES, "state": STATES},
        states=Counter(card.state for card in exceptions),
        changes=list(change_rows(result)),
        corrections=list(correction_rows(result)),
        marks=MARKS,
        data_uri=_data_uri,
        mail_line=mail_line,
    )


def _groups(result: RunResult, exceptions: tuple[Card, ...]) -> Mapping[str, list[Card]]:
    """The cards by application in the records' order, then those of lists and files."""
    groups: dict[str, list[Card]] = {record.application_id: [] for record in result.records}
    for card in exceptions:
        groups.setdefault(card.group, []).append(card)
    return {key: group for key, group in groups.items() if group}


def _matrix(result: RunResult) -> Mapping[str, Mapping[str, Outcome]]:
    """The worst outcome by application and criterion."""
    order = list(MARKS)
    rank = {outcome: order.index(outcome) for outcome in order}
    rank[Outcome.PASS], rank[Outcome.NOT_APPLICABLE] = 8, 9
    matrix: dict[str, dict[str, Outcome]] = {record.application_id: {} for record in result.records}
    for check in result.checks:
        row = matrix.get(check.application_id or "")
        if row is not None:
            row[check.check] = min(row.get(check.check, Outcome.NOT_APPLICABLE), check.outcome, key=rank.__getitem__)
    return matrix


def _csp_hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()
