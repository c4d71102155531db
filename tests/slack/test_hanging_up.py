"""The bot's ears at their end: what was heard is done with first, and what comes later is not acknowledged."""

import asyncio

import pytest

from bot.slack.chat import SlackChat
from bot.slack.ears import Ears, EarSettings
from bot.slack.web import Web
from integrations.trust import context as tls_context
from playground.slack import messages as spoken
from playground.slack.messages import Draft
from playground.slack.serve import running
from playground.slack.settings import YOU, SlackSettings
from playground.terminal import as_text
from tests.end_to_end.watch import until
from tests.slack.ears import MadeUp


@pytest.fixture
async def slack():
    async with running(SlackSettings(ack_within=30.0, retry_after=(0.05,) * 40)) as server:
        yield server


@pytest.fixture
async def replies(slack):
    chat = SlackChat(Web(slack.workspace.settings.bot_token, slack.api_url), str)
    try:
        yield MadeUp(chat)
    finally:
        await chat.close()


async def listening(slack, replies):
    settings = slack.workspace.settings
    tls = tls_context("slack", None)
    ears = Ears(EarSettings(settings.bot_token, settings.app_token, None, slack.api_url, tls), replies)
    await ears.open()
    await slack.socket_mode.connected()
    return ears


def ask(slack, text):
    return spoken.post(slack.workspace, slack.workspace.named("incidents"), YOU.slack_id, Draft(text))


async def test_a_question_that_was_heard_is_done_with_before_the_ears_are_closed(slack, replies):
    replies.gate.clear()
    ears = await listening(slack, replies)
    asked = ask(slack, "heard before the end")
    await until(lambda: replies.noted, what="the question")
    closing = asyncio.create_task(ears.close())
    await asyncio.wait({closing}, timeout=0.3)
    replies.gate.set()
    await closing
    assert replies.posted == [f"answer:{asked.ts}"]


async def test_a_command_in_hand_is_still_answered(slack, replies):
    replies.gate.clear()
    ears = await listening(slack, replies)
    incidents = slack.workspace.named("incidents")
    command = asyncio.create_task(slack.interactions.command(YOU.slack_id, incidents, "/incident status"))
    await until(lambda: replies.noted, what="the command")
    closing = asyncio.create_task(ears.close())
    await asyncio.wait({closing}, timeout=0.3)
    replies.gate.set()
    await closing
    await command
    (answer,) = slack.workspace.whispers
    assert as_text(answer) == "the runbooks"


async def test_what_comes_at_the_end_is_not_acknowledged_and_the_next_start_hears_it(slack, replies):
    replies.gate.clear()
    ears = await listening(slack, replies)
    ask(slack, "heard before the end")
    await until(lambda: replies.noted, what="the question")
    closing = asyncio.create_task(ears.close())
    await asyncio.wait({closing}, timeout=0.3)
    ask(slack, "said at the end")
    await asyncio.wait({closing}, timeout=0.3)
    replies.gate.set()
    await closing
    assert [heard.text for heard in replies.noted] == ["heard before the end"]

    again = await listening(slack, replies)
    try:
        await until(lambda: len(replies.noted) == 2, what="what was said at the end")
    finally:
        await again.close()
    assert [heard.text for heard in replies.noted] == ["heard before the end", "said at the end"]
