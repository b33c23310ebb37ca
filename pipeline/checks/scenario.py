"""Checks of application scenarios: the consortium, and where the scenario lies."""

from pipeline.checks.gate import gate, is_blank, is_surely_blank
from pipeline.checks.given import Finding, Given
from pipeline.companies import company_key
from pipeline.places import resolve

TABLE = "consortium"


def has_partner(given: Given) -> Finding:
    """A provider of technology has a user or an operator in its consortium; others need none."""
    role = given.text("applicant_role")
    fills: dict[str, object] = {"role": given.option("applicant_role", role)}
    if role not in given.words("roles_that_need_one"):
        return Finding("pass", fills, claimed=str(fills["role"]), fields=("applicant_role",))
    if is_blank(given.claim(TABLE)):
        if is_surely_blank(given, TABLE):
            return Finding("fail-alone", fills, "没有协作单位", fields=("applicant_role", TABLE))
        return gate(given, (TABLE,)) or Finding("fail-alone", fills)
    if doubt := gate(given, (f"{TABLE}.member_role",)):
        return doubt
    roles = [str(row["member_role"]) for row in given.rows(TABLE)]
    partners = given.words("partners")
    fills["roles"] = "、".join(given.option(f"{TABLE}.member_role", code) for code in roles)
    key = "pass" if set(roles) & set(partners) else "fail"
    expected = "、".join(given.option(f"{TABLE}.member_role", code) for code in partners)
    return Finding(key, fills, str(fills["roles"]), expected, ("applicant_role", TABLE))


def members_at_most(given: Given) -> Finding:
    """The members, the applicant counted in and each once, are not too many. Without a consortium it is one."""
    most = int(given.number("most"))
    if is_blank(given.claim(TABLE)):
        if is_surely_blank(given, TABLE):
            return Finding("pass", {"count": 1, "most": most, "members": given.text("applicant_name")}, claimed="1")
        return gate(given, (TABLE,)) or Finding("pass", {})
    if doubt := gate(given, (f"{TABLE}.member_name",)):
        return doubt
    names = {company_key(given.text("applicant_name")): given.text("applicant_name")}
    names |= {company_key(str(row["member_name"])): str(row["member_name"]) for row in given.rows(TABLE)}
    fills = {"count": len(names), "most": most, "members": "、".join(names.values())}
    return Finding("pass" if len(names) <= most else "fail", fills, str(len(names)), f"不超过{most}家")


def lies_in_province(given: Given) -> Finding:
    """The scenario's place is in the province."""
    (province,), text = given.words("province"), given.text("scenario_location")
    places = resolve(text)
    inside = [place.province == province for place in places]
    key = "pass" if places and all(inside) else "fail" if places and not any(inside) else "undetermined-place"
    return Finding(key, {"place": text, "province": province}, claimed=text, expected=province)
