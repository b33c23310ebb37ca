"""What the page lists together (an application, a list, a file), in which order, and how it is cut into pages."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.model import EXCEPTIONS, Check, Evidence, Outcome
from pipeline.report.cards import Card, Place, cards
from pipeline.report.consequences import consequences
from pipeline.report.rows import Noted, RunResult, heading

SERIOUS = (Outcome.FAIL, Outcome.WARN, Outcome.UNDETERMINED)


@dataclass(frozen=True, slots=True)
class Line:
    """A group in the index. `counts` says how many exceptions of each outcome are open, the most serious first."""

    key: str
    name: str
    about: str  # an application's direction, the way of a file
    exceptions: tuple[Noted, ...]
    counts: Mapping[Outcome, int]
    states: frozenset[str] = frozenset()
    is_application: bool = True
    city: str = ""
    project: str = ""
    uscc: str = ""

    @property
    def weight(self) -> int:
        """What it adds to a page, which has a line in its matrix for an application without exceptions too."""
        return max(1, len(self.exceptions))


@dataclass(frozen=True, slots=True)
class Entry:
    """A card in its group. A picture that stands in an earlier card of the group is not shown again: its place comes
    with that card's id."""

    card: Card
    places: tuple[tuple[Place, str], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A line's cards, the most serious first; `following` are what others decide."""

    line: Line
    entries: tuple[Entry, ...]
    following: tuple[Entry, ...]

    @property
    def first(self) -> Card:
        return (*self.entries, *self.following)[0].card


def lines(result: RunResult) -> list[Line]:
    """A line for each application, those with the most serious open exceptions first, else in the records' order; then
    for each list and file with an exception."""
    found = [_application(result, application_id) for application_id in result.index]
    found.sort(key=_seriousness)
    apart = (key for key in result.others_about if key not in result.index)
    others = [_other(result, key, checks) for key in apart if (checks := _exceptions(result, key))]
    return [*found, *sorted(others, key=_seriousness)]


def parts(found: Iterable[Line], most: int) -> Iterator[tuple[Line, ...]]:
    """The lines in runs of at most so much weight; a line that is heavier stands alone."""
    part: list[Line] = []
    weight = 0
    for line in found:
        if part and weight + line.weight > most:
            yield tuple(part)
            part, weight = [], 0
        part.append(line)
        weight += line.weight
    if part:
        yield tuple(part)


def group(result: RunResult, line: Line) -> Group:
    """The cards of a line: what waits for others at the end, open before waived, the more serious first."""
    exceptions = _exceptions(result, line.key)
    follow = consequences(exceptions, result.programme) if line.is_application else frozenset[str]()

    def rank(card: Card) -> tuple[bool, bool, int]:
        return card.exception_id in follow, card.state == "waived", SERIOUS.index(card.outcome)

    return _shown(line, sorted(cards(result, exceptions), key=rank), follow)


def _shown(line: Line, ordered: Sequence[Card], follow: Collection[str]) -> Group:
    shown: dict[Evidence, str] = {}
    entries: list[Entry] = []
    for card in ordered:
        entries.append(Entry(card, tuple((place, shown.get(place.evidence, "")) for place in card.places)))
        for place in card.places:
            shown.setdefault(place.evidence, card.exception_id)
    main = tuple(entry for entry in entries if entry.card.exception_id not in follow)
    return Group(line, main, tuple(entries[len(main) :]))


def _application(result: RunResult, application_id: str) -> Line:
    entry = result.index[application_id]
    head = heading(result, entry.record)
    return Line(
        key=application_id,
        name=head.applicant,
        about=head.direction,
        exceptions=entry.exceptions,
        counts=_open(result, entry.exceptions),
        states=frozenset(result.state(one.exception_id) for one in entry.exceptions),
        city=head.city,
        project=head.project,
        uscc=head.uscc,
    )


def _exceptions(result: RunResult, key: str) -> tuple[Check, ...]:
    own = result.cases[key].checks if key in result.index else ()
    return tuple(check for check in (*own, *result.others_about.get(key, ())) if check.outcome in EXCEPTIONS)


def _other(result: RunResult, key: str, checks: Sequence[Check]) -> Line:
    first = cards(result, checks[:1])[0]
    noted = tuple(Noted(check.check, check.outcome, check.exception_id) for check in checks)
    states = frozenset(result.state(check.exception_id) for check in checks)
    about = first.source or first.title
    return Line(key, first.applicant, about, noted, _open(result, noted), states, is_application=False)


def _open(result: RunResult, exceptions: Iterable[Noted]) -> Mapping[Outcome, int]:
    every = Counter(one.outcome for one in exceptions if result.state(one.exception_id) != "waived")
    return {outcome: every[outcome] for outcome in SERIOUS if every[outcome]}


def _seriousness(line: Line) -> int:
    return next((SERIOUS.index(outcome) for outcome in line.counts), len(SERIOUS))
