"""Receiving: the bytes of one mail, or some loose files, become a Submission and blobs by sha256.

Every message, leaf part, archive member and file becomes exactly one Item, whatever is wrong with it. What a
part is, its bytes say; Content-Disposition decides nothing. Names are for display, never paths.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import overload

from pipeline import mail, media, mime, outlook
from pipeline.desk import Desk, Place, short_id
from pipeline.members import IntakeLimits
from pipeline.model import Item, Problem, Role, Submission
from pipeline.names import display_parts

__all__ = [
    "FilesOnDemand",
    "IntakeLimits",
    "LooseFile",
    "LooseFiles",
    "RawMessage",
    "Received",
    "at_hand",
    "has_locked",
    "not_received",
    "receive",
    "receive_files",
    "receive_message",
    "unlock",
]


@dataclass(frozen=True, slots=True)
class LooseFile:
    """A file that did not come by mail. `name` may have folders before it, split by ``/``. `cut_from` is the size of
    the whole where `data` is but the beginning of what is too large to be read."""

    name: str
    data: bytes
    cut_from: int = 0


@dataclass(frozen=True, slots=True)
class RawMessage:
    """One mail as it lies in its source; `where` is for people: ``mail.mbox#12``, `cut_from` as of a LooseFile."""

    raw: bytes
    where: str
    cut_from: int = 0


@dataclass(frozen=True, slots=True)
class LooseFiles:
    """Files that came in together, outside of any mail; `where` is the folder's name."""

    files: Sequence[LooseFile]
    where: str


class FilesOnDemand(Sequence[LooseFile]):
    """Loose files, each read when it is asked for: a folder of them does not fit into memory."""

    def __init__(self, read: Sequence[Callable[[], LooseFile]]) -> None:
        self._read = read

    @overload
    def __getitem__(self, index: int) -> LooseFile: ...
    @overload
    def __getitem__(self, index: slice) -> "FilesOnDemand": ...
    def __getitem__(self, index: int | slice) -> "LooseFile | FilesOnDemand":
        return FilesOnDemand(self._read[index]) if isinstance(index, slice) else self._read[index]()

    def __len__(self) -> int:
        return len(self._read)


@dataclass(frozen=True, slots=True)
class Received:
    """One submission and the bytes of its items by their sha256. `key` is what it is known by in every source."""

    submission: Submission
    blobs: Mapping[str, bytes]
    key: str = ""


def receive(source: RawMessage | LooseFiles, limits: IntakeLimits, occurrence: int = 0) -> Received:
    """What came in at once. The same mail given twice is two submissions, told apart by the number of the occurrence
    of its key, so that every item of a run has an id of its own."""
    if isinstance(source, LooseFiles):
        return receive_files(source.files, source.where, limits, occurrence)
    return receive_message(source.raw, source.where, limits, occurrence, source.cut_from)


def not_received(source: RawMessage | LooseFiles, problem: Problem, occurrence: int) -> Submission:
    """A row for the mail, or for each of the files, that could not be taken in; one file at a time in memory."""
    is_mail = isinstance(source, RawMessage)
    files = [LooseFile("", source.raw)] if isinstance(source, RawMessage) else source.files
    told = [(file.name, hashlib.sha256(file.data).hexdigest(), len(file.data)) for file in files]
    submission_id = short_id("unreceived", *(sha256 for _, sha256, _ in told), source.where, str(occurrence))
    kind, role = (media.EML, Role.CONTAINER) if is_mail else (media.BINARY, Role.UNKNOWN)
    paths = ["/".join((source.where, *display_parts(name))) for name, _, _ in told]
    items = tuple(
        Item(short_id(submission_id, str(number)), None, path, path, sha256, size, kind, role, problem)
        for number, (path, (_, sha256, size)) in enumerate(zip(paths, told, strict=True))
    )
    return Submission(submission_id, None, None, "", source.where, "", (), items)


def at_hand(submission: Submission) -> Submission:
    """A submission without the mail's own words, of which a mailbox does not fit into memory; the ledger has them."""
    return replace(submission, text="")


