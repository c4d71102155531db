"""What is over -> what comes next of it: waiting, a proposal, the closing, the writing up (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.closing import How, Over


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say of closing."""

    quiet: timedelta
    """For so long nothing may fire before anybody is asked."""
    patience: timedelta
    """So long a proposal waits for an answer, or for a place; after a «keep open» it is made again."""
    auto: bool = False
    """Whether it is closed without asking."""


@dataclass(frozen=True, slots=True)
class Wait:
    until: datetime


@dataclass(frozen=True, slots=True)
class Propose:
    number: int


@dataclass(frozen=True, slots=True)
class CloseIt:
    how: How


@dataclass(frozen=True, slots=True)
class WriteUp:
    """It is closed: its story is told."""


Next = Wait | Propose | CloseIt | WriteUp


def next_closing(over: Over, rules: Rules, now: datetime) -> Next:
    """A person decides, unless AUTO_RESOLVE is set; nobody's answer is one too, after a while, and is called so."""
    if over.closed:
        return WriteUp()
    if not over.asked or over.asked_at is None:
        due = over.since + rules.quiet
        if now < due:
            return Wait(due)
        return CloseIt("by itself") if rules.auto else Propose(1)
    if over.kept_at is not None:
        due = over.kept_at + rules.patience
        return Wait(due) if now < due else Propose(over.asked + 1)
    if not over.stands:  # nobody saw it, so nobody was silent
        return Propose(over.asked)
    due = over.asked_at + rules.patience
    return Wait(due) if now < due else CloseIt("not reviewed")
