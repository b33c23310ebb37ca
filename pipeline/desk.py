"""Laying out one submission: every message, leaf part, archive member and file becomes exactly one Item."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from pipeline import mail, media, mime, outlook, unpack
from pipeline.archives import unzip
from pipeline.cloud import cloud_links
from pipeline.decoration import is_page_like, part_decoration, picture_decoration, system_file
from pipeline.members import MIB, ArchiveError, IntakeLimits, Member, too_large
from pipeline.mime import Leaf
from pipeline.model import BODY_TEXT, Item, Problem, Role
from pipeline.names import display_name, file_name

_BODY_KINDS = frozenset(
    {media.TEXT, media.HTML, media.XML, media.EML, media.MBOX, media.BINARY, media.EMPTY, media.RTF}
)
_MESSAGES = frozenset({media.EML, media.MSG, media.TNEF})
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


def short_id(*texts: str) -> str:
    return hashlib.sha256("\x1f".join(texts).encode("utf-8", "replace")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands: in which one, what its id is made from, and its path for people."""

    parent: str | None
    root: str
    path: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.path[-1]

    def inside(self, item: Item, *parts: str) -> "Place":
        return Place(item.ledger_id, self.root, (*self.path, *parts))


class Desk:
    """Collects the items of one submission, depth first, within its limits. What is locked opens with `passwords`."""

    def __init__(self, limits: IntakeLimits, passwords: Sequence[str] = ()) -> None:
        self.items: list[Item] = []
        self.blobs: dict[str, bytes] = {}
        self.problems: list[Problem] = []
        self._limits = limits
        self._passwords = passwords
        self._bytes_left = limits.total_bytes
        self._children: Counter[str] = Counter()

    def _add(
        self, place: Place, data: bytes | None, kind: str, role: Role = Role.UNKNOWN, problem: Problem | None = None
    ) -> Item:
        """One more item; `data` is None when its bytes could not be had, and its sha256 is empty then."""
        sha256 = ""
        if data is not None:
            sha256 = hashlib.sha256(data).hexdigest()
            self.blobs[sha256] = data
        above = place.parent or place.root
        is_mail_itself = place.parent is None and role is Role.CONTAINER and kind in media.MAILS
        ledger_id = short_id(above, "" if is_mail_itself else sha256, str(self._children[above]))
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

    def message(self, place: Place, raw: bytes, depth: int) -> list[Leaf]:
        """A mail, Outlook's own kinds too, and all its parts. Returns the texts that are its own words."""
        kind = media.media_type(raw)
        kind = kind if kind in (media.MSG, media.TNEF) else media.EML
        item = self._add(place, raw, kind, Role.CONTAINER)
        if depth > self._limits.depth:
            self._flag(item, _too_deep())
            return []
        leaves = mime.leaves(mime.parse(raw)) if kind == media.EML else self._outlook_parts(item, raw)
        first = len(self.items)
        bodies = self._parts(place, item, list(islice(leaves, self._members_left + 1)), depth)
        self._embedded_pages(place, item, bodies, depth)
        if kind != media.TNEF:  # which is a part of a mail that is looked at whole
            self._check_links(item, bodies, self.items[first:])
        return bodies

    def _outlook_parts(self, item: Item, raw: bytes) -> Iterator[Leaf]:
        try:
            yield from outlook.parts(raw)
            whole = outlook.is_whole(raw)
        except ArchiveError as error:
            self._flag(item, error.problem)
            return
        if not whole:
            message = "邮件不完整，其中的附件可能缺失或残缺；请来件人重新发送。"
            self._flag(item, Problem("D-DAMAGED", message))

    def _parts(self, place: Place, item: Item, parts: list[Leaf], depth: int) -> list[Leaf]:
        bodies = [part for part in parts if _is_body(part)]
        shown = mail.shown_pictures(bodies)
        for number, part in enumerate(parts, 1):
            if self._members_left <= 0:
                message = f"邮件的部分超过 {self._limits.members} 个，其后的未接收；请来件人减少附件或打包发送。"
                self._flag(item, Problem("D-TOO-LARGE", message))
                break
            bodies += self._part(place, item, part, number, shown, depth)
        return bodies

    def _embedded_pages(self, place: Place, item: Item, bodies: list[Leaf], depth: int) -> None:
        """Pages that were pasted into the HTML text; smaller pictures in it are a part of the text."""
        pages = (data for data in mail.embedded_pictures(bodies) if is_page_like(data))
        for number, data in enumerate(islice(pages, max(self._members_left, 0)), 1):
            suffix = _SUFFIXES.get(media.media_type(data), "")
            self.file(place.inside(item, f"正文图片{number}{suffix}"), data, depth + 1)

    def _part(self, place: Place, item: Item, part: Leaf, number: int, shown: frozenset[str], depth: int) -> list[Leaf]:
        """One part of a mail. Returns the texts of a winmail.dat, which are the mail's own words."""
        kind = media.media_type(part.data)
        if part.broken:
            message = f"邮件的第 {number} 部分结构不完整，按正文保留；如有附件缺失，请来件人重新发送。"
            self.problems.append(Problem("multipart-broken", message, item.path))
        inside = place.inside(item, _part_name(part, kind, number))
        if _is_body(part):
            text = Problem(BODY_TEXT, "邮件正文，不作为附件处理。")
            if mail.is_html(part) and mail.holds_table(part):
                self._add(inside, part.data, media.HTML, problem=text)
            else:
                self._add(inside, part.data, kind, Role.DECORATION, text)
            return []
        decoration = part_decoration(part.data, kind, part.declared) or picture_decoration(
            part.data, kind, inside.name, bool(shown & part.references)
        )
        if decoration:
            self._add(inside, part.data, kind, Role.DECORATION, decoration)
        elif kind == media.TNEF:
            return self.message(inside, part.data, depth)
        elif part.declared in ("message/rfc822", "message/global") and kind in _BODY_KINDS and part.data:
            self.message(inside, part.data, depth + 1)
        else:
            self.file(inside, part.data, depth + 1)
        return []

    def _check_links(self, item: Item, bodies: list[Leaf], content: list[Item]) -> None:
        found = cloud_links(bodies)
        if not found.links:
            return
        listed = found.listed
        if any(_is_usable(other) for other in content):
            message = f"邮件除附件外还有网盘或超大附件链接，系统不下载，请确认是否含申报材料：{listed}"
            self.problems.append(Problem("cloud-link", message, item.path))
        else:
            message = f"邮件只有超大附件或网盘链接，没有可用的附件；请来件人直接附上文件，或人工下载后导入：{listed}"
            self._flag(item, Problem("D-CLOUD-LINK", message, listed))

    # --- files ---

    def file(self, place: Place, data: bytes, depth: int) -> None:
        """A file wherever it came in; archives and mails are opened."""
        kind = media.media_type(data)
        leftover = system_file(data, place.name)
        if leftover:
            self._add(place, data, kind, Role.DECORATION, leftover)
        elif kind in _MESSAGES or (kind == media.MBOX and not _NEXT_MAIL.search(data)):
            self.message(place, data, depth)
        elif kind == media.ZIP or kind in unpack.KINDS:
            self._archive(place, data, kind, depth)
        elif kind == media.MBOX:
            message = "mbox 邮件包不能打开；请来件人直接附上文件。"
            self._add(place, data, kind, Role.CONTAINER, Problem("D-UNSUPPORTED", message))
        else:
            self._add(place, data, kind, problem=_unusable(kind))

    def cut(self, place: Place, size: int, kind: str = media.BINARY, role: Role = Role.UNKNOWN) -> None:
        """A mail or a file of so many bytes, of which only the beginning was read."""
        what = "邮件" if role is Role.CONTAINER else "文件"
        item = self._add(place, None, kind, role, too_large(f"{what}有{size / MIB:,.0f}MB"))
        self.items[-1] = replace(item, size=size)

    def _archive(self, place: Place, data: bytes, kind: str, depth: int) -> None:
        item = self._add(place, data, kind, Role.CONTAINER)
        if depth > self._limits.depth:
            self._flag(item, _too_deep())
            return
        try:
            for member in self._members(place.name, data, kind):
                self._member(place.inside(item, *member.parts), member, depth)
        except ArchiveError as error:
            self._flag(item, error.problem)

    def _members(self, name: str, data: bytes, kind: str) -> Iterator[Member]:
        limits = self._limits, self._members_left, lambda: self._bytes_left
        if kind == media.ZIP:
            return unzip(data, *limits, self._passwords)
        return unpack.unpack(data, name, *limits, self._passwords)

    def _member(self, place: Place, member: Member, depth: int) -> None:
        if member.data is None:
            item = self._add(place, None, media.BINARY, problem=member.problem)
            self.items[-1] = replace(item, size=member.size)
            return
        self._bytes_left -= len(member.data)
        self.file(place, member.data, depth + 1)


def _is_body(part: Leaf) -> bool:
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


def _part_name(part: Leaf, kind: str, number: int) -> str:
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
    return None


def _too_deep() -> Problem:
    return Problem("D-TOO-LARGE", "压缩包或转发邮件嵌套层数过多，未打开；请来件人直接附上文件。")
