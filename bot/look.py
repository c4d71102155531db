"""One look into an incident: gather from every source, analyse, and keep the report."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.analyse import analyse
from bot.desk import Telling
from bot.domain.analysis import Analysis
from bot.domain.context import Context, Report
from bot.domain.incident import Incident
from bot.fit_runbooks import fit_runbooks
from bot.show import show
from integrations.contract import Alert, Gap, Scope, Service, Window
from runbooks.model import Library

log = structlog.get_logger(__name__)

BEFORE = timedelta(hours=2)
"""How much of the time before an alert tells what is normal."""
OLDEST = timedelta(hours=6)
"""How far back a look goes at most, for an alert that began long before it reached us."""


async def into(telling: Telling) -> bool:
    """Looks once and keeps the report. Gathering and analysing are one step: raw logs never reach the database."""
    desk, incident = telling.desk, await telling.incident()

    async def first_impression(context: Context) -> None:
        await _keep(telling, context)
        await show(desk, telling.incident_id)

    scope = scope_of(incident, desk.catalog.scope_of(incident.service), desk.clock.now())
    context = await desk.gathering.gather(scope, first_impression)
    await _keep(telling, context)
    desk.measures.gathered(context)
    return True


async def _keep(telling: Telling, context: Context) -> None:
    report = await asyncio.to_thread(_understand, context, telling.desk.library)
    await telling.desk.journal.keep_report(telling.incident_id, telling.opening, report)


def _understand(context: Context, library: Library) -> Report:
    """What was found is told even where a bug keeps it from being understood."""
    try:
        return fit_runbooks(Report(context.lean(), analyse(context)), library)
    except Exception:
        log.exception("the analysis failed")
        gap = Gap("analysis", "failed inside the bot; its log tells more", partial=True)
        lean = replace(context.lean(), gaps=(*context.gaps, gap))
        return Report(lean, Analysis(causes=(), onset=None, facts=(), signals=()))


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
