"""An audit entry as a line for people, and as a line of JSON (pure)."""

from __future__ import annotations

import json
from typing import Any

from bot.state.chain import Recorded

LONGEST = 160
"""Characters of one fact in a line for people; the export has it whole."""
PLAIN_SHORT = 12
"""Characters of a hash that tell it apart by eye."""


def as_line(entry: Recorded) -> str:
    """`12  2026-11-21 03:42:07  gate.decided  U1  R4MZ81  verdict=approved by=U1`: one line, safe in a terminal."""
    at = entry.at[:19].replace("T", " ")
    head = f"{entry.number:>6}  {at}  {entry.what:<18}  {entry.who:<12}  {entry.run_id or '-':<8}"
    return _visible(f"{head}  {_told(_facts(entry.facts))}".rstrip())


def as_json(entry: Recorded) -> str:
    """One object in ASCII, its keys sorted, its facts as an object (as their text where somebody made them no JSON)."""
    told = {
        "number": entry.number,
        "at": entry.at,
        "what": entry.what,
        "who": entry.who,
        "incident_id": entry.incident_id,
        "run_id": entry.run_id,
        "facts": _facts(entry.facts),
        "mac": entry.mac,
    }
    return json.dumps(told, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def _facts(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _told(facts: Any) -> str:
    if not isinstance(facts, dict):
        return str(facts)
    return "  ".join(f"{key}={_value(value)}" for key, value in facts.items() if value not in ("", None, [], {}))


def _value(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        text = ", ".join(value)
    elif isinstance(value, str):
        text = value[:PLAIN_SHORT] + "…" if len(value) == 64 and value.isalnum() else value
    else:
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _visible(line: str) -> str:
    """Line breaks, escapes, and what turns the direction of writing, by their numbers."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
