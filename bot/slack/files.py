"""Files in the thread of a message, each once by its key."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.domain.incident import Posted
from bot.slack.posts import Posts
from bot.slack.rates import Call
from bot.slack.reading import Reading
from bot.slack.web import Web

_OUTSIDE_FILE_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is put into a thread. `name` carries the key."""

    name: str
    content: bytes
    title: str
    alt: str | None = None


def named(key: str, name: str) -> str:
    """A file's name out of a key and an ending, or a key and a name, of letters that every file system takes."""
    return _OUTSIDE_FILE_NAMES.sub("-", key)[:120] + _OUTSIDE_FILE_NAMES.sub("-", name)[-80:]


class Files:
    """What the bot has put into threads."""

    def __init__(self, web: Web, posts: Posts) -> None:
        self._web = web
        self._posts = posts
        self._reading = Reading(web)

    async def put(self, posted: Posted, sheet: Sheet) -> None:
        """Puts it there, unless a file of that name is there. Raises ChatError.

        Slack shares an upload a moment after it has confirmed it, so a crash in that moment can show it twice.
        """
        if not self._posts.puts_first(posted, sheet.name) and sheet.name in [
            found async for found in self._reading.files(posted)
        ]:
            return
        await self._web.once(
            Call("files.completeUploadExternal"),  # as often as its first half, and in the same tier
            lambda client: client.files_upload_v2(
                channel=posted.channel_id,
                thread_ts=posted.ts,
                filename=sheet.name,
                content=sheet.content,
                title=sheet.title,
                alt_txt=sheet.alt,
            ),
        )
