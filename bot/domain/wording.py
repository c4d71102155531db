"""A model's wording of parts of a postmortem, in the form that is asked of it; nothing in it is checked yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    cites: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """By chapter, the sentences in their order."""

    summary: tuple[Sentence, ...]
    resolution: tuple[Sentence, ...]
    lessons: tuple[Sentence, ...]


_WORDING = TypeAdapter(Wording)


def read(text: str) -> Wording:
    """The wording in a model's JSON. Raises ValueError where it has another form."""
    return _WORDING.validate_json(text)


_SENTENCES: Mapping[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"text": {"type": "string"}, "cites": {"type": "array", "items": {"type": "integer"}}},
        "required": ["text", "cites"],
        "additionalProperties": False,
    },
}

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"summary": _SENTENCES, "resolution": _SENTENCES, "lessons": _SENTENCES},
    "required": ["summary", "resolution", "lessons"],
    "additionalProperties": False,
}
"""What a structured answer has to follow: `Wording` as a JSON schema, strict."""
