"""What the evidence says: facts with numbers, possible causes that rest on them, and what to do first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.money import Money
from bot.domain.words import figure, span

Confidence = Literal["high", "medium", "low", "unknown"]
_AN_HOUR = 3_570.0
"""Seconds from which it is one, to the minute."""


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
    """Of the lines that are counted."""
    level: str = ""
    sample: str = ""
    """One line, as it stood (redacted)."""
    url: str | None = None
    watched_s: float = 0.0
    """Seconds before the first of them in which lines were read too; 0 where nobody said so."""
    sampled: bool = False
    """Whether a share of the lines was read, and `count` is what that share stands for."""

    @property
    def new(self) -> bool:
        return self.before == 0

    @property
    def often(self) -> str:
        """«1,204»; «about 17,000» where a sample says so."""
        return f"about {float(f'{self.count:.2g}'):,.0f}" if self.sampled else f"{self.count:,}"

    @property
    def usual(self) -> str:
        """«12 before»; «none seen in the hour before», and not longer than lines were read."""
        if not self.new:
            return f"{figure(round(self.before))} before"
        long = "hour" if self.watched_s >= _AN_HOUR else span(self.watched_s)
        return f"none seen in the {long} before" if self.watched_s else "none seen before"


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
