"""What came of a call is said in the channel, beside the calls: none of them waits for Slack."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

import structlog

from bot.desk import Desk
from bot.domain.entry import Entry
from bot.insist import OUTAGE_S, attempt
from bot.life.answered import over, taken
from bot.life.compose_escalation import Call, escalated
from bot.priority import Priority, done_as

log = structlog.get_logger(__name__)


class InTurn:
    """Says one thing after the other. It ends with its group: awaited, or cancelled."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self._last: asyncio.Task[None] | None = None

    def say(self, step: Awaitable[bool]) -> None:
        """Once everything before it is said. What it raises is logged, and the calls go on."""
        self._last = self._group.create_task(_after(self._last, step))


async def _after(before: asyncio.Task[None] | None, step: Awaitable[bool]) -> None:
    if before is not None:
        await asyncio.wait((before,))
    outcome = (await asyncio.gather(step, return_exceptions=True))[0]
    if isinstance(outcome, Exception):
        log.error("could not say who was called", problem=repr(outcome))


def called_key(entry: Entry, level: int) -> str:
    """Of the entry that this level was called, for the reason that the other entry holds."""
    return f"{entry.key}:{level}"


@done_as(Priority.HEADLINE)
async def say_called(desk: Desk, entry: Entry, call: Call, after: timedelta) -> bool:
    """One message for each level, called or not to be called yet, found by its key."""
    incident = await desk.journal.incident(entry.incident_id)
    words = escalated(incident, entry.text, call, after)
    key = f"{incident.id}:{called_key(entry, call.level)}" + (":trouble" if call.again else "")

    async def stand() -> None:
        channel = incident.message.channel_id if incident.message else desk.incidents_channel
        if channel is None or await desk.chat.find(channel, key) is not None:
            return
        if not (call.again and await _settled(desk, entry, call)):
            await desk.chat.post(channel, words, key=key)

    return await attempt("escalation", stand, OUTAGE_S)


async def _settled(desk: Desk, entry: Entry, call: Call) -> bool:
    """Whether that the pager did not answer is no news any more: they were called since, or need not be."""
    if await desk.entries.keyed(entry.incident_id, called_key(entry, call.level)) is not None:
        return True
    incident = await desk.journal.incident(entry.incident_id)
    return over(incident, entry) or await taken(desk, incident, entry)
