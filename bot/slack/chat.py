"""The one door to Slack: everything that stories say goes out here, masked, escaped and within Slack's limits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from bot.domain.briefing import Briefing
from bot.domain.incident import Channel, Posted
from bot.guard.redact import redact
from bot.ports import ChatError, Doing, Marked
from bot.priority import Priority, done_as
from bot.settings import Settings
from bot.slack import reactions
from bot.slack.blocks import Message, render
from bot.slack.channels import Channels
from bot.slack.files import Files, Sheet, named
from bot.slack.governor import Governor
from bot.slack.growing import GrowingReplies
from bot.slack.last_word import LastWord, LastWords
from bot.slack.posts import Posts
from bot.slack.rates import Call
from bot.slack.reading import Reading
from bot.slack.said_since import said_since
from bot.slack.topics import Topics
from bot.slack.web import Web, open_web

NOTHING = b"(nothing)\n"
"""Slack takes no empty file."""
_NOT_THERE = {"user_not_in_channel", "not_in_channel", "channel_not_found"}
_HARMLESS = {"already_in_channel", "cant_invite_self"}


class SlackChat:
    """`bot.ports.Chat` over Slack's Web API. `mask` is applied to every text before it leaves."""

    def __init__(
        self,
        web: Web,
        mask: Callable[[str], str],
        channels: Channels | None = None,
        last_word: LastWord | None = None,
    ) -> None:
        """Without a `last_word` nobody else speaks for this bot."""
        last_words = LastWords(last_word)
        self._web = web
        self._mask = mask
        self._channels = channels or Channels(web)
        self._reading = Reading(web)
        self._posts = Posts(web, last_words)
        self._growing = GrowingReplies(web, self._posts, mask)
        self._topics = Topics(web, last_words)
        self._files = Files(web, self._posts)

    async def open_channel(self, name: str, incident_id: str) -> Channel:
        return await self._channels.open(name, incident_id)

    async def find(self, channel_id: str, key: str, thread: str | None = None) -> Posted | None:
        return await self._reading.find(channel_id, key, thread)

    async def post(self, channel_id: str, briefing: Briefing, *, key: str, thread: str | None = None) -> Posted:
        return await self._posts.post(channel_id, render(briefing.mapped(self._mask)), key, thread)

    async def stand(self, channel_id: str, briefing: Briefing, *, key: str, thread: str | None = None) -> Posted:
        return await self._posts.stand(channel_id, render(briefing.mapped(self._mask)), key, thread)

    async def edit(self, posted: Posted, briefing: Briefing) -> None:
        await self._posts.edit(posted, render(briefing.mapped(self._mask)))

    async def topic(self, channel_id: str, text: str) -> None:
        """Sets it only where it is another: each setting is a line in the channel."""
        await self._topics.set(channel_id, self._mask(text)[:250])

    async def archive(self, channel_id: str) -> None:
        try:
            await self._web.call(
                Call("conversations.archive"), lambda client: client.conversations_archive(channel=channel_id)
            )
        except ChatError as problem:
            if problem.code != "already_archived":
                raise

    async def pin(self, posted: Posted) -> None:
        try:
            await self._web.call(
                Call("pins.add"),
                lambda client: client.pins_add(channel=posted.channel_id, timestamp=posted.ts),
            )
        except ChatError as problem:
            if problem.code != "already_pinned":
                raise

    async def invite(self, channel_id: str, emails: Sequence[str], user_ids: Sequence[str] = ()) -> tuple[str, ...]:
        addresses = tuple(dict.fromkeys(emails))
        found = await asyncio.gather(*(self._person(address) for address in addresses))
        people = {*(user for user in found if user), *user_ids} - {await self._web.user_id()}
        if people:
            await self._let_in(channel_id, sorted(people))
        return tuple(address for address, user in zip(addresses, found, strict=True) if user is None)

    async def picture(self, posted: Posted, png: bytes, *, title: str, alt: str, key: str) -> None:
        await self._files.put(posted, Sheet(named(key, ".png"), png, self._mask(title), self._mask(alt)))

    async def file(self, posted: Posted, text: str, *, name: str, title: str, key: str) -> None:
        content = self._mask(text).encode(errors="replace") or NOTHING
        await self._files.put(posted, Sheet(named(key, f"-{name}"), content, self._mask(title)))

    async def react(self, posted: Posted, *emoji: str) -> None:
        await reactions.react(self._web, posted, *emoji)

    async def reactions(self, posted: Posted) -> Mapping[str, tuple[str, ...]]:
        """Raises ChatError, also where the message is gone or Slack gives the list only in part."""
        return await reactions.reactions(self._web, posted)

    async def marked(self, posted: Posted) -> Marked:
        return await reactions.marked(self._web, posted)

    @done_as(Priority.APPROVAL)
    async def whisper(self, channel_id: str, user_id: str, briefing: Briefing, thread: str | None = None) -> None:
        """To whoever is not in the channel it is said in a direct message. Raises ChatError."""
        message = render(briefing.mapped(self._mask))
        try:
            for part in (message, *message.more):
                await self._whisper(channel_id, user_id, part, thread)
        except ChatError as problem:
            if problem.code not in _NOT_THERE:
                raise
            for part in (message, *message.more):
                await self._tell(user_id, part)

    async def begin_reply(self, channel_id: str, thread: str, *, reader: str, key: str) -> Posted:
        return await self._growing.begin(channel_id, thread, reader, key)

    async def grow_reply(self, posted: Posted, text: str, doing: Sequence[Doing] = ()) -> None:
        """Gives back at once: it is shown when Slack takes it, and by then the newest counts."""
        self._growing.grow(posted, text, doing)

    async def end_reply(self, posted: Posted, briefing: Briefing) -> None:
        await self._growing.end(posted, render(briefing.mapped(self._mask)))

    async def said_since(self, channel_id: str, since: datetime) -> Mapping[str, str]:
        return await said_since(self._web, channel_id, since)

    async def close(self) -> None:
        """Gives back every connection."""
        await self._growing.close()
        await self._web.close()

    async def _whisper(self, channel_id: str, user_id: str, message: Message, thread: str | None) -> None:
        await self._web.once(
            Call("chat.postEphemeral"),
            lambda client: client.chat_postEphemeral(
                channel=channel_id,
                user=user_id,
                text=message.text,
                blocks=list(message.blocks),
                thread_ts=thread,
                parse="none",
                link_names=False,
            ),
        )

    async def _tell(self, user_id: str, message: Message) -> None:
        """Says it to one person, in their direct messages with the bot. Raises ChatError."""
        await self._web.once(
            Call("chat.postMessage", user_id),
            lambda client: client.chat_postMessage(
                channel=user_id,
                text=message.text,
                blocks=list(message.blocks),
                parse="none",
                link_names=False,
                unfurl_links=False,
                unfurl_media=False,
            ),
        )

    async def _person(self, email: str) -> str | None:
        try:
            answer = await self._web.call(
                Call("users.lookupByEmail"), lambda client: client.users_lookupByEmail(email=email)
            )
        except ChatError as problem:
            if problem.code == "users_not_found":
                return None
            raise
        return str(answer["user"]["id"])

    async def _let_in(self, channel_id: str, people: Sequence[str]) -> None:
        """With `force` Slack lets in those it can, whoever of them is in already."""
        try:
            await self._web.call(
                Call("conversations.invite"),
                lambda client: client.conversations_invite(channel=channel_id, users=list(people), force=True),
            )
        except ChatError as problem:
            if problem.code not in _HARMLESS:
                raise


def open_chat(
    settings: Settings,
    mask: Callable[[str], str] = redact,
    sure: Callable[[], Awaitable[None]] | None = None,
    governor: Governor | None = None,
    last_word: LastWord | None = None,
) -> SlackChat:
    """The chat that the settings name; nothing is connected yet. Raises SettingsError, or Refused for a bad CA file.

    `sure`, `governor`: see `Web`. `last_word`: see `SlackChat`.
    """
    return SlackChat(open_web(settings, sure, governor), mask, last_word=last_word)
