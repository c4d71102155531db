"""The webhook of Grafana's alerting as alerts. Its form is Alertmanager's with links and values added."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, cast

from integrations import payload as door
from integrations.contract import Alert, Delivery, Malformed
from integrations.grafana import NAME


def parse(payload: object) -> Delivery:
    """The alerts of one webhook. Good ones are kept where others are bad.

    Raises Malformed, naming the field, for another shape or when no alert is good.
    """
    if not isinstance(payload, dict) or not isinstance(payload.get("alerts"), list):
        raise Malformed(NAME, "alerts: must be a list; is this a webhook of Grafana's alerting (version 8 or later)?")
    found = door.delivery(NAME, payload["alerts"], "alerts", _alert)
    return replace(found, rejected=found.rejected + door.truncated(payload))


def _alert(entry: Any, where: str) -> Alert:
    found = door.mapping(entry, where)
    labels = door.texts(found.get("labels"), f"{where}.labels")
    annotations = door.texts(found.get("annotations"), f"{where}.annotations")
    status = cast(Literal["firing", "resolved"], door.status_of(found.get("status"), f"{where}.status"))
    ended = found.get("endsAt") if status == "resolved" else None
    links = (door.link(found.get(key)) for key in ("panelURL", "dashboardURL", "generatorURL"))
    return Alert(
        source=NAME,
        fingerprint=door.text(found.get("fingerprint"), f"{where}.fingerprint")[:255] or door.fingerprint_of(labels),
        name=labels.get("alertname") or "alert without a name",
        status=status,
        starts_at=door.moment(found.get("startsAt"), f"{where}.startsAt"),
        ends_at=door.maybe_moment(ended, f"{where}.endsAt"),
        severity=labels.get("severity") or labels.get("priority", ""),
        summary=annotations.get("summary") or annotations.get("description", ""),
        labels=labels,
        annotations=annotations | _values(found.get("values")),
        url=next((link for link in links if link), None),
    )


def _values(found: Any) -> dict[str, str]:
    """Grafana's figures by the name of their query, kept beside the annotations; odd ones are left out."""
    pairs = found.items() if isinstance(found, dict) else ()
    return {f"value {key}"[:80]: str(value) for key, value in list(pairs)[:20] if isinstance(value, (int, float))}
