"""What stands in Slack is made what the journal says: the message where it belongs, that it is over, the notice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace

import structlog

from bot import compose, sections
from bot.chores import CHORES
from bot.desk import Desk, Telling
from bot.domain.briefing import Briefing
from bot.domain.context import Report
from bot.domain.incident import Company, Incident, Posted
from bot.insist import HOPELESS
from bot.life.lifecycle import standing
from bot.new_place import told_elsewhere
from bot.place import home_of, lead_of, own_channel
from bot.ports import ChatError

log = structlog.get_logger(__name__)


async def show(desk: Desk, incident_id: str) -> None:
    """Edits the incident's message into what is known by now; where its place is gone, another is found.

    Where what was found was removed since, the message is all that tells it, and stays. Raises ChatError.
    """
    async with desk.turns[incident_id]:
        incident = await desk.journal.incident(incident_id)
        if incident.message is None:
            return
        report = await desk.journal.report(incident_id, incident.opening)
        if report is None and incident.looked_into:
            return
        told = await words(desk, incident, report)
        try:
            await desk.chat.edit(incident.message, told)
        except ChatError as problem:
            if not await told_elsewhere(desk, incident, told, problem):
                raise


async def words(desk: Desk, incident: Incident, report: Report | None) -> Briefing:
    """What the message says by now: a headline until somebody has looked, then the briefing."""
    now, company = desk.clock.now(), await company_of(desk, incident)
    if report is None:
        return await _with_standing(desk, incident, compose.headline(incident, len(desk.looking.sources), now, company))
    before = await desk.journal.incident(incident.previous) if incident.previous else None
    told = compose.brief(incident, report, now, before.channel if before else None, company)
    return await _with_standing(desk, incident, told)


async def _with_standing(desk: Desk, incident: Incident, told: Briefing) -> Briefing:
    """With the line of who has it and what was last said of it, where anything was. Raises JournalDown."""
    by_now = standing(await desk.entries.of_incident(incident.id), incident.last_opened_at)
    line = sections.standing(by_now, desk.clock.now(), over=incident.status == "resolved")
    return replace(told, headline=f"{told.headline}\n{line}") if line else told


async def company_of(desk: Desk, incident: Incident) -> Company:
    """Who is told in the same channel. Raises JournalDown."""
    return Company(await lead_of(desk, incident), await desk.links.linked_to(incident.id))


async def go_home(desk: Desk, incident_id: str, opening: int) -> bool:
    """Brings the incident's message to the channel where it belongs, or says it there for the first time.

    Where it stood before, a pointer stays behind; that comes before the record, so that whatever stops it on the way,
    the next call does it all again. Tells whether the message stands there now: not where that channel is not there
    yet, or where the incident fired again. What changes meanwhile is for `show`. Raises ChatError.
    """
    async with desk.turns[_way_home(incident_id)]:
        incident = await desk.journal.incident(incident_id)
        home, left = await home_of(desk, incident), incident.message
        if home is None or incident.opening != opening:
            return False
        if left is not None and left.channel_id == home.id:
            return True
        key = f"{incident_id}:{opening}:briefing"
        posted = await desk.chat.find(home.id, key)
        if posted is None:
            report = await desk.journal.report(incident_id, opening)
            posted = await desk.chat.post(home.id, await words(desk, incident, report), key=key)
        await _leave(desk, incident_id, opening, posted)
        return True


async def _leave(desk: Desk, incident_id: str, opening: int, new: Posted) -> None:
    """From now on the new message is the incident's, and the one before points to it."""
    async with desk.turns[incident_id]:
        incident = await desk.journal.incident(incident_id)
        if incident.opening != opening:
            return
        if incident.message is not None and incident.message != new:
            pointer = compose.moved(incident, await company_of(desk, incident))
            try:
                await desk.chat.edit(incident.message, pointer)
            except ChatError as problem:
                if problem.passing:
                    raise
                log.warning("no pointer", slack=problem.code)
        await desk.journal.keep_message(incident_id, new)


