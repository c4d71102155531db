"""The bot's reactions on its messages, and everybody else's, read whole or not at all."""

from __future__ import annotations

from bot.domain.approval import APPROVE, DENY
from bot.domain.incident import Posted
from bot.ports import ChatError, Marked
from bot.slack.rates import Call
from bot.slack.web import Answer, Web


async def react(web: Web, posted: Posted, *emoji: str) -> None:
    """Adds them one after the other, for Slack shows them in that order. Raises ChatError."""
    for name in emoji:
        try:
            await web.call(
                Call("reactions.add"),
                lambda client, name=name: client.reactions_add(  # type: ignore[misc]
                    channel=posted.channel_id, timestamp=posted.ts, name=name
                ),
            )
        except ChatError as problem:
            if problem.code != "already_reacted":
                raise


async def reactions(web: Web, posted: Posted) -> dict[str, tuple[str, ...]]:
    """Emoji name, without skin tone → who reacts with it now, the bot itself left out.

    A list that Slack gives only in part is none: a ✅ or a ❌ could be missing from it. Raises ChatError:
    `message_not_found` where the message is gone, `reactions_incomplete` where somebody is left out of one that counts:
    a crowd with any other emoji holds no gate up.
    """
    return _reactions(await _message(web, posted), await web.user_id())


async def marked(web: Web, posted: Posted) -> Marked:
    """The message with its reactions. Raises ChatError as `reactions` does."""
    message, me = await _message(web, posted), await web.user_id()
    text, link = str(message.get("text") or ""), str(message.get("permalink") or "")
    author = "" if message.get("bot_id") else str(message.get("user") or "")
    return Marked(author, text, link, _reactions(message, me))


async def _message(web: Web, posted: Posted) -> Answer:
    answer = await web.call(
        Call("reactions.get"),
        lambda client: client.reactions_get(channel=posted.channel_id, timestamp=posted.ts, full=True),
    )
    message: Answer = answer.get("message") or {}
    if message.get("ts") != posted.ts or message.get("subtype") == "tombstone":
        raise ChatError("message_not_found", passing=False)
    return message


def _reactions(message: Answer, me: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for reaction in message.get("reactions") or ():
        users = [str(user) for user in reaction["users"]]
        name = str(reaction["name"]).partition("::")[0]
        if name in (APPROVE, DENY) and int(reaction.get("count", len(users))) > len(users):
            raise ChatError("reactions_incomplete", passing=True)
        found[name] = tuple(dict.fromkeys((*found.get(name, ()), *(user for user in users if user != me))))
    return {name: users for name, users in found.items() if users}
