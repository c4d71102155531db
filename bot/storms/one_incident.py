"""A storm, seen by one incident: the table it stands in for now, and its turn for a channel of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import structlog

from bot.desk import Desk, Telling
from bot.domain.incident import Channel, Incident, Posted
from bot.domain.names import channel_name
from bot.domain.storm import Storm, rank
from bot.insist import insist
from bot.ports import ChatError
from bot.storms import compose_storm
from bot.storms.ports import Storms

log = structlog.get_logger(__name__)

SOON_S = 0.5
"""How soon it is looked again whether another replica has put the table there."""


async def table_of(desk: Desk, incident: Incident) -> Posted | None:
    """The table that tells of this incident for now; None where it is told by itself, or no table can stand."""
    if desk.storms is None or incident.storm is None or incident.channel is not None:
        return None
    storm = await desk.storms.storm(incident.storm)
    if storm.ended_at is not None:
        return None
    try:
        return storm.message or await _opened(desk, desk.storms, storm.id)
    except ChatError as problem:  # it can be said nowhere: then each for itself
        log.warning("a storm without a table", storm=storm.id, slack=problem.code)
        return None


async def stands_in_table(desk: Desk, incident: Incident, said: Posted) -> bool:
    """Whether what was said of the incident is the table of its storm."""
    if desk.storms is None or incident.storm is None:
        return False
    return (await desk.storms.storm(incident.storm)).message == said


@asynccontextmanager
async def turn_for_a_channel(telling: Telling) -> AsyncIterator[bool]:
    """Waits for this incident's turn: severity, leads, most alerts. False where it needs no channel any more: it is
    over, and so is all that is told with it.
    """
    desk, incident = telling.desk, await telling.incident()
    async with desk.channels.turn(incident.id, rank(incident)):
        incident = await telling.incident()
        together = (incident, *await desk.links.linked_to(incident.id))
        yield incident.opening == telling.opening and any(one.status == "open" for one in together)
    desk.stormy.set()


async def _opened(desk: Desk, storms: Storms, storm_id: str) -> Posted:
    """The table, put there by whichever story and replica comes first. Raises ChatError."""
    async with desk.turns[storm_id]:
        while True:
            storm = await storms.storm(storm_id)
            if storm.message is not None:
                return storm.message
            async with desk.alone(f"storm {storm_id}") as ours:
                if ours:
                    return await insist(partial(_open, desk, storms, storm_id))
            await asyncio.sleep(SOON_S)


async def _open(desk: Desk, storms: Storms, storm_id: str) -> Posted:
    """Each part is looked for first: whoever tried before may have died right after it."""
    storm = await storms.storm(storm_id)
    channel = storm.channel or await _channel(desk, storms, storm)
    key = f"{storm_id}:table"
    table = await desk.chat.find(channel.id, key)
    if table is None:
        rows = await storms.rows(storm_id)
        table = await desk.chat.post(channel.id, compose_storm.table(storm, rows, desk.clock.now()), key=key)
        await storms.keep_said(compose_storm.first(rows), desk.clock.now())
    await storms.keep_table(storm_id, table)
    desk.stormy.set()
    log.warning("a storm", storm=storm_id, channel=channel.name)
    return table


async def _channel(desk: Desk, storms: Storms, storm: Storm) -> Channel:
    """Its own; where Slack gives none in time, the incidents channel. Kept before anything is said there."""
    asked = partial(desk.chat.open_channel, channel_name("storm", storm.began_at), storm.id)
    try:
        async with asyncio.timeout(desk.channel_timeout_s):
            channel = await asked()
    except (ChatError, TimeoutError) as problem:
        log.warning("no channel for the storm", problem=str(problem) or "no answer in time")
        if desk.incidents_channel is None:
            channel = await insist(asked)
        else:
            channel = Channel(desk.incidents_channel, "")
    await storms.keep_channel(storm.id, channel)
    return channel
