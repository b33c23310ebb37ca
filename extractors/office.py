"""Old office formats, turned into those that our readers read by a headless LibreOffice.

A file is a stranger's, so every call has a profile of its own (calls side by side collide otherwise: docling #3819,
loeclipse #174), runs no macro, follows no link, reaches no network, and is bounded in time, memory and output.
"""

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from extractors.unusable import Unusable
from pipeline import media

VERSION = "1"
SECONDS = 60  # for one try; a form takes two
TRIES = 2
MOST_BYTES = 256 << 20  # of what it writes, a file

_TO_DOCX, _TO_XLSX = "docx:MS Word 2007 XML", "xlsx:Calc MS Excel 2007 XML"
_CONVERSIONS = {  # the suffix that it knows the format by, and what to make of it
    media.DOC: (".doc", _TO_DOCX),
    media.RTF: (".rtf", _TO_DOCX),
    media.ODT: (".odt", _TO_DOCX),
    media.XLS: (".xls", _TO_XLSX),
    media.ODS: (".ods", _TO_XLSX),
}
KINDS = frozenset(_CONVERSIONS)

_NO_PROXY_THERE = "127.0.0.1"
_SETTINGS = (
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Common/Misc", "FirstRun", "false"),
    ("Office.Writer/Content/Update", "Link", "0"),
    ("Office.Calc/Content/Update", "Link", "2"),
    ("Inet/Settings", "ooInetProxyType", "2"),
    ("Inet/Settings", "ooInetHTTPProxyName", _NO_PROXY_THERE),
    ("Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("Inet/Settings", "ooInetHTTPSProxyName", _NO_PROXY_THERE),
    ("Inet/Settings", "ooInetHTTPSProxyPort", "9"),
)
_PR_SET_PDEATHSIG = 1  # prctl(2)
_LIBC = ctypes.CDLL(None)  # before the fork, after which nothing may be loaded


def converted(data: bytes, media_type: str) -> bytes:
    """The DOCX or XLSX of a file of one of KINDS. Raises Unusable."""
    program = _program()
    if program is None:
        raise Unusable("D-UNSUPPORTED", _how_to_install(media_type))
    late = False
    for _ in range(TRIES):
        try:
            result = _convert(program, data, *_CONVERSIONS[media_type])
        except subprocess.TimeoutExpired:
            late = True
            continue
        if result:
            return result
    if late:
        raise Unusable("D-TOO-LARGE", f"文件在 {SECONDS} 秒内未能转换；请申报单位精简或另存为 PDF 后重新发送。")
    raise Unusable(
        "D-DAMAGED", "LibreOffice 打不开该文件，文件可能已损坏；请申报单位另存为 .docx、.xlsx 或 PDF 后重新发送。"
    )


def version() -> str:
    """Part of the key under which a reading is kept; a LibreOffice that is installed later reads what was not."""
    program = _program()
    return f"office/{VERSION}-{_build(program)}" if program else "no-office"


def _program() -> str | None:
    return shutil.which("soffice") or shutil.which("libreoffice")


@cache
def _build(program: str) -> str:
    try:
        lines = (Path(program).resolve().parent / "versionrc").read_text("utf-8").splitlines()
    except OSError:
        return "unknown"
    return next((line.removeprefix("buildid=") for line in lines if line.startswith("buildid=")), "unknown")


def _how_to_install(media_type: str) -> str:
    suffix = _CONVERSIONS[media_type][0]
    return (
        f"读取旧版文件（{suffix}）需要 LibreOffice，本机没有安装；请维护人员安装后重新运行"
        "（Debian：apt-get install libreoffice-writer libreoffice-calc），"
        "或请申报单位另存为 .docx、.xlsx 或 PDF 后重新发送。"
    )


# --- one call -----------------------------------------------------------------------------------------------


def _convert(program: str, data: bytes, suffix: str, target: str) -> bytes | None:
    with tempfile.TemporaryDirectory(prefix="shenbao-") as name:
        folder = Path(name)
        source, out = folder / f"input{suffix}", folder / "out"
        source.write_bytes(data)
        profile = folder / "profile"
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_registry(), "utf-8")
        options = ["--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck"]
        command = [program, f"-env:UserInstallation={profile.as_uri()}", *options]
        _run([*_sandbox(), *command, "--convert-to", target, "--outdir", str(out), str(source)], folder)
        return next((path.read_bytes() for path in out.glob("input.*")), None)


def _run(command: list[str], folder: Path) -> None:
    """Runs it in a process group of its own, of which nothing is left. Raises TimeoutExpired."""
    process = subprocess.Popen(  # noqa: S603  # our own command; the stranger's file has a name of ours
        command,
        cwd=folder,
        env=_environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_bound,
    )
    try:
        process.wait(SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _bound() -> None:
    """In the child: no core, bounded output, and no life after the worker's; memory is the worker's own limit."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _environment(folder: Path) -> dict[str, str]:
    proxy = f"http://{_NO_PROXY_THERE}:9"
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "SAL_USE_VCLPLUGIN": "svp",
        **{f"{name}_proxy": proxy for name in ("http", "https", "ftp", "all")},
    }


@cache
def _sandbox() -> tuple[str, ...]:
    """A namespace without a network, whose processes die together, where this system lets us have one."""
    command = ("unshare", "--map-root-user", "--net", "--pid", "--fork", "--kill-child")
    try:
        done = subprocess.run([*command, "true"], capture_output=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return command if done.returncode == 0 else ()


def _registry() -> str:
    items = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
        for path, name, value in _SETTINGS
    )
    namespaces = (
        'xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<oor:items {namespaces}>{items}</oor:items>\n'
