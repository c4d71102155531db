"""What `/incident-action` says: lists, one runbook, what a run would do, what is missing, what cannot be."""

import json

import pytest

from bot.domain.approval import APPROVE
from bot.domain.plain import as_text
from bot.domain.said import Filled, Form, Heard, Tap
from bot.questions.page_person import PAGE
from bot.state.audit_reading import reading
from tests.stories.workshop_world import BOOK, DANA, ERIN, GUEST, STRANGER, town_with

OTHER = """
id: full-disk
title: A disk is full
trigger: {alert: DiskFull}
parameters:
  - {name: replicas, pattern: "[0-9]{1,2}", description: how many}
steps:
  - {name: scale, action: exec, command: "kubectl scale deployment/{{service}} --replicas={{replicas}}"}
"""
MATCHING = BOOK + "trigger: {alert: 'High*'}\n"


@pytest.fixture
async def town(tmp_path):
    async with town_with(tmp_path, MATCHING, OTHER) as one:
        yield one


async def test_help_names_every_word(town):
    said = as_text(await town.say("help"))
    for word in ("run", "dry-run", "status", "stop", "approve", "deny", "emergency-stop", "resume"):
        assert word in said


async def test_alone_it_lists_what_matches_with_a_button_each(town):
    listed = await town.say("")
    assert "restart" in as_text(listed)
    assert "full-disk" not in as_text(listed)
    (button,) = (button for section in listed.sections for button in section.buttons)
    assert (button.does, button.value) == ("run", f"restart {town.incident_id}")


async def test_a_button_begins_the_run(town):
    said = await town.action.tapped(Tap("run", "restart", town.channel_id, DANA))
    assert "begins" in as_text(said)
    await town.waits()


async def test_one_runbook_is_shown_as_it_stands(town):
    said = as_text(await town.say("restart"))
    assert "kubectl get pods" in said
    assert "asks first" in said
    assert town.hands.ran == []


async def test_an_unknown_runbook_is_answered_with_those_there_are(town):
    for words in ("run restrat", "restrat", "dry-run restrat"):
        said = as_text(await town.say(words))
        assert "restrat" in said
        assert "full-disk" in said


async def test_a_dry_run_shows_exactly_what_would_run_and_runs_nothing(town):
    said = as_text(await town.say("dry-run full-disk replicas=4"))
    assert "kubectl scale deployment/payment-service --replicas=4" in said
    assert "Nothing was run" in said
    assert town.hands.ran == []
    assert await town.shop.runs.unended() == ()


async def test_a_dry_run_says_what_asks_whom_and_what_runs_at_once(town):
    said = as_text(await town.say("dry-run restart"))
    assert "kubectl get pods" in said
    assert "only reads: runs at once\n" in said
    assert "asks one of <!subteam^S0PAYMENTS> · risk medium: the runbook asks for approval" in said
    assert "run · risk" not in said


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("aprove GQIAVTR", "approve GQIAVTR"), ("Aprove\nGQIAVTR", "approve GQIAVTR"), ("stauts", "status")],
)
async def test_a_word_that_is_nearly_one_is_asked_for_and_no_list_of_runbooks_is_given(town, typed, meant):
    said = as_text(await town.say(typed))
    assert f"Did you mean `/incident-action {meant}`?" in said
    assert "full-disk" not in said
    assert "runbook" not in said


async def test_a_dry_run_says_what_it_would_need_to_know(town):
    assert "replicas" in as_text(await town.say("dry-run full-disk"))


async def test_what_is_missing_is_asked_for(town):
    form = await town.say("run full-disk")
    assert isinstance(form, Form)
    assert [one.name for one in form.fields] == ["replicas"]
    wrong = await town.action.filled(Filled(form.does, form.value, DANA, {"replicas": "$(reboot)"}))
    assert list(wrong) == ["replicas"]
    await town.action.filled(Filled(form.does, form.value, DANA, {"replicas": "4"}))
    gate = await town.waits()
    assert "--replicas=4" in town.chat.of(gate).text
    assert "given by <@U0DANA>" in town.chat.of(gate).text


