"""kill -9 at each place of a run, and at random ones: nothing runs twice or unasked, no approval is lost."""

import contextlib
import sqlite3
from datetime import UTC, datetime
from functools import partial

import pytest

from bot.domain.run import DeedEnded, GateDecided, GateOpened
from playground.slack.faults import Fault
from playground.terminal import as_text
from tests.chaos.person import ALICE, DANA, YES, asked, gates, runs
from tests.chaos.place import SERVICE, open_place
from tests.chaos.runs import chaos
from tests.end_to_end.watch import said_by_bot, until

STEP = "  - {name: touch it, action: exec, command: 'note {{service}}', approval: required}\n"
BOOKS = {
    "one": f"steps:\n{STEP}",
    "two": f"steps:\n{STEP}  - {{name: more, action: exec, command: note more, approval: required}}\n",
}
ONCE = [(SERVICE,)]
AWAY_S = 20.0
"""How long an answer of Slack's is on its way when the bot dies."""


def unheard(method):
    """Calls of this method do not reach Slack. (One that is only late would still be carried out after the kill.)"""
    return Fault(method, drop=True, times=None)


def unanswered(method, *, but_for=0):
    """Slack does what is asked, and its answer is still on the way when the bot dies; the first few go well."""
    passing = [Fault(method, times=but_for)] if but_for else []
    return [*passing, Fault(method, delay=AWAY_S, when="after", times=None)]


@contextlib.asynccontextmanager
async def struck(place, *faults):
    """With these faults inside; at the end of the block the bot is killed, and started again in a sound world."""
    for fault in faults:
        place.town.slack.workspace.faults.add(fault)
    yield
    await place.town.bot.kill()
    place.town.slack.workspace.faults.clear()
    await place.town.bot.start()


async def approved_it_runs_once(place):
    """Of the newest run: one message, one gate message, one process."""
    gate = await asked(place.channel)
    await place.person(ALICE).react(gate, YES)
    await ends_well(place)


async def ends_well(place):
    assert (await place.ends())[0] == "done"
    assert place.ran == ONCE
    footers = [as_text(message).rpartition("\n")[2].split(" ")[0] for message in said_by_bot(place.channel)[1:]]
    assert len(footers) == len(set(footers)), footers


async def asked_for_and_nothing_said(place):
    async with struck(place, unheard("chat.postMessage")):
        await place.wish("one")
        await place.person(DANA).hears("begins")
    await approved_it_runs_once(place)


async def said_that_it_begins_answer_lost(place):
    before = len(runs(place.channel))
    async with struck(place, *unanswered("chat.postMessage")):
        await place.wish("one")
        await until(lambda: len(runs(place.channel)) > before)
    await approved_it_runs_once(place)


async def asked_answer_lost(place):
    async with struck(place, *unanswered("chat.postMessage", but_for=1)):
        await place.wish("one")
        await until(lambda: gates(place.channel))
    await approved_it_runs_once(place)


async def asked_without_reactions(place):
    async with struck(place, unheard("reactions.add")):
        await place.wish("one")
        await until(lambda: gates(place.channel))
    await approved_it_runs_once(place)


async def while_it_waits(place):
    gate = await place.ask("one")
    await place.town.bot.kill()
    await place.person(ALICE).react(gate, YES)
    await place.town.bot.start()
    await ends_well(place)


async def approved_and_not_begun(place):
    gate = await place.ask("one")
    async with struck(place, unheard("chat.update")):
        await place.person(ALICE).react(gate, YES)
        await place.on_record(GateDecided)
        assert place.ran == []
    await ends_well(place)


async def while_it_runs(place):
    gate = await place.ask("one")
    place.note.takes(600)
    async with struck(place):
        await place.person(ALICE).react(gate, YES)
        await until(lambda: place.note.lives)
    assert not place.note.lives
    run = runs(place.channel)[-1]
    await until(lambda: "may have run" in as_text(run))
    assert place.ran == ONCE
    place.note.takes(0)
    assert await place.person(DANA).press(run, "Run again (asks first)")
    second = await asked(place.channel, {gate.ts})
    assert place.ran == ONCE
    await place.person(ALICE).react(second, YES)
    assert (await place.ends())[0] == "done"
    assert place.ran == ONCE * 2


