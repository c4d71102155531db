"""Gates in a real bot with real processes: who lets a step run, who does not, what everyone is told, and stopping.

Most cases share one town and one incident, one after another; each ends its run.
"""

import asyncio
import re

import pytest

from bot.app import FINISH_S
from playground.terminal import as_text
from tests.chaos.person import ALICE, DANA, GUEST, LENA, NO, OUTSIDER, STRANGER, YES, asked, gates, runs
from tests.chaos.place import SERVICE, open_place
from tests.end_to_end.watch import said_by_bot, until

STEP = "  - {{name: {name}, action: exec, command: {command}, approval: required{more}}}\n"
TOUCH = STEP.format(name="touch it", command="'note {{service}}'", more="")
BOOKS = {
    "one": f"steps:\n{TOUCH}",
    "critical": f"risk: critical\nsteps:\n{TOUCH}",
    "ask": "parameters:\n  - {name: shard, type: name}\n  - {name: count, type: int}\nsteps:\n"
    + STEP.format(name="touch it", command="'note {{shard}} {{count}}'", more=""),
    "two": "steps:\n"
    + STEP.format(name="first", command="note first", more="")
    + STEP.format(name="second", command="note second", more=""),
    "undo": "steps:\n"
    + STEP.format(
        name="touch it", command="note do", more=", verify: {command: kubectl get pods}, rollback: note undo"
    ),
}


@pytest.fixture
async def place(tmp_path):
    async with open_place(tmp_path, BOOKS, EMERGENCY_APPROVERS="S0SRELEADS") as one:
        yield one


async def test_yes_no_strangers_two_people_and_a_form(place):
    for case in (
        a_yes_runs_exactly_what_was_shown,
        a_no_runs_nothing,
        a_strangers_yes_runs_nothing_and_only_they_are_told,
        the_command_decides_as_a_reaction_does,
        critical_needs_two_different_people,
        what_is_missing_is_asked_of_the_person,
        a_failed_check_offers_the_undoing_behind_its_own_gate,
        a_second_request_says_who_holds_the_target,
    ):
        await case(place)


async def a_yes_runs_exactly_what_was_shown(place):
    gate = await place.ask("one")
    assert f"\n{place.note.path.name} {SERVICE}\n" in as_text(gate).replace("```", "\n")
    assert place.ran == []
    await place.person(ALICE).react(gate, YES)
    assert (await place.ends())[0] == "done"
    assert place.ran == [(SERVICE,)]
    assert "approved by <@U0ALICE001>" in as_text(gate)


async def a_no_runs_nothing(place):
    gate = await place.ask("one")
    await place.person(ALICE).react(gate, NO)
    assert (await place.ends())[0] == "denied"
    assert place.ran == []


async def a_strangers_yes_runs_nothing_and_only_they_are_told(place):
    gate, others = await place.ask("one"), [place.person(user) for user in (DANA, ALICE, LENA)]
    heard = [other.heard() for other in others]
    stranger = place.person(STRANGER)
    await stranger.react(gate, YES)
    assert "Only" in await stranger.hears("can approve")
    assert [other.heard() for other in others] == heard
    assert "approved by" not in as_text(gate)
    await place.person(ALICE).react(gate, NO)
    assert (await place.ends())[0] == "denied"
    assert place.ran == []


async def the_command_decides_as_a_reaction_does(place):
    gate = await place.ask("one")
    id_ = re.search(r"`(G\w{6})`", as_text(gate))[1]
    stranger = place.person(STRANGER)
    await stranger.say(f"/incident-action approve {id_}")
    await until(lambda: "can approve" in stranger.heard()[-1])
    await place.person(LENA).say(f"/incident-action approve {id_}")
    assert (await place.ends())[0] == "done"
    assert place.ran == [(SERVICE,)]


async def critical_needs_two_different_people(place):
    gate = await place.ask("critical")
    assert "risk critical" in as_text(gate)
    assert "2 different people" in as_text(gate)
    alice = place.person(ALICE)
    await alice.react(gate, YES)
    id_ = re.search(r"`(G\w{6})`", as_text(gate))[1]
    await alice.say(f"/incident-action approve {id_}")
    assert "1 more" in await alice.hears("1 more")
    assert place.ran == []
    await place.person(LENA).react(gate, YES)
    assert (await place.ends())[0] == "done"
    assert place.ran == [(SERVICE,)]
    assert "<@U0ALICE001> and <@U0LENA0012>" in as_text(gate)


async def what_is_missing_is_asked_of_the_person(place):
    place.note.forget()
    before, dana = {message.ts for message in gates(place.channel)}, place.person(DANA)
    await dana.say("/incident-action run ask")
    wrong = await dana.fill(shard="-rf /", count="many")
    assert set(wrong) == {"shard", "count"}
    assert await dana.fill(shard="shard-7", count="3") == {}
    gate = await asked(place.channel, before)
    assert "note shard-7 3" in as_text(gate)
    assert "given by <@U0DANA0004>" in as_text(gate)
    await place.person(ALICE).react(gate, YES)
    assert (await place.ends())[0] == "done"
    assert place.ran == [("shard-7", "3")]


