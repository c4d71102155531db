"""What one person sees of the workspace, as JSON for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from playground.slack.cast import ELSEWHERE_NAME, Standing
from playground.slack.changes import (
    Change,
    ChannelChanged,
    Deleted,
    Edited,
    MemberMoved,
    Posted,
    Reacted,
    Touched,
    ViewShown,
    Whispered,
    WhisperGone,
)
from playground.slack.director import Director
from playground.slack.emoji import table
from playground.slack.model import Channel, Json, Message, User
from playground.slack.workspace import SLACKBOT, TEAM, Workspace

_STANDINGS: Mapping[Standing, str] = {
    "member": "",
    "guest": "guest",
    "single_channel_guest": "guest of one channel",
    "outsider": f"from {ELSEWHERE_NAME}",
    "deactivated": "deactivated",
}


def state(ws: Workspace, user: str, director: Director | None) -> Json:
    """Everything but the messages."""
    duty = director.on_call() if director else {}
    return {
        "me": user,
        "team": ws.settings.team_name,
        "elsewhere": ELSEWHERE_NAME,
        "users": [_user(ws, user_id, duty.get(user_id, ())) for user_id in ws.users],
        "usergroups": [{"id": g.id, "handle": g.handle} for g in ws.usergroups.values()],
        "commands": [
            *({"name": c.name, "usage": c.usage, "text": c.description} for c in ws.settings.commands),
            {"name": "/invite", "usage": "@name", "text": "Let somebody into this channel"},
        ],
        "channels": [channel(ws, c, user) for c in ws.channels.values() if ws.sees(user, c)],
        "view": next((view for view in reversed(ws.views.values()) if view["user"] == user), None),
        "scenarios": scenarios(director),
        "emoji": table(),
    }


def scenarios(director: Director | None) -> list[Json] | None:
    """None: nobody directs, so there is no panel."""
    if director is None:
        return None
    return [{"id": id_, "title": title, "text": text, "state": now} for id_, title, text, now in director.scenarios()]


def channel(ws: Workspace, shown: Channel, user: str) -> Json:
    """A channel in this person's list, with what they have not read."""
    read = ws.read.get((user, shown.id), "0")
    new = [m for m in shown.messages.values() if m.ts > read and m.user != user and not m.subtype and _in_channel(m)]
    wire = shown.wire(TEAM, seen_by=user)
    wire |= {"members": shown.members, "unread": len(new), "mentions": sum(f"<@{user}>" in m.text for m in new)}
    return wire | {"last_read": read, "latest": next(reversed(shown.messages), "0"), "kind": shown.kind}


def messages(ws: Workspace, shown: Channel, user: str) -> list[Json]:
    """The channel's messages, threads and what was whispered to this person, oldest first."""
    whispered = [m for m in ws.whispers if m.channel == shown.id and m.ephemeral_to == user]
    return [message(ws, m) for m in sorted([*shown.messages.values(), *whispered], key=lambda m: m.ts)]


def message(ws: Workspace, shown: Message) -> Json:
    wire = ws.message_wire(shown) | {"channel": shown.channel, "broadcast": shown.broadcast}
    files = [{"id": f.id, "name": f.name, "title": f.title, "alt": f.alt, "type": f.mimetype} for f in shown.files]
    return wire | {"whisper": shown.ephemeral_to is not None, "pinned_by": shown.pinned_by, "files": files}


def news(ws: Workspace, change: Change, user: str) -> Json | None:
    """What a change means for this person's page; None where it is none of their business."""
    match change:
        case ViewShown(who, view):
            return {"kind": "view", "view": view} if who == user else None
        case ChannelChanged(shown) | MemberMoved(shown, _, _):
            return {"kind": "channel", "channel": channel(ws, shown, user)} if ws.sees(user, shown) else None
        case Whispered(_, whisper):
            return {"kind": "message", "message": message(ws, whisper)} if whisper.ephemeral_to == user else None
        case WhisperGone(shown, gone):
            return {"kind": "gone", "channel": shown.id, "ts": gone.ts}
        case Posted(shown, said) | Edited(shown, said, _) | Deleted(shown, said) | Touched(shown, said):
            return _told(ws, shown, said, user)
        case Reacted(shown, said):
            return _told(ws, shown, said, user)


def _told(ws: Workspace, shown: Channel, said: Message, user: str) -> Json | None:
    if not ws.sees(user, shown):
        return None
    if said.ts not in shown.messages:
        return {"kind": "gone", "channel": shown.id, "ts": said.ts}
    return {"kind": "message", "message": message(ws, said), "channel": channel(ws, shown, user)}


def _in_channel(shown: Message) -> bool:
    return not shown.is_reply or shown.broadcast


def _user(ws: Workspace, user_id: str, duty: Sequence[str]) -> Json:
    user = ws.users[user_id]
    app = bool(user.bot_id) or user.id == SLACKBOT
    shown = {"id": user.id, "handle": user.handle, "name": user.name, "app": app, "standing": user.standing}
    return shown | {"about": "" if app else _about(ws, user, duty)}


def _about(ws: Workspace, user: User, duty: Sequence[str]) -> str:
    """One line on who somebody is, for whoever chooses whom to be."""
    if user.standing != "member":
        return _STANDINGS[user.standing]
    groups = [f"@{group.handle}" for group in ws.usergroups.values() if user.id in group.users]
    more = f" and {len(duty) - 1} more" if duty[1:] else ""
    turn = [f"on call for {duty[0]}{more}"] if duty else []
    return ", ".join([*groups, *turn]) or "in no user group"
