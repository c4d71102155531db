"""What was changed while an incident is open: each is entered once, and its watch begins whatever ends before."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.approval import APPROVE, DENY
from bot.domain.entry import BOT, Entry
from bot.house.open_watching import Watching
from bot.life.see_changes import look_for_changes
from bot.state.runs import SqlRuns
from integrations.contract import Change
from tests.stories.incident_sample import NOW
from tests.stories.workshop_world import ERIN, town_with
from tests.stories.world import FakeSlack, Source, desk_with, eventually, fire, resolve, stopped, tell

WATCH_S = 900.0


@pytest.fixture
def slack():
    return FakeSlack()


class Looking:
    """Looks of one desk for changes, and the watches that they begin."""

    def __init__(self, desk):
        self.desk = desk
        self.begun = []

    async def begin(self, incident_id, number):
        self.begun.append((incident_id, number))

    async def look(self):
        """One look; what it began."""
        self.begun.clear()
        await look_for_changes(self.desk, SqlRuns(self.desk.entries._database), self.begin, WATCH_S)
        return sorted(self.begun)


def changed(incident_id, key, at=NOW):
    return Entry(incident_id, key, at, "changed", BOT, "v2 of cart, deployed", value=at.isoformat())


async def test_a_deployment_that_came_since_is_entered_once_and_its_watch_is_begun_until_it_is_over(slack, tmp_path):
    deployed = Change("checkout", "deployment", NOW + timedelta(minutes=1), "v2", title="faster")
    async with desk_with(tmp_path, slack, Source("github", deployed)) as desk:
        taken = await fire(desk)
        await tell(desk, taken)
        desk.clock.moment = NOW + timedelta(minutes=2)
        looking = Looking(desk)
        assert await looking.look() == [(taken.incident_id, 1)]
        assert await looking.look() == [(taken.incident_id, 1)], "to begin it twice begins it once"
        (entry,) = await desk.entries.of_incident(taken.incident_id)
        over = Entry(taken.incident_id, f"{entry.key}:over", desk.clock.now(), "watched", BOT, "it helped")
        await desk.entries.append(over)
        assert await looking.look() == []


@asynccontextmanager
async def watched_town(tmp_path, lasts_s=WATCH_S, *books):
    """A town whose runs are watched as soon as they end, the entries whose watch was begun, and who begins them."""
    begun = []

    async def begin(incident_id, number):
        begun.append((incident_id, number))

    async with town_with(tmp_path, *books) as town:
        watching = Watching(town.shop.desk, lasts_s)
        town.shop = replace(town.shop, ended=watching.run_ended)
        parts = [asyncio.create_task(part.act()) for part in watching.parts(town.shop.runs, begin)]
        try:
            yield town, begun, watching
        finally:
            for part in parts:
                await stopped(part)


async def restarted(town, answer=APPROVE):
    await town.say("run restart")
    await town.react(await town.waits(), answer, ERIN)
    await town.ended()


async def test_a_run_that_ends_here_begins_to_be_watched_at_once(tmp_path):
    async with watched_town(tmp_path) as (town, begun, watching):
        await restarted(town)
        await eventually(lambda: begun)
        assert begun == [(town.incident_id, 1)]
        (entry,) = await town.shop.desk.entries.of_incident(town.incident_id)
        assert (entry.kind, entry.text) == ("changed", "Runbook restart on payment-service")
        begun.clear()
        for run in await town.shop.runs.of_incident(town.incident_id):
            watching.run_ended(run)  # as after a crash: its end is told once more
        await watching.ended.join()
        looking = Looking(town.shop.desk)
        assert await looking.look() == [(town.incident_id, 1)], "the periodic look enters it no second time"
        assert len(await town.shop.desk.entries.of_incident(town.incident_id)) == 1


@pytest.mark.parametrize("settles", ["denied", "resolved long ago", "not watched"])
async def test_what_changed_nothing_or_is_over_or_not_to_be_watched_is_not(tmp_path, settles):
    async with watched_town(tmp_path, 0 if settles == "not watched" else WATCH_S) as (town, begun, watching):
        if settles == "resolved long ago":
            await resolve(town.shop.desk)
            town.clock.forward(600)
        await restarted(town, DENY if settles == "denied" else APPROVE)
        await watching.ended.join()
        assert begun == []
        assert await town.shop.desk.entries.of_incident(town.incident_id) == []


LOOKS = """
id: look
title: Look at it
steps:
  - {name: look, action: exec, command: kubectl get pods}
"""


async def test_a_run_that_only_looked_is_not_watched_and_never_found_to_have_helped(tmp_path):
    async with watched_town(tmp_path, WATCH_S, LOOKS) as (town, begun, watching):
        await town.say("run look")
        assert (await town.ended()).result == "done"
        await watching.ended.join()
        assert await Looking(town.shop.desk).look() == begun == []
        assert await town.shop.desk.entries.of_incident(town.incident_id) == []


async def test_of_several_incidents_each_watch_that_is_not_over_is_begun_and_none_of_long_ago(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source()) as desk:
        ids = [(await fire(desk, name, labels={"service": name})).incident_id for name in ("cart", "bank")]
        for id_ in ids:
            await desk.entries.append(changed(id_, "changed:v1", NOW - timedelta(days=2)))
            await desk.entries.append(changed(id_, "changed:v2"))
        await desk.entries.append(Entry(ids[0], "changed:v2:over", NOW, "watched", BOT, "it helped"))

        assert await Looking(desk).look() == [(ids[1], 2)]
