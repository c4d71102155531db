"""PagerDuty's V3 webhooks as alerts, and the signature that proves them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from integrations import payload as door
from integrations.contract import Alert, Delivery, Malformed
from integrations.pagerduty.acts import KINDS, act, name

SOURCE = "pagerduty"
OURS = "first-responder:"
"""Begins the key of every PagerDuty incident that the bot itself makes: those never open one here."""
_STATUS: Mapping[str, Literal["firing", "resolved"]] = {
    "incident.triggered": "firing",
    "incident.reopened": "firing",
    "incident.resolved": "resolved",
}


def verify(body: bytes, header: str, secret: str) -> bool:
    """Whether one of the header's `v1=` signatures is the HMAC-SHA256 of the raw body (several while rotating)."""
    right = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
    given = [part.strip().removeprefix("v1=").encode() for part in header.split(",") if part.strip().startswith("v1=")]
    return sum(hmac.compare_digest(right, one) for one in given) > 0  # all of them, so that time tells nothing


def parse(payload: object) -> Delivery:
    """The incident of one event as an alert, keyed by (incident id, created_at).

    What people did there comes as an act. What is neither is ignored with a reason, and so is an incident of the bot's
    own. Raises Malformed, naming the field, for another shape.
    """
    event = payload.get("event") if isinstance(payload, dict) else None
    if not isinstance(event, dict) or not isinstance(event.get("event_type"), str):
        raise Malformed(SOURCE, "event.event_type: missing; is this a V3 webhook of PagerDuty?")
    kind = event["event_type"]
    if kind not in _STATUS and kind not in KINDS:
        return Delivery((), ignored=f"{door.text(kind, 'event.event_type')[:80]} changes nothing here")
    if mine := _mine(event):
        return mine
    done = act(event) if kind in KINDS else None
    if kind in _STATUS:
        told = door.delivery(SOURCE, [event], "", lambda entry, _where: _alert(entry, _STATUS[kind]))
        return replace(told, acts=(done,) if done else ())
    return Delivery((), acts=(done,)) if done else Delivery((), ignored="a note of the bot's own")


def _mine(event: Mapping[str, Any]) -> Delivery | None:
    data = event.get("data")
    key = data.get("incident_key") if isinstance(data, dict) else None
    if isinstance(key, str) and key.startswith(OURS):
        return Delivery((), ignored="an incident that the bot itself made")
    return None


def _alert(event: Mapping[str, Any], status: Literal["firing", "resolved"]) -> Alert:
    data = door.mapping(event.get("data"), "event.data")
    identity = door.text(data.get("id"), "event.data.id")
    if not identity:
        raise door.Wrong("event.data.id", "missing")
    service = name(data.get("service"))
    severity = name(data.get("priority")) or door.text(data.get("urgency"), "event.data.urgency")
    occurred = door.maybe_moment(event.get("occurred_at"), "event.occurred_at")
    title = door.text(data.get("title"), "event.data.title") or "PagerDuty incident"
    return Alert(
        source=SOURCE,
        fingerprint=identity[:255],
        name=title,
        status=status,
        starts_at=door.moment(data.get("created_at"), "event.data.created_at"),
        ends_at=occurred if status == "resolved" else None,
        severity=severity,
        summary=title,
        labels={"service": service} if service else {},
        url=door.link(data.get("html_url")),
        reopened_at=occurred if event["event_type"] == "incident.reopened" else None,
    )
