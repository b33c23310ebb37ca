"""Archives of other kinds than ZIP, through libarchive: 7z, RAR, TAR, and what gzip, bzip2 and xz have packed.

Nothing is written to disk. Members come in the archive's order, under the same limits as a ZIP's. A locked 7z is
py7zr's, since libarchive cannot decrypt one; a locked RAR nobody's.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath
from typing import Any

from pipeline import media, native, seven_zip
from pipeline.members import MIB, RATIO_MATTERS, ArchiveError, IntakeLimits, Member, locked, no_file, too_large
from pipeline.model import Problem
from pipeline.names import decode_text, display_parts

_SKIPPED = 4  # times the bytes that may be kept, which may be expanded only to be passed over
_FORMATS = {  # libarchive's names of the format, and of the filter around it
    media.SEVEN_ZIP: ("7zip", "none"),
    media.TAR: ("tar", "none"),
    media.GZIP: ("tar", "gzip"),
    media.BZIP2: ("tar", "bzip2"),
    media.XZ: ("tar", "xz"),
}
_SINGLE = frozenset({media.GZIP, media.BZIP2, media.XZ})  # may have packed one file and no archive
_RAR5 = b"Rar!\x1a\x07\x01\x00"

KINDS = frozenset({*_FORMATS, media.RAR})


def unpack(
    data: bytes,
    name: str,
    limits: IntakeLimits,
    members_left: int,
    bytes_left: Callable[[], int],
    passwords: Sequence[str] = (),
) -> Iterator[Member]:
    """The files of an archive, folders left out; `name` is its own. Raises ArchiveError when it, or the rest of it,
    cannot be opened, or when it holds more than `members_left` files. Before each file `bytes_left` says how large
    it may be."""
    kind = media.media_type(data)
    format_name, filter_name = _FORMATS.get(kind) or ("rar5" if data.startswith(_RAR5) else "rar", "none")
    if kind == media.SEVEN_ZIP and passwords and seven_zip.needs_password(data):
        yield from seven_zip.unlock(data, limits, members_left, bytes_left, passwords)
        return
    packed = _Packed(data, limits, members_left, bytes_left, passwords)
    try:
        yield from packed.members(format_name, filter_name)
    except ArchiveError:
        if packed.count or kind not in _SINGLE:
            raise
    if not packed.count and kind in _SINGLE:
        yield from packed.members("raw", filter_name, display_parts(PurePath(name).stem))
    if not packed.count:
        message = "压缩包内没有文件，可能不完整；请来件人重新打包发送。"
        raise ArchiveError(Problem("D-DAMAGED", message))


class _Packed:
    """One archive on its way through libarchive, and what is left of its limits."""

    def __init__(
        self,
        data: bytes,
        limits: IntakeLimits,
        members_left: int,
        bytes_left: Callable[[], int],
        passwords: Sequence[str],
    ) -> None:
        self.count = 0
        self._data = data
        self._passwords = passwords
        self._limits = limits
        self._members_left = members_left
        self._bytes_left = bytes_left
        self._expandable = limits.total_bytes * _SKIPPED

    def members(self, format_name: str, filter_name: str, only: tuple[str, ...] = ()) -> Iterator[Member]:
        """`only` names the one file of a format that keeps no names."""
        with native.opened(self._data, format_name, filter_name) as archive:
            for entry in archive:
                if entry.isdir:
                    continue
                if self.count >= self._members_left:
                    raise ArchiveError(too_large(f"压缩包内有 {self.count} 个以上的文件"))
                yield self._member(entry, only or _parts(entry))
                self.count += 1

    def _member(self, entry: Any, parts: tuple[str, ...]) -> Member:
        size = entry.size or 0
        if not entry.isfile or entry.linkpath:
            return Member(parts, 0, None, no_file())
        if native.is_locked(entry):
            return Member(parts, size, None, locked("压缩包内的文件", self._passwords))
        allowed = min(self._limits.member_bytes, self._bytes_left())
        bomb = max(RATIO_MATTERS, self._limits.ratio * len(self._data))
        try:
            content = native.content(entry, min(allowed, bomb)) if size <= allowed else None
        except ArchiveError as error:
            return Member(parts, size, None, error.problem)
        if content is not None:
            return Member(parts, len(content), content)
        self._pass_over(max(size, allowed))
        return Member(parts, size, None, too_large(f"文件解压后有 {max(size, min(allowed, bomb)) / MIB:.0f} MB 或更多"))

    def _pass_over(self, size: int) -> None:
        """What follows in a solid archive is had only by expanding this."""
        self._expandable -= size
        if self._expandable < 0:
            raise ArchiveError(too_large("压缩包解压后过大，其后的文件"))


def _parts(entry: Any) -> tuple[str, ...]:
    name = entry.pathname or b""
    return display_parts(name if isinstance(name, str) else decode_text(name)) or ("未命名文件",)
