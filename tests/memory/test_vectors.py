"""Vectors follow the record: what is new is copied, what is changed replaced, what is gone dropped."""

from __future__ import annotations

import pytest
from chromadb import PersistentClient
from chromadb.config import Settings as ChromaSettings

from bot.looking.remembered import Remembered, follow
from bot.memory.vectors import RoomVectors
from bot.state.memories import SqlMemories
from integrations import chromadb
from integrations.contract import Similar
from tests.memory.made import memory, report


@pytest.fixture
async def room(tmp_path):
    opened = chromadb.open(chromadb.Settings(path=tmp_path / "chroma"))
    yield opened
    await opened.close()


@pytest.fixture
def memories(database):
    return SqlMemories(database)


async def found(room):
    look = await room.look(report().context.scope)
    return {one.incident_id: one.cause for one in look.findings if isinstance(one, Similar)}


async def test_vectors_follow_the_record(memories, room):
    vectors = RoomVectors(room)
    await memories.keep(memory())
    assert await follow(memories, vectors) == (1, 0)
    assert await follow(memories, vectors) == (0, 0)
    assert await found(room) == {"INC-892": memory().cause}
    await memories.keep(memory(cause="another"), memory())
    assert await follow(memories, vectors) == (1, 0)
    assert await found(room) == {"INC-892": "another"}


@pytest.mark.parametrize("way", ["forgotten", "rejected"])
async def test_what_the_record_does_not_show_has_no_vectors(memories, room, way):
    await memories.keep(memory())
    await follow(memories, RoomVectors(room))
    if way == "forgotten":
        await memories.forget(["INC-892"])
    else:
        await memories.keep(memory(review="rejected"), memory())
    assert await follow(memories, RoomVectors(room)) == (0, 1)
    assert await room.held() == {}


async def test_what_has_no_record_stays(memories, room):
    """A version before this one put it there; nobody has removed it."""
    one = memory("INC-OLD")
    await room.keep([chromadb.Memory(one.id, one.service, one.title, one.opened_at)])
    assert await follow(memories, RoomVectors(room)) == (0, 0)
    assert await room.held() == {"INC-OLD": ""}


async def test_a_record_learnt_again_takes_its_place(memories, room):
    one = memory("INC-OLD")
    await room.keep([chromadb.Memory(one.id, one.service, one.title, one.opened_at)])
    await memories.keep(one)
    assert await follow(memories, RoomVectors(room)) == (1, 0)
    assert set((await room.held()).values()) == set((await memories.digests()).values())


async def test_dropped_under_every_embedder_nothing_comes_back(memories, tmp_path):
    """Each embedder has a collection of its own, and copies what only another's has."""
    await memories.keep(memory())
    first = chromadb.open(chromadb.Settings(path=tmp_path / "chroma"))
    await follow(memories, RoomVectors(first))
    await first.close()
    client = PersistentClient(tmp_path / "chroma", settings=ChromaSettings(anonymized_telemetry=False))
    ours = next(one for one in client.list_collections() if one.name.startswith("incidents-"))
    kept = client.get_collection(ours.name, embedding_function=None).get(include=["embeddings", "metadatas"])
    other = client.get_or_create_collection("incidents-other", embedding_function=None)
    other.add(ids=kept["ids"], embeddings=kept["embeddings"], metadatas=kept["metadatas"], documents=["as before"])
    await memories.forget(["INC-892"])
    second = chromadb.open(chromadb.Settings(path=tmp_path / "chroma"))
    assert await follow(memories, RoomVectors(second)) == (0, 1)
    assert other.count() == 0
    await second.close()
    client.close()


async def test_whoever_looks_sees_the_past_at_once_and_the_room_follows(memories, room):
    remembered = Remembered(memories, RoomVectors(room))
    await memories.keep(memory())
    await remembered.ready()
    past = await remembered.past()
    assert [one.id for one in past.memories] == ["INC-892"]
    await memories.keep(memory("INC-2"))
    past = await remembered.past()
    assert {one.id for one in past.memories} == {"INC-892", "INC-2"}
    assert not past.in_step  # the copying begins with this answer, so it cannot be done by now
    await remembered.close()


async def test_without_the_room_the_record_is_the_past(memories):
    remembered = Remembered(memories)
    await memories.keep(memory())
    await remembered.ready()
    assert [one.id for one in (await remembered.past()).memories] == ["INC-892"]


async def test_a_record_that_does_not_answer_costs_nothing_but_the_past(tmp_path):
    from bot.state.database import open_database

    nowhere = open_database(f"sqlite:///{tmp_path / 'none' / 'bot.sqlite'}")
    past = await Remembered(SqlMemories(nowhere)).past()
    assert not past.searched
    await nowhere.dispose()
