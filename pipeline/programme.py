"""A programme's TOML files → Programme. Every mistake in them is collected and told at once.

A programme is a folder of three files:

- ``form.toml``: id, title, the form's printed titles, option lists, fields with their labels;
- ``notice.toml``: the notice's numbered clauses in its own words, with the reason where one is left to judgement,
  and the clause that a file which cannot be used falls short of;
- ``criteria.toml``: parameters and criteria, each with clause, quote, messages, actions and worked examples.
"""

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipeline.checks import CHECKS, LIST_CHECKS
from pipeline.checks.gate import RECEIVED
from pipeline.confidence import model
from pipeline.errors import ProgrammeError
from pipeline.model import Clause, Criterion, Example, FieldSpec, NoticeClause, Option, Outcome, Programme
from pipeline.normalise_money import UNITS

PROGRAMMES = Path(__file__).parent / "programmes"
FILES = ("form.toml", "notice.toml", "criteria.toml")
KINDS = frozenset(
    "text uscc choice choices money percent integer date period phone email address table".split()  # noqa: SIM905
)
DIRECTION = "direction"  # the option list and the field that every programme has

_FIELD_KEYS = frozenset({"labels", "type", "unit", "options", "required", "directions", "columns"})
_COLUMN_KEYS = frozenset({"labels", "type", "unit", "options"})
_CRITERION_KEYS = frozenset(
    "id title clause quote check reads directions parameters messages actions requests examples".split()  # noqa: SIM905
)


def load_programme(path: Path | str) -> Programme:
    """Load a programme from its folder, or by its id (``fujian-ai-2024``) when it comes with the package.

    Raises ProgrammeError with every mistake in the files, one a line.
    """
    folder = _folder(path)
    mistakes: list[str] = []
    form, notice, criteria = (_read_toml(folder / name, mistakes) for name in FILES)
    if mistakes:
        raise ProgrammeError(mistakes)
    programme = _Builder(form, notice, criteria, mistakes).programme(_version(folder))
    if mistakes:
        raise ProgrammeError([f"{folder.name}: {mistake}" for mistake in mistakes])
    return programme


def _folder(path: Path | str) -> Path:
    folder = Path(path)
    packaged = PROGRAMMES / str(path).replace("-", "_")
    if not folder.is_dir() and packaged.is_dir() and packaged.parent == PROGRAMMES:
        return packaged
    if not folder.is_dir():
        known = ", ".join(sorted(p.name.replace("_", "-") for p in PROGRAMMES.iterdir() if p.is_dir()))
        raise ProgrammeError([f"no programme {path!s}: neither a folder nor one of {known}"])
    return folder