def receive_message(raw: bytes, where: str, limits: IntakeLimits, occurrence: int = 0, cut_from: int = 0) -> Received:
    """One mail with all that is in it, or the row of one that is too large. Nothing that a mail holds raises: it
    becomes a Problem."""
    headers = _headers(raw, cut_from)
    submission_id = short_id("mail", mail.identity(headers, raw).key, str(occurrence))
    return _message(raw, headers, where, submission_id, limits, cut_from=cut_from)


def receive_files(files: Sequence[LooseFile], where: str, limits: IntakeLimits, occurrence: int = 0) -> Received:
    """Files that came in together outside of any mail: no sender, no time."""
    key = _files_identity(files, where)
    return _files(files, where, key, short_id("files", key, str(occurrence)), limits)


def has_locked(submission: Submission) -> bool:
    """Whether an archive, or a member of one, did not open for want of a password."""
    return any(item.problem is not None and item.problem.code == "D-ENCRYPTED" for item in submission.items)


def unlock(
    submission: Submission, blob: Callable[[str], bytes], limits: IntakeLimits, passwords: Sequence[str]
) -> Received:
    """The same submission received again, now that passwords for what is locked in it are known; `blob` gives an
    item's bytes by sha256."""
    first = submission.items[0]
    if first.media_type in media.MAILS:
        raw = blob(first.sha256)
        return _message(raw, _headers(raw), first.path, submission.submission_id, limits, passwords)
    where = submission.subject
    tops = (item for item in submission.items if item.parent is None)
    files = [
        LooseFile(item.path.removeprefix(f"{where}/"), blob(item.sha256) if item.sha256 else b"", _not_read(item))
        for item in tops
    ]
    return _files(files, where, "", submission.submission_id, limits, passwords)


def _not_read(item: Item) -> int:
    return 0 if item.sha256 else item.size


def _headers(raw: bytes, cut_from: int = 0) -> mime.Entity:
    """The mail's headers alone: its body would stay in memory beside its parts."""
    is_outlook = not cut_from and media.media_type(raw) == media.MSG
    return outlook.headers(raw) if is_outlook else replace(mime.parse(raw), body=b"")


def _message(
    raw: bytes,
    headers: mime.Entity,
    where: str,
    submission_id: str,
    limits: IntakeLimits,
    passwords: Sequence[str] = (),
    cut_from: int = 0,
) -> Received:
    identity = mail.identity(headers, raw)
    desk = Desk(limits, passwords)
    place, bodies = Place(None, submission_id, (where,)), list[mime.Leaf]()
    if cut_from:
        desk.cut(place, cut_from, media.EML, Role.CONTAINER)
    else:
        bodies = desk.message(place, raw, depth=0)
    time, time_problems = mail.received_at(headers)
    submission = Submission(
        submission_id=submission_id,
        message_id=identity.message_id,
        received_at=time,
        sender=mail.sender(headers),
        subject=headers.text("subject"),
        text=mail.own_words(bodies),
        in_reply_to=mail.replies_to(headers),
        items=tuple(desk.items),
        problems=(*identity.problems, *time_problems, *desk.problems),
    )
    return Received(submission, desk.blobs, identity.key)


def _files(
    files: Sequence[LooseFile],
    where: str,
    key: str,
    submission_id: str,
    limits: IntakeLimits,
    passwords: Sequence[str] = (),
) -> Received:
    desk = Desk(limits, passwords)
    for file in files:
        parts = display_parts(file.name) or ("未命名文件",)
        place = Place(None, submission_id, (where, *parts))
        if file.cut_from:
            desk.cut(place, file.cut_from)
        else:
            desk.file(place, file.data, depth=0)
    submission = Submission(
        submission_id=submission_id,
        message_id=None,
        received_at=None,
        sender="",
        subject=where,
        text="",
        in_reply_to=(),
        items=tuple(desk.items),
        problems=tuple(desk.problems),
    )
    return Received(submission, desk.blobs, key)


def _files_identity(files: Sequence[LooseFile], where: str) -> str:
    listed = (text for file in files for text in (file.name, hashlib.sha256(file.data).hexdigest()))
    return short_id(where, *listed)
