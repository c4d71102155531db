"""What a model gives to a tool, read at the door: each argument there, of its kind and within its range."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from integrations.contract import Refused, Scope, Service, ToolSpec

MOST_SHOWN = 60
"""Characters of a wrong argument that are said back."""
MOST_NAMED = 12
"""Names that a refusal offers."""


def spec(name: str, description: str, **properties: Mapping[str, Any]) -> ToolSpec:
    """A tool as strict tools have to be: every property is required, and there are no others."""
    schema = {
        "type": "object",
        "properties": {key: dict(told) for key, told in properties.items()},
        "required": list(properties),
        "additionalProperties": False,
    }
    return ToolSpec(name, description, schema)


def text(description: str) -> Mapping[str, Any]:
    return {"type": "string", "description": description}


def whole(description: str) -> Mapping[str, Any]:
    return {"type": "integer", "description": description}


def one_of(names: Sequence[str], description: str) -> Mapping[str, Any]:
    return {"type": "string", "enum": list(names), "description": description}


class Arguments:
    """The arguments of one use. What cannot be used is `Refused`; its reason says what to ask instead."""

    def __init__(self, source: str, told: ToolSpec, given: Mapping[str, Any], scope: Scope) -> None:
        """`source` is the name of the room that is asked."""
        self._source = source
        self._given = given
        self._scope = scope
        wanted = tuple(told.parameters["properties"])
        for name in given:
            if name not in wanted:
                takes = f"takes {', '.join(wanted)}" if wanted else "takes no arguments"
                raise self.refused(f"there is no argument {shown(name)}; {told.name} {takes}")
        for name in wanted:
            if name not in given:
                raise self.refused(f"{name} is missing; {told.name} needs {', '.join(wanted)}")

    def refused(self, reason: str) -> Refused:
        return Refused(self._source, reason)

    def text(self, name: str, most: int = 200) -> str:
        """Without spaces around it; may be empty. At most so many characters, all of which can be written."""
        value = self._given[name]
        if not isinstance(value, str) or not _writable(value):
            raise self.refused(f"{name} must be text, not {shown(value)}")
        if len(value) > most:
            raise self.refused(f"{name} may have {most:,} characters, not {len(value):,}: say it shorter")
        return value.strip()

    def whole(self, name: str, least: int, most: int) -> int:
        """A whole number from `least` to `most`, however JSON wrote it."""
        value = self.number(name)
        if not value.is_integer() or not least <= value <= most:
            raise self.refused(f"{name} must be a whole number from {least} to {most}, not {shown(self._given[name])}")
        return int(value)

    def number(self, name: str) -> float:
        value = self._given[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
            raise self.refused(f"{name} must be a number, not {shown(value)}")
        return float(value)

    def choice(self, name: str, names: Sequence[str]) -> str:
        value = self.text(name)
        if value not in names:
            offered = ", ".join(one or '""' for one in names)
            raise self.refused(f"{name} must be one of {offered}, not {shown(value)}"[:220])
        return value

    def service(self, name: str = "service") -> Service:
        """A service of the incident: its own, or one down its call graph."""
        value = self.text(name)
        found = self._scope.services.get(value) if value else None
        if found is None:
            raise self.refused(f"{shown(value)} is no service of this incident; ask about {_named(self._scope)}")
        return found

    def services(self, name: str = "service") -> tuple[Service, ...]:
        """The one that is named, or all of the incident's where none is."""
        return (self.service(name),) if self.text(name) else tuple(self._scope.services.values())


def shown(value: object) -> str:
    """A wrong value, said back on one line and not at length."""
    told = " ".join(repr(value).encode("utf-8", "replace").decode().split())
    return told if len(told) <= MOST_SHOWN else told[: MOST_SHOWN - 1] + "…"


def _named(scope: Scope) -> str:
    names = list(scope.services)
    told, rest = "", len(names)
    for name in names[:MOST_NAMED]:
        if len(told) + len(name) > 120 and told:
            break
        told, rest = f"{told}, {name[:100]}" if told else name[:100], rest - 1
    return told + (f" or one of {rest} more" if rest else "")


def _writable(value: str) -> bool:
    """Half of a surrogate pair cannot be sent, and a NUL ends more than it should."""
    return "\0" not in value and value.encode("utf-8", "ignore").decode() == value


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
