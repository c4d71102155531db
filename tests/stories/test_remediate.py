"""A runbook from the request to its end: what runs, what waits for whom, and what a crash leaves."""

import pytest

from bot.domain.approval import APPROVE, DENY
from bot.domain.plain import as_text
from bot.runs import run_message
from bot.state.audit_reading import reading
from runbooks.prepared import Outcome
from tests.stories.workshop_world import BOOK, DANA, ERIN, GUEST, STRANGER, town_with
from tests.stories.world import eventually, fire, resolve

CRITICAL = BOOK.replace("approval: required", "approval: required\n    risk: critical")
IN_A_NAMESPACE = """
id: renew
title: Renew it
steps:
  - {name: look, action: exec, command: kubectl get pods}
  - name: renew
    action: conditional
    condition: "{{namespace}} != 'none'"
    approval: required
    then:
      - {action: exec, command: "kubectl annotate pods --all seen=yes -n {{namespace}}"}
      - {action: exec, command: "kubectl delete pods --all --wait=false -n {{namespace}}"}
"""
LOOK, RESTART = "kubectl get pods", "kubectl rollout restart deployment/payment-service"
CHECK, UNDO = (
    "kubectl rollout status deployment/payment-service --timeout=60s",
    "kubectl rollout undo deployment/payment-service",
)


@pytest.fixture
async def town(tmp_path):
    async with town_with(tmp_path) as one:
        yield one


async def test_reads_run_unasked_and_a_change_waits_for_its_answer(town):
    await town.say("run restart")
    gate = await town.waits()
    assert town.hands.ran == [LOOK]
    asked = town.chat.of(gate).text
    assert RESTART in asked
    assert "<@U0DANA>" in asked
    assert "until" in asked
    assert "nothing happens without an answer" in asked


async def test_an_approver_lets_it_run_and_its_check_is_posted(town):
    await town.say("run restart")
    gate = await town.waits()
    await town.react(gate, APPROVE, ERIN)
    assert (await town.ended()).result == "done"
    assert town.hands.ran == [LOOK, RESTART, CHECK]
    said = town.chat.of(gate).text
    assert "approved by <@U0ERIN>" in said
    assert "check: " in said
    assert "✓" in said
    assert "done" in town.chat.of((await town.run()).id).text


async def test_a_no_ends_it(town):
    await town.say("run restart")
    await town.react(await town.waits(), DENY, ERIN)
    assert (await town.ended()).result == "denied"
    assert RESTART not in town.hands.ran


async def test_a_no_wins_over_a_yes(town):
    await town.say("run restart")
    gate = await town.waits()
    town.chat.tap(gate, APPROVE, DANA)
    await town.react(gate, DENY, ERIN)
    assert (await town.ended()).result == "denied"


@pytest.mark.parametrize("who", [STRANGER, GUEST])
async def test_a_strangers_yes_changes_nothing_and_they_alone_are_told_why(town, who):
    await town.say("run restart")
    gate = await town.waits()
    await town.react(gate, APPROVE, who)
    await town.waits()
    assert town.hands.ran == [LOOK]
    ((told, why),) = town.chat.whispers
    assert told == who
    assert why
    assert "approved" not in town.chat.of(gate).text


async def test_no_answer_is_a_no_and_it_can_be_asked_again(town):
    await town.say("run restart")
    first = await town.waits()
    town.clock.forward(301)
    await town.react(first, APPROVE, ERIN)
    run = await town.chooses()
    assert RESTART not in town.hands.ran
    assert "can be asked again" in town.chat.of(run.id).text
    await town.choose(run, "again")
    second = await town.waits()
    assert second != first
    await town.react(second, APPROVE, ERIN)
    assert (await town.ended()).result == "done"


async def test_no_answer_can_be_left_at_that(town):
    await town.say("run restart")
    await town.waits()
    town.clock.forward(301)
    town.shop.poke((await town.run()).id)
    await town.choose(await town.chooses(), "stop")
    assert (await town.ended()).result == "expired"
    assert RESTART not in town.hands.ran


async def test_critical_needs_two_different_people(tmp_path):
    async with town_with(tmp_path, CRITICAL) as town:
        await town.say("run restart")
        gate = await town.waits()
        await town.react(gate, APPROVE, ERIN)
        await town.waits()
        assert town.hands.ran == [LOOK]
        await town.react(gate, APPROVE, DANA)
        assert (await town.ended()).result == "done"


