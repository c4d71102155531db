"""What state a database is in, found without changing it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.state.database import revision, sync_url

TIMEOUT_S = 5


@dataclass(frozen=True, slots=True)
class Condition:
    there: bool
    """False: a SQLite file that does not exist yet, in a folder where it can be made."""
    revision: str | None
    """The newest migration that was applied; None before the first."""


def look(database_url: str) -> Condition:
    """Connects, reads the revision, and writes what it takes back again.

    Raises DatabaseUrlError, OSError where no file can be made, and what SQLAlchemy raises.
    """
    url = sync_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        path = Path(str(url.database))
        if not path.exists():
            _check_folder(path.parent)
            return Condition(there=False, revision=None)
    return Condition(there=True, revision=_revision(url))


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"no right to write in {folder}")


def _revision(url: sa.URL) -> str | None:
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            found = revision(connection)
            _write(connection, found)
            connection.rollback()
            return found
    finally:
        engine.dispose()


def _write(connection: sa.Connection, revision: str | None) -> None:
    """A real write, as far as the disk and the rights go: of the revision over itself, or of a table."""
    if revision is None:
        connection.exec_driver_sql("CREATE TABLE first_responder_doctor (tried integer)")
    else:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, connect_args={"connect_timeout": TIMEOUT_S})
    engine = sa.create_engine(url, connect_args={"timeout": TIMEOUT_S})

    @sa.event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own way would commit a CREATE at once

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
