"""`/incident declare`: a person opens an incident; from there on it is like any other."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib

from bot.catalog import Catalog
from bot.command_words import NotDoneError
from bot.domain.briefing import Briefing, line
from bot.domain.entry import Entry
from bot.domain.incident import BY_HAND, DECLARED_BY, LONGEST_NAME, Incident, Severity
from bot.domain.said import Command
from bot.domain.text import code, cut, safe
from bot.life.reach import Life
from bot.life.typed import options, words
from bot.place import lead_of
from bot.ports import Taken
from integrations.contract import Alert

CHANNEL_S = 15.0
"""How long the answer waits for the incident's channel, so that it can name it."""
LOOK_S = 0.2
_USAGE = "`/incident declare checkout fails service=checkout severity=SEV1`"
_SEVERITIES = ("SEV1", "SEV2", "SEV3", "SEV4")


async def declare(life: Life, command: Command, rest: str) -> Briefing:
    """Works from any channel. The same command again opens nothing anew."""
    alert = _alert(life, command, rest)
    (taken,) = await life.take([alert])
    at, who, key = life.desk.clock.now(), command.user_id, f"declared:{alert.fingerprint}"
    incident_id = taken.incident_id
    severity = alert.severity
    await life.write(Entry(incident_id, key, at, "declared", who, alert.name, severity))
    incident, lead = await _placed(life, incident_id)
    return line(_told(incident, lead, taken) + _hint(life.desk.catalog, incident))


def _alert(life: Life, command: Command, rest: str) -> Alert:
    """Raises NotDoneError."""
    title, given = options(words(rest), ("service", "severity", "env"))
    if not title:
        raise NotDoneError(f"What happens? Such as {_USAGE}.")
    severity = given.get("severity", "").upper() or Severity.SEV3.name
    if severity not in _SEVERITIES:
        raise NotDoneError(f"{code(severity, 40)} is no severity: SEV1, the worst, to SEV4. Nothing was opened.")
    service = given.get("service") or _named_in(title, life.desk.catalog)
    in_words = {life.labels[0]: service, life.labels[1]: given.get("env", "")}
    identity = "\0".join((command.channel_id, command.user_id, command.trigger))
    return Alert(
        source=BY_HAND,
        fingerprint=hashlib.sha256(identity.encode()).hexdigest()[:32],
        name=cut(title, LONGEST_NAME),
        status="firing",
        starts_at=life.desk.clock.now(),
        severity=severity,
        summary=title,
        labels={name: value for name, value in in_words.items() if name and value},
        annotations={DECLARED_BY: command.user_id},
        dated=False,  # typed again it is the same alert, whatever the clock says by then
    )


def _named_in(title: str, catalog: Catalog) -> str:
    """The one service of SERVICES_FILE that the title speaks of; empty where none is, or several are."""
    spoken = {word.strip(".,;:!?()'\"").lower() for word in title.split()}
    found = [name for name in catalog.services if name.lower() in spoken]
    return found[0] if len(found) == 1 else ""


async def _placed(life: Life, incident_id: str) -> tuple[Incident, Incident | None]:
    """The incident and its lead, as soon as there is a channel to tell it in; as they are where that takes longer."""
    incident = await life.desk.journal.incident(incident_id)
    lead = await lead_of(life.desk, incident)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CHANNEL_S):
            while (lead or incident).channel is None:
                await asyncio.sleep(LOOK_S)
                incident = await life.desk.journal.incident(incident_id)
                lead = await lead_of(life.desk, incident)
    return incident, lead


def _where(incident: Incident, lead: Incident | None) -> str:
    if lead is None:
        return f"<#{incident.channel.id}>" if incident.channel else "a channel of its own, as soon as Slack opens it"
    name = f"{safe(lead.service, 80)} ({code(lead.id)})"
    if lead.channel is None:
        return f"the channel of {name}, as soon as Slack opens it"
    return f"<#{lead.channel.id}>, where it is told with {name}"


def _told(incident: Incident, lead: Incident | None, taken: Taken) -> str:
    where = _where(incident, lead)
    title = safe(incident.title, 120)
    service = "" if incident.service == incident.title else f"{safe(incident.service, 80)}: "
    what = f"{incident.severity.name} {service}{title}"
    match taken.effect:
        case "joined":
            return f"It joins the incident of this service that is open: {what}, in {where}."
        case "reopened":
            return f"This service's incident is open again: {what}, in {where}."
        case _:
            return f"Declared {code(incident.id)}: {what}. The briefing comes in {where}."


def _hint(catalog: Catalog, incident: Incident) -> str:
    """Without a service that is known, most sources have nothing to look at."""
    if catalog.known(incident.service) or not catalog.services:
        return ""
    known = ", ".join(code(name, 60) for name in sorted(catalog.services)[:8])
    return f" I know no service of that name and can look at little; `service=` names one, such as {known}."
