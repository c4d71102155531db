"""The first story as people see it in Slack: one channel, one message that becomes the briefing, whatever breaks."""

import asyncio

import pytest
import stamina

from bot.gather import Limits
from bot.keep_current import catch_up
from integrations.contract import OnCall
from runbooks.model import Library
from tests.stories.incident_sample import series
from tests.stories.world import (
    INCIDENTS,
    OWN,
    FakeSlack,
    Life,
    Source,
    desk_with,
    eventually,
    fire,
    live,
    resolve,
    tell,
    telling,
)

ERRORS = series("error_rate", 0.004, 0.2)
ADA = OnCall(1, "Ada", "ada@example.com", None)
STEPS = "look", "find a place", "headline", "notice", "briefing", "briefed", "move", "topic", "pin", "invite", "chart"


@pytest.fixture(autouse=True)
def without_waiting():
    with stamina.set_testing(True, attempts=20):
        yield


@pytest.fixture
def slack():
    return FakeSlack()


async def test_the_headline_becomes_the_briefing_in_a_channel_of_its_own(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source("prometheus", ERRORS, ADA)) as desk:
        await tell(desk, await fire(desk))

        assert slack.in_(OWN) == ["1:briefing"]
        assert slack.in_(INCIDENTS) == ["1:notice"]
        message = slack.of("1:briefing")
        assert "looking at 1 source" in message.said[0]
        assert "looking at" not in message.text
        assert "Errors 0.2 %" in message.text
        assert "<#C1>" in slack.of("1:notice").text or "#C1" in slack.of("1:notice").text
        assert slack.topics[OWN].startswith("SEV1 · HighErrorRate")
        assert slack.pins == [message.posted]
        assert slack.invited == ["ada@example.com"]
        assert len(slack.pictures) == 1
        assert await desk.journal.unbriefed() == ()


async def test_a_message_is_never_seen_without_the_alert_while_sources_are_silent(slack, tmp_path):
    answer = asyncio.Event()
    async with desk_with(tmp_path, slack, Source("prometheus", ERRORS, waits_for=answer)) as desk:
        async with telling(desk, await fire(desk)) as story:
            await eventually(lambda: slack.in_(OWN))
            assert "HighErrorRate" in slack.of("1:briefing").text
            assert not story.done()
            answer.set()
            await story
        assert "looking at" not in slack.of("1:briefing").text


@pytest.mark.parametrize("when", ["before", "undone", "after"])
@pytest.mark.parametrize("step", STEPS)
async def test_after_a_crash_at_any_step_everything_stands_once(slack, tmp_path, step, when):
    async with desk_with(tmp_path, slack, Source("prometheus", ERRORS, ADA)) as desk:
        taken = await fire(desk)
        first = Life(ends=(when, step))
        await live(desk, taken, first)
        assert first.over.is_set()

        await tell(desk, taken, Life(dict(first.recorded), taken_up=True))

        assert len(slack.channels) == 1
        assert slack.in_(OWN) == ["1:briefing"]
        assert slack.in_(INCIDENTS) == ["1:notice"]
        assert len(slack.pictures) == 1
        assert "looking at" not in slack.of("1:briefing").text
        assert await desk.journal.unbriefed() == ()


@pytest.mark.parametrize("step", STEPS)
async def test_where_the_database_goes_away_at_the_end_of_a_step_everything_stands_once(slack, tmp_path, step):
    async with desk_with(tmp_path, slack, Source("prometheus", ERRORS, ADA)) as desk:
        await tell(desk, await fire(desk), Life(twice=step))
        assert slack.in_(OWN) == ["1:briefing"]
        assert slack.in_(INCIDENTS) == ["1:notice"]
        assert len(slack.pictures) == 1


@pytest.mark.parametrize("when", ["before", "undone", "after"])
@pytest.mark.parametrize("step", ["find a place", "headline", "briefing", "move"])
async def test_after_a_crash_on_the_move_it_stands_once_in_its_own_channel(slack, tmp_path, step, when):
    slack.refuse("open_channel", "missing_scope", times=1)
    async with desk_with(tmp_path, slack, Source()) as desk:
        taken = await fire(desk)
        first = Life(ends=(when, step))
        await live(desk, taken, first)
        assert first.over.is_set()

        await tell(desk, taken, Life(dict(first.recorded), taken_up=True))
        await resolve(desk)
        await catch_up(desk)

        assert slack.in_(OWN)[0] == "1:briefing"
        assert all("resolved 03:42" in message.text.lower() for message in slack.messages)
        assert len(slack.in_(OWN)) == 2
        assert len(slack.in_(INCIDENTS)) == 1


