"""Looks whether something was changed while an incident is open, so that it is watched whether it helped.

A deployment or a release that the sources tell of, and a run that changed something: each becomes an entry of the
record once, and its watch begins; of a run that ends in this process at once. What was entered and never begun is begun
by the next look.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.desk import Desk
from bot.domain.entry import BOT, Entry
from bot.domain.incident import Incident
from bot.domain.run import Ended, Event, Run
from bot.domain.storm import rank
from bot.life.reach import write
from bot.life.watch import key_of_outcome, look_again
from bot.ports import JournalDown
from bot.runs.action_ports import Runs
from bot.runs.progress import changed
from integrations.contract import Change

log = structlog.get_logger(__name__)

EVERY_S = 120.0
"""A rollback shows within two minutes; each look asks every source once."""
MOST = 5
"""Incidents that are looked at in one round, the most important first: in a storm the sources have enough to do."""
STALE = timedelta(hours=24)
"""An incident that is open for longer is no longer looked at: who works on it then knows what they do."""
JUST_RESOLVED = timedelta(minutes=5)

Begin = Callable[[str, int], Awaitable[object]]
"""Begins, or goes on with, the watch of an incident's entry, by its number."""


@dataclass(frozen=True, slots=True)
class Made:
    """A change as it is entered."""

    key: str
    what: str
    at: datetime


async def look_for_changes(desk: Desk, runs: Runs, begin: Begin, lasts_s: float) -> None:
    """One round. Never raises for a database that is away: the next round finds what this one missed."""
    try:
        await _begin_entered(desk, begin, lasts_s)
        for incident in await _worth_a_look(desk):
            async for made in _made(desk, runs, incident):
                await _enter(desk, incident, made, begin)
    except JournalDown as problem:
        log.warning("cannot look for changes", problem=str(problem))


async def _worth_a_look(desk: Desk) -> list[Incident]:
    """Also what was resolved a moment ago: what mended it is found after that as often as before."""
    now = desk.clock.now()
    known = await desk.journal.open_incidents(now - JUST_RESOLVED)
    return sorted((one for one in known if _is_watched(one, now)), key=rank)[:MOST]


def _is_watched(incident: Incident, now: datetime) -> bool:
    told = incident.lead is None and incident.message is not None
    over = incident.resolved_at is not None and incident.resolved_at < now - JUST_RESOLVED
    return told and not over and now - incident.last_opened_at <= STALE


async def watch_ended(desk: Desk, runs: Runs, begin: Begin, ended: asyncio.Queue[Run]) -> None:
    """Runs until cancelled. A run that ends in this process is entered, and its watch begun, at once.

    What is missed, since the database or this process goes away, is found by the next round.
    """
    while True:
        run = await ended.get()
        try:
            incident = await desk.journal.incident(run.incident_id)
            made = of_run(run, await runs.events(run.id))
            if made is not None and _is_watched(incident, desk.clock.now()):
                await _enter(desk, incident, made, begin)
        except JournalDown as problem:
            log.warning("a run is watched from the next round on", run=run.id, problem=str(problem))
        finally:
            ended.task_done()


async def _made(desk: Desk, runs: Runs, incident: Incident) -> AsyncIterator[Made]:
    for run in await runs.of_incident(incident.id):
        if made := of_run(run, await runs.events(run.id)):
            yield made
    report = await look_again(desk, incident)
    for made in of_changes(report.context.of(Change), incident.last_opened_at, desk.clock.now()):
        yield made


def of_run(run: Run, events: Iterable[Event]) -> Made | None:
    """A run that came to its end and changed something; who began it knows its check, but not what follows."""
    events = tuple(events)
    ended = next((event for event in events if isinstance(event, Ended)), None)
    if ended is None or ended.result not in ("done", "failed") or not changed(events):
        return None
    return Made(f"changed:run:{run.id}", f"Runbook {run.runbook.id} on {run.target}", ended.at)


def of_changes(changes: Iterable[Change], since: datetime, now: datetime) -> list[Made]:
    """Deployments and releases that came after the incident was opened, the oldest first."""
    found = [one for one in changes if one.what in ("deployment", "release") and since < one.at <= now]
    return [
        Made(
            f"changed:{one.what}:{one.service}:{one.version}:{one.at:%Y-%m-%dT%H:%M:%S}",
            f"{one.version} of {one.service}, {'deployed' if one.what == 'deployment' else 'released'}",
            one.at,
        )
        for one in sorted(found, key=lambda one: one.at)
    ]


async def _enter(desk: Desk, incident: Incident, made: Made, begin: Begin) -> None:
    entry = Entry(
        incident.id, made.key, desk.clock.now(), "changed", BOT, made.what, value=made.at.isoformat(timespec="seconds")
    )
    kept = await write(desk, entry)
    if kept is not None:
        log.info("watching a change", incident=incident.id, change=made.key)
        await begin(incident.id, kept.number)


async def _begin_entered(desk: Desk, begin: Begin, lasts_s: float) -> None:
    """Entries whose watch was never begun, or was left in the middle: to begin one twice begins it once."""
    since = desk.clock.now() - timedelta(seconds=lasts_s) - STALE
    made = await desk.entries.made_since(since, ("changed", "watched"))
    over = {(entry.incident_id, entry.key) for entry in made if entry.kind == "watched"}
    for entry in made:
        if entry.kind == "changed" and (entry.incident_id, key_of_outcome(entry)) not in over:
            await begin(entry.incident_id, entry.number)
