"""Whoever says no, or takes their yes back, is heard until the step begins, and told where it has begun by then."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.domain.approval import APPROVE, DENY
from bot.domain.plain import as_text
from bot.domain.run import DeedBegun, Stopped
from bot.state.audit_reading import reading
from tests.stories.test_people_in_audit import Meanwhile
from tests.stories.test_remediate import CRITICAL, RESTART
from tests.stories.workshop_world import DANA, ERIN, STRANGER, FakePeople, town_with
from tests.stories.world import eventually


class SlowPeople(FakePeople):
    """Slack, which takes its time to say who somebody is, once for each who is held."""

    def __init__(self):
        super().__init__()
        self._held = {}

    def hold(self, user_id):
        """Gives back two events: it is asked who they are, and let it be said."""
        self._held[user_id] = asyncio.Event(), asyncio.Event()
        return self._held[user_id]

    async def person(self, user_id, approvers, service):
        found = await super().person(user_id, approvers, service)
        if approvers and user_id in self._held:  # what it says is as of the moment in which it was asked
            came, go = self._held.pop(user_id)
            came.set()
            await go.wait()
        return found


def slow(town):
    town.people = SlowPeople()
    town.shop = replace(town.shop, people=town.people)
    return town


@pytest.fixture
async def town(tmp_path):
    async with town_with(tmp_path) as one:
        yield slow(one)


@pytest.fixture
async def critical(tmp_path):
    async with town_with(tmp_path, CRITICAL) as one:
        yield slow(one)


@pytest.fixture
def answers(tmp_path):
    """What the audit holds of answers: word, who, and what they said."""

    def all_of_them():
        with reading(f"sqlite:///{tmp_path / 'stories.sqlite'}") as entries:
            return [(e.what, e.who, e.facts) for e in entries if e.what.startswith("vote.")]

    return all_of_them


async def who_stopped(town):
    """Who ended the newest run before its time, and why."""
    assert (await town.ended()).result == "stopped"
    (stop,) = (event for event in await town.shop.runs.events((await town.run()).id) if isinstance(event, Stopped))
    return stop.by, stop.reason


async def approved(town):
    """The gate, by Erin, whose step has not begun: its message is being edited. And what lets it go on."""
    await town.say("run restart")
    gate = await town.waits()
    came, go = town.chat.hold("edit", about=gate)
    await town.react(gate, APPROVE, ERIN)
    await came.wait()
    return gate, go


def told(town, user):
    return [text for who, text in town.chat.whispers if who == user]


# ── a no is not undone by an older yes of the same person ──


async def test_a_no_while_it_is_read_again_who_its_giver_is_stays_a_no(critical, answers):
    """Their yes counted, and who they are is read once more as the second one comes."""
    town = critical
    await town.say("run restart")
    gate = await town.waits()
    await town.react(gate, APPROVE, ERIN)
    await town.waits()
    town.clock.forward(20)
    came, go = town.people.hold(ERIN)
    await town.react(gate, APPROVE, DANA)
    await came.wait()
    assert as_text(await town.say(f"deny {gate}", user=ERIN)) == "Counted."
    town.clock.forward(0.2)
    go.set()
    assert (await town.ended()).result == "denied"
    assert RESTART not in town.hands.ran
    assert [(what, who) for what, who, _ in answers()][-1] == ("vote.counted", ERIN)
    assert '"deny"' in answers()[-1][2]


async def test_a_no_by_command_while_the_same_persons_reaction_is_being_weighed_stays_a_no(town):
    await town.say("run restart")
    gate = await town.waits()
    came, go = town.people.hold(ERIN)
    await town.react(gate, APPROVE, ERIN)
    await came.wait()
    await town.say(f"deny {gate}", user=ERIN)
    town.clock.forward(0.2)
    go.set()
    assert (await town.ended()).result == "denied"
    assert RESTART not in town.hands.ran


async def test_a_yes_that_is_overtaken_as_it_is_recorded_is_audited_as_one_that_does_not_count(town, answers):
    async def deny():
        await town.say(f"deny {(await town.last_gate()).id}", user=ERIN)

    town.shop = replace(town.shop, audit=Meanwhile(town.shop.audit, "vote.counted", deny))
    await town.say("run restart")
    await town.react(await town.waits(), APPROVE, ERIN)
    assert (await town.ended()).result == "denied"
    assert RESTART not in town.hands.ran
    assert [what for what, _, _ in answers()] == ["vote.counted", "vote.counted", "vote.refused"]
    assert "overtaken by a later answer" in answers()[-1][2]


# ── a no, or a yes that is taken away, before the step begins ──


async def test_a_no_while_the_yes_is_being_weighed_ends_the_run(town):
    await town.say("run restart")
    gate = await town.waits()
    came, go = town.people.hold(ERIN)
    await town.react(gate, APPROVE, ERIN)
    await came.wait()
    await town.react(gate, DENY, DANA)
    go.set()
    assert await who_stopped(town) == (DANA, "it was denied before it ran")
    assert RESTART not in town.hands.ran


async def test_who_turns_a_yes_into_a_no_while_it_is_being_weighed_has_said_no(town):
    await town.say("run restart")
    gate = await town.waits()
    came, go = town.people.hold(ERIN)
    await town.react(gate, APPROVE, ERIN)
    await came.wait()
    await town.react(gate, APPROVE, ERIN, off=True)
    await town.react(gate, DENY, ERIN)
    go.set()
    assert (await who_stopped(town))[0] == ERIN
    assert RESTART not in town.hands.ran


async def test_a_yes_that_is_taken_away_before_the_step_begins_is_gone(town):
    gate, go = await approved(town)
    await town.react(gate, APPROVE, ERIN, off=True)
    town.clock.forward(3)
    go.set()
    assert await who_stopped(town) == (ERIN, "the approval was taken back before it ran")
    assert RESTART not in town.hands.ran


async def test_a_yes_that_is_taken_away_unheard_before_the_step_begins_is_gone(town):
    """The socket was down: no event tells of it."""
    gate, go = await approved(town)
    town.chat.tap(gate, APPROVE, ERIN, off=True)
    go.set()
    assert (await who_stopped(town))[0] == ERIN
    assert RESTART not in town.hands.ran


@pytest.mark.parametrize("how", ["command", "reaction"])
async def test_a_no_between_the_decision_and_the_step_ends_the_run(town, how):
    gate, go = await approved(town)
    if how == "command":
        assert as_text(await town.say(f"deny {gate}", user=DANA)) == "Counted."
    else:
        await town.react(gate, DENY, DANA)
        assert told(town, DANA) == []
    go.set()
    assert await who_stopped(town) == (DANA, "it was denied before it ran")
    assert RESTART not in town.hands.ran


async def test_a_no_at_the_last_moment_is_on_record_before_the_step_or_its_giver_is_told(town):
    """As the beginning is written to the audit, all looks lie behind it."""

    async def deny():
        said.append(as_text(await town.say(f"deny {(await town.last_gate()).id}", user=DANA)))

    said = []
    town.shop = replace(town.shop, audit=AtStepTwo(town.shop.audit, deny))
    await town.say("run restart")
    await town.react(await town.waits(), APPROVE, ERIN)
    assert (await who_stopped(town))[0] == DANA
    assert said == ["Counted."]
    assert RESTART not in town.hands.ran


class AtStepTwo:
    """The audit; while it is told that step 2 begins, something else happens."""

    def __init__(self, audit, happens):
        self._audit, self._happens = audit, happens

    @property
    def head(self):
        return self._audit.head

    async def record(self, entry, at):
        await self._audit.record(entry, at)
        if (entry.what, entry.facts.get("path")) == ("deed.begun", "2"):
            await self._happens()


async def test_a_strangers_no_between_the_decision_and_the_step_stops_nothing_and_they_are_told_why(town):
    gate, go = await approved(town)
    await town.react(gate, DENY, STRANGER)
    assert "can stop this with ❌" in told(town, STRANGER)[0]
    assert "can stop this with ❌" in as_text(await town.say(f"deny {gate}", user=STRANGER))
    go.set()
    assert (await town.ended()).result == "done"


async def test_slack_being_away_right_after_the_decision_holds_nothing_up(town):
    _gate, go = await approved(town)
    town.chat.refuse("reactions", "internal_error", passing=True)
    go.set()
    assert (await town.ended()).result == "done"
    assert RESTART in town.hands.ran


# ── too late ──


async def test_who_denies_by_command_and_is_known_only_once_it_runs_is_told_so(town):
    town.hands.hold("rollout restart")
    await town.say("run restart")
    gate = await town.waits()
    came, go = town.people.hold(DANA)
    denying = asyncio.create_task(town.say(f"deny {gate}", user=DANA))
    await came.wait()
    await town.react(gate, APPROVE, ERIN)
    await eventually(lambda: RESTART in town.hands.ran)
    go.set()
    said = as_text(await denying)
    assert "Too late" in said
    assert f"/incident-action stop {(await town.run()).id}" in said


async def test_a_no_or_a_yes_that_is_taken_away_while_it_runs_is_told_how_to_stop_it(town, answers):
    town.hands.hold("rollout restart")
    await town.say("run restart")
    gate = await town.waits()
    await town.react(gate, APPROVE, ERIN)
    await eventually(lambda: RESTART in town.hands.ran)
    await town.react(gate, DENY, DANA)
    await town.react(gate, APPROVE, ERIN, off=True)
    for who in (DANA, ERIN):
        assert f"/incident-action stop {(await town.run()).id}" in told(town, who)[0]
    assert [(what, who) for what, who, _ in answers()][1:] == [("vote.refused", DANA), ("vote.refused", ERIN)]


async def test_a_second_yes_after_the_decision_is_told_that_it_changes_nothing(town):
    gate, go = await approved(town)
    await town.react(gate, APPROVE, DANA)
    assert "decided already" in told(town, DANA)[0]
    go.set()
    assert (await town.ended()).result == "done"


# ── one approval covers the whole step ──

TWO = """
id: restart
title: Renew it
steps:
  - name: drain and delete
    action: conditional
    condition: "{{service}} != 'none'"
    approval: required
    then:
      - {action: exec, command: "kubectl cordon n1"}
      - {action: exec, command: "kubectl delete pods --all"}
