"""Domain values to JSON and back. Nothing else than JSON is ever stored: no pickle, no code."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def dump(value: T, kind: Any) -> str:
    """The value as JSON text."""
    return _adapter(kind).dump_json(value).decode()


def dump_any(value: T, kind: Any) -> str:
    """As `dump`, and never refuses a text or loses a figure that came from outside: infinities and NaN stay what they
    are, half of a surrogate pair, which no encoding takes, becomes «?»."""
    plain = _adapter(kind).dump_python(value, mode="json")
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode(errors="replace").decode()


def read(text: str, kind: Any) -> Any:
    """The value behind JSON text that one of them wrote. Raises pydantic's ValidationError."""
    return _adapter(kind).validate_json(text)
