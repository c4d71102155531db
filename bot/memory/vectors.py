"""Memories as the room of past incidents keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from bot.domain.memory import Memory
from integrations import chromadb


class Room(Protocol):
    """What is needed of the room."""

    async def held(self) -> Mapping[str, str]: ...

    async def keep(self, memories: Iterable[chromadb.Memory]) -> None: ...

    async def drop(self, ids: Sequence[str]) -> None: ...


class RoomVectors:
    """`bot.memory.ports.Vectors` in that room."""

    def __init__(self, room: Room) -> None:
        self._room = room

    async def held(self) -> Mapping[str, str]:
        return await self._room.held()

    async def keep(self, memories: Iterable[tuple[Memory, str]]) -> None:
        await self._room.keep([_copied(memory, digest) for memory, digest in memories])

    async def drop(self, memory_ids: Sequence[str]) -> None:
        await self._room.drop(memory_ids)


def _copied(memory: Memory, digest: str) -> chromadb.Memory:
    """Its log templates are among the words that it is found by."""
    patterns = "\n".join(pattern.template for pattern in memory.fingerprint.patterns)
    return chromadb.Memory(
        id=memory.id,
        service=memory.service,
        title=memory.title,
        opened_at=memory.opened_at,
        minutes=memory.minutes,
        cause=memory.cause,
        resolution=memory.resolution,
        summary="\n".join(part for part in (memory.summary, patterns) if part)[: chromadb.MOST_TEXT],
        alerts=memory.alerts,
        url=memory.url,
        digest=digest,
    )
