"""What a run does next, event by event, with everything that a crash can leave behind."""

from dataclasses import replace

import pytest

from bot.guard.limits import within
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
    choices,
    done_before,
    known,
    next_move,
    prepared_at,
    rows_left,
    seconds_left,
)
from runbooks.model import Parameter, Parse, Step
from runbooks.prepared import Http, Say, Value, Wait
from tests.rules.runs import (
    GOOD,
    LOOK,
    RUN,
    approved,
    asked,
    begun,
    checked,
    chosen,
    command,
    denied,
    did,
    ended,
    expired,
    gate_of,
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

ONE = step("1")
READ = step("1", LOOK, ruling="run")
GRANTED = step("1", ruling="granted")
OTHER = step("1", command("do", "something else"))
LIST = step("1", command("end", "11"), command("end", "12"), command("end", "13"))
LIST_CHANGED = step("1", command("end", "11"), command("end", "14"), command("end", "13"))
CHECKED = step("1", check=GOOD)
LIST_CHECKED = step("1", *LIST.prepared.deeds, check=GOOD)
UNDOABLE = step("1", check=GOOD, rollback=(command("undo"),))
UNDOABLE_LIST = step("1", command("do"), command("do", "more"), rollback=(command("undo"),))
CARES_NOT = step("1", continue_on_failure=True)
CHECK_CARES_NOT = step("1", check=GOOD, continue_on_failure=True)
BACK = step("1.rollback", command("undo"))
BACK_READS = step("1.rollback", LOOK, ruling="run")
BAD = (*asked(UNDOABLE), *did("1"), checked("1", ok=False))
GONE = (*asked(ONE), begun("1"), lost("1"))
GONE_CHECKED = (*asked(CHECKED), begun("1"), lost("1"))
FIRST_GONE_OF_THREE = (*asked(LIST), *did("1", 0), begun("1", 1), lost("1", 1))
DONE = (*asked(ONE), *did("1"), skipped("2"), skipped("3"))
UNDO_FAILED = "Step 1 failed: exit 1."
NOT_GOOD = "The check of step 1 was not good: exit 1."


def row(name, events, expected):
    return pytest.param(events, expected, id=name)


ROWS = [
    # forward
    row("it begins", [], Prepare("1")),
    row("prepared, to be asked", [ONE], Ask("1")),
    row("asked", [ONE, opened(ONE)], Await(gate_of(ONE))),
    row("approved", asked(ONE), Act("1", 0)),
    row("done", [*asked(ONE), *did("1")], Prepare("2")),
    row("left out by its condition", [skipped("1")], Prepare("2")),
    row("a read", [READ], Act("1", 0)),
    row("what was granted", [GRANTED], Act("1", 0)),
    row("the first of three", asked(LIST), Act("1", 0)),
    row("the second of three", [*asked(LIST), *did("1", 0)], Act("1", 1)),
    row("all three", [*asked(LIST), *did("1", 0), *did("1", 1), *did("1", 2)], Prepare("2")),
    row("a check", [*asked(CHECKED), *did("1")], Check("1")),
    row("a check that is good", [*asked(CHECKED), *did("1"), checked("1", ok=True)], Prepare("2")),
    row("through", DONE, Finish("done")),
    row("everything left out", [skipped("1"), skipped("2"), skipped("3")], Finish("done")),
    row("ended", [*DONE, over()], Finish("done")),
    row("ended, whatever comes behind", [*DONE, over("failed", "so"), stopped(), ONE], Finish("failed", "so")),
    # never unasked
    row("a ruling to run what is no read asks", [step("1", ruling="run", reads=False)], Ask("1")),
    row("`approval: required` asks, granted or not", [step("1", ruling="granted", asks=True)], Ask("1")),
    row("`approval: required` asks for a read", [step("1", LOOK, ruling="run", asks=True)], Ask("1")),
    # refused, denied, expired, stopped
    row("it cannot run", [refused("1")], Finish("refused", "`pod` is not known")),
    row("its output cannot be read", [*asked(ONE), *did("1"), refused("1")], Finish("refused", "`pod` is not known")),
    row("denied", [ONE, opened(ONE), denied()], Finish("denied", "Step 1 was denied.")),
    row("expired", [ONE, opened(ONE), expired()], Choose("1")),
    row("expired, asked again", [ONE, opened(ONE), expired(), chosen("1", "again")], Ask("1")),
    row(
        "expired, left at that",
        [ONE, opened(ONE), expired(), chosen("1", "stop")],
        Finish("expired", "Nobody approved step 1 in time."),
    ),
    row(
        "expired, asked again, approved",
        [ONE, opened(ONE), expired(), chosen("1", "again"), opened(ONE, "G2"), approved("G2")],
        Act("1", 0),
    ),
    row(
        "a yes to the gate that expired says nothing at the next one",
        [ONE, opened(ONE), expired(), chosen("1", "again"), approved(), opened(ONE, "G2")],
        Await(opened(ONE, "G2").gate),
    ),
    row("halted", [ONE, opened(ONE), halted()], Finish("stopped", "emergency stop: the wrong cluster")),
    row("denied after it was approved", [*asked(ONE), denied()], Finish("denied", "Step 1 was denied.")),
    row("denied, then approved", [ONE, opened(ONE), denied(), approved()], Finish("denied", "Step 1 was denied.")),
    row("stopped before it began", [stopped()], Finish("stopped", "/incident-action stop")),
    row("stopped while it waits", [ONE, opened(ONE), stopped()], Finish("stopped", "/incident-action stop")),
    row("stopped between two", [*asked(LIST), *did("1", 0), stopped()], Finish("stopped", "/incident-action stop")),
    row(
        "stopped while it ran",
        [*asked(ONE), *did("1", result="stopped")],
        Finish("stopped", "Step 1 was stopped while it ran; it may have done part of its work."),
    ),
    row("stopped while it ran, end unseen", [*asked(ONE), begun("1"), stopped()], LoseSight("1", 0)),
    row("the same, noted", [*GONE[:-1], stopped(), lost("1")], Finish("stopped", "/incident-action stop")),
    # an approval is bound to what was shown
    row("prepared anew after it was asked", [ONE, opened(ONE), OTHER], Ask("1")),
    row("prepared anew after it was approved", [*asked(ONE), OTHER], Ask("1")),
    row("an old approval that comes late", [ONE, opened(ONE), OTHER, approved()], Ask("1")),
    row(
        "the old one approved, the new one asked",
        [*asked(ONE), OTHER, opened(OTHER, "G2")],
        Await(gate_of(OTHER, "G2")),
    ),
    row(
        "the old one denied although asked anew",
        [ONE, opened(ONE), OTHER, denied()],
        Finish("denied", "Step 1 was denied."),
    ),
    row(
        "denied, then prepared anew all the same",
        [ONE, opened(ONE), denied(), OTHER],
        Finish("denied", "Step 1 was denied."),
    ),
    row(
        "an old approval that comes late, the new one asked",
        [ONE, opened(ONE), OTHER, opened(OTHER, "G2"), approved("G1")],
        Await(gate_of(OTHER, "G2")),
    ),
    row("asked twice, the last one counts", [*asked(ONE), opened(ONE, "G2")], Await(gate_of(ONE, "G2"))),
    row("both approved", [*asked(ONE), *asked(OTHER, "G2")], Act("1", 0)),
    row("the same again asks again", [*asked(ONE), ONE], Ask("1")),
    row("an approval of a gate nobody opened", [ONE, approved()], Ask("1")),
    row("an approval of another step", [ONE, opened(step("2"), "G2"), approved("G2")], Ask("1")),
    row(
        "a gate that shows something else",
        [ONE, replace(opened(ONE), gate=replace(gate_of(ONE), digest="d0")), approved()],
        Refuse("1", "The request for step 1 does not show what was prepared. Start the run anew."),
    ),
    row("a step that was begun is not prepared anew", [*asked(LIST), *did("1", 0), OTHER], Act("1", 1)),
    # crashes
    row("begun, end unseen", [*asked(ONE), begun("1")], LoseSight("1", 0)),
    row("begun, end unseen, of three", [*asked(LIST), *did("1", 0), begun("1", 1)], LoseSight("1", 1)),
    row("begun, the end of another", [*asked(LIST), begun("1"), ended("1", 1)], LoseSight("1", 0)),
    row("an end without a beginning", [*asked(LIST), ended("1", 1)], Act("1", 0)),
    row("lost once more after a choice", [*GONE, chosen("1", "stop"), lost("1")], Choose("1")),
    row("it may have run", GONE, Choose("1")),
    row("its end came to light after all", [*GONE, ended("1")], Prepare("2")),
    row("a read that may have run", [READ, begun("1"), lost("1")], Choose("1")),
    row(
        "chosen: stop",
        [*GONE, chosen("1", "stop")],
        Finish("stopped", "Step 1 may have run, and the run ended there."),
    ),
    row("chosen: check", [*GONE_CHECKED, chosen("1", "check")], Check("1")),
    row("chosen: check, where there is none", [*GONE, chosen("1", "check")], Choose("1")),
    row("checked: it helped", [*GONE_CHECKED, chosen("1", "check"), checked("1", ok=True)], Prepare("2")),
    row("checked: it did not", [*GONE_CHECKED, chosen("1", "check"), checked("1", ok=False)], Choose("1")),
    row(
        "checked twice",
        [*GONE_CHECKED, chosen("1", "check"), checked("1", ok=False), chosen("1", "check")],
        Check("1"),
    ),
    row("chosen: again", [*GONE, chosen("1", "again")], Prepare("1")),
    row("again, prepared: an old approval is none", [*GONE, chosen("1", "again"), ONE], Ask("1")),
    row("again, asked", [*GONE, chosen("1", "again"), ONE, opened(ONE, "G2")], Await(gate_of(ONE, "G2"))),
    row("again, approved", [*GONE, chosen("1", "again"), *asked(ONE, "G2")], Act("1", 0)),
    row(
        "again, denied",
        [*GONE, chosen("1", "again"), ONE, opened(ONE, "G2"), denied("G2")],
        Finish("denied", "Step 1 was denied."),
    ),
    row("again, what was granted asks", [GRANTED, begun("1"), lost("1"), chosen("1", "again"), GRANTED], Ask("1")),
    row("again, a read just runs", [READ, begun("1"), lost("1"), chosen("1", "again"), READ], Act("1", 0)),
    row("again, and lost again", [*GONE, chosen("1", "again"), *asked(ONE, "G2"), begun("1"), lost("1")], Choose("1")),
    row("again, its condition holds no more", [*GONE, chosen("1", "again"), skipped("1")], Prepare("2")),
    row("prepared anew without a choice", [*GONE, ONE, opened(ONE, "G2"), approved("G2")], Choose("1")),
    row("a choice that nobody was asked for", [*asked(ONE), chosen("1", "again")], Act("1", 0)),
    row("again: what was done is kept", [*FIRST_GONE_OF_THREE, chosen("1", "again"), *asked(LIST, "G2")], Act("1", 1)),
    row(
        "again: another list begins at its first difference",
        [*FIRST_GONE_OF_THREE, chosen("1", "again"), *asked(LIST_CHANGED, "G2")],
        Act("1", 1),
    ),
    row(
        "again: something else begins at its start",
        [*FIRST_GONE_OF_THREE, chosen("1", "again"), *asked(OTHER, "G2")],
        Act("1", 0),
    ),
    # failures
    row("failed", [*asked(ONE), *did("1", result="failed")], Finish("failed", "Step 1 failed: exit 1.")),
    row(
        "too slow",
        [*asked(ONE), *did("1", result="timeout")],
        Finish("failed", "Step 1 failed: it did not end within its time limit."),
    ),
    row(
        "the second of three failed",
        [*asked(LIST), *did("1", 0), *did("1", 1, result="failed")],
        Finish("failed", UNDO_FAILED),
    ),
    row("failed, and it goes on", [*asked(CARES_NOT), *did("1", result="failed")], Prepare("2")),
    row(
        "failed, went on, through",
        [*asked(CARES_NOT), *did("1", result="failed"), skipped("2"), skipped("3")],
        Finish("done", "Step 1 failed, and the runbook goes on all the same."),
    ),
    row(
        "not begun, as its program is another one now",
        [*asked(CARES_NOT), *did("1", result="refused", note="kubectl is another file now.")],
        Finish("refused", "kubectl is another file now."),
    ),
    row("a check that is not good", [*asked(CHECKED), *did("1"), checked("1", ok=False)], Finish("failed", NOT_GOOD)),
    row(
        "a check that is not good, and it goes on",
        [*asked(CHECK_CARES_NOT), *did("1"), checked("1", ok=False)],
        Prepare("2"),
    ),
    # undoing
    row("what undoes it is offered after a bad check", BAD, OfferRollback("1.rollback")),
    row("and after a failure", [*asked(UNDOABLE), *did("1", result="failed")], OfferRollback("1.rollback")),
    row("not where nothing ran", [*asked(UNDOABLE), *did("1", result="refused", note="no.")], Finish("refused", "no.")),
    row(
        "but where a part of it ran",
        [*asked(UNDOABLE_LIST), *did("1", 0), *did("1", 1, result="refused", note="no.")],
        OfferRollback("1.rollback"),
    ),
    row("it asks", [*BAD, BACK], Ask("1.rollback")),
    row("it asks even where it only reads", [*BAD, BACK_READS], Ask("1.rollback")),
    row("asked", [*BAD, BACK, opened(BACK, "G2")], Await(gate_of(BACK, "G2"))),
    row("approved", [*BAD, *asked(BACK, "G2")], Act("1.rollback", 0)),
    row("undone", [*BAD, *asked(BACK, "G2"), *did("1.rollback")], Finish("failed", f"{NOT_GOOD} It was rolled back.")),
    row(
        "undoing failed too",
        [*BAD, *asked(BACK, "G2"), *did("1.rollback", result="failed")],
        Finish("failed", f"{NOT_GOOD} The rollback failed too: exit 1."),
    ),
    row(
        "undoing was denied",
        [*BAD, BACK, opened(BACK, "G2"), denied("G2")],
        Finish("failed", f"{NOT_GOOD} It was not rolled back: that was denied."),
    ),
    row(
        "nobody answered",
        [*BAD, BACK, opened(BACK, "G2"), expired("G2"), chosen("1.rollback", "stop")],
        Finish("failed", f"{NOT_GOOD} Nobody approved to roll it back."),
    ),
    row(
        "undoing was halted",
        [*BAD, BACK, opened(BACK, "G2"), halted("G2")],
        Finish("stopped", "emergency stop: the wrong cluster"),
    ),
    row(
        "undoing cannot run",
        [*BAD, refused("1.rollback", "`revision` is not known")],
        Finish("failed", f"{NOT_GOOD} It was not rolled back: `revision` is not known."),
    ),
    row("undoing: end unseen", [*BAD, *asked(BACK, "G2"), begun("1.rollback")], LoseSight("1.rollback", 0)),
    row(
        "undoing may have run",
        [*BAD, *asked(BACK, "G2"), begun("1.rollback"), lost("1.rollback")],
        Choose("1.rollback"),
    ),
    row(
        "undoing again",
        [*BAD, *asked(BACK, "G2"), begun("1.rollback"), lost("1.rollback"), chosen("1.rollback", "again")],
        OfferRollback("1.rollback"),
    ),
    row(
        "undoing may have run, and that is enough",
        [*BAD, *asked(BACK, "G2"), begun("1.rollback"), lost("1.rollback"), chosen("1.rollback", "stop")],
        Finish("stopped", "The rollback of step 1 may have run, and the run ended there."),
    ),
    row(
        "a failed rollback is not rolled back",
        [*BAD, *asked(step("1.rollback", rollback=(command("redo"),)), "G2"), *did("1.rollback", result="failed")],
        Finish("failed", f"{NOT_GOOD} The rollback failed too: exit 1."),
    ),
]


@pytest.mark.parametrize(("events", "expected"), ROWS)
def test_next_move(events, expected):
    assert next_move(RUN, list(events)) == expected


def test_what_undoes_a_step_may_be_known_only_after_it():
    run = run_of(Step("exec", rollback=Step("exec", command="kubectl scale --replicas={{before}}")), Step("exec"))
    assert next_move(run, [*asked(ONE), *did("1", result="failed")]) == OfferRollback("1.rollback")
    bad_check = [*asked(CHECK_CARES_NOT), *did("1"), checked("1", ok=False)]
    assert next_move(run, bad_check) == OfferRollback("1.rollback")


# ── what a step leaves ───────────────────────────────────────────────────────────────────────────

PSQL = step("1", command("psql", "-c", "SELECT 1"), ruling="run")
IN_POD = step("1", command("kubectl", "exec", "db-0", "--", "psql", "-c", "SELECT 1"), ruling="run")
PARSED = run_of(Step("exec", parse=Parse("line", "pod")), Step("exec"))


@pytest.mark.parametrize(
    ("run", "events", "expected"),
    [
        (PARSED, [READ, *did("1")], Glean("1")),
        (PARSED, [READ, *did("1"), left("1")], Prepare("2")),
        (PARSED, [READ, *did("1", result="failed")], Finish("failed", "Step 1 failed: exit 1.")),
        (PARSED, [READ, begun("1"), lost("1"), chosen("1", "again"), READ, *did("1")], Glean("1")),
        (run_of(), [PSQL, *did("1")], Glean("1")),
        (run_of(), [IN_POD, *did("1")], Glean("1")),
        (run_of(Step("conditional")), [PSQL, *did("1")], Finish("done")),
        (run_of(Step("conditional", parse=Parse("line", "pod"))), [PSQL, *did("1")], Glean("1")),
        (PARSED, [step("1", check=GOOD, ruling="run"), *did("1"), left("1")], Check("1")),
    ],
)
def test_what_later_steps_may_need_is_read_once_and_before_the_check(run, events, expected):
    assert next_move(run, events) == expected


def test_variables_are_what_was_given_and_what_steps_left():
    run = replace(RUN, given={**RUN.given, "node": Value("n1", "label of the alert")})
    events = [left("1", {"pod": Value("cart-1", "step 1"), "node": Value("n2", "step 1")})]
    assert known(run, events)["pod"].text == "cart-1"
    assert known(run, events)["node"].text == "n2"


def test_no_output_replaces_a_declared_parameter():
    declared = replace(RUN, runbook=replace(RUN.runbook, parameters=(Parameter("service"), Parameter("pod"))))
    events = [left("1", {"pod": Value("cart-1", "step 1"), "service": Value("other", "step 1")})]
    assert known(declared, events) == {"service": Value("cart", "the incident"), "pod": Value("cart-1", "step 1")}


def test_no_output_replaces_the_service_although_nobody_declared_it():
    forged = left("1", {"service": Value("billing", "step 1"), "namespace": Value("kube-system", "step 1")})
    assert known(RUN, [forged])["service"] == Value("cart", "the incident")


def test_a_declared_parameter_follows_the_source_it_came_from():
    declared = replace(RUN, runbook=replace(RUN.runbook, parameters=(Parameter("service"),)))
    assert known(declared, [left("1", {"service": Value("cart-2", "the incident")})])["service"].text == "cart-2"


def test_rows_are_those_of_the_last_table_an_empty_one_too():
    first = left("1", rows=({"pid": "11"},), table="query")
    assert rows_left([]) == ((), "")
    assert rows_left([first, left("2", {"pod": Value("a", "step 2")})]) == (({"pid": "11"},), "query")
    assert rows_left([first, left("2", rows=(), table="query")]) == ((), "query")


# ── limits ───────────────────────────────────────────────────────────────────────────────────────


def many(count, **changes):
    return step("1", *(command("do", str(number)) for number in range(count)), **changes)


def test_a_run_has_twenty_actions_and_nobody_is_asked_for_more():
    assert next_move(RUN, [many(20)]) == Ask("1")
    assert next_move(RUN, [many(21)]) == Refuse(
        "1", "A run has at most 20 actions, and this would be 21. Start another run."
    )


def test_actions_of_all_steps_count_together():
    full = [*asked(many(18)), *(event for index in range(18) for event in did("1", index))]
    assert next_move(RUN, [*full, step("2", command("a"), command("b"))]) == Ask("2")
    assert isinstance(next_move(RUN, [*full, step("2", command("a"), command("b"), command("c"))]), Refuse)


def test_running_time_counts_and_pauses_do_not():
    pause = [step("1", Wait(600.0), ruling="run"), *did("1", seconds=600.0)]
    assert next_move(RUN, [*pause, step("2")]) == Ask("2")
    assert seconds_left(pause) == 300
    ran = [*asked(ONE), *did("1", seconds=299.0)]
    assert seconds_left(ran) == 1
    assert next_move(RUN, [*ran, step("2")]) == Ask("2")
    long = [*asked(ONE), *did("1", seconds=301.0)]
    assert seconds_left(long) == 0
    assert next_move(RUN, [*long, step("2")]) == Refuse(
        "2", "The run has used up its 5 minutes of running time. Start another run."
    )
    assert next_move(RUN, [*long, step("2", Say("done"), ruling="run")]) == Act("2", 0)


UNDOABLE_TWENTY = many(20, rollback=(command("undo"),))
ALL_ACTIONS = [*asked(UNDOABLE_TWENTY), *(event for index in range(19) for event in did("1", index))]
ALL_TIME = [*asked(UNDOABLE), *did("1", result="timeout", seconds=301.0)]
ALIKE = step("1", *[command("undo")] * 3, rollback=(command("undo"),))
ALL_REPEATS = [*asked(ALIKE), *did("1", 0), *did("1", 1)]


@pytest.mark.parametrize(
    "used_up",
    [
        [*ALL_ACTIONS, *did("1", 19, result="failed")],
        ALL_TIME,
        [*ALL_REPEATS, *did("1", 2, result="failed")],
    ],
)
def test_what_used_up_a_limit_can_be_undone_behind_its_gate_all_the_same(used_up):
    assert next_move(RUN, used_up) == OfferRollback("1.rollback")
    assert next_move(RUN, [*used_up, BACK]) == Ask("1.rollback")
    assert next_move(RUN, [*used_up, *asked(BACK, "G2")]) == Act("1.rollback", 0)


def test_what_undoes_has_its_own_time():
    deed = command("undo", timeout=60.0)
    assert within(ALL_TIME, "1.rollback", deed) == deed
    assert within([*asked(ONE), *did("1", seconds=290.0)], "2", deed) == command("undo", timeout=10.0)


@pytest.mark.parametrize("deed", [command("restart"), LOOK, Http("POST", "http://flags/off", {}, "", 5.0)])
def test_the_identical_command_runs_three_times(deed):
    assert next_move(RUN, [step("1", deed, deed, deed)]) == Ask("1")
    assert next_move(RUN, [step("1", deed, deed, deed, deed)]) == Refuse(
        "1", "The identical command runs at most 3 times in a run. Look why it does not help."
    )
    thrice = [*asked(step("1", deed, deed)), *did("1", 0), *did("1", 1)]
    assert next_move(RUN, [*thrice, step("2", deed)]) == Ask("2")
    assert isinstance(next_move(RUN, [*thrice, step("2", deed, deed)]), Refuse)


def test_another_time_limit_does_not_make_another_command():
    same = [command("restart", timeout=seconds) for seconds in (10.0, 20.0, 30.0, 40.0)]
    assert isinstance(next_move(RUN, [step("1", *same)]), Refuse)


def test_pauses_and_messages_may_be_alike():
    assert next_move(RUN, [step("1", *[Wait(1.0)] * 4, *[Say("…")] * 4, ruling="run")]) == Act("1", 0)


def test_what_was_run_again_counts_again():
    events = list(GONE)
    for number in (2, 3):
        events += [chosen("1", "again"), *asked(ONE, f"G{number}"), begun("1"), lost("1")]
    assert isinstance(next_move(RUN, [*events, chosen("1", "again"), ONE]), Refuse)


# ── what stories ask besides ─────────────────────────────────────────────────────────────────────


def test_what_stands_prepared_is_the_last_that_could_be():
    assert prepared_at([ONE, OTHER], "1") == OTHER
    assert prepared_at([*asked(ONE), begun("1"), OTHER], "1") == ONE
    with pytest.raises(LookupError, match="step 2 is not prepared"):
        prepared_at([ONE], "2")


def test_a_check_can_be_chosen_where_there_is_one():
    assert choices(GONE, "1") == ("again", "stop")
    assert choices(GONE_CHECKED, "1") == ("check", "again", "stop")


def test_it_is_told_how_many_are_not_repeated():
    assert done_before(FIRST_GONE_OF_THREE, "1") == 0
    assert done_before([*FIRST_GONE_OF_THREE, chosen("1", "again"), LIST], "1") == 1
    assert done_before([*FIRST_GONE_OF_THREE, chosen("1", "again"), OTHER], "1") == 0
    twice = [*FIRST_GONE_OF_THREE, chosen("1", "again"), *asked(LIST, "G2"), *did("1", 1), begun("1", 2), lost("1", 2)]
    assert done_before([*twice, chosen("1", "again"), LIST], "1") == 2


def test_a_good_check_makes_the_whole_of_a_lost_step_good():
    gone = [*asked(LIST_CHECKED), *did("1", 0), begun("1", 1), lost("1", 1), chosen("1", "check")]
    assert next_move(RUN, [*gone, checked("1", ok=True)]) == Prepare("2")
