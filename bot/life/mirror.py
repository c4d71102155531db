"""An incident that stands in two places says the same in both: what is done here is done there, and the other way.

Each way each thing is done once, and nothing comes back as an echo: what was heard from there is not told there, and
what was told there is known by its mark, or finds the record saying so already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import structlog

from bot.domain.entry import BOT, Entry, Kind
from bot.domain.incident import Incident
from bot.life.entry_ports import Place
from bot.life.lifecycle import Standing, acknowledging, standing, taking_back
from bot.life.reach import Life
from bot.ports import JournalDown
from bot.woken import woken
from integrations.contract import Act, RoomError, Unreachable

log = structlog.get_logger(__name__)

AGAIN_S = 15.0
"""How often it looks without being woken: for what could not be told while the other place was away."""
NEWS = timedelta(days=1)
"""What could not be told for a day is left."""
_PAUSE_S = 0.5
"""After being woken: several things at once are told in one go."""


class Mirror(Protocol):
    """The other place that an incident stands in."""

    source: str
    """Whose alerts stand there too, as in `Alert.source`."""
    place: Place
    kinds: tuple[Kind, ...]
    """What is told there, by the settings."""

    async def called(self, incident: Incident) -> str | None:
        """Of what the bot had people called by there, in the present opening, the id. Raises RoomError."""
        ...

    async def tell(self, fingerprint: str, entry: Entry) -> None:
        """Does there what was done here; `entry.who` is a name. May be asked again: it finds what it did.

        Raises RoomError.
        """
        ...


async def reflect(life: Life, mirror: Mirror | None) -> None:
    """Runs until cancelled, and begins with what was left at the last end; ends at once where nothing is to be told.

    `desk.written_elsewhere` wakes it.
    """
    while mirror is not None:
        try:
            await tell_there(life, mirror)
        except JournalDown as problem:
            log.warning("cannot look for what is to be told elsewhere", problem=str(problem))
        if await woken(life.desk.written_elsewhere, AGAIN_S):
            await asyncio.sleep(_PAUSE_S)


async def tell_there(life: Life, mirror: Mirror) -> None:
    """Tells everything that is not told yet, in order; what it cannot tell now is told by the next call.

    Raises JournalDown.
    """
    since = life.desk.clock.now() - NEWS
    for entry in await life.outbox.untold(mirror.place, mirror.kinds, since):
        try:
            async with life.desk.alone(f"mirror {entry.incident_id}") as ours:
                if ours:
                    refused = await _tell(life, mirror, entry)
                    await life.outbox.keep_told(entry, mirror.place, life.desk.clock.now(), refused)
        except Unreachable as problem:  # whatever comes after it would wait as long, and for nothing
            log.warning("not told yet", place=mirror.place, incident=entry.incident_id, problem=str(problem))
            return


async def _tell(life: Life, mirror: Mirror, entry: Entry) -> str:
    """Why it was refused for good; empty where it was told, or where there is nothing to tell. Raises Unreachable."""
    if entry.who.startswith(f"{mirror.source}:"):
        return ""
    incident = await life.desk.journal.incident(entry.incident_id)
    now = await life.standing(incident)
    if _overtaken(entry, incident, now):
        return ""
    try:
        for fingerprint in await _known_there(life, mirror, incident, now, entry):
            name = "first-responder" if entry.who == BOT else await life.people.name(entry.who) or "somebody"
            await mirror.tell(fingerprint, replace(entry, who=name))
    except Unreachable:
        raise
    except RoomError as problem:
        log.warning("not told", place=mirror.place, incident=entry.incident_id, problem=str(problem))
        return problem.reason
    return ""


def _overtaken(entry: Entry, incident: Incident, now: Standing) -> bool:
    """Whether it counts no more: told there now, it would pass for an answer, or silence what fires by now."""
    match entry.kind:
        case "acknowledged":  # taken back, or a call came after it
            return now.taken is None or now.taken.number != entry.number
        case "resolved" | "closed":  # opened again since; two replicas' clocks differ, so that both are asked
            return incident.status == "open" or entry.at < incident.last_opened_at
        case _:
            return False


async def _known_there(life: Life, mirror: Mirror, incident: Incident, now: Standing, entry: Entry) -> Iterable[str]:
    """Its alerts by then: what fired later was not meant. And what people were called by before this was done.

    That would go on to call them. Raises RoomError, JournalDown.
    """
    known = dict.fromkeys(await life.outbox.fired_by(incident.id, mirror.source, entry.at))
    if now.called is not None and entry.number > now.called.number and (ours := await mirror.called(incident)):
        known[ours] = None
    return known


def heard_there(life: Life) -> Callable[[Sequence[Act]], Awaitable[None]]:
    """Commits what people did at a sender's, before it is answered. Raises JournalDown."""

    async def take(acts: Sequence[Act]) -> None:
        for act in acts:
            await _take(life, act)

    return take


async def _take(life: Life, act: Act) -> None:
    incident_id = await life.desk.entries.of_alert(act.source, act.fingerprint)
    if incident_id is None:
        log.info("nothing is known of what was done elsewhere", source=act.source, kind=act.kind)
        return
    for entry in await _entries(life, incident_id, act):
        await life.write(entry)


async def _entries(life: Life, incident_id: str, act: Act) -> Sequence[Entry]:
    """None of them: the record says so already, or what it would take back came from here."""
    incident = await life.desk.journal.incident(incident_id)
    who, at = (
        f"{act.source}:{act.who}",
        max(act.at, incident.last_opened_at),
    )  # another clock, and perhaps before we knew
    entry = Entry(incident_id, f"{act.source}:{act.id}", at, act.kind, who, act.text, link=act.url or "")
    match act.kind:
        case "acknowledged":
            known = await life.desk.entries.of_incident(incident_id)
            if standing(known, incident.last_opened_at).taken is not None:
                return ()
            return (replace(entry, key=acknowledging(incident, known, at), text=""),)
        case "unacknowledged":
            known = (await life.standing(incident)).acknowledgements
            theirs = [one for one in known if one.who.startswith(f"{act.source}:") and one.at <= at]
            return [Entry(incident_id, taking_back(one), at, act.kind, who) for one in theirs]
        case "resolved":  # one of several alerts is over: that is told by the alert itself
            return (entry,) if incident.status == "resolved" else ()
        case _:
            return (entry,)
