"""The audit log over its table: appended one at a time, chained, and never changed."""

from __future__ import annotations

from datetime import datetime

from bot.action_ports import Entry
from bot.state.chain import Head
from bot.state.database import Database


class ChainedAudit:
    """`bot.action_ports.Audit` on SQLite or PostgreSQL. `key` is AUDIT_KEY, which the database never sees."""

    def __init__(self, database: Database, key: str) -> None:
        self._database = database
        self._key = key
        self._head = Head()

    @property
    def head(self) -> Head:
        """Where the chain ended when this process last appended; `str(head)` is what `audit verify --head` takes."""
        return self._head

    async def record(self, entry: Entry, at: datetime) -> None:
        raise NotImplementedError
