"""What people have said in a channel lately."""

from __future__ import annotations

from datetime import datetime

from bot.slack.heard import heard_of
from bot.slack.rates import Call
from bot.slack.web import Web

PAGE = 100


async def said_since(web: Web, channel_id: str, since: datetime) -> dict[str, str]:
    """Messages of people in the channel itself since then, among its newest hundred: ts → user id.

    Raises ChatError.
    """
    me = await web.user_id()
    answer = await web.call(
        Call("conversations.history"),
        lambda client: client.conversations_history(
            channel=channel_id, oldest=f"{since.timestamp():.6f}", limit=PAGE, inclusive=True
        ),
    )
    heard = (heard_of({**message, "channel": channel_id, "edited": None}, me) for message in answer["messages"])
    return {one.ts: one.user_id for one in heard if one is not None and one.thread in (None, one.ts)}
