"""Before the fourth story: what is over stays quiet, is proposed to people, is closed, and then its story is told.

What waits does so in the database: no process holds it, no crash ends it, and a storm of resolved incidents costs one
read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import structlog

from bot.closing.ask_to_close import NowhereError, close, close_with_its_lead, propose, settle
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
            what = f"settle {asked.incident_id} {asked.opening} {asked.number}"
            await _tried(at, Deed(asked.incident_id, what, partial(settle, at, asked)))
        for over in await _to_go_on_with(at):
            if deed := _next_deed(at, over):
                await _tried(at, deed)
        for deed in await owed(at):
            await _tried(at, deed)
    except JournalDown as problem:
        log.warning("cannot look for what is over", problem=str(problem))


async def _to_go_on_with(at: ClosingDesk) -> Sequence[Over]:
    """What is over and in nobody's hand, stories first: they begin at once, and what is said waits for Slack.

    However many wait for Slack or a model, they cost one question. Raises JournalDown.
    """
    unwrapped = await at.closings.unwrapped()
    told = await at.in_hand() if any(over.closed for over in unwrapped) else ()
    left = [over for over in unwrapped if not (over.closed and (over.incident_id, over.opening) in told)]
    return sorted(left, key=lambda over: not over.closed)


def _next_deed(at: ClosingDesk, over: Over) -> Deed | None:
    """None: it only waits."""
    deed = partial(Deed, over.incident_id)
    of_it = f"{over.incident_id} {over.opening}"
    match next_closing(over, at.rules, at.desk.clock.now()):
        case Wait():
            return None
        case WriteUp():
            return deed(f"tell {of_it}", partial(_tell, at, over))
        case Propose() | CloseIt() if over.lead is not None:
            return deed(f"close {of_it}", partial(close_with_its_lead, at, over, over.lead))
        case Propose(number):
            return deed(f"propose {of_it} {number}", partial(propose, at, over, number))
        case CloseIt(how):
            return deed(f"close {of_it}", partial(close, at, over, how))


async def _tell(at: ClosingDesk, over: Over) -> None:
    """Goes on with the story; one that failed too often is left as it is."""
    if not await at.take_up(over.incident_id, over.opening):
        await at.closings.keep_wrapped(over.incident_id, over.opening)


async def _tried(at: ClosingDesk, deed: Deed) -> None:
    """By one replica at a time: what one says, no other says too. Raises JournalDown.

    What fails is tried again after a while: nobody may mend it for hours, and each try asks the database and Slack.
    """
    if not at.later.is_due(deed.what):
        return
    (outcome,) = await asyncio.gather(_alone(at, deed), return_exceptions=True)
    if isinstance(outcome, JournalDown):
        raise outcome
    if not isinstance(outcome, Exception):
        at.later.done(deed.what)
    elif at.later.put_off(deed.what):
        _log(deed, outcome)


def _log(deed: Deed, problem: Exception) -> None:
    if isinstance(problem, ChatError):
        log.warning("tried again, less and less often", incident=deed.incident_id, slack=problem.code)
    elif not isinstance(problem, NowhereError):
        log.error("what is over cannot be gone on with", incident=deed.incident_id, problem=repr(problem))


async def _alone(at: ClosingDesk, deed: Deed) -> None:
    async with at.desk.alone(f"close {deed.incident_id}") as ours:
        if ours:
            await deed.act()
