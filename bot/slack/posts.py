"""Messages of this bot: posted under a key, found again by it, edited with what follows them in their thread."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.incident import Posted
from bot.ports import ChatError
from bot.slack.blocks import Message
from bot.slack.rates import Call
from bot.slack.web import Answer, Web

EVENT = "first_responder"
PAGE = 200
FEW_PAGES = 5
"""A message is looked for among the newest thousand of its place."""
REMEMBERED = 2_000


@dataclass(slots=True)
class _Standing:
    """What this process knows of one of its messages."""

    thread: str
    ours: bool = False
    """Whether this very process posted it."""
    said: Message | None = None
    """What it says now, with all that carries on in the thread; None where that is not sure."""
    sure: bool = True
    """Whether `more` is all that stands there: not after a call of which nothing was heard."""
    more: list[str] = field(default_factory=list)
    """The ts of each message that carries on in the thread."""
    files: set[str] = field(default_factory=set)
    """Names of what this process has put into the thread."""


@dataclass(slots=True)
class _Wish:
    """What one message is to say, for all who are about to edit it."""

    newest: Message
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    many: int = 0
    """How many edits of it have begun and not ended."""
    on_the_wire: bool = False


class Posts:
    """What the bot has said. Nothing here is needed to be right; it spares calls."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._known: dict[Posted, _Standing] = {}
        self._wishes: dict[Posted, _Wish] = {}

    async def find(self, channel_id: str, key: str, thread: str | None = None) -> Posted | None:
        """The message of this bot that was posted under this key. Raises ChatError."""
        async for message in self.messages(channel_id, thread):
            if await self.key_of(message) == key:
                return Posted(channel_id, str(message["ts"]))
        return None

    async def post(self, channel_id: str, message: Message, key: str, thread: str | None) -> Posted:
        """One call, and one for each message that carries on in the thread. Raises ChatError."""
        posted = Posted(channel_id, await self._say(channel_id, message, key, thread))
        standing = self._remember(posted, _Standing(thread or posted.ts, ours=True))
        with self._looked_up_again_where_it_fails(posted):
            await self._carry_on(posted, standing, message)
        return posted

    async def stand(self, channel_id: str, message: Message, key: str, thread: str | None) -> Posted:
        """Posts it, or says what is missing where it stands only in part. Raises ChatError.

        What stands whole costs the one look for it, and a second one only where it is long and of another process.
        """
        found = await self.find(channel_id, key, thread)
        if found is None:
            return await self.post(channel_id, message, key, thread)
        if message.more and len((await self._standing(found, thread)).more) < len(message.more):
            await self.edit(found, message)
        return found

    async def edit(self, posted: Posted, message: Message) -> None:
        """Makes it say this; nothing is sent when it does already. Raises ChatError.

        Of several edits that wait for their turn the first says the newest of them, and then all are done.
        """
        wish = self._wishes.setdefault(posted, _Wish(message))
        wish.newest = message
        wish.many += 1
        self._web.hurry(_changing(posted))
        try:
            async with wish.turn:
                await self._say_the_newest(posted, wish)
        finally:
            wish.many -= 1
            if not wish.many:
                del self._wishes[posted]

    def is_sending(self, posted: Posted) -> bool:
        """Whether an edit of it is on its way to Slack: from here it can no longer be changed or taken back."""
        return posted in self._wishes and self._wishes[posted].on_the_wire

    def puts_first(self, posted: Posted, file: str) -> bool:
        """Whether no file of that name can be in its thread: this very process posted it, and puts it for the first
        time. From now on it may be there.
        """
        known = self._known.get(posted)
        if known is None or not known.ours or file in known.files:
            return False
        known.files.add(file)
        return True

    async def files(self, posted: Posted) -> AsyncIterator[str]:
        """Names of the files in the thread of a message. Raises ChatError."""
        async for message in self.messages(posted.channel_id, posted.ts):
            for file in message.get("files") or ():
                yield str(file.get("name", ""))

    async def messages(self, channel_id: str, thread: str | None, since: float | None = None) -> AsyncIterator[Answer]:
        """The newest of a channel, or those of a thread, oldest first; of a thread only those since then, and its head.

        Raises ChatError.
        """
        pages = 0
        oldest = None if since is None else f"{since:.6f}"
        async for page in self._web.pages(
            Call("conversations.replies" if thread else "conversations.history"),
            lambda client, cursor: (
                client.conversations_replies(
                    channel=channel_id, ts=thread, limit=PAGE, cursor=cursor, oldest=oldest, include_all_metadata=True
                )
                if thread
                else client.conversations_history(
                    channel=channel_id, limit=PAGE, cursor=cursor, include_all_metadata=True
                )
            ),
        ):
            pages += 1
            for message in page["messages"]:
                yield message
            if pages == FEW_PAGES:
                return

    async def is_mine(self, message: Answer) -> bool:
        """Whether this bot said it."""
        return bool(message.get("user") == await self._web.user_id())

    async def key_of(self, message: Answer) -> str | None:
        """The key that this bot posted it under; None for what others wrote, whatever it carries."""
        metadata: dict[str, Any] = message.get("metadata") or {}
        if metadata.get("event_type") != EVENT or not await self.is_mine(message):
            return None
        return str((metadata.get("event_payload") or {}).get("key"))

    def took(self, posted: Posted, thread: str) -> None:
        """A message of the bot's that began in another way than here."""
        if posted not in self._known:
            self._remember(posted, _Standing(thread, ours=True))

    async def thread_of(self, posted: Posted) -> str:
        """The thread that a message stands in, or begins. Raises ChatError."""
        known = self._known.get(posted) or await self._standing(posted)
        return known.thread

    async def take_away(self, posted: Posted) -> None:
        """Deletes a message, if Slack lets it. Raises ChatError only where trying again may help."""
        try:
            await self._delete(posted)
        except ChatError as problem:
            if problem.passing:
                raise

    async def _say_the_newest(self, posted: Posted, wish: _Wish) -> None:
        standing = await self._standing(posted)
        if standing.said == wish.newest:
            return
        standing.said = None
        with self._looked_up_again_where_it_fails(posted):
            message = await self._change(posted, wish)
            await self._carry_on(posted, standing, message)

    async def _carry_on(self, posted: Posted, standing: _Standing, message: Message) -> None:
        """The thread says what did not fit: messages of before are used again, and those too many are taken away."""
        for number, (ts, more) in enumerate(zip_longest(tuple(standing.more), message.more), 1):
            if ts is None and more is not None:
                key = f"{posted.ts}:more:{number}"
                standing.more.append(await self._say(posted.channel_id, more, key, standing.thread))
            elif ts is not None and more is not None:
                await self._change(Posted(posted.channel_id, ts), _Wish(more))
            elif ts is not None:
                await self._delete(Posted(posted.channel_id, ts))
                standing.more.remove(ts)
        standing.said = message

    async def _say(self, channel_id: str, message: Message, key: str, thread: str | None) -> str:
        answer = await self._web.once(
            Call("chat.postMessage", channel_id),
            lambda client: client.chat_postMessage(
                channel=channel_id,
                text=message.text,
                blocks=list(message.blocks),
                thread_ts=thread,
                metadata={"event_type": EVENT, "event_payload": {"key": key}},
                parse="none",
                link_names=False,
                unfurl_links=False,
                unfurl_media=False,
            ),
        )
        return str(answer["ts"])

    async def _change(self, posted: Posted, wish: _Wish) -> Message:
        """Makes it say the newest at the moment at which it is its turn, and gives back what that is."""
        said = wish.newest

        async def act(client: AsyncWebClient) -> AsyncSlackResponse:
            nonlocal said
            said, wish.on_the_wire = wish.newest, True
            try:
                return await client.chat_update(
                    channel=posted.channel_id,
                    ts=posted.ts,
                    text=said.text,
                    blocks=list(said.blocks),
                    parse="none",
                    link_names=False,
                )
            finally:
                wish.on_the_wire = False

        await self._web.call(_changing(posted), act)
        return said

    async def _delete(self, posted: Posted) -> None:
        await self._web.call(
            Call("chat.delete"), lambda client: client.chat_delete(channel=posted.channel_id, ts=posted.ts)
        )

    async def _look_up(self, posted: Posted, thread: str | None = None) -> _Standing:
        """What an earlier process put into the thread of this message, which costs a call less where that is known.

        Slack shows a thread only by the ts of its head: by that of a reply, that reply alone.
        """
        found: dict[int, str] = {}
        async for message in self.messages(posted.channel_id, thread or posted.ts):
            if thread is None and message.get("ts") == posted.ts != (message.get("thread_ts") or posted.ts):
                return await self._look_up(posted, str(message["thread_ts"]))
            key = await self.key_of(message)
            if key and key.startswith(f"{posted.ts}:more:"):
                found[int(key.rpartition(":")[2])] = str(message["ts"])
        return _Standing(thread or posted.ts, more=[found[number] for number in sorted(found)])

    @contextlib.contextmanager
    def _looked_up_again_where_it_fails(self, posted: Posted) -> Iterator[None]:
        """A call of which nothing was heard may have been done: what stands there, Slack says then, and not we."""
        try:
            yield
        except ChatError:
            if standing := self._known.get(posted):
                standing.sure = False
            raise

    async def _standing(self, posted: Posted, thread: str | None = None) -> _Standing:
        """What is known of the message; asked of Slack where that is nothing, or not sure. Raises ChatError."""
        known = self._known.get(posted)
        if known is not None and known.sure:
            return known
        if known is None:
            return self._remember(posted, await self._look_up(posted, thread))
        try:
            known.more = (await self._look_up(posted, known.thread)).more
        except ChatError as problem:
            if problem.code != "thread_not_found":  # the message itself is gone, which its edit will say
                raise
        known.sure = True
        return known

    def _remember(self, posted: Posted, standing: _Standing) -> _Standing:
        self._known[posted] = standing
        if len(self._known) > REMEMBERED:
            self._known.pop(next(iter(self._known)))
        return standing


def _changing(posted: Posted) -> Call:
    return Call("chat.update", posted.channel_id, posted.ts)
