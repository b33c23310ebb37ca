"""Which application each submission is for: of the same project, or the answer that puts an older one right."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from extractors.drafts import Draft, Drafts, alike, same
from pipeline.model import FieldValue, Filing, Item, Role, Submission, Taken

# How senders name what is to stand in an older file's place.
_CORRECTED = re.compile(r"[补更订改修][正订改充]|重报|重新(?:申报|报送|提交)|替换|更新|correct|revis", re.IGNORECASE)


_LONGEST_CODE = 23  # characters; a code has 18, and in longer texts more than one may be misread


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


@dataclass(frozen=True, slots=True)
class _Sent:
    """A draft, and what it came in with; `since` is the submission whose date counts."""

    draft: Draft
    submission: Submission
    since: Submission

    def with_items(self) -> Iterator[tuple[Item, Filing]]:
        items = {item.ledger_id: item for item in self.submission.items}
        return ((items[filing.ledger_id], filing) for filing in self.draft.filings)


@dataclass(frozen=True, slots=True)
class _Chain:
    """What came in for one application, the oldest first, and the papers that came without a form."""

    sent: list[_Sent]
    papers: list[tuple[Item, Filing]] = field(default_factory=list)

    def is_called(self, application_id: str) -> bool:
        return any(one.draft.application_id == application_id for one in self.sent)

    def is_answered_by(self, submission: Submission) -> bool:
        mails = {one.submission.message_id for one in self.sent} - {None}
        return not mails.isdisjoint(submission.in_reply_to)


class _Chains:
    """The chains in the order in which they began, and which of them may go on with a draft: of so many applications
    not each can be compared with each."""

    def __init__(self) -> None:
        self.all: list[_Chain] = []
        self._numbers: dict[str, dict[int, None]] = {}  # of the chains, by what they are found under

    def begin(self, sent: _Sent) -> None:
        self.all.append(_Chain([]))
        self.add(len(self.all) - 1, sent)

    def add(self, number: int, sent: _Sent) -> None:
        self.all[number].sent.append(sent)
        keys = [f"id {sent.draft.application_id}", *_codes(sent.draft)]
        if sent.submission.message_id:
            keys.append(f"mail {sent.submission.message_id}")
        for key in keys:
            self._numbers.setdefault(key, {})[number] = None

    def of_code(self, newer: Draft) -> set[int]:
        """Those with a draft of the same code, but for a misread character; and some others."""
        return self._under(_codes(newer))

    def answered_by(self, submission: Submission) -> set[int]:
        return self._under(f"mail {name}" for name in submission.in_reply_to)

    def called(self, application_id: str) -> set[int]:
        return self._under([f"id {application_id}"])

    def _under(self, keys: Iterable[str]) -> set[int]:
        return {number for key in keys for number in self._numbers.get(key, ())}


def _codes(one: Draft) -> tuple[str, ...]:
    """The applicant's code, and what is left of it without each of its characters: codes that differ by one character
    have one of these in common."""
    code = one.say("uscc")
    shorter = (code[:place] + code[place + 1 :] for place in range(len(code))) if len(code) <= _LONGEST_CODE else ()
    return (code, *shorter) if code else ()


def file_drafts(drafted: Iterable[tuple[Submission, Drafts]], taken: Iterable[Taken] = ()) -> tuple[Application, ...]:
    """Every application in force, in the order received. `taken` are the submissions that staff handed in as
    corrections, whose own word on what they correct goes first."""
    handed_in = {entry.submission_id: entry for entry in taken}
    received = list(drafted)
    order = _order([submission for submission, _ in received], handed_in)
    chains = _Chains()
    for submission, held in sorted(received, key=lambda one: order[one[0].submission_id]):
        entry = handed_in.get(submission.submission_id)
        for one in held.drafts:
            _chain(chains, submission, one, entry)
        if not held.drafts and (chain := _answered(chains, submission, entry)):
            chain.papers.extend(_papers(submission, held))
    return tuple(_application(chain) for chain in chains.all)


def _order(submissions: Sequence[Submission], taken: Mapping[str, Taken]) -> Mapping[str, tuple[datetime, int, str]]:
    """When each came: by its date, a loose file when it was handed in, and an answer, whatever date it bears, after
    what it answers."""
    mails = {submission.message_id: submission for submission in submissions if submission.message_id}
    order: dict[str, tuple[datetime, int, str]] = {}

    def place(submission: Submission) -> tuple[datetime, int, str]:
        key = submission.submission_id
        if key not in order:
            entry = taken.get(key)
            own = submission.received_at or (entry.at if entry else datetime.min.replace(tzinfo=UTC))
            order[key] = own, 0, key  # also what a thread that bites its tail comes back to
            answered = [place(mails[name]) for name in submission.in_reply_to if name in mails]
            order[key] = (
                max([own, *(moment for moment, _, _ in answered)]),
                max((depth + 1 for _, depth, _ in answered), default=0),
                key,
            )
        return order[key]

    for submission in sorted(submissions, key=lambda one: len(one.in_reply_to)):
        place(submission)
    return order


def _chain(chains: _Chains, submission: Submission, newer: Draft, taken: Taken | None) -> None:
    """Add a draft to what it replaces, else as an application of its own.

    An answer, and what staff handed in, go on with what came first and keep its date; another mail about the same
    project has its own.
    """
    candidates = chains.of_code(newer) | chains.answered_by(submission)
    if taken and taken.application_id:
        candidates |= chains.called(taken.application_id)
    for number in sorted(candidates):
        chain = chains.all[number]
        last = chain.sent[-1]
        if _goes_on(submission, newer, chain, taken):
            chains.add(number, _Sent(newer, submission, last.since))
            return
        if submission.submission_id != last.submission.submission_id and _replaces(newer, last.draft):
            chains.add(number, _Sent(newer, submission, submission))
            return
    chains.begin(_Sent(newer, submission, submission))


def _goes_on(submission: Submission, newer: Draft, chain: _Chain, taken: Taken | None) -> bool:
    last = chain.sent[-1]
    if taken and taken.application_id:
        return chain.is_called(taken.application_id)
    if submission.submission_id == last.submission.submission_id or not alike(newer, last.draft, "direction"):
        return False
    if chain.is_answered_by(submission):
        return any(same(newer, last.draft, name) for name in ("uscc", "applicant_name"))
    is_named = any(_CORRECTED.search(name) for name in (submission.subject, *newer.form_names))
    is_handed_in = taken is not None and submission.message_id is None
    return (is_named or is_handed_in) and same(newer, last.draft, "uscc")


def _replaces(newer: Draft, older: Draft) -> bool:
    """A later submission of the same project."""
    return alike(newer, older, "direction") and same(newer, older, "uscc") and same(newer, older, "project_name")


def _answered(chains: _Chains, submission: Submission, taken: Taken | None) -> _Chain | None:
    """The application that a submission without a form adds to, where it can only be one."""
    found = chains.called(taken.application_id) if taken and taken.application_id else chains.answered_by(submission)
    return chains.all[found.pop()] if len(found) == 1 else None


def _papers(submission: Submission, held: Drafts) -> Iterator[tuple[Item, Filing]]:
    for item in submission.items:
        role = held.roles.get(item.ledger_id, Role.CITY_LIST)
        if role is not Role.CITY_LIST:
            yield item, Filing(item.ledger_id, item.sha256, "", role)


def _application(chain: _Chain) -> Application:
    newest = chain.sent[-1]
    older = [(item, filing) for one in chain.sent[:-1] for item, filing in one.with_items()]
    renewed = {item.name for item, _ in newest.with_items()}
    replaced = {filing.ledger_id for item, filing in older if filing.role is Role.FORM or item.name in renewed}
    more = [filing for _, filing in (*older, *chain.papers) if filing.ledger_id not in replaced]
    own, copies = newest.draft.application_id, newest.draft.copies
    return Application(
        application_id=own,
        submission=newest.submission,
        direction=newest.draft.say("direction") or None,
        filings=(
            *newest.draft.filings,
            *(replace(filing, application_id=own, rank=len(copies)) for filing in more),
        ),
        values={copy.items[0].sha256: copy.values for copy in copies},
        supersedes=chain.sent[-2].draft.application_id if len(chain.sent) > 1 else None,
        superseded=tuple(replace(filing, application_id=own) for _, filing in older if filing.ledger_id in replaced),
        earlier=tuple(one.draft.application_id for one in chain.sent[:-1]),
        received_at=newest.since.received_at,
    )
