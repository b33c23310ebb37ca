"""Checks of the form itself: complete, readable, in agreement with its copies, and its answers to choices."""

import difflib

from pipeline.assemble import conflicts, is_settled
from pipeline.checks.gate import gate, is_blank, is_doubtful, is_surely_blank
from pipeline.checks.given import Finding, Found, Given
from pipeline.checks.wording import brief, shown
from pipeline.model import FieldSpec, FieldValue, Method, Value

# Two recognised words this alike differ by what a recogniser gets wrong; more is a difference that somebody wrote.
_ALIKE = 0.8


def complete(given: Given) -> Finding:
    """Every required field of the direction has a value; all that are missing are told at once."""
    direction = given.record.direction
    required = [
        spec
        for spec in given.context.programme.fields
        if spec.required and (not spec.directions or direction in spec.directions)
    ]
    missing = [spec for spec in required if is_surely_blank(given, spec.name)]
    if missing:
        return Finding("fail", _labels(missing), claimed="未填写", expected=_joined(missing), fields=_names(missing))
    lost = [spec for spec in required if is_blank(given.claim(spec.name))]
    if lost:
        return Finding("undetermined-lost", _labels(lost), fields=_names(lost))
    unread = [spec for spec in required if given.record.value(spec.name) is None]
    if unread:
        return Finding("undetermined-unread", _labels(unread), fields=_names(unread))
    return Finding("pass", {"count": len(required)}, fields=())


def readable(given: Given) -> Found:
    """One finding for each value that a check of this application used and that was not read well enough."""
    used = dict.fromkeys(
        name
        for criterion in given.context.programme.criteria
        if not criterion.directions or given.record.direction in criterion.directions
        for name in criterion.reads
    )
    found = [finding for name in used for finding in _unreadable(given, name)]
    return tuple(found) or Finding("pass", fields=())


def copies_agree(given: Given) -> Found:
    """Every place that claims a field claims the same; one finding for each field that differs."""
    found = tuple(_differing(given, name, others) for name, others in conflicts(given.record).items())
    return found or Finding("pass", fields=())


def one_of(given: Given) -> Finding:
    """The answer is one of ``accepted``; one of ``warned`` raises a doubt. Of several answers one is enough."""
    (name,) = given.words("field")
    codes = given.codes(name)
    answers = "、".join(given.option(name, code) for code in codes)
    accepted = given.words("accepted")
    expected = "、".join(given.option(name, code) for code in accepted)
    if any(code in accepted for code in codes):
        key = "pass"
    else:
        key = (
            "warn"
            if set(codes) & set(given.words("warned") if "warned" in given.criterion.parameters else ())
            else "fail"
        )
    return Finding(key, {"answer": answers, "accepted": expected}, claimed=answers, expected=expected)


def named_and_one_of(given: Given) -> Finding:
    """As one_of; and what is answered about has a name. An answer that is not accepted fails without one."""
    found = one_of(given)
    (name,) = given.words("named")
    if found.key == "pass" and (doubt := gate(given, (name,))):
        return doubt
    return found


def judgement(given: Given) -> Finding:
    """For people to judge; the finding brings what the form says about it."""
    shows = given.words("shows")
    said_there = [
        f"{given.label(name)}：{shown(given.spec(name), claim)}"
        for name in shows
        if (claim := given.claim(name)) is not None and not is_blank(claim)
    ]
    evidence = "；".join(said_there)
    return Finding("manual", {"evidence": evidence.rstrip("。") or "—"}, claimed=evidence, fields=shows)


def _labels(specs: list[FieldSpec]) -> dict[str, object]:
    return {"labels": _joined(specs), "count": len(specs)}


def _joined(specs: list[FieldSpec]) -> str:
    return "、".join(spec.labels[0] for spec in specs)


def _names(specs: list[FieldSpec]) -> tuple[str, ...]:
    return tuple(spec.name for spec in specs)


def _unreadable(given: Given, name: str) -> list[Finding]:
    table, _, column = name.partition(".")
    if name == "received_at":
        return []
    if column:
        claims = [
            (f"{given.label(table)}第{number}行{given.label(name)}", cell)
            for number, cell in given.cells(table, column)
        ]
    else:
        claims = [(given.label(name), given.claim(name))]
    return [
        Finding(
            "undetermined",
            {"label": label, "raw": brief(_raw(claim)), "confidence": f"{claim.confidence:.0%}"},
            claimed=_raw(claim),
            fields=(name,),
            evidence=(claim.evidence,),
        )
        for label, claim in claims
        if claim is not None and not is_blank(claim) and is_doubtful(given, claim)
    ]


def _raw(claim: FieldValue) -> str:
    return (claim.raw if claim.raw is not None else claim.evidence.quote).strip()


def _differing(given: Given, name: str, others: tuple[FieldValue, ...]) -> Finding:
    spec, first = given.spec(name), given.record.claims[name][0]
    other = others[0]
    one_said, other_said = shown(spec, first), shown(spec, other)
    unsure = any(is_doubtful(given, claim) for claim in (first, *others)) or _may_be_misread(first, other)
    return Finding(
        "undetermined" if unsure else "fail",
        {
            "label": spec.labels[0],
            "one": one_said,
            "one_place": _place(given, first),
            "other": other_said,
            "other_place": _place(given, other),
            "settled": is_settled(first, other),
        },
        claimed=f"{one_said}（{_place(given, first)}）",
        expected=f"{other_said}（{_place(given, other)}）",
        fields=(name,),
        evidence=tuple(claim.evidence for claim in others),
    )


def _may_be_misread(one: FieldValue, other: FieldValue) -> bool:
    """Words that differ by a character or two, one of them recognised from pixels; numbers and dates are told apart."""
    words: tuple[Value | None, Value | None] = (one.value, other.value)
    if Method.OCR not in (one.evidence.method, other.evidence.method):
        return False
    if not (isinstance(words[0], str) and isinstance(words[1], str)) or words[0].isascii():
        return False
    return difflib.SequenceMatcher(None, words[0], words[1], autojunk=False).ratio() >= _ALIKE


def _place(given: Given, claim: FieldValue) -> str:
    ledger_ids = {filing.ledger_id for filing in given.record.filings if filing.sha256 == claim.evidence.sha256}
    names = [item.name for item in given.record.submission.items if item.ledger_id in ledger_ids]
    return "，".join([*(f"《{name}》" for name in names[:1]), claim.evidence.place]).strip("，")
