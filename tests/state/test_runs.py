"""The record of runs: one run a target, each number once, and everything given back as it was put in."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.approval import Approved, Denied, Expired, Gate, Halted, Person, Vote
from bot.domain.incident import Posted
from bot.domain.run import (
    Checked,
    Chosen,
    DeedBegun,
    DeedEnded,
    Ended,
    GateDecided,
    GateOpened,
    MayHaveRun,
    Run,
    StepPrepared,
    StepRefused,
    StepSkipped,
    StepsLeft,
    Stopped,
)
from bot.ports import JournalDown
from bot.runs.action_ports import TargetHeldError
from bot.state.database import open_database
from bot.state.runs import KINDS, SqlRuns
from runbooks.model import Parameter, Parse, Runbook, Step, Trigger, Verify
from runbooks.prepared import Check, Exec, Http, Outcome, Prepared, Promql, Say, Value, Wait

NOW = datetime(2026, 11, 21, 3, 42, 7, 123456, tzinfo=UTC)
LOOK = Step("exec", name="look", command="kubectl get pods -n {{namespace}}", parse=Parse("table", "pods"), line=7)
BOOK = Runbook(
    id="restart",
    title="Restart it",
    steps=(
        LOOK,
        Step("conditional", condition="any(pods.age > 3)", then=(Step("exec", command="kubectl delete pod x"),)),
        Step(
            "http",
            details={"url": "https://flags.example.com/off", "headers": {"a": "b"}, "seconds": 3},
            verify=Verify(LOOK, 60.0, "exit == 0"),
            rollback=Step("http", details={"url": "https://flags.example.com/on"}),
            risk="high",
            needs=("network",),
        ),
    ),
    trigger=Trigger(alert="*Pool*", labels={"team": "payments"}),
    parameters=(Parameter("namespace", default="payments"),),
)
PREPARED = Prepared(
    path="1",
    name="look",
    deeds=(
        Exec(("kubectl", "get", "pods"), "/usr/bin/kubectl", "ab" * 32, 60.0, {"LANG": "C"}, ("network",)),
        Http("POST", "https://flags.example.com/off", {"Authorization": "{{env.FLAGS}}"}, "{}", 5.0),
        Promql("up == 1", 5.0),
        Wait(30.0),
        Say("done ✓"),
    ),
    risk="high",
    reads=False,
    asks=True,
    values={"namespace": Value("payments", "label of the alert")},
    check=Check(Promql("up", 5.0), 60.0, "value > 0"),
    rollback=(Wait(1.0),),
)
GATE = Gate("G7K2QX", "R1", "1", "cd" * 32, "high", "U1", NOW, NOW + timedelta(minutes=5), ("S1", "oncall"), 2)
OUTCOME = Outcome("failed", 1, "out\x00\x1b[31m", "err", 1.25, cut=True, note="why", value=0.4)
EVENTS = (
    StepPrepared(NOW, PREPARED, "ask", "production"),
    StepSkipped(NOW, "2", "memory_percent is 40"),
    StepRefused(NOW, "2", "kubectl is not allowed"),
    GateOpened(NOW, GATE),
    GateDecided(NOW, GATE.id, Approved(("U1", "U2"))),
    GateDecided(NOW, GATE.id, Denied("U3")),
    GateDecided(NOW, GATE.id, Expired()),
    GateDecided(NOW, GATE.id, Halted("stop")),
    DeedBegun(NOW, "1", 0),
    DeedEnded(NOW, "1", 0, OUTCOME, "ef" * 32),
    MayHaveRun(NOW, "1", 1),
    Chosen(NOW, "1", "again", "U1"),
    Checked(NOW, "1", False, "errors 3 %"),
    StepsLeft(NOW, "1", {"pod": Value("a-1", "step 1")}, ({"name": "a-1", "age": "3"},), "pods"),
    Stopped(NOW, "U1", "wrong one"),
    Ended(NOW, "stopped", "by U1"),
)


def run(run_id="R1", *, target="payments/production", at=NOW, book=BOOK, incident="INC-1"):
    given = {"namespace": Value("payments", "label of the alert")}
    return Run(run_id, incident, book, given, target, "C1", "U1", at, "production")


@pytest.fixture
def runs(database):
    return SqlRuns(database)


# ── runs ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_run_comes_back_as_it_was_asked_for_and_with_its_message(runs):
    await runs.open(run())
    assert await runs.run("R1") == run()
    assert await runs.run("R2") is None

    await runs.keep_message("R1", Posted("C1", "17.001"))
    assert await runs.run("R1") == replace(run(), message=Posted("C1", "17.001"))


async def test_the_same_run_again_does_nothing_even_after_it_ended(runs):
    await runs.open(run())
    await runs.append("R1", 0, DeedBegun(NOW, "1", 0))
    await runs.open(run())
    await runs.append("R1", 1, Ended(NOW, "done"))
    await runs.open(run())
    assert len(await runs.events("R1")) == 2
    assert await runs.unended() == ()


async def test_another_run_on_a_held_target_is_told_who_holds_it(runs):
    await runs.open(run())
    with pytest.raises(TargetHeldError) as held:
        await runs.open(run("R2"))
    assert held.value.run == run()

    await runs.open(run("R3", target="billing/production"))
    await runs.append("R1", 0, Ended(NOW, "done"))
    await runs.open(run("R2"))
    assert [one.id for one in await runs.unended()] == ["R2", "R3"]


async def test_of_twenty_runs_at_once_on_one_target_one_wins(runs, database_url):
    other = open_database(database_url)
    doors = [runs, SqlRuns(other)] * 10
    said = await asyncio.gather(*(door.open(run(f"R{n}")) for n, door in enumerate(doors)), return_exceptions=True)

    (winner,) = [n for n, one in enumerate(said) if one is None]
    assert {type(one) for one in said if one is not None} == {TargetHeldError}
    assert {one.run.id for one in said if one is not None} == {f"R{winner}"}
    await other.dispose()


async def test_the_same_run_opened_by_all_at_once_is_one(runs):
    await asyncio.gather(*(runs.open(run()) for _ in range(20)))
    assert await runs.unended() == (run(),)


async def test_lists_have_their_order(runs):
    for n in range(4):
        await runs.open(run(f"R{n}", target=f"t{n}", at=NOW + timedelta(minutes=n), incident=f"INC-{n % 2}"))
    await runs.append("R3", 0, Ended(NOW, "done"))

    assert [one.id for one in await runs.unended()] == ["R0", "R1", "R2"]
    assert [one.id for one in await runs.of_incident("INC-1")] == ["R3", "R1"]


# ── events ───────────────────────────────────────────────────────────────────────────────────────


def test_every_kind_of_event_is_tried_here():
    assert {type(event).__name__ for event in EVENTS} == set(KINDS)


async def test_every_event_comes_back_as_it_was(runs):
    await runs.open(run())
    for number, event in enumerate(EVENTS):
        assert await runs.append("R1", number, event) is True
    assert await runs.events("R1") == EVENTS
    assert await runs.events("R2") == ()


async def test_a_taken_number_is_false_and_changes_nothing(runs):
    await runs.open(run())
    assert await runs.append("R1", 0, DeedBegun(NOW, "1", 0)) is True
    assert await runs.append("R1", 0, Ended(NOW, "done")) is False
    assert await runs.events("R1") == (DeedBegun(NOW, "1", 0),)
    assert await runs.unended() == (run(),), "an end that was not appended frees nothing"


async def test_of_twenty_appends_of_one_number_one_is_true(runs, database_url):
    await runs.open(run())
    other = open_database(database_url)
    doors = [runs, SqlRuns(other)] * 10
    for number in range(5):
        events = [DeedBegun(NOW + timedelta(seconds=n), "1", number) for n in range(20)]
        said = await asyncio.gather(
            *(door.append("R1", number, event) for door, event in zip(doors, events, strict=True))
        )
        assert sorted(said) == [False] * 19 + [True]
        assert (await runs.events("R1"))[number] == events[said.index(True)]
    await other.dispose()


async def test_no_gap_is_ever_left_and_no_event_without_its_run(runs):
    await runs.open(run())
    for wrong in (("R1", 1), ("R1", -1), ("R9", 0)):
        with pytest.raises(ValueError, match=wrong[0]):
            await runs.append(*wrong, DeedBegun(NOW, "1", 0))
    assert await runs.events("R1") == ()


async def test_what_no_encoding_takes_is_kept_all_the_same(runs):
    await runs.open(run())
    ended = DeedEnded(NOW, "1", 0, replace(OUTCOME, output="a\ud800b\x00", value=float("inf")), "")
    assert await runs.append("R1", 0, ended) is True
    (kept,) = await runs.events("R1")
    assert kept.outcome.output == "a?b\x00"
    assert kept.outcome.value == float("inf")


# ── gates and votes ──────────────────────────────────────────────────────────────────────────────


async def test_a_gate_is_found_by_its_id_and_by_its_message(runs):
    assert await runs.gate(GATE.id) is None
    await runs.keep_gate(GATE)
    assert await runs.gate(GATE.id) == GATE

    posted = replace(GATE, message=Posted("C1", "17.002"))
    await runs.keep_gate(posted)
    assert await runs.gate(GATE.id) == posted
    assert await runs.gate_at(Posted("C1", "17.002")) == posted
    assert await runs.gate_at(Posted("C2", "17.002")) is None
    assert await runs.gate_at(Posted("C1", "17.003")) is None


async def test_once_people_see_a_gate_nothing_of_it_changes(runs):
    later = replace(GATE, asked_at=NOW + timedelta(seconds=9))
    await runs.keep_gate(GATE)
    await runs.keep_gate(later)
    assert await runs.gate(GATE.id) == later, "asked again after a crash, before anybody saw it"

    posted = replace(later, message=Posted("C1", "17.002"))
    await runs.keep_gate(posted)
    await runs.keep_gate(replace(GATE, digest="00" * 32))
    assert await runs.gate(GATE.id) == posted


async def test_votes_come_in_the_order_in_which_they_were_read(runs):
    people = [Person("U1", True, True), Person("U2", False, None, "guests cannot approve"), Person("U1", True, True)]
    cast = [
        Vote(GATE.id, GATE.digest, person, answer, NOW, by)
        for person, answer, by in zip(
            people, ("approve", "deny", "withdraw"), ("reaction", "command", "button"), strict=True
        )
    ]
    for vote in cast:
        await runs.keep_vote(vote)
    await runs.keep_vote(replace(cast[0], gate_id="G2"))
    assert await runs.votes(GATE.id) == tuple(cast)
    assert await runs.votes("G3") == ()


async def test_a_vote_that_was_read_is_kept_only_while_its_giver_has_said_nothing_since(runs):
    await runs.keep_gate(GATE)
    yes = Vote(GATE.id, GATE.digest, Person("U1", True, True), "approve", NOW)
    no, others = replace(yes, answer="deny", by="command"), replace(yes, person=Person("U2", True, True))
    assert await runs.keep_vote_after(yes, None)
    await runs.keep_vote(others)
    assert not await runs.keep_vote_after(no, None)
    assert await runs.keep_vote_after(no, yes), "what others say is nothing to it"
    assert not await runs.keep_vote_after(yes, yes)
    assert await runs.votes(GATE.id) == (yes, others, no)


async def test_of_many_that_read_the_same_vote_one_is_kept(runs):
    for number in range(20):
        gate = replace(GATE, id=f"G{number}")
        await runs.keep_gate(gate)
        vote = Vote(gate.id, gate.digest, Person("U1", True, True), "approve", NOW)
        later = [replace(vote, at=NOW + timedelta(seconds=n)) for n in range(4)]
        assert sum(await asyncio.gather(*(runs.keep_vote_after(one, None) for one in later))) == 1
        assert len(await runs.votes(gate.id)) == 1


# ── the record of a step ─────────────────────────────────────────────────────────────────────────


def approved_and_ran(*, verdict=None, ran=True, checks=(True,), more=()):
    events = [StepPrepared(NOW, PREPARED, "ask"), GateOpened(NOW, GATE)]
    events.append(GateDecided(NOW, GATE.id, verdict or Approved(("U1",))))
    events += [DeedBegun(NOW, "1", 0)] if ran else []
    return [*events, *more, *(Checked(NOW, "1", ok, "") for ok in checks)]


async def ended_run(runs, number, events, *, book=BOOK):
    run_id = f"R{number}"
    await runs.open(run(run_id, at=NOW + timedelta(minutes=number), book=book))
    for n, event in enumerate([*events, Ended(NOW, "done")]):
        assert await runs.append(run_id, n, event)


@pytest.mark.parametrize(
    ("events", "record"),
    [
        (approved_and_ran(), (True,)),
        (approved_and_ran(checks=()), (False,)),
        (approved_and_ran(checks=(False,)), (False,)),
        (approved_and_ran(checks=(False, True)), (False,)),
        (approved_and_ran(more=(MayHaveRun(NOW, "1", 0),)), (False,)),
        (approved_and_ran(more=(Checked(NOW, "2", False, "another step's"),)), (True,)),
        (approved_and_ran(verdict=Denied("U1"), ran=False, checks=()), ()),
        (approved_and_ran(ran=False, checks=()), ()),
        ([StepPrepared(NOW, PREPARED, "granted"), DeedBegun(NOW, "1", 0), Checked(NOW, "1", True, "")], ()),
    ],
)
async def test_what_one_run_adds_to_a_steps_record(runs, events, record):
    await ended_run(runs, 1, events)
    assert await runs.record_of("restart", "look", 10) == record
    assert await runs.record_of("restart", "1", 10) == record
    assert await runs.record_of("restart", "another", 10) == ()
    assert await runs.record_of("other", "look", 10) == ()


async def test_the_record_is_of_the_last_approved_runs_the_newest_first(runs):
    good = [True, False, None, True, None, True, True]  # None: nobody approved it
    for number, one in enumerate(good):
        events = [] if one is None else approved_and_ran(checks=(one,))
        await ended_run(runs, number, events)
    await runs.open(run("R99", at=NOW + timedelta(hours=1)))
    for number, event in enumerate(approved_and_ran()):
        await runs.append("R99", number, event)

    assert await runs.record_of("restart", "look", 10) == (True, True, True, False, True), "R99 has not ended"
    assert await runs.record_of("restart", "look", 4) == (True, True, True, False)
    assert await runs.record_of("restart", "look", 1) == (True,)
    assert await runs.record_of("restart", "look", 0) == ()


# ── a database that is away ──────────────────────────────────────────────────────────────────────


async def test_a_database_that_is_away_is_said_so_of_everything(tmp_path):
    nowhere = open_database(f"sqlite:///{tmp_path / 'no' / 'such.sqlite'}")
    runs, here = SqlRuns(nowhere), Posted("C1", "1")
    calls = [
        lambda: runs.open(run()),
        lambda: runs.run("R1"),
        lambda: runs.events("R1"),
        lambda: runs.append("R1", 0, EVENTS[0]),
        lambda: runs.keep_message("R1", here),
        runs.unended,
        lambda: runs.of_incident("INC-1"),
        lambda: runs.keep_gate(GATE),
        lambda: runs.gate("G"),
        lambda: runs.gate_at(here),
        lambda: runs.keep_vote(Vote("G", "d", Person("U", True), "deny", NOW)),
        lambda: runs.keep_vote_after(Vote("G", "d", Person("U", True), "deny", NOW), None),
        lambda: runs.votes("G"),
        lambda: runs.record_of("restart", "look", 10),
    ]
    for call in calls:
        with pytest.raises(JournalDown, match="DATABASE_URL"):
            await call()
    await nowhere.dispose()
