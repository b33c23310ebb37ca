"""One command at a time in a workspace."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import WorkspaceError
from pipeline.files import private_folder, remove_unfinished
from pipeline.model import CHINA

_held: set[Path] = set()  # by this process


@contextmanager
def hold(workspace: Path) -> Iterator[None]:
    """Holds the workspace, made if need be, and clears what a killed run left unfinished in it.

    The lock is the system's and ends with the process that has it, however that ends; the file only says who it is.
    Who holds it may hold it again, as a scheduled run does that claims its mails first. Raises WorkspaceError when
    another process holds it, or when there can be no workspace.
    """
    key = workspace.resolve()
    if key in _held:
        yield
        return
    try:
        private_folder(workspace)
        stream = os.fdopen(os.open(workspace / "lock", os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    except OSError as error:
        raise WorkspaceError(f"The workspace {workspace} cannot be used: {error.strerror}") from error
    with stream:
        _lock(stream, workspace)
        remove_unfinished(workspace / "blobs")
        _held.add(key)
        try:
            yield
        finally:
            _held.discard(key)


def _lock(stream: BinaryIO, workspace: Path) -> None:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        stream.seek(0)
        raise WorkspaceError(
            f"The workspace {workspace} is in use by {_holder(stream.read())}; wait for it to end, or name another one"
        ) from error
    now = datetime.now(CHINA).isoformat(timespec="seconds")
    said = json.dumps({"process": os.getpid(), "host": os.uname().nodename, "since": now}).encode()
    with suppress(OSError):  # on a full disk nobody is told who holds it
        stream.truncate(0)
        stream.write(said)
        stream.flush()


def _holder(content: bytes) -> str:
    try:
        said = json.loads(content)
        return f"process {said['process']} on {said['host']} since {said['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process"
