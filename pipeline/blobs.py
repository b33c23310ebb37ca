"""Files by the sha256 of their bytes, in a folder that only their owner can enter."""

import hashlib
import re
from pathlib import Path

from pipeline.errors import WorkspaceError
from pipeline.files import OWNER_ONLY, whole_file

_SHA256 = re.compile(r"[0-9a-f]{64}")


def blob_path(directory: Path, sha256: str) -> Path:
    """Where a blob lies: two levels of folders by the first four digits. Raises ValueError on anything that is
    no sha256, so that nothing else can ever become a path."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"not a sha256: {sha256!r}")
    return directory / sha256[:2] / sha256[2:4] / sha256


def read_blob(directory: Path, sha256: str) -> bytes:
    """A blob's bytes; safe in any process. Raises WorkspaceError when it is missing or is not what was stored."""
    try:
        data = blob_path(directory, sha256).read_bytes()
    except OSError as error:
        raise WorkspaceError(f"The workspace cannot give file {sha256}: {error.strerror}") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise WorkspaceError(f"The workspace's copy of file {sha256} has been changed; delete it and run again")
    return data


def write_blob(directory: Path, data: bytes) -> str:
    """Stores bytes for the owner only, whole or not at all; returns their sha256."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = blob_path(directory, sha256)
    if path.exists() and path.stat().st_size == len(data):  # another size: the machine went down while it was written
        return sha256
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
        with whole_file(path, unfinished=directory) as stream:
            stream.write(data)
    except OSError as error:
        raise WorkspaceError(f"The workspace cannot store a file in {directory.name}: {error.strerror}") from error
    return sha256
