"""A postmortem: sentences of fact that cite their sources, and questions about what nobody knows yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.incident import Posted
from bot.domain.memory import Review
from bot.domain.question import Source

Key = Literal["summary", "impact", "timeline", "cause", "resolution", "actions", "lessons"]


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence of fact, in plain words, not yet escaped for any medium."""

    text: str
    cites: tuple[int, ...]
    """Numbers of its sources; never empty."""
    lead: str = ""
    """What stands before it: a time, or how urgent it is."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the record does not tell: a question for people to fill in."""

    text: str


@dataclass(frozen=True, slots=True)
class Chapter:
    key: Key
    lines: tuple[Said | Asked, ...]

    @property
    def said(self) -> tuple[Said, ...]:
        return tuple(line for line in self.lines if isinstance(line, Said))

    @property
    def asked(self) -> tuple[Asked, ...]:
        return tuple(line for line in self.lines if isinstance(line, Asked))


@dataclass(frozen=True, slots=True)
class Postmortem:
    """A draft about one opening of one incident."""

    incident_id: str
    opening: int
    title: str
    chapters: tuple[Chapter, ...]
    sources: tuple[Source, ...]
    named: bool = False
    """Whether it names people; else it speaks of their roles."""
    model: str | None = None
    """The model that worded part of it; None where it is the record's own words."""


@dataclass(frozen=True, slots=True)
class Written:
    """A postmortem as it was written down, and where it stands."""

    incident_id: str
    opening: int
    text: str
    """Markdown, masked."""
    at: datetime
    model: str | None = None
    message: Posted | None = None
    """In the incident's channel, that it is closed: the file is put into its thread."""
    url: str = ""
    """Where it stands besides, such as a pull request."""
    review: Review = "waiting"
    """What a person made of it: accepted or edited, its text stays as it is."""
    reviewed_by: str = ""
    """Slack user id; empty while it waits."""
    reviewed_at: datetime | None = None

    @property
    def reviewed(self) -> bool:
        return self.review in ("accepted", "edited")
