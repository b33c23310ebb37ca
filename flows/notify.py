"""Tells a command or a URL how a scheduled run ended."""

import json
import shlex
import subprocess
from collections.abc import Mapping

import httpx

from flows.settings import Settings

SECONDS = 60


def notify(settings: Settings, told: Mapping[str, str]) -> list[str]:
    """Hand `told` to the command on its standard input and to the URL by POST, as JSON; what went wrong with either.

    A run is not worth less for nobody having heard of it: nothing is raised.
    """
    mistakes = []
    body = json.dumps(told, ensure_ascii=False).encode() + b"\n"
    if settings.notify_command:
        try:
            command = shlex.split(settings.notify_command)
            subprocess.run(command, input=body, timeout=SECONDS, check=True, capture_output=True)  # noqa: S603
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            mistakes.append(f"notify_command: {error}")
    if settings.notify_url:
        try:
            headers = {"Content-Type": "application/json; charset=utf-8"}
            httpx.post(settings.notify_url, content=body, headers=headers, timeout=SECONDS).raise_for_status()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            mistakes.append(f"notify_url: {error}")
    return mistakes
