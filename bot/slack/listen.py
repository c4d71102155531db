"""What people say and do toward the bot: its two commands, buttons, forms, reactions, mentions, replies."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Protocol

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.briefing import Briefing, Section
from bot.domain.said import Command, Filled, Form, Heard, Reacted, Tap
from bot.domain.text import safe
from bot.guard.redact import redact
from bot.insist import attempt
from bot.slack import forms
from bot.slack.answering import Privately, Trouble, in_time, payload, settled
from bot.slack.heard import command_of, filled_of, heard_of, reacted_of, tap_of
from bot.slack.once import Once

Say = Callable[..., Awaitable[Any]]
Ear = Callable[..., Coroutine[Any, Any, None]]
Json = dict[str, Any]

COMMANDS = ("/incident", "/incident-action")
ACK_S = 2.5
"""Slack gives a command or a form 3 s, and then says itself that the app did not respond."""
PATIENCE_S = 30.0
"""After that a person is told that nothing came, instead of waiting on."""
FOLLOWS = Briefing(plain="Still at it", headline="Still at it; the answer follows here.")
_ANY = re.compile(r"\A", re.DOTALL)


class Replies(Protocol):
    """What the bot has to say and do when it is spoken to. What goes wrong inside is logged, and said in a sentence."""

    async def command(self, command: Command) -> Briefing | Form:
        """Said to this person only. A form has to be there within 3 s of the command, for Slack to open it."""
        ...

    async def tapped(self, tap: Tap) -> Briefing | Form | None:
        """Said to this person only. None: nothing is to be said. A form has to be there within 3 s."""
        ...

    async def filled(self, filled: Filled) -> Briefing | Mapping[str, str]:
        """Field → what is wrong with it keeps the form open, if that comes within `ACK_S`; else it is said."""
        ...

    async def reacted(self, reacted: Reacted) -> None:
        """The bot's own reactions are left out. It takes as long as it takes."""
        ...

    async def heard(self, heard: Heard) -> Briefing | None:
        """A message of a person; what to answer in its thread. None: it was not meant for the bot, or is answered
        in another way.
        """
        ...

    async def post(self, channel_id: str, thread: str, briefing: Briefing, key: str) -> None: ...

    async def whisper(self, channel_id: str, user_id: str, briefing: Briefing) -> None:
        """Says it to one person only. Raises ChatError."""
        ...


def listen(
    app: AsyncApp,
    replies: Replies,
    *,
    ack_s: float = ACK_S,
    patience_s: float = PATIENCE_S,
    mask: Callable[[str], str] = redact,
) -> Listening:
    """Binds the bot's ears to a Bolt app. What Slack delivers is done once, however often it is delivered.

    Slack is told at once that a thing was heard, and the work goes on after it; only a command's answer and a form's
    faults are waited for, `ack_s` seconds. What is not done in `patience_s` seconds is given up, and said so.
    """
    ears = Listening(replies, ack_s, patience_s, mask)
    for name in COMMANDS:
        app.command(name)(ears.kept(ears.commanded))
    app.action(_ANY)(ears.kept(ears.tapped))
    app.view(_ANY)(ears.kept(ears.filled))
    app.event("reaction_added")(ears.kept(ears.reacted))
    app.event("reaction_removed")(ears.kept(ears.reacted))
    app.event("app_mention")(ears.kept(ears.said))
    app.event("message")(ears.kept(ears.said))
    return ears


