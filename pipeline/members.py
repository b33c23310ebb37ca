"""What archives of every kind have in common: limits, members, and the one way in which opening one fails."""

import lzma
import struct
import zipfile
import zlib
from dataclasses import dataclass

from pipeline.model import Problem

MIB = 1 << 20
LARGEST = 512 * MIB  # of a mail or a loose file as it lies in its source
RATIO_MATTERS = 50 * MIB  # below this a blank scan may well shrink a thousandfold

# What zipfile and the decoders under it raise for what is damaged, locked or packed in a way that they do not know.
ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
)


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """What one submission may expand to; what goes past is a D-TOO-LARGE."""

    depth: int = 6  # archives and mails within each other
    members: int = 5_000  # parts, members and files
    total_bytes: int = 512 * MIB
    member_bytes: int = 256 * MIB
    ratio: int = 200  # expanded to packed size of a large member
    source_bytes: int = LARGEST  # of the mail itself, or of a loose file


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive. `data` is None when it could not be had, which `problem` says."""

    parts: tuple[str, ...]  # folders and name, for display
    size: int
    data: bytes | None
    problem: Problem | None = None


class ArchiveError(Exception):
    """The archive as a whole, or the rest of it, cannot be opened; carries the Problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def too_large(what: str) -> Problem:
    return Problem("D-TOO-LARGE", f"{what}，超过限额，未读取；请来件人压缩图片、减少文件或分开发送。")


def no_file() -> Problem:
    return Problem("D-UNSUPPORTED", "压缩包内的这一项是链接或设备，没有内容；请来件人发送文件本身。")


def locked(what: str, passwords: object) -> Problem:
    """`passwords` are those that were tried, of which only matters whether there were any; none is ever told."""
    tried = "，已知的密码都打不开" if passwords else ""
    return Problem("D-ENCRYPTED", f"{what}设有密码{tried}；请来件人提供密码，或重新发送不加密的文件。")
