"""`conversations.*`: channels as the Web API sees them."""

from __future__ import annotations

import base64
from collections.abc import Callable

from playground.slack import channels
from playground.slack.calls import Call, Method, one_page
from playground.slack.errors import SlackError
from playground.slack.model import Channel, Json, Message
from playground.slack.workspace import TEAM

_KINDS = {"public_channel": "public", "private_channel": "private", "im": "im", "mpim": "mpim"}


def _create(call: Call) -> Json:
    name = call.maybe("name") or ""
    kind = "private" if call.flag("is_private") else "public"
    channel = channels.create(call.workspace, call.who, name, "private" if kind == "private" else "public")
    return _shown(call, channel)


def _join(call: Call) -> Json:
    channel = call.channel()
    if channels.join(call.workspace, channel, call.who) == "joined":
        return _shown(call, channel)
    warnings: Json = {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}
    return _shown(call, channel) | warnings


def _invite(call: Call) -> Json:
    channel = call.channel()
    users = call.names("users")
    if not users:
        raise SlackError("no_user")
    channels.invite(call.workspace, channel, call.who, users, force=call.flag("force"))
    return _shown(call, channel)


def _kick(call: Call) -> Json:
    channels.kick(call.workspace, call.channel(), call.who, call.text("user"))
    return {"errors": {}}


def _leave(call: Call) -> Json:
    channels.leave(call.workspace, call.channel(), call.who)
    return {}


def _open(call: Call) -> Json:
    ref = call.maybe("channel")
    users = call.names("users")
    if ref is None and not users:
        raise SlackError("users_list_not_supplied")
    channel = call.channel() if ref else channels.direct(call.workspace, call.who, users)
    if call.flag("return_im"):
        return _shown(call, channel)
    return {"channel": {"id": channel.id}}


def _info(call: Call) -> Json:
    return _shown(call, call.channel())


def _list(call: Call) -> Json:
    kinds = call.names("types") or ["public_channel"]
    if unknown := [kind for kind in kinds if kind not in _KINDS]:
        raise SlackError("invalid_types", response_metadata={"messages": [f"[ERROR] {unknown[0]}"]})
    wanted = {_KINDS[kind] for kind in kinds}
    visible = [
        channel
        for channel in call.workspace.channels.values()
        if channel.kind in wanted
        and (channel.kind == "public" or call.who in channel.members)
        and not (call.flag("exclude_archived") and channel.archived)
    ]
    part, metadata = one_page(visible, call, default=100, most=1000)
    return {"channels": [c.wire(TEAM, seen_by=call.who) for c in part], "response_metadata": metadata}


def _members(call: Call) -> Json:
    part, metadata = one_page(call.channel().members, call, default=100, most=1000)
    return {"members": list(part), "response_metadata": metadata}


def _history(call: Call) -> Json:
    channel = _joined(call)
    newest_first = [m for m in reversed(channel.messages.values()) if not m.is_reply or m.broadcast]
    return _messages(call, _between(call, newest_first), keep_first=False)


def _replies(call: Call) -> Json:
    """A whole thread by the ts of its head; by the ts of a reply that reply alone, as Slack does it."""
    channel = _joined(call)
    message = channel.messages.get(call.text("ts"))
    if message is None:
        raise SlackError("thread_not_found")
    return _messages(call, [message, *_between(call, channel.replies(message.ts))], keep_first=True)


def _joined(call: Call) -> Channel:
    channel = call.channel()
    if call.who not in channel.members and call.token.kind == "bot":
        raise SlackError("not_in_channel")
    return channel


def _between(call: Call, messages: list[Message]) -> list[Message]:
    """Those between `oldest` and `latest`; the ends themselves only with `inclusive`."""
    oldest, latest = _moment(call, "oldest"), _moment(call, "latest")
    within = call.flag("inclusive")

    def fits(ts: float) -> bool:
        after = oldest is None or ts > oldest or (within and ts == oldest)
        before = latest is None or ts < latest or (within and ts == latest)
        return after and before

    return [message for message in messages if fits(float(message.ts))]


def _moment(call: Call, name: str) -> float | None:
    raw = call.maybe(name)
    try:
        return float(raw) if raw else None
    except ValueError:
        raise SlackError(f"invalid_ts_{name}") from None


def _messages(call: Call, messages: list[Message], *, keep_first: bool) -> Json:
    """One page. The cursor holds the ts that the next page begins with, so that new messages shift nothing."""
    start = _start(call, messages)
    limit = call.number("limit", 1000 if keep_first else 100, 1000)
    part, rest = messages[start : start + limit], messages[start + limit :]
    metadata = call.flag("include_all_metadata")
    shown: Json = {
        "messages": [call.workspace.message_wire(m, with_metadata=metadata) for m in part],
        "has_more": bool(rest),
    }
    if not keep_first:
        shown["pin_count"] = len(call.channel().pins)
    if rest:
        cursor = base64.b64encode(f"next_ts:{rest[0].ts}".encode()).decode()
        shown["response_metadata"] = {"next_cursor": cursor}
    return shown


def _start(call: Call, messages: list[Message]) -> int:
    cursor = call.maybe("cursor")
    if cursor is None:
        return 0
    try:
        word, _, ts = base64.b64decode(cursor, validate=True).decode().partition(":")
    except ValueError:
        raise SlackError("invalid_cursor") from None
    places = [i for i, message in enumerate(messages) if message.ts == ts]
    if word != "next_ts" or not places:
        raise SlackError("invalid_cursor")
    return places[0]


def _set_topic(call: Call) -> Json:
    channel = call.channel()
    channels.set_topic(call.workspace, channel, call.who, call.maybe("topic") or "")
    return _shown(call, channel)


def _set_purpose(call: Call) -> Json:
    channel = call.channel()
    channels.set_purpose(call.workspace, channel, call.who, call.maybe("purpose") or "")
    return {"purpose": channel.purpose["value"]} | _shown(call, channel)


def _rename(call: Call) -> Json:
    channel = call.channel()
    channels.rename(call.workspace, channel, call.who, call.maybe("name") or "")
    return _shown(call, channel)


def _archive(call: Call) -> Json:
    channels.archive(call.workspace, call.channel(), call.who)
    return {}


def _unarchive(call: Call) -> Json:
    channels.unarchive(call.workspace, call.channel(), call.who)
    return {}


def _shown(call: Call, channel: Channel) -> Json:
    return {"channel": channel.wire(TEAM, seen_by=call.who)}


def _methods(scopes: tuple[str, ...], **runs: Callable[[Call], Json]) -> dict[str, Method]:
    return {f"conversations.{name}": Method(run, scopes) for name, run in runs.items()}


METHODS = {
    **_methods(("channels:manage",), create=_create, kick=_kick, leave=_leave, rename=_rename, archive=_archive),
    **_methods(("channels:manage",), unarchive=_unarchive),
    **_methods(("channels:manage", "channels:write.topic"), setTopic=_set_topic, setPurpose=_set_purpose),
    **_methods(("channels:manage", "channels:write.invites"), invite=_invite),
    **_methods(("channels:join",), join=_join),
    **_methods(("channels:read",), info=_info, list=_list, members=_members),
    **_methods(("channels:history",), history=_history, replies=_replies),
    **_methods(("im:write", "mpim:write"), open=_open),
}
