"""What a person types becomes a message's text, as Slack's own client does it."""

from __future__ import annotations

import re

from playground.slack.workspace import Workspace

_MENTION = re.compile(r"(?<![\w@/.])@([\w.-]*[\w-])")
_CHANNEL = re.compile(r"(?<![\w#/&;])#([\w-]+)")
_LINK = re.compile(r"https?://[^\s<>|]+[^\s<>|.,;:!?)\]'\"]")
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_PERSON = re.compile(r"<@(\w+)>")
_BROADCASTS = {"channel", "here", "everyone"}


def as_mrkdwn(ws: Workspace, typed: str) -> str:
    """Escapes `&`, `<`, `>` and turns @people, @groups, #channels and links into Slack's forms, but not in code."""
    escaped = typed.strip().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    parts = _CODE.split(escaped)
    return "".join(part if i % 2 else _linked(ws, part) for i, part in enumerate(parts))


def as_escaped(ws: Workspace, typed: str) -> str:
    """What a slash command with `should_escape` is sent: as in a message, and people with their names."""
    return _PERSON.sub(lambda found: f"<@{found[1]}|{ws.user(found[1]).handle}>", as_mrkdwn(ws, typed))


def _linked(ws: Workspace, text: str) -> str:
    text = _LINK.sub(lambda found: f"<{found[0]}>", text)
    text = _MENTION.sub(lambda found: _mention(ws, found[1]) or found[0], text)
    return _CHANNEL.sub(lambda found: _channel(ws, found[1]) or found[0], text)


def _mention(ws: Workspace, name: str) -> str | None:
    if name in _BROADCASTS:
        return f"<!{name}>"
    user = next((u for u in ws.users.values() if u.handle == name), None)
    if user:
        return f"<@{user.id}>"
    group = next((g for g in ws.usergroups.values() if g.handle == name), None)
    return f"<!subteam^{group.id}>" if group else None


def _channel(ws: Workspace, name: str) -> str | None:
    channel = ws.named(name)
    return f"<#{channel.id}|{name}>" if channel else None
