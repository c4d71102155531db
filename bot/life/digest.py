"""Once a week the incidents channel is told how it went; the same figures are on /metrics all the time.

The record says whether a week was told already, so that it is told once, by one replica, also after a restart.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

import structlog

from bot.desk import Desk
from bot.domain.briefing import Briefing
from bot.domain.digest import Week, digest_of
from bot.insist import attempt
from bot.life.compose_digest import digest as words
from bot.ports import JournalDown
from bot.priority import Priority, done_as
from bot.questions.budget_warning import Lines

log = structlog.get_logger(__name__)

WEEK = timedelta(days=7)
LATE = timedelta(hours=24)
"""A bot that was away tells a week so much later at most; then it would be news of last week."""
EVERY_S = 120.0
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WHEN = re.compile(rf"({'|'.join(_DAYS)}) ([01]\d|2[0-3]):([0-5]\d)")


class Weeks(Protocol):
    """What the record holds of a week."""

    async def week(self, since: datetime, until: datetime) -> Week:
        """Incidents opened, alerts that came, votes and money, from `since` on and before `until`.

        An alert that fires again under the same start counts where it came first: no later week takes it from that.
        Raises JournalDown.
        """
        ...


@dataclass(frozen=True, slots=True)
class When:
    """The weekday (0: Monday) and time of day, UTC."""

    day: int
    hour: int
    minute: int

    @classmethod
    def read(cls, text: str) -> When | None:
        """«mon 08:00»; None for «off». Raises ValueError for anything else."""
        if text.strip().lower() == "off":
            return None
        found = _WHEN.fullmatch(text.strip().lower())
        if found is None:
            raise ValueError("a weekday and a time in UTC, such as `mon 08:00`, or `off`")
        return cls(_DAYS.index(found[1]), int(found[2]), int(found[3]))

    def last(self, now: datetime) -> datetime:
        """The latest such moment that is not after `now`."""
        now = now.astimezone(UTC)
        at = now.replace(hour=self.hour, minute=self.minute, second=0, microsecond=0)
        at -= timedelta(days=(now.weekday() - self.day) % 7)
        return at if at <= now else at - WEEK


async def watch_weeks(desk: Desk, weeks: Weeks, lines: Lines, when: When | None) -> None:
    """Runs until cancelled, in each replica: each has figures of its own to set."""
    while True:
        await look_at_week(desk, weeks, lines, when)
        await asyncio.sleep(EVERY_S)


async def look_at_week(desk: Desk, weeks: Weeks, lines: Lines, when: When | None) -> None:
    """One look: sets the figures of the last seven days, and tells the week that is over. Never raises for a database
    or a Slack that is away: the next look finds it again.
    """
    now = desk.clock.now()
    try:
        desk.measures.week(digest_of(await weeks.week(now - WEEK, now)))
        if when is not None and now - when.last(now) <= LATE:
            await _tell(desk, weeks, lines, when.last(now))
    except JournalDown as problem:
        log.warning("cannot look at the week", problem=str(problem))


@done_as(Priority.CHATTER)
async def _tell(desk: Desk, weeks: Weeks, lines: Lines, until: datetime) -> None:
    channel, key = desk.incidents_channel, f"digest:{until:%Y-%m-%d}"
    if channel is None or not await lines.undertake(key):
        return
    week = digest_of(await weeks.week(until - WEEK, until))
    before = digest_of(await weeks.week(until - 2 * WEEK, until - WEEK))
    if not (week.incidents or week.alerts or before.incidents or before.alerts):
        return  # there was no bot, or nothing for it to do
    if await attempt("digest", partial(_post, desk, channel, words(week, before), key)):
        await lines.said(key)


async def _post(desk: Desk, channel: str, message: Briefing, key: str) -> None:
    """Whoever undertook it before may have posted it and ended before that was noted."""
    await desk.chat.stand(channel, message, key=key)
