"""Reads a search page by page until its share of lines or bytes is full; what was read is always an even sample."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from integrations.contract import LogLine, RoomError
from integrations.elasticsearch import Settings
from integrations.elasticsearch.client import Answer, Client, TooLarge
from integrations.elasticsearch.lines import line, size
from integrations.elasticsearch.query import Search

MAX_LINES = 10_000
MAX_BYTES = 5 * 1024 * 1024
PAGE = 1_000
QUIET_LINES = 3_000
"""What the lines below a warning keep of MAX_LINES, if there are so many: without them a storm hides its beginning."""


def shares(totals: Sequence[int]) -> tuple[int, ...]:
    """How many lines each search may keep, loud first; together never more than MAX_LINES."""
    if len(totals) == 1:
        return (min(totals[0], MAX_LINES),)
    loud, quiet = totals
    kept = min(loud, MAX_LINES - min(quiet, QUIET_LINES))
    return kept, min(quiet, MAX_LINES - kept)


@dataclass(slots=True)
class Reader:
    """One search, read in its random order. Holds what was kept so far, and why there may be less than there is."""

    client: Client
    search: Search
    settings: Settings
    lines: list[LogLine] = field(default_factory=list)
    total: int = 0
    bytes: int = 0
    warnings: list[str] = field(default_factory=list)
    _waiting: list[LogLine] = field(default_factory=list)
    _after: tuple[object, ...] = ()
    _ended: bool = False
    _page: int = PAGE

    async def begin(self) -> None:
        """Reads the first page and the total. Raises RoomError."""
        await self._next()

    async def fill(self, lines: int, max_bytes: int) -> None:
        """Keeps up to so many lines and bytes. An error on a later page ends the sample, it does not lose it."""
        while self._keep(lines, max_bytes) and not self._ended:
            try:
                await self._next()
            except RoomError as error:
                self.warnings.append(error.reason)
                return

    def _keep(self, lines: int, max_bytes: int) -> bool:
        for waiting in self._waiting:
            if len(self.lines) >= lines or self.bytes + size(waiting) > max_bytes:
                return False
            self.lines.append(waiting)
            self.bytes += size(waiting)
        self._waiting = []
        return len(self.lines) < lines

    async def _next(self) -> None:
        """The next page; smaller ones for as long as an answer is too large."""
        while True:
            try:
                answer = await self.client.search(self.search.page(self._page, self._after))
                break
            except TooLarge:
                if self._page == 1:
                    raise
                self._page = max(1, self._page // 8)
        self.total = self.total or answer.total
        self.warnings += [warning for warning in answer.warnings if warning not in self.warnings]
        self._ended = len(answer.hits) < self._page or not answer.hits[-1].sort
        self._after = answer.hits[-1].sort if answer.hits else ()
        self._waiting = await asyncio.to_thread(self._read, answer)

    def _read(self, answer: Answer) -> list[LogLine]:
        """In a thread: a thousand lines take longer than others may wait for the event loop."""
        return [read for hit in answer.hits if (read := line(hit, self.settings))]
