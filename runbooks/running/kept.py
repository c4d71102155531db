"""The bot's side of a keeper: starts it, reads what the step writes, asks for its end, hears what became of it."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runbooks.running.output import Kept

MOST_READ = 64 << 20
"""Bytes that a step may write in all; one that writes more is ended."""
_KEEPER = Path(__file__).with_name("keeper.py")
_SLACK_S = 15.0
"""What a keeper may take longer than its step before it is ended itself."""
_LAST_WORDS_S = 1.0
"""For what is still in the pipes when every process of the step has ended."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a keeper is told. Holds secrets: it goes through a socket and not on a command line."""

    file: str
    """What is started."""
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    folder: str
    """Where it stands."""
    place: str
    """What the keeper removes when the bot is gone."""
    program: int
    """Descriptor of the approved file."""
    sandboxed: bool
    timeout_s: float

    @property
    def line(self) -> bytes:
        return json.dumps({name: getattr(self, name) for name in self.__slots__}).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a step."""

    why: str
    """ended, timeout, crowd, refused; stopped or flood when the bot asked; lost when the keeper itself was killed."""
    seconds: float = 0.0
    status: int | None = None
    """Exit code; below 0 the number of the signal that ended it."""
    errno: int = 0
    left: int = 0
    """Processes that it left behind, and that were ended."""
    alive: int = 0
    """Processes that could not be ended."""


async def keep(order: Order, halt: asyncio.Event, out: Kept, err: Kept) -> Told:
    """Runs a step to its end. `halt` ends it early; being cancelled kills it before this returns."""
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", "-X", "utf8", str(_KEEPER)),
                stdin=theirs.fileno(),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                pass_fds=(order.program,),
                env={},
                cwd="/",
                start_new_session=True,
            )
        hear, say = await asyncio.open_unix_connection(sock=ours)
    except BaseException:  # a keeper that has no order yet ends with the socket
        ours.close()
        raise
    return await _Line(process, hear, say, out, err).follow(order, halt)


class _Line:
    """The line to one keeper, and the two streams of its step."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        hear: asyncio.StreamReader,
        say: asyncio.StreamWriter,
        out: Kept,
        err: Kept,
    ) -> None:
        assert process.stdout is not None and process.stderr is not None  # noqa: S101  # both are pipes
        self._process, self._hear, self._say = process, hear, say
        self._flood = asyncio.Event()
        self._streams = [
            asyncio.create_task(self._read(process.stdout, out)),
            asyncio.create_task(self._read(process.stderr, err)),
        ]
        self._total = 0

    async def follow(self, order: Order, halt: asyncio.Event) -> Told:
        told = asyncio.create_task(self._told())
        try:
            self._say.write(order.line)
            return await self._until(told, halt, order.timeout_s + _SLACK_S)
        except asyncio.CancelledError:
            self._ask(b"k")
            await asyncio.wait([told], timeout=_SLACK_S)
            raise
        finally:
            await self._hang_up(told)

    async def _until(self, told: asyncio.Task[Told], halt: asyncio.Event, limit_s: float) -> Told:
        """Its end; when a person or a flood comes first, that it was ended for this."""
        halted, flooded = asyncio.create_task(halt.wait()), asyncio.create_task(self._flood.wait())
        try:
            await asyncio.wait([told, halted, flooded], timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
            why = "" if told.done() else "stopped" if halted.done() else "flood" if flooded.done() else "lost"
            if why:
                self._ask(b"s" if why == "stopped" else b"k")
                await asyncio.wait([told], timeout=_SLACK_S)
        finally:
            halted.cancel()
            flooded.cancel()
        found = told.result() if told.done() else Told("lost", limit_s)
        # It may have come to its own end in the same moment: then that is what happened.
        return found if not why or found.why in ("ended", "refused") else _because(why, found)

    async def _told(self) -> Told:
        line = await self._hear.readline()
        if not line.endswith(b"\n"):
            return Told("lost")
        found: dict[str, Any] = json.loads(line)
        return Told(**found)

    async def _read(self, stream: asyncio.StreamReader, kept: Kept) -> None:
        while piece := await stream.read(1 << 16):
            kept.add(piece)
            self._total += len(piece)
            if self._total > MOST_READ:
                self._flood.set()

    def _ask(self, what: bytes) -> None:
        if not self._say.is_closing():
            self._say.write(what)

    async def _hang_up(self, told: asyncio.Task[Told]) -> None:
        """Everything of the step has ended, or the keeper is killed now and takes the program with it."""
        if not told.done():
            told.cancel()
        await asyncio.wait(self._streams, timeout=_LAST_WORDS_S)
        for stream in self._streams:
            stream.cancel()
        self._say.close()
        try:
            async with asyncio.timeout(_LAST_WORDS_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()


def _because(why: str, found: Told) -> Told:
    return Told(why, found.seconds, found.status, alive=found.alive)
