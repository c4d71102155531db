"""A storm's alerts: groups that grow, repeat themselves, resolve in part and fire again, in Alertmanager's form."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from playground.alerting import NEVER, fingerprint, stamp
from tests.bench.again import service

Identity = tuple[str, str]
"""A fingerprint and when it began: one alert, however often it is told."""
RULES = (("HighErrorRate", "critical"), ("HighLatency", "warning"), ("PodRestarts", "warning"))
TURNS = ("new", "new", "new", "repeat", "resolve", "again")
"""What a group does next, by chance: half of its turns bring new alerts."""
MOST_NEW = 4
SHOWN = 5
"""So many of a group's firing alerts are in a body, the newest; the others are left out, as its `max_alerts` does."""
RESTLESS = 20
"""So many groups have half of all turns: they resolve and fire again."""
SEED = 7


@dataclass
class Storm:
    """What is sent, and what has to be on record afterwards."""

    bodies: list[dict[str, Any]] = field(default_factory=list)
    first_of: dict[str, int] = field(default_factory=dict)
    """Service → the number of the first body that tells of it."""
    firing: dict[Identity, bool] = field(default_factory=dict)
    """Each alert, and whether it fires in the end."""
    sent: int = 0
    """Alerts in all bodies, repeated ones counted each time."""


@dataclass
class _Group:
    """One alert rule of one service, as Alertmanager groups it."""

    service: str
    rule: str
    severity: str
    began: datetime
    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By pod."""

    def body(self, chosen: Sequence[dict[str, Any]]) -> dict[str, Any]:
        fires = any(alert["status"] == "firing" for alert in self.alerts.values())
        group = {"alertname": self.rule, "service": self.service}
        return {
            "receiver": "first-responder",
            "status": "firing" if fires else "resolved",
            "alerts": list(chosen),
            "groupLabels": group,
            "commonLabels": {**group, "env": "production", "severity": self.severity},
            "commonAnnotations": {"summary": f"{self.rule} on {self.service}"},
            "externalURL": "http://alertmanager.example:9093",
            "version": "4",
            "groupKey": f'{{}}:{{alertname="{self.rule}", service="{self.service}"}}',
            "truncatedAlerts": 0,
        }

    def alert(self, pod: str, began: datetime) -> dict[str, Any]:
        labels = {
            "alertname": self.rule,
            "env": "production",
            "pod": pod,
            "service": self.service,
            "severity": self.severity,
        }
        return {
            "status": "firing",
            "labels": labels,
            "annotations": {"summary": f"{self.rule} on {self.service}", "description": f"pod {pod}"},
            "startsAt": stamp(began),
            "endsAt": NEVER,
            "generatorURL": "http://prometheus.example:9090/graph?g0.expr=up&g0.tab=1",
            "fingerprint": fingerprint(labels),
        }


def storm(alerts: int, services: int, began: datetime | None = None) -> Storm:
    """About so many alerts over so many services: the same each time, but for the moment."""
    began = began or datetime.now(UTC).replace(microsecond=0)
    chance, made = random.Random(SEED), Storm()
    groups = [_Group(service(n), rule, severity, began) for rule, severity in RULES for n in range(services)]
    number = 0
    while made.sent < alerts:
        restless = groups[:RESTLESS] if chance.random() < 0.5 else groups
        group = groups[number] if number < services else chance.choice(restless)
        most = (alerts - made.sent) // max(1, services - number)  # so that each service has its own
        chosen = _turn(group, chance, began + timedelta(milliseconds=number), most)
        number += 1
        made.first_of.setdefault(group.service, len(made.bodies))
        made.bodies.append(group.body([dict(alert) for alert in chosen]))
        made.sent += len(chosen)
        for alert in chosen:
            made.firing[alert["fingerprint"], alert["startsAt"]] = alert["status"] == "firing"
    return made


def _turn(group: _Group, chance: random.Random, now: datetime, most: int) -> list[dict[str, Any]]:
    """What its next body tells; at least one alert."""
    firing = [alert for alert in group.alerts.values() if alert["status"] == "firing"]
    over = [pod for pod, alert in group.alerts.items() if alert["status"] == "resolved"]
    turn = chance.choice(TURNS) if firing else "new"
    if turn == "resolve":
        chosen = firing[: chance.randint(1, 2)]
        for alert in chosen:
            alert |= {"status": "resolved", "endsAt": stamp(now)}
        return chosen[:most]
    if turn == "again" and over:
        group.alerts[over[0]] = group.alerts.pop(over[0]) | group.alert(over[0], now)
    elif turn != "repeat":
        for _ in range(chance.randint(1, min(MOST_NEW, most))):
            pod = f"{group.service}-{len(group.alerts)}"
            group.alerts[pod] = group.alert(pod, now)
    return [alert for alert in group.alerts.values() if alert["status"] == "firing"][-min(most, SHOWN) :]
