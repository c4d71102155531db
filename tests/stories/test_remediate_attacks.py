"""Runs under attack: what must never let a step run, run it twice, hide it, lose a word, or hold the bot up."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest

from bot.domain.approval import APPROVE, DENY
from bot.domain.incident import Posted
from bot.domain.move import Prepare
from bot.domain.plain import as_text
from bot.domain.run import DeedBegun, DeedEnded
from bot.domain.said import Form
from bot.ports import JournalDown
from bot.runs import prepare_step
from bot.runs.autonomy_file import Grant, Grants
from bot.runs.job import Job
from bot.state.audit_reading import reading
from runbooks.gleaning import GleanError, glean
from runbooks.model import Parse, Step
from runbooks.prepared import Outcome
from tests.stories.test_remediate import CRITICAL, LOOK, RESTART
from tests.stories.workshop_world import BOOK, DANA, ERIN, town_with
from tests.stories.world import eventually


@pytest.fixture
async def town(tmp_path):
    async with town_with(tmp_path) as one:
        yield one


@pytest.fixture
async def critical(tmp_path):
    async with town_with(tmp_path, CRITICAL) as one:
        yield one


# ── the kill switch ──


async def test_a_stop_while_a_deed_runs_and_a_crash_end_the_run(town):
    """It says of the deed that it may have run, and then ends; it does not note the stop again and again."""
    await town.say("run restart")
    gate = await town.waits()
    town.hands.hold("rollout restart")
    await town.react(gate, APPROVE, ERIN)
    await eventually(lambda: RESTART in town.hands.ran)
    await town.die()
    await town.say("emergency-stop wrong cluster")
    await town.live_again()
    end = await town.ended()
    assert end.result == "stopped"
    assert (await town.events()).count("Stopped") == 1
    assert "may have run" in town.chat.of((await town.run()).id).text


async def test_nothing_begins_once_the_kill_switch_is_on_though_slack_held_up_the_message(town):
    await town.say("run restart")
    gate = await town.waits()
    came, go = town.chat.hold("edit", about=gate)
    await town.react(gate, APPROVE, ERIN)
    await came.wait()
    await town.say("emergency-stop wrong cluster")
    go.set()
    assert (await town.ended()).result == "stopped"
    assert RESTART not in town.hands.ran


async def test_nothing_begins_once_the_kill_switch_is_on_while_it_is_made_sure_of_the_approval(town):
    """Between the last look at the switch and the deed lie reads of Slack: they may take long."""
    await town.say("run restart")
    gate = await town.waits()
    came, go = town.chat.hold("edit", about=gate)
    await town.react(gate, APPROVE, ERIN)
    await came.wait()
    town.clock.forward(20)
    looking, looked = town.chat.hold("reactions")
    go.set()
    await looking.wait()
    await town.say("emergency-stop wrong cluster")
    looked.set()
    assert (await town.ended()).result == "stopped"
    assert RESTART not in town.hands.ran


# ── answers ──


async def test_a_no_by_command_is_not_undone_by_the_same_persons_older_reaction(critical):
    town = critical
    town.shop = replace(town.shop, desk=replace(town.shop.desk, clock=_Ticking(town.clock)))
    await town.say("run restart")
    gate = await town.waits()
    await town.react(gate, APPROVE, ERIN)
    await town.waits()
    await town.say(f"deny {gate}", user=ERIN)
    assert (await town.ended()).result == "denied"


class _Ticking:
    """No two moments are the same."""

    def __init__(self, clock):
        self._clock = clock

    def now(self):
        self._clock.forward(0.001)
        return self._clock.now()


async def test_who_lost_their_say_while_reactions_cannot_be_read_does_not_count(critical):
    town = critical
    await town.say("run restart")
    gate = await town.waits()
    await town.react(gate, APPROVE, ERIN)
    await town.waits()
    town.people.approvers.remove(ERIN)
    town.chat.remove(gate)
    town.chat.refuse("reactions", "message_not_found")
    await town.say(f"approve {gate}", user=DANA)
    await town.waits()
    assert RESTART not in town.hands.ran


async def test_a_yes_that_cannot_be_read_again_is_not_counted_with_another(critical):
    """It may have been taken back since."""
    town = critical
    await town.say("run restart")
    gate = await town.waits()
    await town.react(gate, APPROVE, ERIN)
    await town.waits()
    town.chat.refuse("reactions", "internal_error", passing=True)
    town.chat.tap(gate, APPROVE, ERIN, off=True)
    await town.say(f"approve {gate}", user=DANA)
    await town.waits()
    assert RESTART not in town.hands.ran


async def test_a_no_while_the_bot_was_away_is_heard_though_it_was_approved_before(town):
    await town.say("run restart")
    gate = await town.waits()
    came, _ = town.chat.hold("edit", about=gate)
    await town.react(gate, APPROVE, ERIN)
    await came.wait()
    await town.die()
    town.chat.tap(gate, DENY, DANA)
    town.clock.forward(60)
    await town.live_again()
    assert (await town.ended()).result == "stopped"
    assert RESTART not in town.hands.ran


async def test_who_lost_their_say_while_the_bot_was_away_does_not_count(town):
    await town.say("run restart")
    gate = await town.waits()
    came, _ = town.chat.hold("edit", about=gate)
    await town.react(gate, APPROVE, ERIN)
    await came.wait()
    await town.die()
    town.people.approvers.remove(ERIN)
    town.clock.forward(3600)
    await town.live_again()
    assert (await town.ended()).result == "stopped"
    assert RESTART not in town.hands.ran


async def test_an_answer_by_command_that_could_not_be_weighed_is_weighed_again(town):
    """They are told that it is asked again."""
    await town.say("run restart")
    gate = await town.waits()
    town.people.unreadable = True
    assert "asked again" in as_text(await town.say(f"approve {gate}", user=ERIN))
    await town.waits()
    town.people.unreadable = False
    town.shop.poke((await town.run()).id)
    assert (await town.ended()).result == "done"


async def test_who_approves_what_an_unread_no_holds_is_told_that_it_does(town):
    await town.say("run restart")
    gate = await town.waits()
    town.people.unread.add(DANA)
    await town.react(gate, DENY, DANA)
    await town.waits()
    said = as_text(await town.say(f"approve {gate}", user=ERIN))
    assert "a ❌ holds it" in said
    assert "0 more" not in said
    await town.waits()
    assert RESTART not in town.hands.ran


async def test_the_askers_own_yes_is_audited_as_one_that_does_not_count(tmp_path):
    from bot.guard.autonomy import Approvers

    all_of = ("S0PAYMENTS",)
    who = Approvers(all_of, all_of, all_of, all_of, all_of, second_person=True)
    async with town_with(tmp_path, who=who) as town:
        await town.say("run restart")
        gate = await town.waits()
        await town.react(gate, APPROVE, DANA)
        await town.waits()
        with reading(f"sqlite:///{tmp_path / 'stories.sqlite'}") as entries:
            words = [entry.what for entry in entries]
        assert "vote.counted" not in words
        assert "vote.refused" in words


# ── crashes, races, a database that is away ──


async def test_two_tellers_of_one_run_do_each_deed_once_and_lose_sight_of_none(town):
    """Start, recovery and the tick that takes up: whatever begins the story twice."""
    from bot.remediate import remediate

    town.hands.hold("get pods")
    await town.say("run restart")
    await eventually(lambda: LOOK in town.hands.ran)
    run = await town.run()
    second = asyncio.create_task(remediate(town.shop, run.id))
    for _ in range(50):  # it has every chance
        assert "MayHaveRun" not in await town.events()
    assert town.hands.ran.count(LOOK) == 1
    second.cancel()
    with suppress(asyncio.CancelledError):
        await second


async def test_a_database_that_is_away_as_a_deed_begins_does_not_make_it_one_that_may_have_run(town):
    await town.say("run restart")
    gate = await town.waits()
    record = town.shop.runs
    broken = _Broken(record)
    await town.die()
    town.shop = replace(town.shop, runs=broken)
    broken.fail_gate_after_begin = True
    town.chat.tap(gate, APPROVE, ERIN)
    await town.live_again()
    assert (await town.ended()).result == "done"
    assert "MayHaveRun" not in await town.events()


class _Broken:
    """The record, whose `gate` is away as soon as a change has begun."""

    def __init__(self, record):
        self._record = record
        self.fail_gate_after_begin = False
        self._begun = False

    def __getattr__(self, name):
        return getattr(self._record, name)

    async def append(self, run_id, number, event):
        if isinstance(event, DeedBegun) and event.path == "2":
            self._begun = True
        return await self._record.append(run_id, number, event)

    async def gate(self, gate_id):
        if self._begun and self.fail_gate_after_begin:
            self.fail_gate_after_begin = False
            raise JournalDown("away")
        return await self._record.gate(gate_id)


async def test_pokes_do_not_use_up_the_time_to_choose(town):
    """A reaction on an old gate wakes the run; it is not 15 s."""
    await town.say("run restart")
    await town.waits()
    town.clock.forward(301)
    town.shop.poke((await town.run()).id)
    run = await town.chooses()
    for _ in range(130):
        town.shop.poke(run.id)
        await town.chooses()
    await town.chooses()
    town.clock.forward(1801)
    town.shop.poke(run.id)
    assert (await town.ended()).result == "expired"
    assert "@bot" not in town.chat.of(run.id).text


# ── a bot that begins anew under other settings ──


async def test_without_the_audits_key_what_is_in_flight_ends(town):
    await town.say("run restart")
    gate = await town.waits()
    await town.die()
    town.chat.tap(gate, APPROVE, ERIN)
    town.shop = replace(town.shop, audit=None)
    await town.live_again()
    end = await town.ended()
    assert end.result == "stopped"
    assert "AUDIT_KEY" in end.reason
    assert RESTART not in town.hands.ran


async def test_in_observe_what_is_in_flight_ends(town):
    await town.say("run restart")
    gate = await town.waits()
    await town.die()
    town.chat.tap(gate, APPROVE, ERIN)
    town.shop = replace(town.shop, rules=replace(town.shop.rules, profile="observe"))
    await town.live_again()
    end = await town.ended()
    assert end.result == "stopped"
    assert "AUTONOMY_PROFILE" in end.reason
    assert RESTART not in town.hands.ran


# ── what is shown ──


async def test_a_command_that_fits_only_before_it_is_escaped_is_refused(tmp_path):
    """Slack counts `&amp;`, and the rest would stand in the thread."""
    long = BOOK.replace("deployment/{{service}}\n    approval", f"deployment/x '{'&' * 1_000}'\n    approval")
    async with town_with(tmp_path, long) as town:
        await town.say("run restart")
        end = await town.ended()
        assert end.result == "refused"
        assert "do not fit" in end.reason


async def test_a_check_that_holds_a_secret_is_refused_with_its_step(tmp_path):
    looks = "kubectl get pods --selector=token=ghp_16C7e42F292c6912E7710c838347Ae178B4a"
    secret = BOOK.replace("kubectl rollout status deployment/{{service}} --timeout=60s", looks)
    async with town_with(tmp_path, secret) as town:
        await town.say("run restart")
        assert (await town.ended()).result == "refused"
        assert RESTART not in town.hands.ran


@pytest.mark.parametrize(
    "words",
    [
        "run scale token=ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "run scale token=ghp_16C7e42F292c6912E7710c838347Ae178B4a replicas=3",
    ],
)
async def test_a_secret_that_somebody_types_is_kept_nowhere(tmp_path, words):
    book = """
