"""What one holder does at a time, whatever becomes of the database just then."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.house.open_replica import open_replica
from bot.measures import Measures
from bot.ports import JournalDown
from bot.settings import Settings
from bot.state.claims import Claims
from bot.state.tables import claims, leases


@pytest.fixture
async def here(database):
    return await replica(database, "here")


@pytest.fixture
async def there(database):
    return await replica(database, "there")


async def replica(database, name):
    """The claims of a process that is live."""
    ends = datetime.now(UTC) + timedelta(minutes=1)
    row = {"executor_id": name, "story_version": "3", "beats": 1, "expires_at": ends}
    await database.write(lambda connection: connection.execute(leases.insert().values(**row)).close())
    return Claims(database, name)


class Blinking:
    """A database that goes away with the next write: before it is done, right after it, or it is done only `later`."""

    def __init__(self, database):
        self._database = database
        self._act = None
        self.away = ""

    async def late(self):
        await self._database.write(self._act)

    async def write(self, act):
        when, self.away, self._act = self.away, "", act if self.away else self._act
        if when in ("", "after"):
            done = await self._database.write(act)
        if when:
            raise sa.exc.OperationalError("…", {}, OSError("away"))
        return done


@asynccontextmanager
async def blinking(database, name):
    await replica(database, name)
    blinks = Blinking(database)
    yield blinks, Claims(blinks, name)


async def is_free(claims, name="it"):
    async with claims.held(name) as now:
        return now


async def test_a_second_holder_in_the_same_process_has_it_no_more_than_one_elsewhere(here, there):
    async with here.held("it") as first:
        async with here.held("it") as second, here.held("another") as another:
            assert (first, second, another) == (True, False, True)
        assert not await is_free(there)
        assert not await is_free(here)
    assert await is_free(there)
    assert await is_free(here)


async def test_whoever_breaks_off_gives_it_back(here, there):
    with pytest.raises(KeyError):
        async with here.held("it"):
            raise KeyError("nobody foresaw this")
    assert await is_free(here)
    assert await is_free(there)


async def test_what_could_not_be_given_back_is_let_go_of_later_and_what_was_done_counts(database, there):
    async with blinking(database, "here") as (blinks, here):
        async with here.held("it"):
            blinks.away = "before"
        assert not await is_free(there)
        await here.let_go()
    assert await is_free(there)


async def test_a_claim_that_nobody_heard_was_made_is_let_go_of_later(database, there):
    async with blinking(database, "here") as (blinks, here):
        blinks.away = "after"
        with pytest.raises(JournalDown):
            await is_free(here)
        assert not await is_free(there)
        await here.let_go()
    assert await is_free(there)


async def test_a_claim_that_nobody_heard_was_made_is_free_for_the_process_that_made_it(database):
    async with blinking(database, "here") as (blinks, here):
        blinks.away = "after"
        with pytest.raises(JournalDown):
            await is_free(here)
        assert await is_free(here)


async def test_what_is_held_what_is_another_s_and_what_was_done_stays(here, there):
    assert await here.is_due("once an hour", timedelta(hours=1))
    await here.ring("R1")
    async with here.held("mine"), there.held("theirs"):
        await here.let_go()
        assert not await is_free(there, "mine")
        assert not await is_free(here, "theirs")
    assert not await here.is_due("once an hour", timedelta(hours=1))
    assert await here.rung("R1") is not None


async def test_a_claim_is_not_ended_by_what_was_to_end_the_one_before(database, there):
    async with blinking(database, "here") as (blinks, here):
        async with here.held("it"):
            blinks.away = "later"
        async with here.held("it") as again:
            await blinks.late()
            assert again
            assert not await is_free(there)
    assert await is_free(there)


async def test_without_its_database_nothing_is_let_go_of_and_it_says_so(database):
    async with blinking(database, "here") as (blinks, here):
        blinks.away = "before"
        with pytest.raises(JournalDown):
            await here.let_go()


class NoStories:
    """An engine that finds none to take over."""

    async def take_over(self): ...


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.needs("postgres"))], indirect=True
)
async def test_a_replica_lets_go_by_itself_and_asks_nobody(database, there):
    async with open_replica(Settings(_env_file=None, replica_lease_s=2.0), database, Measures()) as replica:
        left = {"name": "it", "executor_id": replica.lease.executor_id, "at": datetime.now(UTC) - timedelta(minutes=1)}
        await database.write(lambda connection: connection.execute(claims.insert().values(**left)).close())
        ticking = replica.tick(NoStories(), (), None)
        try:
            async with asyncio.timeout(20):
                while not await is_free(there):
                    pass
        finally:
            ticking.shutdown(wait=False)