async def test_a_yes_that_was_taken_back_does_not_count(tmp_path):
    async with town_with(tmp_path, CRITICAL) as town:
        await town.say("run restart")
        gate = await town.waits()
        await town.react(gate, APPROVE, ERIN)
        await town.waits()
        await town.react(gate, APPROVE, ERIN, off=True)
        await town.waits()
        await town.react(gate, APPROVE, DANA)
        await town.waits()
        assert town.hands.ran == [LOOK]


async def test_who_lost_their_say_before_the_second_yes_does_not_count(tmp_path):
    async with town_with(tmp_path, CRITICAL) as town:
        await town.say("run restart")
        gate = await town.waits()
        await town.react(gate, APPROVE, ERIN)
        await town.waits()
        town.people.approvers.remove(ERIN)
        await town.react(gate, APPROVE, DANA)
        await town.waits()
        assert town.hands.ran == [LOOK]


async def test_a_failed_check_offers_what_undoes_it_behind_a_gate_of_its_own(town):
    town.hands.answer("rollout status", Outcome("failed", exit=1, seconds=2.0))
    await town.say("run restart")
    first = await town.waits()
    await town.react(first, APPROVE, ERIN)
    second = await town.waits()
    while second == first:
        second = await town.waits()
    assert UNDO in town.chat.of(second).text
    assert UNDO not in town.hands.ran
    await town.react(second, APPROVE, ERIN)
    end = await town.ended()
    assert town.hands.ran[-1] == UNDO
    assert end.result == "failed"


@pytest.mark.parametrize("answer", ["approve", "deny"])
async def test_the_command_decides_as_a_reaction_does(town, answer):
    await town.say("run restart")
    gate = await town.waits()
    said = await town.say(f"{answer} {gate.lower()}", user=ERIN)
    assert "Counted" in as_text(said)
    assert (await town.ended()).result == {"approve": "done", "deny": "denied"}[answer]


async def test_an_answer_after_the_decision_is_told_that_it_changes_nothing(town):
    await town.say("run restart")
    gate = await town.waits()
    await town.react(gate, APPROVE, ERIN)
    await town.ended()
    await town.react(gate, DENY, DANA)
    assert "decided already" in dict(town.chat.whispers)[DANA]
    assert "decided already" in as_text(await town.say(f"deny {gate}"))


# ── crashes ──


async def test_a_crash_while_it_waits_loses_no_gate_and_asks_once(town):
    await town.say("run restart")
    gate = await town.waits()
    await town.die()
    town.chat.tap(gate, APPROVE, ERIN)
    await town.live_again()
    assert (await town.ended()).result == "done"
    assert town.hands.ran == [LOOK, RESTART, CHECK]
    assert [m.key for m in town.chat.messages].count(gate) == 1


async def test_an_approval_that_was_read_survives_a_crash(town):
    await town.say("run restart")
    gate = await town.waits()
    came, _ = town.chat.hold("edit", about=gate)
    await town.react(gate, APPROVE, ERIN)
    await came.wait()
    await town.die()
    town.clock.forward(3)
    await town.live_again()
    assert (await town.ended()).result == "done"
    assert town.hands.ran.count(RESTART) == 1


async def test_an_approval_that_was_taken_back_while_the_bot_was_away_does_not_count(town):
    await town.say("run restart")
    gate = await town.waits()
    came, _ = town.chat.hold("edit", about=gate)
    await town.react(gate, APPROVE, ERIN)
    await came.wait()
    await town.die()
    town.chat.tap(gate, APPROVE, ERIN, off=True)
    town.clock.forward(60)
    await town.live_again()
    assert (await town.ended()).result == "stopped"
    assert RESTART not in town.hands.ran


async def _die_while_it_runs(town):
    await town.say("run restart")
    gate = await town.waits()
    town.hands.hold("rollout restart")
    await town.react(gate, APPROVE, ERIN)
    while RESTART not in town.hands.ran:
        await town.shop.runs.unended()
    await town.die()
    town.hands.held.clear()
    await town.live_again()
    return await town.chooses()


async def test_what_a_crash_cut_short_is_not_run_again_until_somebody_says_so(town):
    run = await _die_while_it_runs(town)
    assert town.hands.ran.count(RESTART) == 1
    assert "may have run" in town.chat.of(run.id).text


async def test_run_again_asks_anew(town):
    run = await _die_while_it_runs(town)
    first = (await town.last_gate()).id
    await town.choose(run, "again")
    second = await town.waits()
    assert second != first
    assert town.hands.ran.count(RESTART) == 1
    await town.react(second, APPROVE, ERIN)
    assert (await town.ended()).result == "done"
    assert town.hands.ran.count(RESTART) == 2


