"""Chroma through its own client: the collection of remembered incidents, under the name of its embedder."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from integrations.chromadb import NAME, Settings
from integrations.chromadb.embedders import Embedder, embedder
from integrations.chromadb.errors import told_plainly
from integrations.chromadb.lexical import Lexical
from integrations.chromadb.memory import Memory, memory_of
from integrations.contract import Malformed, Ready
from integrations.threads import Threads

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

T = TypeVar("T")

PREFIX = "incidents-"
BATCH = 100
"""Records that are copied, embedded and written at once: a cancelled look waits for no more than these."""
MOST = 20_000
"""Records that the index of words holds."""


@dataclass(frozen=True, slots=True)
class Near:
    id: str
    cosine: float


@dataclass(frozen=True, slots=True)
class _Opened:
    client: Client
    collection: Collection
    embedder: Embedder


class Store:
    """Chroma is loaded and opened by the first call, in a thread. Every method raises RoomError.

    What is in it is counted and indexed anew when the count has changed. A record that another replica changed in
    place is found by its old words until then, but told as it is.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._threads = Threads(NAME, 2)
        self._lock = threading.Lock()
        self._one_at_a_time = asyncio.Lock()
        self._opened: _Opened | None = None
        self._words = Lexical({})
        self._caught_up = False
        self._closed = False

    async def ready(self) -> Ready:
        count = await self._run(lambda opened: opened.collection.count())
        return Ready(f"{count:,} past incident{'' if count == 1 else 's'} in {await self._run(_name)}")

    async def words(self) -> Lexical:
        """The index of words over every record; its length is how many there are."""
        return await self._run(self._index)

    async def near(self, texts: Sequence[str], most: int) -> tuple[tuple[Near, ...], ...]:
        """For each text the records nearest to it by cosine, nearest first."""
        return await self._run(lambda opened: _near(opened, texts, most))

    async def floor(self) -> float:
        """The cosine from which this embedder's texts are about the same thing."""
        return await self._run(lambda opened: opened.embedder.floor)

    async def recall(self, ids: Sequence[str]) -> Mapping[str, Memory]:
        """The memories of these ids; one that was deleted meanwhile is missing."""
        return await self._run(lambda opened: _recalled(opened.collection, ids))

    async def remember(self, memories: Sequence[Memory]) -> int:
        """Writes each under its id, over what is there; how many are remembered then."""
        await self.catch_up()
        for batch in _batches({memory.id: memory for memory in memories}.values()):
            await self._run(partial(_write, memories=batch))
        self._words = Lexical({})
        return await self._run(lambda opened: opened.collection.count())

    async def held(self) -> Mapping[str, str]:
        """Id → digest of every record; an empty one where it is a copy of nothing."""
        await self.catch_up()
        return await self._run(_held)

    async def drop(self, ids: Sequence[str]) -> None:
        """Removes these records, under every embedder: left under one, they would come back from there."""
        for batch in _batches(ids):
            await self._run(partial(_drop, ids=batch))
        self._words = Lexical({})

    async def catch_up(self) -> None:
        """Copies what was remembered under another embedder, embedded anew; once, and resumed where it was left."""
        async with self._one_at_a_time:
            if self._caught_up:
                return
            for name, ids in (await self._run(_missing)).items():
                for batch in _batches(ids):
                    await self._run(partial(_copy, name=name, ids=batch))
            self._caught_up = True

    async def close(self) -> None:
        """Never waits: a thread that is still opening Chroma closes it itself once it sees that nobody wants it."""
        self._closed = True
        self._threads.close()
        if self._lock.acquire(blocking=False):
            try:
                self._disconnect()
            finally:
                self._lock.release()

    async def _run(self, work: Callable[[_Opened], T]) -> T:
        def in_thread() -> T:
            with told_plainly(self._settings):
                return work(self._open())

        return await self._threads.run(in_thread)

    def _open(self) -> _Opened:
        with self._lock:
            if self._opened is None:
                from integrations.chromadb.connect import connect

                chosen = embedder(self._settings)
                client = connect(self._settings)
                self._opened = _Opened(client, _collection(client, PREFIX + chosen.name), chosen)
            opened = self._opened
            if self._closed:
                self._disconnect()
            return opened

    def _disconnect(self) -> None:
        if self._opened:
            from integrations.chromadb.connect import disconnect

            disconnect(self._opened.client)
            self._opened = None

    def _index(self, opened: _Opened) -> Lexical:
        if opened.collection.count() != len(self._words):
            found = opened.collection.get(include=["documents"], limit=MOST)
            self._words = Lexical(dict(zip(found["ids"], found["documents"] or (), strict=True)))
        return self._words


def _collection(client: Client, name: str) -> Collection:
    """Without an embedding function, and vectors always given: Chroma has nothing to download one with."""
    return client.get_or_create_collection(name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}})


def _name(opened: _Opened) -> str:
    return opened.collection.name


def _near(opened: _Opened, texts: Sequence[str], most: int) -> tuple[tuple[Near, ...], ...]:
    vectors = opened.embedder.embed(texts)
    found = opened.collection.query(query_embeddings=vectors, n_results=most, include=["distances"])  # type: ignore[arg-type]
    return tuple(
        tuple(Near(id_, 1 - distance) for id_, distance in zip(ids, distances, strict=True))
        for ids, distances in zip(found["ids"], found["distances"] or (), strict=True)
    )


def _recalled(collection: Collection, ids: Sequence[str]) -> Mapping[str, Memory]:
    if not ids:
        return {}
    found = collection.get(ids=list(ids), include=["metadatas"])
    try:
        pairs = zip(found["ids"], found["metadatas"] or (), strict=True)
        return {id_: memory_of({**fields, "id": id_}) for id_, fields in pairs}
    except ValueError as error:
        raise Malformed(NAME, f"a remembered incident cannot be read: {error}", "learn it again") from error


def _write(opened: _Opened, memories: Sequence[Memory]) -> None:
    texts = [memory.text() for memory in memories]
    opened.collection.upsert(
        ids=[memory.id for memory in memories],
        embeddings=opened.embedder.embed(texts),  # type: ignore[arg-type]
        documents=texts,
        metadatas=[memory.metadata() for memory in memories],
    )


def _held(opened: _Opened) -> dict[str, str]:
    found = opened.collection.get(include=["metadatas"])
    return {
        id_: str((fields or {}).get("digest", ""))
        for id_, fields in zip(found["ids"], found["metadatas"] or (), strict=True)
    }


def _drop(opened: _Opened, ids: Sequence[str]) -> None:
    for other in opened.client.list_collections():
        if other.name.startswith(PREFIX):
            there = opened.client.get_collection(other.name, embedding_function=None)
            there.delete(ids=list(ids))


def _missing(opened: _Opened) -> dict[str, list[str]]:
    """Name of another embedder's collection → the ids that only it has."""
    known = set(opened.collection.get(include=[])["ids"])
    missing: dict[str, list[str]] = {}
    for other in opened.client.list_collections():
        if other.name.startswith(PREFIX) and other.name != opened.collection.name:
            there = opened.client.get_collection(other.name, embedding_function=None)
            missing[other.name] = [id_ for id_ in there.get(include=[])["ids"] if id_ not in known]
            known.update(missing[other.name])
    return missing


def _copy(opened: _Opened, name: str, ids: Sequence[str]) -> None:
    other = opened.client.get_collection(name, embedding_function=None)
    _write(opened, tuple(_recalled(other, ids).values()))


def _batches(items: Iterable[T]) -> Iterator[tuple[T, ...]]:
    rest = iter(items)
    while batch := tuple(islice(rest, BATCH)):
        yield batch
