"""A model's second opinion on an incident, in the form that is asked of it; nothing in it is checked yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from bot.domain.analysis import Confidence


@dataclass(frozen=True, slots=True)
class Suspect:
    """One cause that the model sees."""

    service: str
    text: str
    confidence: Confidence
    facts: tuple[int, ...]
    """The findings that it rests on."""
    ruled_out_by: str
    """What speaks against it, or would."""


@dataclass(frozen=True, slots=True)
class Step:
    text: str
    command: str
    """Empty where the step is only words."""


@dataclass(frozen=True, slots=True)
class Opinion:
    summary: str
    causes: tuple[Suspect, ...]
    """The likeliest first."""
    first_steps: tuple[Step, ...]
    affected: tuple[str, ...]
    """Services that suffer from it."""


_OPINION = TypeAdapter(Opinion)


def read(text: str) -> Opinion:
    """The opinion in a model's JSON. Raises ValueError where it has another form."""
    return _OPINION.validate_json(text)


def _object(**properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_TEXT = {"type": "string"}

SCHEMA: Mapping[str, Any] = _object(
    summary=_TEXT,
    causes={
        "type": "array",
        "items": _object(
            service=_TEXT,
            text=_TEXT,
            confidence={"type": "string", "enum": ["high", "medium", "low", "unknown"]},
            facts={"type": "array", "items": {"type": "integer"}},
            ruled_out_by=_TEXT,
        ),
    },
    first_steps={"type": "array", "items": _object(text=_TEXT, command=_TEXT)},
    affected={"type": "array", "items": _TEXT},
)
"""What a structured answer has to follow: `Opinion` as a JSON schema, strict."""
