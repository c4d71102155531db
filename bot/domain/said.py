"""What people do toward the bot in Slack: a message, a command, a tap, a filled form, a reaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.incident import Posted


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command, such as `/incident-action <text>`."""

    channel_id: str
    user_id: str
    text: str
    trigger: str = ""
    """What opens a form for this person, within 3 s."""
    name: str = "/incident-action"
    """Which of the bot's two: `/incident` is the other."""


@dataclass(frozen=True, slots=True)
class Tap:
    """A button of one of the bot's messages (`bot.domain.briefing.Button`)."""

    does: str
    value: str
    channel_id: str
    user_id: str
    trigger: str = ""
    message: Posted | None = None
    """None where it was one that only they could see."""


@dataclass(frozen=True, slots=True)
class Field:
    """One box of a form."""

    name: str
    label: str
    hint: str = ""
    value: str = ""
    """What stands there at first."""
    required: bool = True
    long: bool = False
    """Whether it takes several lines; one whose value has several takes them anyway."""


@dataclass(frozen=True, slots=True)
class Form:
    """A modal: asks one person for a few texts."""

    does: str
    """Comes back with what was filled in."""
    value: str
    """Comes back too; at most 2,900 characters."""
    title: str
    """At most 24 characters."""
    button: str
    """At most 24 characters."""
    fields: tuple[Field, ...]
    lines: tuple[str, ...] = ()
    """Mrkdwn above the fields."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that a person sent off."""

    does: str
    value: str
    user_id: str
    texts: Mapping[str, str] = field(default_factory=dict)
    """By field."""
    channel_id: str = ""
    """Where it was opened from."""


@dataclass(frozen=True, slots=True)
class Reacted:
    """A reaction was added to, or taken from, a message."""

    message: Posted
    emoji: str
    """Without skin tone."""
    user_id: str
    added: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that a person wrote where the bot can hear it."""

    channel_id: str
    ts: str
    """Its own: with the channel its identity, however often and as whatever event Slack delivers it."""
    thread: str | None
    """The thread that it stands in; None: in the channel itself."""
    text: str
    """As Slack gives it, without the mention of the bot."""
    user_id: str
    mention: bool
    """Whether it mentions the bot, or is said to it alone."""
