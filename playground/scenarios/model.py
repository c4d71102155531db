"""What a scenario is made of. Every time is in seconds relative to its alert; negative is before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from integrations.contract import Service

SignalName = Literal["traffic", "errors", "p50", "p99", "cpu", "memory", "disk", "pool"]
"""What a profile has a level for: requests/s, percent of requests, seconds, seconds, and percents of a limit."""

MiB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Profile:
    """One service on an ordinary day. A level of None means that the service exports nothing of the kind."""

    service: Service
    traffic: float | None = 120.0
    errors: float = 0.2
    p50: float = 0.035
    p99: float = 0.18
    cpu: float = 34.0
    memory: float = 52.0
    disk: float | None = None
    pool: float | None = None
    pool_max: int = 50
    pods: int = 3
    cpu_limit: float = 1.0
    memory_limit: int = 512 * MiB
    error_code: str = "500"

    @property
    def name(self) -> str:
        return self.service.name


@dataclass(frozen=True, slots=True)
class Effect:
    """One signal of one service leaves its level at `begins` and climbs straight to `target` within `over`.

    After `until`, or once the incident is resolved, it decays back to its level.
    """

    service: str
    signal: SignalName
    begins: float
    target: float
    over: float = 30.0
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Restart:
    """A container that dies and comes back: its target is down for `down` seconds, its counters begin at zero."""

    service: str
    pod: int
    at: float
    down: float = 30.0


@dataclass(frozen=True, slots=True)
class Deploy:
    """A rollout, pod by pod from `at` on. `files` holds path → unified diff."""

    service: str
    at: float
    version: str
    previous: str
    author: str
    """A handle of `company.PEOPLE`."""
    title: str
    pull_request: int
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chatter:
    """What a service logs on any day: `per_minute` lines, drawn from (weight, level, template)."""

    service: str
    per_minute: float
    lines: tuple[tuple[float, str, str], ...]


@dataclass(frozen=True, slots=True)
class Burst:
    """Exactly `count` lines of one template, spread unevenly over [begins, until); gone once resolved."""

    service: str
    level: str
    template: str
    begins: float
    until: float
    count: int


@dataclass(frozen=True, slots=True)
class Rule:
    """The alerting rule that fires at zero. `expression` and the labels are what a real rule would carry."""

    alertname: str
    severity: str
    expression: str
    summary: str
    description: str
    runbook_url: str
    pod: int | None = None
    """Index of the pod that the alert names; None for an alert about the whole service."""


@dataclass(frozen=True, slots=True)
class Past:
    """An incident of the company's memory, `days` before today."""

    id: str
    service: str
    title: str
    days: float
    minutes: float
    cause: str
    resolution: str
    summary: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Who answers: an escalation policy with the handles of its levels, first one first."""

    id: str
    name: str
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """The answer. `service` is None where there is no fault."""

    service: str | None
    kind: str
    deployment: bool
    onset: float | None
    also: tuple[str, ...] = ()
    """Services that are accepted too: another measuring point of the same component."""


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """One story with its own services; compared by identity, since each is written once."""

    id: str
    title: str
    sentence: str
    profiles: tuple[Profile, ...]
    alerting: str
    """The service that the alert speaks of."""
    rule: Rule
    truth: Truth
    policies: tuple[Policy, ...]
    effects: tuple[Effect, ...] = ()
    restarts: tuple[Restart, ...] = ()
    deploys: tuple[Deploy, ...] = ()
    chatter: tuple[Chatter, ...] = ()
    bursts: tuple[Burst, ...] = ()
    past: tuple[Past, ...] = ()

    def profile(self, service: str) -> Profile:
        """Raises KeyError where the scenario has no such service."""
        return {profile.name: profile for profile in self.profiles}[service]
