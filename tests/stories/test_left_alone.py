"""A story that is left alone is told of once, where people of its incident are; who looks again says nothing more."""

from datetime import timedelta

import pytest
import stamina

from bot.domain.incident import Channel
from bot.domain.left_alone import LeftAlone
from bot.left_alone import LeaveAlone
from tests.stories.incident_sample import NOW
from tests.stories.world import INCIDENTS, OWN, FakeSlack, desk_with, fire

UNTIL = NOW + timedelta(minutes=4)


@pytest.fixture(autouse=True)
def without_waiting():
    with stamina.set_testing(True, attempts=2):
        yield


@pytest.fixture
def slack():
    return FakeSlack()


def said(slack, channel):
    return [message.text for message in slack.messages if message.posted.channel_id == channel]


async def test_it_is_said_once_in_the_incidents_own_channel(tmp_path, slack):
    async with desk_with(tmp_path, slack) as desk:
        telling = await fire(desk)
        await desk.journal.keep_channel(telling.incident_id, Channel(OWN, "inc-checkout"))
        left = LeftAlone("answer:C1:1.2:1", telling.incident_id, UNTIL)
        for _ in range(2):  # two processes, one after the other
            alone = LeaveAlone(desk, lambda: (left,))
            await alone.look()
            await alone.look()
        (line,) = said(slack, OWN)
        assert "An answer to a question here is left alone for now" in line
        assert f"Next try {UNTIL:%H:%M} UTC" in line
        assert "Everything else goes on" in line


@pytest.mark.parametrize("incident", ["", "without a channel"])
async def test_without_a_channel_of_its_own_it_is_said_in_the_incidents_channel(tmp_path, slack, incident):
    async with desk_with(tmp_path, slack) as desk:
        about = (await fire(desk)).incident_id if incident else ""
        await LeaveAlone(desk, lambda: (LeftAlone("wrap_up:INC-1:1", about, UNTIL),)).look()
        assert len(said(slack, INCIDENTS)) == 1


async def test_what_slack_refuses_is_said_by_the_next_look(tmp_path, slack):
    async with desk_with(tmp_path, slack) as desk:
        alone = LeaveAlone(desk, lambda: (LeftAlone("respond:INC-1:1", "", UNTIL),))
        slack.refuse("post", "internal_error", passing=True, times=2)
        await alone.look()
        assert said(slack, INCIDENTS) == []
        await alone.look()
        assert len(said(slack, INCIDENTS)) == 1
