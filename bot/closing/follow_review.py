"""What follows from what people said of the past: memories are corrected, what stands is put right.

Whatever that is was committed with what they said, so that it is found again here after a crash.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from bot.closing.desk import ClosingDesk, Wrapping
from bot.closing.put_runbook import put_accepted
from bot.closing.write_up import stand_anew
from bot.domain.memory import Learnt, opening_of
from bot.insist import HOPELESS
from bot.memory.archive import Archive
from bot.memory.remember import remember
from bot.ports import ChatError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something to be done of an incident. It may be repeated."""

    incident_id: str
    what: str
    """Tells it apart from all others, also of the same incident."""
    act: Callable[[], Awaitable[object]]


async def owed(at: ClosingDesk) -> Sequence[Deed]:
    """What is still to be done. Raises JournalDown."""
    archive = at.archive
    if archive is None or archive.owed is None:
        return ()
    memories = await archive.owed.memories()
    decisions = await archive.owed.decisions()
    return (
        *(
            Deed(one, f"remember {one} {opening}", partial(remember, archive, one, opening))
            for one, opening in memories
        ),
        *(Deed(one.incident_id, f"follow {one.id}", partial(_follow, at, archive, one)) for one in decisions),
    )


async def _follow(at: ClosingDesk, archive: Archive, one: Learnt) -> None:
    """What Slack refuses for good is let be. Raises ChatError, RoomError, JournalDown: then it stays owed."""
    if archive.owed is None:
        return
    opening = opening_of(one.id.removeprefix(f"{one.kind}:"), one.incident_id)
    wrapping = Wrapping(at, one.incident_id, opening)
    try:
        await (put_accepted(wrapping, one) if one.kind == "runbook" else stand_anew(wrapping))
    except ChatError as problem:
        if problem.code not in HOPELESS:
            raise
        log.warning("a decision is not shown", incident=one.incident_id, learnt=one.id, slack=problem.code)
    await archive.owed.done(one.id)