# ── where it is told ─────────────────────────────────────────────────────────────────────────────


async def test_while_the_channel_is_slow_it_is_told_in_the_incidents_channel_and_moves(slack, tmp_path):
    slack.hold("open_channel")  # the first call never comes back
    async with desk_with(tmp_path, slack, Source(), channel_timeout_s=0.02) as desk:
        await tell(desk, await fire(desk))

        here, left = slack.messages[1], slack.messages[0]
        assert (here.posted.channel_id, left.posted.channel_id) == (OWN, INCIDENTS)
        assert "moved to its own channel" in left.text
        assert "moved" not in here.text


async def test_where_the_incidents_channel_takes_nothing_there_is_one_briefing_in_its_own_channel(slack, tmp_path):
    slack.hold("open_channel")
    slack.refuse("post", "not_in_channel", about=INCIDENTS)
    async with desk_with(tmp_path, slack, Source(), channel_timeout_s=0.02) as desk:
        await tell(desk, await fire(desk))

        assert slack.in_(OWN) == ["1:briefing"]
        assert slack.in_(INCIDENTS) == []
        assert not any("moved" in text for text in slack.of("1:briefing").said)


async def test_without_the_right_to_open_channels_it_is_told_and_kept_current_in_the_incidents_channel(slack, tmp_path):
    slack.refuse("open_channel", "missing_scope", times=1)
    async with desk_with(tmp_path, slack, Source()) as desk:
        slack.hold("open_channel")[1].set()  # the first call goes through to its refusal
        asked, granted = slack.hold("open_channel")
        taken = await fire(desk)
        async with telling(desk, taken) as story:
            await asked.wait()
            await fire(desk, "HighLatency")
            await catch_up(desk)
            assert slack.in_(INCIDENTS) == ["1:briefing"]
            assert "HighLatency" in slack.of("1:briefing").text
            await resolve(desk)
            await resolve(desk, "HighLatency")
            await catch_up(desk)
            assert slack.in_(INCIDENTS) == ["1:briefing", "1:resolved"]
            assert "resolved 03:42" in slack.of("1:briefing").text
            assert "Ask here" in slack.of("1:briefing").text  # still the briefing, not cut down to a notice

            granted.set()
            await story
        await catch_up(desk)

        pointer, *_ = [m for m in slack.messages if m.posted.channel_id == INCIDENTS]
        assert "resolved 03:42" in pointer.text
        assert "#C1" in pointer.text
        assert slack.in_(OWN)[0] == "1:briefing"
        here = next(m for m in slack.messages if m.posted.channel_id == OWN)
        assert "resolved 03:42" in here.text
        assert slack.in_(OWN) == ["1:briefing", "1:resolved"]


async def test_a_pointer_that_slack_does_not_take_costs_nothing_else(slack, tmp_path):
    slack.refuse("open_channel", "missing_scope", times=1)
    async with desk_with(tmp_path, slack, Source()) as desk:
        slack.refuse("edit", "a_new_word", about=INCIDENTS)
        taken = await fire(desk)
        await tell(desk, taken, Life(recorded={"briefing": True}))  # it stood before Slack refused edits

        assert slack.in_(OWN) == ["1:briefing"]
        assert [pin.channel_id for pin in slack.pins] == [OWN]


async def test_the_pointer_says_when_it_is_over(slack, tmp_path):
    slack.refuse("open_channel", "missing_scope", times=1)
    async with desk_with(tmp_path, slack, Source()) as desk:
        await tell(desk, await fire(desk))
        assert "moved" in slack.messages[0].text

        await resolve(desk)
        await catch_up(desk)

        assert slack.messages[0].posted.channel_id == INCIDENTS
        assert "resolved 03:42" in slack.messages[0].text
        assert slack.in_(OWN) == ["1:briefing", "1:resolved"]
        assert slack.in_(INCIDENTS) == ["1:briefing"]


async def test_a_workspace_that_lets_nobody_open_channels_gets_the_whole_story_in_the_incidents_channel(
    slack, tmp_path
):
    slack.refuse("open_channel", "restricted_action")
    async with desk_with(tmp_path, slack, Source("prometheus", ERRORS)) as desk:
        await tell(desk, await fire(desk))

        assert slack.in_(INCIDENTS) == ["1:briefing"]
        assert slack.pins == [slack.of("1:briefing").posted]
        assert len(slack.pictures) == 1