"""
BOTH = ["kubectl cordon n1", "kubectl delete pods --all"]


class Elsewhere:
    """The record, of which another process has begun each deed that stands there."""

    def __init__(self, record):
        self._record = record

    def __getattr__(self, name):
        return getattr(self._record, name)

    async def events(self, run_id):
        events = await self._record.events(run_id)
        return tuple(replace(one, by="elsewhere:7") if isinstance(one, DeedBegun) else one for one in events)


async def crashed(town):
    """The process died; what goes on is another one."""
    await town.die()
    town.shop = replace(town.shop, runs=Elsewhere(town.shop.runs))


@pytest.fixture
async def halfway(tmp_path):
    """A step of two commands: the first has run, and what it wrote is being posted. And what lets it go on."""
    async with town_with(tmp_path, TWO) as town:
        slow(town)
        await town.say("run restart")
        gate = await town.waits()
        came, go = town.chat.hold("find", about=":1:0:")
        await town.react(gate, APPROVE, ERIN)
        await came.wait()
        yield town, gate, go


async def test_slack_being_away_between_two_commands_of_a_step_does_not_end_it_half_way(halfway):
    town, _, go = halfway
    town.chat.refuse("reactions", "internal_error", passing=True)
    town.clock.forward(400)
    go.set()
    assert (await town.ended()).result == "done"
    assert town.hands.ran == BOTH


async def test_a_no_between_two_commands_of_a_step_comes_too_late_and_is_told_so(halfway):
    town, gate, go = halfway
    await town.react(gate, DENY, DANA)
    assert "Too late" in told(town, DANA)[0]
    town.clock.forward(6)
    go.set()
    assert (await town.ended()).result == "done"
    assert town.hands.ran == BOTH


async def test_a_yes_that_was_taken_away_while_the_bot_was_away_ends_the_step_half_way(halfway):
    town, gate, _ = halfway
    await crashed(town)
    town.chat.tap(gate, APPROVE, ERIN, off=True)
    town.clock.forward(60)
    await town.live_again()
    assert (await who_stopped(town))[0] == ERIN
    assert town.hands.ran == BOTH[:1]


async def test_after_a_crash_half_way_slack_being_away_does_not_end_the_step(halfway):
    town, _, _ = halfway
    await crashed(town)
    town.chat.refuse("reactions", "internal_error", passing=True)
    town.clock.forward(400)
    await town.live_again()
    assert (await town.ended()).result == "done"
    assert town.hands.ran == BOTH


# ── who ended it ──


async def test_that_slack_did_not_say_whether_an_approval_stands_is_nobodys_doing(town):
    await approved(town)
    await town.die()
    town.chat.refuse("reactions", "internal_error", passing=True)
    town.clock.forward(400)
    await town.live_again()
    assert await who_stopped(town) == ("bot", "Slack did not say in time whether the approval still stands")
    assert RESTART not in town.hands.ran


async def test_that_who_approved_it_may_not_any_more_is_nobodys_doing(town):
    await approved(town)
    await town.die()
    town.people.approvers.remove(ERIN)
    town.clock.forward(60)
    await town.live_again()
    assert await who_stopped(town) == ("bot", "who approved it may not approve it any more")


async def test_an_emergency_stop_while_the_approval_is_read_again_is_said_to_be_one(town):
    _, go = await approved(town)
    looking, looked = town.chat.hold("reactions")
    go.set()
    await looking.wait()
    await town.say("emergency-stop wrong cluster", user=DANA)
    looked.set()
    assert await who_stopped(town) == (DANA, "emergency stop: wrong cluster")
