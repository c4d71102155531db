"""What people say to the bot: `/incident-action`, mentions, and replies in the thread of a briefing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from slack_bolt.async_app import AsyncApp

from bot.domain.briefing import Briefing
from bot.insist import attempt
from bot.slack.blocks import render

Say = Callable[..., Awaitable[Any]]

ACK_S = 2.5
"""Slack gives a command 3 s, and then says itself that the app did not respond."""
REMEMBERED = 1_000
NO_ANSWER = "My database does not answer right now. Try again in a minute."


class Replies(Protocol):
    """What the bot has to say when it is spoken to. All of it is read from the journal; nothing acts."""

    async def command(self, channel_id: str, text: str) -> Briefing: ...

    async def question(self, channel_id: str, thread: str | None, text: str) -> Briefing | None:
        """None: it was not meant for the bot."""
        ...

    async def post(self, channel_id: str, thread: str, briefing: Briefing, key: str) -> None: ...


def listen(app: AsyncApp, replies: Replies, *, ack_s: float = ACK_S) -> None:
    """Binds the bot's ears to a Bolt app. Each Slack event is answered once, however often it is delivered.

    A command whose answer is not there in `ack_s` seconds is told so.
    """
    answered: dict[str, None] = {}
    """Events that were answered, or are just now."""

    async def once(event_id: str, channel: str, thread: str, briefing: Briefing | None) -> None:
        if briefing is None or event_id in answered:
            return
        answered[event_id] = None
        if len(answered) > REMEMBERED:
            answered.pop(next(iter(answered)))
        done = False
        try:
            done = await attempt("answer", lambda: replies.post(channel, thread, briefing, key=event_id))
        finally:
            if not done:  # delivered again, it is answered then
                answered.pop(event_id, None)

    @app.command("/incident-action")
    async def incident_action(ack: Say, command: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(ack_s):
                answer = await replies.command(command["channel_id"], command.get("text", ""))
        except TimeoutError:
            answer = Briefing(plain=NO_ANSWER, headline=NO_ANSWER)
        message = render(answer)
        await ack(text=message.text, blocks=message.blocks, response_type="ephemeral")

    @app.event("app_mention")
    async def mentioned(body: dict[str, Any], event: dict[str, Any]) -> None:
        thread = event.get("thread_ts")
        briefing = await replies.question(event["channel"], thread or event["ts"], event.get("text", ""))
        await once(body["event_id"], event["channel"], thread or event["ts"], briefing)

    @app.event("message")
    async def said(body: dict[str, Any], event: dict[str, Any], context: dict[str, Any]) -> None:
        mention = f"<@{context.get('bot_user_id')}>"
        by_a_person = not event.get("bot_id") and not event.get("subtype")
        if not by_a_person or not event.get("thread_ts") or mention in event.get("text", ""):
            return
        briefing = await replies.question(event["channel"], event["thread_ts"], event.get("text", ""))
        await once(body["event_id"], event["channel"], event["thread_ts"], briefing)
