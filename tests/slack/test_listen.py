"""What people say is answered once, also where Slack or the database is away for a moment."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from bot.domain.briefing import Briefing
from bot.domain.said import Command, Form
from bot.ports import ChatError
from bot.slack.ears import Ears, EarSettings
from bot.slack.listen import listen
from bot.slack.scopes import SCOPES
from integrations.trust import context as tls_context
from playground.slack.serve import Slack, running
from playground.slack.settings import SlackSettings


class Spoken:
    """Answers everything; `faults` are raised by the posts to come, and a `stuck` database answers no command."""

    def __init__(self) -> None:
        self.posted: list[str] = []
        self.faults: list[ChatError] = []
        self.stuck = False
        self.said = asyncio.Event()

    async def command(self, command: Command) -> Briefing | Form:
        if self.stuck:
            await asyncio.Event().wait()
        return Briefing("plain", "*found*")

    async def question(self, channel_id: str, thread: str | None, text: str, user_id: str = "") -> Briefing | None:
        return Briefing("plain", "*because*")

    async def whisper(self, channel_id: str, user_id: str, briefing: Briefing) -> None:
        """Goes nowhere here."""

    async def post(self, channel_id: str, thread: str, briefing: Briefing, key: str) -> None:
        self.said.set()
        if self.faults:
            raise self.faults.pop(0)
        self.posted.append(key)


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with running(SlackSettings(bot_scopes=frozenset(SCOPES))) as server:
        yield server


@pytest.fixture
def replies() -> Spoken:
    return Spoken()


@pytest.fixture
def app(slack: Slack, replies: Spoken) -> AsyncApp:
    web = AsyncWebClient(slack.workspace.settings.bot_token, base_url=slack.api_url)
    bolt = AsyncApp(client=web, request_verification_enabled=False, process_before_response=True)
    listen(bolt, replies, ack_s=0.2, patience_s=0.4)
    return bolt


async def ask(app: AsyncApp) -> None:
    event = {"type": "app_mention", "user": "U1", "channel": "C1", "ts": "1.0", "text": "<@U0> why?"}
    body = {"type": "event_callback", "event_id": "Ev1", "team_id": "T1", "event": event}
    await app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))


async def test_an_event_is_answered_once_however_often_it_comes(app: AsyncApp, replies: Spoken) -> None:
    for _ in range(3):
        await ask(app)
    assert replies.posted == ["Ev1"]


async def test_a_fault_that_passes_is_waited_for(app: AsyncApp, replies: Spoken) -> None:
    replies.faults = [ChatError("unreachable", passing=True)]
    await ask(app)
    assert replies.posted == ["Ev1"]


async def test_an_answer_that_was_not_posted_is_not_counted_as_given(app: AsyncApp, replies: Spoken) -> None:
    replies.faults = [ChatError("not_in_channel", passing=False)]
    await ask(app)
    assert replies.posted == []
    await ask(app)
    assert replies.posted == ["Ev1"]


async def test_a_command_is_answered_before_slack_gives_up_on_it(app: AsyncApp, replies: Spoken) -> None:
    body = {"command": "/incident-action", "channel_id": "C1", "text": "", "team_id": "T1", "user_id": "U1"}
    for replies.stuck, words in ((False, "found"), (True, "the answer follows")):
        answer = await app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))
        assert words in json.dumps(answer.body if isinstance(answer.body, dict) else json.loads(answer.body))


async def test_ears_that_cannot_listen_say_so_and_close_all_the_same(slack: Slack, replies: Spoken) -> None:
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
    assert [(line["log_level"], "deaf" in line["event"]) for line in logs] == [("error", True)]
