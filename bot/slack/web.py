"""Slack's Web API with bounded patience: one connection pool, waits that Slack asks for, exact errors."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.ports import ChatError
from bot.settings import Settings, SettingsError
from bot.slack.faults import AWAY, NO_JSON, UNREADABLE
from bot.slack.governor import Governor
from bot.slack.rates import NONE, Call
from integrations.trust import context as tls_context

Act = Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]
Answer = Mapping[str, Any]

log = structlog.get_logger(__name__)

CALL_S = 10.0
"""One call may take this long."""
LONGEST_WAIT_S = 30.0
"""The longest «come again in …» that is waited for inside a call; beyond it the caller decides."""
LONGEST_PAUSE_S = 3_600.0
"""More than an hour nobody means: what stands between us and Slack would keep the bot silent, over each restart."""
WAITS = 3
PAUSES_S = (0.1, 0.5)
"""Before the second and third try of a call that may be repeated."""
PAGES = 20
_PASSING = {
    "ratelimited",
    "rate_limited",
    "message_limit_exceeded",
    "update_failed",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "team_added_to_org",
}


class Web:
    """One workspace, as one bot. Every method raises ChatError and nothing else.

    `sure` is asked before each call, as late as can be: it raises ChatError where another replica may be saying it.
    `governor`: before which each call waits its turn; without one there are no limits but those that Slack asks for.
    """

    def __init__(
        self,
        token: str,
        url: str,
        tls: ssl.SSLContext | None = None,
        sure: Callable[[], Awaitable[None]] | None = None,
        governor: Governor | None = None,
    ) -> None:
        self._sure = sure
        self._governor = governor or Governor(NONE)
        self._client = AsyncWebClient(token, base_url=url, ssl=tls, timeout=int(CALL_S), retry_handlers=[])
        if proxy_bypass(urlsplit(url).hostname or ""):
            self._client.proxy = None
        self._session: aiohttp.ClientSession | None = None
        self._auth: Answer | None = None

    async def call(self, call: Call, act: Act) -> Answer:
        """A call that may be repeated without harm: Slack's own faults are tried again, twice.

        `act` makes it, and is asked for it when its turn has come: what it says is the newest.
        """
        for pause in PAUSES_S:
            try:
                return await self.once(call, act)
            except ChatError as problem:
                if not problem.passing or problem.code == "ratelimited":
                    raise
            await asyncio.sleep(pause)
        return await self.once(call, act)

    async def once(self, call: Call, act: Act, longest_wait_s: float = LONGEST_WAIT_S) -> Answer:
        """A call that must not be repeated unseen. A rate limit did nothing, so it is waited for, within bounds."""
        since = self._governor.now()
        for _ in range(WAITS):
            try:
                async with self._governor.turn(call, since, longest_wait_s):
                    return await self._ask(act)
            except _Later as later:
                await self._governor.refused(call, later.seconds)
                if later.seconds > longest_wait_s:
                    raise ChatError("ratelimited", passing=True) from later
        raise ChatError("ratelimited", passing=True)

    def hurry(self, call: Call) -> None:
        """See `Governor.hurry`."""
        self._governor.hurry(call)

    async def pages(
        self, call: Call, act: Callable[[AsyncWebClient, str | None], Awaitable[AsyncSlackResponse]]
    ) -> AsyncIterator[Answer]:
        """Every page of a list, at most 20. `act` gets the cursor."""
        cursor: str | None = None
        for _ in range(PAGES):
            answer = await self.call(call, lambda client, at=cursor: act(client, at))  # type: ignore[misc]
            yield answer
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return

    async def user_id(self) -> str:
        """The bot's own user id."""
        return str((await self._self())["user_id"])

    async def team_id(self) -> str:
        """The workspace's id."""
        return str((await self._self())["team_id"])

    async def _self(self) -> Answer:
        if self._auth is None:
            self._auth = await self.call(Call("auth.test"), lambda client: client.auth_test())
        return self._auth

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _ask(self, act: Act) -> Answer:
        if self._session is None or self._session.closed:  # here and not before: it belongs to the running loop
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_S))
            self._client.session = self._session
        if self._sure is not None:
            await self._sure()
        try:
            data = (await act(self._client)).data
        except SlackApiError as refusal:
            raise _meaning(refusal) from refusal
        except SlackRequestError as failure:  # an upload that was not taken
            raise ChatError("upload_failed", passing=True) from failure
        except AWAY as failure:
            raise ChatError("unreachable", passing=True) from failure
        except UNREADABLE as failure:
            log.warning("who answers is not Slack", exc_info=failure)
            raise ChatError(NO_JSON, passing=True) from failure
        return data if isinstance(data, dict) else {}


def open_web(
    settings: Settings, sure: Callable[[], Awaitable[None]] | None = None, governor: Governor | None = None
) -> Web:
    """Slack as the settings name it; nothing is connected yet. Raises SettingsError, or Refused for a bad CA file."""
    if settings.slack_bot_token is None:
        raise SettingsError("SLACK_BOT_TOKEN: not set; create the app from slack-manifest.yaml to get one")
    tls = tls_context("slack", settings.extra_ca_file)
    return Web(settings.slack_bot_token.get_secret_value(), settings.slack_api_url, tls, sure, governor)


class _Later(Exception):
    """Slack asks to come again in so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"in {seconds} s")
        self.seconds = seconds


def _meaning(refusal: SlackApiError) -> ChatError | _Later:
    """What Slack's no means. Who does not speak JSON is not Slack but something in between, which may get over it."""
    answer = refusal.response
    status = int(getattr(answer, "status_code", 0) or getattr(answer, "status", 200))
    data = getattr(answer, "data", None)
    code = str(data.get("error") or "") if isinstance(data, dict) else ""
    if status == 429:
        return _Later(_seconds(answer.headers.get("Retry-After")))
    return ChatError(code or f"http_{status}", passing=not code or status >= 500 or code in _PASSING)


def _seconds(header: object) -> float:
    try:
        return min(max(0.0, float(str(header))), LONGEST_PAUSE_S)
    except ValueError:
        return 1.0