async def test_what_happened_while_it_waited_for_its_channel_is_told_there_from_the_first_word(slack, tmp_path):
    slack.refuse("open_channel", "missing_scope", times=1)
    slack.hold("open_channel")[1].set()
    asked, granted = slack.hold("open_channel")
    async with desk_with(tmp_path, slack, Source()) as desk:
        async with telling(desk, await fire(desk)) as story:
            await asked.wait()
            await resolve(desk)
            granted.set()
            await story

        here = next(m for m in slack.messages if m.posted.channel_id == OWN)
        assert "resolved 03:42" in here.said[0]


async def test_a_change_while_it_moves_is_shown_in_the_new_place(slack, tmp_path):
    slack.refuse("open_channel", "missing_scope", times=1)
    async with desk_with(tmp_path, slack, Source()) as desk:
        posting, go_on = slack.hold("post", about=OWN + " ")
        async with telling(desk, await fire(desk)) as story:
            await posting.wait()
            await resolve(desk)
            await catch_up(desk)
            go_on.set()
            await story
        await catch_up(desk)

        here, left = (next(m for m in slack.messages if m.posted.channel_id == c) for c in (OWN, INCIDENTS))
        assert "resolved 03:42" in here.text
        assert "resolved 03:42" in left.text


async def test_a_notice_that_comes_late_says_what_is_so_by_then(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source()) as desk:
        posting, go_on = slack.hold("post", about="notice")
        taken = await fire(desk)
        async with telling(desk, taken) as story:
            await posting.wait()
            await eventually(lambda: slack.pins)
            await resolve(desk)
            await catch_up(desk)
            go_on.set()
            await story
        await catch_up(desk)

        assert "resolved 03:42" in slack.of("1:notice").text
        assert slack.in_(OWN) == ["1:briefing", "1:resolved"]


# ── fired again ──────────────────────────────────────────────────────────────────────────────────


async def again(desk):
    """The first opening is over and a second begins."""
    await resolve(desk)
    return await fire(desk, "HighLatency")


async def test_fired_again_it_gets_a_new_message_in_the_same_channel_and_the_old_one_stays(slack, tmp_path):
    async with desk_with(tmp_path, slack, Source("prometheus", ERRORS)) as desk:
        await tell(desk, await fire(desk))
        await resolve(desk)
        await catch_up(desk)
        before = list(slack.of("1:briefing").said)

        second = await fire(desk, "HighLatency")
        await tell(desk, second)
        await catch_up(desk)

        assert second.effect == "reopened"
        assert slack.in_(OWN) == ["1:briefing", "1:resolved", "2:briefing"]
        assert slack.of("1:briefing").said == before
        assert "fired again" in slack.of("2:briefing").text
        assert (await desk.journal.incident(second.incident_id)).message == slack.of("2:briefing").posted


@pytest.mark.parametrize(
    ("method", "about"),
    [("post", "1:briefing"), ("post", "1:notice"), ("topic", ""), ("picture", "1:chart")],
)
async def test_a_first_story_that_ends_after_the_second_takes_nothing_from_it(slack, tmp_path, method, about):
    async with desk_with(tmp_path, slack, Source("prometheus", ERRORS)) as desk:
        first = await fire(desk)
        stuck, go_on = slack.hold(method, about=about)
        async with telling(desk, first) as story:
            await stuck.wait()
            second = await again(desk)
            await tell(desk, second)
            go_on.set()
            await story

        incident = await desk.journal.incident(second.incident_id)
        assert incident.message == slack.of("2:briefing").posted
        if about == "1:briefing":  # no picture of the first opening under the second one's message
            assert slack.pictures == [f"{second.incident_id}:2:chart"]
        assert await desk.journal.unbriefed() == ()
        assert "fired again" in slack.of("2:briefing").text
        await resolve(desk, "HighLatency")
        await catch_up(desk)
        assert "resolved 03:42" in slack.of("2:briefing").text


async def test_a_first_story_that_waits_for_a_channel_leaves_the_second_its_message(slack, tmp_path):
    slack.refuse("open_channel", "missing_scope", times=2)
    slack.hold("open_channel")[1].set()
    async with desk_with(tmp_path, slack, Source()) as desk:
        asked, granted = slack.hold("open_channel")
        async with telling(desk, await fire(desk)) as story:
            await asked.wait()
            second = await again(desk)
            await tell(desk, second)
            granted.set()
            await story

        assert (await desk.journal.incident(second.incident_id)).message.channel_id == OWN
        assert slack.in_(OWN) == ["2:briefing"]


# ── what breaks ──────────────────────────────────────────────────────────────────────────────────


