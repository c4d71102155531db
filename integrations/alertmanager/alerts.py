"""Alertmanager's webhook, version 4, as alerts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from integrations import payload as door
from integrations.alertmanager import NAME
from integrations.contract import Alert, Delivery, Malformed


def parse(payload: object) -> Delivery:
    """The alerts of one webhook. Good ones are kept where others are bad.

    Raises Malformed, naming the field, for another shape, another version, or when no alert is good.
    """
    if isinstance(payload, dict) and payload.get("version", "4") not in ("4", 4):
        raise Malformed(NAME, "version: only 4 is known")
    return door.group(NAME, payload, "Alertmanager's webhook", _alert)


def _alert(entry: Any, where: str) -> Alert:
    alert = door.alert_of_group(NAME, door.mapping(entry, where), where)
    return replace(alert, summary=alert.annotations.get("summary") or alert.annotations.get("message") or alert.summary)
