"""What Slack sends, read at the door: messages, commands, taps, filled forms and reactions become nouns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.domain.incident import Posted
from bot.domain.said import Command, Filled, Heard, Reacted, Tap
from bot.slack import buttons, forms

Json = Mapping[str, Any]

_BY_PEOPLE = (None, "file_share", "thread_broadcast", "me_message")
"""Subtypes of what a person writes; the others are edits, Slack's own lines and what apps say."""


def command_of(body: Json) -> Command:
    return Command(
        channel_id=str(body["channel_id"]),
        user_id=str(body["user_id"]),
        text=str(body.get("text") or ""),
        trigger=str(body.get("trigger_id") or ""),
        name=str(body["command"]),
    )


def tap_of(body: Json) -> Tap | None:
    """None: the element is none of ours."""
    action: Json = body["actions"][0]
    container: Json = body.get("container") or {}
    channel_id = str((body.get("channel") or {}).get("id") or container.get("channel_id") or "")
    does = buttons.does_of(str(action.get("action_id", "")))
    if does is None or not channel_id:
        return None
    ts = str(container.get("message_ts") or "")
    return Tap(
        does=does,
        value=str(action.get("value") or ""),
        channel_id=channel_id,
        user_id=str(body["user"]["id"]),
        trigger=str(body.get("trigger_id") or ""),
        message=Posted(channel_id, ts) if ts and not container.get("is_ephemeral") else None,
    )


def filled_of(body: Json) -> Filled:
    view: Json = body["view"]
    channel_id, value = forms.opened_with(str(view.get("private_metadata") or ""))
    return Filled(
        does=str(view.get("callback_id") or ""),
        value=value,
        user_id=str(body["user"]["id"]),
        texts=forms.texts(view),
        channel_id=channel_id,
    )


def reacted_of(event: Json) -> Reacted | None:
    """None: a reaction to something that is no message."""
    item: Json = event.get("item") or {}
    if item.get("type") != "message":
        return None
    return Reacted(
        message=Posted(str(item["channel"]), str(item["ts"])),
        emoji=str(event["reaction"]).partition("::")[0],
        user_id=str(event["user"]),
        added=event["type"] == "reaction_added",
    )


def heard_of(event: Json, bot_user_id: str) -> Heard | None:
    """None: it is no message that a person wrote, or it is one that was changed afterwards.

    In a direct message everything is said to the bot, so it counts as a mention.
    """
    if event.get("subtype") not in _BY_PEOPLE or event.get("bot_id") or event.get("edited"):
        return None
    user, text = str(event.get("user") or ""), str(event.get("text") or "")
    if user in ("", bot_user_id, "USLACKBOT"):
        return None
    said, mentions = re.subn(rf"<@{re.escape(bot_user_id)}(?:\|[^<>]*)?>[ \t,:]*", "", text)
    return Heard(
        channel_id=str(event["channel"]),
        ts=str(event["ts"]),
        thread=str(event["thread_ts"]) if event.get("thread_ts") else None,
        text=said.strip(),
        user_id=user,
        mention=mentions > 0 or event.get("channel_type") == "im",
    )
