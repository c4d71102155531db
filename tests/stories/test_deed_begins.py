"""The moment in which a deed begins: it is looked whether anything stops it, and until that is known nothing runs."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.domain.approval import APPROVE
from bot.domain.run import DeedBegun, DeedEnded, MayHaveRun, Stopped
from bot.ports import JournalDown
from tests.stories.test_remediate import RESTART
from tests.stories.workshop_world import DANA, ERIN, town_with


class Moment:
    """The record; once it holds that the change has begun, something happens."""

    def __init__(self, record, happens):
        self._record, self._happens = record, happens

    def __getattr__(self, name):
        return getattr(self._record, name)

    async def append(self, run_id, number, event):
        put = await self._record.append(run_id, number, event)
        if put and isinstance(event, DeedBegun) and event.path == "2":
            await self._happens(run_id, number + 1)
        return put


class Switch:
    """The kill switch; its database can be away for some looks."""

    def __init__(self, switch):
        self._switch, self.away = switch, 0

    def __getattr__(self, name):
        return getattr(self._switch, name)

    async def state(self):
        if self.away:
            self.away -= 1
            raise JournalDown("away")
        return await self._switch.state()


@pytest.fixture
async def town(tmp_path):
    async with town_with(tmp_path) as one:
        one.shop = replace(one.shop, switch=Switch(one.shop.switch))
        yield one


async def approve(town, happens):
    """It happens as the approved step begins."""
    town.shop = replace(town.shop, runs=Moment(town.shop.runs, happens))
    await town.say("run restart")
    await town.react(await town.waits(), APPROVE, ERIN)


async def test_a_database_that_is_away_as_a_deed_begins_holds_it_up_and_does_not_end_it(town):
    async def away(_run_id, _number):
        town.shop.switch.away = 2

    await approve(town, away)
    assert (await town.ended()).result == "done"
    assert town.hands.ran.count(RESTART) == 1


async def test_an_emergency_stop_as_a_deed_begins_is_said_with_who_and_why(town):
    async def halt(_run_id, _number):
        await town.say("emergency-stop wrong cluster", user=DANA)

    await approve(town, halt)
    end = await town.ended()
    assert (end.result, end.reason) == ("stopped", "emergency stop: wrong cluster")
    (stop,) = (event for event in await town.shop.runs.events((await town.run()).id) if isinstance(event, Stopped))
    assert stop.by == DANA
    assert RESTART not in town.hands.ran


async def test_what_another_replica_gave_up_while_the_database_was_away_does_not_begin(town):
    async def given_up(run_id, number):
        town.shop.switch.away = 1
        assert await town.shop.runs.append(run_id, number, MayHaveRun(town.clock.now(), "2", 0))

    await approve(town, given_up)
    run = await town.run()
    async with asyncio.timeout(20):
        while not any(isinstance(e, DeedEnded) and e.path == "2" for e in await town.shop.runs.events(run.id)):
            pass
    assert RESTART not in town.hands.ran
