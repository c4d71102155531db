"""What is told with another incident is closed with it, and asked about by itself where it fired on after that."""

from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import stamina

from bot.closing.command import ClosingCommand
from bot.state.journal import journal
from bot.state.links import SqlLinks
from tests.stories.closing_world import told, world_with
from tests.stories.world import OWN, FakeSlack, fire, tell

CART = {"labels": {"service": "cart"}}


@pytest.fixture(autouse=True)
def without_waiting():
    with stamina.set_testing(True, attempts=20):
        yield


@pytest.fixture
def slack():
    return FakeSlack()


@asynccontextmanager
async def linked(tmp_path, slack, **rules):
    """A world whose journal has its clock, a lead, and what is told in its channel; both fire."""
    async with world_with(tmp_path, slack, **rules) as world:
        database = world.at.desk.entries._database
        record = journal(database, world.clock, (("service",), ("env",), 3600))
        world.at = replace(world.at, desk=replace(world.at.desk, journal=record, links=SqlLinks(database)))
        world.command = ClosingCommand(world.at)
        lead = await told(world)
        taken = await fire(world.at.desk, "CartSlow", **CART)
        assert await world.at.desk.links.merge(taken.incident_id, lead, "U1")
        await tell(world.at.desk, taken)
        yield world, lead, taken.incident_id


async def ends(world, name="CartSlow", **changes):
    await fire(world.at.desk, name, **({"status": "resolved", "ends_at": world.clock.now()} | changes))


async def closings_of(world, *ids):
    record = world.at.desk.journal
    return [await world.at.closings.closing(id_, (await record.incident(id_)).opening) for id_ in ids]


async def test_what_is_over_when_its_lead_is_closed_is_closed_with_it_and_nobody_is_asked(slack, tmp_path):
    async with linked(tmp_path, slack) as (world, lead, cart):
        await ends(world, **CART)
        world.clock.pass_(minutes=5)
        await world.say("resolve false alarm")
        await world.look(hours=1)
        one, other = await closings_of(world, lead, cart)
        assert replace(one, firing=()) == replace(other, incident_id=lead)
        assert slack.of(f"{lead}:1:closed")
        assert not [key for key in slack.in_(OWN) if "close" in key and key != "1:closed"]


@pytest.mark.parametrize("again", [False, True])
async def test_what_fires_after_its_lead_was_closed_is_asked_about_by_itself(slack, tmp_path, again):
    async with linked(tmp_path, slack) as (world, _, cart):
        await world.say("resolve false alarm")
        world.clock.pass_(hours=4)
        await ends(world, **CART)
        if again:
            world.clock.pass_(minutes=10)
            began = world.clock.now()
            await tell(world.at.desk, await fire(world.at.desk, "CartSlow", starts_at=began, **CART))
            world.clock.pass_(hours=2)
            await ends(world, starts_at=began, **CART)
        over = (await world.at.desk.journal.incident(cart)).resolved_at
        await world.look(minutes=15)
        assert await closings_of(world, cart) == [None]

        opening = 2 if again else 1
        asked = slack.of(f"{cart}:{opening}:close?1")
        assert "Close it?" in asked.text
        assert "/incident resolve" not in asked.text, "here that is the lead"
        await world.tap("close.yes", cart, opening)
        await world.look()
        (closed,) = await closings_of(world, cart)
        assert (closed.by, closed.false_alarm, closed.at >= over) == ("U1", False, True)
        assert asked.text.startswith("🔒 Closed cart ")
        assert f"`/incident reopen {cart}` opens it again" in asked.text
        assert [key for key in slack.files if key.startswith(f"{cart}:")], "its postmortem is in that thread"


async def test_what_was_kept_open_by_itself_names_no_command_that_means_the_lead(slack, tmp_path):
    async with linked(tmp_path, slack) as (world, _, cart):
        await world.say("resolve")
        world.clock.pass_(hours=4)
        await ends(world, **CART)
        await world.look(minutes=15)
        assert await world.tap("close.keep", cart) == "Kept open."
        await world.look()
        assert slack.of(f"{cart}:1:close?1").text == "Kept open by <@U1>; I ask again 22 Nov 07:57 UTC."


async def test_what_fires_after_its_lead_was_closed_is_closed_by_itself_where_that_is_set(slack, tmp_path):
    async with linked(tmp_path, slack, auto=True) as (world, _, cart):
        await world.say("resolve false alarm")
        world.clock.pass_(hours=4)
        await ends(world, **CART)
        await world.look(minutes=15)
        (closed,) = await closings_of(world, cart)
        assert (closed.how, closed.false_alarm, closed.at) == ("by itself", False, world.clock.now())
