"""Replies that grow while they are written: by Slack's streaming where it takes it, else by edits.

What is to be shown is kept, and one task a reply shows the newest of it when its turn comes. A reply that another
process began is closed first and edited from then on, for what it shows already is not known here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import structlog

from bot.domain.incident import Posted
from bot.guard.plain_reply import streamable
from bot.insist import HOPELESS
from bot.ports import ChatError, Doing
from bot.priority import Priority, done_as
from bot.slack.blocks import Message, render
from bot.slack.posts import Posts
from bot.slack.reading import Reading
from bot.slack.so_far import so_far
from bot.slack.streams import LOOKING, Chunk, Streams, is_of, is_open, mark, task, words
from bot.slack.web import Web

log = structlog.get_logger(__name__)

STREAMED = 11_000
"""Characters of a stream's text; Slack takes 12,000."""
LOOKED_BACK_S = 86_400.0
"""How old a reply may be that a crash left behind."""
REMEMBERED = 500
_NO_STREAMS = frozenset(
    {
        *("unknown_method", "method_deprecated", "not_allowed_token_type", "missing_scope", "access_denied"),
        *("channel_type_not_supported", "agent_feature_disabled", "feature_not_enabled", "invalid_stream_arguments"),
    }
)
"""What Slack says where this app cannot stream at all: it is not asked again."""
_ELSEWHERE = frozenset({"block_mismatch", "streaming_state_conflict", "message_not_found"})
"""What Slack says of a message that cannot be made to say something else: another one may have to."""


@dataclass(slots=True)
class _Reply:
    """One reply, as far as this process knows."""

    posted: Posted
    key: str | None = None
    way: Literal["stream", "edits", "none"] = "edits"
    open: bool = True
    """Whether it may be a stream that nobody has closed."""
    wanted: tuple[str, tuple[Doing, ...]] | None = None
    """What it is to show; None once it has ended."""
    whole: str = ""
    """The whole lines of its text, and in `shown` what of them may be shown: masking is done once for each line."""
    shown: str = ""
    streamed: str = ""
    tasks: dict[str, Chunk] = field(default_factory=dict)
    """Each as it was shown last."""
    said: Message | None = None
    at_work: asyncio.Task[None] | None = None
    appending: bool = False
    """Whether more of it is on its way to Slack."""