async def test_slack_that_refuses_for_a_while_is_asked_until_it_does_it(slack, tmp_path):
    for method in ("open_channel", "post", "edit", "topic", "pin"):
        slack.refuse(method, "ratelimited", passing=True, times=3)
    async with desk_with(tmp_path, slack, Source()) as desk:
        await tell(desk, await fire(desk))

        assert len(slack.channels) == 1
        here, left = (next(m for m in slack.messages if m.posted.channel_id == c) for c in (OWN, INCIDENTS))
        assert "moved" in left.text  # the channel was there only at the second try
        assert slack.in_(OWN) == ["1:briefing"]
        assert slack.pins == [here.posted]


async def test_a_message_that_stands_although_its_answer_was_lost_is_not_posted_twice(slack, tmp_path):
    slack.lose_the_answer("1:briefing")
    slack.lose_the_answer("1:notice")
    async with desk_with(tmp_path, slack, Source()) as desk:
        await tell(desk, await fire(desk))

        assert slack.in_(OWN) == ["1:briefing"]
        assert slack.in_(INCIDENTS) == ["1:notice"]


@pytest.mark.parametrize("code", ["message_not_found", "thread_not_found"])
async def test_the_story_of_a_removed_message_ends(slack, tmp_path, code):
    slack.refuse("edit", code)
    async with desk_with(tmp_path, slack, Source()) as desk:
        await tell(desk, await fire(desk))

        assert await desk.journal.unbriefed() == ()
        assert slack.in_(INCIDENTS) == ["1:notice"]


@pytest.mark.parametrize("method", ["topic", "pin", "invite", "picture"])
async def test_a_chore_that_fails_is_left_and_the_others_are_done(slack, tmp_path, method):
    slack.refuse(method, ValueError("cannot be drawn"))
    async with desk_with(tmp_path, slack, Source("prometheus", ERRORS, ADA)) as desk:
        await tell(desk, await fire(desk))

        done = {"topic": slack.topics, "pin": slack.pins, "invite": slack.invited, "picture": slack.pictures}
        assert [name for name, traces in done.items() if not traces] == [method]
        assert await desk.journal.unbriefed() == ()
        assert slack.in_(INCIDENTS) == ["1:notice"]


async def test_a_notice_that_fails_costs_nothing_else(slack, tmp_path):
    slack.refuse("post", ValueError("a bug"), about="notice")
    async with desk_with(tmp_path, slack, Source()) as desk:
        await tell(desk, await fire(desk))

        assert slack.pins == [slack.of("1:briefing").posted]
        assert await desk.journal.unbriefed() == ()


async def test_an_analysis_that_fails_is_a_gap_and_what_was_found_is_told(slack, tmp_path):
    broken = Library(runbooks=(None,))  # a file that the loader should never have let in
    async with desk_with(tmp_path, slack, Source("pagerduty", ADA), library=broken) as desk:
        await tell(desk, await fire(desk))

        text = slack.of("1:briefing").text
        assert "analysis (failed inside the bot; its log tells more)" in text
        assert "Ada" in text
        assert "looking at" not in text


async def test_a_slow_early_briefing_does_not_hold_up_the_real_one(slack, tmp_path):
    early, _never = slack.hold("edit")
    slow = Source("slow", ERRORS, waits_for=early)
    limits = Limits(source_s=60, deadline_s=60, interim_s=0.05)
    async with desk_with(tmp_path, slack, slow, limits=limits) as desk:
        taken, first = await fire(desk), Life(ends=("after", "headline"))
        await live(desk, taken, first)  # so that there is a message before anybody can be told early
        await tell(desk, taken, Life(first.recorded, taken_up=True))

        assert early.is_set()
        assert len(slack.of("1:briefing").said) == 2
        assert "still looking" not in slack.of("1:briefing").text
        assert "Errors 0.2 %" in slack.of("1:briefing").text


async def test_early_on_the_briefing_names_what_is_still_awaited(slack, tmp_path):
    answer = asyncio.Event()
    limits = Limits(source_s=60, deadline_s=60, interim_s=0.05)
    slow = Source("elasticsearch", waits_for=answer)
    async with desk_with(tmp_path, slack, Source("prometheus", ERRORS), slow, limits=limits) as desk:
        async with telling(desk, await fire(desk)) as story:
            await eventually(lambda: slack.in_(OWN) and "still looking: elasticsearch" in slack.of("1:briefing").text)
            answer.set()
            await story
        assert "still looking" not in slack.of("1:briefing").text
