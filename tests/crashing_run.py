"""A run whose READERS hold one more: a reader that crashes, loops, waits or eats memory as the file tells it to.

A script and not a fixture: the worker processes are spawned, import what was run, and so get the reader too.
"""

import ctypes
import re
import sys
import time
from types import ModuleType

import extractors
from extractors.read_text import read as read_text
from pipeline import media
from pipeline.model import Document
from tests.plain_run import main

KIND = media.GIF  # the crashing reader's, which no other reader wants; its files begin with GIF89a


def read(data: bytes, pages: range) -> Document:
    """Does what the file says, for real."""
    if b"segfault" in data:
        ctypes.string_at(0)
    if b"loop" in data:  # inside of C, where no Python signal handler ever runs
        re.match(r"(a|aa)+$", "a" * 200 + "b")
    if b"wait" in data:
        time.sleep(3600)
    if b"memory" in data:
        hoard = []
        while True:
            hoard.append(bytearray(1 << 26))
    if b"abort" in data:
        ctypes.CDLL(None).abort()
    if b"defect" in data:
        raise RuntimeError("a reader's defect")
    return read_text(data, pages)


reader = ModuleType("extractors.read_crash")
reader.read, reader.VERSION = read, "1"  # type: ignore[attr-defined]
sys.modules[reader.__name__] = reader
extractors.READERS[KIND] = "read_crash"

if __name__ == "__main__":
    main()
