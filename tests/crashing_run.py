"""A run whose READERS hold one more: a reader that crashes, loops or eats memory as the file tells it to.
Opening a TAR that names such a crash has it too.

A script and not a fixture: the worker processes are spawned, import what was run, and so get the reader too.
"""

import ctypes
import re
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import extractors
from extractors.read_text import read as read_text
from pipeline import media, unpack
from pipeline.members import Member
from pipeline.model import Document

KIND = media.GIF  # the crashing reader's, which no other reader wants; its files begin with GIF89a


def crash(data: bytes) -> None:
    """Does what the file says, for real."""
    if b"segfault" in data:
        ctypes.string_at(0)
    if b"loop" in data:  # inside of C, where no Python signal handler ever runs
        re.match(r"(a|aa)+$", "a" * 200 + "b")
    if b"memory" in data:
        hoard = []
        while True:
            hoard.append(bytearray(1 << 26))
    if b"defect" in data:
        raise RuntimeError("a defect")


def read(data: bytes, pages: range) -> Document:
    crash(data)
    return read_text(data, pages)


def open_archive(data: bytes, *arguments: Any) -> Iterator[Member]:
    crash(data)
    return unpack_archive(data, *arguments)


unpack_archive, unpack.unpack = unpack.unpack, open_archive


reader = ModuleType("extractors.read_crash")
reader.read, reader.VERSION = read, "1"  # type: ignore[attr-defined]
sys.modules[reader.__name__] = reader
extractors.READERS[KIND] = "read_crash"

if __name__ == "__main__":
    from tests.plain_run import main  # not in the workers, which start quickly without it

    main()
