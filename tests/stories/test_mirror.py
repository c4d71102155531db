"""What is done here is done in PagerDuty, and the other way: each once, no echo, nothing lost while it is away."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.life.mirror import heard_there, reflect, tell_there
from integrations.contract import Act, Refused, Unreachable
from tests.stories.incident_sample import NOW, alert
from tests.stories.life_world import days_with
from tests.stories.mirror_world import There, called, reached
from tests.stories.workshop_world import DANA, ERIN
from tests.stories.world import eventually, stopped


@pytest.fixture
async def days(tmp_path):
    async with days_with(tmp_path) as one:
        await one.life.take([alert("Q1", source="pagerduty")])
        yield one


def act(kind, **more):
    made = Act("E1", "pagerduty", "Q1", kind, "Dana Demir", NOW, url="https://pd.example/Q1")
    return replace(made, **more)


async def test_what_was_left_at_the_last_end_is_told_at_the_start(days):
    there = There()
    await days.says("ack")
    days.life.desk.written_elsewhere.clear()  # only that life knew
    reflecting = asyncio.create_task(reflect(days.life, there))
    try:
        await eventually(lambda: there.told)
    finally:
        await stopped(reflecting)


async def test_what_is_done_here_is_told_there_once_in_order(days):
    there = There()
    await days.says("ack")
    await days.says("note the pool")
    await days.says("lead")
    for _ in "12":
        await tell_there(days.life, there)
    assert there.told == [("Q1", "acknowledged", ""), ("Q1", "note", "the pool")]
    assert there.by == ["Dana", "Dana"], "over there Slack's ids say nothing"


async def test_what_is_not_switched_on_is_not_told(days):
    there = There()
    there.kinds = ("note",)
    await days.says("ack")
    await tell_there(days.life, there)
    assert there.told == []


async def test_while_it_is_away_nothing_is_lost_and_nothing_doubled(days):
    there = There()
    await days.says("ack")
    await days.says("note the pool")
    there.fails = [Unreachable("pagerduty", "no answer in 15 s")]
    await tell_there(days.life, there)
    assert there.told == []
    await tell_there(days.life, there)
    assert [kind for _, kind, _ in there.told] == ["acknowledged", "note"]


async def test_what_is_refused_is_not_asked_again_and_holds_up_nothing(days):
    there = There()
    await days.says("ack")
    await days.says("note the pool")
    there.fails = [Refused("pagerduty", "no right")]
    for _ in "12":
        await tell_there(days.life, there)
    assert [kind for _, kind, _ in there.told] == ["note"]


async def test_what_could_not_be_told_for_a_day_is_left(days):
    there = There()
    await days.says("ack")
    days.town.clock.forward(timedelta(days=1, minutes=1).total_seconds())
    await tell_there(days.life, there)
    assert there.told == []


async def test_an_incident_of_another_sender_is_none_of_its_business(tmp_path):
    async with days_with(tmp_path) as days:
        there = There()
        await days.says("ack")
        await tell_there(days.life, there)
        assert there.told == []


async def test_acknowledged_there_is_acknowledged_here_without_an_echo(days):
    there, heard = There(), heard_there(days.life)
    for _ in "12":
        await heard([act("acknowledged")])
    assert "acknowledged by Dana Demir in PagerDuty 03:42" in await days.briefing()
    assert "Acknowledged before, by Dana Demir in PagerDuty" in await days.says("ack")
    await tell_there(days.life, there)
    assert there.told == []


async def test_acknowledged_here_the_event_that_comes_back_changes_nothing(days):
    await days.says("ack", ERIN)
    await heard_there(days.life)([act("acknowledged")])
    assert [entry.who for entry in await days.entries()] == [ERIN]


async def test_who_answers_a_call_is_told_there_too_although_another_acknowledged_before(days):
    there = There()
    await days.says("ack", DANA)
    await tell_there(days.life, there)
    await called(days)
    await reached(days)
    assert "no further level is called" in await days.says("ack", ERIN)
    await tell_there(days.life, there)
    assert (there.told, there.by) == ([("Q1", "acknowledged", "")] * 2, ["Dana", "Erin"])
    assert f"call answered by <@{ERIN}> 03:42" in await days.briefing()
    told = await days.says("timeline")
    assert f"<@{ERIN}> acknowledged it" in told


async def test_what_was_acknowledged_before_a_call_is_not_told_after_it_as_if_it_were_an_answer(days):
    there = There()
    await days.says("ack", DANA)
    await called(days)
    await tell_there(days.life, there)
    assert there.told == []
    await days.says("ack", ERIN)
    await tell_there(days.life, there)
    assert (there.told, there.by) == ([("Q1", "acknowledged", "")], ["Erin"])


async def test_who_acknowledges_in_the_moment_in_which_it_is_noted_that_nobody_did_is_told_there(days):
    there = There()
    await days.says("ack", DANA)
    await called(days, "unacknowledged")
    await tell_there(days.life, there)
    assert (there.told, there.by) == ([("Q1", "acknowledged", "")], ["Dana"])
    assert f"Acknowledged before, by <@{DANA}>" in await days.says("ack", ERIN)
    await days.says("handoff")
    await days.passes()
    assert "nobody has" not in days.told()[-1]


async def test_what_was_taken_back_before_it_could_be_told_is_not_told(days):
    there, posted = There(), (await days.incident()).message
    await days.reacts(posted, "eyes", ERIN)
    await days.reacts(posted, "eyes", ERIN, off=True)
    await tell_there(days.life, there)
    assert there.told == []


async def test_a_page_of_ours_is_told_too_once_somebody_was_called(tmp_path):
    async with days_with(tmp_path) as days:  # its alert came from elsewhere
        there = There(page="Q7")
        await days.says("note before")
        await called(days)
        await days.says("ack", ERIN)
        await tell_there(days.life, there)
        assert there.told == [("Q7", "acknowledged", "")]


async def test_an_event_that_comes_again_after_a_call_or_after_it_was_taken_back_changes_nothing(days):
    heard, before = heard_there(days.life), act("acknowledged")
    await heard([before])
    days.town.clock.forward(60)
    await called(days)
    await heard([before])
    assert (await days.stands()).taken is None
    later = days.town.clock.now() + timedelta(minutes=1)
    await heard([act("unacknowledged", id="E2", at=later), before])
    assert (await days.stands()).acknowledged is None
    await heard(
        [act("acknowledged", id="E3", at=later + timedelta(minutes=1)), act("unacknowledged", id="E2", at=later)]
    )
    assert (await days.stands()).taken.who == "pagerduty:Dana Demir"


async def test_an_acknowledgement_that_ran_out_there_takes_back_only_one_from_there(days):
    heard = heard_there(days.life)
    await heard([act("acknowledged")])
    await heard([act("unacknowledged", id="E2")])
    await heard([act("unacknowledged", id="E2")])
    assert (await days.stands()).acknowledged is None
    await days.says("ack", DANA)
    await heard([act("unacknowledged", id="E3")])
    assert (await days.stands()).acknowledged.who == DANA


async def test_notes_and_escalations_there_stand_in_the_timeline_here_once_and_masked(days):
    heard = heard_there(days.life)
    done = [act("note", text="token=ghp_abcdefghijklmnopqrstuvwxyz0123456789 restarted"),
            act("escalated", id="E2", text="to Ben Best"), act("reassigned", id="E3", text="to Ann")]  # fmt: skip
    await heard(done)
    await heard(done)
    assert [entry.kind for entry in await days.entries()] == ["note", "escalated", "reassigned"]
    told = await days.says("timeline")
    assert "Dana Demir in PagerDuty escalated: to Ben Best" in told
    assert "restarted" in told
    assert "ghp_" not in told


async def test_resolved_there_counts_once_everything_is_over(days):
    heard = heard_there(days.life)
    await heard([act("resolved")])
    assert await days.entries() == [], "another alert fires on"
    over = [alert("HighErrorRate", status="resolved", ends_at=NOW), alert("Q1", source="pagerduty", status="resolved")]
    await days.life.take(over)
    await heard([act("resolved")])
    (entry,) = await days.entries()
    assert (entry.kind, entry.who) == ("resolved", "pagerduty:Dana Demir")


async def test_what_is_known_of_no_alert_is_passed_over(days):
    await heard_there(days.life)([act("acknowledged", fingerprint="Q9")])
    assert await days.entries() == []


async def test_an_act_from_before_we_knew_still_counts(days):
    await heard_there(days.life)([act("acknowledged", at=NOW - timedelta(minutes=5))])
    assert (await days.stands()).acknowledged is not None