class GrowingReplies:
    """`begin_reply`, `grow_reply` and `end_reply` of `bot.ports.Chat`. `mask` is applied to every text."""

    def __init__(self, web: Web, posts: Posts, mask: Callable[[str], str]) -> None:
        self._posts = posts
        self._reading = Reading(web)
        self._streams = Streams(web)
        self._mask = mask
        self._can_stream = True
        self._begun: dict[str, Posted] = {}
        self._replies: dict[Posted, _Reply] = {}

    async def begin(self, channel_id: str, thread: str, reader: str, key: str) -> Posted:
        """A new reply in the thread, or the one that was begun under this key before. Raises ChatError."""
        if key not in self._begun:
            reply = await self._left_behind(channel_id, thread, key) or await self._new(channel_id, thread, reader, key)
            await self._posts.took(reply.posted, thread)
            self._begun[key] = self._remember(reply).posted
        return self._begun[key]

    def grow(self, posted: Posted, text: str, doing: Sequence[Doing]) -> None:
        """Notes what it is to show, and sees to it that it is shown. Never raises, and waits for nothing."""
        reply = self._known(posted)
        reply.wanted = (text, tuple(doing))
        if reply.at_work is None or reply.at_work.done():
            reply.at_work = asyncio.create_task(self._show(reply))

    async def end(self, posted: Posted, message: Message) -> None:
        """From now on it says this. Raises ChatError."""
        reply = self._known(posted)
        reply.wanted, reply.way = None, "none"
        if reply.at_work is not None:
            if not (reply.appending or self._posts.is_sending(posted)):
                reply.at_work.cancel()  # what is out is waited for, lest it arrives behind the last one
            await asyncio.gather(reply.at_work, return_exceptions=True)
        await self._close(reply)
        try:
            await self._posts.edit(posted, message)
        except ChatError as problem:
            if problem.code not in _ELSEWHERE:
                raise
            await self._say_instead(posted, message, problem)

    async def close(self) -> None:
        """Gives up what is still to be shown."""
        tasks = [reply.at_work for reply in self._replies.values() if reply.at_work is not None]
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ── beginning ──

    async def _left_behind(self, channel_id: str, thread: str, key: str) -> _Reply | None:
        """The reply under this key that an earlier process began."""
        async for message in self._reading.messages(channel_id, thread, since=time.time() - LOOKED_BACK_S):
            if not await self._reading.is_mine(message):
                continue
            if await self._reading.key_of(message) == key or is_of(message, key):
                posted = Posted(channel_id, str(message["ts"]))
                return _Reply(posted, key, open=is_open(message))
        return None

    async def _new(self, channel_id: str, thread: str, reader: str, key: str) -> _Reply:
        """A stream where Slack takes one, else a message. What is not known to have failed is not done again."""
        if self._can_stream:
            try:
                return _Reply(await self._streams.start(channel_id, thread, reader, key), key, "stream")
            except ChatError as refusal:
                if refusal.passing and refusal.code != "ratelimited":
                    raise
                self._can_stream = refusal.code not in _NO_STREAMS
                log.info("a reply is edited instead of streamed", slack=refusal.code)
        message = render(so_far("", ()))
        return _Reply(await self._posts.post(channel_id, message, key, thread), key, open=False, said=message)

    # ── growing ──

    @done_as(Priority.CHATTER)
    async def _show(self, reply: _Reply) -> None:
        """Shows what is wanted until nothing more is. While one step waits for its turn, the next ones join it."""
        while reply.way != "none" and (news := self._news(reply)):
            try:
                await self._send(reply, news)
            except ChatError as problem:
                self._learn(reply, problem)

    def _news(self, reply: _Reply) -> list[Chunk] | Message | None:
        """What has to be sent for it to show what is wanted; nothing where it does."""
        if reply.wanted is None:
            return None
        text, doing = reply.wanted
        masked = [Doing(one.id, self._mask(one.title), one.state) for one in doing]
        whole = text[: text.rfind("\n") + 1]
        if whole != reply.whole:
            reply.whole, reply.shown = whole, streamable(whole, mask=self._mask)
        if reply.way == "stream":
            return self._chunks(reply, reply.shown[:STREAMED], masked)
        message = render(so_far(reply.shown, masked))
        return message if message != reply.said else None

    def _chunks(self, reply: _Reply, shown: str, doing: Sequence[Doing]) -> list[Chunk]:
        tasks = [task(one) for one in doing]
        more = shown[len(reply.streamed) :] if shown.startswith(reply.streamed) else ""
        if reply.key and (tasks or more):
            tasks.insert(0, task(Doing(mark(reply.key), LOOKING, "complete")))
        changed = [one for one in tasks if reply.tasks.get(one["id"]) != one]
        return [*changed, words(more)] if more else changed

    async def _send(self, reply: _Reply, news: list[Chunk] | Message) -> None:
        if isinstance(news, Message):
            await self._close(reply)
            await self._posts.edit(reply.posted, news)
            reply.said = news
            return
        sent: list[Chunk] = []

        @contextmanager
        def newest() -> Iterator[Sequence[Chunk]]:
            reply.appending = True
            by_now = self._news(reply)
            sent[:] = by_now if by_now and not isinstance(by_now, Message) else news
            try:
                yield sent
            finally:
                reply.appending = False

        await self._streams.append(reply.posted, newest)
        for chunk in sent:
            reply.streamed += chunk.get("text", "")
            if "id" in chunk:
                reply.tasks[chunk["id"]] = chunk

    def _learn(self, reply: _Reply, problem: ChatError) -> None:
        """How it goes on after a refusal. An append of which nothing was heard may have been done: not again."""
        if problem.code == "ratelimited":
            reply.wanted = None  # Slack wants a long pause: what comes after it is shown
        elif problem.code == "stopped_by_user" or problem.code in HOPELESS:
            reply.way = "none"
        elif reply.way == "stream":
            reply.way = "edits"
        else:
            reply.wanted = None  # what comes next is tried again
        log.info("a reply did not grow", slack=problem.code, way=reply.way)

    # ── ending ──

    async def _close(self, reply: _Reply) -> None:
        """Nothing can be edited that is a stream. Raises ChatError where it is not known to be none now."""
        if not reply.open:
            return
        try:
            await self._streams.stop(reply.posted, reply.key)
        except ChatError as problem:
            if problem.passing:
                raise
        reply.open = False

    async def _say_instead(self, posted: Posted, message: Message, problem: ChatError) -> None:
        """Says it in a message of its own behind the one that cannot be changed, and takes that one away."""
        key, thread = f"{posted.ts}:instead", await self._posts.thread_of(posted)
        if found := await self._reading.find(posted.channel_id, key, thread):
            await self._posts.edit(found, message)
        elif problem.code == "message_not_found":
            raise problem  # people removed it
        else:
            await self._posts.post(posted.channel_id, message, key, thread)
        await self._posts.take_away(posted)

    # ── remembering ──

    def _known(self, posted: Posted) -> _Reply:
        return self._replies.get(posted) or self._remember(_Reply(posted))

    def _remember(self, reply: _Reply) -> _Reply:
        self._replies[reply.posted] = reply
        if len(self._replies) > REMEMBERED:
            forgotten = self._replies.pop(next(iter(self._replies)))
            self._begun.pop(forgotten.key or "", None)
        return reply
