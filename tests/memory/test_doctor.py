"""What doctor tells of the memory."""

from __future__ import annotations

import pytest

from bot.looking.remembered import follow
from bot.memory.checks import memory_checks
from bot.memory.vectors import RoomVectors
from bot.settings import Settings
from bot.state.memories import SqlMemories
from integrations import chromadb
from tests.memory.made import memory


@pytest.fixture
async def vectors(tmp_path):
    room = chromadb.open(chromadb.Settings(path=tmp_path / "chroma"))
    yield RoomVectors(room)
    await room.close()


async def test_it_says_how_much_there_is_and_whether_the_vectors_hold_the_same(database, database_url, vectors):
    settings, memories = Settings(_env_file=None, database_url=database_url), SqlMemories(database)
    await memories.keep(memory())
    (found,) = await memory_checks(settings, vectors)
    assert (found.state, found.detail) == (
        "warning",
        "1 remembered, 0 to be looked at; vectors: 1 missing or old, 0 too many",
    )
    await follow(memories, vectors)
    (found,) = await memory_checks(settings, vectors)
    assert (found.state, found.detail) == ("ok", "1 remembered, 0 to be looked at; the vectors hold the same")
    await memories.forget(["INC-892"])
    (found,) = await memory_checks(settings, vectors)
    assert "0 missing or old, 1 too many" in found.detail


async def test_notes_that_cannot_be_read_are_named_with_their_setting(database, database_url, tmp_path):
    settings = Settings(_env_file=None, database_url=database_url, memory_file=tmp_path / "none.md")
    _, notes = await memory_checks(settings, None)
    assert (notes.state, "MEMORY_FILE" in notes.detail) == ("warning", True)


async def test_a_database_that_is_not_there_yet_is_not_made_by_looking(tmp_path):
    file = tmp_path / "none.sqlite"
    assert await memory_checks(Settings(_env_file=None, database_url=f"sqlite:///{file}"), None) == []
    assert not file.exists()