async def while_it_runs_and_a_person_leaves_it_there(place):
    gate = await place.ask("two")
    place.note.takes(600)
    async with struck(place):
        await place.person(ALICE).react(gate, YES)
        await until(lambda: place.note.lives)
    run = runs(place.channel)[-1]
    await until(lambda: "may have run" in as_text(run))
    assert await place.person(DANA).press(run, "Stop here")
    assert (await place.ends())[0] == "stopped"
    assert place.ran == ONCE


async def ended_and_the_next_is_asked_for(place):
    gate = await place.ask("two")
    async with struck(place, unheard("chat.postMessage")):
        await place.person(ALICE).react(gate, YES)
        await place.on_record(DeedEnded)
    second = await asked(place.channel, {gate.ts})
    await place.person(ALICE).react(second, YES)
    assert (await place.ends())[0] == "done"
    assert place.ran == [*ONCE, ("more",)]


CASES = (
    asked_for_and_nothing_said,
    said_that_it_begins_answer_lost,
    asked_answer_lost,
    asked_without_reactions,
    while_it_waits,
    approved_and_not_begun,
    while_it_runs,
    while_it_runs_and_a_person_leaves_it_there,
    ended_and_the_next_is_asked_for,
)


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgres"))])
async def test_killed_at_any_place_of_a_run(tmp_path, database, request):
    more = {"DATABASE_URL": request.getfixturevalue("postgres_url")} if database == "postgresql" else {}
    async with open_place(tmp_path, BOOKS, **more) as place:
        for case in CASES:
            await case(place)


def _over(gate):
    """Whether its time is over, by the clock that the bot goes by."""
    return datetime.now(UTC) > gate.expires_at


async def test_an_approval_that_was_read_in_time_counts_though_the_bot_was_away_until_after_the_expiry(tmp_path):
    async with open_place(tmp_path, BOOKS, APPROVAL_TIMEOUT_S="20") as place:
        gate = await place.ask("one")
        place.town.slack.workspace.faults.add(unheard("chat.update"))
        await place.person(ALICE).react(gate, YES)
        events = await place.on_record(GateOpened, GateDecided)
        (opened,) = [event for event in events if isinstance(event, GateOpened)]
        (decided,) = [event for event in events if isinstance(event, GateDecided)]
        assert decided.verdict.kind == "approved"
        await place.town.bot.kill()
        place.town.slack.workspace.faults.clear()
        await until(partial(_over, opened.gate), what="the end of the gate")
        await place.town.bot.start()
        await ends_well(place)


async def test_an_approval_that_is_first_read_after_the_expiry_is_a_no(tmp_path):
    async with open_place(tmp_path, BOOKS, APPROVAL_TIMEOUT_S="12") as place:
        gate = await place.ask("one")
        (opened,) = [event for event in await place.on_record(GateOpened) if isinstance(event, GateOpened)]
        await place.town.bot.kill()
        await place.person(ALICE).react(gate, YES)
        await until(partial(_over, opened.gate), what="the end of the gate")
        await place.town.bot.start()
        await until(lambda: "Ask again" in str(runs(place.channel)[-1].blocks), what="the offer to ask again")
        assert place.ran == []


async def test_what_ended_without_a_record_of_its_end_is_shown_as_may_have_run(tmp_path):
    async with open_place(tmp_path, BOOKS) as place:
        gate = await place.ask("one")
        place.note.takes(8.0)
        await place.person(ALICE).react(gate, YES)
        await until(lambda: place.ran)
        with contextlib.closing(sqlite3.connect(place.town.env["DATABASE_URL"].removeprefix("sqlite:///"))) as other:
            other.execute("BEGIN IMMEDIATE")  # nothing can be recorded while this stands
            await until(lambda: not place.note.lives)
            await place.town.bot.kill()
        await place.town.bot.start()
        await until(lambda: "may have run" in as_text(runs(place.channel)[-1]))
        assert place.ran == ONCE


async def test_ten_kills_at_random_moments(tmp_path):
    tally = await chaos(tmp_path, kills=10, seed=20)
    print("\n".join(tally.lines()))
    assert tally.faults == []
    assert tally.kills >= 10
    assert tally.begun >= tally.done * 5
