"""After the briefing: whatever changes in the journal is shown in Slack, a second or two later when few change.

When many change at once, edits keep Slack's pace, and the last of thirty comes about half a minute late.
An alert joins, one is resolved, all are: the journal's revision goes up, and this brings the message up to it. What
a crash left unshown is found again, because it asks the journal and not its own memory.
"""

from __future__ import annotations

import asyncio

import structlog

from bot.desk import Desk
from bot.ports import ChatError, JournalDown
from bot.show import bring_up_to_date

log = structlog.get_logger(__name__)

TOGETHER_S = 0.5
"""Changes that come within half a second become one edit."""
AT_ONCE = 5
PACE_S = 1.2
"""Slack takes 50 edits a minute (tier 3, docs.slack.dev/apis/web-api/rate-limits): after each few we wait as long as
that lasts, so that in a storm of alerts the new headlines and briefings find room, and webhooks their turn."""
SOON_S = 1.0
"""How soon it looks again at what another replica is showing."""
AGAIN_S = 15.0
"""How often it looks without being woken: after a failed edit, or when another replica made the change."""


async def keep_current(desk: Desk) -> None:
    """Runs until cancelled. `desk.changed` wakes it."""
    while True:
        try:
            async with asyncio.timeout(AGAIN_S):
                await desk.changed.wait()
        except TimeoutError:
            pass
        desk.changed.clear()
        await asyncio.sleep(TOGETHER_S)
        await catch_up(desk)


async def catch_up(desk: Desk) -> None:
    """Shows every change that Slack does not show yet, once. What fails is found again by the next call."""
    try:
        stale = await desk.journal.stale()
        for few in (stale[at : at + AT_ONCE] for at in range(0, len(stale), AT_ONCE)):
            outcomes = await asyncio.gather(*(_bring_up_to_date(desk, one) for one in few), return_exceptions=True)
            for incident_id, outcome in zip(few, outcomes, strict=True):
                if isinstance(outcome, Exception):
                    log.error("a change could not be shown", incident=incident_id, problem=repr(outcome))
            await asyncio.sleep(PACE_S * (len(few) - 1))
        desk.measures.open_incidents(await desk.journal.count_open())
    except JournalDown as problem:
        log.warning("cannot look for changes", problem=str(problem))


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
