"""Where an incident stands: what its record says of it by now (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.domain.entry import Entry
from bot.domain.incident import Incident


@dataclass(frozen=True, slots=True)
class Standing:
    """Each is the entry that counts; None: there is none."""

    acknowledged: Entry | None = None
    """By whom first, of the present opening."""
    severity: Entry | None = None
    """Set by a person: outranks what the alerts say."""
    lead: Entry | None = None
    """`value` is the user id."""
    status: Entry | None = None
    """The last update of the present opening; `value` is its `State`, `due` when the next was promised."""
    cause: Entry | None = None
    """As a person told it: outranks what the bot thought."""
    resolved: Entry | None = None
    """By a person or by PagerDuty; none once it was opened again."""
    closed: Entry | None = None
    """None once it was opened again."""
    pinned: tuple[Entry, ...] = ()
    """Those that were not taken back."""


def standing(entries: Iterable[Entry], opened: datetime | None = None) -> Standing:
    """What the entries, in their order, come to.

    `opened` is when the present opening began: who acknowledged, said, resolved or closed before that did it for an
    earlier one. Severity, lead and cause stay with the incident.
    """
    now = Standing()
    for entry in entries:
        past = opened is not None and entry.at < opened and entry.kind in _OF_AN_OPENING
        now = now if past else _after(now, entry)
    return now


_OF_AN_OPENING = frozenset({"acknowledged", "unacknowledged", "status", "resolved", "closed"})


def _after(now: Standing, entry: Entry) -> Standing:
    return replace(now, **_changed(now, entry))


def _changed(now: Standing, entry: Entry) -> Mapping[str, Any]:
    """By field of `Standing`."""
    match entry.kind:
        case "acknowledged":
            return {"acknowledged": now.acknowledged or entry}
        case "unacknowledged":
            return {"acknowledged": None}
        case "reopened":
            return {"acknowledged": None, "status": None, "resolved": None, "closed": None}
        case "pinned" | "unpinned":
            others = tuple(one for one in now.pinned if one.value != entry.value)
            return {"pinned": (*others, entry) if entry.kind == "pinned" else others}
        case "severity" | "lead" | "status" | "cause" | "resolved" | "closed":
            return {entry.kind: entry}
        case _:
            return {}


def opened(incident: Incident) -> datetime:
    """When the present opening was committed."""
    return incident.reopened_at or incident.opened_at
