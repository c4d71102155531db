"""One life of the process that looks, from its start to its end, as the bot sees it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from bot.domain.context import Report
from bot.looking import messages
from bot.looking.messages import Answered, Asked, Final, Glimpsed, Question

log = structlog.get_logger(__name__)

COMMAND = (sys.executable, "-m", "bot.looking")
GOODBYE_S = 3.0
"""How long it may take to end once nobody asks any more."""


class Gone(Exception):
    """The process ended before it had answered."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    glimpsed: Callable[[Report], None]
    final: asyncio.Future[Final | None]
    """None: it will never come."""


class Child:
    """A process that answers questions, several at once. Ends with us: it reads its questions from a pipe of ours."""

    def __init__(self, process: Process, questions: asyncio.StreamWriter, answers: asyncio.StreamReader) -> None:
        self._process = process
        self._questions = questions
        self._answers = answers
        self._numbers = itertools.count(1)
        self._waiting: dict[int, _Waiting] = {}
        self._told = False
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def started(cls, command: Sequence[str] = COMMAND) -> Child:
        """In a process group of its own, so that Ctrl-C in a terminal is for us alone. Raises OSError."""
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, limit=messages.LONGEST, process_group=0, env=_environment()
        )
        if process.stdin is None or process.stdout is None:
            raise OSError("no pipes")
        return cls(process, process.stdin, process.stdout)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ask(self, question: Question, glimpsed: Callable[[Report], None]) -> Final:
        """The answer; `glimpsed` gets what is known before it. Raises Gone once the end is told (`tell_the_end`)."""
        if self._told:
            raise Gone
        number, final = next(self._numbers), asyncio.get_running_loop().create_future()
        self._waiting[number] = _Waiting(glimpsed, final)
        try:
            await self._say(Asked(number, question))
            answer: Final | None = await final
        finally:
            del self._waiting[number]
        if answer is None:
            raise Gone
        return answer

    async def over(self) -> int:
        """Waits until it says nothing any more, ends it, and gives back its exit code, negative for a signal."""
        (problem,) = await asyncio.gather(asyncio.shield(self._reading), return_exceptions=True)
        if isinstance(problem, Exception):
            log.error("the process that looks cannot be understood", pid=self.pid, exc_info=problem)
        self.kill()
        return await self._process.wait()

    def tell_the_end(self) -> None:
        """Sends those away who still wait. Until then they wait, so that another process is there for them first.

        Who comes later, as one may who reached for it in this very turn of the loop, is sent away at once.
        """
        self._told = True
        for waiting in self._waiting.values():
            if not waiting.final.done():
                waiting.final.set_result(None)

    def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()

    async def close(self) -> None:
        """Asks it nothing more, whereupon it ends; it is killed where it does not."""
        self._questions.close()
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self.over()
        except TimeoutError:
            self.kill()
            await self.over()

    async def _say(self, asked: Asked) -> None:
        line = await asyncio.to_thread(messages.line, asked)
        with contextlib.suppress(ConnectionError):  # it is ending; whoever waits is told in its turn
            self._questions.write(line)
            await self._questions.drain()

    async def _read(self) -> None:
        while (answered := await messages.read(self._answers, Answered)) is not None:
            waiting = self._waiting.get(answered.number)
            if waiting is None or waiting.final.done():
                continue
            if isinstance(answered.answer, Glimpsed):
                waiting.glimpsed(answered.answer.report)
            else:
                waiting.final.set_result(answered.answer)


def _environment() -> dict[str, str]:
    """Ours, and glibc's memory in one arena: with one for each of many threads, what was freed is never given back."""
    return {"MALLOC_ARENA_MAX": "1", **os.environ}
