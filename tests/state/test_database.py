"""A database that hangs: what the journal says, and that it says it."""

import asyncio
import threading
import traceback

import pytest
import sqlalchemy as sa

from bot.ports import JournalDown
from bot.state.database import Database, DatabaseUrlError, engine_url, migrate, open_database, sync_url
from bot.state.intake import INTAKE_LOCK
from bot.state.journal import journal
from integrations.contract import Alert

LIMIT_S = 30
"""Far above every limit: what is not answered by then hangs."""


@pytest.fixture
async def silent():
    """The address of a server that takes every connection and never says a word."""
    gone = asyncio.Event()

    async def listen(_reader, writer):
        await gone.wait()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    yield f"postgresql://bot:secret@{host}:{port}/bot"
    gone.set()
    server.close()
    await server.wait_closed()


async def test_a_server_that_never_answers_is_down_and_not_ready(silent, clock):
    database = open_database(silent)
    record = journal(database, clock, (("service",), ("env",), 3600))
    alert = Alert("alertmanager", "f1", "HighErrorRate", "firing", clock.now())

    async with asyncio.timeout(LIMIT_S):
        said = await asyncio.gather(record.take([alert]), record.writable(), return_exceptions=True)

    assert [type(one) for one in said] == [JournalDown, JournalDown]
    assert "DATABASE_URL" in str(said[0])
    assert "secret" not in str(said[0])
    await database.dispose()


async def test_nobody_waits_longer_than_the_patience_for_what_stands_still():
    database, thawed = Database(sa.create_engine("sqlite://"), 1, patience=0.05), threading.Event()
    begun = []

    with pytest.raises(TimeoutError):
        await database.write(lambda _: thawed.wait(LIMIT_S))
    with pytest.raises(TimeoutError):
        await database.write(begun.append)

    thawed.set()
    await database.dispose()
    assert begun == [], "what still waited for its turn was dropped with its caller"


@pytest.mark.needs("postgres")
async def test_a_lock_that_another_never_gives_back_is_a_journal_that_is_down(postgres_url, clock):
    migrate(postgres_url)
    database, other = open_database(postgres_url), sa.create_engine(sync_url(postgres_url))
    record = journal(database, clock, (("service",), ("env",), 3600))
    alert = Alert("alertmanager", "f1", "HighErrorRate", "firing", clock.now())

    with other.begin() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(INTAKE_LOCK)))
        async with asyncio.timeout(LIMIT_S):
            with pytest.raises(JournalDown, match="OperationalError"):
                await record.take([alert])

    other.dispose()
    (taken,) = await record.take([alert])
    assert taken.effect == "opened"
    await database.dispose()


@pytest.mark.needs("postgres")
async def test_every_statement_of_the_journal_has_a_limit_after_a_rollback_too(postgres_url):
    database = open_database(postgres_url)
    with pytest.raises(sa.exc.ProgrammingError):
        await database.read(lambda c: c.exec_driver_sql("select nonsense"))

    assert await database.read(lambda c: c.exec_driver_sql("show statement_timeout").scalar()) == "5s"
    await database.dispose()


def test_what_the_url_says_of_the_network_comes_before_our_limits():
    url = sync_url("postgresql://bot@db/bot?connect_timeout=20&sslmode=require")
    assert (url.query["connect_timeout"], url.query["sslmode"]) == ("20", "require")
    assert url.query["tcp_user_timeout"]
    assert engine_url("postgresql://bot@db/bot").query["connect_timeout"] == "3"
    assert not sync_url("sqlite:///bot.sqlite").query


@pytest.mark.parametrize("password", ["s3c@ret:pa55word", "s3c@retpa55word", "s3c@ret/pa55word", "s3c@ret:5/pa55word"])
def test_an_address_with_a_password_that_is_not_encoded_is_refused_and_no_piece_of_it_told(password):
    with pytest.raises(DatabaseUrlError) as refused:
        sync_url(f"postgresql://bot:{password}@db.example.com/bot")

    assert "%40 %3A %2F" in str(refused.value)
    assert "pa55word" not in "".join(traceback.format_exception(refused.value))


def test_a_password_that_is_encoded_is_itself():
    url = sync_url("postgresql://bot:s3c%40ret%3Apa55%2Fword@db.example.com/bot")
    assert (url.password, url.host, url.database) == ("s3c@ret:pa55/word", "db.example.com", "bot")
