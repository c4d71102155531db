"""Where an incident is told: in its own channel, or in that of the incident it is linked to, its lead."""

from __future__ import annotations

import asyncio

from bot.desk import Desk
from bot.domain.incident import Channel, Incident

_FIRST_LOOK_S = 0.05
_LAST_LOOK_S = 1.0
"""How soon it looks again whether the lead's channel is there; each pause is twice as long as the one before."""


async def lead_of(desk: Desk, incident: Incident) -> Incident | None:
    """The incident that it is told with. Raises JournalDown."""
    return await desk.journal.incident(incident.lead) if incident.lead else None


async def company_in(desk: Desk, channel_id: str) -> tuple[Incident, ...]:
    """The incident of this channel, and behind it those that are told with it. Raises JournalDown."""
    lead = await desk.journal.in_channel(channel_id)
    return () if lead is None else (lead, *await desk.links.linked_to(lead.id))


async def home_of(desk: Desk, incident: Incident) -> Channel | None:
    """The channel where it belongs, if that is there already. Raises JournalDown."""
    lead = await lead_of(desk, incident)
    return incident.channel if lead is None else lead.channel


async def reach_home(desk: Desk, incident: Incident) -> Channel:
    """The channel where it belongs: its own is opened, a lead's is waited for. Raises ChatError, JournalDown."""
    pause = _FIRST_LOOK_S
    while (home := await home_of(desk, incident)) is None:
        if incident.lead is None:
            return await own_channel(desk, incident)
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LAST_LOOK_S)
        incident = await desk.journal.incident(incident.id)  # people may have split it off meanwhile
    return home


async def own_channel(desk: Desk, incident: Incident) -> Channel:
    """A channel of its own, opened once. Raises ChatError, JournalDown."""
    channel = await desk.chat.open_channel(desk.channel_name(incident), incident.id)
    await desk.journal.keep_channel(incident.id, channel)
    return channel
