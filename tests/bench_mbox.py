"""What memory it takes to receive a large mbox: `make bench-mbox`; `python -m tests.bench_mbox 5` for 5 GB.

The mailbox holds mails of 20 MB and one of 1 GB, which is past the limit. It is written to a temporary folder, which
must have room for it twice, since the workspace keeps every mail.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from flows import steps
from flows.settings import load_settings
from pipeline.ledger import open_workspace

MOST_MEMORY = 1500  # MiB of the run's own process
MAIL, GIANT, GIB = 20 << 20, 1 << 30, 1 << 30
LINE = b"QUJD" * 19 + b"\n"
HEAD = """From a@example.com Mon Jul  1 09:10:00 2024
From: a@example.com
Subject: {number}
Date: Mon, 01 Jul 2024 09:10:00 +0800
Message-ID: <{number}@example.com>
Content-Type: application/octet-stream; name="scan{number}.bin"
Content-Transfer-Encoding: base64

"""


def write_mailbox(path: Path, size: int) -> int:
    """Mails of 20 MB until the file is that large, the first one a giant; how many there are."""
    number = 0
    with path.open("wb") as stream:
        while stream.tell() < size:
            stream.write(HEAD.format(number=number).encode())
            for _ in range((GIANT if not number else MAIL) // (len(LINE) * 1000)):
                stream.write(LINE * 1000)
            stream.write(b"\n")
            number += 1
    return number


def measure(folder: Path) -> None:
    """Inside a process of its own: receives, and prints what that took."""
    settings = load_settings(workspace=folder / "workspace")
    ledger = open_workspace(settings.workspace)
    submissions = steps.receive([folder / "mail.mbox"], ledger, settings)
    ledger.close()
    own, worker = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    too_large = [item.size for one in submissions for item in one.items if item.problem and not item.sha256]
    print(json.dumps({"mails": len(submissions), "too_large": too_large, "memory": own, "worker": worker}))


def main() -> None:
    size = int(float(sys.argv[1]) * GIB)
    with tempfile.TemporaryDirectory() as name:
        mails = write_mailbox(Path(name) / "mail.mbox", size)
        started = time.perf_counter()
        command = [sys.executable, "-m", "tests.bench_mbox", "--inside", name]
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        found = json.loads(said.splitlines()[-1])
        seconds = time.perf_counter() - started
    received = f"{found['mails']} of {mails} mails, {len(found['too_large'])} past the limit"
    print(f"{size / GIB:.1f} GB: {received}, {seconds:.0f} s on the clock")
    print(f"memory={found['memory']:.0f} (at most {MOST_MEMORY}); {found['worker']:.0f} MiB in one of its processes")
    sys.exit(0 if found["mails"] == mails and found["memory"] <= MOST_MEMORY else 1)


if __name__ == "__main__":
    if sys.argv[1] == "--inside":
        measure(Path(sys.argv[2]))
    else:
        main()
