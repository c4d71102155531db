"""Alertmanager's webhook, version 4, as alerts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, cast

from integrations import payload as door
from integrations.alertmanager import NAME
from integrations.contract import Alert, Delivery, Malformed


def parse(payload: object) -> Delivery:
    """The alerts of one webhook. Good ones are kept where others are bad.

    Raises Malformed, naming the field, for another shape, another version, or when no alert is good.
    """
    if not isinstance(payload, dict) or not isinstance(payload.get("alerts"), list):
        raise Malformed(NAME, "alerts: must be a list; is this Alertmanager's webhook?")
    if payload.get("version", "4") not in ("4", 4):
        raise Malformed(NAME, "version: only 4 is known")
    found = door.delivery(NAME, payload["alerts"], "alerts", _alert)
    return replace(found, rejected=found.rejected + door.truncated(payload))


def _alert(entry: Any, where: str) -> Alert:
    found = door.mapping(entry, where)
    labels = door.texts(found.get("labels"), f"{where}.labels")
    annotations = door.texts(found.get("annotations"), f"{where}.annotations")
    status = cast(Literal["firing", "resolved"], door.status_of(found.get("status"), f"{where}.status"))
    ended = found.get("endsAt") if status == "resolved" else None
    return Alert(
        source=NAME,
        fingerprint=door.text(found.get("fingerprint"), f"{where}.fingerprint")[:255] or door.fingerprint_of(labels),
        name=labels.get("alertname") or "alert without a name",
        status=status,
        starts_at=door.moment(found.get("startsAt"), f"{where}.startsAt"),
        ends_at=door.maybe_moment(ended, f"{where}.endsAt"),
        severity=labels.get("severity", ""),
        summary=annotations.get("summary") or annotations.get("message") or annotations.get("description", ""),
        labels=labels,
        annotations=annotations,
        url=door.link(found.get("generatorURL")),
    )