def _way_home(incident_id: str) -> str:
    return f"home {incident_id}"


async def bring_up_to_date(desk: Desk, incident_id: str) -> None:
    """Shows everything that the journal holds of the incident, and only then notes that it is shown.

    Whatever stops it on the way, the next call does it all again: an edit that changes nothing costs nothing, and
    the line that it is over is found by its key. What people removed is passed over, and the rest is shown.
    Raises ChatError.
    """
    revision = await desk.journal.revision(incident_id)
    await _if_it_stands(_bring_home(desk, await desk.journal.incident(incident_id)))
    await _if_it_stands(show(desk, incident_id))
    incident = await desk.journal.incident(incident_id)
    if incident.message is not None and await _head_may_have_changed(desk, incident):
        if incident.resolved_at is not None and incident.closed_at is None:  # the line that it is closed says it too
            await _if_it_stands(_say_that_it_is_over(desk, incident, incident.message.channel_id))
        await _if_it_stands(_update_notice(desk, incident))
        await _if_it_stands(_update_topic(desk, incident))
    await desk.journal.keep_shown(incident_id, revision)


async def _head_may_have_changed(desk: Desk, incident: Incident) -> bool:
    """Whether topic and notice may say another than they did when they were written. Raises JournalDown.

    A severity that a person set and set back is that of the first alert again, and yet not what stands there.
    """
    if incident.resolved_at is not None or incident.put_right or incident.severity_moved:
        return True
    return any(entry.kind == "severity" for entry in await desk.entries.of_incident(incident.id))


async def _bring_home(desk: Desk, incident: Incident) -> None:
    """To where it belongs by now, unless its story is about to. One that people split off gets its channel here."""
    if desk.turns[_way_home(incident.id)].locked():
        return
    home = incident.channel
    if incident.split_off and home is None:
        home = await own_channel(desk, incident)
    moved = incident.message is None or home is None or incident.message.channel_id != home.id
    if await go_home(desk, incident.id, incident.opening) and incident.split_off and moved:
        telling = Telling(desk, incident.id, incident.opening, may_stand=lambda: True)
        await asyncio.gather(*(CHORES[name](telling) for name in ("pin", "invite")))


async def _if_it_stands(showing: Awaitable[None]) -> None:
    """A message or a channel that is gone stays gone, however often one tries."""
    try:
        await showing
    except ChatError as problem:
        if problem.code not in HOPELESS:
            raise
        log.warning("nothing to bring up to date", slack=problem.code)


async def _say_that_it_is_over(desk: Desk, incident: Incident, channel_id: str) -> None:
    """One line in the channel when the last alert is resolved, once for each opening."""
    key = f"{incident.id}:{incident.opening}:resolved"
    words = compose.resolved(incident, await company_of(desk, incident))
    await desk.chat.stand(channel_id, words, key=key)


async def _update_topic(desk: Desk, incident: Incident) -> None:
    """The channel's topic is what people see first: over means over, and told elsewhere means elsewhere."""
    if incident.channel is not None:
        report = await desk.journal.report(incident.id, incident.opening)
        if report is None and incident.looked_into:
            return
        lead = await lead_of(desk, incident)
        await desk.chat.topic(incident.channel.id, compose.topic(incident, report, lead))


async def _update_notice(desk: Desk, incident: Incident) -> None:
    """The incident's line in the incidents channel: its notice, or the headline that stood there before it moved.

    Where one stands the other does not: to look for it reads that channel through for nothing.
    """
    if desk.incidents_channel is None:
        return
    for what in ("notice", "briefing"):
        posted = await desk.chat.find(desk.incidents_channel, f"{incident.id}:{incident.opening}:{what}")
        if posted is not None:
            if posted != incident.message:
                await desk.chat.edit(posted, compose.notice(incident, await company_of(desk, incident)))
            return
