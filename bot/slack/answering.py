"""How what somebody did in Slack is answered to them alone, in time, and whatever goes wrong inside."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.briefing import DATABASE_DOWN, Briefing
from bot.domain.said import Form
from bot.insist import attempt
from bot.ports import JournalDown
from bot.slack.blocks import Message, render
from bot.slack.faults import NO_ANSWER, word_of
from bot.slack.forms import modal

T = TypeVar("T")
log = structlog.get_logger(__name__)

RESPONSES = 5
"""As often takes a response URL an answer."""


class Trouble(Briefing):
    """What is said where something went wrong inside."""


def _trouble(sentence: str) -> Trouble:
    return Trouble(plain=sentence, headline=sentence)


NO_DATABASE = _trouble(DATABASE_DOWN)
NO_END = _trouble(
    "No answer came in time, and it may or may not be done. `/incident-action status` shows what is; then try again."
)
FAILED = _trouble("That did not work: the fault is mine, and it is in my log. Try again, or ask in the channel.")
TOO_LATE = _trouble("Slack would not open the form in time. Do the same again.")
TOO_LONG = _trouble("That form holds more than Slack takes. Type the parameters behind the command: `name=value …`")


async def settled(doing: Awaitable[T], patience_s: float | None) -> T | Trouble:
    """What came of it; where it failed, or took longer than `patience_s` seconds, what to say. It is logged.

    None: it takes as long as it takes.
    """
    try:
        async with asyncio.timeout(patience_s):
            (outcome,) = await asyncio.gather(doing, return_exceptions=True)
    except TimeoutError:
        log.warning("given up: it took too long", seconds=patience_s)
        return NO_END
    if isinstance(outcome, JournalDown):
        log.warning("not answered: the database is away")
        return NO_DATABASE
    if isinstance(outcome, BaseException):
        log.error("not answered: it failed", exc_info=outcome)
        return FAILED
    return outcome


async def in_time(work: asyncio.Task[T], seconds: float) -> T | None:
    """What came of it; None where it is not done by then, and goes on."""
    await asyncio.wait({work}, timeout=seconds)
    return work.result() if work.done() else None


def payload(message: Message) -> dict[str, Any]:
    """As an acknowledgement or a response URL takes it."""
    return {"text": message.text, "blocks": list(message.blocks), "response_type": "ephemeral"}


@dataclass(frozen=True, slots=True)
class Privately:
    """One person, to whom alone something is said in answer to what they did."""

    client: AsyncWebClient
    mask: Callable[[str], str]
    whisper: Callable[[Briefing], Awaitable[None]]
    """Where there is no response URL, or it does not take the answer."""
    channel_id: str
    respond: AsyncRespond | None = None
    thread: str | None = None

    def message(self, briefing: Briefing) -> Message:
        return render(briefing.mapped(self.mask))

    async def say(self, briefing: Briefing) -> None:
        """All of it. Never raises: what Slack does not take is logged."""
        message = self.message(briefing)
        if not await self.send((message, *message.more)):
            await attempt("whisper", lambda: self.whisper(briefing))

    async def send(self, messages: Sequence[Message]) -> bool:
        """As many as a response URL takes; False where it does not."""
        if self.respond is None or not self.respond.response_url:
            return False
        try:
            for message in messages[:RESPONSES]:
                answer = await self.respond(**payload(message), replace_original=False, thread_ts=self.thread)
                if answer.status_code != 200:
                    log.warning("the response URL did not take the answer", status=answer.status_code)
                    return False
        except NO_ANSWER as problem:
            log.warning("the response URL did not answer", reason=word_of(problem))
            return False
        return True

    async def open(self, form: Form, trigger: str) -> None:
        """Opens the form, or says why not. Never raises."""
        view = modal(form, self.channel_id, self.mask)
        if view is None:
            log.error("a form was not opened: it holds more than Slack takes", does=form.does)
            await self.say(TOO_LONG)
            return
        try:
            await self.client.views_open(trigger_id=trigger, view=view)
        except NO_ANSWER as problem:
            log.warning("a form was not opened", does=form.does, slack=word_of(problem))
            await self.say(TOO_LATE)
