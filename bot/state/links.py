"""Which incidents are told with which, over the tables. Whatever changes it waits its turn with the alerts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.domain.incident import Incident
from bot.state.database import Database
from bot.state.down import down
from bot.state.intake import in_turn
from bot.state.rows import incidents_of
from bot.state.tables import incidents

T = TypeVar("T")

_ONE_MORE = {"revision": incidents.c.revision + 1}
_LINKED_TO = (
    sa.select(incidents)
    .where(incidents.c.lead == sa.bindparam("lead_id"))
    .order_by(incidents.c.opened_at, incidents.c.id)
)


class SqlLinks:
    """`bot.life.link_ports.Links` on SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def linked_to(self, incident_id: str) -> tuple[Incident, ...]:
        return await self._read(lambda connection: incidents_of(connection, _LINKED_TO, {"lead_id": incident_id}))

    async def find(self, name: str, env: str) -> Incident | None:
        by_id = sa.select(incidents).where(incidents.c.id == name.upper())
        named = sa.or_(incidents.c.channel_id == name, incidents.c.channel_name == name, incidents.c.service == name)
        nearest = sa.case((incidents.c.env == env, 0), else_=1)
        one_open = sa.select(incidents).where(named, incidents.c.status == "open").order_by(nearest, incidents.c.env)
        return await self._first(by_id) or await self._first(one_open)

    async def split(self, incident_id: str, by: str) -> bool:
        def act(connection: Connection) -> bool:
            in_turn(connection)
            lead = connection.scalar(sa.select(incidents.c.lead).where(incidents.c.id == incident_id))
            if lead is None:
                return False
            _set(connection, incidents.c.id == incident_id, lead=None, linked_because="split off", linked_by=by)
            _set(connection, incidents.c.id == lead)
            return True

        return await self._write(act)

    async def merge(self, incident_id: str, lead_id: str, by: str) -> bool:
        def act(connection: Connection) -> bool:
            in_turn(connection)
            lead = connection.execute(sa.select(incidents).where(incidents.c.id == lead_id)).one_or_none()
            if lead is None or lead.lead is not None or lead_id == incident_id:
                return False
            before = connection.scalar(sa.select(incidents.c.lead).where(incidents.c.id == incident_id))
            _set(connection, incidents.c.lead == incident_id, lead=lead_id)
            _set(connection, incidents.c.id == incident_id, lead=lead_id, linked_because="merged", linked_by=by)
            _set(connection, incidents.c.id.in_([lead_id, *([before] if before else [])]))
            return True

        return await self._write(act)

    async def _first(self, which: sa.Select[Any]) -> Incident | None:
        found = await self._read(lambda connection: incidents_of(connection, which.limit(1), {}))
        return found[0] if found else None

    async def _write(self, act: Callable[[Connection], T]) -> T:
        with down("written"):
            return await self._database.write(act)

    async def _read(self, act: Callable[[Connection], T]) -> T:
        with down("read"):
            return await self._database.read(act)


def _set(connection: Connection, which: sa.ColumnElement[bool], **values: Any) -> None:
    """A change that people should see."""
    connection.execute(incidents.update().where(which).values(**_ONE_MORE, **values))
