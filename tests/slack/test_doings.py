"""Commands, buttons, forms and reactions are heard once and answered to one person, however Slack reaches the bot."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.domain.briefing import Briefing, Button, Section
from bot.domain.incident import Posted
from bot.domain.memory import Learnt
from bot.domain.said import Command, Field, Filled, Form, Heard, Reacted, Tap
from bot.memory.review_forms import form_of, sent_off
from bot.ports import JournalDown
from bot.slack.blocks import render
from bot.slack.scopes import SCOPES
from playground.slack import messages
from playground.slack.block_kit import checked
from playground.slack.faults import Fault
from playground.slack.interactions import Click
from playground.slack.messages import Draft
from playground.slack.model import Channel, Message
from playground.slack.serve import Slack, running
from playground.slack.settings import SlackSettings
from playground.slack.workspace import BOT_USER
from playground.world import Person
from tests.slack.ears import said, signed_http, socket_mode

DANA = Person("U00DANA", "dana", "Dana Dale", "dana@example.com")
LEE = Person("U000LEE", "lee", "Lee Loo", "lee@example.com")
OFFER = Briefing(
    "Runbooks",
    "*Runbooks*",
    (
        Section(
            ("Roll back",), buttons=(Button("Run", "run", "rollback", "primary"), Button("Steps", "show", "rollback"))
        ),
    ),
)
FORM = Form(
    "run",
    "rollback v=1",
    "Run rollback",
    "Ask for approval",
    (Field("namespace", "Namespace", "letters"), Field("why", "Why", required=False)),
    ("*Roll back* needs two values.",),
)
MODES = pytest.mark.parametrize("mode", [socket_mode, signed_http])


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    events = frozenset({"app_mention", "message.channels", "reaction_added", "reaction_removed"})
    settings = SlackSettings(bot_scopes=frozenset(SCOPES), events=events, ack_within=20.0)
    async with running(settings, (DANA, LEE)) as server:
        yield server


@pytest.fixture
def place(slack: Slack) -> Channel:
    found = slack.workspace.named("incidents")
    assert found
    return found


async def until(look: Callable[[], Any]) -> Any:
    async with asyncio.timeout(15.0):
        while not (found := look()):  # noqa: ASYNC110 - what is watched are plain objects
            await asyncio.sleep(0.01)
        return found


def whispers(slack: Slack, who: Person = DANA) -> list[str]:
    return [
        json.dumps(m.blocks, ensure_ascii=False) for m in slack.workspace.whispers if m.ephemeral_to == who.slack_id
    ]


def click_on(message: Message, label: str) -> Click:
    for block in message.blocks:
        for element in block.get("elements", ()):
            if element.get("text", {}).get("text") == label:
                return Click(block["block_id"], element["action_id"])
    raise AssertionError(f"no button {label}")


async def offered(slack: Slack, place: Channel) -> Message:
    """A message of the bot's with buttons, for all to see."""
    blocks = checked(list(render(OFFER).blocks))
    return messages.post(slack.workspace, place, BOT_USER, Draft("x", blocks))


async def command(slack: Slack, place: Channel, text: str = "run rollback") -> None:
    await slack.interactions.command(DANA.slack_id, place, f"/incident-action {text}")


def view_of(slack: Slack) -> dict[str, Any]:
    return next(iter(slack.workspace.views.values()))


def filled(slack: Slack, **texts: str) -> dict[str, Any]:
    blocks = {
        block["block_id"].partition(":")[2]: block for block in view_of(slack)["blocks"] if block["type"] == "input"
    }
    return {
        blocks[name]["block_id"]: {blocks[name]["element"]["action_id"]: {"type": "plain_text_input", "value": text}}
        for name, text in texts.items()
    }


# ── commands ─────────────────────────────────────────────────────────────────────────────────────


@MODES
async def test_a_command_is_answered_to_whoever_typed_it(slack: Slack, place: Channel, mode: Any) -> None:
    async with mode(slack) as replies:
        replies.to_command = OFFER
        await command(slack, place, "list  all")
        (heard,) = replies.noted
        assert heard == Command(place.id, DANA.slack_id, "list  all", heard.trigger)
        assert heard.trigger
        await until(lambda: whispers(slack))
        assert "Roll back" in whispers(slack)[0]
        assert "Roll back" not in str([m.blocks for m in place.messages.values()])


