"""Locked 7z archives (AES-256), by py7zr."""

import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from py7zr import PasswordRequired, SevenZipFile
from py7zr.helpers import get_sanitized_output_path
from py7zr.io import BytesIOFactory, Py7zIO

from pipeline.members import MIB, ArchiveError, IntakeLimits, Member, locked, no_file, too_large
from pipeline.names import display_parts

if TYPE_CHECKING:
    from py7zr.py7zr import ArchiveFile


def unlock(
    data: bytes,
    limits: IntakeLimits,
    members_left: int,
    bytes_left: Callable[[], int],
    passwords: Sequence[str],
) -> list[Member]:
    """The files of a locked archive. Raises ArchiveError when no password opens it, or when it holds too much."""
    for password in passwords:
        try:
            opened = _opened(data, limits, members_left, bytes_left(), password)
        except (ArchiveError, MemoryError):
            raise
        except Exception:  # noqa: S112  # a wrong password shows as a wrong checksum, length, format or index
            continue
        return [_member(file, stream) for file, stream in opened]
    raise ArchiveError(locked("压缩包", passwords))


def _opened(
    data: bytes, limits: IntakeLimits, members_left: int, bytes_left: int, password: str
) -> list[tuple["ArchiveFile", Py7zIO | None]]:
    """The files, with the contents of those that are within the limits; whatever py7zr raises where it cannot."""
    with SevenZipFile(io.BytesIO(data), password=password) as archive:
        files = [file for file in archive.files if not file.is_directory]
        if len(files) > members_left:
            raise ArchiveError(too_large(f"压缩包内有 {len(files)} 个文件"))
        wanted = frozenset(_within(files, limits, bytes_left))
        names = [files[index].filename for index in wanted]
        held = BytesIOFactory(limits.member_bytes)
        archive.extract(targets=names, factory=held)
    keys = list(_keys(files))
    return [(file, held.products[keys[index]] if index in wanted else None) for index, file in enumerate(files)]


def needs_password(data: bytes) -> bool:
    try:
        with SevenZipFile(io.BytesIO(data)) as archive:
            return bool(archive.needs_password())
    except PasswordRequired:
        return True
    except MemoryError:
        raise
    except Exception:  # damaged, which libarchive tells better
        return False


def _within(files: Sequence["ArchiveFile"], limits: IntakeLimits, bytes_left: int) -> Iterator[int]:
    for index, file in enumerate(files):
        if not _is_special(file) and file.uncompressed <= min(limits.member_bytes, bytes_left):
            bytes_left -= file.uncompressed
            yield index


def _keys(files: Sequence["ArchiveFile"]) -> Iterator[str]:
    """What py7zr calls each output: its path, numbered where the name came before."""
    seen: Counter[str] = Counter()
    for file in files:
        number = seen[file.filename]
        seen[file.filename] += 1
        name = f"{file.filename}_{number - 1}" if number else file.filename
        yield get_sanitized_output_path(name, None).as_posix()


def _is_special(file: "ArchiveFile") -> bool:
    return bool(file.is_symlink or file.is_junction or file.is_socket)


def _member(file: "ArchiveFile", stream: Py7zIO | None) -> Member:
    parts = display_parts(file.filename) or ("未命名文件",)
    if _is_special(file):
        return Member(parts, 0, None, no_file())
    if stream is None:
        return Member(parts, file.uncompressed, None, too_large(f"文件解压后有 {file.uncompressed / MIB:.0f} MB"))
    content = stream.read()
    return Member(parts, len(content), content)
