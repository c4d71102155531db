"""What PagerDuty is told late is about the opening in which it was said: what fired later goes on to call people."""

from dataclasses import replace

import pytest

from bot.domain.closing import Closing
from bot.domain.incident import BY_HAND
from bot.life.mirror import tell_there
from bot.state.closings import SqlClosings
from bot.state.journal import journal
from integrations.contract import Unreachable
from tests.stories.closing_world import over, world_with
from tests.stories.incident_sample import NOW, alert
from tests.stories.life_world import days_with
from tests.stories.mirror_world import There, called
from tests.stories.workshop_world import DANA, ERIN
from tests.stories.world import FakeSlack

AWAY = Unreachable("pagerduty", "no answer in 15 s")


@pytest.fixture
async def days(tmp_path):
    """One whose alerts are taken by the clock that moves."""
    async with days_with(tmp_path) as one:
        kept = journal(one.life.desk.entries._database, one.town.clock, (("service",), ("env",), 3600))
        one.life = replace(one.life, take=kept.take)
        await one.life.take([pages("Q1")])
        yield one


def pages(name, **more):
    return alert(name, source="pagerduty", **more)


def of(days):
    return SqlClosings(days.life.desk.entries._database)


async def closed(days):
    """A person closes it, whatever fires."""
    incident, now = await days.incident(), days.town.clock.now()
    await of(days).close(Closing(incident.id, incident.opening, now, DANA, "by a person", "rolled back"))


async def fires(days, *alerts):
    """After ten minutes, in which PagerDuty was away."""
    days.town.clock.forward(600)
    (*_, taken) = await days.life.take(alerts)
    return taken.effect


async def test_a_closing_that_was_not_told_yet_silences_nothing_once_it_fires_again(days):
    there = There()
    await closed(days)
    there.fails = [AWAY]
    await tell_there(days.life, there)
    assert await fires(days, pages("Q2")) == "reopened"
    await tell_there(days.life, there)
    assert there.told == []
    await closed(days)
    await tell_there(days.life, there)
    assert [told[:2] for told in there.told] == [("Q1", "closed"), ("Q2", "closed")]


async def test_a_closing_of_an_opening_that_is_over_is_not_told_after_that_one_has_ended_too(days):
    there = There(page="Q7")
    await closed(days)
    assert await fires(days, alert("Hand", source=BY_HAND)) == "reopened"
    await called(days)
    await closed(days)
    await tell_there(days.life, there)
    assert [told[0] for told in there.told] == ["Q1", "Q7"], "once, by the second closing"


async def test_what_joined_later_is_not_acknowledged_by_a_word_from_before(days):
    there = There()
    await days.says("ack")
    assert await fires(days, pages("Q2")) == "joined"
    await days.says("note both now")
    await tell_there(days.life, there)
    assert [told[:2] for told in there.told] == [("Q1", "acknowledged"), ("Q1", "note"), ("Q2", "note")]


async def test_what_fires_again_under_its_first_start_is_not_acknowledged_by_a_word_from_before(days):
    there = There()
    await days.life.take([pages("Q1", status="resolved", ends_at=NOW)])
    await days.says("ack")
    assert await fires(days, pages("Q1", reopened_at=NOW.replace(hour=9))) == "joined"
    await tell_there(days.life, there)
    assert there.told == []


async def test_a_note_from_before_it_fired_again_stays_with_what_it_was_about(days):
    there = There()
    await days.says("note the pool", ERIN)
    await closed(days)
    assert await fires(days, pages("Q2")) == "reopened"
    await tell_there(days.life, there)
    assert there.told == [("Q1", "note", "the pool")]


async def test_a_closing_is_told_at_once(tmp_path):
    async with world_with(tmp_path, FakeSlack()) as world:
        await over(world)
        world.at.desk.written_elsewhere.clear()
        await world.say("resolve rolled back")
        assert world.at.desk.written_elsewhere.is_set()
