"""Before the fourth story: what is over stays quiet, is proposed to people, is closed, and then its story is told.

What waits does so in the database: no process holds it, no crash ends it, and a storm of resolved incidents costs no
more reads than one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import structlog

from bot.closing.ask_to_close import NowhereError, close, close_with_its_lead, propose, settle
from bot.closing.desk import ClosingDesk
from bot.closing.follow_review import Deed, owed
from bot.closing.next_closing import CloseIt, Propose, Wait, WriteUp, next_closing
from bot.domain.closing import Over
from bot.ports import ChatError, JournalDown
from bot.woken import woken
from integrations.contract import RoomError

log = structlog.get_logger(__name__)

LOOK_S = 5.0
"""How often it is looked whether something that is over is due: one read of an index that is empty most of the time."""


async def keep_wrapping_up(at: ClosingDesk) -> None:
    """Runs until cancelled. `at.changed` wakes it. What waits for Slack keeps no story from being begun."""
    async with asyncio.TaskGroup() as group:
        rest: asyncio.Task[None] | None = None
        while True:
            await _tell_stories(at)
            if rest is None or rest.done():
                rest = group.create_task(_do_the_rest(at))
            await woken(at.changed, LOOK_S)


async def look(at: ClosingDesk) -> None:
    """Does what is due, once, and what follows from reviews: stories first, since what is said waits for Slack."""
    await _tell_stories(at)
    await _do_the_rest(at)


async def _tell_stories(at: ClosingDesk) -> None:
    """Begins those of what is closed, or goes on with them."""
    with _looking():
        for over in await _untold(at):
            deed = Deed(over.incident_id, f"tell {over.incident_id} {over.opening}", partial(_tell, at, over))
            await _tried(at, deed, "story")


async def _do_the_rest(at: ClosingDesk) -> None:
    """What fails keeps none of the others: it is found again."""
    with _looking():
        for asked in await at.closings.unsettled():
            what = f"settle {asked.incident_id} {asked.opening} {asked.number}"
            await _tried(at, Deed(asked.incident_id, what, partial(settle, at, asked)))
        for over in await at.closings.unwrapped():
            if deed := _next_deed(at, over):
                await _tried(at, deed)
        for deed in await owed(at):
            await _tried(at, deed)


@contextmanager
def _looking() -> Iterator[None]:
    """Without its database it looks again later."""
    try:
        yield
    except JournalDown as problem:
        log.warning("cannot look for what is over", problem=str(problem))


async def _untold(at: ClosingDesk) -> Sequence[Over]:
    """What is closed and in nobody's hand. However many wait for Slack or a model, they cost one question.

    Raises JournalDown.
    """
    closed = [over for over in await at.closings.unwrapped() if over.closed]
    told = await at.in_hand() if closed else ()
    return [over for over in closed if (over.incident_id, over.opening) not in told]


def _next_deed(at: ClosingDesk, over: Over) -> Deed | None:
    """None: it only waits, or its story is told."""
    deed = partial(Deed, over.incident_id)
    of_it = f"{over.incident_id} {over.opening}"
    match next_closing(over, at.rules, at.desk.clock.now()):
        case Wait() | WriteUp():
            return None
        case Propose() | CloseIt() if over.closed_with is not None:
            return deed(f"close {of_it}", partial(close_with_its_lead, at, over, over.closed_with))
        case Propose(number):
            return deed(f"propose {of_it} {number}", partial(propose, at, over, number))
        case CloseIt(how):
            return deed(f"close {of_it}", partial(close, at, over, how))


async def _tell(at: ClosingDesk, over: Over) -> None:
    """Goes on with the story; one that failed too often is left as it is."""
    if not await at.take_up(over.incident_id, over.opening):
        await at.closings.keep_wrapped(over.incident_id, over.opening)


async def _tried(at: ClosingDesk, deed: Deed, turn: str = "close") -> None:
    """By one replica at a time: what one says, no other says too. Raises JournalDown.

    `turn`: what of one incident may be done beside each other has turns of different names.
    What fails is tried again after a while: nobody may mend it for hours, and each try asks the database and Slack.
    """
    if not at.later.is_due(deed.what):
        return
    (outcome,) = await asyncio.gather(_alone(at, deed, turn), return_exceptions=True)
    if isinstance(outcome, JournalDown):
        raise outcome
    if not isinstance(outcome, Exception):
        at.later.done(deed.what)
    elif at.later.put_off(deed.what):
        _log(deed, outcome)


def _log(deed: Deed, problem: Exception) -> None:
    if isinstance(problem, ChatError):
        log.warning("tried again, less and less often", incident=deed.incident_id, slack=problem.code)
    elif isinstance(problem, RoomError):
        log.warning("tried again, less and less often", incident=deed.incident_id, problem=str(problem))
    elif not isinstance(problem, NowhereError):
        log.error("what is over cannot be gone on with", incident=deed.incident_id, problem=repr(problem))


async def _alone(at: ClosingDesk, deed: Deed, turn: str) -> None:
    async with at.desk.alone(f"{turn} {deed.incident_id}") as ours:
        if ours:
            await deed.act()
