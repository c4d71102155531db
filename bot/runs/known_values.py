"""What a run knows of its variables: from the person, the alert, the service, and the signals of the briefing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.context import Report
from bot.domain.incident import Incident
from bot.runs.job import Job
from bot.runs.workshop import Workshop
from integrations.contract import Series, Service
from runbooks.prepared import Prepared, Value
from runbooks.variables import SIGNALS


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
    """By every name that teams use for what the briefing measured."""
    measured = [state for state in report.analysis.signals if not state.silent_since]
    now = {state.signal: state.value for state in measured if state.service == service}
    own = (series for series in report.context.of(Series) if series.service == service and not series.instance)
    rising = {series.signal: _an_hour(series.times, series.values) for series in own}
    found: dict[str, Value] = {}
    for name, meant in SIGNALS.items():
        figure = (rising if meant.per_hour else now).get(meant.signal)
        if figure is not None:
            found[name] = Value(f"{figure * meant.times:.6g}", f"signal {meant.signal}")
    return found


def _an_hour(times: Sequence[float], values: Sequence[float]) -> float | None:
    """How much it grows an hour, by its first and last figure of the last half hour."""
    recent = [(at, value) for at, value in zip(times, values, strict=True) if at >= times[-1] - 1800] if times else []
    if len(recent) < 2:
        return None
    (first, low), (last, high) = recent[0], recent[-1]
    return (high - low) / (last - first) * 3600
