"""What a playground Slack is started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from playground.slack.cast import NEWCOMERS, USERGROUPS, Newcomer, Usergroup
from playground.slack.rates import Rate
from playground.world import Person

__all__ = ["YOU", "Command", "Newcomer", "SlackSettings", "Usergroup"]

BOT_SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:join",
        "channels:manage",
        "channels:read",
        "chat:write",
        "chat:write.public",
        "commands",
        "files:write",
        "im:history",
        "im:read",
        "im:write",
        "pins:read",
        "pins:write",
        "reactions:read",
        "reactions:write",
        "usergroups:read",
        "users:read",
        "users:read.email",
    }
)
EVENTS = frozenset(
    {"app_mention", "member_joined_channel", "message.channels", "message.im", "reaction_added", "reaction_removed"}
)


YOU = Person("U000000YOU", "you", "You", "you@example.com")
"""Whoever sits before the page."""


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command of the app, such as `/incident-action`."""

    name: str
    usage: str = ""
    description: str = ""
    escapes: bool = False
    """Whether people, channels and addresses in it come in Slack's forms (`should_escape` in the manifest)."""


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """One workspace with one app in it. Durations are seconds. The secrets stay out of `repr`."""

    bot_token: str = field(default="xoxb-playground-bot", repr=False)
    app_token: str = field(default="xapp-playground-app", repr=False)
    signing_secret: str = field(default="playground-signing-secret", repr=False)
    team_name: str = "Playground"
    bot_handle: str = "first-responder"
    bot_name: str = "First Responder"
    bot_scopes: frozenset[str] = BOT_SCOPES
    events: frozenset[str] = EVENTS
    """What the app is subscribed to, in the words of the app's manifest."""
    commands: tuple[Command, ...] = (
        Command("/incident", "ack | status <text> | help", "This channel's incident, from start to end", escapes=True),
        Command("/incident-action", "run <runbook> | status", "Run a runbook, step by step"),
    )
    channels: tuple[str, ...] = ("general", "incidents")
    """Exist from the start, with every full member in them."""
    bot_channels: tuple[str, ...] = ("incidents",)
    """Those of `channels` that the bot and the guests are in from the start."""
    usergroups: tuple[Usergroup, ...] = USERGROUPS
    newcomers: tuple[Newcomer, ...] = NEWCOMERS
    you: Person = YOU
    simulated: str = "Slack, Prometheus, Elasticsearch, GitHub, PagerDuty, Kubernetes"
    """What stands in for something else: the page says it."""
    real: str = "the bot, its database and its clients"
    """What is no stand-in: the page says it too."""
    model: Literal["none", "script", "real"] = "none"
    """Who answers the bot's questions to a model: the page says it."""
    request_url: str | None = None
    """Where signed HTTP deliveries go. None: Socket Mode."""
    rates: Mapping[str, Rate] = field(default_factory=dict)
    """Method → its limit. Empty: no limits. `rates.REAL` has Slack's own tiers."""
    latency: float = 0.0
    """Every Web API call takes this long."""
    ack_within: float = 3.0
    """How long a delivery waits for its acknowledgement."""
    trigger_life: float = 3.0
    """How long a trigger id opens a form."""
    retry_after: tuple[float, ...] = (0.5, 60.0, 300.0)
    """Pauses before an unacknowledged event is sent again; as many tries as pauses."""
