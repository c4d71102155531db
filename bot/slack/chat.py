"""The one door to Slack: everything that stories say goes out here, masked, escaped and within Slack's limits."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence

from bot.domain.briefing import Briefing
from bot.domain.incident import Channel, Posted
from bot.guard.redact import redact
from bot.ports import ChatError
from bot.settings import Settings, SettingsError
from bot.slack.blocks import render
from bot.slack.channels import Channels
from bot.slack.posts import Posts
from bot.slack.web import Web
from integrations.trust import context as tls_context

_OUTSIDE_FILE_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
_HARMLESS = {"already_in_channel", "cant_invite_self"}


class SlackChat:
    """`bot.ports.Chat` over Slack's Web API. `mask` is applied to every text before it leaves."""

    def __init__(self, web: Web, mask: Callable[[str], str], channels: Channels | None = None) -> None:
        self._web = web
        self._mask = mask
        self._channels = channels or Channels(web)
        self._posts = Posts(web)
        self._topics: dict[str, str] = {}
        self._pictures: set[tuple[Posted, str]] = set()

    async def open_channel(self, name: str, incident_id: str) -> Channel:
        return await self._channels.open(name, incident_id)

    async def find(self, channel_id: str, key: str, thread: str | None = None) -> Posted | None:
        return await self._posts.find(channel_id, key, thread)

    async def post(self, channel_id: str, briefing: Briefing, *, key: str, thread: str | None = None) -> Posted:
        return await self._posts.post(channel_id, render(briefing.mapped(self._mask)), key, thread)

    async def edit(self, posted: Posted, briefing: Briefing) -> None:
        await self._posts.edit(posted, render(briefing.mapped(self._mask)))

    async def topic(self, channel_id: str, text: str) -> None:
        """Sets it only where it is another: each setting is a line in the channel."""
        wanted = self._mask(text)[:250]
        if channel_id not in self._topics:
            info = await self._web.call(lambda client: client.conversations_info(channel=channel_id))
            self._topics[channel_id] = str((info["channel"].get("topic") or {}).get("value", ""))
        if self._topics[channel_id] != wanted:
            await self._web.call(lambda client: client.conversations_setTopic(channel=channel_id, topic=wanted))
            self._topics[channel_id] = wanted

    async def pin(self, posted: Posted) -> None:
        try:
            await self._web.call(lambda client: client.pins_add(channel=posted.channel_id, timestamp=posted.ts))
        except ChatError as problem:
            if problem.code != "already_pinned":
                raise

    async def invite(self, channel_id: str, emails: Sequence[str]) -> tuple[str, ...]:
        addresses = tuple(dict.fromkeys(emails))
        found = await asyncio.gather(*(self._person(address) for address in addresses))
        people = {user for user in found if user} - {await self._web.user_id()}
        if people:
            await self._let_in(channel_id, sorted(people))
        return tuple(address for address, user in zip(addresses, found, strict=True) if user is None)

    async def picture(self, posted: Posted, png: bytes, *, title: str, alt: str, key: str) -> None:
        """The file's name carries the key, and a file of that name in the thread is not put there again.

        Slack shares an upload a moment after it has confirmed it, so a crash in that moment can show it twice.
        """
        name = f"{_OUTSIDE_FILE_NAMES.sub('-', key)}.png"
        first_try = self._posts.posted_here(posted) and (posted, key) not in self._pictures
        self._pictures.add((posted, key))
        if not first_try and name in [found async for found in self._posts.files(posted)]:
            return
        await self._web.once(
            lambda client: client.files_upload_v2(
                channel=posted.channel_id,
                thread_ts=posted.ts,
                filename=name,
                content=png,
                title=self._mask(title),
                alt_txt=self._mask(alt),
            )
        )

    async def file(self, posted: Posted, text: str, *, name: str, title: str, key: str) -> None:
        """As with pictures, the file's name carries the key."""
        called = f"{_OUTSIDE_FILE_NAMES.sub('-', key)}-{_OUTSIDE_FILE_NAMES.sub('-', name)}"
        if called in [found async for found in self._posts.files(posted)]:
            return
        await self._web.once(
            lambda client: client.files_upload_v2(
                channel=posted.channel_id,
                thread_ts=posted.ts,
                filename=called,
                content=self._mask(text),
                title=self._mask(title),
            )
        )

    async def react(self, posted: Posted, *emoji: str) -> None:
        for name in emoji:
            try:
                await self._web.call(
                    lambda client, name=name: client.reactions_add(  # type: ignore[misc]
                        channel=posted.channel_id, timestamp=posted.ts, name=name
                    )
                )
            except ChatError as problem:
                if problem.code != "already_reacted":
                    raise

    async def reactions(self, posted: Posted) -> Mapping[str, tuple[str, ...]]:
        answer = await self._web.call(
            lambda client: client.reactions_get(channel=posted.channel_id, timestamp=posted.ts, full=True)
        )
        me = await self._web.user_id()
        found: dict[str, tuple[str, ...]] = {}
        for reaction in (answer.get("message") or {}).get("reactions") or ():
            name = str(reaction["name"]).partition("::")[0]
            others = (str(user) for user in reaction["users"] if user != me)
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), *others)))
        return found

    async def whisper(self, channel_id: str, user_id: str, briefing: Briefing, thread: str | None = None) -> None:
        message = render(briefing.mapped(self._mask))
        await self._web.once(
            lambda client: client.chat_postEphemeral(
                channel=channel_id,
                user=user_id,
                text=message.text,
                blocks=list(message.blocks),
                thread_ts=thread,
                parse="none",
                link_names=False,
            )
        )

    async def close(self) -> None:
        """Gives back every connection."""
        await self._web.close()

    async def _person(self, email: str) -> str | None:
        try:
            answer = await self._web.call(lambda client: client.users_lookupByEmail(email=email))
        except ChatError as problem:
            if problem.code == "users_not_found":
                return None
            raise
        return str(answer["user"]["id"])

    async def _let_in(self, channel_id: str, people: Sequence[str]) -> None:
        """With `force` Slack lets in those it can, whoever of them is in already."""
        try:
            await self._web.call(
                lambda client: client.conversations_invite(channel=channel_id, users=list(people), force=True)
            )
        except ChatError as problem:
            if problem.code not in _HARMLESS:
                raise


def open_chat(settings: Settings, mask: Callable[[str], str] = redact) -> SlackChat:
    """The chat that the settings name; nothing is connected yet. Raises SettingsError, or Refused for a bad CA file."""
    if settings.slack_bot_token is None:
        raise SettingsError("SLACK_BOT_TOKEN: not set; create the app from slack-manifest.yaml to get one")
    tls = tls_context("slack", settings.extra_ca_file)
    return SlackChat(Web(settings.slack_bot_token.get_secret_value(), settings.slack_api_url, tls), mask)