async def test_what_is_done_anew_with_other_values_shows_its_output_too(tmp_path):
    async with town_with(tmp_path, IN_A_NAMESPACE) as town:
        await _in_namespace(town, "payments")
        await town.say("run renew")
        first = await town.waits()
        town.hands.answer("seen=yes -n payments", Outcome("done", exit=0, output="annotated payments"))
        town.hands.answer("seen=yes -n billing", Outcome("done", exit=0, output="annotated billing"))
        town.hands.hold("delete pods")
        await town.react(first, APPROVE, ERIN)
        await eventually(lambda: any("delete" in one for one in town.hands.ran))
        await town.die()
        town.hands.held.clear()
        await _in_namespace(town, "billing", instead_of="payments")
        await town.live_again()
        await town.choose(await town.chooses(), "again")
        again = await town.waits()
        await town.react(again, APPROVE, ERIN)
        while (gate := await town.waits()) == again:
            pass
        assert "-n billing" in town.chat.of(gate).text
        await town.react(gate, APPROVE, ERIN)
        assert (await town.ended()).result == "done"
        said = [message.text for message in town.chat.messages if message.thread]
        assert [any(f"annotated {one}" in text for text in said) for one in ("payments", "billing")] == [True, True]


async def _in_namespace(town, namespace, instead_of=""):
    """An alert of the incident says so."""
    labels = {"service": "payment-service", "namespace": namespace}
    if instead_of:
        before = labels | {"namespace": instead_of}
        await resolve(town.shop.desk, "PodDown", fingerprint=instead_of, labels=before)
    await fire(town.shop.desk, "PodDown", fingerprint=namespace, labels=labels)


async def _buttons(town, run):
    """What one can tap below the run's message."""
    said = run_message.run(run, await town.shop.runs.events(run.id))
    return {button.does: button.label for section in said.sections for button in section.buttons}


async def test_what_a_tap_does_stands_on_the_button_and_in_its_answer(town):
    run = await _die_while_it_runs(town)
    assert (await _buttons(town, run))["choose.again"] == "Run again (asks first)"
    assert "asked for again" in as_text(await town.choose(run, "again"))
    await town.waits()


async def test_a_look_that_was_cut_short_says_that_it_runs_again_at_once(town):
    town.hands.hold("get pods")
    await town.say("run restart")
    await eventually(lambda: LOOK in town.hands.ran)
    await town.die()
    town.hands.held.clear()
    await town.live_again()
    run = await town.chooses()
    assert (await _buttons(town, run))["choose.again"] == "Run again"
    said = as_text(await town.choose(run, "again", step=1))
    assert said == "It runs again at once: it only reads."
    await town.waits()
    assert town.hands.ran.count(LOOK) == 2


async def test_a_look_can_tell_that_it_did_run(town):
    run = await _die_while_it_runs(town)
    await town.choose(run, "check")
    assert (await town.ended()).result == "done"
    assert town.hands.ran.count(RESTART) == 1


async def test_it_can_be_left_at_that(town):
    run = await _die_while_it_runs(town)
    await town.choose(run, "stop")
    assert (await town.ended()).result == "stopped"


# ── stopping ──


async def test_a_person_stops_what_runs(town):
    town.hands.hold("get pods")
    await town.say("run restart")
    while LOOK not in town.hands.ran:
        await town.shop.runs.unended()
    said = await town.say("stop", user=STRANGER)
    assert "being stopped" in as_text(said)
    assert (await town.ended()).result == "stopped"
    assert RESTART not in town.hands.ran


async def test_of_two_that_run_here_the_newest_is_stopped_and_the_other_is_named(town):
    await town.say("run restart")
    await town.waits()
    older = await town.run()
    town.clock.forward(1)
    await town.say("run restart service=cart")
    await town.waits()
    newer = await town.run()
    said = as_text(await town.say("stop"))
    assert f"`{newer.id}` is being stopped." in said
    assert f"Still running here: `{older.id}` (Restart it). `/incident-action stop {older.id}` ends it." in said
    await town.ended()
    said = as_text(await town.say("stop"))
    assert f"`{older.id}` is being stopped." in said
    assert "Still running" not in said


async def test_what_is_being_stopped_has_not_ended_yet(town):
    await town.say("run restart")
    gate = await town.waits()
    run = await town.run()
    await town.die()  # nobody ends it now
    await town.say("stop")
    assert f"`{run.id}` is being stopped already." in as_text(await town.say("stop"))
    assert "closed" in as_text(await town.say(f"approve {gate}", user=ERIN))
    await town.live_again()
    await town.ended()
    assert f"`{run.id}` has ended already." in as_text(await town.say(f"stop {run.id}"))


