"""Slack's chat streaming: a message in a thread that is appended to while it is written.

As of docs.slack.dev (`chat.startStream`, `appendStream`, `stopStream`) and of what others measured: a stream that began
with chunks takes only chunks; an open one refuses `chat.update` (`streaming_state_conflict`); Slack itself closes it
after five minutes (`message_not_in_streaming_state`), or when the reader stops it (`stopped_by_user`). While it is open
its metadata cannot be set, so it is known by the id of its first task.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.incident import Posted
from bot.ports import Doing
from bot.slack.rates import Call
from bot.slack.reading import EVENT
from bot.slack.web import Answer, Web
from bot.slack.words import short

Chunk = Mapping[str, Any]

LOOKING = "Looking"
TITLE = 250
"""Of a task; Slack takes 256."""


def mark(key: str) -> str:
    """The id of the first task of the reply under this key."""
    return f"look-{hashlib.sha256(key.encode()).hexdigest()[:20]}"


def is_of(message: Answer, key: str) -> bool:
    """Whether a message is the stream that was begun under this key."""
    return mark(key) in json.dumps(message.get("blocks") or ())


def is_open(message: Answer) -> bool:
    """Whether it is still being written, by whatever process."""
    return message.get("streaming_state") == "in_progress"


def task(doing: Doing) -> Chunk:
    return {"type": "task_update", "id": doing.id, "title": short(doing.title, TITLE), "status": doing.state}


def words(text: str) -> Chunk:
    return {"type": "markdown_text", "text": text}


class Streams:
    """The three calls. Each raises ChatError."""

    def __init__(self, web: Web) -> None:
        self._web = web

    async def start(self, channel_id: str, thread: str, reader: str, key: str) -> Posted:
        """Not waited for where Slack's limit is reached: something else can be said at once instead."""
        team = await self._web.team_id()
        answer = await self._web.once(
            Call("chat.startStream"),
            lambda client: client.chat_startStream(
                channel=channel_id,
                thread_ts=thread,
                recipient_user_id=reader,
                recipient_team_id=team,
                task_display_mode="timeline",
                chunks=[dict(task(Doing(mark(key), LOOKING, "in_progress")))],
            ),
            longest_wait_s=0.0,
        )
        return Posted(channel_id, str(answer["ts"]))

    async def append(self, posted: Posted, newest: Callable[[], AbstractContextManager[Sequence[Chunk]]]) -> None:
        """`newest` is asked for the chunks when it is their turn, and is left when Slack has answered."""

        async def act(client: AsyncWebClient) -> AsyncSlackResponse:
            with newest() as chunks:
                return await client.chat_appendStream(
                    channel=posted.channel_id, ts=posted.ts, chunks=[dict(chunk) for chunk in chunks]
                )

        await self._web.once(Call("chat.appendStream"), act)

    async def stop(self, posted: Posted, key: str | None) -> None:
        """Closes it, so that it can be edited. With its key it can be found by it from now on."""
        metadata = {"event_type": EVENT, "event_payload": {"key": key}} if key else None
        chunks = [dict(task(Doing(mark(key), LOOKING, "complete")))] if key else None
        await self._web.call(
            Call("chat.stopStream"),
            lambda client: client.chat_stopStream(
                channel=posted.channel_id, ts=posted.ts, chunks=chunks, metadata=metadata
            ),
        )
