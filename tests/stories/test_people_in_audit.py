"""Whatever people decide about a run is in the audit by its end, also where the database failed or the bot died."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from bot.domain.approval import APPROVE
from bot.domain.plain import as_text
from bot.domain.said import Tap
from bot.ports import JournalDown
from bot.state.audit_reading import reading
from tests.stories.incident_sample import NOW
from tests.stories.workshop_world import DANA, ERIN, FakeHands, town_with
from tests.stories.world import eventually, stopped

BEFORE = ["run.asked", "step.prepared", "deed.begun", "deed.ended", "step.prepared", "gate.opened"]
"""What the audit tells of a run that waits at its gate."""


class Audit:
    """The audit, which is away the first time that one of these words is to be recorded."""

    def __init__(self, audit, *words):
        self._audit = audit
        self._words = list(words)

    @property
    def head(self):
        return self._audit.head

    async def record(self, entry, at):
        if entry.what in self._words:
            self._words.remove(entry.what)
            raise JournalDown("away")
        await self._audit.record(entry, at)


class Meanwhile:
    """The audit; while it records one word for the first time, something else happens."""

    def __init__(self, audit, word, happens):
        self._audit, self._word, self._happens = audit, word, happens

    @property
    def head(self):
        return self._audit.head

    async def record(self, entry, at):
        await self._audit.record(entry, at)
        if entry.what == self._word:
            self._word = ""
            await self._happens()


class LastHands(FakeHands):
    """Hands after whose last deed Slack takes its time with the next edit."""

    def __init__(self, chat):
        super().__init__()
        self.chat = chat
        self.holding = asyncio.get_running_loop().create_future()

    async def perform(self, deed, stop):
        outcome = await super().perform(deed, stop)
        if "rollout status" in self.ran[-1]:
            self.holding.set_result(self.chat.hold("edit"))
        return outcome


class BrokenBell:
    """The database is away when another process is to be called."""

    async def ring(self, run_id):
        raise JournalDown("away")

    async def rung(self, run_id):
        raise JournalDown("away")


class SlowBell:
    """The database takes its time to call another process."""

    def __init__(self):
        self.came = asyncio.Event()

    async def ring(self, run_id):
        self.came.set()
        await asyncio.Event().wait()

    async def rung(self, run_id):
        return 0


@pytest.fixture
async def town(tmp_path):
    async with town_with(tmp_path) as one:
        yield one


@pytest.fixture
def audited(tmp_path):
    def all_of_it():
        with reading(f"sqlite:///{tmp_path / 'stories.sqlite'}") as entries:
            return list(entries)

    return all_of_it


def words(entries):
    return [entry.what for entry in entries]


def only(entries, what):
    """The one entry of this word: who, and what it tells."""
    (found,) = (entry for entry in entries if entry.what == what)
    return found.who, json.loads(found.facts)


def fails_once_at(town, *what):
    town.shop = replace(town.shop, audit=Audit(town.shop.audit, *what))


async def goes_on(town):
    """How it ended; where its story failed, it is told again."""
    try:
        return await town.ended()
    except JournalDown:
        await town.live_again()
        return await town.ended()


async def expires(town):
    """A run that nobody approved in time: it waits for somebody to say how to go on."""
    await town.say("run restart")
    await town.waits()
    town.clock.forward(301)
    town.shop.poke((await town.run()).id)
    return await town.chooses()


# ── who stopped a run ──


async def test_who_stopped_a_run_is_in_the_audit_though_it_failed_at_that(town, audited):
    await town.say("run restart")
    await town.waits()
    fails_once_at(town, "run.stopped")
    await town.die()
    await town.live_again()
    await town.waits()
    assert "being stopped" in as_text(await town.say("stop"))
    assert (await goes_on(town)).result == "stopped"
    assert words(audited()) == [*BEFORE, "run.stopped", "run.ended"]
    assert only(audited(), "run.stopped") == (DANA, {"reason": "stopped by a person"})


async def test_who_stopped_a_run_is_in_the_audit_though_the_bot_died_over_it(town, audited):
    await town.say("run restart")
    await town.waits()
    await town.die()
    bell = SlowBell()
    town.shop = replace(town.shop, bell=bell)
    stopping = asyncio.create_task(town.say("stop"))
    await bell.came.wait()
    await stopped(stopping)
    town.shop = replace(town.shop, bell=None)
    town.clock.forward(60)
    await town.live_again()
    await town.ended()
    assert words(audited()) == [*BEFORE, "run.stopped", "run.ended"]
    entry = next(entry for entry in audited() if entry.what == "run.stopped")
    assert (entry.who, entry.at) == (DANA, NOW.isoformat(timespec="microseconds"))


async def test_a_stop_in_the_middle_of_a_deed_is_told_once_behind_it(town, audited):
    await town.say("run restart")
    gate = await town.waits()
    town.hands.hold("rollout restart")
    await town.react(gate, APPROVE, ERIN)
    await eventually(lambda: len(town.hands.ran) == 2)
    await town.say("stop")
    await town.ended()
    assert words(audited())[-4:] == ["deed.begun", "deed.ended", "run.stopped", "run.ended"]
    assert words(audited()).count("run.stopped") == 1


async def test_who_stopped_a_run_while_its_last_step_is_being_shown_is_in_the_audit(town, audited):
    hands = LastHands(town.chat)
    town.shop = replace(town.shop, hands=hands)
    await town.say("run restart")
    await town.react(await town.waits(), APPROVE, ERIN)
    came, go = await hands.holding
    await came.wait()
    assert "being stopped" in as_text(await town.say("stop"))
    go.set()
    assert (await town.ended()).result == "done"
    assert words(audited())[-2:] == ["run.stopped", "run.ended"]
    assert only(audited(), "run.stopped") == (DANA, {"reason": "stopped by a person"})


@pytest.mark.parametrize("fails", [(), ("run.stopped",)])
async def test_who_stopped_a_run_while_its_end_is_recorded_is_in_the_audit(town, audited, fails):
    said = []

    async def somebody_stops_it():
        said.append(as_text(await town.say("stop")))

    fails_once_at(town, *fails)
    town.shop = replace(town.shop, audit=Meanwhile(town.shop.audit, "run.ended", somebody_stops_it))
    await town.say("run restart")
    await town.react(await town.waits(), APPROVE, ERIN)
    assert (await town.ended()).result == "done"
    assert "being stopped" in said[0]
    assert only(audited(), "run.stopped")[0] == DANA
    assert words(audited()).count("run.ended") == 1


async def test_a_run_that_was_stopped_is_not_said_to_go_on_where_no_other_process_can_be_called(town):
    await town.say("run restart")
    await town.waits()
    await town.die()
    town.shop = replace(town.shop, bell=BrokenBell())
    assert "being stopped" in as_text(await town.say("stop"))


# ── what somebody chose ──


async def test_what_somebody_chose_is_in_the_audit_though_it_failed_at_that(town, audited):
    run = await expires(town)
    fails_once_at(town, "choice")
    await town.die()
    await town.live_again()
    run = await town.chooses()
    await town.choose(run, "stop")
    await goes_on(town)
    assert words(audited())[-3:] == ["gate.decided", "choice", "run.ended"]
    assert only(audited(), "choice") == (DANA, {"path": "2", "choice": "stop"})


async def test_what_somebody_chose_is_told_before_anything_comes_of_it_and_never_again(town, audited):
    run = await expires(town)
    await town.choose(run, "again")
    await town.waits()
    assert words(audited())[-3:] == ["gate.decided", "choice", "gate.opened"]
    await town.die()
    await town.live_again()
    await town.react(await town.waits(), APPROVE, ERIN)
    assert (await town.ended()).result == "done"
    assert words(audited()).count("choice") == 1


async def test_a_choice_and_a_stop_that_the_run_hears_of_together_are_both_in_the_audit(town, audited):
    run = await expires(town)
    await town.die()
    await town.choose(run, "again")
    await town.say("stop", user=ERIN)
    await town.live_again()
    assert (await town.ended()).result == "stopped"
    assert words(audited())[-3:] == ["choice", "run.stopped", "run.ended"]


async def test_what_was_chosen_is_taken_though_no_other_process_can_be_called(town):
    run = await expires(town)
    await town.die()
    town.shop = replace(town.shop, bell=BrokenBell())
    said = await town.action.tapped(Tap("choose.stop", f"{run.id} 2", town.channel_id, DANA))
    assert as_text(said) == "It ends here."


async def test_that_nobody_chose_in_time_is_in_the_audit(town, audited):
    run = await expires(town)
    town.clock.forward(1801)
    town.shop.poke(run.id)
    await town.ended()
    assert only(audited(), "choice") == ("bot", {"path": "2", "choice": "stop"})
