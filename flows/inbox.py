"""The inbox folder of a scheduled run: dumps are claimed before work and moved after it, never deleted.

    inbox/                  staff put mbox files, mails and folders here
    inbox/claimed/<time>/   what a run has taken
    inbox/done/<time>/      what it took in
    inbox/failed/<time>/    what it could not, beside 原因.txt

Each move is one rename, so a dump lies in one place whatever happens. A run that was killed leaves its dumps claimed:
the next one takes them again, once.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.model import CHINA

CLAIMED, DONE, FAILED = "claimed", "done", "failed"
REASON = "原因.txt"
_AGAIN = "-again"
_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")


@dataclass(frozen=True, slots=True)
class Claim:
    """The dumps of one run, in a folder of their own."""

    folder: Path
    dumps: tuple[Path, ...]


def claim(inbox: Path, settle_seconds: int) -> Claim | None:
    """Take what lies in the inbox and has not changed for `settle_seconds`, and what a killed run left; None when
    there is nothing. Raises SourceError when the inbox cannot be used.

    The caller holds the workspace: nobody else claims meanwhile.
    """
    try:
        for name in (CLAIMED, DONE, FAILED):
            (inbox / name).mkdir(parents=True, exist_ok=True)
        left = sorted((inbox / CLAIMED).iterdir())
        for folder in left:
            if folder.name.endswith(_AGAIN):
                _fail(folder, "处理这些来件时程序两次中断，请联系维护人员。")
        again = [folder for folder in left if not folder.name.endswith(_AGAIN)]
        dumps = [*(dump for folder in again for dump in sorted(folder.iterdir())), *_settled(inbox, settle_seconds)]
        if not dumps:
            return None
        folder = inbox / CLAIMED / (datetime.now(CHINA).strftime("%Y%m%d-%H%M%S") + (_AGAIN if again else ""))
        folder.mkdir()
        taken = tuple(dump.rename(_free(folder / dump.name)) for dump in dumps)
        for empty in again:
            empty.rmdir()
        return Claim(folder, taken)
    except OSError as error:
        raise SourceError(f"The inbox {inbox} cannot be used: {error.filename}: {error.strerror}") from error


def finish(claimed: Claim) -> Path:
    """Move the dumps to done; where they are now."""
    return _move(claimed.folder, DONE)


def fail(claimed: Claim, reason: str) -> Path:
    """Move the dumps to failed, with the reason beside them; where they are now."""
    return _fail(claimed.folder, reason)


def _fail(folder: Path, reason: str) -> Path:
    (folder / REASON).write_text(reason + "\n把来件移回收件夹，就会再处理一次。\n", "utf-8")
    return _move(folder, FAILED)


def _move(folder: Path, name: str) -> Path:
    return folder.rename(_free(folder.parent.parent / name / folder.name))


def _free(path: Path) -> Path:
    """The path, or the same with a number where something of that name lies already."""
    names = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(2, 10_000))
    return path if not path.exists() else next(name for name in names if not name.exists())


def _settled(inbox: Path, seconds: int) -> Iterator[Path]:
    """What lies at the top of the inbox, is no half of a copy, and has been left alone for so long."""
    latest = time.time() - seconds
    for path in sorted(inbox.iterdir()):
        if path.name in (CLAIMED, DONE, FAILED) or path.name.startswith((".", "~$")):
            continue
        if not path.name.endswith(_UNFINISHED) and _changed(path) <= latest:
            yield path


def _changed(path: Path) -> float:
    """When the file, or anything in the folder, changed last. A copy may keep a file's older mtime, never its ctime."""
    below = path.rglob("*") if path.is_dir() else ()
    return float(max(one.lstat().st_ctime for one in (path, *below)))
