"""The bot's ears: Socket Mode when there is an app token, else Slack's signed HTTP on `/slack/events`."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable
from dataclasses import dataclass, field

import stamina
import structlog
from aiohttp import ClientError
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.slack.listen import Replies, listen

log = structlog.get_logger(__name__)


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
        listen(self._app, replies)
        self._socket: AsyncSocketModeHandler | None = None
        self._connecting: asyncio.Task[None] | None = None

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
            self._connecting = asyncio.create_task(self._connect(self._settings.app_token))
            self._connecting.add_done_callback(_tell_if_deaf)
        elif not self._settings.signing_secret:
            log.warning("deaf: neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set; posting works all the same")

    async def close(self) -> None:
        """Never raises: what is closed after it must be closed all the same."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        if self._socket is not None:
            closing: Awaitable[object] = self._socket.close_async()  # type: ignore[no-untyped-call]
            for problem in await asyncio.gather(closing, return_exceptions=True):
                if isinstance(problem, BaseException):
                    log.warning("the socket to Slack did not close cleanly", exc_info=problem)

    async def _connect(self, app_token: str) -> None:
        web = AsyncWebClient(app_token, base_url=self._settings.api_url, ssl=self._settings.tls)
        self._socket = AsyncSocketModeHandler(self._app, app_token, web_client=web)
        failures = (SlackApiError, ClientError, OSError, TimeoutError)
        async for tried in stamina.retry_context(on=failures, attempts=None, timeout=None, wait_max=30.0):
            with tried:
                await self._socket.connect_async()  # type: ignore[no-untyped-call]
        log.info("listening", by="socket mode")


def _tell_if_deaf(connecting: asyncio.Task[None]) -> None:
    if not connecting.cancelled() and (problem := connecting.exception()):
        log.error(
            "deaf: Socket Mode ended in an error; posting works all the same; look at SLACK_APP_TOKEN, then restart",
            exc_info=problem,
        )
