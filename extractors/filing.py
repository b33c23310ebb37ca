"""What each file is, how much of it is worth reading, and which application it belongs to.

A form is known by its title and its labels; contracts, licences and reports by their headings. Copies of one
application are told by the applicant's code and the direction, else by the project's or the applicant's name.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import PurePosixPath

from extractors.form import extract, extract_pages
from extractors.labels import labels_of, squeeze
from pipeline.model import (
    Document,
    FieldValue,
    Filing,
    Item,
    Line,
    Method,
    Page,
    Programme,
    Role,
    Submission,
    Table,
    Taken,
)

FIRST_PAGES = 2
UNDECIDED_PAGES = 6  # of a cover, a covering letter or a table of contents
FORM_PAGES = 40
STRANGE_PAGES = 3  # so many pages in a row without a label end a form
_STEP = 3
_SCAN = 2  # the rank of a copy that was read from paper

# The columns of 项目推荐汇总表 that no application form has, and those that it shares with one.
_LIST_COLUMNS = frozenset({"设区市", "推荐优先级", "材料完整性", "匹配性", "真实性", "企业社会信用", "现场核验结果"})
_SHARED_COLUMNS = frozenset({"序号", "申报方向", "项目名称", "申报单位", "统一社会信用代码", "备注"})

_FORM_HEADING = re.compile(r".{0,40}(?:申报|申请|推荐申报)(?:表|书)(?:\(.{0,20}\))?")
_SUPPORTING_HEADING = re.compile(
    r".{0,40}(?:合同|协议|协议书|营业执照|审计报告|报告|发票|证书|登记证|专利|证明|承诺书|声明|委托书|通知书|清单|说明书|手册|白皮书|通知|函|纳税申报表)"
    r"(?:\(.{0,20}\))?"
)
_COVER = re.compile(r"申报|推荐|报送|请示|目录|封面|项目|附件|材料")
# How senders name what is to stand in an older file's place.
_CORRECTED = re.compile(r"[补更订改修][正订改充]|重报|重新(?:申报|报送|提交)|替换|更新|correct|revis", re.IGNORECASE)
_IMAGES = ("image/jpeg", "image/png", "image/tiff", "image/bmp", "image/webp")
_ENOUGH_LABELS, _MANY_LABELS = 4, 10
_HEADINGS = 12


@dataclass(frozen=True, slots=True)
class Application:
    """One application as its files are filed: the newest in force, best copy first."""

    application_id: str
    submission: Submission
    direction: str | None
    filings: tuple[Filing, ...]
    values: Mapping[str, tuple[FieldValue, ...]]  # by the sha256 of each copy of the form, the best first
    supersedes: str | None = None
    superseded: tuple[Filing, ...] = ()  # the files of the older submissions that this one replaces
    earlier: tuple[str, ...] = ()  # the ids of what it replaces, the oldest first
    received_at: datetime | None = None  # when it first came, where the newer files continue what came then


# --- role ---------------------------------------------------------------------------------------------------


def classify(document: Document, programme: Programme) -> Role:
    """What the file is, from the pages that were read so far. UNKNOWN when they hold no text."""
    if any(_is_city_list(table) for page in document.pages for table in page.tables):
        return Role.CITY_LIST
    texts = list(_texts(document.pages))
    if not any(text.strip() for text in texts):
        return Role.UNKNOWN
    return Role.FORM if _is_form(document, texts, programme) else Role.SUPPORTING


def pages_wanted(document: Document, programme: Programme) -> range:
    """The pages to read next (first, last + 1), empty when enough is read. Start by reading range(1, 3)."""
    read = max((page.number or 1 for page in document.pages), default=0)
    if not read:
        return range(1, 1 + (0 if document.problems else min(FIRST_PAGES, document.page_count)))
    role = classify(document, programme)
    if role == Role.FORM:
        going_on = read - _last_labelled(document, programme) < STRANGE_PAGES
        limit = FORM_PAGES if going_on else read
    elif role == Role.CITY_LIST:
        limit = FORM_PAGES
    else:
        limit = UNDECIDED_PAGES if _is_undecided(document, role, programme) else read
    stop = min(read + (_STEP if role == Role.FORM else 2), limit, document.page_count)
    return range(read + 1, stop + 1)


def _is_form(document: Document, texts: Sequence[str], programme: Programme) -> bool:
    headings = [squeeze(text).text for text in texts[:_HEADINGS]]
    titles = {squeeze(title).text for title in programme.form_titles}
    titled = any(title in squeeze(text).text and len(text) < len(title) + 30 for title in titles for text in texts)
    headed = titled or any(_FORM_HEADING.fullmatch(heading) for heading in headings)
    first = next((heading for heading in headings if len(heading) > 2), "")
    if not titled and any(_SUPPORTING_HEADING.fullmatch(heading) for heading in headings[:3]):
        return False
    values = extract(document, programme)
    labels = {value.name for value in values}
    filled = {value.name for value in values if value.value not in (None, ())}
    if headed and first:
        return len(labels) >= _ENOUGH_LABELS and len(filled) >= 2
    return len(labels) >= _MANY_LABELS and len(filled) >= _ENOUGH_LABELS


def _is_undecided(document: Document, role: Role, programme: Programme) -> bool:
    """A cover, a covering letter, a table of contents or a page without text: a form may follow."""
    if role == Role.UNKNOWN:
        return True
    headings = [squeeze(text).text for text in list(_texts(document.pages[:1]))[:_HEADINGS]]
    if any(_SUPPORTING_HEADING.fullmatch(h) and not _COVER.search(h) for h in headings[:3]):
        return False
    return any(_COVER.search(heading) and len(heading) <= 60 for heading in headings)


def _last_labelled(document: Document, programme: Programme) -> int:
    """The last page that shows a label of the form."""
    labels = labels_of(programme.fields)
    return max(
        (
            page.number or 1
            for page in document.pages
            if any(labels.match(text, ocr=page.method == Method.OCR) for text in _texts((page,)))
        ),
        default=0,
    )


def _is_city_list(table: Table) -> bool:
    rows: dict[int, set[str]] = {}
    for cell in table.cells[:400]:
        rows.setdefault(cell.row, set()).add(re.sub(r"\(.*\)", "", squeeze(cell.text).text).strip("*:"))
    return any(len(row & _LIST_COLUMNS) >= 2 and len(row & _SHARED_COLUMNS) >= 2 for row in rows.values())


def _texts(pages: Iterable[Page]) -> Iterator[str]:
    """Lines and cells in reading order."""
    for page in pages:
        for block in page.blocks:
            if isinstance(block, Line):
                yield block.text
            else:
                yield from _table_texts(block)


def _table_texts(table: Table) -> Iterator[str]:
    for cell in table.cells:
        yield cell.text
        for nested in cell.tables:
            yield from _table_texts(nested)


# --- applications -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Copy:
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
class _Draft:
    """An application of one submission, before older ones are looked at."""

    submission: Submission
    copies: tuple[_Copy, ...]
    filings: tuple[Filing, ...]
    application_id: str

    @property
    def is_scan(self) -> bool:
        return all(copy.is_scan for copy in self.copies)

    @property
    def form_names(self) -> Iterator[str]:
        return (item.name for copy in self.copies for item in copy.items)

    def with_items(self) -> Iterator[tuple[Item, Filing]]:
        items = {item.ledger_id: item for item in self.submission.items}
        return ((items[filing.ledger_id], filing) for filing in self.filings)

    def say(self, name: str) -> str:
        return next((said for copy in self.copies if (said := copy.say(name))), "")


def file_submissions(
    submissions: Sequence[Submission],
    documents: Mapping[str, Document],
    programme: Programme,
    taken: Iterable[Taken] = (),
) -> tuple[Application, ...]:
    """Every application in force, in the order received; `documents` are by sha256 of the file. `taken` are the
    submissions that staff handed in as corrections, whose own word on what they correct goes first."""
    handed_in = {entry.submission_id: entry for entry in taken}
    chains: list[_Chain] = []
    for submission in sorted(submissions, key=lambda s: (_moment(s, handed_in.get(s.submission_id)), s.submission_id)):
        drafts = _drafts(submission, documents, programme)
        for draft in drafts:
            _chain(chains, draft, handed_in.get(submission.submission_id))
        if not drafts and (chain := _answered(chains, submission, handed_in.get(submission.submission_id))):
            chain.papers.extend(_more_papers(submission, documents, programme))
    return tuple(_application(chain) for chain in chains)


@dataclass(frozen=True, slots=True)
class _Chain:
    """The submissions of one application, the oldest first. `since` is the one whose date counts."""

    drafts: list[_Draft]
    since: list[Submission]
    papers: list[tuple[Item, Filing]] = field(default_factory=list)  # what came without a form

    def is_called(self, application_id: str) -> bool:
        return any(draft.application_id == application_id for draft in self.drafts)


def _moment(submission: Submission, taken: Taken | None) -> datetime:
    return submission.received_at or (taken.at if taken else datetime.min.replace(tzinfo=UTC))


def _chain(chains: list[_Chain], draft: _Draft, taken: Taken | None) -> None:
    """Add a draft to what it replaces, else as an application of its own.

    An answer, and what staff handed in, go on with what came first and keep its date; another mail about the same
    project has its own.
    """
    for chain in chains:
        goes_on = _goes_on(draft, chain, taken)
        if goes_on or _replaces(draft, chain.drafts[-1]):
            chain.drafts.append(draft)
            chain.since.append(chain.since[-1] if goes_on else draft.submission)
            return
    chains.append(_Chain([draft], [draft.submission]))


def _goes_on(newer: _Draft, chain: _Chain, taken: Taken | None) -> bool:
    older = chain.drafts[-1]
    if taken and taken.application_id:
        return chain.is_called(taken.application_id)
    if newer.submission.submission_id == older.submission.submission_id or not _alike(newer, older, "direction"):
        return False
    if _is_answer(newer.submission, chain):
        return _same_applicant(newer, older)
    is_named = any(_CORRECTED.search(name) for name in (newer.submission.subject, *newer.form_names))
    return (is_named or (taken is not None and not newer.submission.message_id)) and _same(newer, older, "uscc")


def _is_answer(submission: Submission, chain: _Chain) -> bool:
    mails = {draft.submission.message_id for draft in chain.drafts} - {None}
    return not mails.isdisjoint(submission.in_reply_to)


def _replaces(newer: _Draft, older: _Draft) -> bool:
    """A later submission of the same project."""
    if newer.submission.submission_id == older.submission.submission_id or not _alike(newer, older, "direction"):
        return False
    return _same(newer, older, "uscc") and _same(newer, older, "project_name")


def _answered(chains: Sequence[_Chain], submission: Submission, taken: Taken | None) -> _Chain | None:
    """The application that a submission without a form adds to, where it can only be one."""
    if taken and taken.application_id:
        found = [chain for chain in chains if chain.is_called(taken.application_id)]
    else:
        found = [chain for chain in chains if _is_answer(submission, chain)]
    return found[0] if len(found) == 1 else None


def _more_papers(
    submission: Submission, documents: Mapping[str, Document], programme: Programme
) -> Iterator[tuple[Item, Filing]]:
    for item in submission.items:
        if item.sha256 in documents and item.problem is None:
            role = classify(documents[item.sha256], programme)
            if role is not Role.CITY_LIST:
                yield item, Filing(item.ledger_id, item.sha256, "", role)


def _application(chain: _Chain) -> Application:
    newest = chain.drafts[-1]
    older = [(item, filing) for draft in chain.drafts[:-1] for item, filing in draft.with_items()]
    renewed = {item.name for item, filing in newest.with_items()}
    replaced = {filing.ledger_id for item, filing in older if filing.role is Role.FORM or item.name in renewed}
    more = [filing for _, filing in (*older, *chain.papers) if filing.ledger_id not in replaced]
    own = newest.application_id
    return Application(
        application_id=own,
        submission=newest.submission,
        direction=newest.say("direction") or None,
        filings=(
            *newest.filings,
            *(replace(filing, application_id=own, rank=len(newest.copies)) for filing in more),
        ),
        values={copy.items[0].sha256: copy.values for copy in newest.copies},
        supersedes=chain.drafts[-2].application_id if len(chain.drafts) > 1 else None,
        superseded=tuple(replace(f, application_id=own) for _, f in older if f.ledger_id in replaced),
        earlier=tuple(draft.application_id for draft in chain.drafts[:-1]),
        received_at=chain.since[-1].received_at,
    )


def _same_applicant(a: _Draft, b: _Draft) -> bool:
    return any(_same(a, b, name) for name in ("uscc", "applicant_name"))


def _same(a: _Draft | _Copy, b: _Draft | _Copy, name: str) -> bool:
    """Both say it and say the same, but for a misread character where one of them is a scan."""
    one, other = a.say(name), b.say(name)
    return bool(one) and (one == other or ((a.is_scan or b.is_scan) and _near(one, other)))


def _alike(a: _Draft | _Copy, b: _Draft | _Copy, name: str) -> bool:
    return not a.say(name) or not b.say(name) or a.say(name) == b.say(name)


def _drafts(submission: Submission, documents: Mapping[str, Document], programme: Programme) -> list[_Draft]:
    """The submission's applications with their supporting papers, in the order of their first form."""
    readable = [item for item in submission.items if item.sha256 in documents and item.problem is None]
    roles = {item.ledger_id: classify(documents[item.sha256], programme) for item in readable}
    papers = list(_papers(readable, documents))
    copies: list[_Copy] = []
    seen: set[str] = set()
    for order, items in enumerate(papers):
        if items[0].sha256 in seen or not _is_form_paper(items, roles, documents, programme):
            continue
        seen.add(items[0].sha256)
        values = extract_pages([documents[item.sha256] for item in items], programme)
        copies.append(_Copy(items, values, order, _quality(documents[items[0].sha256])))
    groups = _grouped(copies)
    return [_draft(submission, group, groups, readable, roles) for group in groups]


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


def _grouped(copies: Sequence[_Copy]) -> list[list[_Copy]]:
    """Copies of one application together, the best copy first."""
    groups: list[list[_Copy]] = []
    for copy in copies:
        group = next((group for group in groups if any(_is_copy(copy, other) for other in group)), None)
        if group is None:
            groups.append([copy])
        else:
            group.append(copy)
    return [sorted(group, key=lambda copy: (copy.rank, copy.order)) for group in groups]


def _is_copy(a: _Copy, b: _Copy) -> bool:
    """The same direction, and the same code, else project, else applicant, but for a misread character."""
    if not _alike(a, b, "direction"):
        return False
    for name in ("uscc", "project_name"):
        if a.say(name) and b.say(name) and not _same(a, b, name):
            return False
    return any(_same(a, b, name) for name in ("uscc", "project_name", "applicant_name"))


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
    group: Sequence[_Copy],
    groups: Sequence[Sequence[_Copy]],
    items: Sequence[Item],
    roles: Mapping[str, Role],
) -> _Draft:
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
    return _Draft(submission, tuple(group), tuple(filings), application_id)


def _owner(item: Item, groups: Sequence[Sequence[_Copy]]) -> Sequence[_Copy]:
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
