"""The options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

PROGRAMME = Annotated[
    str | None,
    typer.Option("--programme", help="Programme id, or a folder that holds one. [default: fujian-ai-2024]"),
]
WORKSPACE = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        metavar="DIR",
        help="What is remembered between runs: files, readings, history. [default: .shenbao]",
    ),
]
OUT = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Where report.html, report.xlsx and the .jsonl files go. [default: out]"),
]
REGISTRIES = Annotated[
    Path | None,
    typer.Option(
        "--registries",
        metavar="DIR",
        help="Folder of 经营异常名录 and 失信企业 lists (XLSX or CSV). [default: none, or those of the last run]",
    ),
]
PASSWORDS = Annotated[
    Path | None,
    typer.Option("--passwords", metavar="FILE", help="Passwords to try on locked files, one a line. [default: none]"),
]
BY = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who does it. [default: the login]")]
