"""The composition of one replica among several: its lease, its part of what Slack allows, and what only one of them
does at a time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]

from bot import schedules
from bot.desk import Desk, nobody_else
from bot.going_on import Part, go_on
from bot.left_alone import LeaveAlone
from bot.measures import Measures
from bot.ports import ChatError, JournalDown
from bot.schedules import Act, Tick
from bot.settings import Settings
from bot.slack.governor import Governor
from bot.slack.rates import NONE, PUBLISHED
from bot.state.allowances import SqlAllowances
from bot.state.begun import Begun
from bot.state.claims import Claims
from bot.state.database import Database
from bot.state.engine import STORY_VERSION, Engine
from bot.state.first_heard import FirstHeard
from bot.state.last_word import SqlLastWord
from bot.state.lease import Lease, telling

FAMILY = "slack"
"""The name before Slack's limits, in the table that several kinds of limits share."""
SLACK = 0.9
"""Of a tick's time: ticks of several replicas do not fall together, and none is to be missed for a second's sake."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Replica:
    lease: Lease
    claims: Claims
    begun: Begun

    shared: bool
    """Whether there may be others."""
    governor: Governor
    """For every call that this process makes to Slack."""
    words: SqlLastWord
    heard: FirstHeard

    @property
    def last_word(self) -> SqlLastWord | None:
        """Who changed what stands in Slack last; None where it can only be this one."""
        return self.words if self.shared else None

    @property
    def bell(self) -> Claims | None:
        return self.claims if self.shared else None

    async def first(self, message: str) -> bool:
        """Whether no other replica answers this message at once. Raises JournalDown."""
        return not self.shared or await self.heard.first(message)

    async def sure(self) -> None:
        """`Lease.sure`, for the door to Slack. Raises ChatError where nobody can tell: later it can be told."""
        try:
            await self.lease.sure()
        except JournalDown:
            raise ChatError("not_sure_of_my_lease", passing=True) from None

    @contextlib.asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[bool]:
        """Whether no other replica is at it, inside the block; what is done there is done as a story would. Raises
        JournalDown.
        """
        async with self.claims.held(name) if self.shared else nobody_else(name) as ours:
            with telling():
                yield ours

    def tick(self, engine: Engine, ticks: Sequence[Tick], desk: Desk) -> AsyncIOScheduler:
        """Starts the periodic work. Each is done by one replica where several tick: the database says by which.

        What each does for itself: to look for stories to take up, to say which it leaves alone, and to let go of what
        it claimed while the database was away.
        """
        sweep = Tick("take over", self.lease.every_s, partial(take_over, engine))
        alone = Tick("left alone", self.lease.every_s, LeaveAlone(desk, lambda: self.begun.left_alone).look)
        own = [sweep, alone, Tick("let go", self.lease.every_s, self._let_go)] if self.shared else [sweep, alone]
        return schedules.start([*own, *(replace(tick, act=self._once(tick)) for tick in ticks)])

    async def _let_go(self) -> None:
        try:
            await self.claims.let_go()
        except JournalDown as problem:
            log.warning("claims are not let go of", problem=str(problem))

    def _once(self, each: Tick) -> Act:
        async def tick() -> None:
            try:
                due = await self.claims.is_due(each.name, timedelta(seconds=each.every_s * SLACK))
            except JournalDown as problem:
                log.warning("not done this time", what=each.name, problem=str(problem))
                return
            if due:
                await each.act()

        return tick


@contextlib.asynccontextmanager
async def open_replica(settings: Settings, database: Database, measures: Measures) -> AsyncIterator[Replica]:
    """With its lease taken and renewed; given back at the end, when nothing of it runs any more. Raises JournalDown."""
    lease = Lease(database, STORY_VERSION, settings.replica_lease_s)
    await lease.take()
    keeping = asyncio.create_task(go_on(Part("lease", lease.keep), again_s=0.0))  # it begins with a pause of its own
    try:
        claims, governor = Claims(database, lease.executor_id), _governor(settings, database, measures)
        begun, me = Begun(database), f"{lease.executor_id} in Slack"
        words, heard = SqlLastWord(database, me), FirstHeard(database, me)
        yield Replica(lease, claims, begun, database.shared, governor, words, heard)
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        with contextlib.suppress(JournalDown):  # then it runs out
            await lease.give_back()


def _governor(settings: Settings, database: Database, measures: Measures) -> Governor:
    if settings.slack_limits == "none":
        return Governor(NONE, measures=measures)
    return Governor(PUBLISHED, SqlAllowances(database, FAMILY) if database.shared else None, measures)


async def take_over(engine: Engine) -> None:
    """Stories of processes that are gone; what cannot be looked at now is looked at by the next tick."""
    try:
        await engine.take_over()
    except JournalDown as problem:
        log.warning("cannot look for stories to take up", problem=str(problem))
