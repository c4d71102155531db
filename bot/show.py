"""What stands in Slack is made what the journal says: the message, the line that it is over, the notice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import structlog

from bot import compose
from bot.desk import Desk
from bot.domain.briefing import Briefing
from bot.domain.context import Report
from bot.domain.incident import Incident
from bot.insist import HOPELESS
from bot.ports import ChatError

log = structlog.get_logger(__name__)


async def show(desk: Desk, incident_id: str) -> None:
    """Edits the incident's message into what is known by now. Raises ChatError.

    Who asks for an edit while another waits for its turn is not kept from asking: the newest of them is said.
    """
    async with desk.turns[incident_id]:
        incident = await desk.journal.incident(incident_id)
        if incident.message is None:
            return
        report = await desk.journal.report(incident_id, incident.opening)
        editing = asyncio.ensure_future(desk.chat.edit(incident.message, await words(desk, incident, report)))
    await editing


async def words(desk: Desk, incident: Incident, report: Report | None) -> Briefing:
    """What the message says by now: a headline until somebody has looked, then the briefing."""
    now = desk.clock.now()
    if report is None:
        return compose.headline(incident, len(desk.looking.sources), now)
    before = await desk.journal.incident(incident.previous) if incident.previous else None
    return compose.brief(incident, report, now, before.channel if before else None)


async def bring_up_to_date(desk: Desk, incident_id: str) -> None:
    """Shows everything that the journal holds of the incident, and only then notes that it is shown.

    Whatever stops it on the way, the next call does it all again: an edit that changes nothing costs nothing, and
    the line that it is over is found by its key. What people removed is passed over, and the rest is shown.
    Raises ChatError.
    """
    revision = await desk.journal.revision(incident_id)
    await _if_it_stands(show(desk, incident_id))
    incident = await desk.journal.incident(incident_id)
    if incident.resolved_at is not None and incident.message is not None:
        await _if_it_stands(_say_that_it_is_over(desk, incident, incident.message.channel_id))
        await _if_it_stands(_update_notice(desk, incident))
        await _if_it_stands(_update_topic(desk, incident))
    await desk.journal.keep_shown(incident_id, revision)


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
    if await desk.chat.find(channel_id, key) is None:
        await desk.chat.post(channel_id, compose.resolved(incident), key=key)


async def _update_topic(desk: Desk, incident: Incident) -> None:
    """The channel's topic is what people see first: over means over."""
    if incident.channel is not None:
        report = await desk.journal.report(incident.id, incident.opening)
        await desk.chat.topic(incident.channel.id, compose.topic(incident, report))


async def _update_notice(desk: Desk, incident: Incident) -> None:
    """The incident's line in the incidents channel: its notice, or the headline that stood there before it moved."""
    if desk.incidents_channel is None:
        return
    for what in ("notice", "briefing"):
        posted = await desk.chat.find(desk.incidents_channel, f"{incident.id}:{incident.opening}:{what}")
        if posted is not None and posted != incident.message:
            await desk.chat.edit(posted, compose.notice(incident))
