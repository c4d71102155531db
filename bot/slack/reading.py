"""What is said in channels and threads, read page by page; this bot's own messages are known by their key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from bot.domain.incident import Posted
from bot.slack.rates import Call
from bot.slack.web import Answer, Web

EVENT = "first_responder"
PAGE = 200
FEW_PAGES = 5
"""A message is looked for among the newest thousand of its place."""


class Reading:
    """Remembers nothing. Everything raises ChatError."""

    def __init__(self, web: Web) -> None:
        self._web = web

    async def messages(self, channel_id: str, thread: str | None, since: float | None = None) -> AsyncIterator[Answer]:
        """The newest of a channel, or those of a thread, oldest first; of a thread only those since then, and its
        head.
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

    async def find(self, channel_id: str, key: str, thread: str | None = None) -> Posted | None:
        """The message of this bot that was posted under this key."""
        async for message in self.messages(channel_id, thread):
            if await self.key_of(message) == key:
                return Posted(channel_id, str(message["ts"]))
        return None

    async def files(self, posted: Posted) -> AsyncIterator[str]:
        """Names of the files in the thread of a message."""
        async for message in self.messages(posted.channel_id, posted.ts):
            for file in message.get("files") or ():
                yield str(file.get("name", ""))

    async def is_mine(self, message: Answer) -> bool:
        """Whether this bot said it."""
        return bool(message.get("user") == await self._web.user_id())

    async def key_of(self, message: Answer) -> str | None:
        """The key that this bot posted it under; None for what others wrote, whatever it carries."""
        metadata: dict[str, Any] = message.get("metadata") or {}
        if metadata.get("event_type") != EVENT or not await self.is_mine(message):
            return None
        return str((metadata.get("event_payload") or {}).get("key"))