async def test_a_form_goes_on_with_what_was_given_already(town):
    form = await town.say('run full-disk replicas="a b"')
    assert json.loads(form.value)["given"] == {"replicas": "a b"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("run", "Which runbook?"),
        ("run full-disk replicas", "name=value"),
        ("run full-disk 'replicas=4", "quote is not closed"),
        ("run full-disk nodes=4", "has no"),
        ("approve", "Which gate?"),
        ("approve G0000", "No gate is called"),
        ("stop", "Nothing is running here"),
        ("stop R0000", "No run is called"),
        ("resume", "Nothing is stopped"),
    ],
)
async def test_a_word_that_cannot_be_followed_says_what_to_do(town, words, said):
    assert said in as_text(await town.say(words))


async def test_status_tells_what_ran_and_what_waits(town):
    assert "Nothing was run" in as_text(await town.say("status"))
    await town.say("run restart")
    gate = await town.waits()
    assert gate in as_text(await town.say("status", user=ERIN))
    await town.say(f"deny {gate}")
    await town.ended()
    assert "denied" in as_text(await town.say("status"))


async def test_quotes_of_a_phone_are_quotes(town):
    form = await town.say("run full-disk replicas=“4 4”")
    assert json.loads(form.value)["given"] == {"replicas": "4 4"}


async def test_the_confirming_tap_calls_the_on_call_once_and_is_recorded(town, tmp_path):
    for _ in range(2):
        said = as_text(await town.action.tapped(Tap(PAGE, town.incident_id, town.channel_id, DANA)))
    assert "Paged before: Dana Demir" in said
    assert len(set(town.pager.keys)) == 1
    with reading(f"sqlite:///{tmp_path / 'stories.sqlite'}") as entries:
        assert [entry.what for entry in entries].count("person.paged") == 2


async def test_a_guest_calls_nobody(town):
    said = as_text(await town.action.tapped(Tap(PAGE, town.incident_id, town.channel_id, GUEST)))
    assert "Not run" in said
    assert town.pager.keys == []


async def test_a_vote_under_an_answer_is_noted(town):
    said = as_text(await town.action.tapped(Tap("thumb.down", "C1:1.0", town.channel_id, DANA)))
    assert said.startswith("Noted.")


async def asks(town, text, user=DANA, thread="55.0"):
    said = await town.action.heard(Heard(town.channel_id, "56.0", thread, text, user, mention=True))
    return said if said is None else as_text(said)


async def test_a_guest_is_told_that_only_members_are_answered(town):
    assert "I answer full members" in await asks(town, "why?", GUEST)
    assert town.asked == []


@pytest.mark.parametrize(("outside", "words"), [(True, "another company are in this channel"), (None, "does not say")])
async def test_in_a_shared_channel_nobody_is_answered_and_it_is_said_why(town, outside, words):
    town.people.outside = outside
    assert words in await asks(town, "why?")
    assert town.asked == []


async def test_a_member_is_answered(town):
    assert await asks(town, "why?") is None
    assert len(town.asked) == 1


async def test_stop_in_a_runs_thread_says_what_it_does_not_stop(town):
    await town.say("run restart")
    gate = await town.waits()
    said = await town.action.heard(
        Heard(town.channel_id, "57.0", town.chat.of(gate).posted.ts, "stop", DANA, mention=False)
    )
    assert "This does not stop the run" in as_text(said)
    assert await town.shop.runs.unended()


async def test_who_may_is_said_in_the_same_words_wherever_somebody_reads_it(tmp_path):
    async with town_with(tmp_path, approvers=("S0PAYMENTS", "oncall")) as town:
        await town.say("run restart")
        gate = await town.waits()
        await town.react(gate, APPROVE, STRANGER)
        await town.waits()
        await town.say("emergency-stop wrong cluster")
        told = [town.chat.of(gate).said[0], town.chat.whispers[-1][1], as_text(await town.say("resume", STRANGER))]
        assert [text for text in told if "<!subteam^S0PAYMENTS> or whoever is on call" not in text] == []
