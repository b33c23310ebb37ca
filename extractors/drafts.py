"""What one submission holds: which of its files are an application, its copies, and the papers that go with it.

Copies of one application are told by the applicant's code and the direction, else by the project's or the
applicant's name.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import PurePosixPath

from extractors.filing import classify
from extractors.form import extract_pages
from extractors.labels import squeeze
from pipeline.codec import decode, encode
from pipeline.model import (
    Document,
    FieldSpec,
    FieldValue,
    Filing,
    Item,
    Method,
    Problem,
    Programme,
    Role,
    Submission,
)

_FILED_BY = frozenset({"direction", "uscc", "project_name", "applicant_name"})
_Values = tuple[tuple[FieldValue, ...], ...]
_SCAN = 2  # the rank of a copy that was read from paper
_IMAGES = ("image/jpeg", "image/png", "image/tiff", "image/bmp", "image/webp", "image/heic")


@dataclass(frozen=True, slots=True)
class Copy:
    """One form: a file, or several pictures that are its pages."""

    items: tuple[Item, ...]
    values: tuple[FieldValue, ...]
    order: int
    rank: int

    @property
    def is_scan(self) -> bool:
        return self.rank == _SCAN

    def say(self, name: str) -> str:
        found = next((v.value for v in self.values if v.name == name and isinstance(v.value, str)), None)
        return squeeze(found).text if found else ""


@dataclass(frozen=True, slots=True)
class Draft:
    """An application of one submission, before older ones are looked at."""

    copies: tuple[Copy, ...]
    filings: tuple[Filing, ...]
    application_id: str

    @property
    def is_scan(self) -> bool:
        return all(copy.is_scan for copy in self.copies)

    @property
    def form_names(self) -> Iterator[str]:
        return (item.name for copy in self.copies for item in copy.items)

    def say(self, name: str) -> str:
        return next((said for copy in self.copies if (said := copy.say(name))), "")


def same(a: Draft | Copy, b: Draft | Copy, name: str) -> bool:
    """Both say it and say the same, but for a misread character where one of them is a scan."""
    one, other = a.say(name), b.say(name)
    return bool(one) and (one == other or ((a.is_scan or b.is_scan) and _near(one, other)))


def alike(a: Draft | Copy, b: Draft | Copy, name: str) -> bool:
    return not a.say(name) or not b.say(name) or a.say(name) == b.say(name)


@dataclass(frozen=True, slots=True)
class Drafts:
    """What one submission holds: its applications with their supporting papers, in the order of their first form;
    what each file is, why it could not be used, and what staff should know of one that could, by ledger_id."""

    drafts: tuple[Draft, ...]
    roles: Mapping[str, Role]
    findings: Mapping[str, Problem]
    notes: Mapping[str, str] = field(default_factory=dict)


def draft(submission: Submission, documents: Mapping[str, Document], programme: Programme) -> Drafts:
    """What a submission holds; `documents` are by sha256, and an item without one is left out."""
    present = [item for item in submission.items if item.sha256 in documents]
    findings = {
        item.ledger_id: found for item in present if not item.is_body and (found := _finding(documents[item.sha256]))
    }
    roles = {item.ledger_id: _role(item, documents[item.sha256], programme) for item in present}
    bodies = [item for item in present if item.is_body and roles[item.ledger_id] is Role.FORM]
    readable = [*(item for item in present if item.problem is None), *bodies]  # what is attached comes first
    papers = list(_papers(readable, documents))
    copies: list[Copy] = []
    seen: set[str] = set()
    for order, items in enumerate(papers):
        if items[0].sha256 in seen or not _is_form_paper(items, roles, documents, programme):
            continue
        seen.add(items[0].sha256)
        values = extract_pages([documents[item.sha256] for item in items], programme)
        copies.append(Copy(items, values, order, _quality(documents[items[0].sha256])))
    groups = _grouped(copies)
    drafts = tuple(_draft(submission, group, groups, readable, roles) for group in groups)
    notes = {item.ledger_id: said for item in present if (said := _note(documents[item.sha256]))}
    return Drafts(drafts, roles, findings, notes)


def _role(item: Item, document: Document, programme: Programme) -> Role:
    """What a mail's own text is, if it is neither a form nor a list, is no matter of the application."""
    role = classify(document, programme)
    return Role.DECORATION if item.is_body and role not in (Role.FORM, Role.CITY_LIST) else role


def abridged(drafts: Drafts) -> Drafts:
    """The same, their copies with nothing but the values that filing asks for."""
    return replace(drafts, drafts=tuple(_abridged(one) for one in drafts.drafts))


def _abridged(one: Draft) -> Draft:
    copies = (
        replace(copy, values=tuple(value for value in copy.values if value.name in _FILED_BY)) for copy in one.copies
    )
    return replace(one, copies=tuple(copies))


def encode_values(one: Draft) -> bytes:
    """All that the copies of an application say, the best copy's first."""
    return encode(tuple(copy.values for copy in one.copies), _Values)


def decode_values(data: bytes, programme: Programme) -> _Values:
    """What `encode_values` wrote, of the same programme: a field's kind tells its values' type."""
    specs = {spec.name: spec for spec in programme.fields}
    return tuple(tuple(_revived(value, specs[value.name]) for value in values) for values in decode(_Values, data))


