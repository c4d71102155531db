"""The playground's Alertmanager: webhook payloads in its own form (version 4), sent as it sends them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote_plus

import httpx

from playground.pinned import Pinned
from playground.scenarios.model import Scenario
from playground.scenarios.pods import pods
from playground.scenarios.series import ENV

NEVER = "0001-01-01T00:00:00Z"
"""What Go's zero time looks like: an alert that has not ended."""
_TRIES = 8
_FIRST_WAIT = 0.25
_LONGEST_WAIT = 5.0


class NotDelivered(Exception):
    """The webhook was refused, or nobody took it within the tries; the message says what was answered."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where alerts go, and where their links lead."""

    webhook_url: str
    webhook_token: str
    prometheus_url: str = "http://prometheus.playground.example:9090"
    alertmanager_url: str = "http://alertmanager.playground.example:9093"
    receiver: str = "first-responder"


def fingerprint(labels: Mapping[str, str]) -> str:
    """Alertmanager's own: 64-bit FNV-1a over the sorted labels, each name and value followed by 0xFF."""
    value = 0xCBF29CE484222325
    for name in sorted(labels):
        for byte in (*name.encode(), 0xFF, *labels[name].encode(), 0xFF):
            value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def payload(pinned: Pinned, target: Target) -> dict[str, object]:
    """The webhook for a scenario as it stands: firing, or resolved once its fault was mended."""
    rule = pinned.scenario.rule
    labels = alert_labels(pinned.scenario)
    annotations = {"description": rule.description, "runbook_url": rule.runbook_url, "summary": rule.summary}
    group = {"alertname": rule.alertname, "service": pinned.scenario.alerting}
    status = "firing" if pinned.resolved is None else "resolved"
    alert = {
        "status": status,
        "labels": labels,
        "annotations": annotations,
        "startsAt": stamp(pinned.alert),
        "endsAt": NEVER if pinned.resolved is None else stamp(pinned.resolved),
        "generatorURL": f"{target.prometheus_url}/graph?g0.expr={quote_plus(rule.expression)}&g0.tab=1",
        "fingerprint": fingerprint(labels),
    }
    return {
        "receiver": target.receiver,
        "status": status,
        "alerts": [alert],
        "groupLabels": group,
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": target.alertmanager_url,
        "version": "4",
        "groupKey": "{}:{" + ", ".join(f'{name}="{value}"' for name, value in sorted(group.items())) + "}",
        "truncatedAlerts": 0,
    }


def alert_labels(scenario: Scenario) -> dict[str, str]:
    """The labels of the scenario's alert, sorted by name as Alertmanager writes them."""
    rule, profile = scenario.rule, scenario.profile(scenario.alerting)
    labels = {
        "alertname": rule.alertname,
        "env": ENV,
        "namespace": profile.service.namespace or "default",
        "service": profile.name,
        "severity": rule.severity,
        "team": profile.service.owner or "",
    }
    if rule.pod is not None:
        labels["pod"] = next(p.name for p in pods(scenario, profile) if p.serves(0.0) and p.index == rule.pod)
    return dict(sorted(labels.items()))


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, as Prometheus stamps its alerts."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def deliver(body: Mapping[str, object], target: Target) -> None:
    """Posts a webhook with its bearer token; tries again on 5xx and where nobody answers, never on 4xx.

    Raises NotDelivered after the last try or on a 4xx.
    """
    wait, answer = _FIRST_WAIT, "no answer"
    headers = {"Authorization": f"Bearer {target.webhook_token}", "User-Agent": "Alertmanager/0.25.0"}
    async with httpx.AsyncClient(timeout=10.0, trust_env=False, headers=headers) as client:
        for attempt in range(_TRIES):
            if attempt:
                await asyncio.sleep(wait)
                wait = min(wait * 1.5, _LONGEST_WAIT)
            try:
                response = await client.post(target.webhook_url, json=body)
            except httpx.TransportError as error:
                answer = type(error).__name__
                continue
            if response.is_success:
                return
            answer = f"HTTP {response.status_code}"
            if response.is_client_error:
                break
    raise NotDelivered(f"the webhook at {target.webhook_url} took no alert: {answer}")
