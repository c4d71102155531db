"""One run at a time works on a target: whoever is refused for it learns what that run waits for, and what ends it."""

import pytest

from bot.domain.approval import APPROVE
from bot.domain.plain import as_text
from tests.stories.test_remediate import RESTART
from tests.stories.workshop_world import ERIN, town_with


@pytest.fixture
async def town(tmp_path):
    async with town_with(tmp_path) as one:
        yield one


async def refused(town):
    return as_text(await town.say("run restart", user=ERIN))


async def test_who_waits_for_an_answer_is_told_where_it_is_given(town):
    await town.say("run restart")
    gate = await town.waits()
    said = await refused(town)
    assert f"waits for an answer to `{gate}` in #{town.channel_id}" in said
    assert f"`/incident-action stop {(await town.run()).id}`" in said


async def test_a_run_that_nobody_answered_is_no_reason_to_wait(town):
    await town.say("run restart")
    await town.waits()
    town.clock.forward(301)
    town.shop.poke((await town.run()).id)
    run = await town.chooses()
    assert "· waiting for a person" in town.chat.of(run.id).text
    assert "waiting for a person" in as_text(await town.say("status"))
    town.clock.forward(120)
    said = await refused(town)
    assert f"Nothing is running: nobody answered in time, and it waits for a person in #{town.channel_id}" in said
    assert "since 03:47 UTC" in said
    assert f"`/incident-action stop {run.id}` ends it" in said
    assert "Wait for it" not in said
    await town.say(f"stop {run.id}", user=ERIN)
    await town.ended()
    await town.say("run restart", user=ERIN)
    assert await town.waits()


async def test_a_step_that_may_have_run_is_not_called_idle(town):
    town.hands.hold(RESTART)
    await town.say("run restart")
    await town.react(await town.waits(), APPROVE, ERIN)
    while RESTART not in town.hands.ran:
        await town.shop.runs.unended()
    await town.die()
    await town.live_again()
    await town.chooses()
    said = await refused(town)
    assert "Step 2 may have run" in said
    assert "Nothing is running" not in said
