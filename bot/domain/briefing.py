"""What is said: sections of Slack mrkdwn in which everything from outside is already escaped."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a message. Cut between lines where it is too long; the rest goes into the thread."""

    lines: tuple[str, ...]
    title: str | None = None
    """Bold, on a line of its own before the lines; None for a part without one."""


@dataclass(frozen=True, slots=True)
class Briefing:
    """One message. `plain` is what a notification shows and what `make demo ONCE=1` prints first."""

    plain: str
    headline: str
    sections: tuple[Section, ...] = ()
    footer: str | None = None
    """Small print: how to go on, seconds, sources."""
