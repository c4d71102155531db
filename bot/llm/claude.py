"""Claude over Anthropic's SDK, streamed: the one door through which anything goes to a model."""

from __future__ import annotations

import asyncio
import importlib
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from bot.domain.dialogue import Reply, Request
from bot.domain.money import Money, Usage
from bot.guard.redact import redact
from bot.llm import listen, wire
from bot.llm.families import family
from bot.llm.prices import Prices, PricesError
from bot.questions.model_ports import ModelError
from bot.settings import Settings, SettingsError
from integrations import trust
from integrations.contract import RoomError

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

log = structlog.get_logger(__name__)

LIMIT_S = 60.0
"""For one call, from its first byte to its last."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to reach the models, and which ones."""

    key: str = field(repr=False)
    base_url: str
    large: tuple[str, ...]
    small: tuple[str, ...]
    prices: Prices = field(default_factory=Prices)
    ca_file: Path | None = None
    limit_s: float = LIMIT_S


def wanted(settings: Settings) -> Wanted | None:
    """What the settings ask for; None without a key. Raises SettingsError."""
    if settings.anthropic_api_key is None:
        return None
    try:
        prices = Prices.read(settings.model_prices)
    except PricesError as wrong:
        raise SettingsError(f"MODEL_PRICES: {wrong}") from None
    return Wanted(
        settings.anthropic_api_key.get_secret_value(),
        settings.anthropic_base_url,
        settings.models_large,
        settings.models_small,
        prices,
        settings.extra_ca_file,
    )


class Claude:
    """`bot.questions.model_ports.Model`. The SDK is imported in a thread at the first call, for that takes a second."""

    def __init__(self, wanted: Wanted, mask: wire.Mask = redact, now: Callable[[], float] = time.monotonic) -> None:
        """`mask` takes the secrets out of a text; whatever goes to the model or comes from it passes it."""
        self._wanted = wanted
        self._mask = mask
        self._now = now
        self._opening = asyncio.Lock()
        self._client: AsyncAnthropic | None = None

    def route(self, work: str) -> tuple[str, ...]:
        return self._wanted.small if work == "small" else self._wanted.large

    def most(self, request: Request, model: str) -> Money:
        return self._wanted.prices.most(request.about_tokens, request.most_tokens + family(model).room, model)

    def cost(self, usage: Usage, model: str) -> Money:
        return self._wanted.prices.cost(usage, model)

    async def say(
        self,
        request: Request,
        model: str,
        on_text: Callable[[str], None] = lambda text: None,
        on_usage: Callable[[Usage], None] = lambda usage: None,
    ) -> Reply:
        """See `bot.questions.model_ports.Model`. `on_text` is called five times a second at most and must not raise."""
        client = await self._open()
        sent = await asyncio.to_thread(wire.request, request, model, self._mask)
        heard = listen.Listening(on_text, on_usage, self._mask, self._now)
        with self._in_plain_words(model, lambda: heard.used):
            async with asyncio.timeout(self._wanted.limit_s):
                message = await _stream(client, sent, heard)
            reply = listen.reply(message, model, self._mask)
        if reply is None:
            raise ModelError("the stream broke off", passing=True, used=heard.used)
        return reply

    async def get_ready(self) -> None:
        """Imports the SDK, which takes seconds, and asks nobody: so that the first briefing does not wait for it."""
        with suppress(ModelError):  # whoever asks is told
            await self._open()

    async def greet(self, model: str) -> None:
        """Whether the key is let in and the model is there, at no cost. Raises ModelError."""
        client = await self._open()
        with self._in_plain_words(model, lambda: None):
            await client.messages.count_tokens(model=model, messages=[{"role": "user", "content": "Hello"}])

    @contextmanager
    def _in_plain_words(self, model: str, used: Callable[[], Usage | None]) -> Iterator[None]:
        from bot.llm import errors  # imports the SDK, so not before `_open` has

        try:
            yield
        except errors.FAILURES as error:
            # only its kind, and without it as a cause: the SDK's errors hold what was sent
            log.warning("a call to a model failed", model=model, kind=type(error).__name__)
            raise errors.plainly(error, used(), self._wanted.limit_s) from None

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    async def _open(self) -> AsyncAnthropic:
        async with self._opening:
            if self._client is None:
                try:
                    self._client = await asyncio.to_thread(open_client, self._wanted)
                except RoomError as wrong:
                    raise ModelError(f"{wrong.reason}: {wrong.fix}", passing=False, used=Usage()) from None
            return self._client


async def _stream(client: AsyncAnthropic, sent: wire.Json, heard: listen.Listening) -> Any:
    async with client.messages.stream(**sent) as stream:
        async for event in stream:
            heard.take(event)
        message = await stream.get_final_message()
    heard.finish()
    return message


def open_client(wanted: Wanted) -> AsyncAnthropic:
    """The SDK's client: one try for each call, no trace of what is said, only to the address that is set.

    Blocking. Raises RoomError where EXTRA_CA_FILE cannot be used.
    """
    anthropic = importlib.import_module("anthropic")
    # At DEBUG it logs whole requests, and ANTHROPIC_LOG in the environment would turn that on.
    logging.getLogger("anthropic").setLevel(logging.WARNING)
    http = anthropic.DefaultAsyncHttpxClient(
        verify=trust.context("model", wanted.ca_file), timeout=wanted.limit_s, follow_redirects=False
    )
    made: AsyncAnthropic = anthropic.AsyncAnthropic(
        api_key=wanted.key,
        base_url=wanted.base_url,
        timeout=wanted.limit_s,
        max_retries=0,
        open_telemetry=False,
        http_client=http,
    )
    return made
