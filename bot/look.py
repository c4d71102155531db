"""One look into an incident: what is asked, and the report that is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.desk import Telling
from bot.domain.context import Report
from bot.domain.incident import Incident
from bot.domain.storm import rank
from bot.show import show
from integrations.contract import Alert, Scope, Service, Window

BEFORE = timedelta(hours=2)
"""How much of the time before an alert tells what is normal."""
OLDEST = timedelta(hours=6)
"""How far back a look goes at most, for an alert that began long before it reached us."""


async def into(telling: Telling) -> bool:
    """Looks once and keeps the report. Gathering and understanding are one: raw logs never reach the database.

    Where many wait, the most important goes first. One that came in a storm and resolved before its turn came is not
    looked into: False then.
    """
    desk, incident = telling.desk, await telling.incident()
    async with desk.looks.turn(incident.id, rank(incident)) as waited:
        if waited:
            incident = await telling.incident()
        if desk.storms is not None and incident.storm is not None:
            if incident.status == "resolved":
                return False
            await desk.storms.keep_looking(incident.id, telling.opening)
        await _look(telling, incident)
    return True


async def _look(telling: Telling, incident: Incident) -> None:
    desk = telling.desk

    async def first_impression(report: Report) -> None:
        await desk.journal.keep_report(telling.incident_id, telling.opening, report, first=True)
        await show(desk, telling.incident_id)

    scope = scope_of(incident, desk.catalog.scope_of(incident.service), desk.clock.now())
    report = await desk.looking.look(scope, first_impression)
    await desk.journal.keep_report(telling.incident_id, telling.opening, report)
    desk.measures.gathered(report.context)


def scope_of(incident: Incident, services: dict[str, Service], now: datetime) -> Scope:
    """What every source is asked about: the incident's service, those down its call graph, and the time around it.

    An alert from the future (a sender's clock) counts as one of now.
    """
    alerts = incident.firing or incident.alerts or (_told_by(incident),)
    alerts = tuple(replace(a, starts_at=min(a.starts_at, now)) for a in alerts)
    began = min(alert.starts_at for alert in alerts)
    since = max(began - BEFORE, now - OLDEST)
    return Scope(incident.id, incident.env, alerts, services, Window(since, now))


def _told_by(incident: Incident) -> Alert:
    """In the place of an alert that has moved on to a later incident, before this one was told."""
    return Alert("", incident.id, incident.title, "resolved", incident.started_at)
