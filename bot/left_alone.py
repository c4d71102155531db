"""Says that a story is left alone for a while because it ends the process that tells it; each is said once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import structlog

from bot.desk import Desk
from bot.domain.briefing import Briefing
from bot.domain.left_alone import LeftAlone
from bot.domain.words import clock
from bot.insist import attempt
from bot.ports import JournalDown

log = structlog.get_logger(__name__)

STORIES = {
    "respond": "The first response to this incident",
    "answer": "An answer to a question here",
    "remediate": "A run of a runbook here",
}
OTHER = "Some of my work on this incident"


class LeaveAlone:
    """Looks at who is left alone, and tells people."""

    def __init__(self, desk: Desk, left: Callable[[], Sequence[LeftAlone]]) -> None:
        """`left`: who is left alone by this process now."""
        self._desk = desk
        self._left = left
        self._said: set[str] = set()

    async def look(self) -> None:
        """Says what was not said yet. Never raises for a database or a Slack that is away: the next look does it."""
        for one in self._left():
            if one.name not in self._said:
                log.error("story left alone: it ends its process each time", story=one.name, until=str(one.until))
                if await self._say(one):
                    self._said.add(one.name)

    async def _say(self, one: LeftAlone) -> bool:
        channel = self._desk.incidents_channel
        try:
            incident = await self._desk.journal.incident(one.incident_id) if one.incident_id else None
        except JournalDown:
            return False
        if incident is not None and incident.channel is not None:
            channel = incident.channel.id
        return channel is None or await attempt("left alone", partial(_post, self._desk, channel, one))


def words(one: LeftAlone, now: datetime) -> Briefing:
    """One line: what is left, until when, and that it holds up nothing else (pure)."""
    plain = (
        f"{STORIES.get(one.story, OTHER)} is left alone for now: it ended my process again and again. Everything else "
        f"goes on. Next try {clock(one.until, now)} UTC, then less and less often; my log tells more."
    )
    return Briefing(plain=plain, headline=f"⚠️ {plain}")


async def _post(desk: Desk, channel: str, one: LeftAlone) -> None:
    """Whoever said it may have ended before that was noted, and another process may be the one that looks by now."""
    key = f"left alone:{one.name}"
    await desk.chat.stand(channel, words(one, desk.clock.now()), key=key)
