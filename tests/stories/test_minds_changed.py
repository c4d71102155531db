"""Whoever says no, or takes their yes back, is heard until the step begins, and told where it has begun by then."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.domain.approval import APPROVE
from bot.domain.plain import as_text
from bot.state.audit_reading import reading
from tests.stories.test_people_in_audit import Meanwhile
from tests.stories.test_remediate import CRITICAL, RESTART
from tests.stories.workshop_world import DANA, ERIN, FakePeople, town_with


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
