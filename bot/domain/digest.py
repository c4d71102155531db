"""A week of incidents in figures: how fast people and bot were, what made noise, what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from bot.domain.incident import Severity
from bot.domain.money import Money

NOISY = 3
"""An alert that fires so often in a week, and that nobody acknowledged once, is noise."""
MOST_NOISY = 5


@dataclass(frozen=True, slots=True)
class Course:
    """How one incident went. Moments that did not come are None."""

    id: str
    severity: Severity
    opened_at: datetime
    """When its first alert was committed; of an incident that was opened again, the first time."""
    said_at: datetime | None = None
    """When the message that is its briefing was posted."""
    acknowledged_at: datetime | None = None
    """Where it is told with another: when either was."""
    resolved_at: datetime | None = None
    false_alarm: bool = False


@dataclass(frozen=True, slots=True)
class Fired:
    """Alerts of one name that fired in one incident."""

    name: str
    incident_id: str
    times: int = 1
    acknowledged: bool = False
    """Whether somebody acknowledged that incident, or the one that it is told with, whenever it was opened."""


@dataclass(frozen=True, slots=True)
class Week:
    """What the record holds of a week."""

    since: datetime
    until: datetime
    courses: tuple[Course, ...]
    fired: tuple[Fired, ...]
    liked: int
    """👍 on answers."""
    disliked: int
    spent: Money
    """On models, by every replica."""


@dataclass(frozen=True, slots=True)
class Noise:
    name: str
    times: int


@dataclass(frozen=True, slots=True)
class Digest:
    """A week, summed up. Seconds are medians over the incidents that have them; None where none has."""

    since: datetime
    until: datetime
    incidents: int
    worst: Mapping[Severity, int]
    false_alarms: int
    response_s: float | None
    acknowledge_s: float | None
    resolve_s: float | None
    unacknowledged: int
    alerts: int
    noisy: tuple[Noise, ...]
    """The noisiest first, at most `MOST_NOISY`."""
    liked: int
    disliked: int
    spent: Money

    @property
    def liked_share(self) -> float | None:
        """Of the answers that people judged."""
        judged = self.liked + self.disliked
        return self.liked / judged if judged else None


def digest_of(week: Week) -> Digest:
    """The figures of a week."""
    courses = week.courses
    return Digest(
        since=week.since,
        until=week.until,
        incidents=len(courses),
        worst={one: sum(course.severity == one for course in courses) for one in Severity},
        false_alarms=sum(course.false_alarm for course in courses),
        response_s=_middle((course.opened_at, course.said_at) for course in courses),
        acknowledge_s=_middle((course.opened_at, course.acknowledged_at) for course in courses),
        resolve_s=_middle((course.opened_at, course.resolved_at) for course in courses),
        unacknowledged=sum(course.acknowledged_at is None for course in courses),
        alerts=sum(one.times for one in week.fired),
        noisy=_noisy(week.fired),
        liked=week.liked,
        disliked=week.disliked,
        spent=week.spent,
    )


def _middle(spans: Iterable[tuple[datetime, datetime | None]]) -> float | None:
    """The median; a clock that ran backwards counts as no time at all."""
    seconds = [max((then - began).total_seconds(), 0.0) for began, then in spans if then is not None]
    return median(seconds) if seconds else None


def _noisy(fired: Sequence[Fired]) -> tuple[Noise, ...]:
    times: dict[str, int] = {}
    for one in fired:
        times[one.name] = times.get(one.name, 0) + one.times
    heeded = {one.name for one in fired if one.acknowledged}
    found = [Noise(name, number) for name, number in times.items() if number >= NOISY and name not in heeded]
    return tuple(sorted(found, key=lambda noise: (-noise.times, noise.name))[:MOST_NOISY])