class Listening:
    """The ears: each of them takes what Bolt hands in by these names."""

    def __init__(self, replies: Replies, ack_s: float, patience_s: float, mask: Callable[[str], str]) -> None:
        self._replies = replies
        self._ack_s = ack_s
        self._patience_s = patience_s
        self._mask = mask
        self._once = Once()
        self._in_hand: set[asyncio.Task[None]] = set()

    def kept(self, ear: Ear) -> Ear:
        """The same ear, and `all_done` waits for what it does."""

        @functools.wraps(ear)  # Bolt looks at the names of its arguments
        async def keeping(*given: Any, **named: Any) -> None:
            task = asyncio.create_task(ear(*given, **named))
            self._in_hand.add(task)
            task.add_done_callback(self._in_hand.discard)
            await task

        return keeping

    async def all_done(self, patience_s: float) -> bool:
        """Whether everything that was heard is done with, after so many seconds at the most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while self._in_hand:  # to hear a thing begins what is done about it
                    await asyncio.wait(self._in_hand)
        return not self._in_hand

    async def commanded(self, ack: Say, respond: AsyncRespond, client: AsyncWebClient, body: Json) -> None:
        command = command_of(body)
        to = self._privately(client, command.channel_id, command.user_id, respond)
        work = self._once.begin(command.trigger, lambda: settled(self._replies.command(command), self._patience_s))
        outcome = await in_time(work, self._ack_s)
        if isinstance(outcome, Briefing):
            message = to.message(outcome)
            await ack(**payload(message))
            await self._after(command.trigger, lambda: to.send(message.more))
            return
        await ack(**(payload(to.message(FOLLOWS)) if outcome is None else {}))
        await self._after(command.trigger, lambda: _answer(to, work, command.trigger))

    async def tapped(self, ack: Say, respond: AsyncRespond, client: AsyncWebClient, body: Json) -> None:
        await ack()
        tap = tap_of(body)
        if tap is None:
            return
        thread = (body.get("container") or {}).get("thread_ts")
        to = self._privately(client, tap.channel_id, tap.user_id, respond, thread)
        work = self._once.begin(tap.trigger, lambda: settled(self._replies.tapped(tap), self._patience_s))
        await self._after(tap.trigger, lambda: _answer(to, work, tap.trigger))

    async def filled(self, ack: Say, client: AsyncWebClient, body: Json) -> None:
        filled, key = filled_of(body), str(body.get("trigger_id") or "")
        work = self._once.begin(key, lambda: settled(self._replies.filled(filled), self._patience_s))
        outcome = await in_time(work, self._ack_s)
        if isinstance(outcome, Mapping) and (errors := forms.wrong(body["view"], outcome, self._mask)):
            await ack(response_action="errors", errors=errors)
            return
        await ack()
        to = self._privately(client, filled.channel_id, filled.user_id)
        await self._after(key, lambda: _tell(to, work))

    async def reacted(self, body: Json, event: Json) -> None:
        """Bolt hands in no event that the bot itself brought about. Nobody waits for the end of this."""
        reacted = reacted_of(event)
        if reacted is None:
            return
        await self._once.begin(body["event_id"], lambda: settled(self._replies.reacted(reacted), None))

    async def said(self, event: Json, context: Json) -> None:
        """Answers a message once, though a mention comes as two events, and each of them again and again.

        An answer that could not be posted is not counted: delivered again, it is tried again.
        """
        heard = heard_of(event, str(context.get("bot_user_id")))
        if heard is None:
            return
        key = f"{heard.channel_id}/{heard.ts}"
        if not await self._once.begin(key, lambda: self._answered(heard)):
            self._once.forget(key)

    async def _answered(self, heard: Heard) -> bool:
        briefing = await settled(self._replies.heard(heard), self._patience_s)
        if briefing is None or (isinstance(briefing, Trouble) and not heard.mention):
            return True
        thread, key = heard.thread or heard.ts, f"answer:{heard.ts}"
        return await attempt("answer", lambda: self._replies.post(heard.channel_id, thread, briefing, key))

    def _privately(
        self,
        client: AsyncWebClient,
        channel: str,
        user: str,
        respond: AsyncRespond | None = None,
        thread: str | None = None,
    ) -> Privately:
        return Privately(
            client,
            self._mask,
            lambda briefing: self._replies.whisper(channel, user, briefing),
            channel,
            respond,
            thread,
        )

    async def _after(self, key: str, act: Callable[[], Awaitable[object]]) -> None:
        """What comes after the acknowledgement, once as well."""
        await self._once.begin(f"{key}/after" if key else "", act)


async def _answer(to: Privately, work: Awaitable[Briefing | Form | None], trigger: str) -> None:
    match await work:
        case Form() as form:
            await to.open(form, trigger)
        case Briefing() as briefing:
            await to.say(briefing)
        case None:
            return


async def _tell(to: Privately, work: Awaitable[Briefing | Mapping[str, str]]) -> None:
    """What came of a form. Faults that came too late to stand at its fields are said instead."""
    outcome = await work
    if isinstance(outcome, Briefing):
        await to.say(outcome)
    elif outcome:
        lines = tuple(f"• {safe(name, 80)}: {safe(wrong, 300)}" for name, wrong in outcome.items())
        headline = "*Not done:* what you filled in does not fit. Do the same again."
        await to.say(Briefing(plain="Not done", headline=headline, sections=(Section(lines),)))