async def a_failed_check_offers_the_undoing_behind_its_own_gate(place):
    gate = await place.ask("undo")
    place.kubectl.exits(1)
    await place.person(ALICE).react(gate, YES)
    second = await asked(place.channel, {gate.ts})
    assert "note undo" in as_text(second)
    assert place.ran == [("do",)]
    await place.person(ALICE).react(second, YES)
    assert (await place.ends())[0] == "failed"
    assert place.ran == [("do",), ("undo",)]
    assert [call.argv for call in place.kubectl.calls] == [("get", "pods")]


async def a_second_request_says_who_holds_the_target(place):
    gate, lena = await place.ask("one"), place.person(LENA)
    await lena.say("/incident-action run two")
    assert "<@U0DANA0004>" in await lena.hears("is being worked on by")
    await place.person(DANA).say("/incident-action stop")
    assert (await place.ends())[0] == "stopped"
    await place.person(ALICE).react(gate, YES)
    assert "its run has ended" in await place.person(ALICE).hears("its run has ended")
    assert place.ran == []


async def test_stops_restarts_and_people_from_elsewhere(place):
    for case in (
        emergency_stop_ends_what_runs_and_few_lift_it,
        a_person_stops_what_runs,
        a_gate_outlives_a_restart_which_does_not_wait_for_it,
        guests_and_people_from_elsewhere_let_nothing_run,
    ):
        await case(place)


async def emergency_stop_ends_what_runs_and_few_lift_it(place):
    gate, stranger, lena = await place.ask("two"), place.person(STRANGER), place.person(LENA)
    place.note.takes(600)
    await place.person(ALICE).react(gate, YES)
    await until(lambda: place.ran and place.note.lives)
    await stranger.say("/incident-action emergency-stop wrong cluster")
    await until(lambda: not place.note.lives, what="the end of the child")  # which would take 600 s
    how, said = await place.ends()
    assert how == "stopped"
    assert "may have run" in said
    assert "wrong cluster" in said
    incidents = place.town.slack.workspace.named("incidents")
    assert "Emergency stop" in "\n".join(map(as_text, said_by_bot(incidents)))
    await lena.say("/incident-action run one")
    assert "wrong cluster" in await lena.hears("Not run")
    await place.person(ALICE).say("/incident-action resume")
    await place.person(ALICE).hears("Not lifted")
    await lena.say("/incident-action resume")
    await lena.hears("Lifted")
    assert place.ran == [("first",)]


async def a_person_stops_what_runs(place):
    gate = await place.ask("two")
    place.note.takes(600)
    await place.person(ALICE).react(gate, YES)
    await until(lambda: place.ran and place.note.lives)
    await place.person(STRANGER).say("/incident-action stop")
    await until(lambda: not place.note.lives, what="the end of the child")  # which would take 600 s
    how, said = await place.ends()
    assert (how, place.ran) == ("stopped", [("first",)])
    assert "may have run" in said


async def a_gate_outlives_a_restart_which_does_not_wait_for_it(place):
    gate = await place.ask("one")
    async with asyncio.timeout(FINISH_S - 1):  # as long would a story be waited for
        assert await place.town.bot.stop() == 0
    await place.person(ALICE).react(gate, YES)
    assert place.ran == []
    await place.town.bot.start()
    assert (await place.ends())[0] == "done"
    assert place.ran == [(SERVICE,)]
    assert len([m for m in said_by_bot(place.channel) if f"{gate.blocks[-1]}" == f"{m.blocks[-1]}"]) == 1


async def guests_and_people_from_elsewhere_let_nothing_run(place):
    gate = await place.ask("one")
    for user, word in ((GUEST, "uests"), (OUTSIDER, "workspace")):
        person = place.person(user)
        await person.react(gate, YES)
        assert word in await person.hears(word)
    assert place.ran == []
    await place.person(ALICE).react(gate, NO)
    assert (await place.ends())[0] == "denied"
    dana = place.person(DANA)
    await dana.say("/incident-action run one")
    assert "SHARED_CHANNELS" in await dana.hears("shared with others")


async def test_nobody_answers_it_is_asked_again_and_not_by_the_one_who_asked(place):
    place.town.bot.configure(APPROVAL_TIMEOUT_S="15", REQUIRE_SECOND_PERSON="true")
    await place.town.bot.stop()
    await place.town.bot.start()
    dana = place.person(DANA)
    gate = await place.ask("one")
    assert "not the one who asked" in as_text(gate)
    await dana.react(gate, YES)
    await dana.hears("somebody else has to approve")
    (run,) = runs(place.channel)
    await until(lambda: "Ask again" in str(run.blocks), what="the offer to ask again")
    await until(lambda: "no answer in time" in as_text(gate), what="the end of the gate")
    assert place.ran == []
    await place.person(ALICE).react(gate, YES)
    await place.person(ALICE).hears("decided already")
    assert await dana.press(run, "Ask again")
    second = await asked(place.channel, {gate.ts})
    await place.person(ALICE).react(second, YES)
    assert (await place.ends())[0] == "done"
    assert place.ran == [(SERVICE,)]
