"""Calls that wait for one limit of Slack's, and which of them goes next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bot.priority import Priority
from bot.slack.rates import Call

TURNS = 10
"""One turn in so many goes to whoever has waited longest,"""
LONG_S = 60.0
"""if that is longer than this. So nothing waits for ever: whoever has n before it that are older goes after a minute
and at most 10 (n + 1) turns; and nothing urgent loses more than one turn in ten."""


@dataclass(slots=True, eq=False)
class Waiting:
    """One call that waits. `since`: when it was first asked for, also where Slack has sent it away since."""

    call: Call
    priority: Priority
    since: float
    longest_s: float
    """A pause that Slack asks for is waited for if it is no longer; 0: nothing is waited for at all."""
    turn: asyncio.Future[None]


@dataclass(frozen=True, slots=True)
class Next:
    """Whose turn it is, and as what it goes."""

    one: Waiting
    priority: Priority


def next_of(waiting: Sequence[Waiting], turn: int, now: float) -> Next:
    """The most urgent, and of those the one that has waited longest; each tenth turn is for the longest of all."""
    oldest = min(waiting, key=lambda one: one.since)
    if turn % TURNS == 0 and now - oldest.since > LONG_S:
        return Next(oldest, Priority.HEADLINE)
    first = min(waiting, key=lambda one: (one.priority, one.since))
    return Next(first, first.priority)
