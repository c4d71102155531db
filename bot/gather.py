"""Incident to context: every source at once, each under its own limit, all under one deadline.

A source that is slow, down or refuses becomes a gap that the briefing shows. One that keeps failing to answer is
left alone for a while (`bot.rests`), so that a dead server costs the next incident nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import structlog

from bot.domain.context import Context
from bot.guard.redact import Redaction
from bot.rests import Resting, Rests
from integrations.contract import ContextSource, Gap, Look, RoomError, Scope, Unreachable

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: for one source, for all of them, and until a first briefing goes out without the slow ones."""

    source_s: float = 8.0
    deadline_s: float = 10.0
    interim_s: float = 2.0


@dataclass(frozen=True, slots=True)
class _Answer:
    source: str
    look: Look
    seconds: float
    masked: Counter[str]
    """Kinds of the secrets that were taken out of it."""


class Gathering:
    """The sources of this bot, with what is remembered between incidents of how they fared.

    `rests`: which of them are left alone; None: only what is seen here counts.
    """

    def __init__(
        self, sources: Sequence[ContextSource], off: Sequence[str], limits: Limits, rests: Rests | None = None
    ) -> None:
        self.sources = tuple(sources)
        self._off = tuple(off)
        self._limits = limits
        self._rests = rests or Rests()

    async def gather(self, scope: Scope, interim: Callable[[Context], Awaitable[None]]) -> Context:
        """Everything the sources know about the scope, redacted, within the deadline.

        `interim` gets what is there when some source is still silent after `interim_s`; it runs beside the
        waiting and is finished or cancelled before this returns.
        """
        started = time.perf_counter()
        empty = Context(scope, off=self._off)
        asked = {asyncio.create_task(self._ask(source, scope), name=source.name) for source in self.sources}
        early: asyncio.Future[None] | None = None
        try:
            _, silent = await asyncio.wait(asked, timeout=self._limits.interim_s) if asked else (asked, set())
            if silent:
                so_far = _together(empty, asked - silent, silent, time.perf_counter() - started)
                early = asyncio.ensure_future(interim(so_far))
                rest = self._limits.deadline_s - (time.perf_counter() - started)
                _, silent = await asyncio.wait(silent, timeout=max(rest, 0))
            whole = _together(empty, asked - silent, set(), time.perf_counter() - started)
            late = tuple(Gap(task.get_name(), f"no answer in {self._limits.deadline_s:g} s") for task in silent)
            return replace(whole, gaps=whole.gaps + late)
        finally:
            for task in asked:
                task.cancel()
            if early is not None:  # a courtesy: neither its failure nor its slowness may touch the real briefing
                early.cancel()
                (problem,) = await asyncio.gather(early, return_exceptions=True)
                if isinstance(problem, Exception):
                    log.warning("no early briefing", exc_info=problem)

    async def close(self) -> None:
        await asyncio.gather(*(source.close() for source in self.sources), return_exceptions=True)

    async def _ask(self, source: ContextSource, scope: Scope) -> _Answer:
        started = time.perf_counter()
        masked: Counter[str] = Counter()
        redaction = Redaction(count=lambda kind, times: masked.update({kind: times}))
        try:
            look = await self._rests.ask(source.name, partial(self._look, source, scope))
            look = await asyncio.to_thread(redaction.finding, look)
        except RoomError as error:
            look = redaction.finding(Look(gaps=(Gap(source.name, error.reason),)))
        except Resting:
            look = Look(gaps=(Gap(source.name, "left alone for a minute: no answer several times in a row"),))
        except Exception:  # at the fan-out: a bug in one source must not cost the briefing
            log.exception("source failed", source=source.name)
            look = Look(gaps=(Gap(source.name, "failed inside the bot; its log tells more"),))
        return _Answer(source.name, look, time.perf_counter() - started, masked)

    async def _look(self, source: ContextSource, scope: Scope) -> Look:
        try:
            async with asyncio.timeout(self._limits.source_s):
                return await source.look(scope)
        except TimeoutError:
            raise Unreachable(source.name, f"no answer in {self._limits.source_s:g} s") from None


def _together(
    empty: Context, done: set[asyncio.Task[_Answer]], silent: set[asyncio.Task[_Answer]], seconds: float
) -> Context:
    """The context out of what has been answered, in the order of the sources' names so that it can be repeated."""
    answers = sorted((task.result() for task in done), key=lambda answer: answer.source)
    return replace(
        empty,
        findings=tuple(finding for answer in answers for finding in answer.look.findings),
        gaps=tuple(gap for answer in answers for gap in answer.look.gaps),
        waiting=tuple(sorted(task.get_name() for task in silent)),
        took={answer.source: answer.seconds for answer in answers},
        seconds=seconds,
        masked=sum((answer.masked for answer in answers), Counter()),
    )
