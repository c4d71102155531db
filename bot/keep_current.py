"""After the briefing: whatever changes in the journal is shown in Slack, a second or two later when few change.

When many change at once, edits wait for their turn before the door to Slack, and what was to be shown first may come
after what is urgent.
An alert joins, one is resolved, all are: the journal's revision goes up, and this brings the message up to it. What
a crash left unshown is found again, because it asks the journal and not its own memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import structlog

from bot.desk import Desk
from bot.ports import ChatError, JournalDown
from bot.show import bring_up_to_date
from bot.woken import woken

log = structlog.get_logger(__name__)

TOGETHER_S = 0.5
"""Changes that come within half a second become one edit."""
AT_ONCE = 20
"""So many incidents are brought up to date beside each other: enough that one whose channel has to wait holds up no
other, few enough that webhooks have their turn."""
SOON_S = 1.0
"""How soon it looks again at what another replica is showing."""
AGAIN_S = 15.0
"""How often it looks without being woken: after a failed edit, or when another replica made the change."""


async def keep_current(desk: Desk) -> None:
    """Runs until cancelled. `desk.changed` wakes it."""
    while True:
        await woken(desk.changed, AGAIN_S)
        await asyncio.sleep(TOGETHER_S)
        await catch_up(desk)


async def catch_up(desk: Desk) -> None:
    """Shows every change that Slack does not show yet, once. What fails is found again by the next call."""
    try:
        stale, turns = await desk.journal.stale(), asyncio.Semaphore(AT_ONCE)
        showing = (_in_turn(turns, _bring_up_to_date(desk, one)) for one in stale)
        outcomes = await asyncio.gather(*showing, return_exceptions=True)
        for incident_id, outcome in zip(stale, outcomes, strict=True):
            if isinstance(outcome, Exception):
                log.error("a change could not be shown", incident=incident_id, problem=repr(outcome))
        desk.measures.open_incidents(await desk.journal.count_open())
    except JournalDown as problem:
        log.warning("cannot look for changes", problem=str(problem))


async def _in_turn(turns: asyncio.Semaphore, showing: Awaitable[None]) -> None:
    async with turns:
        await showing


async def _bring_up_to_date(desk: Desk, incident_id: str) -> None:
    """By one replica at a time: the line that it is over is said once, and the last edit says the newest."""
    try:
        async with desk.alone(f"show {incident_id}") as ours:
            if ours:
                await bring_up_to_date(desk, incident_id)
            else:  # what the other does not know of yet is shown afterwards
                asyncio.get_running_loop().call_later(SOON_S, desk.changed.set)
    except ChatError as problem:
        log.warning("the message is behind", incident=incident_id, slack=problem.code)
