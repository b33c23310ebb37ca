"""Checks of the cities' lists: who is on them, what they say, and how many they recommend."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.checks.gate import gate
from pipeline.checks.given import Context, Finding, Given
from pipeline.city_lists import REVIEWS, CityList, CityRow
from pipeline.companies import alike, same_company
from pipeline.model import ApplicationRecord, Criterion, Evidence, Method
from pipeline.normalise_base import fold
from pipeline.recommended import Recommendation, city_of

_RESULT = {True: "通过", False: "不通过", None: "空"}
_HEADS = {"completeness": "材料完整性", "match": "匹配性", "truth": "真实性", "credit": "企业社会信用"}


@dataclass(frozen=True, slots=True)
class ListGiven:
    """One city's list before one criterion, with the applications that its rows recommend."""

    city_list: CityList
    criterion: Criterion
    context: Context

    def recommended(self) -> Iterator[Recommendation]:
        return (one for one in self.context.recommendations if one.city_list.city == self.city_list.city)

    def direction(self, code: str | None) -> str:
        """The form's words for a direction."""
        return next((o.labels[0] for o in self.context.programme.directions if o.code == code), "方向不明")


@dataclass(frozen=True, slots=True)
class ListFinding:
    """A Finding on a list, or on one of its rows or an application of its city."""

    finding: Finding
    application_id: str | None = None
    evidence: tuple[Evidence, ...] = ()


ListFunction = Callable[[ListGiven], tuple[ListFinding, ...]]


def site_verified(given: Given) -> Finding:
    """The city's list gives the on-site result of this scenario, and it is 通过."""
    fills: dict[str, object] = {"city": city_of(given.record) or "所在设区市"}
    found = given.context.recommended.get(given.record.application_id)
    if found is None:
        has_list = any(one.city == city_of(given.record) for one in given.context.city_lists)
        return Finding("undetermined-unlisted" if has_list else "manual", fills)
    result, text = found.row.results["site"], found.row.texts.get("site", "")
    fills |= {"city": found.city_list.city, "place": found.row.place, "result": text}
    key = "pass" if result else "undetermined-empty" if result is None else "fail"
    return Finding(key, fills, text or "空", "通过", (), (found.row.evidence,))


def listed(given: ListGiven) -> tuple[ListFinding, ...]:
    """Every row has its application, and every application of the city its row."""
    city = given.city_list.city
    found = [
        _on_row(one.row, None, "fail-row", _fills(given, one), one.row.project, "有对应的申报表")
        for one in given.recommended()
        if one.record is None
    ]
    for record in given.context.records:
        if city_of(record) == city and record.application_id not in given.context.recommended:
            found.append(_unlisted(given, record))
    return tuple(found) or (ListFinding(Finding("pass", {"city": city, "count": len(given.city_list.rows)})),)


def matching(given: ListGiven) -> tuple[ListFinding, ...]:
    """The row's direction, project and applicant are those of the form."""
    return _each(given, _match)


def reviewed(given: ListGiven) -> tuple[ListFinding, ...]:
    """The city's four reviews each have a result, and it is 通过."""
    return _each(given, _reviews, every_row=True)


def in_order(given: ListGiven) -> tuple[ListFinding, ...]:
    """The priorities within a direction are 1, 2, 3 … without gap or repeat."""
    wrong, empty = [], []
    for direction, rows in _by_direction(given).items():
        given_numbers = [row.priority for row in rows if row.priority is not None]
        if len(given_numbers) < len(rows):
            empty.append(given.direction(direction))
        elif sorted(given_numbers) != list(range(1, len(rows) + 1)):
            numbers = "、".join(map(str, sorted(given_numbers)))
            wrong.append(f"{given.direction(direction)}（{numbers}）")
    key = "fail" if wrong else "undetermined-empty" if empty else "pass"
    listed_there = "；".join(wrong or empty)
    fills = {"city": given.city_list.city, "directions": listed_there}
    return (ListFinding(Finding(key, fills, listed_there, "1、2、3……连续不重复")),)


def within_quota(given: ListGiven) -> tuple[ListFinding, ...]:
    """No direction has more rows than the city may recommend; each row beyond, by priority, is named too."""
    found: list[ListFinding] = []
    for direction, rows in _by_direction(given).items():
        cap = _cap(given, direction)
        if cap is None or len(rows) <= cap:
            continue
        name = given.direction(direction)
        fills = {"city": given.city_list.city, "direction": name, "count": len(rows), "cap": cap}
        found.append(ListFinding(Finding("fail", fills, f"{len(rows)}个", f"不超过{cap}个")))
        records = {id(one.row): one.record for one in given.recommended()}
        ordered = sorted(rows, key=lambda row: (row.priority is None, row.priority or 0))
        for rank, row in enumerate(ordered[cap:], start=cap + 1):
            beyond = {**fills, "project": row.project, "rank": rank}
            found.append(_on_row(row, records.get(id(row)), "fail-beyond", beyond, f"第{rank}个", f"不超过{cap}个"))
    return tuple(found) or (ListFinding(Finding("pass", {"city": given.city_list.city})),)


