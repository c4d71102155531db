"""How little each family of models may think before it answers: whoever waits has an incident, not an essay.

Unasked, the newer ones think long; that counts as output and against the limit of tokens. What each accepts is what
platform.claude.com/docs/en/build-with-claude/thinking told in November 2026; to others nothing is said of it, which
all accept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.llm.names import known


@dataclass(frozen=True, slots=True)
class Family:
    asks: dict[str, Any] = field(default_factory=dict)
    """What a request says of thinking."""
    effort: bool = False
    """Whether a request may say how much effort to make."""
    room: int = 0
    """Tokens on top of the reply's own, for thoughts that cannot be turned off."""


_OFF = Family({"thinking": {"type": "disabled"}}, effort=True)
_ALWAYS = Family(effort=True, room=4_000)
_FAMILIES = {
    "claude-sonnet-5-5": Family({"thinking": {"type": "between_tools"}}, effort=True),
    "claude-haiku-5-5": _OFF,
    "claude-sonnet-5": _OFF,
    "claude-opus-5": _OFF,
    "claude-opus-5-5": _ALWAYS,
    "claude-fable-5-2": _ALWAYS,
    "claude-fable-5-1": _ALWAYS,
    "claude-fable-5": _ALWAYS,
    "claude-mythos-5-2": _ALWAYS,
    "claude-mythos-5-1": _ALWAYS,
    "claude-mythos-5": _ALWAYS,
}


def family(model: str) -> Family:
    """Of this model; of one that is not known: one that is asked for nothing special."""
    return _FAMILIES.get(known(model, _FAMILIES) or "", Family())


def effort(work: str) -> str:
    """The same for every call of one conversation, as the API wants it."""
    return "low" if work == "small" else "medium"
