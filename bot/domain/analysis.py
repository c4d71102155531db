"""What the evidence says: facts with numbers, possible causes that rest on them, and what to do first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.money import Money

Confidence = Literal["high", "medium", "low", "unknown"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement that was seen, with its number. Every claim cites facts; a fact cites its source."""

    id: int
    """From 1, in the order of first citation."""
    source: str
    """The room it came from, such as `prometheus`."""
    service: str
    text: str
    """Plain words with numbers, not yet escaped for any medium."""
    at: datetime | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class SignalState:
    """One signal of the incident's own service, beside its normal. Values in the signal's unit."""

    service: str
    signal: str
    value: float
    normal: float | None
    """Median of the quiet time before; None when there is no history."""
    yesterday: float | None = None
    moved: Literal["up", "down", "steady", "unknown"] = "unknown"
    """`unknown`: too little is known of its quiet time to say that it kept to it."""
    bad: bool = False
    """Whether it moved the way that hurts."""
    since: datetime | None = None
    """When it left its normal."""
    url: str | None = None
    silent_since: datetime | None = None
    """When its last figure came, where none come any more: `value` is that one, and nothing of now."""


@dataclass(frozen=True, slots=True)
class Moved:
    """That a signal of any service left its normal: what an incident is recognised by later."""

    service: str
    signal: str
    direction: Literal["up", "down"]
    surprise: float
    """0 (happens anyway) to 1 (never seen before)."""
    edge: str = ""


@dataclass(frozen=True, slots=True)
class LogPattern:
    """A log template and how its count changed. `before` is scaled to the same span as `count`."""

    service: str
    template: str
    """Variable parts as `<*>`."""
    count: int
    before: float
    first_seen: datetime
    level: str = ""
    sample: str = ""
    """One line, as it stood (redacted)."""
    url: str | None = None

    @property
    def new(self) -> bool:
        return self.before == 0


@dataclass(frozen=True, slots=True)
class Cause:
    """A possible cause. `service` is where it lies; `facts` are the ids it rests on, never empty."""

    service: str
    kind: Literal["change", "resource", "dependency", "own fault", "network"]
    text: str
    """One or two plain sentences, number first, not yet escaped."""
    confidence: Confidence
    facts: tuple[int, ...]
    score: float = 0.0
    """0 to 1; how much of the evidence speaks for it. Orders the causes; is not a probability."""
    version: str | None = None
    """Of the change, where the cause is one."""


@dataclass(frozen=True, slots=True)
class RuledOut:
    text: str
    facts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FirstStep:
    """Something a person can do now. `command` can be pasted as it stands."""

    text: str
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    causes: tuple[Cause, ...]
    """Ranked, likeliest first. Empty: no clear cause."""
    onset: datetime | None
    """When it began: the first lasting departure from normal; None when nothing departed."""
    facts: tuple[Fact, ...]
    signals: tuple[SignalState, ...]
    """Of the incident's own service, in the order of the briefing."""
    patterns: tuple[LogPattern, ...] = ()
    """Grown or new, the strongest first; at most ten."""
    ruled_out: tuple[RuledOut, ...] = ()
    first_steps: tuple[FirstStep, ...] = ()
    looked_at: tuple[str, ...] = ()
    """In words, for when there is no cause: «8 signals of 5 services», «12,031 log lines»."""
    suspects: tuple[str, ...] = ()
    """Services with some sign of trouble that is too weak for a cause, the likeliest first."""
    next_look: str | None = None
    """The one look that would tell most, in words or as a query."""
    model: str | None = None
    """The model that shared in it; None when it rests on evidence alone."""
    opinion: tuple[str, ...] = ()
    """What the model added, checked, in plain sentences."""
    cost: Money | None = None
    """What that took."""
    moved: tuple[Moved, ...] = ()
    """Signals of all services, the most surprising first; at most sixty."""

    @property
    def confidence(self) -> Confidence:
        return self.causes[0].confidence if self.causes else "unknown"


NOTHING_KNOWN = Analysis(causes=(), onset=None, facts=(), signals=())
"""Of a look that saw nothing, or that could not be understood."""
