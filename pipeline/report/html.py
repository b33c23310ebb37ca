"""The exceptions report as one offline page: everything inside, nothing from outside, all text escaped."""

import base64
import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.files import whole_file
from pipeline.model import Check, Evidence, Outcome
from pipeline.report.cards import Card, Place, cards
from pipeline.report.changes import change_rows, correction_rows
from pipeline.report.consequences import consequences
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
    picture_name,
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
_SERIOUS = (Outcome.FAIL, Outcome.WARN, Outcome.UNDETERMINED)


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
        style=Markup(style),  # noqa: S704  # nosec B704
        script=Markup(script),  # noqa: S704  # nosec B704
        style_hash=_csp_hash(style),
        script_hash=_csp_hash(script),
        exceptions=exceptions,
        listed=sorted({(card.check, card.title) for card in exceptions}),
        first_of={(card.group, card.check): card.exception_id for card in reversed(exceptions)},
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
        cities=sorted({card.city for card in exceptions if card.city}),
        marks=MARKS,
        data_uri=_data_uri,
        picture_name=picture_name,
        mail_line=mail_line,
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """A card in its group. A picture that stands in an earlier card of the group is not shown again: its place comes
    with that card's id."""

    card: Card
    places: tuple[tuple[Place, str], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The cards of one application, list or file, the most serious first; `following` are what others decide."""

    key: str
    entries: tuple[Entry, ...]
    following: tuple[Entry, ...]

    @property
    def first(self) -> Card:
        return (*self.entries, *self.following)[0].card

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """How many of each outcome are open, the most serious first."""
        every = Counter(entry.card.outcome for entry in (*self.entries, *self.following) if _is_open(entry.card))
        return {outcome: every[outcome] for outcome in _SERIOUS if every[outcome]}


def _groups(result: RunResult, exceptions: tuple[Card, ...]) -> list[Group]:
    """The groups of applications, those with the most serious open exceptions first, else in the records' order;
    then those of lists and files."""
    checks: dict[str, list[Check]] = {}
    for check in result.exceptions:
        checks.setdefault(check.application_id or "", []).append(check)
    follow = frozenset().union(*(consequences(own, result.programme) for key, own in checks.items() if key))
    order = {record.application_id: number for number, record in enumerate(result.records)}
    found: dict[str, list[Card]] = {}
    for card in exceptions:
        found.setdefault(card.group, []).append(card)
    groups = [_group(key, cards, follow) for key, cards in found.items()]
    return sorted(groups, key=lambda group: (group.key not in order, _seriousness(group), order.get(group.key, 0)))


def _group(key: str, cards: Sequence[Card], follow: Collection[str]) -> Group:
    """Within a group: open before waived, the more serious first, and what others decide at the end."""

    def rank(card: Card) -> tuple[bool, bool, int]:
        return card.exception_id in follow, not _is_open(card), _SERIOUS.index(card.outcome)

    shown: dict[Evidence, str] = {}
    entries: list[Entry] = []
    for card in sorted(cards, key=rank):
        entries.append(Entry(card, tuple((place, shown.get(place.evidence, "")) for place in card.places)))
        for place in card.places:
            shown.setdefault(place.evidence, card.exception_id)
    main = tuple(entry for entry in entries if entry.card.exception_id not in follow)
    return Group(key, main, tuple(entries[len(main) :]))


def _is_open(card: Card) -> bool:
    return card.state != "waived"


def _seriousness(group: Group) -> int:
    return next((_SERIOUS.index(outcome) for outcome in group.counts), len(_SERIOUS))


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
