"""A bot's ears at the playground's Slack, by Socket Mode or by signed HTTP, with answers that a test makes up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.domain.briefing import Briefing
from bot.domain.said import Command, Filled, Form, Heard, Reacted, Tap
from bot.slack.chat import SlackChat
from bot.slack.listen import listen
from bot.slack.web import Web
from playground.serving import serving
from playground.slack.serve import Slack


def said(text: str) -> Briefing:
    return Briefing(plain=text, headline=text)


@dataclass
class MadeUp:
    """`bot.slack.listen.Replies` that notes what it hears (in `noted`). An answer that is an exception is raised.

    With `gate`, nothing is answered until it is set.
    """

    chat: SlackChat
    to_command: Any = field(default_factory=lambda: said("the runbooks"))
    to_tap: Any = None
    to_filled: Any = field(default_factory=dict)
    to_message: Any = field(default_factory=lambda: said("because"))
    to_reaction: Any = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    noted: list[Any] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate.set()

    async def command(self, command: Command) -> Briefing | Form:
        return await self._answer(command, self.to_command)

    async def tapped(self, tap: Tap) -> Briefing | Form | None:
        return await self._answer(tap, self.to_tap)

    async def filled(self, filled: Filled) -> Briefing | Mapping[str, str]:
        return await self._answer(filled, self.to_filled)

    async def reacted(self, reacted: Reacted) -> None:
        await self._answer(reacted, self.to_reaction)

    async def heard(self, heard: Heard) -> Briefing | None:
        return await self._answer(heard, self.to_message)

    async def post(self, channel_id: str, thread: str, briefing: Briefing, key: str) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.posted.append(key)

    async def whisper(self, channel_id: str, user_id: str, briefing: Briefing) -> None:
        await self.chat.whisper(channel_id, user_id, briefing)

    async def _answer(self, what: Any, answer: Any) -> Any:
        self.noted.append(what)
        await self.gate.wait()
        if isinstance(answer, BaseException):
            raise answer
        return answer


@asynccontextmanager
async def socket_mode(slack: Slack, **limits: float) -> AsyncIterator[MadeUp]:
    async with _bot(slack, limits) as (app, replies):
        token = slack.workspace.settings.app_token
        handler = AsyncSocketModeHandler(app, token, web_client=AsyncWebClient(token, base_url=slack.api_url))
        await handler.connect_async()
        try:
            yield replies
        finally:
            await handler.close_async()


@asynccontextmanager
async def signed_http(slack: Slack, **limits: float) -> AsyncIterator[MadeUp]:
    async with _bot(slack, limits) as (app, replies):
        handler = AsyncSlackRequestHandler(app)

        async def events(request: Request) -> Response:
            return await handler.handle(request)

        async with serving(Starlette(routes=[Route("/slack/events", events, methods=["POST"])])) as url:
            await slack.set_request_url(f"{url}/slack/events")
            yield replies


@asynccontextmanager
async def _bot(slack: Slack, limits: Mapping[str, Any]) -> AsyncIterator[tuple[AsyncApp, MadeUp]]:
    settings = slack.workspace.settings
    web = AsyncWebClient(settings.bot_token, base_url=slack.api_url)
    app = AsyncApp(client=web, signing_secret=settings.signing_secret)
    chat = SlackChat(Web(settings.bot_token, slack.api_url), str)
    replies = MadeUp(chat)
    listen(app, replies, **limits)
    try:
        yield app, replies
    finally:
        await chat.close()
