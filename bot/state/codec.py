"""Domain values to JSON and back. Nothing else than JSON is ever stored: no pickle, no code."""

from __future__ import annotations

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


def read(text: str, kind: Any) -> Any:
    """The value behind JSON text that `dump` wrote. Raises pydantic's ValidationError."""
    return _adapter(kind).validate_json(text)
