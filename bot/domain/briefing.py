"""What is said: sections of Slack mrkdwn in which everything from outside is already escaped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

DATABASE_DOWN = "My database does not answer right now. Try again in a minute."
"""What whoever asked for something reads where the database kept it from being done."""


@dataclass(frozen=True, slots=True)
class Button:
    """Something to tap. `does` and `value` come back when it is tapped: what is meant, and of what."""

    label: str
    """Plain text, at most 75 characters."""
    does: str
    """Such as `run`, `choose.again`."""
    value: str
    """At most 2,000 characters, such as a runbook's or a run's id."""
    look: Literal["plain", "primary", "danger"] = "plain"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a message. Cut between lines where it is too long; the rest goes into the thread."""

    lines: tuple[str, ...]
    title: str | None = None
    """Bold, on a line of its own before the lines; None for a part without one."""
    aside: str = ""
    """Behind the title on its line, not bold; a dot between them unless it stands in brackets."""
    buttons: tuple[Button, ...] = ()
    """In a row below the lines; at most 25."""

    @property
    def text(self) -> tuple[str, ...]:
        """All lines as they are shown, the title's own first."""
        between = " " if self.aside.startswith("(") else " · "
        head = between.join(part for part in (f"*{self.title}*" if self.title else "", self.aside) if part)
        return (head, *self.lines) if head else self.lines


@dataclass(frozen=True, slots=True)
class Briefing:
    """One message. `plain` is what a notification shows and what `make demo ONCE=1` prints first."""

    plain: str
    headline: str
    sections: tuple[Section, ...] = ()
    footer: str | None = None
    """Small print: how to go on, seconds, sources."""

    def mapped(self, change: Callable[[str], str]) -> Briefing:
        """The same message with `change` applied to each of its texts: how secrets are masked at the last door.

        Of a button only the label is a text: what it does and its value come back when it is tapped, so they stay.
        """
        return Briefing(
            plain=change(self.plain),
            headline=change(self.headline),
            sections=tuple(_changed(section, change) for section in self.sections),
            footer=None if self.footer is None else change(self.footer),
        )


def _changed(section: Section, change: Callable[[str], str]) -> Section:
    return replace(
        section,
        lines=tuple(change(line) for line in section.lines),
        title=None if section.title is None else change(section.title),
        aside=change(section.aside),
        buttons=tuple(replace(button, label=change(button.label)) for button in section.buttons),
    )


def line(text: str) -> Briefing:
    """A message of one line of mrkdwn and nothing else, such as the answer to whoever typed a command."""
    return Briefing(plain=text.replace("`", ""), headline=text)
