"""What holds in every run: an honest bot that dies anywhere, people who decide anything, programs that do anything."""

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.approval import Approved, Denied, Expired, Halted
from bot.domain.run import (
    MOST_DEEDS,
    MOST_REPEATS,
    Chosen,
    DeedBegun,
    DeedEnded,
    Ended,
    GateDecided,
    GateOpened,
    StepPrepared,
)
from bot.runs.next_move import (
    Act,
    Ask,
    Await,
    Check,
    Choose,
    Finish,
    Glean,
    LoseSight,
    OfferRollback,
    Prepare,
    Refuse,
    next_move,
)
from runbooks.model import Parse, Step
from runbooks.prepared import Outcome, Wait, digest
from tests.rules.runs import (
    AT,
    GOOD,
    LOOK,
    RUN,
    asked,
    begun,
    checked,
    chosen,
    command,
    denied,
    did,
    ended,
    expired,
    halted,
    left,
    lost,
    opened,
    over,
    refused,
    run_of,
    skipped,
    step,
    stopped,
)

MOST_MOVES = 600
RESULTS = ("done", "done", "done", "done", "failed", "timeout", "stopped", "refused")
VERDICTS = (Approved(("ANN",)), Approved(("ANN", "BEN")), Denied("ANN"), Expired(), Halted("stop"))


class Honest:
    """A bot that does what next_move says, one event at a time; each event may be the last before it dies."""

    def __init__(self, seed):
        self.random = Random(seed)
        self.run = run_of(*(self.a_step() for _ in range(self.random.randint(1, 6))))
        self.events = []
        self.gates = 0
        self.whims = 8
        """How often it may still do what only postpones the end."""

    def a_step(self):
        return Step("exec", parse=Parse("line", "pod") if self.random.random() < 0.3 else None)

    def chance(self, often):
        return self.random.random() < often

    def whim(self, often):
        if self.whims and self.chance(often):
            self.whims -= 1
            return True
        return False

    def prepared(self, path):
        deeds = [
            self.random.choice((command("do", str(self.random.randint(0, 30))), LOOK, Wait(1.0)))
            for _ in range(self.random.choice((1, 1, 2, 5)))
        ]
        ruling = "ask" if path.endswith("rollback") else self.random.choice(("ask", "ask", "run", "granted"))
        return step(
            path,
            *deeds,
            ruling=ruling,
            asks=ruling == "ask" and self.chance(0.3),
            check=GOOD if self.chance(0.4) else None,
            rollback=(command("undo"),) if self.chance(0.4) else (),
            continue_on_failure=self.chance(0.2),
        )

    def last_prepared(self, path):
        return [event for event in self.events if isinstance(event, StepPrepared) and event.prepared.path == path][-1]

    def walk(self):
        """Every prefix of the run's events, with the move that follows it."""
        for _ in range(MOST_MOVES):
            move = next_move(self.run, self.events)
            yield list(self.events), move
            if isinstance(move, Finish):
                return
            if self.chance(0.01):
                self.events.append(stopped())
            else:
                self.follow(move)
        raise AssertionError("it goes on and on")

    def follow(self, move):
        match move:
            case Prepare(path) | OfferRollback(path):
                outs = [skipped(path)] * 2 + [refused(path)] + [self.prepared(path)] * 12
                self.events.append(self.random.choice(outs))
            case Refuse(path, reason):
                self.events.append(refused(path, reason))
            case Ask(path):
                self.gates += 1
                self.events.append(opened(self.last_prepared(path), f"G{self.gates}"))
            case Await(gate):
                self.answer(gate)
            case Act(path, index):
                self.act(path, index)
            case LoseSight(path, index):
                self.events.append(lost(path, index))
            case Choose(path):
                self.events.append(chosen(path, self.choice()))
            case Glean(path):
                self.events.append(left(path))
            case Check(path):
                self.events.append(checked(path, self.chance(0.6)))

    def answer(self, gate):
        if self.whim(0.1):  # what was shown is no more what would run
            self.events.append(self.prepared(gate.path))
        else:
            self.events.append(GateDecided(AT, gate.id, self.random.choice((*VERDICTS, *[VERDICTS[0]] * 8))))

    def act(self, path, index):
        if index == 0 and self.whim(0.1):  # a value has changed between the approval and the run
            self.events.append(self.prepared(path))
            return
        self.events.append(begun(path, index))
        if not self.chance(0.1):  # else it dies while the deed runs
            seconds = self.random.choice((0.1, 1.0, 40.0))
            outcome = Outcome(self.random.choice(RESULTS), 0, seconds=seconds)
            self.events.append(DeedEnded(AT, path, index, outcome, "hash"))

    def choice(self):
        choices = ("check", "again", "again", "stop") if self.whims else ("stop",)
        self.whims = max(0, self.whims - 1)
        return self.random.choice(choices)


