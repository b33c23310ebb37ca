"""Where mail and paper lie: an mbox file, a Maildir, an .eml or .msg file, a folder of them or of loose documents."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import BinaryIO

from pipeline import media
from pipeline.errors import SourceError
from pipeline.intake import FilesOnDemand, LooseFile, LooseFiles, RawMessage
from pipeline.members import LARGEST

Source = RawMessage | LooseFiles

_BEGINNING = 1 << 16  # bytes that tell what a file is, and who sent a mail
_MAIL_SUFFIXES = frozenset({".eml", ".mht", ".mhtml"})
_MBOX_SUFFIXES = frozenset({".mbox", ".mbx"})
_HEADER_LINE = re.compile(rb"[!-9;-~]+[ \t]*:")
_DATED = re.compile(rb"From .*\d\d?:\d\d.*\d{4}")
_QUOTED_FROM = re.compile(rb">+From ")


def open_sources(paths: Sequence[Path], largest: int = LARGEST) -> Iterator[Source]:
    """Everything in `paths`, mails one by one, in the order given and by name within folders. Of a mail or a file of
    more than `largest` bytes only the beginning is read.

    A Maildir is its ``new`` and ``cur``; its subfolders are sources of their own. A folder of documents: each file
    at its top is a submission, the files of one subfolder are one together. Raises SourceError at once for a path
    that is missing, and on the way for one that cannot be read.
    """
    for path in paths:
        if not path.exists():
            raise SourceError(f"There is no {path}; give an mbox file, a Maildir, an .eml file or a folder")
        if not (path.is_dir() or path.is_file()):
            raise SourceError(f"{path} is neither a file nor a folder")
    return _readable(paths, largest)


def _readable(paths: Sequence[Path], largest: int) -> Iterator[Source]:
    for path in paths:
        with _told_as_source_error(path):
            yield from _folder(path.resolve(), largest) if path.is_dir() else _file(path, path.name, largest)


@contextmanager
def _told_as_source_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.filename or path}: {error.strerror}") from error


# --- folders ------------------------------------------------------------------------------------------


def _folder(folder: Path, largest: int) -> Iterator[Source]:
    if _is_maildir(folder):
        yield from _maildir(folder, folder.name, largest)
        return
    for entry in _entries(folder):
        where = f"{folder.name}/{entry.name}"
        if not entry.is_dir():
            yield from _file(entry, where, largest)
        elif _is_maildir(entry):
            yield from _maildir(entry, where, largest)
        else:
            yield from _subfolder(entry, where, largest)


def _subfolder(folder: Path, where: str, largest: int) -> Iterator[Source]:
    """Its mails one by one, then all its other files as one submission."""
    documents: list[Callable[[], LooseFile]] = []
    for path in _files_below(folder):
        name = path.relative_to(folder).as_posix()
        kind = _kind(path, largest)
        if kind == media.MBOX or kind in media.MAILS:
            yield from _file(path, f"{where}/{name}", largest)
        else:
            documents.append(partial(_loose, name, path, largest))
    if documents:
        yield LooseFiles(FilesOnDemand(documents), where)


def _loose(name: str, path: Path, largest: int) -> LooseFile:
    with _told_as_source_error(path):  # it is read when nobody listens above
        return LooseFile(name, *_read(path, largest))


def _files_below(folder: Path) -> Iterator[Path]:
    for entry in _entries(folder):
        if entry.is_dir():
            yield from _files_below(entry)
        else:
            yield entry


def _entries(folder: Path) -> list[Path]:
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    for entry in entries:
        # A link in a folder that strangers filled may lead anywhere on this machine.
        if entry.is_symlink() or not (entry.is_dir() or entry.is_file()):
            raise SourceError(f"{entry} is a link or a special file; put the file itself there")
    return entries


def _is_maildir(folder: Path) -> bool:
    return (folder / "cur").is_dir() and (folder / "new").is_dir()


def _maildir(folder: Path, where: str, largest: int) -> Iterator[Source]:
    paths = [path for part in ("cur", "new") for path in _files_below(folder / part)]
    for number, path in enumerate(sorted(paths, key=lambda path: path.name), 1):
        yield _mail(path, f"{where}#{number}", largest)


# --- files --------------------------------------------------------------------------------------------


def _file(path: Path, where: str, largest: int) -> Iterator[Source]:
    kind = _kind(path, largest)
    if kind == media.MBOX:
        with path.open("rb") as stream:
            numbered = (f"{where}#{number}" for number in count(1))
            # Nothing here keeps a mail while the next one is read.
            yield from map(_as_message, mbox_messages(stream, largest), numbered)
    elif kind in media.MAILS:
        yield _mail(path, where, largest)
    else:
        folder, _, name = where.rpartition("/")
        yield LooseFiles(FilesOnDemand([partial(_loose, name, path, largest)]), folder or "散件")


def _mail(path: Path, where: str, largest: int) -> RawMessage:
    return _as_message(_read(path, largest), where)


def _as_message(mail: tuple[bytes, int], where: str) -> RawMessage:
    raw, cut_from = mail
    return RawMessage(raw, where, cut_from)


def _read(path: Path, largest: int) -> tuple[bytes, int]:
    """The bytes; of a file that is too large its beginning, and the size."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        return (stream.read(), 0) if size <= largest else (stream.read(_BEGINNING), size)


