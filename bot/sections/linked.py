"""Incidents that are told in one channel: those linked to a lead, and with whom a linked one is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.briefing import Section
from bot.domain.incident import Incident, Severity
from bot.domain.text import code, safe
from bot.domain.words import clock, count

SHOWN = 8
"""Lines; the others have their own messages in the same channel."""
_SIGNS = {Severity.SEV1: "🚨", Severity.SEV2: "🚨", Severity.SEV3: "🟠", Severity.SEV4: "🔵"}


def linked(incidents: Sequence[Incident], now: datetime) -> Section | None:
    """What is told in this channel besides, and why: what still fires first."""
    in_order = sorted(incidents, key=lambda one: one.status != "open")
    lines = [f"{_line(one, now)}" for one in in_order[:SHOWN]]
    if len(incidents) > SHOWN:
        lines.append(f"• {len(incidents) - SHOWN} more, each with its own message here")
    aside = "told here too; `/incident split` takes one out"
    return Section(tuple(lines), title="Linked", aside=aside) if lines else None


def told_with(incident: Incident, lead: Incident) -> str:
    """«🔗 told with payment-db (INC-…): payment-api depends on payment-db»."""
    where = f" in <#{lead.channel.id}>" if lead.channel else ""
    return f"🔗 told with *{safe(lead.service, 80)}* ({code(lead.id)}){where}: {because(incident)}"


def because(incident: Incident) -> str:
    """Why it is linked, and which person said so."""
    why = safe(incident.linked_because, 200) or "linked"
    return f"{why} by <@{safe(incident.linked_by, 40)}>" if incident.put_right else why


def still_firing(incidents: Sequence[Incident]) -> str:
    """«still firing here: payment-api, web»; empty where nothing is."""
    names = [safe(one.service, 60) for one in incidents if one.status == "open"]
    return f"still firing here: {', '.join(names[:SHOWN])}{' …' if len(names) > SHOWN else ''}" if names else ""


def over_sign(incident: Incident) -> str:
    """Of one that is over: all is well, or it is closed although it still fires."""
    return "🔒" if incident.firing else "✅"


def _line(incident: Incident, now: datetime) -> str:
    over = incident.status == "resolved"
    sign = over_sign(incident) if over else _SIGNS[incident.severity]
    alerts = safe(incident.title, 80)
    if len(incident.alerts) > 1:
        alerts += f" and {count(len(incident.alerts) - 1, 'alert')} more"
    since = f"since {clock(incident.reopened_at or incident.started_at, now)} UTC"
    if over and incident.resolved_at is not None:
        since = f"{'closed' if incident.ended_by_closing else 'resolved'} {clock(incident.resolved_at, now)} UTC"
    return f"{sign} *{safe(incident.service, 80)}* · {alerts} · {since} · {because(incident)} · {code(incident.id)}"