def _read_toml(path: Path, mistakes: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        mistakes.append(f"{path.parent.name}/{path.name}: {error}")
        return {}


def _version(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in FILES:
        digest.update(name.encode() + b"\0" + (folder / name).read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def clause_matrix(programme: Programme) -> tuple[tuple[NoticeClause, tuple[str, ...]], ...]:
    """Each numbered clause of the notice, in its order, with the ids of the criteria that serve it."""
    return tuple(
        (clause, tuple(c.id for c in programme.criteria if c.clause.article == clause.clause.article))
        for clause in programme.clauses
    )


class _Builder:
    """Reads the three tables and notes each mistake with its place; what it returns is valid if none was noted."""

    def __init__(
        self, form: dict[str, Any], notice: dict[str, Any], criteria: dict[str, Any], mistakes: list[str]
    ) -> None:
        self.form, self.notice, self.criteria, self.mistakes = form, notice, criteria, mistakes
        self.parameters = {"review_threshold": model().review_threshold} | criteria.get("parameters", {})
        self.options = {name: self._options(name, table) for name, table in form.get("options", {}).items()}
        self.directions = self.options.get(DIRECTION, ())
        self.clauses = tuple(self._clauses())
        self.file_clause = self._cited("notice.toml: [files]", notice.get("files", {}), "article")
        self.fields = tuple(self._field(name, table) for name, table in form.get("fields", {}).items())
        self.readable = frozenset((*_readable(self.fields), RECEIVED))

    def programme(self, version: str) -> Programme:
        form = self.form
        for key in ("id", "title", "form_titles"):
            self._demand(bool(form.get(key)), f"form.toml: no {key}")
        self._demand(bool(self.directions), "form.toml: no [options.direction]")
        self._demand(any(f.name == DIRECTION for f in self.fields), "form.toml: no [fields.direction]")
        self._duplicate_labels()
        self._review_settings()
        criteria = tuple(self._criterion(table) for table in self.criteria.get("criterion", ()))
        for criterion_id, count in Counter(c.id for c in criteria).items():
            self._demand(count == 1, f"criteria.toml: {criterion_id} stands {count} times")
        self._uncovered(criteria)
        return Programme(
            id=form.get("id", ""),
            version=version,
            title=form.get("title", ""),
            form_titles=tuple(form.get("form_titles", ())),
            directions=self.directions,
            fields=self.fields,
            criteria=criteria,
            parameters=self.parameters,
            issuer=self.notice.get("issuer", ""),
            clauses=self.clauses,
            file_clause=self.file_clause,
            messages=self.criteria.get("messages", {}),
        )

    def _review_settings(self) -> None:
        threshold, messages = self.parameters["review_threshold"], self.criteria.get("messages", {})
        is_share = isinstance(threshold, (int, Decimal)) and 0 <= threshold <= 1
        self._demand(is_share, "criteria.toml: [parameters] review_threshold is no number from 0 to 1")
        for key in REVIEW_MESSAGES:
            self._demand(key in messages, f"criteria.toml: [messages] lacks {key!r}")

    # --- the form ---------------------------------------------------------------------------------

    def _options(self, name: str, table: Mapping[str, Any]) -> tuple[Option, ...]:
        for code, labels in table.items():
            self._demand(_texts(labels), f"form.toml: option {name}.{code} has no words")
        return tuple(Option(code, tuple(labels)) for code, labels in table.items())

    def _field(self, name: str, table: Mapping[str, Any], parent: str = "") -> FieldSpec:
        where = f"form.toml: field {parent}{name}"
        kind, listed, columns = table.get("type", ""), table.get("options"), table.get("columns", {})
        self._known(where, table, _COLUMN_KEYS if parent else _FIELD_KEYS)
        self._demand(_texts(table.get("labels")), f"{where} has no labels")
        self._demand(kind in KINDS and not (parent and kind == "table"), f"{where} has the unknown type {kind!r}")
        self._demand(
            kind != "money" or table.get("unit", "元") in UNITS, f"{where} has the unknown unit {table.get('unit')!r}"
        )
        self._demand(listed is None or listed in self.options, f"{where} names the unknown option list {listed!r}")
        choice = kind in {"choice", "choices"}
        self._demand(choice == (listed is not None), f"{where}: a choice, and only it, has options")
        self._demand((kind == "table") == bool(columns), f"{where}: a table, and only it, has columns")
        return FieldSpec(
            name=name,
            labels=tuple(table.get("labels", ())),
            kind=kind,
            unit=table.get("unit"),
            options=self.options.get(listed, ()) if listed else (),
            required=table.get("required", False),
            directions=self._directions(where, table),
            columns=tuple(self._field(column, spec, f"{name}.") for column, spec in columns.items()),
        )

    def _duplicate_labels(self) -> None:
        """A label must tell the field in every direction's form, and a column within its table."""
        for direction in self.directions:
            asked = [f for f in self.fields if f.applies_to(direction.code)]
            self._distinct(f"form.toml, {direction.code}", asked)
        for table in self.fields:
            self._distinct(f"form.toml: table {table.name}", table.columns)

    def _distinct(self, where: str, specs: Sequence[FieldSpec]) -> None:
        for label, count in Counter(label for spec in specs for label in spec.labels).items():
            owners = ", ".join(spec.name for spec in specs if label in spec.labels)
            self._demand(count == 1, f"{where}: the label {label} is claimed twice ({owners})")

    # --- the notice ---------------------------------------------------------------------------------

    def _clauses(self) -> Iterator[NoticeClause]:
        document = self.notice.get("document", "")
        self._demand(bool(document), "notice.toml: no document")
        self._demand(bool(self.notice.get("clause")), "notice.toml: no clauses")
        for table in self.notice.get("clause", ()):
            article, text = table.get("article", ""), table.get("text", "")
            where = f"notice.toml: clause {article or '?'}"
            self._known(where, table, frozenset({"article", "text", "judgement"}))
            self._demand(bool(article and text), f"{where} has no article or no text")
            yield NoticeClause(Clause(document, article, text), table.get("judgement", ""))

    def _uncovered(self, criteria: Sequence[Criterion]) -> None:
        served = {criterion.clause.article for criterion in criteria}
        for clause in self.clauses:
            article = clause.clause.article
            self._demand(
                article in served or bool(clause.judgement),
                f"notice.toml: clause {article} has neither a criterion nor a reason why it is left to judgement",
            )

    # --- the criteria ---------------------------------------------------------------------------------

    def _criterion(self, table: Mapping[str, Any]) -> Criterion:
        name = str(table.get("id", "?"))
        where = f"criteria.toml: {name}"
        self._known(where, table, _CRITERION_KEYS)
        self._demand("id" in table and bool(table.get("title")), f"{where} has no id or no title")
        function, reads = table.get("check", ""), tuple(table.get("reads", ()))
        self._demand(
            function in CHECKS or function in LIST_CHECKS, f"{where} names the unknown check function {function!r}"
        )
        for field in reads:
            self._demand(field in self.readable, f"{where} reads the unknown field {field!r}")
        messages, actions = dict(table.get("messages", {})), dict(table.get("actions", {}))
        self._outcomes_of(where, messages, actions)
        requests = dict(table.get("requests", {}))
        self._belong(where, "request", requests, messages)
        directions = self._directions(where, table)
        examples = tuple(self._example(where, directions, example) for example in table.get("examples", ()))
        self._all_outcomes_shown(where, messages, reads, examples)
        return Criterion(
            id=name,
            title=table.get("title", ""),
            clause=self._cited(where, table, "clause"),
            function=function,
            reads=reads,
            directions=directions,
            parameters=table.get("parameters", {}),
            messages=messages,
            actions=actions,
            examples=examples,
            requests=requests,
        )

    def _cited(self, where: str, table: Mapping[str, Any], key: str) -> Clause:
        article, quote = table.get(key, ""), table.get("quote", "")
        self._demand(bool(article), f"{where} has no clause")
        self._demand(bool(quote), f"{where} has no quote")
        text = next((c.clause.quote for c in self.clauses if c.clause.article == article), None)
        self._demand(text is not None or not article, f"{where} cites the unknown clause {article!r}")
        self._demand(text is None or quote in text, f"{where} quotes words that clause {article} does not have")
        return Clause(self.notice.get("document", ""), article, quote)

    def _outcomes_of(self, where: str, messages: Mapping[str, str], actions: Mapping[str, str]) -> None:
        self._demand(bool(messages), f"{where} has no messages")
        outcomes = {outcome.value for outcome in Outcome}
        for key in messages:
            self._demand(outcome_of(key) in outcomes, f"{where}: message {key!r} does not begin with an outcome")
            asks = outcome_of(key) not in {Outcome.PASS, Outcome.NOT_APPLICABLE}
            self._demand(not asks or action_key(key, actions) is not None, f"{where} has no action for {key!r}")
        self._belong(where, "action", actions, messages)

    def _belong(self, where: str, what: str, keys: Mapping[str, str], messages: Mapping[str, str]) -> None:
        for key in keys:
            used = any(key in (message, outcome_of(message)) for message in messages)
            self._demand(used, f"{where}: {what} {key!r} belongs to no message")

    def _example(self, where: str, directions: frozenset[str], table: Mapping[str, Any]) -> Example:
        """An example is the sound application of its direction with what it states laid over."""
        title, outcome = table.get("title", ""), table.get("outcome", "")
        self._known(f"{where}, example {title}", table, frozenset({"title", "given", "outcome"}))
        self._demand(bool(title), f"{where} has an example without a title")
        self._demand(outcome in set(Outcome), f"{where}, example {title}: unknown outcome {outcome!r}")
        given = table.get("given", {})
        for field in given:
            self._demand(
                field in self.readable or field in CIRCUMSTANCES, f"{where}, example {title}: unknown field {field!r}"
            )
        direction = given.get(DIRECTION, min(directions, default=self.directions[0].code if self.directions else ""))
        whole = {DIRECTION: direction, **self._sound(direction), **given}
        return Example(title, whole, Outcome(outcome) if outcome in set(Outcome) else Outcome.UNDETERMINED)

    def _sound(self, direction: str) -> dict[str, Any]:
        sound = dict(self.criteria.get("sound", {}))
        by_direction = sound.pop("directions", {})
        for name in [*sound, *by_direction.get(direction, {})]:
            self._demand(name in self.readable, f"criteria.toml: [sound] states the unknown field {name!r}")
        return {**sound, **by_direction.get(direction, {})}

    def _all_outcomes_shown(
        self, where: str, messages: Mapping[str, str], reads: Sequence[str], examples: Sequence[Example]
    ) -> None:
        possible = {outcome_of(key) for key in messages}
        if reads:
            possible.add(Outcome.UNDETERMINED.value)
        for outcome in sorted(possible - {example.outcome.value for example in examples}):
            self.mistakes.append(f"{where} has no worked example of {outcome}")

    # --- shared ---------------------------------------------------------------------------------------

    def _directions(self, where: str, table: Mapping[str, Any]) -> frozenset[str]:
        known, named = {option.code for option in self.directions}, table.get("directions", ())
        for direction in named:
            self._demand(direction in known, f"{where} names the unknown direction {direction!r}")
        return frozenset(named)

    def _known(self, where: str, table: Mapping[str, Any], keys: frozenset[str]) -> None:
        for key in table:
            self._demand(key in keys, f"{where} has the unknown key {key!r}")

    def _demand(self, condition: bool, mistake: str) -> None:
        if not condition:
            self.mistakes.append(mistake)


# What the review itself says of a criterion, whichever it is.
REVIEW_MESSAGES = (
    *("missing", "unreadable", "doubtful", "doubtful-bounds", "disputed", "cell", "no-date", "no-direction"),
    *("undetermined-unknown", "undetermined-unknown-action", "not_applicable"),
)

# What a worked example may state besides the form's fields.
CIRCUMSTANCES = frozenset(
    {"doubtful", "unreadable", "only_month", "conflict", "scanned", "others", "registries", "city_list"}
)


def outcome_of(key: str) -> str:
    """The outcome that a message key begins with: ``fail-branch`` is a way to ``fail``."""
    return key.partition("-")[0]


def action_key(key: str, actions: Mapping[str, str]) -> str | None:
    """The key of the action, or of the request, for a message key: its own, else that of its outcome, else None."""
    return next((k for k in (key, outcome_of(key)) if k in actions), None)


def _texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, str) and v for v in value)


def _readable(fields: Sequence[FieldSpec]) -> Iterator[str]:
    """Field names, and ``table.column`` for the cells of a table."""
    for spec in fields:
        yield spec.name
        yield from (f"{spec.name}.{column.name}" for column in spec.columns)
