"""Whose stories are whose: leases that run out, are given back, or were taken while their process stood still."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.house.open_replica import open_replica
from bot.measures import Measures
from bot.ports import JournalDown
from bot.settings import Settings
from bot.state.claims import Claims
from bot.state.database import open_database
from bot.state.lease import GIVEN_BACK, Lease, telling
from bot.state.tables import claims, leases

LEASE_S = 20.0
ON_POSTGRES = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.needs("postgres"))], indirect=True
)
"""Where there are several processes."""
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
AGO, AHEAD = timedelta(minutes=-1), timedelta(minutes=1)


class Passing:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def passing():
    return Passing()


@pytest.fixture
async def mine(database, passing):
    lease = Lease(database, "2", LEASE_S, lost=lambda: pytest.fail("the lease is lost"), passing=passing)
    await lease.take()
    return lease


async def put(database, name, **more):
    """A process of another machine, whose lease has run out if nothing else is said."""
    row = {"story_version": "2", "beats": 3, "expires_at": datetime.now(UTC) + AGO, "taken_by": None, **more}

    def act(connection):
        connection.execute(leases.delete().where(leases.c.executor_id == name))
        connection.execute(leases.insert().values(executor_id=name, **row))

    await database.write(act)


class Buggy:
    """A database, and a bug that is met at so many of its next writes."""

    def __init__(self, database):
        self._database = database
        self.bugs = 0

    def __getattr__(self, name):
        return getattr(self._database, name)

    async def write(self, act):
        if self.bugs:
            self.bugs -= 1
            raise KeyError("nobody foresaw this")
        return await self._database.write(act)


async def beats(database, name):
    return await database.read(lambda c: c.scalar(sa.select(leases.c.beats).where(leases.c.executor_id == name)))


async def taker(database, name):
    return await database.read(lambda c: c.scalar(sa.select(leases.c.taken_by).where(leases.c.executor_id == name)))


async def test_what_the_versions_before_leases_left_is_taken_up_at_once(mine):
    assert (await mine.left()).executors == ("first-responder",)
    assert (await mine.left()).executors == ("first-responder",)  # until it is sure that nothing is left


async def test_the_log_says_nothing_of_those_who_are_gone_before_it_is_known_whether_they_left_something(
    database, mine
):
    for number in range(12):
        await put(database, f"earlier-{number}", beats=GIVEN_BACK)
    with capture_logs() as logs:
        assert len((await mine.left()).executors) == 13
    assert logs == []


@ON_POSTGRES
async def test_a_lease_that_holds_is_left_alone(database, mine, passing):
    await put(database, "other", expires_at=datetime.now(UTC) + AHEAD, story_version="7")
    passing.seconds += 3600
    left = await mine.left()
    assert "other" not in left.executors
    assert left.versions == {"2", "7"}


@ON_POSTGRES
async def test_one_that_ran_out_is_taken_once_it_was_seen_to_stand_still(database, mine, passing):
    await put(database, "other")
    assert "other" not in (await mine.left()).executors
    passing.seconds += LEASE_S / 2 - 1
    assert "other" not in (await mine.left()).executors
    passing.seconds += 1
    assert "other" in (await mine.left()).executors
    assert await taker(database, "other") == mine.executor_id


@ON_POSTGRES
async def test_one_that_is_renewed_after_an_outage_of_the_database_is_not_taken(database, mine, passing):
    await put(database, "other", beats=3)
    await mine.left()
    await put(database, "other", beats=4)
    passing.seconds += LEASE_S
    assert "other" not in (await mine.left()).executors


@ON_POSTGRES
async def test_one_that_was_given_back_is_taken_at_once(database, mine):
    await put(database, "other", beats=GIVEN_BACK, expires_at=datetime.now(UTC) + AHEAD)
    assert "other" in (await mine.left()).executors


@ON_POSTGRES
async def test_only_one_takes_it_and_another_takes_what_that_one_left(database, mine):
    await put(database, "first", taken_by="second")
    await put(database, "second", expires_at=datetime.now(UTC) + AHEAD)
    assert {"first", "second"}.isdisjoint((await mine.left()).executors)
    await put(database, "second", beats=GIVEN_BACK)
    assert {"first", "second"} <= set((await mine.left()).executors)


@ON_POSTGRES
async def test_what_another_version_left_is_for_a_live_one_of_that_version(database, mine):
    await put(database, "old", story_version="1", beats=GIVEN_BACK)
    await put(database, "also old", story_version="1", expires_at=datetime.now(UTC) + AHEAD)
    assert "old" not in (await mine.left()).executors
    await put(database, "also old", story_version="1", beats=GIVEN_BACK)
    assert {"old", "also old"} <= set((await mine.left()).executors)


@ON_SQLITE
async def test_on_sqlite_a_start_takes_over_whatever_is_there(database, mine):
    await put(database, "before", expires_at=datetime.now(UTC) + AHEAD)
    assert "before" in (await mine.left()).executors


@ON_POSTGRES
async def test_one_whose_lease_was_taken_hears_it_before_it_does_anything(database, passing):
    lost = []
    lease = Lease(database, "2", LEASE_S, lost=lambda: lost.append(True), passing=passing)
    await lease.take()
    await database.write(lambda c: c.execute(leases.update().values(taken_by="other")).close())
    with telling():
        await lease.sure()
        assert not lost  # nobody takes it before it has run out
        passing.seconds += LEASE_S
        await lease.sure()
    assert lost


async def test_one_that_is_late_and_was_not_taken_goes_on(database, mine, passing):
    passing.seconds += LEASE_S
    with telling():
        await mine.sure()
    assert await taker(database, mine.executor_id) is None


async def test_where_nobody_can_tell_a_story_waits_and_everything_else_goes_on(passing):
    away = open_database("postgresql://nobody@127.0.0.1:1/none")
    lease = Lease(away, "2", LEASE_S, passing=passing)
    await lease.sure()
    with telling(), pytest.raises(JournalDown):
        await lease.sure()
    await away.dispose()


async def test_what_ran_out_long_ago_is_forgotten_once_nothing_of_it_is_left(database, mine):
    await put(database, "long ago", expires_at=datetime.now(UTC) - timedelta(days=2))
    await put(database, "lately")
    await mine.forget(("long ago", "lately", "first-responder"))
    names = await database.read(lambda c: set(c.scalars(sa.select(leases.c.executor_id))))
    assert names == {"lately", "first-responder", mine.executor_id}


async def test_a_claim_is_held_by_one_live_process(database, mine):
    ours = Claims(database, mine.executor_id)
    await put(database, "other", expires_at=datetime.now(UTC) + AHEAD)
    theirs = Claims(database, "other")
    async with ours.held("it") as first, theirs.held("it") as second:
        assert (first, second) == (True, False)
    async with theirs.held("it") as now:
        assert now


async def test_a_claim_ends_with_the_lease_of_its_process(database, mine):
    ours, theirs = Claims(database, mine.executor_id), Claims(database, "other")
    await put(database, "other", expires_at=datetime.now(UTC) + AHEAD)
    async with theirs.held("it"):
        await put(database, "other", taken_by=mine.executor_id)
        async with ours.held("it") as now:
            assert now


async def test_what_was_done_by_a_clock_that_was_set_back_since_is_due(database):
    one = Claims(database, "one")
    assert await one.is_due("it", timedelta(minutes=1))
    ahead = claims.update().values(at=datetime.now(UTC) + timedelta(hours=1))
    await database.write(lambda connection: connection.execute(ahead).close())
    assert await one.is_due("it", timedelta(minutes=1))
    assert not await one.is_due("it", timedelta(minutes=1))


async def test_what_is_due_is_done_by_whoever_comes_first(database):
    one, two = Claims(database, "one"), Claims(database, "two")
    assert await one.is_due("it", timedelta(hours=1))
    assert not await two.is_due("it", timedelta(hours=1))
    assert await two.is_due("it", timedelta())


async def test_a_ring_is_heard_by_another_and_forgotten_after_a_while(database):
    one, two = Claims(database, "one"), Claims(database, "two")
    assert await two.rung("R1") is None
    await one.ring("R1")
    first = await two.rung("R1")
    await one.ring("R1")
    assert first is not None
    assert await two.rung("R1") not in (None, first)
    await one.forget(timedelta(hours=1))
    assert await two.rung("R1") is not None
    await one.forget(timedelta())
    assert await two.rung("R1") is None


@ON_SQLITE
async def test_after_a_bug_it_is_renewed_again_and_the_log_says_what_it_was(database):
    buggy = Buggy(database)
    with capture_logs() as logs:
        async with open_replica(Settings(_env_file=None, replica_lease_s=1.0), buggy, Measures()) as replica:
            buggy.bugs = 1
            async with asyncio.timeout(10):
                while await beats(database, replica.lease.executor_id) < 2:
                    pass
    assert [line["part"] for line in logs if line.get("exc_info")] == ["lease"]
