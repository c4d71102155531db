"""Who had the last word of a message or a topic: what a replica remembers of it holds only while that is itself."""

from __future__ import annotations

from typing import Protocol

from bot.ports import JournalDown


class LastWord(Protocol):
    """What all replicas know of each other's words. Everything raises JournalDown."""

    async def first(self, what: str) -> None:
        """It was said for the first time, by this process. Nothing changes where another has changed it since."""
        ...

    async def again(self, what: str) -> bool:
        """Whether this process had its last word. From now on it has."""
        ...


class NobodyElse:
    """Where one process speaks, it had every last word."""

    async def first(self, what: str) -> None:
        return None

    async def again(self, what: str) -> bool:
        return True


class LastWords:
    """The same for those who speak: where the database is away, nobody knows who had it."""

    def __init__(self, shared: LastWord | None = None) -> None:
        self._shared = shared or NobodyElse()

    async def first(self, what: str) -> None:
        """See `LastWord`."""
        try:
            await self._shared.first(what)
        except JournalDown:
            return

    async def still_ours(self, what: str) -> bool:
        """Asked before it is changed, and once more after it: then another may have changed it at the same time."""
        try:
            return await self._shared.again(what)
        except JournalDown:
            return False