def _kind(path: Path, largest: int) -> str:
    """What a file is by its bytes; a mail so odd that its bytes do not tell is known by its suffix."""
    with path.open("rb") as stream:
        kind = media.media_type(stream.read(_BEGINNING))
    suffix = path.suffix.lower()
    if kind == media.OLE and path.stat().st_size <= largest:  # the list of what it holds may stand at its end
        return media.media_type(path.read_bytes())
    if kind in (media.TEXT, media.BINARY, media.EMPTY):
        if suffix in _MBOX_SUFFIXES:
            return media.MBOX
        if suffix in _MAIL_SUFFIXES:
            return media.EML
    return kind


# --- mbox ---------------------------------------------------------------------------------------------


def mbox_messages(stream: BinaryIO, largest: int = LARGEST) -> Iterator[tuple[bytes, int]]:
    """The mails of an mbox file as it streams by, one in memory at a time; ``>From `` is unquoted by one ``>``. Of a
    mail of more than `largest` bytes the beginning, and its size.

    A "From " line separates only after an empty line, or with a date, and only before a header: senders write
    lines that begin with From. A line of any length is read by pieces.
    """
    message = _Message(largest)
    separator = b""
    starts_line = True
    for piece in iter(partial(stream.readline, _BEGINNING), b""):
        if separator:
            if message.is_ended_by(separator, piece):
                yield from message.taken()
            else:
                message.add(separator)
            separator = b""
        if starts_line and piece.startswith(b"From "):
            separator = piece
        else:
            message.add(piece[1:] if starts_line and _QUOTED_FROM.match(piece) else piece)
        starts_line = piece.endswith(b"\n")
    if separator:
        message.add(separator)
    yield from message.taken()


class _Message:
    """A mail as it is read, in one piece of memory."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._begin()

    def _begin(self) -> None:
        self._bytes = BytesIO()
        self._size = 0
        self._last = b""
        self._is_blank = True

    def add(self, piece: bytes) -> None:
        self._size += len(piece)
        self._last = piece
        self._is_blank = self._is_blank and not piece.strip()
        if self._size <= self._largest:
            self._bytes.write(piece)
        elif self._bytes.tell() > _BEGINNING:  # too large: its headers tell who sent it
            self._bytes.seek(_BEGINNING)
            self._bytes.truncate()

    def is_ended_by(self, separator: bytes, following: bytes) -> bool:
        after_blank = not self._last.strip()
        return bool(_HEADER_LINE.match(following)) and (after_blank or bool(_DATED.match(separator)))

    def taken(self) -> Iterator[tuple[bytes, int]]:
        """The mail, if there is one; another begins."""
        if not self._is_blank:
            if not self._last.strip() and self._size <= self._largest:  # belongs to the separator
                self._bytes.truncate(self._size - len(self._last))
            yield self._bytes.getvalue(), self._size if self._size > self._largest else 0
        self._begin()