seeds = st.integers(0, 2**32 - 1)
walks = settings(max_examples=150, deadline=None)


def acts(seed):
    """Every deed that a walk is told to do, with what had happened by then."""
    honest = Honest(seed)
    return [(honest.run, events, move) for events, move in honest.walk() if isinstance(move, Act)]


def standing(events, path):
    """The last preparation of the step, and what came after it."""
    places = [at for at, event in enumerate(events) if isinstance(event, StepPrepared) and event.prepared.path == path]
    return events[places[-1]], events[places[-1] + 1 :]


def approvals(run, prepared, after):
    shown = digest(run.id, prepared.prepared)
    gates = {event.gate.id for event in after if isinstance(event, GateOpened) and event.gate.digest == shown}
    return [
        event
        for event in after
        if isinstance(event, GateDecided) and event.gate_id in gates and isinstance(event.verdict, Approved)
    ]


@walks
@given(seeds)
def test_no_deed_begins_without_a_ruling_or_an_approval_of_exactly_it(seed):
    for run, events, move in acts(seed):
        prepared, after = standing(events, move.path)
        free = prepared.ruling in ("run", "granted") and not move.path.endswith("rollback")
        assert free or approvals(run, prepared, after)


@walks
@given(seeds)
def test_no_deed_begins_twice_unless_a_person_chose_so_and_approved_it(seed):
    for run, events, move in acts(seed):
        before = [
            at
            for at, event in enumerate(events)
            if isinstance(event, DeedBegun) and (event.path, event.index) == (move.path, move.index)
        ]
        if before:
            since = events[before[-1] :]
            assert any(isinstance(event, Chosen) and event.choice == "again" for event in since)
            prepared, after = standing(events, move.path)
            reads = prepared.ruling == "run" and prepared.prepared.reads
            assert reads or approvals(run, prepared, after)


@walks
@given(seeds)
def test_nothing_runs_after_a_no(seed):
    for _, events, move in acts(seed):
        noes = [event for event in events if isinstance(event, GateDecided) and not isinstance(event.verdict, Approved)]
        assert all(isinstance(event.verdict, Expired) for event in noes)
        asked_again = sum(isinstance(event, Chosen) and event.choice == "again" for event in events)
        assert len(noes) <= asked_again
        assert move


@walks
@given(seeds)
def test_deeds_begin_in_order(seed):
    for _, events, move in acts(seed):
        prepared, after = standing(events, move.path)
        begun_since = [event.index for event in after if isinstance(event, DeedBegun) and event.path == move.path]
        assert move.index == (begun_since[-1] + 1 if begun_since else move.index) < len(prepared.prepared.deeds)
        number = int(move.path.partition(".")[0])
        prior = {event.path.partition(".")[0] for event in events if isinstance(event, DeedBegun)}
        assert all(int(path) <= number for path in prior)


@walks
@given(seeds)
def test_a_preparation_that_begins_later_than_its_start_keeps_what_was_done(seed):
    for _, events, move in acts(seed):
        prepared, after = standing(events, move.path)
        if move.index and not any(isinstance(event, DeedBegun) and event.path == move.path for event in after):
            for index in range(move.index):
                assert (prepared.prepared.deeds[index], "done") in ended_well(events, move.path)


