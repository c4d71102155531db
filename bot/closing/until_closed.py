"""Before the fourth story: what is over stays quiet, is proposed to people, is closed, and then its story is told.

What waits does so in the database: no process holds it, no crash ends it, and a storm of resolved incidents costs one
read.
"""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from bot.closing.ask_to_close import close, close_with_its_lead, propose, settle
from bot.closing.desk import ClosingDesk
from bot.closing.follow_review import Deed, owed
from bot.closing.next_closing import CloseIt, Propose, Wait, WriteUp, next_closing
from bot.domain.closing import Over
from bot.ports import ChatError, JournalDown

log = structlog.get_logger(__name__)

LOOK_S = 5.0
"""How often it is looked whether something that is over is due: one read of an index that is empty most of the time."""


async def keep_wrapping_up(at: ClosingDesk) -> None:
    """Runs until cancelled. `at.changed` wakes it."""
    while True:
        await look(at)
        try:
            async with asyncio.timeout(LOOK_S):
                await at.changed.wait()
        except TimeoutError:
            pass
        at.changed.clear()


async def look(at: ClosingDesk) -> None:
    """Does what is due, once, and what follows from reviews. What fails keeps none of the others: it is found again."""
    try:
        for asked in await at.closings.unsettled():
            await _tried(at, asked.incident_id, partial(settle, at, asked))
        for over in sorted(await at.closings.unwrapped(), key=lambda over: not over.closed):
            await _go_on(at, over)  # stories first: they begin at once, and what is said waits for Slack
        for incident_id, act in await owed(at):
            await _tried(at, incident_id, act)
    except JournalDown as problem:
        log.warning("cannot look for what is over", problem=str(problem))


async def _go_on(at: ClosingDesk, over: Over) -> None:
    match next_closing(over, at.rules, at.desk.clock.now()):
        case Wait():
            pass
        case WriteUp():
            await _tried(at, over.incident_id, partial(_tell, at, over))
        case Propose() | CloseIt() if over.lead is not None:
            await _tried(at, over.incident_id, partial(close_with_its_lead, at, over, over.lead))
        case Propose(number):
            await _tried(at, over.incident_id, partial(propose, at, over, number))
        case CloseIt(how):
            await _tried(at, over.incident_id, partial(close, at, over, how))


async def _tell(at: ClosingDesk, over: Over) -> None:
    """Goes on with the story; one that failed too often is left as it is."""
    if not await at.take_up(over.incident_id, over.opening):
        await at.closings.keep_wrapped(over.incident_id, over.opening)


async def _tried(at: ClosingDesk, incident_id: str, act: Deed) -> None:
    """By one replica at a time: what one says, no other says too. Raises JournalDown."""
    (outcome,) = await asyncio.gather(_alone(at, incident_id, act), return_exceptions=True)
    if isinstance(outcome, JournalDown):
        raise outcome
    if isinstance(outcome, ChatError):
        log.warning("tried again shortly", incident=incident_id, slack=outcome.code)
    elif isinstance(outcome, Exception):
        log.error("what is over cannot be gone on with", incident=incident_id, problem=repr(outcome))


async def _alone(at: ClosingDesk, incident_id: str, act: Deed) -> None:
    async with at.desk.alone(f"close {incident_id}") as ours:
        if ours:
            await act()
