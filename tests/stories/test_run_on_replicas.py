"""A run on one of several replicas: people are heard on any, and a deed that another gave up goes no further."""

import asyncio
from collections import defaultdict
from dataclasses import replace

import pytest

from bot.domain.approval import APPROVE
from bot.domain.run import DeedEnded, MayHaveRun
from bot.ports import JournalDown
from bot.state.claims import Claims
from bot.state.database import open_database
from tests.stories.workshop_world import ERIN, town_with

LOOK = "kubectl get pods"
LIMIT_S = 20.0


@pytest.fixture
async def town(tmp_path):
    async with town_with(tmp_path) as one:
        yield one


@pytest.fixture
async def bell(town, tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'stories.sqlite'}")
    yield Claims(database, "this one")
    await database.dispose()


def on_another(shop):
    """The same workshop in another process."""
    return replace(shop, pokes=defaultdict(asyncio.Event), resting=set(), rings={})


class Away:
    """A bell whose database is away."""

    async def rung(self, run_id):
        raise JournalDown("away")


async def test_what_people_did_on_one_replica_wakes_the_run_that_rests_on_another(town, bell):
    here = replace(town.shop, bell=bell)
    resting = asyncio.create_task(here.rest("R1", 3_600.0))
    async with asyncio.timeout(LIMIT_S):
        while "R1" not in here.rings:
            await bell.rung("R1")
        await on_another(here).call("R1")
        await resting
    assert not here.resting


async def test_a_run_that_waits_for_a_person_says_so_to_whoever_counts_what_goes_on(town):
    rested = []
    town.shop = replace(town.shop, rested=rested.append)
    await town.say("run restart")
    run = await town.run()
    await town.waits()
    assert set(rested) == {run.id}


async def test_a_database_that_is_away_wakes_nobody_and_breaks_nothing(town):
    here = replace(town.shop, bell=Away())
    resting = asyncio.create_task(here.rest("R1", 3_600.0))
    async with asyncio.timeout(LIMIT_S):
        while not here.resting:
            await town.shop.runs.unended()
        here.poke("R1")
        await resting


async def test_of_a_run_that_has_ended_nothing_stays_in_memory_nor_of_one_that_is_told_elsewhere(town, bell):
    town.shop = replace(town.shop, bell=bell)
    await town.say("run restart")
    gate = await town.waits()
    async with asyncio.timeout(LIMIT_S):
        while not town.shop.rings:
            await town.shop.runs.unended()
    await town.react(gate, APPROVE, ERIN)
    await town.ended()
    await town.shop.call("told elsewhere")
    assert (dict(town.shop.pokes), dict(town.shop.rings), len(town.shop.telling)) == ({}, {}, 0)


async def test_a_deed_that_another_replica_has_given_up_is_ended(town):
    """As after a pause of this process that was longer than the deed may take."""
    town.hands.hold("get pods")
    await town.say("run restart")
    while LOOK not in town.hands.ran:
        await town.shop.runs.unended()
    run = await town.run()
    events = await town.shop.runs.events(run.id)
    assert await town.shop.runs.append(run.id, len(events), MayHaveRun(town.clock.now(), "1", 0))
    async with asyncio.timeout(LIMIT_S):
        while not isinstance((await town.shop.runs.events(run.id))[-1], DeedEnded):
            pass
    assert (await town.shop.runs.events(run.id))[-1].outcome.result == "stopped"
