"""How the durable engine stores what steps give back: as JSON, errors by their words."""

from __future__ import annotations

import json
from typing import Any

from dbos._serialization import Serializer


class StepFailedError(Exception):
    """A step of a story ended in an error, as it was recorded: the type and text of the first one."""


class JsonOnly(Serializer):
    """What the engine stores is JSON, never pickle: reading it back runs no code."""

    def name(self) -> str:
        return "first_responder_json"

    def serialize(self, data: Any) -> str:
        return json.dumps(data, default=_plain, separators=(",", ":"))

    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data, object_hook=_error)


def _plain(value: object) -> object:
    if isinstance(value, BaseException):
        return {"__error__": f"{type(value).__name__}: {value}"}
    raise TypeError(f"{type(value).__name__} is not JSON: a step gives back what `codec` can write")


def _error(found: dict[str, Any]) -> Any:
    return StepFailedError(found["__error__"]) if set(found) == {"__error__"} else found
