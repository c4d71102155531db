"""The connection to the database: SQLite or PostgreSQL by `DATABASE_URL`, migrated before it is used."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TypeVar

import sqlalchemy as sa

T = TypeVar("T")

BUSY_TIMEOUT_S = 5
"""How long a SQLite writer waits for another process before the webhook answers 503."""
PATIENCE_S = 8.0
"""How long a caller waits for PostgreSQL altogether. The limits below are the server's to keep or the network's; one
that stands still, with its network up, keeps none of them."""
NETWORK_LIMITS = {
    "connect_timeout": "3",
    "tcp_user_timeout": "5000",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
}
"""libpq's, in seconds, the second in milliseconds: who does not answer is gone. What DATABASE_URL says comes first."""
SERVER_LIMITS = "SET statement_timeout = '5s'; SET lock_timeout = '3s'; SET idle_in_transaction_session_timeout = '5s'"
"""For the journal, whose statements take milliseconds. A migration may take its time. The last: a replica that stands
still in the middle of a transaction must not hold up the others."""
MIGRATIONS = Path(__file__).parent / "migrations"
READERS = 4
WRITERS = 2
"""On PostgreSQL, where alerts are taken in turn whatever number waits: one at it, one for everything else. More only
wait in each other's way. SQLite has one writer: who waits for it in our own queue comes in turn, in SQLite's by chance.
"""


class DatabaseUrlError(ValueError):
    """DATABASE_URL: sqlite:///path or postgresql://user:password@host/name; in a password @ : / are %40 %3A %2F."""


class NewerSchemaError(Exception):
    """A newer version of the bot has changed the database: this one does not know what stands in it."""

    def __init__(self, found: str, known: str) -> None:
        super().__init__(
            f"DATABASE_URL: the database is at revision {found}, and this version of the bot knows {known} at most. "
            "Start the newer version that migrated it, or restore a backup from before."
        )


def sync_url(database_url: str) -> sa.URL:
    """The URL with the driver that is used and, on PostgreSQL, the limits of its network. Raises DatabaseUrlError."""
    drivers = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
    try:
        url = sa.make_url(database_url)
    except (sa.exc.ArgumentError, ValueError):  # the second quotes what it took for the port: a piece of the password
        raise DatabaseUrlError(DatabaseUrlError.__doc__) from None
    driver = drivers.get({"postgres": "postgresql"}.get(url.get_backend_name(), url.get_backend_name()))
    if driver is None:
        raise DatabaseUrlError(DatabaseUrlError.__doc__)
    if driver == "sqlite":
        return url.set(drivername=driver)
    if "@" in f"{url.host}{url.database}":  # the end of a password, which whoever cannot reach that host would name
        raise DatabaseUrlError(DatabaseUrlError.__doc__)
    return url.set(drivername=driver, query={**NETWORK_LIMITS, **url.query})


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


class Database:
    """The database, with a few threads of its own.

    A transaction is one trip to a thread, whatever number of statements it holds: under load each trip is a wait for
    the interpreter. `act` gets the connection inside a transaction, which is committed when it returns, and raises
    what SQLAlchemy raises. After `patience` seconds, if there is such a limit, TimeoutError: what waited for a thread
    is then dropped, what had begun may still be committed.
    """

    def __init__(self, engine: sa.Engine, writers: int, patience: float | None = None) -> None:
        self.shared = engine.dialect.name != "sqlite"
        """Whether several bots may work on it."""
        self._engine = engine
        self._patience = patience
        self._looking = engine.execution_options(only_reading=True)
        self._writing = ThreadPoolExecutor(writers, thread_name_prefix="journal-write")
        self._reading = ThreadPoolExecutor(READERS, thread_name_prefix="journal-read")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.dispose()

    async def write(self, act: Callable[[sa.Connection], T]) -> T:
        async with asyncio.timeout(self._patience):
            return await asyncio.get_running_loop().run_in_executor(self._writing, self._committed, act)

    async def read(self, act: Callable[[sa.Connection], T]) -> T:
        async with asyncio.timeout(self._patience):
            return await asyncio.get_running_loop().run_in_executor(self._reading, self._seen, act)

    async def dispose(self) -> None:
        """Ends once the transactions that run have ended, and gives back every connection."""
        for threads in (self._writing, self._reading):
            threads.shutdown(cancel_futures=True)  # here: the durable engine has closed the loop's own threads by now
        self._engine.dispose()

    def _committed(self, act: Callable[[sa.Connection], T]) -> T:
        with self._engine.begin() as connection:
            return act(connection)

    def _seen(self, act: Callable[[sa.Connection], T]) -> T:
        with self._looking.connect() as connection:
            return act(connection)


def open_database(database_url: str) -> Database:
    """The journal's database. Nothing is connected yet. Raises DatabaseUrlError."""
    url = sync_url(database_url)
    if url.get_backend_name() != "sqlite":
        engine = sa.create_engine(url, pool_size=READERS + WRITERS, pool_pre_ping=True)
        _limit_postgresql(engine)
        return Database(engine, WRITERS, PATIENCE_S)
    engine = sa.create_engine(url, pool_size=READERS + 1, connect_args={"timeout": BUSY_TIMEOUT_S})
    prepare_sqlite(engine)
    return Database(engine, 1)


def lost_a_race(error: BaseException | None) -> bool:
    """Whether PostgreSQL ended the transaction for another's sake (deadlock, serialization): the same again may do."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else None
    return getattr(cause, "sqlstate", None) in ("40P01", "40001")


def _limit_postgresql(engine: sa.Engine) -> None:
    """By SET and not by a startup option, which poolers such as PgBouncer refuse."""

    @sa.event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.autocommit = True
        connection.execute(SERVER_LIMITS)
        connection.autocommit = False


def prepare_sqlite(engine: sa.Engine) -> None:
    """WAL, a flush to disk with each commit, and write locks taken at the beginning.

    `synchronous=FULL`: what was answered 202 must survive a power cut, not only a crash. `BEGIN IMMEDIATE`: a
    transaction that reads and then writes would otherwise fail when another wrote in between. One that only reads
    (`only_reading`) sees the database as it stood at its beginning, waits for no writer and holds up none.
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
        reads = connection.get_execution_options().get("only_reading")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _alembic() -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def head() -> str:
    """The newest migration that this version of the bot knows. Their files begin with their numbers."""
    return max(path.name[1:5] for path in MIGRATIONS.glob("versions/v????_*.py"))


def revision(connection: sa.Connection) -> str | None:
    """The newest migration that was applied; None before the first."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def migrate(database_url: str) -> str:
    """Brings the database to the newest shape and gives back its revision. Safe to repeat.

    Where nothing is to be done, what does it is not even loaded: most starts find the newest shape.
    Raises DatabaseUrlError, NewerSchemaError, sqlalchemy's OperationalError where it cannot be reached or written.
    """
    engine = sa.create_engine(sync_url(database_url))
    if engine.dialect.name == "sqlite":
        prepare_sqlite(engine)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7310211)")  # one replica migrates at a time
            found = revision(connection)
            if found is not None and found > head():  # they are numbers of four digits, one after the other
                raise NewerSchemaError(found, head())
            if found != head():
                _upgrade(connection)
    finally:
        engine.dispose()
    return head()


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command

    config = _alembic()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