@MODES
async def test_a_command_may_open_a_form(slack: Slack, place: Channel, mode: Any) -> None:
    async with mode(slack) as replies:
        replies.to_command = FORM
        await command(slack, place)
        await until(lambda: slack.workspace.views)
        assert (view_of(slack)["user"], view_of(slack)["title"]["text"]) == (DANA.slack_id, "Run rollback")
        assert whispers(slack) == []


async def test_what_does_not_fit_into_one_message_follows(slack: Slack, place: Channel) -> None:
    async with socket_mode(slack) as replies:
        replies.to_command = Briefing("p", "*head*", (Section(tuple(f"line {n} " + "x" * 90 for n in range(150))),))
        await command(slack, place)
        await until(lambda: any("line 149 " in text for text in whispers(slack)))


@MODES
async def test_an_answer_that_takes_long_follows_and_the_work_goes_on(slack: Slack, place: Channel, mode: Any) -> None:
    async with mode(slack, ack_s=0.05) as replies:
        replies.gate.clear()
        await command(slack, place)
        assert "the answer follows" in (await until(lambda: whispers(slack)))[0]
        replies.gate.set()
        await until(lambda: len(whispers(slack)) == 2)
        assert "the runbooks" in whispers(slack)[1]


async def test_what_never_comes_is_said_and_logged(slack: Slack, place: Channel) -> None:
    async with socket_mode(slack, ack_s=0.05, patience_s=0.2) as replies:
        replies.gate.clear()
        with capture_logs() as logs:
            await command(slack, place)
            await until(lambda: len(whispers(slack)) == 2)
        assert "may or may not be done" in whispers(slack)[1]
        assert [line["event"] for line in logs] == ["given up: it took too long"]


@pytest.mark.parametrize(
    ("fault", "words", "level"),
    [
        (JournalDown("away"), "database does not answer", "warning"),
        (RuntimeError("secret detail"), "it is in my log", "error"),
    ],
)
async def test_a_failure_inside_is_one_calm_sentence(
    slack: Slack, place: Channel, fault: Exception, words: str, level: str
) -> None:
    async with socket_mode(slack) as replies:
        replies.to_command = fault
        with capture_logs() as logs:
            await command(slack, place)
        assert words in (await until(lambda: whispers(slack)))[0]
        assert "secret detail" not in str(whispers(slack))
        assert [line["log_level"] for line in logs] == [level]


async def test_secrets_are_masked_in_what_a_command_is_answered(slack: Slack, place: Channel) -> None:
    async with socket_mode(slack) as replies:
        replies.to_command = said("token: ghp_0123456789abcdefghijklmnopqrstuvwxyz")
        await command(slack, place)
        assert "ghp_0123" not in (await until(lambda: whispers(slack)))[0]


# ── buttons ──────────────────────────────────────────────────────────────────────────────────────


@MODES
async def test_a_tap_says_what_was_meant_and_where(slack: Slack, place: Channel, mode: Any) -> None:
    async with mode(slack) as replies:
        replies.to_tap = said("started")
        message = await offered(slack, place)
        await slack.interactions.click(DANA.slack_id, message, click_on(message, "Steps"))
        await until(lambda: whispers(slack))
        (tap,) = replies.noted
        assert tap == Tap("show", "rollback", place.id, DANA.slack_id, tap.trigger, Posted(place.id, message.ts))
        assert "started" in whispers(slack)[0]
        assert place.messages[message.ts].blocks == message.blocks


async def test_a_button_in_what_only_one_person_sees_works_too(slack: Slack, place: Channel) -> None:
    async with socket_mode(slack) as replies:
        replies.to_command, replies.to_tap = OFFER, FORM
        await command(slack, place, "")
        shown = (await until(lambda: slack.workspace.whispers))[0]
        await slack.interactions.click(DANA.slack_id, shown, click_on(shown, "Run"))
        await until(lambda: slack.workspace.views)
        assert replies.noted[1].message is None
        assert (replies.noted[1].does, replies.noted[1].value) == ("run", "rollback")


