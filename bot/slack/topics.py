"""The topics of channels, each set only where it is another: each setting is a line in the channel."""

from __future__ import annotations

from bot.slack.last_word import LastWords
from bot.slack.newest import Newest
from bot.slack.rates import Call
from bot.slack.web import Web


class Topics:
    """What the bot has set is remembered as long as no other replica has set it."""

    def __init__(self, web: Web, last_words: LastWords) -> None:
        self._web = web
        self._last_words = last_words
        self._known: Newest[str] = Newest()

    async def set(self, channel_id: str, wanted: str) -> None:
        """Raises ChatError."""
        what = f"topic {channel_id}"
        stands = self._known.get(channel_id) if await self._last_words.still_ours(what) else None
        if stands is None:
            stands = await self._ask(channel_id)
        if stands != wanted:
            self._known.forget(channel_id)  # a call of which nothing is heard may have been done
            await self._web.call(
                Call("conversations.setTopic"),
                lambda client: client.conversations_setTopic(channel=channel_id, topic=wanted),
            )
            if not await self._last_words.still_ours(what):
                return
        self._known.put(channel_id, wanted)

    async def _ask(self, channel_id: str) -> str:
        info = await self._web.call(
            Call("conversations.info"), lambda client: client.conversations_info(channel=channel_id)
        )
        return str((info["channel"].get("topic") or {}).get("value", ""))
