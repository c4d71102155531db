"""A reaction counts once: what cannot be weighed just now is tried again, and nobody's is lost without a word."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import stamina
import structlog

from bot.command_words import NotDoneError, OnReacted, UncountedError
from bot.domain.briefing import Briefing, line
from bot.domain.said import Reacted
from bot.insist import OUTAGE_S
from bot.ports import ChatError, JournalDown

log = structlog.get_logger(__name__)

SOON_S = 60.0
"""After that whoever reacted is told that it does not count: they can do it again, and may wait for it."""

Whisper = Callable[[str, str, Briefing], Awaitable[None]]
"""To one person in a channel. Raises ChatError."""


async def hear(part: OnReacted, reacted: Reacted, whisper: Whisper) -> None:
    """One part hears of it, until it could weigh it; a part that fails over it holds up no other.

    Without the database it is not even known whether the reaction is one that counts, so nobody is told of that.
    """
    try:
        async for tried in stamina.retry_context(on=JournalDown, attempts=None, timeout=OUTAGE_S, wait_max=10.0):
            with tried:
                await _weighed(part, reacted)
    except UncountedError as problem:
        log.warning("a reaction went by", problem=str(problem))
        await _tell(reacted, str(problem), whisper)
    except (NotDoneError, JournalDown) as problem:
        log.warning("a reaction went by", problem=str(problem))
    except Exception:
        log.exception("a reaction went by: the fault is mine")


async def _weighed(part: OnReacted, reacted: Reacted) -> None:
    async for tried in stamina.retry_context(on=UncountedError, attempts=None, timeout=SOON_S, wait_max=10.0):
        with tried:
            await part(reacted)


async def _tell(reacted: Reacted, why: str, whisper: Whisper) -> None:
    emoji = f":{reacted.emoji}:"
    told = f"Your {emoji} does not count: {why}. Take it off and set it again."
    if not reacted.added:
        told = f"Your {emoji} may still count, though you took it off: {why}. Set it and take it off again."
    try:
        await whisper(reacted.message.channel_id, reacted.user_id, line(told))
    except ChatError as problem:
        log.warning("could not be told", slack=problem.code)