async def test_a_tap_in_a_thread_is_answered_there(slack: Slack, place: Channel) -> None:
    async with socket_mode(slack) as replies:
        replies.to_tap = said("started")
        head = messages.post(slack.workspace, place, DANA.slack_id, Draft("why?"))
        blocks = (await offered(slack, place)).blocks
        reply = messages.post(slack.workspace, place, BOT_USER, Draft("x", blocks, thread_ts=head.ts))
        await slack.interactions.click(DANA.slack_id, reply, click_on(reply, "Run"))
        await until(lambda: whispers(slack))
        assert slack.workspace.whispers[0].thread_ts == head.ts


async def test_slack_is_told_at_once_that_a_tap_was_heard(slack: Slack, place: Channel) -> None:
    async with socket_mode(slack) as replies:
        replies.to_tap = said("started")
        replies.gate.clear()
        message = await offered(slack, place)
        await slack.interactions.click(DANA.slack_id, message, click_on(message, "Run"))
        assert whispers(slack) == []  # acknowledged: Slack itself complained of nothing
        replies.gate.set()
        await until(lambda: whispers(slack))


async def test_a_tap_that_needs_no_answer_gets_none_and_a_foreign_element_is_no_tap(
    slack: Slack, place: Channel
) -> None:
    async with socket_mode(slack) as replies:
        message = await offered(slack, place)
        await slack.interactions.click(DANA.slack_id, message, click_on(message, "Run"))
        await until(lambda: replies.noted)
        message.blocks[-1]["elements"][0]["action_id"] = "somebody-elses"
        await slack.interactions.click(DANA.slack_id, message, click_on(message, "Run"))
        assert (len(replies.noted), whispers(slack)) == (1, [])


async def test_where_the_response_url_is_refused_it_is_whispered(slack: Slack, place: Channel) -> None:
    async with socket_mode(slack) as replies:
        replies.to_tap = said("started")
        replies.gate.clear()
        message = await offered(slack, place)
        await slack.interactions.click(DANA.slack_id, message, click_on(message, "Run"))
        await until(lambda: replies.noted)
        slack.workspace.response_urls.clear()
        replies.gate.set()
        assert "started" in (await until(lambda: whispers(slack)))[0]


async def test_a_delivery_that_is_repeated_is_done_once(slack: Slack, place: Channel) -> None:
    async with socket_mode(slack) as replies:
        replies.to_tap = said("started")
        message = await offered(slack, place)
        click = click_on(message, "Run")
        payload = {
            "type": "block_actions",
            "trigger_id": "1.2.abc",
            "user": {"id": DANA.slack_id},
            "channel": {"id": place.id},
            "container": {"type": "message", "message_ts": message.ts, "channel_id": place.id},
            "actions": [{"action_id": click.action_id, "block_id": click.block_id, "type": "button", "value": "v"}],
        }
        await asyncio.gather(*(slack.deliveries.ask("interactive", payload) for _ in range(3)))
        await until(lambda: whispers(slack))
        assert (len(replies.noted), len(whispers(slack))) == (1, 1)


# ── forms ────────────────────────────────────────────────────────────────────────────────────────


@MODES
async def test_a_form_comes_back_with_what_was_filled_in(slack: Slack, place: Channel, mode: Any) -> None:
    async with mode(slack) as replies:
        replies.to_command, replies.to_filled = FORM, said("asked for approval")
        await command(slack, place)
        await until(lambda: slack.workspace.views)
        errors = await slack.interactions.submit(
            DANA.slack_id, view_of(slack)["id"], filled(slack, namespace="payments; rm", why="")
        )
        assert errors == {}
        texts = {"namespace": "payments; rm", "why": ""}
        assert replies.noted[1:] == [Filled("run", "rollback v=1", DANA.slack_id, texts, place.id)]
        assert "asked for approval" in (await until(lambda: whispers(slack)))[0]
        assert slack.workspace.views == {}


RUNBOOK = "title: Restart\nsteps:\n  - id: it\n    action: wait"
POSTMORTEM = "# What\n\n" + "\n".join(f"- line {number} of it" for number in range(300))


