"""Past incidents that look like this one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

from integrations.chromadb import NAME, Settings
from integrations.chromadb.client import Near, Store
from integrations.chromadb.memory import Memory
from integrations.chromadb.rank import DEPTH, Candidate, Query, alike, fuse, query
from integrations.chromadb.tools import SimilarIncidents
from integrations.contract import Gap, History, Look, Ready, RoomError, Scope, Tool, Unreachable


@asynccontextmanager
async def _within(limit_s: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError:
        raise Unreachable(NAME, f"no answer in {limit_s:g} s", "check CHROMA_URL and EMBEDDER_URL") from None


class ChromaContext:
    """Nearest by vector and best by words, fused; of those that are alike, the best few."""

    name = NAME

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store = Store(settings)
        self.tools: tuple[Tool, ...] = (SimilarIncidents(self.search),)

    async def look(self, scope: Scope) -> Look:
        """Similar findings, the most alike first, and a History with how many were searched, 0 too.

        An embedder that fails leaves the search by words, and a partial gap. Raises RoomError where the memory
        itself cannot be read.
        """
        return await self.search(query(scope))

    async def search(self, asked: Query) -> Look:
        """As `look`, by what is asked."""
        async with _within(self._settings.limit_s):
            return await self._search(asked)

    async def _search(self, asked: Query) -> Look:
        gaps: list[Gap] = []
        index = await self._store.words()
        near: tuple[tuple[Near, ...], ...] = ((), ())
        try:
            await self._store.catch_up()
            index = await self._store.words()
            near = await self._store.near((asked.text, asked.symptoms), DEPTH)
        except RoomError as error:
            gaps.append(Gap(NAME, f"searched by words only: {error.reason}", partial=True))
        ranked = fuse(near[0], index.search(asked.text, DEPTH))
        candidates = await self._candidates(ranked, near[1])
        found = alike(asked, candidates, index, await self._store.floor())
        return Look((History(len(index)), *found[: self._settings.top]), tuple(gaps))

    async def _candidates(self, ranked: Sequence[tuple[str, float]], symptoms: Iterable[Near]) -> list[Candidate]:
        memories = await self._store.recall([id_ for id_, _ in ranked])
        cosines = {one.id: one.cosine for one in symptoms}
        return [Candidate(memories[i], score, cosines.get(i, 0.0)) for i, score in ranked if i in memories]

    async def held(self) -> Mapping[str, str]:
        """Id of every record → the digest that it was kept with. Raises RoomError."""
        return await self._store.held()

    async def keep(self, memories: Iterable[Memory]) -> None:
        """Puts records in, or in the place of those with the same id. Raises RoomError."""
        await self._store.remember(tuple(memories))

    async def drop(self, ids: Sequence[str]) -> None:
        """Removes records; those that are not there are passed over. Raises RoomError."""
        await self._store.drop(ids)

    async def ready(self) -> Ready:
        """Loads Chroma and the embedder, which takes a second or two: call it once after the start, off any path."""
        async with _within(self._settings.limit_s):
            return await self._store.ready()

    async def close(self) -> None:
        await self._store.close()
