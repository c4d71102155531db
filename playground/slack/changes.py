"""What can happen in a workspace: each change is announced once, to the app and to the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from playground.slack.model import Channel, Json, Message


@dataclass(frozen=True, slots=True)
class ChannelChanged:
    """Created, renamed, archived, or another topic or purpose."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class MemberMoved:
    channel: Channel
    user: str
    how: Literal["joined", "left"]
    inviter: str | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    channel: Channel
    message: Message


@dataclass(frozen=True, slots=True)
class Edited:
    channel: Channel
    message: Message
    previous: Json
    """The message as it was."""


@dataclass(frozen=True, slots=True)
class Deleted:
    channel: Channel
    message: Message


@dataclass(frozen=True, slots=True)
class Reacted:
    channel: Channel
    message: Message
    user: str
    name: str
    how: Literal["added", "removed"]
    ts: str


@dataclass(frozen=True, slots=True)
class Touched:
    """Something about a message that no event tells of, such as a pin."""

    channel: Channel
    message: Message


@dataclass(frozen=True, slots=True)
class Whispered:
    """A message that one person sees."""

    channel: Channel
    message: Message


@dataclass(frozen=True, slots=True)
class WhisperGone:
    channel: Channel
    message: Message


@dataclass(frozen=True, slots=True)
class ViewShown:
    """A modal is opened or changed for one person; None closes it."""

    user: str
    view: Json | None


Change = (
    ChannelChanged | MemberMoved | Posted | Edited | Deleted | Reacted | Touched | Whispered | WhisperGone | ViewShown
)
