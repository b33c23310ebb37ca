"""What a run found, as it is kept: of each application what it said in words, and where its checks are stored."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.codec import encode


@dataclass(frozen=True, slots=True)
class Told:
    """A field, or a cell as ``table[row].column``, as staff read it, and the reading behind it."""

    label: str
    words: str
    raw: str | None
    sha256: str
    method: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An application as a run saw it. `files` are paths as the ledger names them."""

    application_id: str
    first_id: str
    applicant: str
    project: str
    direction: str
    received: str
    sender: str
    subject: str
    submission_id: str
    files: tuple[str, ...]
    form_sha256: str
    fields: Mapping[str, Told]


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a run's application is found among the results. `causes` are digests of what its checks depend on, by
    name: two runs whose causes are the same have the same checks."""

    application_id: str
    first_id: str
    snapshot: str
    checks: str
    causes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Contents:
    """What a run found: its applications in the report's order, then the checks of lists and files."""

    applications: tuple[Kept, ...] = ()
    others: str = ""

    @property
    def check_keys(self) -> tuple[str, ...]:
        keys = (*(kept.checks for kept in self.applications), self.others)
        return tuple(key for key in keys if key)


def digest(*parts: object) -> str:
    """A sha256 over values of the core types and texts, each apart from the next."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else encode(part)
        total.update(hashlib.sha256(data).digest())
    return total.hexdigest()
