"""Closed by mistake and opened again by a person: it is told as that, and is no past of its own."""

from dataclasses import replace
from datetime import timedelta

import pytest
import stamina

from bot import compose
from bot.command_words import NotDoneError
from bot.domain.plain import as_text
from tests.stories.closing_world import told, world_with
from tests.stories.incident_sample import ALERTED, NOW, REPORT, incident
from tests.stories.world import FakeSlack, fire, resolve

AGAIN = ALERTED + timedelta(minutes=26)


@pytest.fixture(autouse=True)
def without_waiting():
    with stamina.set_testing(True, attempts=20):
        yield


@pytest.fixture
def slack():
    return FakeSlack()


async def test_it_is_told_as_reopened_by_whom_and_not_as_fired_again(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        incident_id = await told(world)
        await world.say("resolve rolled back")
        world.clock.pass_(minutes=5)
        await world.say("reopen oops", user="U0DANA01")
        again = await world.at.desk.journal.incident(incident_id)
        head = as_text(compose.headline(again, 8, world.clock.now()))
        assert "\nreopened 03:47 UTC by <@U0DANA01>" in head
        assert "fired again" not in head


async def test_what_fires_again_by_itself_later_is_told_as_fired_again(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        incident_id = await told(world)
        await world.say("resolve rolled back")
        await world.say("reopen oops")
        await resolve(world.at.desk)
        world.clock.pass_(minutes=5)
        await fire(world.at.desk, "HighLatency")
        again = await world.at.desk.journal.incident(incident_id)
        assert (again.opening, again.reopened_by) == (3, "")
        assert "fired again 03:42 UTC, for the 3rd time" in as_text(compose.headline(again, 8, world.clock.now()))


def test_its_briefing_its_topic_and_its_end_say_so():
    again = incident(opening=2, reopened_at=AGAIN, reopened_by="U0DANA01")
    assert "\nreopened 04:08 UTC by <@U0DANA01> · 3 alerts" in as_text(compose.brief(again, REPORT, NOW))
    assert "reopened 04:08 UTC by <@U0DANA01>" in as_text(compose.notice(again))
    assert compose.topic(again, REPORT).startswith("SEV1 · HighErrorRate · reopened 04:08 UTC · ")
    assert "<@" not in compose.headline(again, 8, NOW).plain, "nobody is called by a notification"
    over = replace(again, status="resolved", resolved_at=AGAIN + timedelta(minutes=20))
    assert "resolved 04:28 UTC, 20 min after it was reopened" in as_text(compose.notice(over))


@pytest.mark.parametrize("text", ["flase alarm", "False alram: the probe", "false-alarm", "falsealarm, sorry"])
async def test_words_that_are_nearly_a_false_alarm_close_nothing_before_that_is_clear(slack, tmp_path, text):
    async with world_with(tmp_path, slack) as world:
        incident_id = await told(world)
        with pytest.raises(NotDoneError, match=r"^Not closed\. Did you mean \*false alarm\*\?"):
            await world.say(f"resolve {text}")
        still = await world.at.desk.journal.incident(incident_id)
        assert (still.status, still.closed_at) == ("open", None)
