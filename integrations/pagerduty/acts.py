"""What people did in PagerDuty to an incident: the other events of its V3 webhooks.

Source: PagerDuty's developer documentation, «V3 Webhooks», event types and event data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from integrations import payload as door
from integrations.contract import Act, Malformed

SOURCE = "pagerduty"
Kind = Literal["acknowledged", "unacknowledged", "note", "escalated", "reassigned", "resolved"]
KINDS: Mapping[str, Kind] = {
    "incident.acknowledged": "acknowledged",
    "incident.unacknowledged": "unacknowledged",
    "incident.annotated": "note",
    "incident.escalated": "escalated",
    "incident.delegated": "reassigned",
    "incident.reassigned": "reassigned",
    "incident.resolved": "resolved",
}
MARK = re.compile(r"\[INC-[A-Z2-7]+ #\d+\]")
"""Begins each note that the bot itself wrote there: it is no news here."""


def mark(incident_id: str, number: int) -> str:
    """Such a beginning, for one entry of an incident's record."""
    return f"[{incident_id} #{number}]"


def act(event: Mapping[str, Any]) -> Act | None:
    """None: a note of the bot's own. Raises Malformed, naming the field, for another shape.

    A resolution is an alert too, and that is what counts: what cannot be read of it as an act is left.
    """
    kind = KINDS[event["event_type"]]
    try:
        return _act(event, kind)
    except door.Wrong as wrong:
        if kind == "resolved":
            return None
        raise Malformed(SOURCE, f"{wrong.where}: {wrong.reason}") from None


def _act(event: Mapping[str, Any], kind: Kind) -> Act | None:
    data = door.mapping(event.get("data"), "event.data")
    note = kind == "note"
    incident = door.mapping(data.get("incident"), "event.data.incident") if note else data
    text = door.text(data.get("content"), "event.data.content") if note else _assignees(data, kind)
    if note and MARK.match(text):
        return None
    return Act(
        id=door.text(event.get("id"), "event.id") or f"{kind} {event.get('occurred_at')}"[:100],
        source=SOURCE,
        fingerprint=_needed(incident.get("id"), "event.data.id")[:255],
        kind=kind,
        who=name(event.get("agent")),
        at=door.moment(event.get("occurred_at"), "event.occurred_at"),
        text=text,
        url=door.link(incident.get("html_url")),
    )


def name(reference: Any) -> str:
    """What PagerDuty calls the object behind a reference; empty where there is none."""
    summary = reference.get("summary") if isinstance(reference, dict) else None
    return door.text(summary, "") if isinstance(summary, str) else ""


def _assignees(data: Mapping[str, Any], kind: Kind) -> str:
    """To whom it went, by name."""
    people = data.get("assignees") if kind in ("escalated", "reassigned") else None
    names = [name(one) for one in people[:10]] if isinstance(people, list) else []
    told = ", ".join(one for one in names if one)
    return f"to {told}" if told else ""


def _needed(value: Any, where: str) -> str:
    found = door.text(value, where)
    if not found:
        raise door.Wrong(where, "missing")
    return found
