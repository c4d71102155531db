"""A run whose channel is gone goes on where its incident is told: for the same people, each deed once."""

import pytest

from bot.domain.approval import APPROVE
from bot.keep_current import catch_up
from runbooks.prepared import digest
from tests.stories.workshop_world import DANA, ERIN, town_with
from tests.stories.world import eventually, fire

RESTART = "kubectl rollout restart deployment/payment-service"
NEW = "C2"


@pytest.fixture
async def town(tmp_path):
    async with town_with(tmp_path) as one:
        yield one


async def archived(town):
    """Somebody archives the channel, and the incident goes on in another."""
    for method, code in (("post", "is_archived"), ("edit", "is_inactive"), ("whisper", "is_archived")):
        town.chat.refuse(method, code, about=f"{town.channel_id} ")
    town.chat.channels = {"archived": town.chat.channels[town.incident_id]}
    await fire(town.shop.desk, "PodDown", fingerprint="b", labels={"service": "payment-service"})
    await catch_up(town.shop.desk)
    assert (await town.shop.desk.journal.incident(town.incident_id)).message.channel_id == NEW


async def archived_before_its_gate(town):
    """The run is in the middle of its first step's output then."""
    came, go = town.chat.hold("find", about=":1:0")
    await town.say("run restart")
    await came.wait()
    await archived(town)
    go.set()


async def runs_message(town):
    return (await town.run()).message.channel_id


async def test_a_gate_is_asked_where_the_incident_is_told(town):
    await archived_before_its_gate(town)
    gate = await town.shop.runs.gate(await town.waits())
    assert gate.message.channel_id == NEW == await runs_message(town)
    prepared = [event.prepared for event in await town.shop.runs.events(gate.run_id) if hasattr(event, "prepared")][-1]
    assert gate.digest == digest(gate.run_id, prepared)
    await town.react(gate.id, APPROVE, ERIN)
    assert (await town.ended()).result == "done"
    assert town.hands.ran.count(RESTART) == 1
    assert "approved by <@U0ERIN>" in town.chat.of(gate.id).text


async def test_a_gate_that_people_have_seen_stays_where_it_was_and_is_asked_again_in_the_new_place(town):
    await town.say("run restart")
    first = await town.waits()
    await archived(town)
    run = await town.run()
    town.shop.poke(run.id)
    await eventually(lambda: _moved(town))
    assert (await town.shop.runs.gate(first)).message.channel_id == town.channel_id
    town.clock.forward(301)
    town.shop.poke(run.id)
    await town.choose(await town.chooses(), "again")
    second = await town.waits()
    assert (await town.shop.runs.gate(second)).message.channel_id == NEW
    await town.react(first, APPROVE, DANA)
    assert RESTART not in town.hands.ran
    await town.react(second, APPROVE, ERIN)
    assert (await town.ended()).result == "done"
    assert town.hands.ran.count(RESTART) == 1


async def _moved(town):
    return await runs_message(town) == NEW


async def test_who_has_to_choose_is_asked_in_the_new_place(town):
    await town.say("run restart")
    await town.waits()
    town.clock.forward(301)
    town.shop.poke((await town.run()).id)
    run = await town.chooses()
    await archived(town)
    town.shop.poke(run.id)
    await eventually(lambda: _moved(town))
    (here,) = [m for m in town.chat.messages if m.key == run.id and m.posted.channel_id == NEW]
    assert "no answer in time" in here.text


async def test_nothing_is_shown_in_a_new_place_that_others_share(town):
    came, go = town.chat.hold("find", about=":1:0")
    await town.say("run restart")
    await came.wait()
    town.people.outside = True
    await archived(town)
    go.set()
    gate = await _asked(town)
    assert gate.message is None
    town.clock.forward(301)
    town.shop.poke(gate.run_id)
    await town.chooses()
    assert [m.key for m in town.chat.messages if m.posted.channel_id == NEW and gate.run_id in m.key] == []
    assert RESTART not in town.hands.ran


async def _asked(town):
    """The gate, once the run rests at it."""
    run = await town.run()
    await eventually(lambda: run.id in town.shop.resting)
    return await town.shop.runs.gate((await town.last_gate()).id)


async def test_a_runbooks_words_are_said_in_the_new_place(tmp_path):
    book = (
        "id: restart\ntitle: Tell\nsteps:\n  - {name: look, action: exec, command: kubectl get pods}\n"
        "  - {name: tell, action: message, text: look there}\n"
    )
    async with town_with(tmp_path, book) as town:
        await archived_before_its_gate(town)
        assert (await town.ended()).result == "done"
        (said,) = [m for m in town.chat.messages if m.text == "look there"]
        assert said.posted.channel_id == NEW
