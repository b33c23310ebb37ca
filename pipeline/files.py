"""Files that are there whole or not at all, for their owner only."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

OWNER_ONLY = 0o700


def private_folder(folder: Path) -> Path:
    """The folder, made for the owner only where it is not there yet. Raises OSError when nothing can be put in it."""
    folder.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
    if not os.access(folder, os.W_OK | os.X_OK):
        code = errno.EROFS if os.statvfs(folder).f_flag & os.ST_RDONLY else errno.EACCES
        raise OSError(code, os.strerror(code), str(folder))
    return folder


@contextmanager
def whole_file(path: Path, unfinished: Path | None = None) -> Iterator[BinaryIO]:
    """Writes beside `path`, or in the folder `unfinished` on the same disk, and renames when all is written; what a
    kill leaves there has a name that begins with ``.unfinished``. Raises OSError."""
    temporary = (unfinished or path.parent) / f".unfinished-{secrets.token_hex(8)}"
    try:
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as stream:
            yield stream
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def remove_unfinished(folder: Path) -> None:
    """What an earlier run that was killed left in the folder."""
    for leftover in folder.glob(".unfinished-*"):
        leftover.unlink(missing_ok=True)
