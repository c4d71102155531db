"""What people must see of an incident's record is said in its channel, once, whatever ends in between.

A status, a lead given to another, a handoff, a reminder: each is committed first and said afterwards, by whichever
replica comes to it. A message is found by its entry's key, so that saying it again says nothing twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import structlog

from bot import sections
from bot.domain.briefing import Briefing
from bot.domain.entry import BOT, Entry, Kind
from bot.domain.incident import Incident
from bot.domain.text import safe
from bot.insist import HOPELESS
from bot.life import compose_handoff, compose_status
from bot.life.lifecycle import ask_at, last_word
from bot.life.reach import Life
from bot.life.verbs.look_back import record_of
from bot.life.verbs.say import drafted, in_customers_words
from bot.ports import ChatError, JournalDown
from bot.priority import Priority, done_as
from bot.side_by_side import SideBySide
from bot.woken import woken

log = structlog.get_logger(__name__)

AGAIN_S = 15.0
"""How often it looks without being woken: for reminders, and for what could not be said before."""
AT_ONCE = 20
"""Of so many incidents it speaks side by side, so that a channel that has to wait holds up no other."""
NEWS = timedelta(days=1)
"""What could not be said for a day is no news any more; it stands in the timeline."""
KINDS: tuple[Kind, ...] = ("status", "lead", "handoff", "reminded")


async def tell_entries(life: Life) -> None:
    """Runs until cancelled, and begins with what was left at the last end. `desk.written` wakes it."""
    async with asyncio.TaskGroup() as group:
        telling = _telling(life, group)
        while True:
            try:
                await remind(life)
                telling.go_on(await _to_tell_of(life))
            except JournalDown as problem:
                log.warning("cannot look for what is to be told", problem=str(problem))
            await woken(life.desk.written, AGAIN_S)


async def tell(life: Life) -> None:
    """Says everything that is not said yet. What fails is found again by the next call. Raises JournalDown."""
    wanted = await _to_tell_of(life)
    async with asyncio.TaskGroup() as group:
        _telling(life, group).go_on(wanted)


def _telling(life: Life, group: asyncio.TaskGroup) -> SideBySide:
    return SideBySide(group, AT_ONCE, partial(_tell_of, life), again=life.desk.written)


async def _untold(life: Life, incident_id: str | None = None) -> Sequence[Entry]:
    return await life.outbox.untold("channel", KINDS, life.desk.clock.now() - NEWS, incident_id)


async def _to_tell_of(life: Life) -> Sequence[str]:
    """Incidents of which something is not said yet. Raises JournalDown."""
    return list(dict.fromkeys(entry.incident_id for entry in await _untold(life)))


@done_as(Priority.ANSWER)
async def _tell_of(life: Life, incident_id: str) -> bool:
    """As it was recorded, by one replica at a time; whether all of it is said."""
    try:
        async with life.desk.alone(f"tell {incident_id}") as ours:
            entries = await _untold(life, incident_id) if ours else ()
            return ours and all([await _said(life, entry) for entry in entries])
    except JournalDown as problem:
        log.warning("cannot say what is to be told", incident=incident_id, problem=str(problem))
        return False


async def _said(life: Life, entry: Entry) -> bool:
    """What cannot be said now holds up nothing behind it. Raises JournalDown."""
    try:
        await _tell(life, entry)
    except ChatError as problem:
        log.warning("not said yet", incident=entry.incident_id, kind=entry.kind, slack=problem.code)
        return False
    return True


async def _tell(life: Life, entry: Entry) -> None:
    """Raises ChatError where trying again may help."""
    incident, key = await life.desk.journal.incident(entry.incident_id), f"entry:{entry.incident_id}:{entry.number}"
    place = incident.message.channel_id if incident.message else incident.channel.id if incident.channel else ""
    if not place:  # it gets one, and then it is said
        return
    refused = ""
    words = await _words(life, incident, entry)
    try:
        if words is not None:
            await life.desk.chat.stand(place, words, key=key)
    except ChatError as problem:
        if problem.code not in HOPELESS:
            raise
        refused = problem.code
    await life.outbox.keep_told(entry, "channel", life.desk.clock.now(), refused)


async def _words(life: Life, incident: Incident, entry: Entry) -> Briefing | None:
    """None: nobody has to see it, the briefing's head says it."""
    now = life.desk.clock.now()
    match entry.kind:
        case "status":
            return compose_status.said(entry, now)
        case "handoff":
            return compose_handoff.handoff(await record_of(life, incident), entry, now)
        case "reminded":
            before = [one for one in await life.desk.entries.of_incident(incident.id) if one.number < entry.number]
            silent = entry.at - last_word(incident, before)
            outside = await in_customers_words(life, incident, entry.value, entry.due)
            return compose_status.asking(entry, await _whom(life, incident), silent, outside)
        case "lead" if entry.value != entry.who:
            why = f": {safe(entry.text, 600)}" if entry.text else "."
            text = f"{sections.who(entry.value)} leads this incident now, says {sections.who(entry.who)}{why}"
            return Briefing(plain="A new lead", headline=text)
        case _:
            return None


async def _whom(life: Life, incident: Incident) -> str:
    """Who is asked: the lead, else whoever acknowledged; nobody where that was not in Slack."""
    now = await life.standing(incident)
    who = now.lead.value if now.lead else now.acknowledged.who if now.acknowledged else ""
    return who if sections.who(who).startswith("<@") else ""


async def remind(life: Life) -> None:
    """Asks for a status where one is due: once for each time it is due, whichever replica sees it first.

    Incidents that are told with another have no status of their own. Raises JournalDown.
    """
    entries = await life.desk.entries.of_open()
    for incident in await life.desk.journal.open_incidents():
        if incident.lead is None and incident.channel is not None:
            await _remind(life, incident, entries.get(incident.id, ()))


async def _remind(life: Life, incident: Incident, entries: Sequence[Entry]) -> None:
    now, pace = life.desk.clock.now(), life.pace.of(incident.severity)
    due = ask_at(incident, entries, pace)
    if due is None or due > now:
        return
    draft = await drafted(life, incident)
    key = f"reminded:{incident.opening}:{due.isoformat()}"
    await life.write(Entry(incident.id, key, now, "reminded", BOT, draft.text, draft.state, due=now + pace))
