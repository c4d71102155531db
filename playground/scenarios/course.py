"""How a signal runs over a scenario: an ordinary day with its noise and spikes, and what the fault adds to it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from playground.scenarios.model import Effect, Profile, Restart, Scenario, SignalName
from playground.scenarios.pods import seed

Array = NDArray[np.float64]

SCRAPE = 15
"""Seconds between two scrapes."""
DAY = 86_400
HISTORY = 8_100
"""Seconds of history before the alert: two hours and a quarter."""
AFTER = 1_800
"""Seconds that a scenario goes on after its alert."""
YESTERDAY = 3_900
"""Seconds to either side of the same clock time a day before."""
RECOVERY = 40.0
"""Seconds in which what a fault added falls to a third once it is resolved."""

OFFSETS: Array = np.concatenate(
    [np.arange(-DAY - YESTERDAY, -DAY + YESTERDAY + 1, SCRAPE), np.arange(-HISTORY, AFTER + 1, SCRAPE)]
).astype(np.float64)
"""Every scrape of a scenario, in seconds relative to its alert."""

_NOISE: dict[SignalName, float] = {
    "traffic": 0.025,
    "errors": 0.22,
    "p50": 0.04,
    "p99": 0.06,
    "cpu": 0.06,
    "memory": 0.004,
    "disk": 0.0006,
    "pool": 0.10,
}
_SPIKY: dict[SignalName, float] = {"traffic": 0.25, "errors": 4.0, "p99": 1.0, "cpu": 0.7, "pool": 0.6}
"""How far an ordinary spike goes over its level, as a multiple; signals that are not here have none."""


def level(profile: Profile, signal: SignalName) -> float | None:
    """Where the signal stands on an ordinary day."""
    return {
        "traffic": profile.traffic,
        "errors": profile.errors,
        "p50": profile.p50,
        "p99": profile.p99,
        "cpu": profile.cpu,
        "memory": profile.memory,
        "disk": profile.disk,
        "pool": profile.pool,
    }[signal]


def run(scenario: Scenario, profile: Profile, signal: SignalName, resolved: float | None = None) -> Array:
    """The signal of a service at every scrape. `resolved` is when the fault was mended, if it was."""
    base = level(profile, signal)
    if base is None:
        return np.full(OFFSETS.size, np.nan)
    effects = [e for e in scenario.effects if e.service == profile.name and e.signal == signal]
    share = [progress(effect, OFFSETS, resolved) for effect in effects]
    calm = 1.0 - 0.95 * np.clip(sum(share, start=np.zeros(OFFSETS.size)), 0.0, 1.0)
    values = base * (1.0 + calm * ordinary(f"{scenario.id}/{profile.name}/{signal}", signal))
    for effect, part in zip(effects, share, strict=True):
        values = values + (effect.target - base) * part
    return np.maximum(values, 0.0)


def progress(effect: Effect, at: Array, resolved: float | None = None) -> Array:
    """How far an effect has come, 0 to 1; it decays after its end or the resolution, whichever is first."""
    ends = [end for end in (effect.until, resolved) if end is not None]
    end = min(ends, default=np.inf)
    climb = np.clip((np.minimum(at, end) - effect.begins) / max(effect.over, 1.0), 0.0, 1.0)
    return climb * np.exp(-np.maximum(at - end, 0.0) / RECOVERY) if ends else climb


@lru_cache(maxsize=2_048)
def ordinary(name: str, signal: SignalName) -> Array:
    """What an ordinary day does to a signal, as a share of its level: tides, jitter and now and then a spike."""
    draw = np.random.RandomState(seed(name))  # its streams are frozen for good, unlike those of newer generators
    phase, wave = draw.uniform(0, 2 * np.pi, 2)
    amount = _NOISE[signal]
    tide = amount * (np.sin(2 * np.pi * OFFSETS / DAY + phase) + 0.7 * np.sin(2 * np.pi * OFFSETS / 2_900 + wave))
    return np.asarray(tide + _smooth(draw.normal(0.0, amount, OFFSETS.size)) + _spikes(draw, signal))


def _smooth(jitter: Array) -> Array:
    """Neighbouring scrapes have something in common: half of each value comes from the one before."""
    held = np.empty_like(jitter)
    held[0] = jitter[0]
    for i in range(1, jitter.size):
        held[i] = 0.5 * held[i - 1] + jitter[i]
    return held


def _spikes(draw: np.random.RandomState, signal: SignalName) -> Array:
    """A spike of up to a minute about every forty minutes, before a fault as at any other time."""
    over = np.zeros(OFFSETS.size)
    for _ in range(8):
        start, size, width = draw.randint(0, OFFSETS.size), draw.uniform(0.4, 1.0), draw.randint(1, 5)
        over[start : start + width] += size * _SPIKY.get(signal, 0.0)
    return over


def leaking(effects: Sequence[Effect], restarts: Sequence[Restart], base: float, resolved: float | None) -> Array:
    """What the effects add to one pod's memory, beginning anew after each of its restarts."""
    added = np.zeros(OFFSETS.size)
    for effect in effects:
        part = (effect.target - base) * progress(effect, OFFSETS, resolved)
        for restart in sorted(restarts, key=lambda r: r.at):
            again = Effect(effect.service, effect.signal, max(restart.at, effect.begins), effect.target, effect.over)
            anew = (effect.target - base) * progress(again, OFFSETS, resolved)
            part = np.where(np.greater_equal(OFFSETS, restart.at), anew, part)
        added = added + part
    return added
