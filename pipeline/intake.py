"""Receiving: the bytes of one mail, or some loose files, become a Submission and blobs by sha256.

Every message, leaf part, archive member and file becomes exactly one Item, whatever is wrong with it. What a
part is, its bytes say; Content-Disposition decides nothing. Names are for display, never paths.
"""

import hashlib
import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from pipeline import mail, media, mime
from pipeline.archives import UNOPENED, ArchiveError, IntakeLimits, Member, unzip
from pipeline.decoration import is_page_like, part_decoration, picture_decoration, system_file
from pipeline.model import Item, Problem, Role, Submission
from pipeline.names import display_name, display_parts, file_name

_log = logging.getLogger(__name__)

__all__ = [
    "IntakeLimits",
    "LooseFile",
    "LooseFiles",
    "RawMessage",
    "Received",
    "receive",
    "receive_files",
    "receive_message",
]

_BODY_KINDS = frozenset(
    {media.TEXT, media.HTML, media.XML, media.EML, media.MBOX, media.BINARY, media.EMPTY, media.RTF}
)
_NEXT_MAIL = re.compile(rb"\r?\n\r?\nFrom [^\r\n]*\d\d:\d\d")
_BODY_TYPES = ("text/", "message/delivery-status", "message/disposition-notification")
_SUFFIXES = {
    media.PDF: ".pdf",
    media.DOCX: ".docx",
    media.XLSX: ".xlsx",
    media.ZIP: ".zip",
    media.JPEG: ".jpg",
    media.PNG: ".png",
    media.GIF: ".gif",
    media.TIFF: ".tif",
    media.TEXT: ".txt",
    media.HTML: ".html",
    media.EML: ".eml",
}


@dataclass(frozen=True, slots=True)
class LooseFile:
    """A file that did not come by mail. `name` may have folders before it, split by ``/``."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class RawMessage:
    """One mail as it lies in its source; `where` is for people: ``mail.mbox#12``."""

    raw: bytes
    where: str


@dataclass(frozen=True, slots=True)
class LooseFiles:
    """Files that came in together, outside of any mail; `where` is the folder's name."""

    files: tuple[LooseFile, ...]
    where: str


@dataclass(frozen=True, slots=True)
class Received:
    """One submission and the bytes of its items by their sha256."""

    submission: Submission
    blobs: Mapping[str, bytes]


def receive(sources: Iterable[RawMessage | LooseFiles], limits: IntakeLimits) -> Iterator[Received]:
    """Receives what a run takes in, one at a time. The same mail given twice is two submissions, told apart by
    the number of the occurrence, so that every item of a run has an id of its own."""
    seen: Counter[str] = Counter()
    for source in sources:
        if isinstance(source, RawMessage):
            identity = mail.identity(mime.parse(source.raw), source.raw).key
            received = _receive_or_report(source, limits, seen[identity])
        else:
            identity = _files_identity(source.files, source.where)
            received = receive_files(source.files, source.where, limits, occurrence=seen[identity])
        seen[identity] += 1
        yield received


def _receive_or_report(source: RawMessage, limits: IntakeLimits, occurrence: int) -> Received:
    """A mail that shows a defect of ours costs that mail, whose row says so and whose bytes are kept, not the run."""
    try:
        return receive_message(source.raw, source.where, limits, occurrence)
    except Exception as error:
        _log.exception("%s could not be received", source.where)
        message = "程序无法解析这封邮件，附件未接收；请联系维护人员，并人工查看原邮件。"
        whole = Problem("D-DAMAGED", message, repr(error))
        identity = hashlib.sha256(source.raw).hexdigest()
        submission_id = _short("unreceived", identity, source.where, str(occurrence))
        item_id = _short(submission_id, "")
        item = Item(
            item_id, None, source.where, source.where, identity, len(source.raw), media.EML, Role.CONTAINER, whole
        )
        submission = Submission(submission_id, None, None, "", source.where, "", (), (item,))
        return Received(submission, {identity: source.raw})


def receive_message(raw: bytes, where: str, limits: IntakeLimits, occurrence: int = 0) -> Received:
    """One mail with all that is in it. Nothing that a mail holds raises: it becomes a Problem."""
    entity = mime.parse(raw)
    identity = mail.identity(entity, raw)
    submission_id = _short("mail", identity.key, str(occurrence))
    desk = _Desk(limits)
    bodies = desk.message(_Place(None, submission_id, (where,)), raw, depth=0)
    time, time_problems = mail.received_at(entity)
    submission = Submission(
        submission_id=submission_id,
        message_id=identity.message_id,
        received_at=time,
        sender=mail.sender(entity),
        subject=entity.text("subject"),
        text=mail.own_words(bodies),
        in_reply_to=mail.replies_to(entity),
        items=tuple(desk.items),
        problems=(*identity.problems, *time_problems, *desk.problems),
    )
    return Received(submission, desk.blobs)


