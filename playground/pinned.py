"""One scenario pinned to the clock: its series, log lines and rollouts at real moments, up to any now."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha1
from typing import overload

import numpy as np
from numpy.typing import NDArray

from playground.scenarios import chatter, series
from playground.scenarios.course import OFFSETS, RECOVERY
from playground.scenarios.model import Deploy, Scenario
from playground.scenarios.pods import rolled
from playground.world import LogRecord, Rollout, Sample


class Points(Sequence[tuple[float, float]]):
    """A series' points as a sequence of (unix seconds, value), with both columns at hand as arrays."""

    __slots__ = ("times", "values")

    def __init__(self, times: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        self.times = times
        self.values = values

    def __len__(self) -> int:
        return int(self.times.size)

    @overload
    def __getitem__(self, index: int) -> tuple[float, float]: ...
    @overload
    def __getitem__(self, index: slice) -> Points: ...
    def __getitem__(self, index: int | slice) -> tuple[float, float] | Points:
        if isinstance(index, slice):
            return Points(self.times[index], self.values[index])
        return float(self.times[index]), float(self.values[index])


class Pinned:
    """A scenario whose alert fires at `alert`, and whose fault was mended at `resolved`, if it was."""

    def __init__(self, scenario: Scenario, alert: datetime, resolved: datetime | None = None) -> None:
        self.scenario = scenario
        self.alert = alert
        self.resolved = resolved
        self._scraped = alert.timestamp() + OFFSETS
        self._seen: tuple[int, tuple[Sample, ...]] = (-1, ())

    def prepare(self) -> None:
        """Works out every series and line now, so that nobody who asks later has to wait for it."""
        _ = self._lines, self._spoken, self._rollouts

    def samples(self, now: datetime) -> tuple[Sample, ...]:
        """Every series as scraped until now; the same object until the next scrape."""
        scrapes = int(np.searchsorted(self._scraped, now.timestamp(), side="right"))
        if scrapes != self._seen[0]:
            self._seen = (scrapes, tuple(self._until(now.timestamp())))
        return self._seen[1]

    def _until(self, moment: float) -> list[Sample]:
        seen = []
        for line in self._lines:
            times = line.offsets + self.alert.timestamp()
            points = int(np.searchsorted(times, moment, side="right"))
            if points:
                seen.append(Sample(line.labels, Points(times[:points], line.values[:points])))
        return seen

    def logs(self, now: datetime) -> Sequence[LogRecord]:
        """Every line until now, in order of time."""
        return self._spoken[: bisect_right(self._spoken, now, key=lambda line: line.time)]

    def rollouts(self, now: datetime) -> tuple[Rollout, ...]:
        """Every rollout until now, oldest first."""
        return tuple(rollout for rollout in self._rollouts if rollout.time <= now)

    def at(self, offset: float) -> datetime:
        """The moment that many seconds after the alert."""
        return self.alert + timedelta(seconds=offset)

    @cached_property
    def _mended(self) -> float | None:
        return None if self.resolved is None else (self.resolved - self.alert).total_seconds()

    @cached_property
    def _lines(self) -> tuple[series.Line, ...]:
        return series.lines(self.scenario, self._mended)

    @cached_property
    def _spoken(self) -> tuple[LogRecord, ...]:
        end = float("inf") if self._mended is None else self._mended + RECOVERY
        return tuple(
            LogRecord(self.at(line.at), line.service, line.instance, line.level, line.message)
            for line in chatter.spoken(self.scenario)
            if not (line.fault and line.at > end)
        )

    @cached_property
    def _rollouts(self) -> tuple[Rollout, ...]:
        return tuple(self._rollout(deploy) for deploy in sorted(self.scenario.deploys, key=lambda d: d.at))

    def _rollout(self, deploy: Deploy) -> Rollout:
        new, old = rolled(self.scenario, deploy)
        repo = self.scenario.profile(deploy.service).service.repo or ""
        return Rollout(
            service=deploy.service,
            repo=repo,
            time=self.at(deploy.at),
            version=deploy.version,
            previous=deploy.previous,
            author=deploy.author,
            title=deploy.title,
            sha=sha1(f"{repo}@{deploy.version}".encode(), usedforsecurity=False).hexdigest(),
            pull_request=deploy.pull_request,
            files=deploy.files,
            instances_new=new,
            instances_old=old,
        )
