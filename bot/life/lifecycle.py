"""Where an incident stands: what its record says of it by now (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
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
    """`value` is the user id: who was named, or to whom it was handed over."""
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
        case "acknowledged" | "unacknowledged":
            return {"acknowledged": now.acknowledged or entry if entry.kind == "acknowledged" else None}
        case "reopened":
            return {"acknowledged": None, "status": None, "resolved": None, "closed": None}
        case "pinned" | "unpinned":
            others = tuple(one for one in now.pinned if one.value != entry.value)
            return {"pinned": (*others, entry) if entry.kind == "pinned" else others}
        case "handoff" if entry.value:
            return {"lead": entry}
        case "severity" | "lead" | "status" | "cause" | "resolved" | "closed":
            return {entry.kind: entry}
        case _:
            return {}


def ask_at(incident: Incident, entries: Iterable[Entry], pace: timedelta) -> datetime | None:
    """When somebody is to be asked for a status, if nothing is said until then; None: nobody is.

    That is when the next one was promised, else so long after the last word. Whoever does not answer is asked again
    after as long, three times in all; then it is theirs to know.
    """
    since = [entry for entry in entries if entry.at >= incident.last_opened_at]
    now = standing(since)
    if not pace or incident.status == "resolved" or now.resolved or now.closed:
        return None
    last = max((n for n, entry in enumerate(since) if entry.kind in _WORDS), default=-1)
    asked = [entry for entry in since[last + 1 :] if entry.kind == "reminded"]
    if len(asked) >= MOST_REMINDERS or (now.status is not None and now.status.value == "resolved"):
        return None
    if asked:
        return asked[-1].at + pace
    promised = now.status.due if now.status else None
    return promised or (since[last].at if last >= 0 else incident.last_opened_at) + pace


_WORDS = frozenset({"status", "note", "handoff"})
MOST_REMINDERS = 3


def last_word(incident: Incident, entries: Iterable[Entry]) -> datetime:
    """When somebody last said how its present opening stands; its beginning where nobody has."""
    said = (entry.at for entry in entries if entry.kind in _WORDS)
    return max((at for at in said if at >= incident.last_opened_at), default=incident.last_opened_at)


def acknowledging(entries: Iterable[Entry], opening: int) -> str:
    """The key of an acknowledgement that would come next.

    It changes with each that was taken back, and with each opening: of those who acknowledge at once, one does.
    """
    given_up = sum(entry.kind in ("unacknowledged", "reopened") for entry in entries)
    return f"acknowledged:{opening}:{given_up}"