def ended_well(events, path):
    deeds, found = (), []
    for event in events:
        if isinstance(event, StepPrepared) and event.prepared.path == path:
            deeds = event.prepared.deeds
        if isinstance(event, DeedEnded) and event.path == path and event.index < len(deeds):
            found.append((deeds[event.index], event.outcome.result))
    return found


@walks
@given(seeds)
def test_it_ends_within_its_limits(seed):
    honest = Honest(seed)
    *_, (events, move) = honest.walk()
    assert isinstance(move, Finish)
    forward = [event for event in events if not getattr(event, "path", "").endswith("rollback")]
    assert sum(isinstance(event, DeedBegun) for event in forward) <= MOST_DEEDS
    counted = {}
    deeds = {}
    for event in forward:
        if isinstance(event, StepPrepared):
            deeds[event.prepared.path] = event.prepared.deeds
        elif isinstance(event, DeedBegun) and not isinstance(deed := deeds[event.path][event.index], Wait):
            key = repr(deed)
            counted[key] = counted.get(key, 0) + 1
    assert max(counted.values(), default=0) <= MOST_REPEATS


@walks
@given(seeds)
def test_the_end_stays_the_end(seed):
    honest = Honest(seed)
    *_, (events, move) = honest.walk()
    finished = [*events, Ended(AT, move.result, move.reason)]
    assert next_move(honest.run, finished) == move
    assert next_move(honest.run, [*finished, stopped(), step("1")]) == move


@walks
@given(seeds)
def test_done_means_that_nothing_was_denied_and_every_step_had_its_turn(seed):
    honest = Honest(seed)
    *_, (events, move) = honest.walk()
    if move.result == "done":
        touched = {getattr(event, "path", "") for event in events}
        assert {str(number) for number in range(1, len(honest.run.runbook.steps) + 1)} <= touched


# ── events in any order at all, as no honest bot would write them ────────────────────────────────

SOUP = [
    *(step("1"), step("1", command("do", "else")), step("1", LOOK, ruling="run"), step("2", ruling="granted")),
    *(step("1", command("a"), command("b"), check=GOOD, rollback=(command("undo"),)), step("1.rollback")),
    *(opened(step("1"), "G1"), opened(step("1", command("do", "else")), "G2"), opened(step("2"), "G3")),
    *(decided for gate_id in ("G1", "G2", "G3") for decided in (denied(gate_id), expired(gate_id), halted(gate_id))),
    *(GateDecided(AT, gate_id, Approved(("ANN",))) for gate_id in ("G1", "G2", "G3", "G9")),
    *(begun(path, index) for path in ("1", "2", "1.rollback", "7") for index in (0, 1, 9)),
    *(ended(path, 0, result) for path in ("1", "2", "1.rollback") for result in ("done", "failed", "stopped")),
    *(lost("1"), lost("2"), lost("1.rollback"), lost("1", 9)),
    *(chosen(path, choice) for path in ("1", "2", "1.rollback") for choice in ("check", "again", "stop")),
    *(checked("1", ok=True), checked("1", ok=False), left("1"), left("2"), skipped("1"), skipped("2"), refused("1")),
    *(stopped(), over(), over("failed", "so"), *asked(step("2"), "G4"), *did("2"), skipped("3")),
]


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(SOUP), max_size=14))
def test_whatever_is_recorded_it_never_raises_and_never_runs_unasked(events):
    move = next_move(RUN, events)
    assert isinstance(
        move, Prepare | Ask | Await | Act | LoseSight | Choose | Glean | Check | OfferRollback | Refuse | Finish
    )
    if isinstance(move, Act):
        path = move.path
        preparations = [event for event in events if isinstance(event, StepPrepared) and event.prepared.path == path]
        free = any(event.ruling in ("run", "granted") for event in preparations)
        assert free or any(approvals(RUN, prepared, events) for prepared in preparations)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(SOUP), max_size=10), st.sampled_from((1, 2, 3)))
def test_a_stop_is_the_end_of_it(events, steps):
    run = replace(RUN, runbook=replace(RUN.runbook, steps=RUN.runbook.steps[:steps]))
    assert isinstance(next_move(run, [*events, stopped()]), Finish | LoseSight)
