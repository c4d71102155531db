"""The audit log over its table: appended one at a time, chained, and never changed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import sqlalchemy as sa
import structlog
from sqlalchemy import Connection

from bot.ports import JournalDown
from bot.runs.action_ports import Entry
from bot.state.audit_facts import as_kept, as_word
from bot.state.audit_reading import newest
from bot.state.chain import KEY_CHANGED, Head, Recorded, goes_on, mark_of, sealed
from bot.state.database import Database
from bot.state.down import down
from bot.state.tables import audit

AUDIT_LOCK = 7310213
"""PostgreSQL's advisory locks are numbers that all who use the database share; this one is ours."""

log = structlog.get_logger(__name__)


class ChainedAudit:
    """`bot.runs.action_ports.Audit` on SQLite or PostgreSQL. `key` is AUDIT_KEY, which the database never sees."""

    def __init__(self, database: Database, key: str) -> None:
        self._database = database
        self._key = key
        self._head = Head()

    @property
    def head(self) -> Head:
        """Where the chain ended when this process last appended to it; 0 before that.

        `str(head)` is what `audit verify --head` takes. Kept here and not read from the database, so that a tail
        that is cut off there is missed.
        """
        return self._head

    async def record(self, entry: Entry, at: datetime) -> None:
        """Masks and bounds the entry's texts, appends it, and tells the log the new head. Raises JournalDown."""
        facts = await asyncio.to_thread(as_kept, entry.facts)
        what, who = as_word(entry.what), as_word(entry.who)
        incident, run = as_word(entry.incident_id), as_word(entry.run_id)
        await self._append(Recorded(0, _moment(at), what, who, incident, run, facts))

    async def change_key(self, new: str, at: datetime) -> Head:
        """Appends the last entry under the present key; the next one has to be under `new`. Raises JournalDown."""
        facts = as_kept({"key": mark_of(new)})
        await self._append(Recorded(0, _moment(at), KEY_CHANGED, "bot", "", "", facts))
        self._key = new
        return self._head

    async def _append(self, entry: Recorded) -> None:
        known = self._head
        with down("written"):
            found, new = await self._database.write(lambda connection: _appended(connection, entry, self._key, known))
        if found != known:
            log.error("audit log was cut or rewritten", told=str(known), found=str(found))
        head = Head(new.number, new.mac)
        if head.number > self._head.number or found != known:
            self._head = head
        log.info("audit", what=new.what, who=new.who, incident=new.incident_id, run=new.run_id, head=str(head))


def _appended(connection: Connection, entry: Recorded, key: str, known: Head) -> tuple[Head, Recorded]:
    """What stands where `known` was, and the entry as it was put behind the last one. Raises JournalDown."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time as it is
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(AUDIT_LOCK)))
    last, previous = newest(connection)
    if known.number != last.number:  # ours was the last one: it is under our key
        _check_key(last, previous, key)
    there = known if known.number == 0 else _at(connection, known.number, last)
    new = sealed(replace(entry, number=last.number + 1), last.mac, key)
    values = {name: getattr(new, name) for name in audit.c.keys()}  # noqa: SIM118 - a collection of columns, no dict
    connection.execute(audit.insert().values(**values | {"at": datetime.fromisoformat(new.at)}))
    return there, new


def _check_key(last: Recorded, previous: str, key: str) -> None:
    """A chain under the wrong key can never be verified whole again; one whose key is lost has to go on as well."""
    if last.number == 0 or goes_on(last, previous, key):
        return
    if last.what == KEY_CHANGED:
        raise JournalDown("AUDIT_KEY is the old key: it was changed by `audit change-key`; set the new one")
    log.error("the last entry of the audit log was not written with this AUDIT_KEY", number=last.number)


def _at(connection: Connection, number: int, last: Recorded) -> Head:
    """The entry of this number; where it is gone, the last one."""
    if number == last.number:
        return Head(number, last.mac)
    mac = connection.scalar(sa.select(audit.c.mac).where(audit.c.number == number))
    return Head(last.number, last.mac) if mac is None else Head(number, mac)


def _moment(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("a time without a zone is no time")
    return at.astimezone(UTC).isoformat(timespec="microseconds")
