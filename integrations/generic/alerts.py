"""Our own JSON for `POST /webhooks/alert`, for everything that has no webhook of its own here.

One alert, a list of them, or `{"alerts": [...]}`. Only `title` is needed:

    {"title": "Checkout is slow", "service": "checkout", "severity": "critical", "env": "production",
     "status": "firing", "summary": "p99 over 2 s", "id": "check-17", "starts_at": "2026-11-21T03:42:00Z",
     "ends_at": null, "labels": {"region": "eu"}, "url": "https://status.example.com/checks/17"}

Without an `id`, alerts of the same title, service and environment are the same. Without `starts_at`, the alert is the
one of that identity that fires now, or a new one that begins now: a repetition is no second alert, and
`"status": "resolved"` ends the one that fires. `name`, `environment`, `description`, `message`, `fingerprint`, `link`,
`startsAt` and `endsAt` are read as well.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from integrations import payload as door
from integrations.contract import Alert, Delivery, Malformed
from integrations.generic import NAME


def parse(payload: object, now: datetime) -> Delivery:
    """The alerts of one delivery. Good ones are kept where others are bad.

    Raises Malformed, naming the field, for another shape or when no alert is good.
    """
    match payload:
        case {"alerts": list(entries)}:
            return door.delivery(NAME, entries, "alerts", lambda entry, where: _alert(entry, where, now))
        case list(entries):
            return door.delivery(NAME, entries, "alerts", lambda entry, where: _alert(entry, where, now))
        case dict():
            return door.delivery(NAME, [payload], "", lambda entry, _where: _alert(entry, "alert", now))
        case _:
            raise Malformed(NAME, "payload: must be an object with a title, or a list of such objects")


_SAME = {
    "name": "title",
    "environment": "env",
    "description": "summary",
    "message": "summary",
    "fingerprint": "id",
    "link": "url",
    "startsAt": "starts_at",
    "endsAt": "ends_at",
}
"""Other words that senders use for the same."""


def _alert(entry: Any, where: str, now: datetime) -> Alert:
    found = door.mapping(entry, where)
    found = {_SAME.get(key, key): value for key, value in found.items() if value is not None}
    title = door.text(found.get("title"), f"{where}.title").strip()
    if not title:
        raise door.Wrong(f"{where}.title", "missing")
    labels = door.texts(found.get("labels"), f"{where}.labels")
    for key in ("service", "env", "severity"):
        if value := door.text(found.get(key), f"{where}.{key}").strip():
            labels[key] = value
    status = door.status_of(found.get("status") or "firing", f"{where}.status")
    same = {key: labels.get(key, "") for key in ("service", "env")} | {"title": title}
    began = door.maybe_moment(found.get("starts_at"), f"{where}.starts_at")
    ended = found.get("ends_at") if status == "resolved" else None
    return Alert(
        source=NAME,
        fingerprint=door.text(found.get("id"), f"{where}.id")[:255] or door.fingerprint_of(same),
        name=title,
        status=status,
        starts_at=began or now,
        dated=began is not None,
        ends_at=door.maybe_moment(ended, f"{where}.ends_at"),
        severity=labels.get("severity", ""),
        summary=door.text(found.get("summary"), f"{where}.summary"),
        labels=labels,
        url=door.link(found.get("url")),
    )
