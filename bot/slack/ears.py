"""The bot's ears: Socket Mode when there is an app token, else Slack's signed HTTP on `/slack/events`."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.going_on import Part, go_on
from bot.slack.faults import NO_ANSWER, word_of
from bot.slack.listen import Replies, listen

log = structlog.get_logger(__name__)

CONNECT_S = 10.0
"""How long one try for a socket may take."""
LOOK_S = 0.25
"""How often it is looked whether the socket still stands: a command that is given in between fails."""
ANSWER_S = 2.0
"""How long an end waits for answers to what was heard."""
LONGEST_ASKED_S = 60.0
SHORT_LIFE_S = 15.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0
"""Where one socket after the other does not come about, or goes at once: 0, 0.5, 1, 2 … 15 seconds in between, or as
long as Slack asks for."""


@dataclass(frozen=True, slots=True)
class EarSettings:
    """How Slack reaches the bot. Without an app token and without a signing secret it is deaf, and can only post."""

    bot_token: str = field(repr=False)
    app_token: str | None = field(repr=False)
    signing_secret: str | None = field(repr=False)
    api_url: str
    tls: ssl.SSLContext


class Ears:
    def __init__(self, settings: EarSettings, replies: Replies) -> None:
        self._settings = settings
        web = AsyncWebClient(settings.bot_token, base_url=settings.api_url, ssl=settings.tls)
        self._app = AsyncApp(
            logger=logging.getLogger("slack_bolt"),  # its own would take the root's level and warn of each such event
            client=web,
            signing_secret=settings.signing_secret or "",
            request_verification_enabled=settings.app_token is None,
        )
        self._heard = listen(self._app, replies)
        self._hanging_up = False
        self._listening: asyncio.Task[None] | None = None

    def routes(self) -> list[Route]:
        """Slack's HTTP door; none where Socket Mode is used or nothing could be verified."""
        if self._settings.app_token or not self._settings.signing_secret:
            return []
        handler = AsyncSlackRequestHandler(self._app)

        async def events(request: Request) -> Response:
            return await handler.handle(request)

        return [Route("/slack/events", events, methods=["POST"])]

    async def open(self) -> None:
        """Begins to listen. With Slack away it goes on trying beside everything else."""
        if self._settings.app_token:
            listening = Part("deaf for now: Socket Mode", partial(self._listen, self._settings.app_token))
            self._listening = asyncio.create_task(go_on(listening))
        elif not self._settings.signing_secret:
            log.warning("deaf: neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set; posting works all the same")

    async def close(self) -> None:
        """Hears nothing more, and is done with what was heard. Never raises: what is closed after it must be closed
        all the same.
        """
        self._hanging_up = True
        if not await self._heard.all_done(ANSWER_S):
            log.warning("hanging up on people: they were not answered in time", seconds=ANSWER_S)
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

    async def _listen(self, app_token: str) -> None:
        """One socket after the other, for ever: where one is gone, the next is there as soon as Slack gives it.

        The library's own way back waits ten seconds first, and asks for ever with an address that Slack gave for one
        try only.
        """
        pause_s = 0.0
        while True:
            began = asyncio.get_running_loop().time()
            socket, asked_s = self._socket(app_token), 0.0
            try:
                await _hear_until_it_is_gone(socket)
            except NO_ANSWER as problem:
                asked_s = _come_again_in(problem)
                log.warning("deaf for now: no socket to Slack; look at SLACK_APP_TOKEN", problem=word_of(problem))
            finally:
                await _close(socket)
            short = asyncio.get_running_loop().time() - began < SHORT_LIFE_S
            await asyncio.sleep(max(pause_s, asked_s))
            pause_s = min(max(2 * pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S) if short else 0.0

    def _socket(self, app_token: str) -> AsyncSocketModeHandler:
        web = AsyncWebClient(app_token, base_url=self._settings.api_url, ssl=self._settings.tls)
        socket = AsyncSocketModeHandler(self._app, app_token, web_client=web)
        take = self._heard.kept(socket.handle)

        async def hear(client: Any, request: Any) -> None:
            if not self._hanging_up:  # else nothing is acknowledged: events come to the next start, a command fails
                await take(client, request)

        socket.client.socket_mode_request_listeners[:] = [hear]
        socket.client.default_auto_reconnect_enabled = socket.client.auto_reconnect_enabled = False
        return socket


async def _hear_until_it_is_gone(socket: AsyncSocketModeHandler) -> None:
    """Raises one of `NO_ANSWER` where it does not come about."""
    client = socket.client
    async with asyncio.timeout(CONNECT_S):
        client.wss_uri = (await client.web_client.apps_connections_open(app_token=client.app_token))["url"]
        await socket.connect_async()  # type: ignore[no-untyped-call]
    log.info("listening", by="socket mode")
    while await client.is_connected():  # noqa: ASYNC110 - the library does not tell when it goes
        await asyncio.sleep(LOOK_S)
    log.warning("the socket to Slack is gone; another is opened")


async def _close(socket: AsyncSocketModeHandler) -> None:
    closing: Awaitable[object] = socket.close_async()  # type: ignore[no-untyped-call]
    for problem in await asyncio.gather(closing, return_exceptions=True):
        if isinstance(problem, BaseException):
            log.warning("the socket to Slack did not close cleanly", exc_info=problem)


def _come_again_in(problem: Exception) -> float:
    """Seconds that Slack asks to be left alone, a minute at most."""
    asked = problem.response.headers.get("Retry-After") if isinstance(problem, SlackApiError) else None
    return min(float(asked), LONGEST_ASKED_S) if asked and str(asked).isdecimal() else 0.0