async def test_the_emergency_stop_is_for_anyone_and_resume_for_few(town):
    await town.say("run restart")
    await town.waits()
    assert "Stopped" in as_text(await town.say("emergency-stop wrong cluster", user=STRANGER))
    assert (await town.ended()).result == "stopped"
    assert "wrong cluster" in " ".join(m.text for m in town.chat.messages if m.posted.channel_id == "C0INCIDENTS")
    assert "Not run" in as_text(await town.say("run restart"))
    assert "Not lifted" in as_text(await town.say("resume", user=STRANGER))
    assert "Lifted" in as_text(await town.say("resume", user=ERIN))
    assert "begins" in as_text(await town.say("run restart"))


async def test_the_emergency_stop_needs_a_reason(town):
    assert "Say why" in as_text(await town.say("emergency-stop"))
    assert await town.shop.switch.state() is None


# ── what is refused ──


async def test_one_run_at_a_time_on_one_target(town):
    await town.say("run restart")
    await town.waits()
    run = await town.run()
    said = as_text(await town.say("run restart", user=ERIN))
    assert run.id in said
    assert "<@U0DANA>" in said


async def test_guests_run_nothing(town):
    assert "guests" in as_text(await town.say("run restart", user=GUEST))
    assert await town.shop.runs.unended() == ()


@pytest.mark.parametrize("outside", [True, None])
async def test_nothing_runs_in_a_channel_that_others_share(town, outside):
    town.people.outside = outside
    assert "SHARED_CHANNELS" in as_text(await town.say("run restart"))


async def test_without_a_key_for_the_audit_nothing_runs(tmp_path):
    async with town_with(tmp_path, key=None) as town:
        assert "AUDIT_KEY" in as_text(await town.say("run restart"))


async def test_who_only_observes_runs_nothing(tmp_path):
    async with town_with(tmp_path, profile="observe") as town:
        assert "observe" in as_text(await town.say("run restart"))
        assert town.hands.ran == []


async def test_with_no_approvers_nothing_can_be_approved(tmp_path):
    async with town_with(tmp_path, approvers=()) as town:
        await town.say("run restart")
        await town.stories[(await town.run()).id]
        assert (await town.ended()).result == "refused"
        assert "APPROVERS" in town.chat.of((await town.run()).id).text
        assert RESTART not in town.hands.ran


async def test_a_command_with_a_secret_in_it_is_not_run(tmp_path):
    secret = BOOK.replace("kubectl get pods", "kubectl get pods --token=ghp_16C7e42F292c6912E7710c838347Ae178B4a")
    async with town_with(tmp_path, secret) as town:
        await town.say("run restart")
        assert (await town.ended()).result == "refused"
        assert town.hands.ran == []
        assert "ghp_" not in " ".join(m.text for m in town.chat.messages)


async def test_elsewhere_it_says_where_incidents_are(town):
    said = as_text(await town.say("run restart", channel="C0RANDOM"))
    assert "not an incident's channel" in said
    assert "HighErrorRate" in said


# ── Slack is away ──


async def test_a_gate_that_nobody_could_see_lets_nothing_run(town):
    town.chat.refuse("post", "invalid_blocks", about="G")
    await town.say("run restart")
    run = await town.run()
    while "GateOpened" not in await town.events():
        await town.shop.runs.unended()
    town.clock.forward(301)
    town.shop.poke(run.id)
    await town.choose(await town.chooses(), "stop")
    assert (await town.ended()).result == "expired"
    assert RESTART not in town.hands.ran


async def test_reactions_that_cannot_be_read_are_no_answer(town):
    await town.say("run restart")
    gate = await town.waits()
    town.chat.refuse("reactions", "internal_error")
    await town.react(gate, APPROVE, ERIN)
    await town.waits()
    assert RESTART not in town.hands.ran


# ── the audit ──


async def test_everything_that_matters_is_in_the_audit(town, tmp_path):
    await town.say("run restart")
    gate = await town.waits()
    await town.react(gate, APPROVE, STRANGER)
    await town.waits()
    await town.react(gate, APPROVE, ERIN)
    await town.ended()
    with reading(f"sqlite:///{tmp_path / 'stories.sqlite'}") as entries:
        words = [entry.what for entry in entries]
    assert words == [
        "run.asked",
        "step.prepared",
        "deed.begun",
        "deed.ended",
        "step.prepared",
        "gate.opened",
        "vote.refused",
        "vote.counted",
        "gate.decided",
        "deed.begun",
        "deed.ended",
        "check.ended",
        "run.ended",
    ]


