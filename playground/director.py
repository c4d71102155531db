"""Runs the scenarios: pins one to the clock, sends its alert, and shows every stand-in the world as it is now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge

import yaml

from integrations.contract import Service
from playground.alerting import Target, deliver, payload
from playground.pinned import Pinned
from playground.scenarios import ALL
from playground.scenarios.company import BY_HANDLE, PEOPLE
from playground.scenarios.model import Scenario
from playground.slack.director import Scenario as Shown
from playground.world import Clock, LogRecord, PastIncident, Person, Rollout, Sample, Shift

_HANDOVER = 8
"""The hour (UTC) at which on-call changes."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the alerts of a director go; `target` is the bot's webhook."""

    target: Target
    scenarios: tuple[Scenario, ...] = ALL


class Director:
    """The world of the stand-ins. Nothing of a scenario is seen before it was started, nor anything after now."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._born = clock.now()
        self._running: dict[str, Pinned] = {}
        self._sending: set[str] = set()
        self._samples: tuple[tuple[tuple[Sample, ...], ...], tuple[Sample, ...]] = ((), ())

    # ── the scenarios ────────────────────────────────────────────────────────────────────────────

    def scenarios(self) -> tuple[Shown, ...]:
        """All of them as the page's panel lists them: ready, starting, firing, resolving or resolved."""
        return tuple(
            _shown(s, self._running.get(s.id), sending=s.id in self._sending) for s in self._settings.scenarios
        )

    async def start(self, scenario_id: str) -> None:
        """Pins a scenario so that its alert fires now, and sends it. Raises KeyError and NotDelivered."""
        await self._send(Pinned(self._scenario(scenario_id), _to_milliseconds(self._clock.now())))

    async def resolve(self, scenario_id: str) -> None:
        """Mends a running scenario's fault and sends the resolved webhook. Raises KeyError and NotDelivered.

        One that is resolved already keeps its moment; the webhook is sent again.
        """
        pinned = self._running[scenario_id]
        mended = pinned.resolved or _to_milliseconds(self._clock.now())
        await self._send(Pinned(pinned.scenario, pinned.alert, mended))

    async def _send(self, pinned: Pinned) -> None:
        name, target = pinned.scenario.id, self._settings.target
        self._running[name] = pinned
        self._sending.add(name)
        try:
            await asyncio.to_thread(pinned.prepare)
            await deliver(payload(pinned, target), target)
        finally:
            self._sending.discard(name)

    def _scenario(self, scenario_id: str) -> Scenario:
        return {scenario.id: scenario for scenario in self._settings.scenarios}[scenario_id]

    # ── the world ────────────────────────────────────────────────────────────────────────────────

    def now(self) -> datetime:
        return self._clock.now()

    def samples(self) -> Sequence[Sample]:
        """Every series of every running scenario; the same object until something was scraped again."""
        now = self.now()
        parts = tuple(pinned.samples(now) for pinned in self._running.values())
        if len(parts) != len(self._samples[0]) or any(a is not b for a, b in zip(parts, self._samples[0], strict=True)):
            self._samples = (parts, tuple(sample for part in parts for sample in part))
        return self._samples[1]

    def logs(self) -> Sequence[LogRecord]:
        """Every log record, in order of time."""
        now = self.now()
        parts = [pinned.logs(now) for pinned in self._running.values()]
        return parts[0] if len(parts) == 1 else tuple(merge(*parts, key=lambda line: line.time))

    def rollouts(self) -> Sequence[Rollout]:
        """Every deployment of every running scenario's repos, oldest first."""
        now = self.now()
        found = (rollout for pinned in self._running.values() for rollout in pinned.rollouts(now))
        return tuple(sorted(found, key=lambda rollout: rollout.time))

    def people(self) -> Sequence[Person]:
        return PEOPLE

    def shifts(self) -> Sequence[Shift]:
        """Who is on call now, for every policy of every scenario: each level until its next handover."""
        until = _next_handover(self.now())
        return tuple(
            Shift(policy.id, policy.name, level, BY_HANDLE[handle], until + timedelta(days=6 * (level - 1)))
            for scenario in self._settings.scenarios
            for policy in scenario.policies
            for level, handle in enumerate(policy.levels, start=1)
        )

    def on_call(self) -> Mapping[str, Sequence[str]]:
        """By Slack id, the services that each is on call for: the first level before the second, in each the alerting
        service before the others.
        """
        turns = [(level, s, p) for s in self._settings.scenarios for p in s.policies for level in range(len(p.levels))]
        found: dict[str, list[str]] = {}
        for level, scenario, policy in sorted(turns, key=lambda turn: turn[0]):
            theirs = [one.service.name for one in scenario.profiles if one.service.oncall == policy.id]
            services = sorted(theirs, key=lambda name: name != scenario.alerting)
            found.setdefault(BY_HANDLE[policy.levels[level]].slack_id, []).extend(services)
        return found

    # ── the cluster ──────────────────────────────────────────────────────────────────────────────

    def namespaces(self) -> Mapping[str, str]:
        """Service → namespace, over all scenarios."""
        services = (p.service for s in self._settings.scenarios for p in s.profiles)
        return {service.name: service.namespace or "default" for service in services}

    def firing(self, service: str) -> Sequence[str]:
        """Ids of the running scenarios whose alert is about this service and whose fault is not mended."""
        return [name for name, p in self._running.items() if p.resolved is None and p.scenario.alerting == service]

    # ── what the bot is given at its start ───────────────────────────────────────────────────────

    def services_yaml(self) -> str:
        """The bot's SERVICES_FILE, over all scenarios."""
        return services_yaml(tuple(p.service for s in self._settings.scenarios for p in s.profiles))

    def history(self) -> Sequence[PastIncident]:
        """The company's past incidents, oldest first, seen from the director's own beginning."""
        past = (
            PastIncident(
                id=p.id,
                service=p.service,
                title=p.title,
                opened_at=self._born - timedelta(days=p.days),
                minutes=p.minutes,
                cause=p.cause,
                resolution=p.resolution,
                summary=p.summary,
            )
            for scenario in self._settings.scenarios
            for p in scenario.past
        )
        return tuple(sorted(past, key=lambda incident: incident.opened_at))


def services_yaml(services: Sequence[Service]) -> str:
    """`services:` as the bot reads it, one entry a service, keys as in `integrations.contract.Service`."""
    entries = [
        {
            "name": service.name,
            "owner": service.owner,
            "tier": service.tier,
            "repo": service.repo,
            "namespace": service.namespace,
            "dashboards": dict(service.dashboards),
            "depends_on": list(service.depends_on),
            "oncall": service.oncall,
            "slack_group": service.slack_group,
        }
        for service in services
    ]
    return yaml.safe_dump({"services": entries}, sort_keys=False, allow_unicode=True)


def _shown(scenario: Scenario, pinned: Pinned | None, *, sending: bool) -> Shown:
    if pinned is None:
        return Shown(scenario.id, scenario.title, scenario.sentence, "ready")
    if pinned.resolved is None:
        return Shown(scenario.id, scenario.title, scenario.sentence, "starting" if sending else "firing")
    return Shown(scenario.id, scenario.title, scenario.sentence, "resolving" if sending else "resolved")


def _to_milliseconds(moment: datetime) -> datetime:
    """Prometheus counts in milliseconds; so does every moment of a scenario."""
    return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)


def _next_handover(now: datetime) -> datetime:
    today = now.replace(hour=_HANDOVER, minute=0, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)
