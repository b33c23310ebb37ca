"""A full disk, a place that cannot be written, a second run, a kill: told in a line, and nothing half there."""

import fcntl
import json
import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from flows.lock import hold
from flows.prefect_home import end_orphans
from pipeline.blobs import write_blob
from pipeline.errors import WorkspaceError
from pipeline.files import whole_file
from tests.holder import held_elsewhere
from tests.kills import PLAIN, torment
from tests.test_run import write_mailbox

MINE = 0o077  # what nobody else may have


def test_a_second_command_is_told_who_holds_the_workspace_and_since_when(tmp_path: Path) -> None:
    with held_elsewhere(tmp_path) as holder:
        said = json.loads((tmp_path / "lock").read_text("utf-8"))
        assert said["process"] == holder.pid
        told = rf"process {holder.pid} on .* since {said['since'][:10]}"
        with pytest.raises(WorkspaceError, match=told), hold(tmp_path):
            pass
    with hold(tmp_path):  # what a dead process held is free, though its file is there
        assert json.loads((tmp_path / "lock").read_text("utf-8"))["process"] == os.getpid()


def test_what_a_killed_run_left_half_written_is_cleared(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / ".unfinished-0123456789abcdef").write_bytes(b"half")
    with hold(tmp_path):
        assert list((tmp_path / "blobs").iterdir()) == []


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(b"old")
    with suppress(RuntimeError), whole_file(path) as stream:
        stream.write(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    with whole_file(path) as stream:
        stream.write(b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & MINE == 0


def test_a_blob_that_the_machine_lost_half_of_is_written_again(tmp_path: Path) -> None:
    sha256 = write_blob(tmp_path, b"bytes")
    path = tmp_path / sha256[:2] / sha256[2:4] / sha256
    path.write_bytes(b"by")
    assert write_blob(tmp_path, b"bytes") == sha256
    assert path.read_bytes() == b"bytes"


def plain(folder: Path, **named: object) -> subprocess.CompletedProcess[str]:
    command = [*PLAIN, folder / "workspace", folder / "out", folder / "mail.mbox"]
    return subprocess.run(command, capture_output=True, text=True, check=False, **named)  # type: ignore[call-overload, no-any-return]


def test_a_full_disk_is_told_in_a_line_and_the_next_run_goes_on(tmp_path: Path) -> None:
    write_mailbox(tmp_path / "mail.mbox")
    for kib in (30, 54):  # no file may be larger: first the database does not fit, then what it or the report holds

        def fill_disk(size: int = kib << 10) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

        done = plain(tmp_path, preexec_fn=fill_disk)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].startswith(("pipeline.errors.WorkspaceError:", "pipeline.errors.Output"))
        assert not list(tmp_path.rglob(".unfinished*"))
    assert plain(tmp_path).returncode == 0


def command(folder: Path, *arguments: object, read_only: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command in `folder`. A folder that is `read_only` is mounted so, in a namespace of the command's own: to root
    a folder's permissions mean nothing, and a disk that is mounted read-only does."""
    words = [sys.executable, "-m", "flows.cli", *map(str, arguments)]
    if read_only:
        mount = f"mount --bind '{read_only}' '{read_only}' && mount -o remount,bind,ro '{read_only}'"
        words = ["unshare", "--mount", "--map-root-user", "sh", "-c", f'{mount} && exec "$@"', "sh", *words]
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent), "SHENBAO_WORKERS": "1"}
    return subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder, env=env)


def assert_told(done: subprocess.CompletedProcess[str], error: str, *words: str) -> None:
    """In a line, with exit status 1 and no traceback."""
    assert done.returncode == 1, done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"shenbao: {error}: ")
    assert all(word in done.stderr.splitlines()[-1] for word in words)
    assert "Traceback" not in done.stderr + done.stdout


def test_a_place_that_cannot_be_written_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    write_mailbox(tmp_path / "mail.mbox")
    assert_told(command(tmp_path, "run", "mail.mbox", "--out", "mail.mbox/out"), "OutputError", "Not a directory")
    for name in ("ws", "out", "empty"):
        (tmp_path / name).mkdir()
    namespace = ["unshare", "--mount", "--map-root-user", "true"]
    if subprocess.run(namespace, capture_output=True, check=False).returncode:
        pytest.skip("this system lets no namespace be made, so that nothing can be mounted read-only")
    into = ("--workspace", "ws", "--out", "out")
    for name, error in (("out", "OutputError"), ("ws", "WorkspaceError")):
        assert_told(command(tmp_path, "run", "mail.mbox", *into, read_only=tmp_path / name), error, name)
    assert list((tmp_path / "out").iterdir()) == []
    subprocess.run([*PLAIN, *(tmp_path / name for name in ("ws", "out", "mail.mbox"))], check=True, capture_output=True)
    again = ("rerun", "--workspace", "ws", "--out")
    assert_told(
        command(tmp_path, *again, "empty", read_only=tmp_path / "empty"), "OutputError", "Read-only file system"
    )
    done = command(tmp_path, *again, "later")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "later" / "run.json").read_text("utf-8"))["pages_read"] == 0
    for name in ("records.jsonl", "checks.jsonl", "ledger.jsonl"):
        assert (tmp_path / "later" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()


def test_ctrl_c_is_told_in_a_line_and_ends_the_run_at_once(tmp_path: Path) -> None:
    write_mailbox(tmp_path / "mail.mbox")
    words = [sys.executable, "-m", "flows.cli", "run", "mail.mbox"]
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    # A session of its own, since a terminal's Ctrl-C goes to a command and to all processes that it has started.
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=env, start_new_session=True)
    assert process.stderr is not None
    assert any(line.startswith("Receiving") for line in process.stderr)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(5) == 128 + signal.SIGINT
    assert "shenbao: stopped by Ctrl-C." in process.stderr.read()
    process.stderr.close()


def test_killed_at_random_moments_a_run_ends_with_the_same_records(tmp_path: Path) -> None:
    write_mailbox(tmp_path / "mail.mbox")
    assert torment(PLAIN, tmp_path / "mail.mbox", tmp_path, 2) == []
    readable = [path for path in (tmp_path / "1").rglob("*") if path.stat().st_mode & MINE]
    assert readable == []


def test_the_lock_is_not_handed_on_to_worker_processes(tmp_path: Path) -> None:
    with hold(tmp_path):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with (tmp_path / "lock").open("r+b") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    child.communicate()


def test_the_server_that_a_killed_run_left_is_ended_and_no_other(tmp_path: Path) -> None:
    marks = {"PREFECT__SERVER_EPHEMERAL": "1", "PREFECT_HOME": str(tmp_path)}
    command = [sys.executable, "-c", "print('up', flush=True); input()"]
    orphan, other = (
        subprocess.Popen(command, env=os.environ | env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for env in (marks, marks | {"PREFECT_HOME": str(tmp_path / "other")})
    )
    for process in (orphan, other):
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
    end_orphans(tmp_path)
    assert orphan.wait(60) == -signal.SIGKILL
    assert other.poll() is None
    orphan.communicate()
    assert other.communicate(b"\n") == (b"", None)
