"""Sources that keep silent: what one replica saw holds for all, and where they cannot tell each other, for itself."""

import asyncio
import threading
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from bot.ports import JournalDown
from bot.rests import FAILURES, FRESH_S, PATIENCE_S, REST_S, Resting, Rests
from bot.state.database import migrate, open_database
from bot.state.rests import SqlRests
from bot.state.tables import rests
from integrations.contract import Refused, Unreachable
from tests.stories.world import eventually

SILENT = Unreachable("prometheus", "no answer in 8 s")
WELL_S = 60.0
"""For a record that does answer, on whatever machine: who gives it up goes by what it knows itself."""


class Replica:
    """One bot's knowledge; its clock stands still, so that it reads anew only when a test lets time pass."""

    def __init__(self, record, patience_s=WELL_S):
        self.time = 0.0
        self.rests = Rests(record, lambda: self.time, patience_s)

    async def ask(self, answer="figures", source="prometheus", after=None):
        """What came of a question: the answer, `silent`, `refused`, or `not asked`. It answers `after` that event."""

        async def source_answers():
            if after:
                await after.wait()
            if isinstance(answer, Exception):
                raise answer
            return answer

        self.time += FRESH_S
        try:
            return await self.rests.ask(source, source_answers)
        except Unreachable:
            return "silent"
        except Refused:
            return "refused"
        except Resting:
            return "not asked"


@pytest.fixture
async def databases(database_url):
    migrate(database_url)
    found = [open_database(database_url) for _ in range(2)]
    yield found
    for one in found:
        await one.dispose()


@pytest.fixture
def two(databases):
    return [Replica(SqlRests(one)) for one in databases]


async def rest_is_over(database):
    past = datetime.now(UTC) - timedelta(seconds=1)
    await database.write(lambda connection: connection.execute(rests.update().values(until=past)).close())


async def test_silence_that_several_replicas_met_is_counted_together_and_holds_for_all(two):
    one, other = two
    for number in range(FAILURES):
        assert await two[number % 2].ask(SILENT) == "silent"
    assert (await one.ask(), await other.ask()) == ("not asked", "not asked")
    assert await other.ask(source="github") == "figures"


async def test_an_answer_in_between_is_an_answer_for_all(two):
    one, other = two
    for asked in (one, other, one, other):
        assert await asked.ask(SILENT) == "silent"
        assert await other.ask() == "figures"


async def test_a_refusal_is_an_answer_and_a_bug_is_not_held_against_the_source(two):
    one, other = two
    for _ in range(FAILURES - 1):
        await one.ask(SILENT)
    assert await other.ask(Refused("prometheus", "401")) == "refused"
    assert await one.ask(SILENT) == "silent"
    for _ in range(FAILURES):
        with pytest.raises(ZeroDivisionError):
            await other.ask(ZeroDivisionError())
    assert await other.ask() == "figures"


def most_have_come(asking):
    """All but one, whose answer is still waited for."""
    return sum(one.done() for one in asking) >= len(asking) - 1


async def test_after_the_rest_one_question_of_one_replica_is_let_through(two, databases):
    for _ in range(FAILURES):
        await two[0].ask(SILENT)
    for answer, next_one in ((SILENT, "not asked"), ("figures", "figures")):
        await rest_is_over(databases[0])
        others = asyncio.Event()  # their answers have come: an answer ends the rest for whoever asks after it
        asking = [asyncio.ensure_future(one.ask(answer, after=others)) for one in two for _ in range(10)]
        await eventually(partial(most_have_come, asking))
        others.set()
        came = await asyncio.gather(*asking)
        told = "silent" if answer is SILENT else answer
        assert sorted(came) == sorted(["not asked"] * 19 + [told])
        assert [await one.ask() for one in two] == [next_one, next_one]


async def test_what_was_read_a_moment_ago_is_not_read_again(databases):
    class Counting(SqlRests):
        read = 0

        async def standing(self):
            Counting.read += 1
            return await super().standing()

    replica = Replica(Counting(databases[0]))
    await asyncio.gather(*(replica.rests.ask(f"source {number}", _answers) for number in range(20)))
    assert Counting.read == 1


async def _answers():
    return "figures"


async def test_a_restart_does_not_end_a_rest(databases):
    before = Replica(SqlRests(databases[0]))
    for _ in range(FAILURES):
        await before.ask(SILENT)
    assert await Replica(SqlRests(databases[1])).ask() == "not asked"


# ── the record does not answer ───────────────────────────────────────────────────────────────────


class Away:
    """A record that nobody can read or write; or, with `hangs`, one that never says so."""

    def __init__(self, *, hangs=False):
        self._hangs = hangs
        self.asked = 0

    async def _fail(self, *_):
        self.asked += 1
        if self._hangs:
            await asyncio.Event().wait()
        raise JournalDown("the database cannot be read")

    standing = let_through = failed = answered = _fail


@pytest.mark.parametrize("hangs", [False, True])
async def test_without_the_record_each_goes_by_what_it_knows(hangs):
    away = Away(hangs=hangs)
    replica = Replica(away, PATIENCE_S)
    for _ in range(FAILURES):
        assert await replica.ask(SILENT) == "silent"
    assert await replica.ask() == "not asked"
    replica.time += REST_S
    assert await replica.ask(SILENT) == "silent"
    assert await replica.ask() == "not asked"
    replica.time += REST_S
    assert (await replica.ask(), await replica.ask()) == ("figures", "figures")
    assert await Replica(away, PATIENCE_S).ask() == "figures"


async def test_a_record_that_is_away_is_not_waited_for_by_every_look():
    away = Away()
    replica = Replica(away)
    for _ in range(5):
        await replica.ask()
    assert away.asked == 1


@asynccontextmanager
async def held(url):
    """A table that another transaction has locked, as in a database that is stuck."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    locked, over = threading.Event(), threading.Event()

    def hold():
        with engine.begin() as connection:
            connection.exec_driver_sql("LOCK TABLE rests IN ACCESS EXCLUSIVE MODE")
            locked.set()
            over.wait(20)

    holding = asyncio.create_task(asyncio.to_thread(hold))
    await asyncio.to_thread(locked.wait, 10)
    try:
        yield
    finally:
        over.set()
        await holding
        engine.dispose()


@pytest.mark.needs("postgres")
async def test_a_table_that_is_stuck_holds_up_no_look(postgres_url):
    migrate(postgres_url)
    database = open_database(postgres_url)
    async with held(postgres_url), asyncio.timeout(15):
        assert await Replica(SqlRests(database), PATIENCE_S).ask() == "figures"
    await database.dispose()
