"""What is remembered, for whoever looks: read from the record, with the vectors kept in step with it.

The record is the truth. Vectors live with the process that looks, since a folder of them bears one process only: it
copies what is new or changed, and removes what the record does not show any more.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import structlog

from bot.memory.ports import Memories, Vectors
from bot.memory.seen_before import Past
from bot.ports import JournalDown
from integrations.contract import RoomError

log = structlog.get_logger(__name__)

AT_ONCE = 100
"""Memories that are copied at a time, so that a look between them gets its turn."""
PATIENCE_S = 1.0
"""How long a look waits for vectors to be in step. Behind, they are only asked for what the record knows too."""


class Remembered:
    """The past of a process that looks. Nothing here raises: without it an incident is looked into all the same."""

    def __init__(self, memories: Memories, vectors: Vectors | None = None) -> None:
        self._memories = memories
        self._vectors = vectors
        self._past = Past()
        self._stamp = ""
        self._in_step = ""
        self._following: asyncio.Task[None] | None = None

    async def past(self) -> Past:
        """All that may be shown, read anew once it has changed; not searched where the record does not answer."""
        try:
            stamp = await self._memories.stamp()
            if stamp != self._stamp:
                self._past, self._stamp = Past(tuple(await self._memories.known())), stamp
            self._follow(stamp)
        except JournalDown as problem:
            log.warning("the memory could not be read", problem=str(problem))
            return Past(searched=False)
        return replace(self._past, in_step=self._in_step == self._stamp)

    async def ready(self) -> None:
        """Brings the vectors into step, for at most `PATIENCE_S`; goes on beside what comes after."""
        await self.past()
        if self._following:
            await asyncio.wait([self._following], timeout=PATIENCE_S)

    async def close(self) -> None:
        """Leaves what is not copied yet for the next start."""
        if self._following:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)

    def _follow(self, stamp: str) -> None:
        if self._vectors is None or stamp == self._in_step or (self._following and not self._following.done()):
            return
        self._following = asyncio.create_task(self._copy(self._vectors, stamp))

    async def _copy(self, vectors: Vectors, stamp: str) -> None:
        try:
            copied, dropped = await follow(self._memories, vectors)
        except (RoomError, JournalDown) as problem:
            log.warning("vectors are behind the record; tried again at the next look", problem=str(problem))
            return
        self._in_step = stamp
        if copied or dropped:
            log.info("vectors follow the record", copied=copied, dropped=dropped)


async def follow(memories: Memories, vectors: Vectors) -> tuple[int, int]:
    """Makes the vectors hold what the record shows; how many were copied and how many dropped.

    What was put there without a record, by a version before there was one, stays. Raises RoomError, JournalDown.
    """
    wanted, held = await memories.digests(), await vectors.held()
    gone = [id_ for id_, digest in held.items() if digest and id_ not in wanted]
    await vectors.drop(gone)
    behind = {id_ for id_, digest in wanted.items() if held.get(id_) != digest}
    copied = [(memory, wanted[memory.id]) for memory in await memories.known() if memory.id in behind] if behind else []
    for start in range(0, len(copied), AT_ONCE):
        await vectors.keep(copied[start : start + AT_ONCE])
    return len(copied), len(gone)
