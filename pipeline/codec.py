"""The only serialiser: core types to canonical JSON and back. Same value, same bytes."""

import json
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter

T = TypeVar("T")

_adapters: dict[Any, TypeAdapter[Any]] = {}  # building one takes longer than using it


def _adapter(kind: Any) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def encode(value: object, kind: Any = None) -> bytes:
    """Canonical JSON of a core type: UTF-8, keys sorted, no spaces, fields at their default left out. `kind` is its
    type where that is not its class: ``tuple[Check, ...]``."""
    plain = _adapter(kind or type(value)).dump_python(value, mode="json", exclude_defaults=True)
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def decode(kind: type[T], data: bytes) -> T:
    """The value that `encode` wrote. Raises pydantic.ValidationError on anything else."""
    return cast(T, _adapter(kind).validate_json(data))
