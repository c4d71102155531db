"""What remembering needs, put together: the records of one database."""

from __future__ import annotations

from bot.archive import Archive
from bot.ports import Clock, Journal
from bot.settings import Settings
from bot.state.audit import ChainedAudit
from bot.state.database import Database
from bot.state.entries import SqlEntries
from bot.state.memories import SqlMemories, SqlReviews
from bot.state.runs import SqlRuns


def open_archive(settings: Settings, database: Database, record: Journal, clock: Clock) -> Archive:
    """Everything in it works on this database; there is nothing to close."""
    key = settings.audit_key
    return Archive(
        journal=record,
        entries=SqlEntries(database),
        runs=SqlRuns(database),
        memories=SqlMemories(database),
        reviews=SqlReviews(database),
        clock=clock,
        audit=ChainedAudit(database, key.get_secret_value()) if key else None,
    )
