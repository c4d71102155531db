"""Who has an incident: acknowledged, led, how bad; by words and by 👀, once whatever comes twice."""

import asyncio

import pytest

from bot.domain.incident import Posted, Severity
from tests.stories.life_world import days_with
from tests.stories.workshop_world import DANA, ERIN, GUEST


@pytest.fixture
async def days(tmp_path):
    async with days_with(tmp_path) as one:
        yield one


async def test_who_acknowledges_stands_in_the_briefings_head_and_nothing_new_is_posted(days):
    before = len(days.chat.messages)
    assert "Acknowledged 03:42 UTC" in await days.says("ack")
    assert f"acknowledged by <@{DANA}> 03:42" in await days.briefing()
    assert len(days.chat.messages) == before


async def test_the_second_is_told_who_was_first(days):
    await days.says("ack")
    assert f"Acknowledged before, by <@{DANA}> 03:42 UTC" in await days.says("ack", ERIN)
    assert (await days.stands()).acknowledged.who == DANA


async def test_of_two_at_once_one_has_it_and_both_are_told_who(days):
    said = await asyncio.gather(*(days.says("ack", user) for user in (DANA, ERIN)))
    (entry,) = await days.entries("acknowledged")
    assert sorted("before" in one for one in said) == [False, True]
    assert entry.who in (DANA, ERIN)


async def test_eyes_on_the_briefing_acknowledge_however_often_the_event_comes(days):
    posted = (await days.incident()).message
    await days.reacts(posted, "eyes", ERIN)
    await days.hears(posted, "eyes", ERIN)
    (entry,) = await days.entries()
    assert (entry.kind, entry.who) == ("acknowledged", ERIN)


async def test_eyes_taken_back_take_the_acknowledgement_back_and_can_be_given_again(days):
    posted = (await days.incident()).message
    await days.reacts(posted, "eyes", ERIN)
    await days.reacts(posted, "eyes", ERIN, off=True)
    await days.hears(posted, "eyes", ERIN)  # the first event, late
    assert (await days.stands()).acknowledged is None
    await days.reacts(posted, "eyes", ERIN)
    assert (await days.stands()).acknowledged.who == ERIN
    assert [entry.kind for entry in await days.entries()] == ["acknowledged", "unacknowledged", "acknowledged"]


async def test_eyes_taken_back_leave_what_was_said_by_word(days):
    posted = (await days.incident()).message
    await days.says("ack", ERIN)
    await days.reacts(posted, "eyes", ERIN)
    await days.reacts(posted, "eyes", ERIN, off=True)
    assert (await days.stands()).acknowledged.who == ERIN


@pytest.mark.parametrize("emoji", ["eye", "white_check_mark"])
async def test_other_reactions_acknowledge_nothing(days, emoji):
    await days.reacts((await days.incident()).message, emoji, ERIN)
    assert await days.entries() == []


async def test_eyes_of_a_guest_or_on_another_message_acknowledge_nothing(days):
    await days.reacts((await days.incident()).message, "eyes", GUEST)
    await days.reacts(Posted(days.town.channel_id, "99.9"), "eyes", ERIN)
    assert await days.entries() == []


async def test_a_persons_severity_is_shown_everywhere(days):
    assert "SEV3 now; it was SEV1" in await days.says("severity sev3 only one customer")
    assert (await days.incident()).severity is Severity.SEV3
    told = await days.briefing()
    assert "SEV3 · payment-service" in told
    assert f"SEV3 by <@{DANA}>" in told
    assert days.chat.topics[days.town.channel_id].startswith("SEV3")
    assert "SEV3" in days.chat.of("notice").text
    assert "It is SEV3 already" in await days.says("severity P3")


async def test_why_may_stand_on_a_line_of_its_own(days):
    assert "SEV2 now" in await days.says("severity SEV2\nthe second shop is fine")
    assert [(entry.value, entry.text) for entry in await days.entries("severity")] == [
        ("SEV2", "the second shop is fine")
    ]


@pytest.mark.parametrize("text", ["severity", "severity bad", "severity SEV5"])
async def test_a_severity_that_is_none_is_refused_with_what_there_is(days, text):
    assert "`/incident severity SEV1` to `SEV4`" in await days.says(text)
    assert await days.entries() == []


async def test_who_takes_the_lead_is_shown_and_nobody_is_called(days):
    assert "You lead" in await days.says("lead")
    assert f"lead <@{DANA}>" in await days.briefing()
    assert days.told() == []


async def test_who_is_given_the_lead_is_told_so_in_the_channel_once(days):
    assert f"<@{ERIN}> leads" in await days.says(f"lead <@{ERIN}|erin> you know the pool", trigger="T")
    await days.says(f"lead <@{ERIN}|erin> you know the pool", trigger="T")
    assert f"lead <@{ERIN}>" in await days.briefing()
    assert days.told() == [f"<@{ERIN}> leads this incident now, says <@{DANA}>: you know the pool"]


@pytest.mark.parametrize("text", ["lead erin", f"lead <@{GUEST}>"])
async def test_nobody_leads_who_is_not_there_or_is_a_guest(days, text):
    await days.says(text)
    assert await days.entries() == []


async def test_elsewhere_it_is_said_where_incidents_are(days):
    assert "not an incident's channel" in await days.says("ack", channel="C0OTHER")


async def test_secrets_in_what_people_say_are_masked_in_the_record(days):
    await days.says("ack token=ghp_abcdefghijklmnopqrstuvwxyz0123456789")
    (entry,) = await days.entries()
    assert "ghp_" not in entry.text
