"""What people and the app do with channels. Raises SlackError with the word that Slack would use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from playground.slack import limits, messages
from playground.slack.changes import ChannelChanged, MemberMoved
from playground.slack.errors import SlackError
from playground.slack.model import Channel
from playground.slack.workspace import Workspace


def create(ws: Workspace, who: str, name: str, kind: Literal["public", "private"] = "public") -> Channel:
    """A new channel with its creator in it; `name_taken` holds for archived channels too."""
    limits.channel_name(name)
    if ws.named(name):
        raise SlackError("name_taken")
    channel = Channel(ws.new_id("C"), name, who, ws.seconds(), kind)
    ws.channels[channel.id] = channel
    ws.announce(ChannelChanged(channel))
    _enter(ws, channel, who, inviter=None)
    return channel


def direct(ws: Workspace, who: str, others: Sequence[str]) -> Channel:
    """The direct conversation of these people, made if there is none yet."""
    members = list(dict.fromkeys([who, *(ws.user(other).id for other in others)]))
    for channel in ws.channels.values():
        if channel.kind in {"im", "mpim"} and set(channel.members) == set(members):
            return channel
    kind: Literal["im", "mpim"] = "im" if len(members) <= 2 else "mpim"
    name = "" if kind == "im" else "mpdm-" + "--".join(ws.users[m].handle for m in members) + "-1"
    channel = Channel(ws.new_id("D" if kind == "im" else "G"), name, who, ws.seconds(), kind, members=members)
    ws.channels[channel.id] = channel
    ws.announce(ChannelChanged(channel))
    return channel


def join(ws: Workspace, channel: Channel, who: str) -> Literal["joined", "already_in_channel"]:
    if channel.kind != "public":
        raise SlackError("method_not_supported_for_channel_type")
    _in_use(channel)
    if who in channel.members:
        return "already_in_channel"
    if not ws.users[who].everywhere:
        raise SlackError("user_is_restricted")
    _enter(ws, channel, who, inviter=None)
    return "joined"


def invite(ws: Workspace, channel: Channel, who: str, users: Sequence[str], *, force: bool = False) -> None:
    """Lets all of them in, or nobody: one bad user refuses the call, unless `force` lets in the good ones."""
    _member(channel, who)
    _in_use(channel)
    problems = [{"user": user, "ok": False, "error": p} for user in users if (p := _obstacle(ws, channel, who, user))]
    if problems and not force:
        raise SlackError(str(problems[0]["error"]), errors=problems)
    bad = {problem["user"] for problem in problems}
    for user in users:
        if user not in bad:
            _enter(ws, channel, user, inviter=who)


def connect(ws: Workspace, channel: Channel, who: str, user: str) -> None:
    """Shares the channel with somebody of another workspace, who is in it at once: no acceptance is waited for."""
    _member(channel, who)
    _in_use(channel)
    if user in channel.members:
        raise SlackError("already_in_channel")
    team = ws.user(user).team
    if team not in channel.connected:
        channel.connected.append(team)
        ws.announce(ChannelChanged(channel))
    _enter(ws, channel, user, inviter=who)


def kick(ws: Workspace, channel: Channel, who: str, user: str) -> None:
    if user == who:
        raise SlackError("cant_kick_self")
    _member(channel, who)
    if ws.user(user).id not in channel.members:
        raise SlackError("not_in_channel")
    if channel.name == "general":
        raise SlackError("cant_kick_from_general")
    _exit(ws, channel, user)


def leave(ws: Workspace, channel: Channel, who: str) -> None:
    _member(channel, who)
    if channel.name == "general":
        raise SlackError("cant_leave_general")
    _exit(ws, channel, who)


def set_topic(ws: Workspace, channel: Channel, who: str, text: str) -> None:
    _member(channel, who)
    _in_use(channel)
    channel.topic = {"value": limits.topic(text), "creator": who, "last_set": ws.seconds()}
    ws.announce(ChannelChanged(channel))
    messages.system(ws, channel, who, "channel_topic", f"set the channel topic: {text}", topic=text)


def set_purpose(ws: Workspace, channel: Channel, who: str, text: str) -> None:
    _member(channel, who)
    _in_use(channel)
    channel.purpose = {"value": limits.topic(text), "creator": who, "last_set": ws.seconds()}
    ws.announce(ChannelChanged(channel))
    messages.system(ws, channel, who, "channel_purpose", f"set the channel description: {text}", purpose=text)


def rename(ws: Workspace, channel: Channel, who: str, name: str) -> None:
    _member(channel, who)
    _in_use(channel)
    limits.channel_name(name)
    if channel.creator != who:
        raise SlackError("not_authorized")
    if (other := ws.named(name)) and other is not channel:
        raise SlackError("name_taken")
    old, channel.name = channel.name, name
    channel.previous_names.append(old)
    ws.announce(ChannelChanged(channel))
    text = f'has renamed the channel from "{old}" to "{name}"'
    messages.system(ws, channel, who, "channel_name", text, old_name=old, name=name)


def archive(ws: Workspace, channel: Channel, who: str) -> None:
    if channel.archived:
        raise SlackError("already_archived")
    if channel.name == "general":
        raise SlackError("cant_archive_general")
    _member(channel, who)
    messages.system(ws, channel, who, "channel_archive", "archived the channel")
    channel.archived = True
    ws.announce(ChannelChanged(channel))


def unarchive(ws: Workspace, channel: Channel, who: str) -> None:
    if not channel.archived:
        raise SlackError("not_archived")
    channel.archived = False
    ws.announce(ChannelChanged(channel))
    messages.system(ws, channel, who, "channel_unarchive", "un-archived the channel")


def _enter(ws: Workspace, channel: Channel, who: str, *, inviter: str | None) -> None:
    channel.members.append(who)
    more = {"inviter": inviter} if inviter else {}
    messages.system(ws, channel, who, "channel_join", f"<@{who}> has joined the channel", **more)
    ws.announce(MemberMoved(channel, who, "joined", inviter))


def _exit(ws: Workspace, channel: Channel, who: str) -> None:
    channel.members.remove(who)
    messages.system(ws, channel, who, "channel_leave", f"<@{who}> has left the channel")
    ws.announce(MemberMoved(channel, who, "left"))


def _obstacle(ws: Workspace, channel: Channel, who: str, user: str) -> str | None:
    if user == who:
        return "cant_invite_self"
    if user not in ws.users:
        return "user_not_found"
    if ws.users[user].standing == "deactivated":
        return "cant_invite"
    if ws.users[user].team not in {"", *channel.connected}:
        return "user_team_not_in_channel"
    return "already_in_channel" if user in channel.members else None


def _member(channel: Channel, who: str) -> None:
    if who not in channel.members:
        raise SlackError("not_in_channel")


def _in_use(channel: Channel) -> None:
    if channel.archived:
        raise SlackError("is_archived")
