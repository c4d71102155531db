"""What the draft of a status says was done: only what changed something, and only since it was opened."""

from datetime import timedelta

import pytest

from bot.closing.ports import Reopening
from bot.domain.approval import APPROVE
from bot.state.closings import SqlClosings
from tests.stories.life_world import MATCHING, days_with
from tests.stories.workshop_world import DANA, ERIN
from tests.stories.world import resolve

LOOKS = """
id: look
title: Look at it
steps:
  - {name: look, action: exec, command: kubectl get pods}
"""


@pytest.fixture
async def days(tmp_path):
    async with days_with(tmp_path, books=(MATCHING, LOOKS)) as one:
        yield one


async def restarted(days):
    """A runbook that changes something comes to its end."""
    await days.town.say("run restart")
    await days.town.react(await days.town.waits(), APPROVE, ERIN)
    assert (await days.town.ended()).result == "done"


async def drafted(days):
    """State and text of the draft as it is now."""
    form = await days.says("status")
    values = {field.name: field.value for field in form.fields}
    return values["state"], values["text"]


async def test_a_runbook_that_changed_something_is_told_as_what_was_done(days):
    await restarted(days)
    state, text = await drafted(days)
    assert state == "monitoring"
    assert "Done: Restart it." in text


async def test_a_runbook_that_only_looked_puts_nothing_right(days):
    await days.town.say("run look")
    assert (await days.town.ended()).result == "done"
    state, text = await drafted(days)
    assert state != "monitoring"
    assert "Done" not in text


async def test_what_was_run_before_it_was_opened_again_did_not_hold_and_is_not_told(days):
    await restarted(days)
    await resolve(days.life.desk)
    again = Reopening(days.town.incident_id, 1, DANA, days.town.clock.now() + timedelta(minutes=50))
    assert await SqlClosings(days.life.desk.entries._database).reopen(again) == 2
    days.town.clock.forward(51 * 60)
    state, text = await drafted(days)
    assert state != "monitoring"
    assert "Done" not in text
