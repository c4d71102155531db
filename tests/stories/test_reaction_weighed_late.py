"""A reaction that falls into a moment in which Slack or the database does not answer counts a little later."""

from dataclasses import replace

import pytest
import stamina

from bot.domain.said import Reacted
from bot.incident_command import IncidentCommand
from bot.life.verbs import life_words
from bot.ports import JournalDown
from bot.runs.start_run import why_no_answer
from tests.stories.life_world import days_with
from tests.stories.workshop_world import DANA, ERIN


@pytest.fixture(autouse=True)
def without_waiting():
    with stamina.set_testing(True, attempts=20):
        yield


@pytest.fixture
async def days(tmp_path):
    async with days_with(tmp_path) as one:
        yield one


class Blinking:
    """A record that does not answer the first times it is asked for a message's incident."""

    def __init__(self, record, times):
        self._record = record
        self.times = times

    def __getattr__(self, name):
        return getattr(self._record, name)

    async def at_message(self, posted):
        if self.times:
            self.times -= 1
            raise JournalDown
        return await self._record.at_message(posted)


def blinks(days, times):
    desk = days.life.desk
    days.life = replace(days.life, desk=replace(desk, entries=Blinking(desk.entries, times)))


async def test_eyes_count_where_slack_said_only_later_whose_they_are(days):
    days.town.people.blinks = 4
    await days.reacts((await days.incident()).message, "eyes", ERIN)
    assert (await days.stands()).acknowledged.who == ERIN
    assert days.chat.whispers == []


async def test_eyes_count_where_the_database_came_back_later(days):
    blinks(days, 4)
    await days.reacts((await days.incident()).message, "eyes", ERIN)
    assert (await days.stands()).acknowledged.who == ERIN


async def test_eyes_that_are_taken_off_meanwhile_count_no_more(days):
    posted = (await days.incident()).message
    days.town.people.blinks = 4
    await days.hears(posted, "eyes", ERIN)
    assert (await days.stands()).acknowledged is None


@pytest.mark.parametrize("emoji", ["eyes", "pushpin"])
async def test_whose_reaction_cannot_be_weighed_is_told_so_alone_and_what_to_do(days, emoji):
    days.town.people.unread.add(ERIN)
    await days.reacts((await days.incident()).message, emoji, ERIN)
    ((user, told),) = days.chat.whispers
    assert (user, await days.entries()) == (ERIN, [])
    assert f"Your :{emoji}: does not count: Slack did not say who you are. Take it off and set it again." in told


async def test_who_takes_off_what_counted_is_told_that_it_may_still_count(days):
    posted = (await days.incident()).message
    await days.reacts(posted, "eyes", ERIN)
    days.town.people.unread.add(ERIN)
    await days.reacts(posted, "eyes", ERIN, off=True)
    ((_, told),) = days.chat.whispers
    assert "may still count" in told
    assert (await days.stands()).acknowledged.who == ERIN


async def test_nobody_is_told_of_a_reaction_of_which_it_is_not_known_whether_it_counts(days):
    blinks(days, 1_000)
    await days.reacts((await days.incident()).message, "eyes", ERIN)
    assert (await days.entries(), days.chat.whispers) == ([], [])


async def test_a_message_is_pinned_that_slack_showed_only_later_and_one_that_is_gone_is_not_asked_for_again(days):
    posted = days.somebody_writes("the pool was full", DANA)
    days.chat.refuse("marked", "fatal_error", passing=True, times=3)
    await days.reacts(posted, "pushpin", ERIN)
    assert [entry.text for entry in await days.entries("pinned")] == ["the pool was full"]
    gone = days.somebody_writes("never mind", DANA)
    days.chat.messages.pop()
    await days.reacts(gone, "pushpin", ERIN)
    assert (len(await days.entries()), days.chat.whispers) == (1, [])


async def test_a_part_that_fails_over_a_reaction_holds_up_no_other(days):
    failing = []

    class Failing:
        def __getattr__(self, name):
            return getattr(days.town.action, name)

        async def reacted(self, reacted):
            failing.append(reacted.emoji)
            raise RuntimeError("broken")

    posted = (await days.incident()).message
    days.chat.reacting[posted] = {"eyes": [ERIN]}
    command = IncidentCommand(days.town.shop, Failing(), (life_words(days.life),))
    await command.reacted(Reacted(posted, "eyes", ERIN, added=True))
    assert (failing, (await days.stands()).acknowledged.who) == (["eyes"], ERIN)


@pytest.mark.parametrize("text", ["lead <@{0}|erin>", "handoff <@{0}|erin> watch the pool"])
async def test_of_whom_slack_says_nothing_it_is_not_said_that_they_are_no_member(days, text):
    days.town.people.unread.add(ERIN)
    said = await days.says(text.format(ERIN))
    assert said == f"Not done: Slack did not say who <@{ERIN}> is. Try again in a minute."
    assert await days.entries() == []


async def test_who_types_while_slack_does_not_say_who_they_are_is_sent_to_nobody_else(days):
    days.town.people.unread.add(DANA)
    assert await days.says("ack") == "Not done: Slack did not say who you are; try again in a minute."


async def test_who_asks_while_slack_does_not_say_who_they_are_is_not_called_a_stranger(days):
    days.town.people.unread.add(DANA)
    why = await why_no_answer(days.town.shop, DANA, days.town.channel_id)
    assert why == "Not answered: Slack did not say who you are; try again in a minute."
