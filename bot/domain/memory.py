"""What is remembered of an incident once it is over, and what of it waits for a person to look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.analysis import Confidence, Moved

Review = Literal["waiting", "accepted", "edited", "rejected"]
"""What a person made of what was learnt. What waits counts, and is told as not reviewed; rejected is never shown."""
Origin = Literal["incident", "markdown", "jsonl", "pagerduty", "github"]
"""Where it was learnt: from an incident of this bot, or from a record of before."""
By = Literal["evidence", "person", "record"]
"""Who says it: the evidence engine, a person in Slack, or the record that it was learnt from."""
Kind = Literal["memory", "cause", "runbook", "postmortem", "note"]
"""What waits to be looked at. `runbook` is a draft, as YAML; `note` is a line for the team's MEMORY.md."""

MOST_TEXT = 4_000
"""Characters of one text of a memory."""
MOST_PATTERNS = 10
MOST_MOVED = 60


@dataclass(frozen=True, slots=True)
class Pattern:
    """A log template that grew, as it is recognised again."""

    service: str
    template: str
    new: bool = False
    """Whether it had never been seen before."""


@dataclass(frozen=True, slots=True)
class Blamed:
    """Where the evidence put a cause, and of what kind."""

    service: str
    kind: str


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What the evidence of an incident looked like. Empty where nothing was seen, as in a record of before."""

    moved: tuple[Moved, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    causes: tuple[Blamed, ...] = ()
    """The likeliest first; at most two."""

    @property
    def empty(self) -> bool:
        return not (self.moved or self.patterns or self.causes)


@dataclass(frozen=True, slots=True)
class Ran:
    """A runbook that was used, and what came of it."""

    runbook: str
    result: str
    helped: bool | None = None
    """By the check after its last step; None where nothing was checked."""


@dataclass(frozen=True, slots=True)
class Memory:
    """One incident, in one of its openings, as it is remembered. Its texts are masked."""

    id: str
    """The same however often it is learnt: the incident's, with the opening behind it from the second on."""
    incident_id: str
    """As people call it; of a record of before its own name there."""
    service: str
    title: str
    opened_at: datetime
    origin: Origin = "incident"
    opening: int = 1
    env: str = ""
    began_at: datetime | None = None
    """The first lasting departure from normal."""
    minutes: float | None = None
    """From open to resolved; None when not known."""
    alerts: tuple[str, ...] = ()
    """Names of those that fired."""
    summary: str = ""
    """What was seen, in words."""
    cause: str = ""
    cause_by: By = "evidence"
    confidence: Confidence = "unknown"
    """Of a cause that the evidence names."""
    resolution: str = ""
    runs: tuple[Ran, ...] = ()
    false_alarm: bool = False
    fingerprint: Fingerprint = Fingerprint()
    liked: int = 0
    """How many people found the bot's answers of it helpful, and"""
    disliked: int = 0
    """how many did not."""
    url: str | None = None
    review: Review = "waiting"
    reviewed_by: str = ""
    """Slack user id; empty while it waits."""

    @property
    def reviewed(self) -> bool:
        return self.review in ("accepted", "edited")

    @property
    def doubted(self) -> bool:
        """Whether more people turned down what the bot said of it than liked it, and none named the cause."""
        return self.cause_by == "evidence" and self.disliked > self.liked


@dataclass(frozen=True, slots=True)
class Learnt:
    """Something that was learnt and waits for a person: accepted, edited or rejected with one tap."""

    id: str
    """The same however often it is learnt."""
    kind: Kind
    incident_id: str
    at: datetime
    title: str
    """What it is, in a few words; not yet escaped."""
    text: str
    """All of it; masked. An edit puts another in its place."""
    by: str = "bot"
    """Who said it: a Slack user id, or `bot`."""
    review: Review = "waiting"
    reviewed_by: str = ""
    reviewed_at: datetime | None = None


def memory_id(incident_id: str, opening: int) -> str:
    """One memory for each incident and opening."""
    return incident_id if opening == 1 else f"{incident_id}.{opening}"


def opening_of(memory_id: str, incident_id: str) -> int:
    """The opening that a memory is of."""
    behind = memory_id.removeprefix(f"{incident_id}.")
    return int(behind) if behind != memory_id and behind.isdecimal() else 1