def receive_files(files: Sequence[LooseFile], where: str, limits: IntakeLimits, occurrence: int = 0) -> Received:
    """Files that came in together outside of any mail: no sender, no time."""
    submission_id = _short("files", _files_identity(files, where), str(occurrence))
    desk = _Desk(limits)
    for file in files:
        parts = display_parts(file.name) or ("未命名文件",)
        desk.file(_Place(None, submission_id, (where, *parts)), file.data, depth=0)
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
    return Received(submission, desk.blobs)


def _files_identity(files: Sequence[LooseFile], where: str) -> str:
    listed = (text for file in files for text in (file.name, hashlib.sha256(file.data).hexdigest()))
    return _short(where, *listed)


def _short(*texts: str) -> str:
    return hashlib.sha256("\x1f".join(texts).encode("utf-8", "replace")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an item stands: in which one, what its id is made from, and its path for people."""

    parent: str | None
    root: str
    path: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.path[-1]

    def inside(self, item: Item, *parts: str) -> "_Place":
        return _Place(item.ledger_id, self.root, (*self.path, *parts))


class _Desk:
    """Collects the items of one submission, depth first, within its limits."""

    def __init__(self, limits: IntakeLimits) -> None:
        self.items: list[Item] = []
        self.blobs: dict[str, bytes] = {}
        self.problems: list[Problem] = []
        self._limits = limits
        self._bytes_left = limits.total_bytes
        self._children: Counter[str] = Counter()

    def _add(
        self, place: _Place, data: bytes | None, kind: str, role: Role = Role.UNKNOWN, problem: Problem | None = None
    ) -> Item:
        """One more item; `data` is None when its bytes could not be had, and its sha256 is empty then."""
        sha256 = ""
        if data is not None:
            sha256 = hashlib.sha256(data).hexdigest()
            self.blobs[sha256] = data
        above = place.parent or place.root
        is_mail_itself = place.parent is None and role is Role.CONTAINER and kind == media.EML
        ledger_id = _short(above, "" if is_mail_itself else sha256, str(self._children[above]))
        self._children[above] += 1
        if "\ufffd" in place.name:
            message = "文件名的编码无法识别，显示的名称不完整；不影响读取内容。"
            self.problems.append(Problem("name-encoding", message, "/".join(place.path)))
        item = Item(
            ledger_id, place.parent, "/".join(place.path), place.name, sha256, len(data or b""), kind, role, problem
        )
        self.items.append(item)
        return item

    @property
    def _members_left(self) -> int:
        return self._limits.members - len(self.items)

    def _flag(self, item: Item, problem: Problem) -> None:
        """Gives a container the first reason why its content is not all there."""
        index = next(i for i, known in enumerate(self.items) if known.ledger_id == item.ledger_id)
        if self.items[index].problem is None:
            self.items[index] = replace(self.items[index], problem=problem)
        else:
            self.problems.append(problem)

    # --- mails ---

    def message(self, place: _Place, raw: bytes, depth: int) -> list[mime.Leaf]:
        """A mail and all its parts. Returns the texts that are its own words."""
        item = self._add(place, raw, media.EML, Role.CONTAINER)
        if depth > self._limits.depth:
            self._flag(item, _too_deep())
            return []
        first = len(self.items)
        parts = list(islice(mime.leaves(mime.parse(raw)), self._members_left + 1))
        bodies = [part for part in parts if _is_body(part)]
        shown = mail.shown_pictures(bodies)
        for number, part in enumerate(parts, 1):
            if self._members_left <= 0:
                message = f"邮件的部分超过 {self._limits.members} 个，其后的未接收；请来件人减少附件或打包发送。"
                self._flag(item, Problem("D-TOO-LARGE", message))
                break
            self._part(place, item, part, number, shown, depth)
        self._embedded_pages(place, item, bodies, depth)
        self._check_links(item, bodies, self.items[first:])
        return bodies

    def _embedded_pages(self, place: _Place, item: Item, bodies: list[mime.Leaf], depth: int) -> None:
        """Pages that were pasted into the HTML text; smaller pictures in it are a part of the text."""
        pages = (data for data in mail.embedded_pictures(bodies) if is_page_like(data))
        for number, data in enumerate(islice(pages, max(self._members_left, 0)), 1):
            suffix = _SUFFIXES.get(media.media_type(data), "")
            self.file(place.inside(item, f"正文图片{number}{suffix}"), data, depth + 1)

    def _part(self, place: _Place, item: Item, part: mime.Leaf, number: int, shown: frozenset[str], depth: int) -> None:
        kind = media.media_type(part.data)
        if part.broken:
            message = f"邮件的第 {number} 部分结构不完整，按正文保留；如有附件缺失，请来件人重新发送。"
            self.problems.append(Problem("multipart-broken", message, item.path))
        inside = place.inside(item, _part_name(part, kind, number))
        if _is_body(part):
            self._add(inside, part.data, kind, Role.DECORATION, Problem("body-text", "邮件正文，不作为附件处理。"))
            return
        decoration = part_decoration(part.data, kind, part.declared) or picture_decoration(
            part.data, kind, inside.name, bool(shown & part.references)
        )
        if decoration:
            self._add(inside, part.data, kind, Role.DECORATION, decoration)
        elif part.declared in ("message/rfc822", "message/global") and kind in _BODY_KINDS and part.data:
            self.message(inside, part.data, depth + 1)
        else:
            self.file(inside, part.data, depth + 1)

    def _check_links(self, item: Item, bodies: list[mime.Leaf], content: list[Item]) -> None:
        links = mail.cloud_links(bodies)
        if not links:
            return
        listed = " ".join(links[:5])
        if any(_is_usable(other) for other in content):
            message = f"邮件除附件外还有网盘或超大附件链接，系统不下载，请确认是否含申报材料：{listed}"
            self.problems.append(Problem("cloud-link", message, item.path))
        else:
            message = f"邮件只有超大附件或网盘链接，没有可用的附件；请来件人直接附上文件，或人工下载后导入：{listed}"
            self._flag(item, Problem("D-CLOUD-LINK", message, listed))

    # --- files ---

    def file(self, place: _Place, data: bytes, depth: int) -> None:
        """A file wherever it came in; archives and mails are opened."""
        kind = media.media_type(data)
        leftover = system_file(data, place.name)
        if leftover:
            self._add(place, data, kind, Role.DECORATION, leftover)
        elif kind == media.EML or (kind == media.MBOX and not _NEXT_MAIL.search(data)):
            self.message(place, data, depth)
        elif kind == media.ZIP:
            self._archive(place, data, depth)
        elif kind in UNOPENED:
            message = f"{UNOPENED[kind]} 格式的压缩包或邮件包不能打开；请来件人改用 ZIP 打包或直接附上文件。"
            self._add(place, data, kind, Role.CONTAINER, Problem("D-UNSUPPORTED", message))
        else:
            self._add(place, data, kind, problem=_unusable(kind))

    def _archive(self, place: _Place, data: bytes, depth: int) -> None:
        item = self._add(place, data, media.ZIP, Role.CONTAINER)
        if depth > self._limits.depth:
            self._flag(item, _too_deep())
            return
        try:
            for member in unzip(data, self._limits, self._members_left, lambda: self._bytes_left):
                self._member(place.inside(item, *member.parts), member, depth)
        except ArchiveError as error:
            self._flag(item, error.problem)

    def _member(self, place: _Place, member: Member, depth: int) -> None:
        if member.data is None:
            item = self._add(place, None, media.BINARY, problem=member.problem)
            self.items[-1] = replace(item, size=member.size)
            return
        self._bytes_left -= len(member.data)
        self.file(place, member.data, depth + 1)


def _is_body(part: mime.Leaf) -> bool:
    """A text without a file name is what the sender wrote, unless its bytes say that it is something else."""
    if part.name or not part.declared.startswith(_BODY_TYPES):
        return False
    kind = media.media_type(part.data)
    if kind == media.BINARY and b"\0" in part.data:
        return (part.charset or "").lower().startswith(("utf-16", "utf-32"))
    return kind in _BODY_KINDS


def _is_usable(item: Item) -> bool:
    problem = item.problem is not None and item.problem.code.startswith("D-")
    return item.role is Role.UNKNOWN and not problem


def _part_name(part: mime.Leaf, kind: str, number: int) -> str:
    name = file_name(part.name)
    if name:
        return name
    if _is_body(part):
        return "正文.html" if mail.is_html(part) else "正文.txt"
    if part.declared in ("message/rfc822", "message/global"):
        return display_name(mime.parse(part.data).text("subject") or f"邮件{number}") + ".eml"
    return f"附件{number}{_SUFFIXES.get(kind, '')}"


def _unusable(kind: str) -> Problem | None:
    if kind == media.EMPTY:
        return Problem("D-EMPTY", "文件是空的（0 字节）；请来件人重新发送。")
    if kind == media.ENCRYPTED_OOXML:
        return Problem("D-ENCRYPTED", "文件设有打开密码；请来件人提供密码，或重新发送不加密的文件。")
    return None


def _too_deep() -> Problem:
    return Problem("D-TOO-LARGE", "压缩包或转发邮件嵌套层数过多，未打开；请来件人直接附上文件。")
