"""Unknown is not no: what a criterion reads has to be there, read well and undisputed before it says anything."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.assemble import agree, is_settled
from pipeline.checks.given import Finding, Given
from pipeline.checks.wording import brief, shown
from pipeline.model import Bounds, FieldValue, Method

RECEIVED = "received_at"


@dataclass(frozen=True, slots=True)
class _Doubt:
    """What stands in the way. `is_ours` where it may be our reading, and not what the applicant wrote."""

    reason: str
    is_ours: bool


def gate(given: Given, names: Sequence[str], *, in_parts: bool = False) -> Finding | None:
    """The finding ``undetermined`` that tells every field that stands in the way, or None when none does.

    A name is a field, ``table.column`` for each cell of a column, or ``received_at``. With `in_parts` a doubtful text
    stands in nobody's way, since the check asks `doubtful_parts` of what it uses.
    """
    doubts = [(name, doubt) for name in names for doubt in _doubts(given, name, in_parts=in_parts)]
    return _undetermined(doubts) if doubts else None


def doubtful_parts(given: Given, name: str, texts: Sequence[str]) -> Finding:
    """The finding ``undetermined`` where parts of a field's text were read too doubtfully."""
    message = given.context.programme.messages["doubtful"]
    reasons = (message.format(label=given.label(name), raw=brief(text)) for text in texts)
    return _undetermined([(name, _Doubt(reason, is_ours=True)) for reason in reasons])


def _undetermined(doubts: Sequence[tuple[str, _Doubt]]) -> Finding:
    reasons = "；".join(dict.fromkeys(doubt.reason for _, doubt in doubts))
    fields = tuple(dict.fromkeys(name for name, _ in doubts))
    is_ours = any(doubt.is_ours for _, doubt in doubts)
    return Finding("undetermined-unknown", {"reasons": reasons}, claimed=reasons, fields=fields, is_ours=is_ours)


def is_blank(claim: FieldValue | None) -> bool:
    """Nothing is claimed: no value, and no words that could not be read."""
    return claim is None or (claim.value in (None, ()) and claim.problem is None)


def is_doubtful(given: Given, claim: FieldValue) -> bool:
    return claim.confidence < given.context.threshold


def is_surely_blank(given: Given, name: str) -> bool:
    """The form says nothing there: its place was read and is empty, or a copy that needed no recognition lacks it.

    A place that was not found on a scan may have been missed by us.
    """
    claim = given.claim(name)
    if claim is not None:
        return is_blank(claim) and not is_doubtful(given, claim)
    read = {found.evidence.sha256 for claims in given.record.claims.values() for found in claims}
    recognised = {
        found.evidence.sha256 for claims in given.record.claims.values() for found in claims if _is_recognised(found)
    }
    return bool(read - recognised)


def is_sure(given: Given, claim: FieldValue, line: int) -> bool:
    """Whether one line of a value, counted from 0, may be trusted: because the whole may, or by itself."""
    lines = claim.evidence.lines
    return not is_doubtful(given, claim) or (line < len(lines) and lines[line] >= given.context.threshold)


def disputed(given: Given, name: str) -> tuple[FieldValue, ...]:
    """The claims that contradict the one in force, as long as nothing settles which is right."""
    first, *others = given.record.claims.get(name, ()) or (None,)
    if first is None:
        return ()
    return tuple(other for other in others if not agree(first, other) and not is_settled(first, other))


def _doubts(given: Given, name: str, *, in_parts: bool) -> Iterator[_Doubt]:
    messages = given.context.programme.messages
    if name == RECEIVED:
        if given.record.received_at is None:
            yield _Doubt(messages["no-date"], is_ours=True)
        return
    table, _, column = name.partition(".")
    label, claim = given.label(table), given.claim(table)
    if claim is None or claim.value in (None, ()):
        is_ours = is_doubtful(given, claim) if claim else not is_surely_blank(given, table)
        yield _Doubt(_missing(given, label, claim), is_ours)
        return
    if others := disputed(given, table):
        spec = given.spec(table)
        reason = messages["disputed"].format(label=label, one=shown(spec, claim), other=shown(spec, others[0]))
        yield _Doubt(reason, is_doubtful(given, claim) or is_doubtful(given, others[0]))
    if not column:
        yield from () if in_parts else _doubtful(given, label, claim)
        return
    for number, cell in given.cells(table, column):
        where = messages["cell"].format(label=label, row=number, column=given.label(name))
        if cell is None or cell.value is None:
            yield _Doubt(_missing(given, where, cell), is_doubtful(given, cell) if cell else _is_recognised(claim))
        else:
            yield from _doubtful(given, where, cell)


def _missing(given: Given, label: str, claim: FieldValue | None) -> str:
    messages = given.context.programme.messages
    if claim is None or is_blank(claim):
        return messages["missing"].format(label=label)
    return messages["unreadable"].format(label=label, raw=brief(claim.raw or ""))


def _doubtful(given: Given, label: str, claim: FieldValue) -> Iterator[_Doubt]:
    if is_doubtful(given, claim):
        raw = claim.raw if claim.raw is not None else claim.evidence.quote
        key = "doubtful" if claim.evidence.bounds is Bounds.SEEN else "doubtful-bounds"
        reason = given.context.programme.messages[key].format(label=label, raw=brief(raw))
        yield _Doubt(reason, is_ours=True)


def _is_recognised(claim: FieldValue) -> bool:
    return claim.evidence.method is Method.OCR