@pytest.mark.parametrize(("kind", "text"), [("runbook", RUNBOOK), ("postmortem", POSTMORTEM), ("note", "A short one.")])
async def test_what_was_learnt_comes_back_with_its_lines(slack: Slack, place: Channel, kind: Any, text: str) -> None:
    learnt = Learnt("one", kind, "INC-X", datetime.now(UTC), "", text)
    async with socket_mode(slack) as replies:
        replies.to_command, replies.to_filled = form_of("review.edit", learnt, text), said("kept")
        await command(slack, place, "review")
        view = await until(lambda: slack.workspace.views and view_of(slack))
        boxes = [(block["block_id"], block["element"]) for block in view["blocks"]]
        values = {id_: {box["action_id"]: {"value": box["initial_value"]}} for id_, box in boxes}
        added = f"{values[boxes[0][0]]['text']['value']}\nand more"
        values[boxes[0][0]]["text"]["value"] = added
        assert await slack.interactions.submit(DANA.slack_id, view["id"], values) == {}
        back = sent_off(replies.noted[-1].texts)
        assert back == text.replace(boxes[0][1]["initial_value"], added)


@MODES
async def test_what_is_wrong_stands_at_its_field_and_the_form_stays(slack: Slack, place: Channel, mode: Any) -> None:
    async with mode(slack) as replies:
        replies.to_command, replies.to_filled = FORM, {"namespace": "Only letters.", "elsewhere": "And this."}
        await command(slack, place)
        await until(lambda: slack.workspace.views)
        view = view_of(slack)["id"]
        for _ in range(2):  # filled in again, it is looked at again
            wrong = await slack.interactions.submit(DANA.slack_id, view, filled(slack, namespace="a b"))
            assert wrong == {"0:namespace": "Only letters. And this."}
        assert len(replies.noted) == 3
        assert view in slack.workspace.views


async def test_a_form_that_takes_long_is_closed_and_answered_later(slack: Slack, place: Channel) -> None:
    async with socket_mode(slack, ack_s=0.05) as replies:
        replies.to_command, replies.to_filled = FORM, {"namespace": "Only <letters>."}
        await command(slack, place)
        await until(lambda: slack.workspace.views)
        replies.gate.clear()
        await slack.interactions.submit(DANA.slack_id, view_of(slack)["id"], filled(slack, namespace="a b"))
        assert slack.workspace.views == {}
        replies.gate.set()
        assert "namespace: Only &lt;letters&gt;." in (await until(lambda: whispers(slack)))[0]


async def test_the_answer_to_a_form_finds_who_is_not_in_the_channel(slack: Slack, place: Channel) -> None:
    async with socket_mode(slack) as replies:
        replies.to_command, replies.to_filled = FORM, said("asked for approval")
        await command(slack, place)
        await until(lambda: slack.workspace.views)
        place.members.remove(DANA.slack_id)
        await slack.interactions.submit(DANA.slack_id, view_of(slack)["id"], filled(slack, namespace="x"))
        direct = await until(lambda: [c for c in slack.workspace.channels.values() if c.kind == "im" and c.messages])
        assert "asked for approval" in str([m.blocks for m in direct[0].messages.values()])


@pytest.mark.parametrize(
    ("fault", "form", "words"),
    [
        (Fault("views.open", error="expired_trigger_id"), FORM, "Do the same again"),
        (Fault("views.open", status=503), FORM, "Do the same again"),
        (Fault("views.open", status=503, kind="text/plain"), FORM, "Do the same again"),
        (Fault("views.open", status=200, kind="text/plain"), FORM, "Do the same again"),
        (Fault("views.open", status=200, body='{"ok": fal', kind="application/json"), FORM, "Do the same again"),
        (None, Form("run", "v" * 4000, "t", "b", FORM.fields), "holds more than Slack takes"),
    ],
)
async def test_a_form_that_cannot_be_opened_is_said(
    slack: Slack, place: Channel, fault: Fault | None, form: Form, words: str
) -> None:
    async with socket_mode(slack) as replies:
        replies.to_command = form
        if fault:
            slack.workspace.faults.add(fault)
        await command(slack, place)
        assert words in (await until(lambda: whispers(slack)))[0]
        assert slack.workspace.views == {}


# ── reactions ────────────────────────────────────────────────────────────────────────────────────


