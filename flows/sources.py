"""Where mail and paper lie: an mbox file, a Maildir, an .eml or .msg file, a folder of them or of loose documents."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from pipeline import media
from pipeline.errors import SourceError
from pipeline.intake import LooseFile, LooseFiles, RawMessage

Source = RawMessage | LooseFiles

_SNIFFED = 1 << 16
_MAIL_SUFFIXES = frozenset({".eml", ".mht", ".mhtml"})
_MBOX_SUFFIXES = frozenset({".mbox", ".mbx"})
_HEADER_LINE = re.compile(rb"[!-9;-~]+[ \t]*:")
_DATED = re.compile(rb"From .*\d\d?:\d\d.*\d{4}")
_QUOTED_FROM = re.compile(rb">+From ")


def open_sources(paths: Sequence[Path]) -> Iterator[Source]:
    """Everything in `paths`, mails one by one, in the order given and by name within folders.

    A Maildir is its ``new`` and ``cur``; its subfolders are sources of their own. A folder of documents: each file
    at its top is a submission, the files of one subfolder are one together. Raises SourceError at once for a path
    that is missing, and on the way for one that cannot be read.
    """
    for path in paths:
        if not path.exists():
            raise SourceError(f"There is no {path}; give an mbox file, a Maildir, an .eml file or a folder")
        if not (path.is_dir() or path.is_file()):
            raise SourceError(f"{path} is neither a file nor a folder")
    return _readable(paths)


def _readable(paths: Sequence[Path]) -> Iterator[Source]:
    for path in paths:
        try:
            yield from _folder(path.resolve()) if path.is_dir() else _file(path, path.name)
        except OSError as error:
            raise SourceError(f"{path} cannot be read: {error.filename or path}: {error.strerror}") from error


# --- folders ------------------------------------------------------------------------------------------


def _folder(folder: Path) -> Iterator[Source]:
    if _is_maildir(folder):
        yield from _maildir(folder, folder.name)
        return
    for entry in _entries(folder):
        where = f"{folder.name}/{entry.name}"
        if not entry.is_dir():
            yield from _file(entry, where)
        elif _is_maildir(entry):
            yield from _maildir(entry, where)
        else:
            yield from _subfolder(entry, where)


def _subfolder(folder: Path, where: str) -> Iterator[Source]:
    """Its mails one by one, then all its other files as one submission."""
    documents: list[LooseFile] = []
    for path in _files_below(folder):
        name = path.relative_to(folder).as_posix()
        if _kind(path) == media.MBOX or _kind(path) in media.MAILS:
            yield from _file(path, f"{where}/{name}")
        else:
            documents.append(LooseFile(name, path.read_bytes()))
    if documents:
        yield LooseFiles(tuple(documents), where)


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


def _maildir(folder: Path, where: str) -> Iterator[Source]:
    paths = [path for part in ("cur", "new") for path in _files_below(folder / part)]
    for number, path in enumerate(sorted(paths, key=lambda path: path.name), 1):
        yield RawMessage(path.read_bytes(), f"{where}#{number}")


# --- files --------------------------------------------------------------------------------------------


def _file(path: Path, where: str) -> Iterator[Source]:
    kind = _kind(path)
    if kind == media.MBOX:
        with path.open("rb") as stream:
            for number, raw in enumerate(mbox_messages(stream), 1):
                yield RawMessage(raw, f"{where}#{number}")
    elif kind in media.MAILS:
        yield RawMessage(path.read_bytes(), where)
    else:
        folder, _, name = where.rpartition("/")
        yield LooseFiles((LooseFile(name, path.read_bytes()),), folder or "散件")


def _kind(path: Path) -> str:
    """What a file is by its bytes; a mail so odd that its bytes do not tell is known by its suffix."""
    with path.open("rb") as stream:
        kind = media.media_type(stream.read(_SNIFFED))
    suffix = path.suffix.lower()
    if kind == media.OLE:  # the list of what it holds may stand at its end
        return media.media_type(path.read_bytes())
    if kind in (media.TEXT, media.BINARY, media.EMPTY):
        if suffix in _MBOX_SUFFIXES:
            return media.MBOX
        if suffix in _MAIL_SUFFIXES:
            return media.EML
    return kind


def mbox_messages(lines: BinaryIO | Iterable[bytes]) -> Iterator[bytes]:
    """The mails of an mbox file as it streams by, one in memory at a time; ``>From `` is unquoted by one ``>``.

    A "From " line separates only after an empty line, or with a date, and only before a header: senders write
    lines that begin with From.
    """
    message: list[bytes] = []
    separator: bytes | None = None
    for line in lines:
        if separator is not None:
            if _separates(message, separator, line):
                yield from _joined(message)
                message = []
            else:
                message.append(separator)
            separator = None
        if line.startswith(b"From "):
            separator = line
        else:
            message.append(line[1:] if _QUOTED_FROM.match(line) else line)
    yield from _joined(message if separator is None else [*message, separator])


def _separates(message: list[bytes], separator: bytes, following: bytes) -> bool:
    after_blank = not message or not message[-1].strip()
    return bool(_HEADER_LINE.match(following)) and (after_blank or bool(_DATED.match(separator)))


def _joined(message: list[bytes]) -> Iterator[bytes]:
    if any(line.strip() for line in message):
        last_is_blank = not message[-1].strip()  # belongs to the separator
        yield b"".join(message[:-1] if last_is_blank else message)
