"""What people say is answered once, also where Slack or the database is away for a moment."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from bot.domain.said import Heard
from bot.ports import ChatError
from bot.slack.chat import SlackChat
from bot.slack.ears import Ears, EarSettings
from bot.slack.heard import heard_of
from bot.slack.listen import listen
from bot.slack.scopes import SCOPES
from bot.slack.web import Web
from integrations.trust import context as tls_context
from playground.slack.serve import Slack, running
from playground.slack.settings import SlackSettings
from tests.slack.ears import MadeUp


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with running(SlackSettings(bot_scopes=frozenset(SCOPES))) as server:
        yield server


@pytest.fixture
async def replies(slack: Slack) -> AsyncIterator[MadeUp]:
    chat = SlackChat(Web(slack.workspace.settings.bot_token, slack.api_url), str)
    yield MadeUp(chat)
    await chat.close()


@pytest.fixture
def app(slack: Slack, replies: MadeUp) -> AsyncApp:
    web = AsyncWebClient(slack.workspace.settings.bot_token, base_url=slack.api_url)
    bolt = AsyncApp(client=web, request_verification_enabled=False, process_before_response=True)
    listen(bolt, replies)
    return bolt


async def ask(app: AsyncApp) -> None:
    event = {"type": "app_mention", "user": "U1", "channel": "C1", "ts": "1.0", "text": "<@U0> why?"}
    body = {"type": "event_callback", "event_id": "Ev1", "team_id": "T1", "event": event}
    await app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))


async def test_an_event_is_answered_once_however_often_it_comes(app: AsyncApp, replies: MadeUp) -> None:
    for _ in range(3):
        await ask(app)
    assert replies.posted == ["answer:1.0"]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({}, Heard("C1", "1.0", None, "why?", "U1", True)),
        ({"text": "why?"}, Heard("C1", "1.0", None, "why?", "U1", False)),
        ({"text": "why?", "channel_type": "im"}, Heard("C1", "1.0", None, "why?", "U1", True)),
        ({"text": "<@U0>: why\nnow?"}, Heard("C1", "1.0", None, "why\nnow?", "U1", True)),
        ({"text": "ask <@U0|bot> why"}, Heard("C1", "1.0", None, "ask why", "U1", True)),
        ({"text": "<@U00> why?"}, Heard("C1", "1.0", None, "<@U00> why?", "U1", False)),
        ({"thread_ts": "0.5", "subtype": "thread_broadcast"}, Heard("C1", "1.0", "0.5", "why?", "U1", True)),
        ({"subtype": "file_share", "text": None}, Heard("C1", "1.0", None, "", "U1", False)),
        ({"subtype": "message_changed"}, None),
        ({"subtype": "channel_join"}, None),
        ({"subtype": "bot_message"}, None),
        ({"bot_id": "B1"}, None),
        ({"user": "U0"}, None),
        ({"user": "USLACKBOT"}, None),
        ({"user": None}, None),
        ({"edited": {"user": "U1", "ts": "2.0"}}, None),
    ],
)
def test_what_people_write_is_heard_and_nothing_else(event: dict[str, Any], expected: Heard | None) -> None:
    written = {"type": "message", "user": "U1", "channel": "C1", "ts": "1.0", "text": "<@U0> why?"}
    assert heard_of(written | event, "U0") == expected


async def test_a_fault_that_passes_is_waited_for(app: AsyncApp, replies: MadeUp) -> None:
    replies.faults = [ChatError("unreachable", passing=True)]
    await ask(app)
    assert replies.posted == ["answer:1.0"]


async def test_an_answer_that_was_not_posted_is_not_counted_as_given(app: AsyncApp, replies: MadeUp) -> None:
    replies.faults = [ChatError("not_in_channel", passing=False)]
    await ask(app)
    assert replies.posted == []
    await ask(app)
    assert replies.posted == ["answer:1.0"]


async def test_ears_that_cannot_listen_say_so_and_close_all_the_same(slack: Slack, replies: MadeUp) -> None:
    no_token: Any = 5
    tls = tls_context("slack", None)
    ears = Ears(EarSettings(slack.workspace.settings.bot_token, no_token, None, slack.api_url, tls), replies)
    with capture_logs() as logs:
        await ears.open()
        for _ in range(100):
            if logs:
                break
            await asyncio.sleep(0.01)
        await ears.close()
    assert [(line["log_level"], "deaf" in line["part"]) for line in logs] == [("error", True)]