async def test_after_ten_good_times_it_says_that_a_grant_was_earned(tmp_path):
    async with town_with(tmp_path, BOOK.replace("    approval: required\n", "")) as town:
        for times in range(10):
            await town.say("run restart")
            await town.react(await town.waits(), APPROVE, ERIN)
            assert (await town.ended()).result == "done"
            assert ("ten times running" in town.chat.of((await town.run()).id).text) == (times == 9)
            town.clock.forward(1)


async def test_the_head_of_the_audit_stands_in_the_thread_where_nobody_can_cut_it(town, tmp_path):
    await town.say("run restart")
    await town.react(await town.waits(), DENY, ERIN)
    await town.ended()
    told = town.chat.of(":audit")
    assert told.thread == (await town.run()).message.ts
    assert f"--head {town.shop.audit.head}" in told.text


async def test_a_reaction_that_still_stands_does_not_undo_what_was_said_by_command(tmp_path):
    async with town_with(tmp_path, CRITICAL) as town:
        await town.say("run restart")
        gate = await town.waits()
        await town.react(gate, APPROVE, ERIN)
        await town.waits()
        town.people.approvers.discard(ERIN)  # so that the no does not end it at once
        town.clock.forward(1)
        await town.say(f"deny {gate}", user=ERIN)
        town.people.approvers.add(ERIN)
        town.clock.forward(1)
        town.chat.tap(gate, APPROVE, DANA)
        town.shop.poke((await town.run()).id)
        await town.waits()
        assert RESTART not in town.hands.ran


async def test_the_target_is_what_the_commands_work_on(town):
    await town.say("run restart service=billing")
    await town.waits()
    assert (await town.run()).target.startswith("billing")
    said = as_text(await town.say("run restart service=billing", user=ERIN))
    assert "is being worked on" in said


async def test_what_is_refused_is_recorded(town, tmp_path):
    await town.say("run restart", user=GUEST)
    with reading(f"sqlite:///{tmp_path / 'stories.sqlite'}") as entries:
        assert [(entry.what, entry.who) for entry in entries] == [("run.refused", GUEST)]


async def test_a_secret_is_not_taken_as_a_value(town):
    said = as_text(await town.say("run restart service=ghp_16C7e42F292c6912E7710c838347Ae178B4a"))
    assert "looks like a secret" in said
    assert "ghp_" not in said


async def test_a_value_that_has_changed_since_is_asked_for_again_by_a_new_message(tmp_path):
    book = BOOK.replace("deployment/{{service}}", "deployment/{{service}} -n {{namespace}}")
    async with town_with(tmp_path, book) as town:
        pods = {"service": "payment-service"}
        await fire(town.shop.desk, "PodDown", fingerprint="a", labels={**pods, "namespace": "payments"})
        await town.say("run restart")
        first = await town.waits()
        assert "-n payments" in town.chat.of(first).text
        await resolve(town.shop.desk, "PodDown", fingerprint="a", labels={**pods, "namespace": "payments"})
        await fire(town.shop.desk, "PodDown", fingerprint="b", labels={**pods, "namespace": "billing"})
        await town.react(first, APPROVE, ERIN)
        second = await town.waits()
        while second == first:
            second = await town.waits()
        assert not any("rollout restart" in one for one in town.hands.ran)
        assert "-n payments" in town.chat.of(first).text
        assert "-n billing" in town.chat.of(second).text
        await town.react(second, APPROVE, ERIN)
        assert (await town.ended()).result == "done"
        assert any("rollout restart deployment/payment-service -n billing" in one for one in town.hands.ran)


async def test_a_runbooks_own_words_are_said_in_the_channel_and_no_hands_are_needed(tmp_path):
    book = "id: tell\ntitle: Tell\nsteps:\n  - {name: tell, action: message, text: 'look at {{service}}'}\n"
    async with town_with(tmp_path, book) as town:
        await town.say("run tell")
        run = await town.run()
        assert (await town.ended()).result == "done"
        said = [m for m in town.chat.messages if m.key.startswith(f"{run.id}:say:")]
        assert [(m.posted.channel_id, m.text) for m in said] == [(town.channel_id, "look at payment-service")]
        assert town.hands.ran == []


async def test_words_that_slack_does_not_take_fail_their_step(tmp_path):
    book = "id: tell\ntitle: Tell\nsteps:\n  - {name: tell, action: message, text: hello}\n"
    async with town_with(tmp_path, book) as town:
        town.chat.refuse("post", "msg_too_long", about=":say:")
        await town.say("run tell")
        assert (await town.ended()).result == "failed"
