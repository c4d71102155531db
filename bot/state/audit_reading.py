"""The audit log read back, as it stands, entry by entry and never whole in memory."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.state.chain import Recorded
from bot.state.database import prepare_sqlite, sync_url
from bot.state.tables import audit, runs

AT_ONCE = 500
NOTHING = Recorded(0, *[""] * 6)


class NoAuditLogError(Exception):
    """The database has no audit log yet: run `first-responder migrate`, or see DATABASE_URL."""


@contextmanager
def reading(database_url: str, incident_id: str = "") -> Iterator[Iterator[Recorded]]:
    """The entries (of one incident and its runs, or all) in the order of their numbers, as of this moment.

    Texts are given as they are stored, whatever somebody has put there. Raises NoAuditLogError, DatabaseUrlError and
    what SQLAlchemy raises.
    """
    url = sync_url(database_url)
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        raise NoAuditLogError(NoAuditLogError.__doc__)
    engine = sa.create_engine(url).execution_options(only_reading=True)
    if engine.dialect.name == "sqlite":
        prepare_sqlite(engine)
        _read_any_bytes(engine)
    try:
        with engine.connect() as connection:
            if not sa.inspect(connection).has_table("audit"):
                raise NoAuditLogError(NoAuditLogError.__doc__)
            with closing(_entries(connection, incident_id)) as entries:
                yield entries
    finally:
        engine.dispose()


def _read_any_bytes(engine: sa.Engine) -> None:
    """What is no UTF-8 was not written by us: it is read as well as it goes, and its seal does not fit."""

    @sa.event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.text_factory = lambda stored: stored.decode(errors="replace")


def newest(connection: sa.Connection) -> tuple[Recorded, str]:
    """The last entry, and the seal of the one before it; number 0 where there is none."""
    rows = connection.execute(_as_stored().order_by(audit.c.number.desc()).limit(2)).all()
    found = [_recorded(row) for row in rows] + [NOTHING, NOTHING]
    return found[0], found[1].mac


def _entries(connection: sa.Connection, incident_id: str) -> Generator[Recorded, None, None]:
    these = _as_stored().order_by(audit.c.number)
    if incident_id:
        of_its_runs = audit.c.run_id.in_(sa.select(runs.c.id).where(runs.c.incident_id == incident_id))
        these = these.where(sa.or_(audit.c.incident_id == incident_id, of_its_runs))
    with connection.execution_options(yield_per=AT_ONCE).execute(these) as rows:
        for row in rows:
            yield _recorded(row)


def _as_stored() -> sa.Select[Any]:
    return sa.select(audit.c.number, *(sa.type_coerce(column, sa.Text) for column in list(audit.c)[1:]))


def _recorded(row: Any) -> Recorded:
    number, *texts = row
    return Recorded(number, *(text if isinstance(text, str) else repr(text) for text in texts))
