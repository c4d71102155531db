"""What waits to be closed costs next to nothing, and what cannot be done now is tried less and less often."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.closing.later import Later
from bot.closing.until_closed import keep_wrapping_up
from bot.domain.closing import Closing
from tests.stories.closing_world import over, world_with
from tests.stories.world import FakeSlack, eventually, fire, resolve, stopped, tell

EACH_S = 5


@pytest.fixture
def slack():
    return FakeSlack()


@asynccontextmanager
async def watched(tmp_path, slack):
    """A world, and the names of what one replica was at."""
    async with world_with(tmp_path, slack) as world:
        claims = []

        @asynccontextmanager
        async def alone(name):
            claims.append(name)
            yield True

        world.at = replace(world.at, desk=replace(world.at.desk, alone=alone))
        yield world, claims


async def looks(world, seconds):
    for _ in range(seconds // EACH_S):
        await world.look(seconds=EACH_S)


async def test_a_story_that_is_being_told_costs_one_question_for_all_and_no_claim(slack, tmp_path):
    async with watched(tmp_path, slack) as (world, claims):
        incident_id = await over(world)
        await world.say("resolve")
        asked = []

        async def in_hand():
            asked.append(len(claims))
            return {(incident_id, 1)}

        world.at = replace(world.at, in_hand=in_hand)
        claims.clear()
        await looks(world, 60)
        assert claims == world.told == []
        assert len(asked) == 60 // EACH_S


async def test_nobody_asks_for_stories_where_none_is_to_be_told(slack, tmp_path):
    async with watched(tmp_path, slack) as (world, _):
        await over(world)

        async def in_hand():
            raise AssertionError("there is nothing to ask for")

        world.at = replace(world.at, in_hand=in_hand)
        await looks(world, 60)


async def test_what_slack_refuses_for_good_is_tried_once_a_minute_and_told_of_once_an_hour(slack, tmp_path):
    async with watched(tmp_path, slack) as (world, claims):
        await over(world)
        slack.refuse("post", "is_archived", about="close?1")
        with capture_logs() as lines:
            await looks(world, 15 * 60 + 3_600)
        assert 55 <= len(claims) <= 70
        assert [line["slack"] for line in lines if line["event"] == "tried again, less and less often"] == [
            "is_archived"
        ]
        with capture_logs() as lines:
            await looks(world, 3_600)
        assert len([line for line in lines if line.get("slack")]) == 1


async def test_a_proposal_that_waits_for_slack_keeps_no_story_from_being_begun(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        await over(world)
        elsewhere = {"labels": {"service": "ledger"}}
        other = await fire(world.at.desk, "DiskFull", **elsewhere)
        await tell(world.at.desk, other)
        waits, _never = slack.hold("post", about="close?1")
        world.clock.pass_(minutes=15)
        keeping = asyncio.create_task(keep_wrapping_up(world.at))
        try:
            await waits.wait()
            await world.say("resolve", channel="C2")
            await eventually(lambda: world.told == [(other.incident_id, 1)])
        finally:
            await stopped(keeping)


async def test_a_bug_in_one_of_them_does_not_fill_the_log(slack, tmp_path):
    async with watched(tmp_path, slack) as (world, _):
        await over(world)
        slack.refuse("post", ZeroDivisionError(), about="close?1")
        with capture_logs() as lines:
            await looks(world, 20 * 60)
        assert [line["log_level"] for line in lines if "problem" in line] == ["error"]


async def test_what_is_talked_about_nowhere_is_looked_at_rarely_and_in_silence(slack, tmp_path):
    async with watched(tmp_path, slack) as (world, claims):
        await fire(world.at.desk)
        await resolve(world.at.desk)
        with capture_logs() as lines:
            await looks(world, 15 * 60 + 3_600)
        assert 55 <= len(claims) <= 70
        assert lines == []


async def test_what_nobody_could_read_for_days_was_not_left_unanswered(slack, tmp_path):
    """A token is revoked on Friday evening and replaced on Monday."""
    async with world_with(tmp_path, slack) as world:
        incident_id = await over(world)
        slack.refuse("post", "token_revoked", times=10, about="close?1")
        await world.look(minutes=15)
        for _ in range(9):
            await world.look(hours=7)
        assert await world.at.closings.closing(incident_id, 1) is None
        await world.look(minutes=1)
        assert "no answer by 24 Nov 18:58 UTC closes it" in slack.of("close?1").text
        await world.look(hours=23)
        assert await world.at.closings.closing(incident_id, 1) is None
        await world.look(hours=1)
        await world.look()
        assert "not reviewed: nobody answered" in slack.of("close?1").text


@pytest.mark.parametrize("place", ["none", "archived"])
async def test_what_nobody_can_be_asked_about_is_closed_after_a_day_and_called_so(slack, tmp_path, place):
    async with world_with(tmp_path, slack) as world:
        taken = await fire(world.at.desk)
        if place == "archived":
            await tell(world.at.desk, taken)
            slack.refuse("post", "is_archived", about="close?1")
        await resolve(world.at.desk)
        await world.look(minutes=15)
        await world.look(hours=23)
        assert await world.at.closings.closing(taken.incident_id, 1) is None
        await world.look(hours=1)
        await world.look()
        text = (await world.at.postmortems.newest(taken.incident_id)).text
        assert "closed without review: nobody could be asked." in text
        assert "Give the bot a place to speak in: nobody could be asked whether this may be closed." in text
        assert "nobody answered" not in text
        if place == "archived":
            assert "as recovered, not reviewed: nobody could be asked" in slack.of("1:closed").text
        assert await world.at.closings.unwrapped() == []


async def test_what_is_put_off_holds_up_nothing_else_of_its_incident(slack, tmp_path):
    async with watched(tmp_path, slack) as (world, _):
        incident_id = await over(world)
        slack.refuse("post", "is_archived", about="close?1")
        await world.look(minutes=15)
        await world.at.closings.close(Closing(incident_id, 1, world.clock.now(), "U1", "by a person"))
        await world.look()
        assert world.told == [(incident_id, 1)]


def test_what_was_put_off_comes_again_later_and_later_and_what_was_done_is_forgotten():
    passed = [0.0]
    later = Later(lambda: passed[0])
    spans = []
    for _ in range(6):
        assert later.is_due("a")
        later.put_off("a")
        since = passed[0]
        while not later.is_due("a"):
            passed[0] += 1
        spans.append(passed[0] - since)
    assert spans == [5, 10, 20, 40, 60, 60]
    later.done("a")
    later.put_off("a")
    passed[0] += 5
    assert later.is_due("a")


def test_what_is_over_by_itself_is_not_kept_for_ever():
    passed = [0.0]
    later = Later(lambda: passed[0])
    for number in range(1_000):
        later.put_off(f"INC-{number}")
    assert len(later) == 1_000
    passed[0] += 2 * 3_600
    later.put_off("INC-NEW")
    assert len(later) == 1
