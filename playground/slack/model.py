"""The nouns of a workspace, and how each looks on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from playground.slack.cast import Standing

Json = dict[str, Any]
"""What goes over the wire, as json.loads gives it."""


@dataclass(slots=True)
class User:
    id: str
    handle: str
    name: str
    email: str = ""
    bot_id: str = ""
    """Set for an app's user only."""
    app_id: str = ""
    standing: Standing = "member"
    team: str = ""
    """The workspace that they are of, where it is not this one."""

    @property
    def everywhere(self) -> bool:
        """Whether they see public channels without being in them: full members and apps do."""
        return self.standing == "member"

    def wire(self, team: str, *, with_email: bool) -> Json:
        team = self.team or team
        profile: Json = {"real_name": self.name, "display_name": self.handle, "team": team}
        if self.bot_id:
            profile |= {"bot_id": self.bot_id, "api_app_id": self.app_id}
        elif with_email:
            profile["email"] = self.email
        return {
            "id": self.id,
            "team_id": team,
            "name": self.handle,
            "deleted": self.standing == "deactivated",
            "real_name": self.name,
            "tz": "Etc/UTC",
            "tz_offset": 0,
            "profile": profile,
            "is_bot": bool(self.bot_id),
            "is_app_user": False,
            "is_restricted": self.standing in {"guest", "single_channel_guest"},
            "is_ultra_restricted": self.standing == "single_channel_guest",
            "is_stranger": self.standing == "outsider",
        }


@dataclass(frozen=True, slots=True)
class Token:
    """Whose token it is and what it may do."""

    kind: Literal["bot", "user", "app"]
    user_id: str
    scopes: frozenset[str]
    revoked: bool = False


@dataclass(slots=True)
class Trigger:
    """What lets the app open one modal for a person, for three seconds."""

    user: str
    expires: datetime
    used: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """Where the app may answer a command or a click: five times within 30 minutes."""

    user: str
    channel: str
    message_ts: str | None
    expires: datetime
    left: int = 5


@dataclass(slots=True)
class Stream:
    """A message that is still being written."""

    until: float
    """Unix seconds after which Slack itself closes it."""
    display: Literal["timeline", "plan"] = "timeline"
    mode: Literal["", "text", "chunks"] = ""
    """What it takes: told by the first call that brings something."""
    parts: list[Json] = field(default_factory=list)
    """Blocks, in the order in which they came; words that follow each other are one."""
    tasks: dict[str, Json] = field(default_factory=dict)
    """Task id → its card."""
    plan: str = ""
    """The plan's title."""


@dataclass(slots=True)
class File:
    id: str
    name: str
    size: int
    """Bytes, as announced before the upload."""
    owner: str
    created: int
    alt: str = ""
    title: str = ""
    content: bytes | None = None
    """None until it is uploaded."""
    shared_in: list[str] = field(default_factory=list)

    @property
    def mimetype(self) -> str:
        endings = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif"}
        return endings.get(self.name.rsplit(".", 1)[-1].lower(), "application/octet-stream")

    def wire(self, base: str) -> Json:
        url = f"{base}/files/{self.id}/download"
        shown = {"id": self.id, "created": self.created, "timestamp": self.created, "name": self.name}
        shown |= {"title": self.title or self.name, "mimetype": self.mimetype, "user": self.owner, "size": self.size}
        shown |= {"filetype": self.name.rsplit(".", 1)[-1], "mode": "hosted", "is_external": False}
        return shown | {"url_private": url, "url_private_download": url, "alt_txt": self.alt, "permalink": url}


@dataclass(slots=True)
class Message:
    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    subtype: str | None = None
    bot_id: str = ""
    app_id: str = ""
    metadata: Json | None = None
    files: list[File] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    """Emoji name → who, in order."""
    edited: Json | None = None
    broadcast: bool = False
    """A reply that is shown in the channel too."""
    pinned_by: str | None = None
    ephemeral_to: str | None = None
    streaming: Literal["", "in_progress", "completed"] = ""
    """Whether it is, or was, written by streaming."""
    more: Json = field(default_factory=dict)
    """Fields that only some subtypes have, such as `topic`."""

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(slots=True)
class Channel:
    id: str
    name: str
    creator: str
    created: int
    kind: Literal["public", "private", "im", "mpim"] = "public"
    members: list[str] = field(default_factory=list)
    topic: Json = field(default_factory=lambda: {"value": "", "creator": "", "last_set": 0})
    purpose: Json = field(default_factory=lambda: {"value": "", "creator": "", "last_set": 0})
    archived: bool = False
    messages: dict[str, Message] = field(default_factory=dict)
    """By ts, oldest first: threads too."""
    pins: dict[str, Json] = field(default_factory=dict)
    """Message ts → {created, created_by}, oldest first."""
    previous_names: list[str] = field(default_factory=list)
    connected: list[str] = field(default_factory=list)
    """Other workspaces that the channel is shared with."""

    def replies(self, ts: str) -> list[Message]:
        """The replies of a thread, oldest first, without the message that they answer."""
        return [m for m in self.messages.values() if m.thread_ts == ts and m.ts != ts]

    def wire(self, team: str, *, seen_by: str) -> Json:
        shown: Json = {"id": self.id, "created": self.created, "creator": self.creator, "is_archived": self.archived}
        if self.kind == "im":
            other = next((m for m in self.members if m != seen_by), seen_by)
            return shown | {"is_im": True, "user": other, "is_open": True, "context_team_id": team}
        return shown | {
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": self.kind == "public",
            "is_group": self.kind == "private",
            "is_im": False,
            "is_mpim": self.kind == "mpim",
            "is_private": self.kind != "public",
            "is_general": self.name == "general",
            "is_member": seen_by in self.members,
            "is_shared": bool(self.connected),
            "is_ext_shared": bool(self.connected),
            "is_org_shared": False,
            "is_pending_ext_shared": False,
            "pending_shared": [],
            "connected_team_ids": self.connected,
            "topic": self.topic,
            "purpose": self.purpose,
            "previous_names": self.previous_names,
            "num_members": len(self.members),
            "context_team_id": team,
        }
