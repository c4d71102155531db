"""After the briefing: whatever changes in the journal is shown in Slack, a second or two later when few change.

When many change at once, edits wait for their turn before the door to Slack, and what was to be shown first may come
after what is urgent.
An alert joins, one is resolved, all are: the journal's revision goes up, and this brings the message up to it. What
a crash left unshown is found again, because it asks the journal and not its own memory.
"""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from bot.desk import Desk
from bot.ports import ChatError, JournalDown
from bot.show import bring_up_to_date
from bot.side_by_side import SideBySide
from bot.woken import woken

log = structlog.get_logger(__name__)

TOGETHER_S = 0.5
"""Changes that come within half a second become one edit."""
AT_ONCE = 20
"""So many incidents are brought up to date beside each other, few enough that webhooks have their turn. One whose
channel has to wait holds up no other; where all have to, what fires and is most severe goes next."""
SOON_S = 1.0
"""How soon it looks again at what another replica is showing."""
AGAIN_S = 15.0
"""How often it looks without being woken: after a failed edit, or when another replica made the change."""


async def keep_current(desk: Desk) -> None:
    """Runs until cancelled. `desk.changed` wakes it, also while others are still being shown."""
    async with asyncio.TaskGroup() as group:
        showing = _showing(desk, group)
        while True:
            await woken(desk.changed, AGAIN_S)
            await asyncio.sleep(TOGETHER_S)
            await _look(desk, showing)


async def catch_up(desk: Desk) -> None:
    """Shows every change that Slack does not show yet, once. What fails is found again by the next call."""
    async with asyncio.TaskGroup() as group:
        await _look(desk, _showing(desk, group))


def _showing(desk: Desk, group: asyncio.TaskGroup) -> SideBySide:
    return SideBySide(group, AT_ONCE, partial(_bring_up_to_date, desk), again=desk.changed)


async def _look(desk: Desk, showing: SideBySide) -> None:
    """Begins with what is not being shown yet."""
    try:
        showing.go_on(await desk.journal.stale())
        desk.measures.open_incidents(await desk.journal.count_open())
    except JournalDown as problem:
        log.warning("cannot look for changes", problem=str(problem))


async def _bring_up_to_date(desk: Desk, incident_id: str) -> bool:
    """By one replica at a time: the line that it is over is said once, and the last edit says the newest.

    Whether it was done.
    """
    try:
        async with desk.alone(f"show {incident_id}") as ours:
            if ours:
                await bring_up_to_date(desk, incident_id)
            else:  # what the other does not know of yet is shown afterwards
                asyncio.get_running_loop().call_later(SOON_S, desk.changed.set)
            return ours
    except ChatError as problem:
        log.warning("the message is behind", incident=incident_id, slack=problem.code)
        return False