def _revived(claim: FieldValue, spec: FieldSpec) -> FieldValue:
    match claim.value:
        case str() if spec.kind in ("money", "percent"):
            return replace(claim, value=Decimal(claim.value))
        case str() if spec.kind == "date":
            return replace(claim, value=date.fromisoformat(claim.value))
        case tuple() if spec.kind == "table":
            rows = (row for row in claim.value if not isinstance(row, str))
            cells = (
                {column.name: _revived(row[column.name], column) for column in spec.columns if column.name in row}
                for row in rows
            )
            return replace(claim, value=tuple(cells))
        case _:
            return claim


def _finding(document: Document) -> Problem | None:
    return None if document.pages else next(iter(document.problems), None)


def _note(document: Document) -> str:
    """What a reader has to say of a file that could be used."""
    return "".join(f"{problem.message.rstrip('。')}。" for problem in document.problems if document.pages)


def _is_form_paper(
    items: Sequence[Item], roles: Mapping[str, Role], documents: Mapping[str, Document], programme: Programme
) -> bool:
    if len(items) == 1:
        return roles[items[0].ledger_id] == Role.FORM
    return any(roles[item.ledger_id] == Role.FORM for item in items) or (
        classify(_bound([documents[item.sha256] for item in items]), programme) == Role.FORM
    )


def _bound(documents: Sequence[Document]) -> Document:
    """Pictures as the pages of one document."""
    pages = [page for document in documents for page in document.pages]
    numbered = tuple(replace(page, number=number) for number, page in enumerate(pages, 1))
    return replace(documents[0], pages=numbered, page_count=len(numbered))


def _papers(items: Sequence[Item], documents: Mapping[str, Document]) -> Iterator[tuple[Item, ...]]:
    """Each file by itself, but pictures whose names differ in their numbers only are pages of one paper."""
    series: dict[tuple[str | None, str], list[Item]] = {}
    for item in items:
        series.setdefault(_series(item, documents[item.sha256]), []).append(item)
    yield from (tuple(sorted(pages, key=lambda item: _natural(item.name))) for pages in series.values())


def _series(item: Item, document: Document) -> tuple[str | None, str]:
    stem = PurePosixPath(item.name).stem
    bare = re.sub(r"[\s_\-.(（第]*(?:\d+|[一二三四五六七八九十]+)[\s页张)）]*$", "", stem)
    if document.media_type not in _IMAGES or document.page_count > 1 or bare == stem:
        return item.parent, item.ledger_id
    return item.parent, f"{bare}/{document.media_type}"


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d{1,9})", name)]


def _quality(document: Document) -> int:
    """0 for typed files, 1 for a text layer, 2 for paper."""
    methods = {page.method for page in document.pages}
    return _SCAN if Method.OCR in methods else 1 if Method.PDF in methods else 0


def _grouped(copies: Sequence[Copy]) -> list[list[Copy]]:
    """Copies of one application together, the best copy first."""
    groups: list[list[Copy]] = []
    for copy in copies:
        group = next((group for group in groups if any(_is_copy(copy, other) for other in group)), None)
        if group is None:
            groups.append([copy])
        else:
            group.append(copy)
    return [sorted(group, key=lambda copy: (copy.rank, copy.order)) for group in groups]


def _is_copy(a: Copy, b: Copy) -> bool:
    """The same direction, and the same code, else project, else applicant, but for a misread character."""
    if not alike(a, b, "direction"):
        return False
    for name in ("uscc", "project_name"):
        if a.say(name) and b.say(name) and not same(a, b, name):
            return False
    return any(same(a, b, name) for name in ("uscc", "project_name", "applicant_name"))


def _near(a: str, b: str) -> bool:
    """Equal but for one character in a dozen, at least one."""
    if not a or not b or abs(len(a) - len(b)) > 1:
        return False
    head = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    if len(a) != len(b):
        return a[head + 1 :] == b[head:] or a[head:] == b[head + 1 :]
    return sum(x != y for x, y in zip(a, b, strict=True)) <= max(1, len(a) // 12)


def _draft(
    submission: Submission,
    group: Sequence[Copy],
    groups: Sequence[Sequence[Copy]],
    items: Sequence[Item],
    roles: Mapping[str, Role],
) -> Draft:
    direction = next((said for copy in group if (said := copy.say("direction"))), "")
    application_id = _application_id(submission, direction, group[0].items[0].sha256)
    filings = [
        Filing(item.ledger_id, item.sha256, application_id, Role.FORM, rank)
        for rank, copy in enumerate(group)
        for item in copy.items
    ]
    forms = {item.ledger_id for copies in groups for copy in copies for item in copy.items}
    hashes = {item.sha256 for copies in groups for copy in copies for item in copy.items}
    for item in items:
        is_paper = item.ledger_id not in forms and item.sha256 not in hashes
        if is_paper and roles[item.ledger_id] != Role.CITY_LIST and _owner(item, groups) is group:
            filings.append(Filing(item.ledger_id, item.sha256, application_id, roles[item.ledger_id], len(group)))
    return Draft(tuple(group), tuple(filings), application_id)


def _owner(item: Item, groups: Sequence[Sequence[Copy]]) -> Sequence[Copy]:
    """The application that a supporting paper is for: of its own archive or folder, else the first."""
    for place in (_folder, _parent):
        near = [g for g in groups if any(place(form) == place(item) for copy in g for form in copy.items)]
        if len(near) == 1:
            return near[0]
    return groups[0]


def _folder(item: Item) -> str:
    return str(PurePosixPath(item.path).parent)


def _parent(item: Item) -> str:
    return item.parent or ""


def _application_id(submission: Submission, direction: str, sha256: str) -> str:
    identity = "\0".join((submission.submission_id, direction, sha256))
    return hashlib.sha256(identity.encode()).hexdigest()[:16]
