"""Kill -9 at random moments: the same command goes on where it stopped and ends with the same records.

`python -m tests.kills MAILBOX KILLS`: the run without Prefect over some mails of the mailbox, then some kills of the
command itself; a line a kill. Exit status 0 when every run that was killed and started again left the files of one
that nobody disturbed, read nothing twice, and left no process of the killed one.
"""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import psutil

from flows.sources import mbox_messages
from pipeline.codec import decode
from pipeline.model import Document

COMPARED = ("records.jsonl", "checks.jsonl", "exceptions.jsonl", "ledger.jsonl")
PATIENCE = 20  # seconds in which what a killed run started must be gone after the next
MAILS = 6
PLAIN = (sys.executable, "-m", "tests.plain_run")
OF_THE_COMMAND = 4  # kills of the command itself, whose server takes longer to start than the mails to read


@dataclass(frozen=True, slots=True)
class Case:
    """A command, what it runs over, and where."""

    command: tuple[str, ...]
    source: Path
    folder: Path

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def start(self) -> "subprocess.Popen[bytes]":
        workspace = self.folder / "workspace"
        if self.command == PLAIN:
            arguments = [*PLAIN, workspace, self.out, self.source]
        else:
            arguments = [*self.command, "run", self.source, "--workspace", workspace, "--out", self.out]
        return subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def finish(self) -> float:
        """Runs to the end; the seconds that it took. Raises RuntimeError with what it said when it failed."""
        started = time.perf_counter()
        process = self.start()
        _, said = process.communicate()
        if process.returncode:
            raise RuntimeError(said.decode(errors="replace"))
        return time.perf_counter() - started

    def kill_after(self, seconds: float) -> list[psutil.Process] | None:
        """The processes that it had started; None when it had ended before."""
        process = self.start()
        started = None
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            started = psutil.Process(process.pid).children(recursive=True)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        if process.stderr:
            process.stderr.close()
        return started

    def pages_kept(self) -> int:
        """Pages that the workspace remembers."""
        database = self.folder / "workspace" / "ledger.sqlite"
        if not database.exists():
            return 0
        with closing(sqlite3.connect(database)) as connection:
            if not connection.execute("select 1 from sqlite_master where name = 'documents'").fetchone():
                return 0
            contents = connection.execute("select content from documents").fetchall()
        return sum(len(decode(Document, content).pages) for (content,) in contents)

    def differs_from(self, other: "Case") -> list[str]:
        """The names of the files that differ."""
        return [name for name in COMPARED if (self.out / name).read_bytes() != (other.out / name).read_bytes()]


def torment(command: Sequence[str], source: Path, folder: Path, kills: int) -> list[str]:
    """What went wrong over so many kills, each in a new workspace, at moments that are the same in every call."""
    whole = Case(tuple(command), source, folder / "undisturbed")
    seconds = whole.finish()
    pages = whole.pages_kept()
    print(f"undisturbed: {seconds:.1f} s, {pages} pages", flush=True)
    chance, failures = random.Random(20), []  # noqa: S311
    for number in range(1, kills + 1):
        case = Case(tuple(command), source, folder / str(number))
        moment = chance.uniform(0.02, 0.98) * seconds
        while (started := case.kill_after(moment)) is None:  # the machine has become faster: that was no kill
            shutil.rmtree(case.folder)
            moment /= 2
        kept = case.pages_kept()
        again = case.finish()
        _, left = psutil.wait_procs(started, PATIENCE)
        differ = case.differs_from(whole)
        twice = case.pages_kept() != pages
        good = not differ and not twice and not left
        word = "the same" if good else f"DIFFERS: {differ}, {case.pages_kept()} pages, {len(left)} processes left"
        print(f"{number:3} killed at {moment:5.1f} s with {kept} pages read; again {again:5.1f} s: {word}", flush=True)
        failures += [] if good else [f"kill {number}: {word}"]
    return failures


def some_mails(mailbox: Path, count: int, target: Path) -> Path:
    """The first mails of a mailbox in one of their own."""
    with mailbox.open("rb") as stream:
        mails = [raw for raw, _ in islice(mbox_messages(stream), count)]
    target.write_bytes(b"".join(b"From a@example.cn Mon Jul  1 09:00:00 2024\n" + mail + b"\n\n" for mail in mails))
    return target


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = some_mails(Path(sys.argv[1]), MAILS, folder / "some.mbox")
        failures = torment(PLAIN, source, folder / "plain", int(sys.argv[2]))
        command = (str(Path(sys.executable).with_name("shenbao")),)
        failures += torment(command, source, folder / "command", OF_THE_COMMAND)
    for failure in failures:
        print(f"FAILURE: {failure}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
