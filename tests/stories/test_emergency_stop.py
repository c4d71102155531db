"""The emergency stop is on once the switch is turned: whatever fails behind that is told, and is made up for."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from bot.domain.approval import APPROVE
from bot.domain.plain import as_text
from bot.ports import JournalDown
from bot.state.audit_reading import reading
from tests.stories.test_people_in_audit import Audit, BrokenBell, SlowBell
from tests.stories.workshop_world import DANA, ERIN, STRANGER, town_with
from tests.stories.world import INCIDENTS, eventually, stopped

STOP = "emergency-stop wrong cluster"
TOKEN = "xoxb-123456789012-123456789012-" + "abcdefghijklmnopqrstuvwx"


class Runs:
    """The record of runs, which cannot tell those in flight."""

    def __init__(self, runs):
        self._runs = runs

    def __getattr__(self, name):
        return getattr(self._runs, name)

    async def unended(self):
        raise JournalDown("away")


@pytest.fixture
async def town(tmp_path):
    async with town_with(tmp_path) as one:
        await one.say("run restart")
        await one.waits()
        yield one


@pytest.fixture
def audited(tmp_path):
    """Who did it, and what it tells: all entries of a word."""

    def of(what):
        with reading(f"sqlite:///{tmp_path / 'stories.sqlite'}") as entries:
            return [(entry.who, json.loads(entry.facts)) for entry in entries if entry.what == what]

    return of


def announced(town):
    return [one.text for one in town.chat.messages if one.posted.channel_id == INCIDENTS and "switch:" in one.key]


async def test_it_stops_where_the_reason_is_on_a_line_of_its_own(town, audited):
    assert "Stopped." in as_text(await town.say("emergency-stop\nwrong cluster", user=STRANGER))
    assert [facts["reason"] for _, facts in audited("stop.on")] == ["wrong cluster"]


async def test_it_is_told_and_audited_though_nobody_can_say_what_runs(town, audited):
    town.shop = replace(town.shop, runs=Runs(town.shop.runs))
    assert "Stopped. What runs is being halted." in as_text(await town.say(STOP, user=STRANGER))
    assert "wrong cluster" in announced(town)[0]
    assert audited("stop.on") == [(STRANGER, {"reason": "wrong cluster"})]


async def test_it_is_told_and_audited_though_no_other_process_can_be_called(town, audited):
    run = await town.run()
    await town.die()
    town.shop = replace(town.shop, bell=BrokenBell())
    assert "Stopped. 1 run is being halted." in as_text(await town.say(STOP, user=STRANGER))
    assert len(announced(town)) == 1
    assert audited("stop.on") == [(STRANGER, {"reason": "wrong cluster", "runs": [run.id]})]


async def test_it_is_in_the_audit_though_that_failed_once(town, audited):
    town.shop = replace(town.shop, audit=Audit(town.shop.audit, "stop.on"))
    assert "audit" not in as_text(await town.say(STOP, user=STRANGER))
    assert [who for who, _ in audited("stop.on")] == [STRANGER]


async def test_by_whom_a_gate_was_halted_is_in_the_audit_though_the_stop_is_not(town, audited):
    town.shop = replace(town.shop, audit=Audit(town.shop.audit, *["stop.on"] * 3))
    assert "not in the audit log yet: say it again" in as_text(await town.say(STOP, user=STRANGER))
    await town.ended()
    assert audited("stop.on") == []
    ((_, halted),) = audited("gate.decided")
    assert (halted["verdict"], halted["by"], halted["reason"]) == ("halted", [STRANGER], "wrong cluster")
    again = as_text(await town.say("emergency-stop as I said", user=STRANGER))
    assert "It is on already" in again
    assert "audit" not in again
    ((who, facts),) = audited("stop.on")
    assert (who, facts["reason"], facts["was"]["reason"]) == (STRANGER, "as I said", "wrong cluster")


async def test_by_whom_a_deed_was_ended_is_in_the_audit_though_the_stop_is_not(town, audited):
    town.hands.hold("rollout restart")
    await town.react(await town.waits(), APPROVE, ERIN)
    await eventually(lambda: len(town.hands.ran) == 2)
    town.shop = replace(town.shop, audit=Audit(town.shop.audit, *["stop.on"] * 3))
    await town.say(STOP, user=STRANGER)
    await town.ended()
    assert audited("run.stopped") == [(STRANGER, {"reason": "emergency stop: wrong cluster"})]


async def test_what_the_bot_died_over_is_made_up_for_when_it_is_said_again(town, audited):
    await town.die()
    bell = SlowBell()
    town.shop = replace(town.shop, bell=bell)
    stopping = asyncio.create_task(town.say(STOP, user=STRANGER))
    await bell.came.wait()
    await stopped(stopping)
    town.shop = replace(town.shop, bell=None)
    assert announced(town) == []
    assert "It is on already" in as_text(await town.say("emergency-stop now", user=ERIN))
    (told,) = announced(town)
    assert f"<@{STRANGER}>: wrong cluster" in told
    ((who, facts),) = audited("stop.on")
    assert (who, facts["was"]["by"]) == (ERIN, STRANGER)


async def test_what_was_announced_is_not_announced_again(town):
    await town.say(STOP)
    await town.say(STOP)
    assert len(announced(town)) == 1


async def test_it_is_not_lifted_where_that_cannot_be_recorded(town, audited):
    await town.say(STOP)
    town.shop = replace(town.shop, audit=Audit(town.shop.audit, "stop.lifted"))
    assert "database does not answer" in as_text(await town.say("resume", user=ERIN))
    assert await town.shop.switch.state() is not None
    assert as_text(await town.say("resume", user=ERIN)) == "Lifted."
    ((who, facts),) = audited("stop.lifted")
    assert (who, facts["was"]["by"], facts["was"]["reason"]) == (ERIN, DANA, "wrong cluster")


async def test_a_secret_in_the_reason_is_masked_before_anything_is_stored(town, audited):
    await town.say(f"emergency-stop leaked {TOKEN}")
    masked = "leaked [redacted: slack token]"
    assert (await town.shop.switch.state()).reason == masked
    assert (await town.ended()).reason.endswith(masked)
    assert audited("stop.on")[0][1]["reason"] == masked
    assert TOKEN not in " ".join(one.text for one in town.chat.messages)


async def test_who_stopped_everything_is_told_where_the_run_was_and_in_whose_words(town):
    run = await town.run()
    await town.say("emergency-stop I am not sure what happens", user=STRANGER)
    await town.ended()
    said = town.chat.of(run.id).text
    assert f"stopped by <@{STRANGER}>" in said
    assert f"<@{STRANGER}> stopped everything: «I am not sure what happens»" in said
    assert "\nI am not sure what happens" not in said
    (told,) = [one for one in town.chat.messages if one.key == f"{run.id}:halted"]
    assert told.posted.channel_id == town.channel_id
    assert told.thread is None
    assert f"🛑 <@{STRANGER}> stopped everything: «I am not sure what happens»" in told.text
    assert f"`{run.id}` (Restart it) is ended" in told.text


async def test_what_a_killed_step_may_have_done_is_told_beside_who_stopped_everything(town):
    run = await town.run()
    town.hands.hold("rollout restart")
    await town.react(await town.waits(), APPROVE, ERIN)
    await eventually(lambda: len(town.hands.ran) == 2)
    await town.say(STOP, user=STRANGER)
    await town.ended()
    said = town.chat.of(run.id).text
    assert f"<@{STRANGER}> stopped everything: «wrong cluster»" in said
    assert "stopped after 1 s; may have run" in said
    assert [one for one in town.chat.messages if one.key == f"{run.id}:halted"]


async def test_a_run_that_a_person_stops_tells_of_no_emergency(town):
    run = await town.run()
    await town.say("stop")
    await town.ended()
    assert "stopped everything" not in town.chat.of(run.id).text
    assert not [one for one in town.chat.messages if one.key == f"{run.id}:halted"]
