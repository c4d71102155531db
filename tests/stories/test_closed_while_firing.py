"""A person closes what still fires, or as a false alarm: what stands at its head, in its topic and in its notice."""

from datetime import timedelta

import pytest
import stamina

from bot import compose, sections
from bot.domain.incident import Company
from bot.domain.plain import as_text
from bot.keep_current import catch_up
from tests.stories.closing_world import over, told, world_with
from tests.stories.incident_sample import ALERTED, NOW, REPORT, alert, incident
from tests.stories.world import OWN, FakeSlack, resolve

CLOSED = ALERTED + timedelta(minutes=8)


@pytest.fixture(autouse=True)
def without_waiting():
    with stamina.set_testing(True, attempts=20):
        yield


@pytest.fixture
def slack():
    return FakeSlack()


def closed_firing(**changes):
    return incident(status="resolved", resolved_at=CLOSED, closed_at=CLOSED, **changes)


async def test_closed_as_a_false_alarm_it_is_not_called_resolved_anywhere(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        await told(world)
        await world.say("resolve false alarm the threshold is too tight")
        await catch_up(world.at.desk)
        head, notice = slack.of("1:briefing").text, slack.of("1:notice").text
        for text in (head, notice, slack.topics[OWN]):
            assert "closed 03:42 UTC as a false alarm" in text
            assert "1 alert still firing" in text
            assert "resolved" not in text
        assert head.startswith("🔒") and notice.startswith("🔒")


async def test_once_its_alert_is_resolved_too_nothing_fires_any_more(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        await told(world)
        await world.say("resolve false alarm")
        await catch_up(world.at.desk)
        world.clock.pass_(minutes=5)
        await resolve(world.at.desk)
        await catch_up(world.at.desk)
        head = slack.of("1:briefing").text
        assert head.startswith("✅")
        assert "closed 03:42 UTC as a false alarm" in head
        assert "still firing" not in head


async def test_resolved_first_and_closed_as_a_false_alarm_it_says_both(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        await over(world)
        world.clock.pass_(minutes=5)
        await world.say("resolve false alarm")
        await catch_up(world.at.desk)
        assert "resolved 03:42 UTC" in slack.topics[OWN]
        assert "closed 03:47 UTC as a false alarm" in slack.topics[OWN]


async def test_an_earlier_opening_that_was_one_makes_no_false_alarm_of_the_next(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        incident_id = await told(world)
        await world.say("resolve false alarm")
        world.clock.pass_(minutes=5)
        await world.say("reopen it is real")
        world.clock.pass_(minutes=5)
        await world.say("resolve rolled back")
        incident_ = await world.at.desk.journal.incident(incident_id)
        assert not incident_.false_alarm
        assert "false alarm" not in compose.topic(incident_)


def test_how_many_fire_on_is_said_once():
    told = as_text(compose.brief(closed_firing(alerts=(alert(), alert("B", status="resolved"))), REPORT, NOW))
    assert told.splitlines()[1] == "closed 03:50 UTC, 22 min after it began, 1 alert still firing · 2 alerts (also B)"
    assert "8 min after the alert, 3 alerts still firing ·" in as_text(compose.notice(closed_firing()))


def test_told_with_another_it_is_closed_there_too():
    lines = sections.linked((closed_firing(),), NOW).lines
    assert lines[0].startswith("🔒 *payment-service*")
    assert "closed 03:50 UTC" in lines[0]
    assert "still firing" not in as_text(compose.resolved(incident(), Company(linked=(closed_firing(),))))
