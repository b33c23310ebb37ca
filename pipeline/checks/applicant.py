"""Checks of who applies: a legal person of a fitting kind, in the province, in good standing."""

from collections.abc import Sequence
from decimal import Decimal

from stdnum.cn import uscc as gb32100

from pipeline.checks.gate import gate
from pipeline.checks.given import Finding, Given
from pipeline.checks.wording import amount
from pipeline.companies import company_key
from pipeline.places import Place, division, resolve

_CODE_LENGTH = 18


def legal_person(given: Given) -> Finding:
    """The USCC is one of GB 32100, and of a kind of holder that the direction takes; no branch, no partnership."""
    code, name = given.text("uscc"), company_key(given.text("applicant_name"))
    fills: dict[str, object] = {"uscc": code, "name": given.text("applicant_name"), "length": len(code)}
    if len(code) != _CODE_LENGTH:
        return Finding("fail-length", fills, claimed=code, expected=f"{_CODE_LENGTH}位", fields=("uscc",))
    if not gb32100.is_valid(code):
        return Finding("fail-code", fills, claimed=code, expected=_expected_code(code), fields=("uscc",))
    if code.startswith("92"):
        return Finding("fail-individual", fills, claimed=code, fields=("uscc",))
    for key in ("branch", "partnership"):
        if any(name.endswith(company_key(ending)) for ending in given.words(f"{key}_endings")):
            return Finding(f"fail-{key}", fills, claimed=given.text("applicant_name"), fields=("applicant_name",))
    kinds = given.criterion.parameters["kinds"]
    fitting = kinds[given.text("direction")] if isinstance(kinds, dict) else ()
    fills["kinds"] = "、".join(f"{kind}开头" for kind in fitting)
    if not code.startswith(tuple(fitting)):
        return Finding("fail-kind", fills, claimed=code, expected=str(fills["kinds"]), fields=("uscc", "direction"))
    return Finding("pass", fills, claimed=code)


def finances(given: Given) -> Finding:
    """No loss in the year, and no more owed than owned."""
    profit, assets, debts = (given.money(name) for name in ("net_profit", "total_assets", "total_liabilities"))
    fills = {"profit": amount(profit), "assets": amount(assets), "debts": amount(debts)}
    loses, owes = profit < Decimal(0), debts > assets
    key = "warn-both" if loses and owes else "warn-loss" if loses else "warn-debts" if owes else "pass"
    claimed = f"净利润{fills['profit']}，资产总额{fills['assets']}，负债总额{fills['debts']}"
    return Finding(key, fills, claimed=claimed, expected="净利润不为负，负债不超过资产")


def creditworthy(given: Given) -> Finding:
    """Declared not to be listed, and found in none of the lists that staff supplied. Without lists nobody looked."""
    if given.text("listed_dishonest") == "yes":
        return Finding("fail-declared", {}, given.option("listed_dishonest", "yes"), fields=("listed_dishonest",))
    registries = given.context.registries
    if registries is None:
        return Finding("manual", {}, given.option("listed_dishonest", "no"), fields=("listed_dishonest",))
    if doubt := gate(given, ("uscc", "applicant_name")):
        return doubt
    found = registries.find(given.text("uscc"), given.text("applicant_name"))
    fills = {
        "name": given.text("applicant_name"),
        "lists": "、".join(registries.names),
        "rows": "；".join(f"《{row.list_name}》第{row.row}行“{row.name or row.uscc}”" for row in found),
        "reasons": "；".join(dict.fromkeys(row.reason for row in found if row.reason)) or "名单未写原因",
    }
    return Finding("fail-listed" if found else "pass", fills, claimed="未被列入", expected=fills["rows"])


def in_region(given: Given) -> Finding:
    """Both addresses lie in the province and in the city that the form names, and so does the USCC's division."""
    (province,) = given.words("province")
    named = _cities_in(province, resolve(given.text("city")))
    fills: dict[str, object] = {"city": given.text("city"), "province": province}
    doubt: Finding | None = None if named else _unplaced(given, "city", fills)
    for name in ("registered_address", "business_address"):
        text = given.text(name)
        places, here = resolve(text), {**fills, "label": given.label(name), "address": text}
        inside = _cities_in(province, places)
        if places and all(place.province != province for place in places):
            return Finding("fail", here, claimed=text, expected=province, fields=(name,))
        if not inside or any(not city for city in inside):
            doubt = doubt or _unplaced(given, name, here)
        elif named and not inside & named:
            doubt = _first_warning(doubt, Finding("warn-city", here, text, given.text("city"), (name, "city")))
    return doubt or _division_agrees(given, fills, named) or Finding("pass", fills, claimed=given.text("city"))


def not_in_city(given: Given) -> Finding:
    """Neither the named city, nor the registered address, nor the USCC's division is the city that is left out."""
    (city,) = given.words("city")
    coded = division(given.text("uscc")[2:8])
    sources: dict[str, Sequence[Place]] = {
        "city": resolve(given.text("city")),
        "registered_address": resolve(given.text("registered_address")),
        "uscc": (coded,) if coded else (),
    }
    there = [name for name, places in sources.items() if places and all(place.city == city for place in places)]
    if there:
        claimed = "；".join(f"{given.label(name)}：{given.text(name)}" for name in there)
        return Finding("fail", {"sources": claimed, "city": city}, claimed, f"不在{city}", tuple(there))
    for name in ("city", "registered_address"):
        if not sources[name] or any(place.city in ("", city) for place in sources[name]):
            return _unplaced(given, name, {"city": city})
    return Finding("pass", {"city": city}, claimed=given.text("city"))


def _expected_code(code: str) -> str:
    body = code[:-1]
    if not body[:8].isdigit() or any(letter in "IOSVZ" for letter in body):
        return "前8位为数字，不含字母I、O、S、V、Z"
    return f"校验码应为{gb32100.calc_check_digit(body)}"


def _cities_in(province: str, places: Sequence[Place]) -> frozenset[str]:
    return frozenset(place.city for place in places if place.province == province)


def _unplaced(given: Given, name: str, fills: dict[str, object]) -> Finding:
    text = given.text(name)
    here = {**fills, "label": given.label(name), "address": text}
    return Finding("undetermined-place", here, claimed=text, fields=(name,))


def _first_warning(doubt: Finding | None, warning: Finding) -> Finding:
    return doubt if doubt is not None and doubt.key.startswith("warn") else warning


def _division_agrees(given: Given, fills: dict[str, object], named: frozenset[str]) -> Finding | None:
    """A warning when the USCC was given out in another province or city: a company keeps its code when it moves, so
    only its licence can settle it. A code of the province itself names no city."""
    code = given.record.value("uscc")
    place = division(code[2:8]) if isinstance(code, str) and gb32100.is_valid(code) else None
    if place is None or (place.province in given.words("province") and place.city in {"", *named}):
        return None
    there = place.city or place.province
    return Finding(
        "warn-code", {**fills, "uscc": code, "there": there}, str(code), given.text("city"), ("uscc", "city")
    )
