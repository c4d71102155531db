"""The connection to the database: SQLite or PostgreSQL by `DATABASE_URL`, migrated before it is used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

BUSY_TIMEOUT_S = 5
"""How long a SQLite writer waits for another before the webhook answers 503."""


class DatabaseUrlError(ValueError):
    """DATABASE_URL must be sqlite:///path or postgresql://user:password@host/name."""


def _url(database_url: str, drivers: dict[str, str]) -> sa.URL:
    try:
        url = sa.make_url(database_url)
    except sa.exc.ArgumentError:
        raise DatabaseUrlError(DatabaseUrlError.__doc__) from None
    driver = drivers.get({"postgres": "postgresql"}.get(url.get_backend_name(), url.get_backend_name()))
    if driver is None:
        raise DatabaseUrlError(DatabaseUrlError.__doc__)
    return url.set(drivername=driver)


def sync_url(database_url: str) -> sa.URL:
    """The URL for synchronous use (migrations, the durable engine). Raises DatabaseUrlError."""
    return _url(database_url, {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"})


def engine_url(database_url: str) -> sa.URL:
    """Where the durable engine keeps its own tables.

    The same PostgreSQL database, in the schema `dbos`; on SQLite a second file beside the first, so that its writes
    never hold up a webhook.
    """
    url = sync_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return url
    path = Path(url.database)
    return url.set(database=str(path.with_name(path.stem + "-stories" + path.suffix)))


def open_database(database_url: str) -> AsyncEngine:
    """The pool of connections for the journal. Nothing is connected yet. Raises DatabaseUrlError."""
    url = _url(database_url, {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"})
    if url.get_backend_name() != "sqlite":
        return create_async_engine(url, pool_size=5, max_overflow=5, pool_pre_ping=True)
    engine = create_async_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})
    prepare_sqlite(engine.sync_engine)
    return engine


def prepare_sqlite(engine: sa.Engine) -> None:
    """WAL, a flush to disk with each commit, and write locks taken at the beginning.

    `synchronous=FULL`: what was answered 202 must survive a power cut, not only a crash. `BEGIN IMMEDIATE`: a
    transaction that reads and then writes would otherwise fail when another wrote in between.
    """

    @sa.event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _alembic() -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def head() -> str:
    """The newest migration that this version of the bot knows."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_alembic()).get_current_head() or ""


def migrate(database_url: str) -> str:
    """Brings the database to the newest shape and gives back its revision. Safe to repeat.

    Raises DatabaseUrlError, sqlalchemy's OperationalError where it cannot be reached or written.
    """
    from alembic import command

    engine = sa.create_engine(sync_url(database_url))
    if engine.dialect.name == "sqlite":
        prepare_sqlite(engine)
    config = _alembic()
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7310211)")  # one replica migrates at a time
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
    return head()
