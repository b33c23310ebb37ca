"""Which code it is: the package's version and a digest of all that it consists of, weights excepted.

Readings have versions of their own (extractors.READERS), so that a change elsewhere repeats no OCR.
"""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_PACKAGES = ("pipeline", "extractors", "flows")
_OURS = frozenset({".py", ".toml", ".j2", ".css", ".js", ".json", ".txt", ".csv", ".docx"})


@cache
def code_version() -> str:
    """``0.1.0+`` and 12 hexadecimal digits: the same for the same files, wherever they lie."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted((_ROOT / package).rglob("*")):
            # A programme has its own version.
            if path.suffix in _OURS and path.is_file() and "programmes" not in path.parts:
                digest.update(f"{path.relative_to(_ROOT).as_posix()}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return f"{version('shenbao')}+{digest.hexdigest()[:12]}"
