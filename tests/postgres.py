"""A real PostgreSQL server for the tests: a cluster of its own in a temporary folder, reached by a socket there."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PORT = 5432  # of the socket's name only: nothing listens on the network


@contextmanager
def running_server() -> Iterator[str]:
    """Its SQLAlchemy URL without a database's name; Debian's server, which refuses to run as root."""
    folder = Path(tempfile.mkdtemp(prefix="shenbao-pg-", dir="/tmp"))  # a socket's path is short
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    cluster = folder / "cluster"
    try:
        _pg("initdb", "-D", cluster, "-U", "shenbao", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses='' -c fsync=off -k {folder} -p {_PORT}"
        _pg("pg_ctl", "-D", cluster, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://shenbao@/{{database}}?host={folder}&port={_PORT}"
        finally:
            _pg("pg_ctl", "-D", cluster, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _pg(program: str, *arguments: str | Path) -> None:
    newest = max(Path("/usr/lib/postgresql").iterdir(), key=lambda path: int(path.name))
    as_owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    command = [*as_owner, str(newest / "bin" / program), *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")