LIST_CHECKS: Mapping[str, ListFunction] = {
    function.__name__: function for function in (listed, matching, reviewed, in_order, within_quota)
}


def _each(
    given: ListGiven, check: Callable[[ListGiven, Recommendation], ListFinding], *, every_row: bool = False
) -> tuple[ListFinding, ...]:
    return tuple(check(given, one) for one in given.recommended() if every_row or one.record is not None)


def _match(given: ListGiven, one: Recommendation) -> ListFinding:
    record, row = one.record, one.row
    if record is None:
        raise TypeError("a row without its application has nothing to match")
    form = Given(record, given.criterion, given.context)
    fills = _fills(given, one)
    if doubt := gate(form, ("project_name", "applicant_name", "direction")):
        return ListFinding(doubt, record.application_id, (row.evidence,))
    differing = list(_differing(given, row, form))
    sure = [text for text, is_sure in differing if is_sure]
    texts = "；".join(text for text, _ in differing)
    key = "fail" if sure else "undetermined-alike" if differing else "pass"
    return _on_row(row, record, key, {**fills, "differing": texts}, texts, "与申报表一致")


def _differing(given: ListGiven, row: CityRow, form: Given) -> Iterator[tuple[str, bool]]:
    """Each column that differs from the form, and whether a misread character cannot be the reason."""
    direction = form.record.direction
    if row.direction != direction:
        yield f"申报方向：汇总表“{row.texts.get('direction', '')}”，申报表“{given.direction(direction)}”", True
    project, applicant = form.text("project_name"), form.text("applicant_name")
    if fold(row.project) != fold(project):
        yield f"项目名称：汇总表“{row.project}”，申报表“{project}”", _is_sure(form, "project_name", row.project)
    if not same_company(row.applicant, applicant):
        yield f"申报单位：汇总表“{row.applicant}”，申报表“{applicant}”", _is_sure(form, "applicant_name", row.applicant)
    code = form.record.value("uscc")
    if row.uscc and isinstance(code, str) and row.uscc != code:
        yield f"统一社会信用代码：汇总表“{row.uscc}”，申报表“{code}”", _method(form, "uscc") is not Method.OCR


def _is_sure(form: Given, name: str, listed_there: str) -> bool:
    return not (_method(form, name) is Method.OCR and alike(form.text(name), listed_there))


def _method(form: Given, name: str) -> Method | None:
    claim = form.claim(name)
    return claim.evidence.method if claim else None


def _reviews(given: ListGiven, one: Recommendation) -> ListFinding:
    results = {_HEADS[name]: one.row.results[name] for name in REVIEWS}
    failed = [name for name, result in results.items() if result is False]
    empty = [name for name, result in results.items() if result is None]
    key = "fail" if failed else "undetermined-empty" if empty else "pass"
    claimed = "，".join(f"{name}{_RESULT[result]}" for name, result in results.items())
    fills = {**_fills(given, one), "reviews": "、".join(failed or empty)}
    return _on_row(one.row, one.record, key, fills, claimed, "四项均为通过")


def _unlisted(given: ListGiven, record: ApplicationRecord) -> ListFinding:
    project = str(record.value("project_name") or "项目名称未读出")
    fills = {
        "city": given.city_list.city,
        "project": project,
        "applicant": str(record.value("applicant_name") or "申报单位未读出"),
        "direction": given.direction(record.direction),
    }
    evidence = tuple(claim.evidence for name in ("project_name", "city") if (claim := record.get(name)))
    return ListFinding(Finding("fail-application", fills, project, "列入汇总表"), record.application_id, evidence)


def _on_row(
    row: CityRow, record: ApplicationRecord | None, key: str, fills: Mapping[str, object], claimed: str, expected: str
) -> ListFinding:
    finding = Finding(key, {**fills, "place": row.place}, claimed, expected)
    return ListFinding(finding, record.application_id if record else None, (row.evidence,))


def _fills(given: ListGiven, one: Recommendation) -> dict[str, object]:
    return {"city": given.city_list.city, "project": one.row.project, "applicant": one.row.applicant}


def _by_direction(given: ListGiven) -> dict[str | None, list[CityRow]]:
    counted = Counter(row.direction for row in given.city_list.rows)
    order = [o.code for o in given.context.programme.directions]
    known = [code for code in order if counted[code]]
    return {code: [row for row in given.city_list.rows if row.direction == code] for code in known}


def _cap(given: ListGiven, direction: str | None) -> int | None:
    caps = given.criterion.parameters["caps"]
    of_direction = caps.get(direction) if isinstance(caps, dict) else None
    if not isinstance(of_direction, dict):
        return None
    cap = of_direction.get(given.city_list.city, of_direction["others"])
    return cap if isinstance(cap, int) else None
