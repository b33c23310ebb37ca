"""The ledger balances: every item that came in has exactly one row, and every row that is not used says why."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline import media
from pipeline.errors import LedgerImbalance
from pipeline.model import Item, LedgerRow, Problem, Role, Status, Submission

_SHOWN = 20  # items that an imbalance names


@dataclass(frozen=True, slots=True)
class Disposition:
    """What the flow found out about one item that is neither a duplicate nor settled by intake.

    `finding` is a D- Problem (the file could not be used); `superseded` the Chinese reason when an application's
    newer form replaced this one; `note` what staff should know of a file that was used.
    """

    role: Role
    application_id: str | None = None
    finding: Problem | None = None
    superseded: str = ""
    note: str = ""


def duplicates(submissions: Iterable[Submission]) -> dict[str, Item]:
    """The items that came in before, by ledger_id, each with its first occurrence.

    A mail is known by its Message-ID, everything else by its bytes; decorations are never called duplicates.
    """
    seen: dict[str, Item] = {}
    found: dict[str, Item] = {}
    for submission in submissions:
        for item in submission.items:
            keys = _identities(item, submission)
            first = next((seen[key] for key in keys if key in seen), None)
            if first:
                found[item.ledger_id] = first
            for key in keys:
                seen.setdefault(key, item)
    return found


def _identities(item: Item, submission: Submission) -> tuple[str, ...]:
    if item.role is Role.DECORATION or not item.size or not item.sha256:
        return ()
    if item.media_type not in media.MAILS:
        return (item.sha256,)
    # Apart from files, since a mail without headers is the same bytes as the one part in it.
    is_itself = item is submission.items[0] and submission.message_id
    return (f"mail {item.sha256}", f"mail {submission.message_id}") if is_itself else (f"mail {item.sha256}",)


def pending(submissions: Sequence[Submission]) -> tuple[Item, ...]:
    """The items that need a Disposition: usable files, each once."""
    known = duplicates(submissions)
    return tuple(
        item
        for submission in submissions
        for item in submission.items
        if item.role is Role.UNKNOWN and item.ledger_id not in known and _finding(item.problem) is None
    )


def ledger_rows(submissions: Sequence[Submission], dispositions: Mapping[str, Disposition]) -> tuple[LedgerRow, ...]:
    """One row an item, in the order in which they came in. `dispositions` by ledger_id, one for every item that
    `pending` lists; an item without one gets no row, which `balance` finds."""
    known = duplicates(submissions)
    rows: list[LedgerRow] = []
    for submission in submissions:
        no_form = _no_form(submission, known, dispositions)
        for item in submission.items:
            first = known.get(item.ledger_id)
            row = _duplicate_row(item, first, dispositions) if first else _row(item, dispositions.get(item.ledger_id))
            if row and item is submission.items[0] and no_form and row.status is Status.PROCESSED:
                row = _failed(item, Role.CONTAINER, no_form)
            if row:
                rows.append(row)
    return tuple(rows)


def balance(items: Iterable[Item], rows: Iterable[LedgerRow]) -> None:
    """Raises LedgerImbalance, naming them, when an item has no row or two, a row has no item, or no reason."""
    came_in, kept = list(items), list(rows)
    items_by_id = Counter(item.ledger_id for item in came_in)
    rows_by_id = Counter(row.item.ledger_id for row in kept)
    mistakes = [
        *(f"{items_by_id[item.ledger_id]} items: {item.path}" for item in came_in if items_by_id[item.ledger_id] > 1),
        *(f"no row: {item.path}" for item in came_in if not rows_by_id[item.ledger_id]),
        *(
            f"{rows_by_id[row.item.ledger_id]} rows: {row.item.path}"
            for row in kept
            if rows_by_id[row.item.ledger_id] > 1
        ),
        *(f"no such item: {row.item.path}" for row in kept if not items_by_id[row.item.ledger_id]),
        *(f"no reason: {row.item.path}" for row in kept if row.status is not Status.PROCESSED and not row.reason),
    ]
    if mistakes:
        shown = "\n".join(dict.fromkeys(mistakes[:_SHOWN]))
        raise LedgerImbalance(f"The ledger does not balance, {len(mistakes)} mistakes:\n{shown}")


# --- rows ---------------------------------------------------------------------------------------------


def _row(item: Item, disposition: Disposition | None) -> LedgerRow | None:
    finding = _finding(item.problem)
    if finding:
        return _failed(item, item.role, finding)
    if item.role is Role.DECORATION:
        return LedgerRow(item, item.role, Status.IGNORED, reason=item.problem.message if item.problem else "")
    if item.role is Role.CONTAINER:
        return LedgerRow(item, item.role, Status.PROCESSED)
    return _disposed(item, disposition) if disposition else None


def _disposed(item: Item, disposition: Disposition) -> LedgerRow:
    role, application = disposition.role, disposition.application_id
    if disposition.finding:
        return _failed(item, role, disposition.finding, application)
    if disposition.superseded:
        return LedgerRow(item, role, Status.SUPERSEDED, None, disposition.superseded, application)
    if item.is_body and role is Role.DECORATION and item.problem:
        return LedgerRow(item, role, Status.IGNORED, None, item.problem.message)
    if role in (Role.UNKNOWN, Role.DECORATION):
        return LedgerRow(item, role, Status.IGNORED, None, "不是申报表、推荐汇总表或佐证材料，未使用。", application)
    return LedgerRow(item, role, Status.PROCESSED, None, disposition.note, application)


def _duplicate_row(item: Item, first: Item, dispositions: Mapping[str, Disposition]) -> LedgerRow:
    settled = dispositions.get(first.ledger_id)
    is_same = item.sha256 == first.sha256
    reason = (
        f"与 {first.path} 内容相同，以先收到的为准。" if is_same else f"与 {first.path} 是同一封邮件，以先收到的为准。"
    )
    application = settled.application_id if settled else None
    return LedgerRow(item, settled.role if settled else first.role, Status.DUPLICATE, None, reason, application)


def _failed(item: Item, role: Role, finding: Problem, application: str | None = None) -> LedgerRow:
    return LedgerRow(item, role, Status.FAILED, finding.code, finding.message, application)


def _finding(problem: Problem | None) -> Problem | None:
    return problem if problem and problem.code.startswith("D-") else None


def _no_form(
    submission: Submission, known: Mapping[str, Item], dispositions: Mapping[str, Disposition]
) -> Problem | None:
    """D-NO-FORM, for a mail that has files which could be read and none is a form or a city's list; D-CLOUD-LINK where
    it links to more."""
    if not submission.items or submission.items[0].media_type not in media.MAILS:
        return None
    settled = [
        dispositions.get(known[item.ledger_id].ledger_id if item.ledger_id in known else item.ledger_id)
        for item in submission.items
        if item.role is Role.UNKNOWN and _finding(item.problem) is None
    ]
    usable = [one for one in settled if one and not one.finding and one.role is not Role.DECORATION]
    if any(one.role in (Role.FORM, Role.CITY_LIST) for one in usable):
        return None
    where = submission.items[0].path
    link = next((one for one in submission.problems if (one.code, one.where) == ("cloud-link", where)), None)
    if link:
        return Problem("D-CLOUD-LINK", f"邮件的附件中没有申报表或推荐汇总表，可能在链接中。{link.message}")
    if not usable:
        return None
    return Problem("D-NO-FORM", "邮件有附件，但其中没有申报表或推荐汇总表；请来件人补发申报表。")