id: scale
title: Scale
parameters: [{name: replicas, pattern: "[0-9]"}, {name: token, pattern: "[A-Za-z0-9_]+"}]
steps:
  - {name: scale, action: exec, command: "kubectl scale deployment/x --replicas={{replicas}} --note={{token}}"}
"""
    async with town_with(tmp_path, book) as town:
        said = await town.say(words)
        assert not isinstance(said, Form)
        assert "looks like a secret" in as_text(said)
        assert await town.shop.runs.unended() == ()
        raw = b"".join(one.read_bytes() for one in tmp_path.glob("stories.sqlite*"))
        assert b"ghp_16C7" not in raw


async def test_a_run_whose_message_was_deleted_stands_again(town):
    await town.say("run restart")
    gate = await town.waits()
    run = await town.run()
    town.chat.remove(run.id)
    await town.react(gate, APPROVE, ERIN)
    assert (await town.ended()).result == "done"
    assert "done" in town.chat.of(run.id).text


async def test_a_long_line_without_an_end_is_shown_by_its_end(tmp_path):
    async with town_with(tmp_path) as town:
        town.hands.answer("get pods", Outcome("done", exit=0, output="a" * 5_000 + "zzz"))
        await town.say("run restart")
        await town.waits()
        (shown,) = (message.text for message in town.chat.messages if ":1:0:" in message.key)
        assert "zzz" in shown
        assert "kubectl get pods" in shown


async def test_a_title_cannot_call_people_in_a_notification(tmp_path):
    loud = BOOK.replace("Restart it", "<!channel> now").replace("name: restart", 'name: "<!here> restart"')
    async with town_with(tmp_path, loud) as town:
        await town.say("run restart")
        await town.waits()
        from bot.runs import gate_message, run_message

        run = await town.run()
        events = await town.shop.runs.events(run.id)
        gate = await town.last_gate()
        assert "<!" not in run_message.run(run, events).plain
        assert "<!" not in gate_message.gate(run, events, gate).plain


async def test_the_target_is_what_is_worked_on(town):
    """Who gives another service works on that: one run at a time for it, and its on-call answers."""
    await town.say("run restart service=checkout")
    await town.waits()
    run = await town.run()
    assert run.target.startswith("checkout")
    assert (await town.last_gate()).service == "checkout"


# ── another replica ──


async def _begun_elsewhere(town):
    """Its story is told by another replica, which has begun the first deed just now."""
    begins = town.shop.begin

    async def not_here(_run_id): ...

    town.shop = replace(town.shop, begin=not_here)
    await town.say("run restart")
    town.shop = replace(town.shop, begin=begins)
    run = await town.run()
    job = await Job.take_up(town.shop, run.id)
    await prepare_step.prepare(job, Prepare("1"))
    assert await job.append(DeedBegun(job.now(), "1", 0, "another-host:1"))
    await town.begin(run.id)
    await eventually(lambda: run.id in town.shop.resting)
    return job


async def test_what_another_replica_is_at_is_neither_lost_nor_done_again(town):
    job = await _begun_elsewhere(town)
    assert "MayHaveRun" not in await town.events()
    await job.append(DeedEnded(job.now(), "1", 0, Outcome("done", exit=0, output="fine", seconds=1.0), "0" * 64))
    town.shop.poke(job.run.id)
    await town.waits()
    assert town.hands.ran == []


async def test_what_another_replica_left_is_lost_once_its_time_is_over(town):
    job = await _begun_elsewhere(town)
    town.clock.forward(60 + 31)
    town.shop.poke(job.run.id)
    await town.chooses()
    assert town.hands.ran == []


async def test_a_stop_does_not_wait_out_the_time_of_a_replica_that_is_gone(town):
    job = await _begun_elsewhere(town)
    await town.say("emergency-stop wrong cluster")
    town.clock.forward(16)
    town.shop.poke(job.run.id)
    assert (await town.ended()).result == "stopped"


async def test_the_message_of_a_gate_that_was_kept_first_stays(town):
    await town.say("run restart")
    gate = await town.shop.runs.gate(await town.waits())
    await town.shop.runs.keep_gate(replace(gate, message=Posted(gate.message.channel_id, "999.0")))
    assert await town.shop.runs.gate(gate.id) == gate


async def test_an_id_that_a_gate_of_another_run_has_is_not_taken(town):
    """Answers to the one must never count for the other; ids are short."""
    began = await _gates_name(town)
    gate = await town.shop.runs.gate(began)
    town.shop = replace(town.shop, runs=_Taken(town.shop.runs, replace(gate, run_id="R0OTHER")))
    town.clock.forward(301)
    run = await town.run()
    town.shop.poke(run.id)
    await town.chooses()
    await town.die()
    await town.choose(run, "again")
    await town.live_again()
    assert await town.waits() not in (began, *town.shop.runs.seen)


async def _gates_name(town):
    await town.say("run restart")
    return await town.waits()


class _Taken:
    """The record, in which the first id that is asked for belongs to a gate of another run."""

    def __init__(self, record, other):
        self._record, self._other, self.seen = record, other, []

    def __getattr__(self, name):
        return getattr(self._record, name)

    async def gate(self, gate_id):
        found = await self._record.gate(gate_id)
        if found is None and not self.seen:
            self.seen.append(gate_id)
        return self._other if found is None and gate_id in self.seen else found


# ── hostile output, and words ──


def test_a_table_of_very_many_columns_is_not_read():
    """What looks at each pair of its columns would hold up everything else."""
    step = Step(action="exec", command="kubectl get pods", parse=Parse(kind="table", name="pods"))
    wide = "  ".join(f"c{number}" for number in range(20_000))
    with pytest.raises(GleanError, match="columns"):
        glean(step, Outcome("done", output=f"{wide}\na"))


async def test_a_grant_that_was_taken_back_while_the_bot_was_away_lets_nothing_run(tmp_path):
    granted = Grant("restart", "restart", ("kubectl rollout restart deployment/{{service}}",), ("production",), "", "")
    async with town_with(tmp_path, BOOK.replace("    approval: required\n", "")) as town:
        town.shop = replace(town.shop, rules=replace(town.shop.rules, grants=Grants((granted,))))
        came, _ = town.chat.hold("find", about=":1:0")  # the first step's output: the second comes after it
        await town.say("run restart")
        await came.wait()
        run = await town.run()
        await town.die()
        job = await Job.take_up(town.shop, run.id)
        await prepare_step.prepare(job, Prepare("2"))
        assert job.events[-1].ruling == "granted"
        town.shop = replace(town.shop, rules=replace(town.shop.rules, grants=Grants()))
        await town.live_again()
        end = await town.ended()
        assert (end.result, "grant" in end.reason) == ("stopped", True)
        assert RESTART not in town.hands.ran


async def test_who_turns_the_switch_hears_that_nobody_else_could_be_told(town):
    town.chat.refuse("post", "is_archived", about="switch:")
    assert "tell people yourself" in as_text(await town.say("emergency-stop wrong cluster"))


async def test_a_step_that_nobody_approved_never_looks_as_if_it_may_have_run(town):
    await town.say("run restart")
    await town.waits()
    town.clock.forward(301)
    town.shop.poke((await town.run()).id)
    run = await town.chooses()
    await town.choose(run, "stop")
    await town.ended()
    said = town.chat.of(run.id).text
    assert "❔" not in said
    assert "no answer in time: not run" in said


async def test_who_stopped_a_run_stands_in_its_message(town):
    await town.say("run restart")
    await town.waits()
    await town.say("stop", user=ERIN)
    await town.ended()
    assert "stopped by <@U0ERIN>" in town.chat.of((await town.run()).id).text


async def test_a_restart_does_not_begin_the_wait_before_a_check_anew(tmp_path):
    async with town_with(tmp_path, BOOK.replace('--timeout=60s"}', '--timeout=60s", wait: 10m}')) as town:
        await town.say("run restart")
        await town.react(await town.waits(), APPROVE, ERIN)
        await eventually(lambda: RESTART in town.hands.ran)
        await eventually(lambda: _ended_twice(town))
        await town.die()
        town.clock.forward(601)
        await town.live_again()
        assert (await town.ended()).result == "done"


async def _ended_twice(town):
    return (await town.events()).count("DeedEnded") == 2


async def test_a_granted_step_that_is_run_again_looks_at_its_approval_like_any_other(tmp_path):
    granted = Grant("restart", "restart", ("kubectl rollout restart deployment/{{service}}",), ("production",), "", "")
    async with town_with(tmp_path, BOOK.replace("    approval: required\n", "")) as town:
        town.shop = replace(town.shop, rules=replace(town.shop.rules, grants=Grants((granted,))))
        town.hands.hold("rollout restart")
        await town.say("run restart")
        await eventually(lambda: RESTART in town.hands.ran)
        await town.die()
        town.hands.held.clear()
        await town.live_again()
        await town.choose(await town.chooses(), "again")
        gate = await town.waits()
        came, _ = town.chat.hold("edit", about=gate)
        await town.react(gate, APPROVE, ERIN)
        await came.wait()
        await town.die()
        town.chat.tap(gate, APPROVE, ERIN, off=True)
        town.clock.forward(60)
        await town.live_again()
        assert (await town.ended()).result == "stopped"
        assert town.hands.ran.count(RESTART) == 1
