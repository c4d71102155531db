"""The model's limits over all replicas: what one has used up is not there for another, and a rest is everybody's."""

import asyncio
import subprocess
import sys
import time

import pytest

from bot.llm.pace import Pace
from bot.ports import JournalDown
from bot.state.database import migrate, open_database
from bot.state.model_pace import LEAST_S, SqlPace
from tests.pages import ROOT
from tests.stories.world import eventually

REQUESTS, TRIES = 60, 200
WELL_S = 60.0
"""For a database that does answer, on whatever machine: who gives it up keeps the limits alone."""


@pytest.fixture
async def two(database_url):
    """The same limits of one request and a hundred tokens a second, seen by two replicas."""
    migrate(database_url)
    databases = [open_database(database_url) for _ in range(2)]
    yield [SqlPace(one, REQUESTS, 6_000) for one in databases]
    for one in databases:
        await one.dispose()


async def test_what_one_has_taken_is_not_there_for_the_other(two):
    one, other = two
    assert await one.take(1, 6_000) == 0
    assert 5 < await other.take(1, 3_000) <= 30
    assert 5 < await one.take(1, 3_000) <= 30, "who waited has taken nothing"


async def test_requests_are_counted_apart_from_tokens(two):
    one, other = two
    taken = 0
    while (wait := await (one, other)[taken % 2].take(1, 0)) == 0:
        taken += 1
    assert taken >= REQUESTS
    assert LEAST_S < wait <= 1


async def test_more_than_the_limit_takes_all_of_it(two):
    one, other = two
    assert await one.take(1, 1_000_000) == 0
    assert 30 < await other.take(1, 1_000_000) <= 60


async def test_a_rest_is_everybodys_and_a_shorter_one_ends_none(two):
    one, other = two
    await one.rest(20)
    await other.rest(1)
    assert 1 < await other.take(1, 1) <= 20
    assert 1 < await one.take(1, 1) <= 20


@pytest.mark.needs("postgres")
def test_two_processes_together_never_pass_the_limit(postgres_url):
    migrate(postgres_url)
    command = [sys.executable, "-m", "tests.state.asking", postgres_url, str(REQUESTS), str(TRIES)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    began = time.monotonic()
    both = [subprocess.Popen(command, **pipes) for _ in range(2)]
    try:
        assert [process.stdout.readline() for process in both] == ["ready\n"] * 2
        for process in both:
            process.stdin.write("go\n")
            process.stdin.flush()
        taken = [int(process.communicate(timeout=60)[0]) for process in both]
    finally:
        for process in both:
            process.kill()
            process.wait()
    assert REQUESTS <= sum(taken) <= REQUESTS + (time.monotonic() - began) + 1


# ── a replica's own pace beside it ───────────────────────────────────────────────────────────────


async def test_a_turn_waits_for_what_other_replicas_have_used_up(two):
    one, other = two
    slept = []

    async def sleep(seconds):
        slept.append(seconds)
        await asyncio.sleep(0)

    pace = Pace(REQUESTS, 6_000, sleep=sleep, shared=one)
    pace.patience_s = WELL_S
    await pace.turn(1_000, urgent=False)
    assert slept == []
    await other.take(1, 5_000)
    asking = asyncio.create_task(pace.turn(5_000, urgent=True))
    await eventually(lambda: slept)
    assert 10 < slept[0] <= 50
    asking.cancel()


async def test_what_a_model_asks_of_one_replica_all_keep(two):
    one, other = two
    pace = Pace(REQUESTS, 6_000, shared=one)
    pace.patience_s = WELL_S
    pace.rest(30)
    await eventually(lambda: other.take(0, 0))  # it is told beside the call that met it
    assert 5 < await other.take(1, 1) <= 30


class Away:
    """A database that answers with an error, or not at all."""

    def __init__(self, *, hangs):
        self._hangs, self.asked = hangs, 0

    async def take(self, requests, tokens):
        self.asked += 1
        if self._hangs:
            await asyncio.Event().wait()
        raise JournalDown("the database cannot be written")


@pytest.mark.parametrize("hangs", [False, True])
async def test_without_the_database_each_keeps_the_limits_alone(hangs):
    away, slept = Away(hangs=hangs), []

    async def sleep(seconds):
        slept.append(round(seconds))
        await asyncio.Event().wait()

    pace = Pace(3, 6_000, now=lambda: 0.0, sleep=sleep, shared=away)
    for _ in range(3):
        await pace.turn(10, urgent=False)
    asking = asyncio.create_task(pace.turn(10, urgent=False))
    await eventually(lambda: slept)
    assert slept == [20]
    assert away.asked == 1, "who did not answer a moment ago is not asked for each call"
    asking.cancel()
