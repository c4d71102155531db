"""Which events of the Events API a change brings about, and whether the app gets them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from playground.slack.changes import Change, ChannelChanged, Deleted, Edited, MemberMoved, Posted, Reacted
from playground.slack.model import Channel, Json, Message
from playground.slack.workspace import BOT_USER, TEAM, Workspace

_SCOPES = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "channel_rename": "channels:read",
}
_MESSAGES = {"public": "message.channels", "private": "message.groups", "im": "message.im", "mpim": "message.mpim"}
_CHANNEL_TYPES = {"public": "channel", "private": "group", "im": "im", "mpim": "mpim"}


@dataclass(frozen=True, slots=True)
class Event:
    subscription: str
    """The word in the app's manifest that asks for it."""
    body: Json


def events_of(ws: Workspace, change: Change) -> list[Event]:
    """The events that the app gets: subscribed to, with their scope, and of a channel that it is in."""
    if isinstance(change, ChannelChanged) or not hasattr(change, "channel"):
        return []
    scopes = ws.tokens[ws.settings.bot_token].scopes
    if BOT_USER not in change.channel.members:
        return []
    return [
        event
        for event in _events(ws, change)
        if event.subscription in ws.settings.events and _SCOPES.get(event.subscription, "") in scopes
    ]


def _events(ws: Workspace, change: Change) -> Iterator[Event]:
    match change:
        case Posted(channel, message):
            yield _message(channel, ws.message_wire(message, with_metadata=True), message.ts)
            if f"<@{BOT_USER}>" in message.text and message.user != BOT_USER:
                yield _mention(ws, channel, message)
        case Edited(channel, message, previous):
            stamp = str((message.edited or {}).get("ts", message.ts))
            body = {"subtype": "message_changed", "message": ws.message_wire(message), "previous_message": previous}
            yield _message(channel, {"type": "message", "ts": stamp, "hidden": True, **body}, stamp)
        case Deleted(channel, message):
            stamp = ws.next_ts()
            body = {
                "subtype": "message_deleted",
                "deleted_ts": message.ts,
                "previous_message": ws.message_wire(message),
            }
            yield _message(channel, {"type": "message", "ts": stamp, "hidden": True, **body}, stamp)
        case Reacted(channel, message, user, name, how, ts):
            item = {"type": "message", "channel": channel.id, "ts": message.ts}
            kind = f"reaction_{how}"
            seen: Json = {"type": kind, "user": user, "reaction": name, "item": item, "item_user": message.user}
            yield Event(kind, seen | {"event_ts": ts})
        case MemberMoved(channel, user, how, inviter):
            kind = f"member_{how}_channel"
            moved: Json = {"type": kind, "user": user, "channel": channel.id, "channel_type": "C", "team": TEAM}
            yield Event(kind, moved | {"event_ts": ws.next_ts()} | ({"inviter": inviter} if inviter else {}))
        case _:
            return


def _message(channel: Channel, body: Json, stamp: str) -> Event:
    where = {"channel": channel.id, "event_ts": stamp, "channel_type": _CHANNEL_TYPES[channel.kind]}
    if body.get("files") and "subtype" not in body:
        where["subtype"] = "file_share"
    return Event(_MESSAGES[channel.kind], body | where)


def _mention(ws: Workspace, channel: Channel, message: Message) -> Event:
    body = ws.message_wire(message) | {"type": "app_mention", "channel": channel.id, "event_ts": message.ts}
    return Event("app_mention", body)
