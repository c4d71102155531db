"""Messages of this bot: posted under a key, found again by it, edited with what follows them in their thread."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import zip_longest

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.incident import Posted
from bot.ports import ChatError
from bot.slack.blocks import Message
from bot.slack.last_word import LastWords
from bot.slack.rates import Call
from bot.slack.reading import EVENT, Reading
from bot.slack.standing import Standing, Standings
from bot.slack.web import Web


@dataclass(slots=True)
class _Wish:
    """What one message is to say, for all who are about to edit it."""

    newest: Message
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    many: int = 0
    """How many edits of it have begun and not ended."""
    on_the_wire: bool = False


class Posts:
    """What the bot says. `last_words`: which of it another replica may have changed."""

    def __init__(self, web: Web, last_words: LastWords | None = None) -> None:
        self._web = web
        self._reading = Reading(web)
        self._standings = Standings(self._reading, last_words or LastWords())
        self._wishes: dict[Posted, _Wish] = {}

    async def post(self, channel_id: str, message: Message, key: str, thread: str | None) -> Posted:
        """One call, and one for each message that carries on in the thread. Raises ChatError."""
        posted = Posted(channel_id, await self._say(channel_id, message, key, thread))
        standing = await self._standings.begin(posted, Standing(thread or posted.ts, ours=True))
        with self._standings.looked_up_again_where_it_fails(posted):
            await self._carry_on(posted, standing, message)
        return posted

    async def stand(self, channel_id: str, message: Message, key: str, thread: str | None) -> Posted:
        """Posts it, or says what is missing where it stands only in part. Raises ChatError.

        What stands whole costs the one look for it, and a second one only where it is long and of another process.
        """
        found = await self._reading.find(channel_id, key, thread)
        if found is None:
            return await self.post(channel_id, message, key, thread)
        if message.more and len((await self._standings.of(found, thread)).more) < len(message.more):
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
        known = self._standings.known(posted)
        if known is None or not known.ours or file in known.files:
            return False
        known.files.add(file)
        return True

    async def took(self, posted: Posted, thread: str) -> None:
        """A message of the bot's that began in another way than here."""
        if self._standings.known(posted) is None:
            await self._standings.begin(posted, Standing(thread, ours=True))

    async def thread_of(self, posted: Posted) -> str:
        """The thread that a message stands in, or begins. Raises ChatError."""
        return await self._standings.thread_of(posted)

    async def take_away(self, posted: Posted) -> None:
        """Deletes a message, if Slack lets it. Raises ChatError only where trying again may help."""
        try:
            await self._delete(posted)
        except ChatError as problem:
            if problem.passing:
                raise

    async def _say_the_newest(self, posted: Posted, wish: _Wish) -> None:
        standing = await self._standings.of(posted)
        if standing.said == wish.newest:
            return
        standing.said = None
        with self._standings.looked_up_again_where_it_fails(posted):
            message = await self._change(posted, wish)
            alone = await self._standings.changed_alone(posted)
            if not alone:  # while this waited for its turn, the other may have carried on in the thread
                standing = await self._standings.of(posted)
            await self._carry_on(posted, standing, message)
        if not alone or (message.more and not await self._standings.changed_alone(posted)):
            standing.said = None

    async def _carry_on(self, posted: Posted, standing: Standing, message: Message) -> None:
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


def _changing(posted: Posted) -> Call:
    return Call("chat.update", posted.channel_id, posted.ts)
