"""What a run knows of its variables: from the person, the alert, the service, and the signals of the briefing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from bot.domain.context import Report
from bot.domain.incident import Incident
from bot.job import Job
from bot.workshop import Workshop
from integrations.contract import Series, Service
from runbooks.prepared import Prepared, Value
from runbooks.variables import SIGNALS

GROWTH = ":growth"
"""Behind a signal's name: how fast it rises, in its unit an hour."""


async def of_incident(shop: Workshop, incident: Incident) -> Mapping[str, Value]:
    """Everything that is known without asking anyone. Raises JournalDown."""
    report = await shop.desk.journal.report(incident.id, incident.opening)
    return known_values(incident, shop.desk.catalog.service(incident.service), report)


def known_values(incident: Incident, service: Service, report: Report | None) -> Mapping[str, Value]:
    """The same, pure: labels of the alerts under what the incident itself says, signals under both."""
    found = dict(_signals(incident.service, report)) if report else {}
    for alert in reversed(incident.firing or incident.alerts):
        for name, text in alert.labels.items():
            found[name] = Value(text, f"label of the alert {alert.name}")
    if service.namespace:
        found.setdefault("namespace", Value(service.namespace, "services.yaml"))
    found |= {"service": Value(incident.service, "the incident"), "incident_id": Value(incident.id, "the incident")}
    if incident.env:
        found["env"] = Value(incident.env, "the incident")
    return found


async def changed_since(job: Job, prepared: Prepared) -> Mapping[str, Value]:
    """Variables of a step whose source says something else now than when it was shown. Raises JournalDown."""
    incident = await job.shop.desk.journal.incident(job.run.incident_id)
    now = await of_incident(job.shop, incident)
    return {
        name: now[name]
        for name, value in prepared.values.items()
        if name in now and now[name].source == value.source and now[name].text != value.text
    }


def _signals(service: str, report: Report) -> Mapping[str, Value]:
    """By every name that teams use for a signal, and by its own."""
    states = {state.signal: state.value for state in report.analysis.signals if state.service == service}
    rising = {one.signal: _growth(one.times, one.values) for one in report.context.of(Series) if one.service == service}
    figures: dict[str, float | None] = {**states, **{name + GROWTH: rate for name, rate in rising.items()}}
    named = {**{signal: signal for signal in states}, **SIGNALS}
    return {
        name: Value(f"{figure:.6g}", f"signal {signal}")
        for name, signal in named.items()
        if (figure := figures.get(signal)) is not None
    }


def _growth(times: Sequence[float], values: Sequence[float]) -> float | None:
    """Median rise an hour between neighbouring figures of the last half hour: one jump does not make a trend."""
    recent = [(at, value) for at, value in zip(times, values, strict=True) if at >= times[-1] - 1800] if times else []
    slopes = sorted((b[1] - a[1]) / (b[0] - a[0]) * 3600 for a, b in pairwise(recent) if b[0] > a[0])
    return slopes[len(slopes) // 2] if len(slopes) >= 3 else None