@MODES
async def test_reactions_come_and_go_and_the_bots_own_are_left_out(slack: Slack, place: Channel, mode: Any) -> None:
    async with mode(slack) as replies:
        ws = slack.workspace
        message = messages.post(ws, place, BOT_USER, Draft("may I?"))
        messages.react(ws, place, BOT_USER, message, "x")
        messages.react(ws, place, DANA.slack_id, message, "+1::skin-tone-4")
        await until(lambda: len(replies.noted) == 1)
        messages.unreact(ws, place, DANA.slack_id, message, "+1::skin-tone-4")
        await until(lambda: len(replies.noted) == 2)
        at = Posted(place.id, message.ts)
        assert replies.noted == [Reacted(at, "+1", DANA.slack_id, True), Reacted(at, "+1", DANA.slack_id, False)]


async def test_a_reaction_that_fails_inside_is_logged_and_heard_no_more(slack: Slack, place: Channel) -> None:
    async with socket_mode(slack) as replies:
        replies.to_reaction = RuntimeError("broken")
        message = messages.post(slack.workspace, place, BOT_USER, Draft("may I?"))
        with capture_logs() as logs:
            messages.react(slack.workspace, place, DANA.slack_id, message, "x")
            await until(lambda: [line for line in logs if line["log_level"] == "error"])
        assert (len(replies.noted), whispers(slack)) == (1, [])


async def test_a_reaction_for_which_nobody_waits_is_not_given_up(slack: Slack, place: Channel) -> None:
    async with socket_mode(slack, ack_s=0.05, patience_s=0.2) as replies:
        replies.to_reaction = RuntimeError("came to its end")
        message = messages.post(slack.workspace, place, BOT_USER, Draft("may I?"))
        replies.gate.clear()
        with capture_logs() as logs:
            messages.react(slack.workspace, place, DANA.slack_id, message, "eyes")
            await until(lambda: replies.noted)
            await command(slack, place)
            await until(lambda: len(whispers(slack)) == 2)  # by now the command was given up, which came later
            replies.gate.set()
            await until(lambda: [line for line in logs if line["log_level"] == "error"])


# ── questions ────────────────────────────────────────────────────────────────────────────────────


async def test_who_asks_is_told_along_and_only_a_mention_hears_of_trouble(slack: Slack, place: Channel) -> None:
    async with socket_mode(slack) as replies:
        head = messages.post(slack.workspace, place, LEE.slack_id, Draft(f"<@{BOT_USER}> why?"))
        await until(lambda: replies.posted)
        assert replies.noted == [Heard(place.id, head.ts, None, "why?", LEE.slack_id, True)]
        replies.to_message = RuntimeError("broken")
        with capture_logs() as logs:
            messages.post(slack.workspace, place, LEE.slack_id, Draft("talk", thread_ts=head.ts))
            await until(lambda: len(replies.noted) == 2)
            messages.post(slack.workspace, place, LEE.slack_id, Draft(f"<@{BOT_USER}> and?"))
            await until(lambda: len(replies.posted) == 2)
        assert (len(replies.noted), len(logs)) == (3, 2)


async def test_every_message_of_a_person_is_heard_once_without_the_bots_name(slack: Slack, place: Channel) -> None:
    ws = slack.workspace
    async with socket_mode(slack) as replies:
        replies.to_message = None
        head = messages.post(ws, place, LEE.slack_id, Draft("it is slow"))
        asked = messages.post(ws, place, DANA.slack_id, Draft(f"and <@{BOT_USER}>, why?", thread_ts=head.ts))
        messages.post(ws, place, BOT_USER, Draft("my own"))
        messages.system(ws, place, LEE.slack_id, "channel_topic", "set the topic")
        messages.edit(ws, place, LEE.slack_id, head, Draft("it is very slow"))
        last = messages.post(ws, place, LEE.slack_id, Draft("done"))
        await until(lambda: len(replies.noted) == 3)
        assert sorted(replies.noted, key=lambda heard: heard.ts) == [
            Heard(place.id, head.ts, None, "it is slow", LEE.slack_id, False),
            Heard(place.id, asked.ts, head.ts, "and why?", DANA.slack_id, True),
            Heard(place.id, last.ts, None, "done", LEE.slack_id, False),
        ]
        assert replies.posted == []
