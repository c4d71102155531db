"""Looks made by a process of their own: kept alive, asked, and replaced where it dies."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog

from bot.domain.analysis import NOTHING_KNOWN
from bot.domain.context import Context, Report
from bot.domain.incident import Incident
from bot.looking.child import COMMAND, Child, Gone
from bot.looking.messages import Draw, Drawn, Final, LookInto, NotUsed, Question, Seen, Used, UseTool
from bot.looking.toolbox import NAME
from integrations.contract import Gap, Scope, ToolAnswer, ToolSpec, Unreachable

log = structlog.get_logger(__name__)

AT_ONCE = 12
"""So many questions are asked at once, the others wait their turn: with more, each would only be slower."""
TOOLS_AT_ONCE = 8
"""So many uses of tools. They take no turns from looks: talk in one channel must not hold up another's briefing."""
TRIES = 2
"""A question in whose time the process died is asked once more; a second death may well be the question's doing."""
START_S = 5.0
"""How long a question waits for a process to ask."""
SHORT_LIFE_S = 30.0
LONGEST_REST_S = 30.0
"""Where one process after the other dies young, the next is started after 1, 2, 4 … 30 seconds."""


class Apart:
    """`bot.ports.Looking` by one child process. Whatever becomes of it, every look ends in a report."""

    def __init__(
        self,
        sources: Sequence[str],
        off: Sequence[str],
        limit_s: float,
        command: Sequence[str] = COMMAND,
        tools: Sequence[ToolSpec] = (),
    ) -> None:
        """`off` are the sources that are not configured. An answer that takes longer than `limit_s` never comes.

        `tools`: what the process will offer, known here without asking it.
        """
        self.sources = tuple(sources)
        self.tools = tuple(tools)
        self._off = tuple(off)
        self._limit_s = limit_s
        self._command = command
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._tool_turns = asyncio.Semaphore(TOOLS_AT_ONCE)
        self._child: asyncio.Future[Child] = asyncio.get_running_loop().create_future()
        self._keeping: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Starts the process; it need not be there yet for a question to be asked."""
        self._keeping = asyncio.create_task(self._keep_alive())

    async def look(self, scope: Scope, first_impression: Callable[[Report], Awaitable[None]]) -> Report:
        early: list[asyncio.Task[None]] = []

        def glimpsed(report: Report) -> None:
            early.append(asyncio.ensure_future(first_impression(report)))

        try:
            answer = await self._ask(LookInto(scope), self._turns, glimpsed)
        finally:
            await _end(early)
        return answer.report if isinstance(answer, Seen) else self._blind(scope)

    async def draw(self, report: Report, incident: Incident) -> bytes | None:
        answer = await self._ask(Draw(report, incident), self._turns)
        return answer.png if isinstance(answer, Drawn) else None

    async def use(self, tool: str, arguments: Mapping[str, Any], scope: Scope) -> ToolAnswer:
        answer = await self._ask(UseTool(tool, arguments, scope), self._tool_turns)
        if isinstance(answer, Used):
            return answer.answer
        if isinstance(answer, NotUsed):
            raise answer.error
        raise Unreachable(NAME, "failed inside the bot; its log tells more")

    async def close(self) -> None:
        """Ends the process."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        if self._child.done():
            await self._child.result().close()

    async def _ask(
        self, question: Question, turns: asyncio.Semaphore, glimpsed: Callable[[Report], None] = lambda _: None
    ) -> Final | None:
        """The answer; None where there is no process to ask, or question and process ended together twice."""
        async with turns:
            for _ in range(TRIES):
                try:
                    async with asyncio.timeout(START_S):
                        child = await asyncio.shield(self._child)
                except TimeoutError:
                    log.warning("there is no process that looks", question=question.kind)
                    return None
                with contextlib.suppress(Gone):
                    return await self._ask_this(child, question, glimpsed)
                log.warning("the process that looks ended meanwhile", question=question.kind)
        return None

    async def _ask_this(self, child: Child, question: Question, glimpsed: Callable[[Report], None]) -> Final:
        asking = asyncio.create_task(child.ask(question, glimpsed))
        try:
            _, standing_still = await asyncio.wait({asking}, timeout=self._limit_s)
            if standing_still:
                log.warning("the process that looks stands still; it is replaced", pid=child.pid)
                child.kill()
            return await asking
        finally:
            asking.cancel()

    async def _keep_alive(self) -> None:
        rest_s = 0.0
        while True:
            began = time.monotonic()
            try:
                child = await Child.started(self._command)
            except OSError:
                log.exception("the process that looks cannot be started")
            else:
                self._child.set_result(child)
                code = await child.over()
                log.error("the process that looks has ended; another is started", pid=child.pid, code=code)
                self._child = asyncio.get_running_loop().create_future()
                child.tell_the_end()
            young = time.monotonic() - began < SHORT_LIFE_S
            await asyncio.sleep(rest_s if young else 0.0)
            rest_s = min(max(2 * rest_s, 1.0), LONGEST_REST_S) if young else 0.0

    def _blind(self, scope: Scope) -> Report:
        gaps = tuple(Gap(source, "failed inside the bot; its log tells more") for source in self.sources)
        return Report(Context(scope, gaps=gaps, off=self._off), NOTHING_KNOWN)


async def _end(early: Sequence[asyncio.Task[None]]) -> None:
    """A courtesy: neither its failure nor its slowness may touch the whole report."""
    for task in early:
        task.cancel()
    for problem in await asyncio.gather(*early, return_exceptions=True):
        if isinstance(problem, Exception):
            log.warning("no early briefing", exc_info=problem)
