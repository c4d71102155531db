"""An entry of an incident's record: one thing that people or the bot did or said in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal[
    "declared",
    "acknowledged",
    "unacknowledged",
    "severity",
    "lead",
    "status",
    "reminded",
    "note",
    "pinned",
    "unpinned",
    "resolved",
    "reopened",
    "cause",
    "handoff",
    "escalated",
    "reassigned",
    "changed",
    "watched",
    "closed",
]
"""`unacknowledged` and `unpinned` take the earlier one back. `changed`: something was deployed or run;
`watched`: whether it helped. `reminded`: somebody was asked for a status."""
State = Literal["investigating", "identified", "monitoring", "resolved"]
"""What a status update says of an incident, in the words of status pages."""

BOT = "bot"
"""Who did it, where it was the bot by itself."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Kept for good; what is wrong is put right by another entry, never by changing this one."""

    incident_id: str
    key: str
    """Of one thing there is one entry: a step or an event that comes again has the same key. One for each incident."""
    at: datetime
    kind: Kind
    who: str
    """A Slack user id, `bot`, or `pagerduty:<name>` where it happened over there; of a pinned message its author."""
    text: str = ""
    """In the words of who did it; masked, and data: never an instruction, not yet escaped for any medium."""
    value: str = ""
    """What counts of it: the severity's name, the lead's user id, a status's `State`, the ts of a pinned message."""
    link: str = ""
    """Where it can be seen: a permalink."""
    due: datetime | None = None
    """By when the next update was promised."""
    number: int = 0
    """Its place in the incident's record, from 1, without gaps; 0 until it is recorded."""
