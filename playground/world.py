"""What is true in the playground right now: the scenarios that run, as every stand-in sees them.

A scenario is written in seconds relative to its alert; starting one pins it to the clock. Nothing after
`now()` is ever shown: the world unfolds while one watches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Now, timezone-aware UTC."""
        ...


@dataclass(frozen=True, slots=True)
class LogRecord:
    time: datetime
    service: str
    instance: str
    level: str
    message: str


@dataclass(frozen=True, slots=True)
class Rollout:
    """One deployment as GitHub knows it."""

    service: str
    repo: str
    """`owner/name`."""
    time: datetime
    version: str
    previous: str
    author: str
    title: str
    sha: str
    pull_request: int
    files: Mapping[str, str]
    """Path → unified diff of that file."""
    instances_new: tuple[str, ...] = ()
    instances_old: tuple[str, ...] = ()
    waiting: bool = False
    """Whether it still waits for somebody to approve it."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One Prometheus time series: labels with `__name__`, and (unix seconds, value) ascending."""

    labels: Mapping[str, str]
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Person:
    """Someone of the company: in Slack, in PagerDuty and in GitHub."""

    slack_id: str
    handle: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Shift:
    """Who is on call for an escalation policy, at which level."""

    policy_id: str
    policy_name: str
    level: int
    person: Person
    until: datetime


@dataclass(frozen=True, slots=True)
class PastIncident:
    """What the company's history says: the bot finds it in its memory."""

    id: str
    service: str
    title: str
    opened_at: datetime
    minutes: float
    cause: str
    resolution: str
    summary: str


class World(Protocol):
    """What stand-ins read. Everything is limited to moments before now."""

    def now(self) -> datetime: ...

    def samples(self) -> Sequence[Sample]:
        """Every series of every running scenario."""
        ...

    def logs(self) -> Sequence[LogRecord]:
        """Every log record, in order of time."""
        ...

    def rollouts(self) -> Sequence[Rollout]:
        """Every deployment of every repo, oldest first."""
        ...

    def people(self) -> Sequence[Person]: ...

    def shifts(self) -> Sequence[Shift]: ...
