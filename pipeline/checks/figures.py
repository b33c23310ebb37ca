"""Checks of figures against each other."""

import re
from collections.abc import Mapping, Sequence, Set
from decimal import ROUND_DOWN, Decimal
from itertools import accumulate

from pipeline.checks.gate import doubtful_parts, gate, is_blank, is_sure
from pipeline.checks.given import Finding, Given
from pipeline.checks.wording import amount, share
from pipeline.narrative import Figure, agrees
from pipeline.normalise_base import squeeze

NONE = Decimal(0)
_AMOUNT = re.compile(r"\d|[元亿万]")


def ratios(given: Given) -> Finding:
    """Each claimed percentage is its part of its whole within the tolerance, and no part is larger than its whole.

    A contradiction goes before a doubt about another percentage, and a doubt before what agrees.
    """
    listed = given.criterion.parameters["ratios"]
    found = [_ratio(given, names) for names in listed if isinstance(names, Mapping)] if isinstance(listed, list) else []
    for outcome in ("fail", "undetermined", "pass"):
        for finding in found:
            if finding is not None and finding.key.startswith(outcome):
                return finding
    return Finding("not_applicable", fields=())


def sums(given: Given) -> Finding:
    """The claimed total is the sum of its column within the tolerance."""
    (total_name,), (table,), (column,) = (given.words(name) for name in ("total", "table", "column"))
    claimed, tolerance = given.money(total_name), given.number("tolerance")
    total = column_total(given, table, column)
    fills = {"claimed": amount(claimed), "total": amount(total), "difference": amount(abs(claimed - total))}
    key = "pass" if abs(claimed - total) <= tolerance else "fail"
    return Finding(key, fills, claimed=amount(claimed), expected=amount(total))


def share_at_least(given: Given) -> Finding:
    """The part's share of the whole reaches the minimum; otherwise a doubt, since the notice names no number."""
    (part_name,), (whole_name,), minimum = given.words("part"), given.words("whole"), given.number("minimum")
    part, whole = given.money(part_name), given.money(whole_name)
    fills = {"part": amount(part), "whole": amount(whole), "minimum": share(minimum)}
    if whole <= NONE:
        return Finding("warn-zero", fills, claimed=amount(whole), expected=share(minimum))
    claimed = share((part / whole).quantize(Decimal("0.0001"), ROUND_DOWN))
    key = "pass" if part >= minimum * whole else "warn"
    return Finding(key, {**fills, "share": claimed}, claimed=claimed, expected=share(minimum))


def column_total(given: Given, table: str, column: str) -> Decimal:
    return sum((v for row in given.rows(table) if isinstance(v := row.get(column), Decimal)), NONE)


def _ratio(given: Given, names: Mapping[str, str]) -> Finding | None:
    """None when the form claims neither the percentage nor its part."""
    share_name, part_name, whole_name = names["share"], names["part"], names["whole"]
    if not given.spec(share_name).applies_to(given.record.direction):
        return None
    claims_share, claims_part = (not is_blank(given.claim(name)) for name in (share_name, part_name))
    if not claims_share and not claims_part:
        return None
    used = (*([share_name] if claims_share else []), part_name, whole_name)
    if doubt := gate(given, used):
        return doubt
    part, whole = given.money(part_name), given.money(whole_name)
    fills: dict[str, object] = {
        "part_label": given.label(part_name),
        "whole_label": given.label(whole_name),
        "share_label": given.label(share_name),
        "part": amount(part),
        "whole": amount(whole),
    }
    if part > whole:
        return Finding("fail-part", fills, claimed=amount(part), expected=f"不超过{amount(whole)}", fields=used)
    if not claims_share or whole == NONE:
        return Finding("pass", fills, fields=used)
    claimed = given.money(share_name)
    computed = share((part / whole).quantize(Decimal("0.0001")))
    fills |= {"claimed": share(claimed), "computed": computed}
    key = "pass" if abs(claimed * whole - part) <= given.number("tolerance") * whole else "fail"
    return Finding(key, fills, claimed=share(claimed), expected=computed, fields=used)


def narrative_agrees(given: Given) -> Finding:
    """Each figure that the free text claims for a quantity with a field is true of the field, at the text's precision.

    Annual quantities are compared where the text names the year of the form or none, the others where it names none.
    A figure is as sure as the lines that its sentence stands on; whoever finds none must be sure of every line that
    holds a digit or an amount's unit.
    """
    read, claim = given.context.figures, given.claim("summary")
    if read is None or claim is None:
        return Finding("not_applicable-unread", fields=())
    lines = (claim.raw or given.text("summary")).split("\n")
    unsure = {number for number in range(len(lines)) if not is_sure(given, claim, number)}
    found = [_narrated(given, figure, lines, unsure) for figure in read("\n".join(lines))]
    if hidden := [lines[number] for number in sorted(unsure) if _AMOUNT.search(lines[number])]:
        found.append(doubtful_parts(given, "summary", hidden))
    for outcome in ("fail", "undetermined", "pass"):
        for finding in found:
            if finding is not None and finding.key.startswith(outcome):
                return finding
    return Finding("pass", fields=("summary",))


def _narrated(given: Given, figure: Figure, lines: Sequence[str], unsure: Set[int]) -> Finding | None:
    """None when the figure is of another direction's field or of another year."""
    name, year = figure.quantity, int(given.number("year"))
    years = (None, year) if name in given.words("annual") else (None,)
    if not given.spec(name).applies_to(given.record.direction) or figure.year not in years:
        return None
    if unsure & _lines_of(figure, lines):
        return doubtful_parts(given, "summary", [figure.sentence])
    if doubt := gate(given, (name,)):
        return doubt
    value = given.money(name)
    fills = {"sentence": figure.sentence, "claimed": figure.text, "label": given.label(name), "value": amount(value)}
    key = "pass" if agrees(figure, value) else "fail"
    return Finding(
        key, fills, claimed=figure.sentence, expected=f"{fills['label']}{fills['value']}", fields=("summary", name)
    )


def _lines_of(figure: Figure, lines: Sequence[str]) -> set[int]:
    """The lines, counted from 0, on which the figure's sentence stands."""
    ends = list(accumulate(len(squeeze(line)) for line in lines))
    starts = [0, *ends[:-1]]
    return {
        number
        for number, (start, end) in enumerate(zip(starts, ends, strict=True))
        if start < figure.end and figure.start < end
    }
