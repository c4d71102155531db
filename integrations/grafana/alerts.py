"""The webhook of Grafana's alerting as alerts. Its form is Alertmanager's with links and values added."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from integrations import payload as door
from integrations.contract import Alert, Delivery
from integrations.grafana import NAME


def parse(payload: object) -> Delivery:
    """The alerts of one webhook. Good ones are kept where others are bad.

    Raises Malformed, naming the field, for another shape or when no alert is good.
    """
    return door.group(NAME, payload, "a webhook of Grafana's alerting (version 8 or later)", _alert)


def _alert(entry: Any, where: str) -> Alert:
    found = door.mapping(entry, where)
    alert = door.alert_of_group(NAME, found, where)
    links = (door.link(found.get(key)) for key in ("panelURL", "dashboardURL", "generatorURL"))
    return replace(
        alert,
        severity=alert.severity or alert.labels.get("priority", ""),
        annotations={**alert.annotations, **_values(found.get("values"))},
        url=next((link for link in links if link), None),
    )


def _values(found: Any) -> dict[str, str]:
    """Grafana's figures by the name of their query, kept beside the annotations; odd ones are left out."""
    pairs = found.items() if isinstance(found, dict) else ()
    return {f"value {key}"[:80]: str(value) for key, value in list(pairs)[:20] if isinstance(value, (int, float))}
