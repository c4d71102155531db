"""What `doctor` looks at of the memory: how much there is, what waits, and whether the vectors hold the same."""

from __future__ import annotations

import asyncio

from sqlalchemy.exc import SQLAlchemyError

from bot.doctor import Check
from bot.memory.ports import Vectors
from bot.memory.team_notes import TeamNotes
from bot.ports import JournalDown
from bot.settings import Settings
from bot.state.condition import look
from bot.state.database import Database, DatabaseUrlError, open_database
from bot.state.memories import SqlMemories, SqlReviews
from integrations.contract import RoomError

NAME = "memory"
SINCE = "0008"
"""The revision of the database that has a memory."""


async def memory_checks(settings: Settings, vectors: Vectors | None) -> list[Check]:
    """Empty where the database cannot be read: another check says why."""
    try:
        found = await asyncio.to_thread(look, settings.database_url)
        if found.revision is None or found.revision < SINCE:
            return []
        async with open_database(settings.database_url) as database:
            return [await _memory(database, vectors), *await _notes(settings, database)]
    except (DatabaseUrlError, JournalDown, SQLAlchemyError, OSError):
        return []


async def _memory(database: Database, vectors: Vectors | None) -> Check:
    wanted, waiting = await SqlMemories(database).digests(), await SqlReviews(database).count()
    told = f"{len(wanted):,} remembered, {waiting:,} to be looked at"
    if vectors is None:
        return Check(NAME, "ok", told)
    try:
        held = await vectors.held()
    except RoomError:
        return Check(NAME, "ok", told)  # the room's own check says what is wrong with it
    behind = sum(held.get(id_) != digest for id_, digest in wanted.items())
    stale = sum(bool(digest) and id_ not in wanted for id_, digest in held.items())
    if behind or stale:
        fix = "serve mends it at its next look; without it `first-responder learn --rebuild` does"
        return Check(NAME, "warning", f"{told}; vectors: {behind:,} missing or old, {stale:,} too many", fix)
    return Check(NAME, "ok", f"{told}; the vectors hold the same")


async def _notes(settings: Settings, database: Database) -> list[Check]:
    told = await TeamNotes(settings.memory_file, SqlReviews(database)).read()
    return [
        Check("team notes", "warning", gap.reason, "mend the file that MEMORY_FILE names, or shorten it")
        for gap in told.gaps
    ]
