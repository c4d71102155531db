"""A scenario as Prometheus would have scraped it: counters, histograms and gauges of every service and pod."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from playground.scenarios import course
from playground.scenarios.course import OFFSETS, SCRAPE, Array
from playground.scenarios.histogram import BOUNDS, buckets
from playground.scenarios.model import Profile, Restart, Scenario
from playground.scenarios.pods import Pod, pods

ENV = "production"


@dataclass(frozen=True, slots=True)
class Line:
    """One time series, `offsets` in seconds relative to the alert."""

    labels: Mapping[str, str]
    offsets: Array
    values: Array


def lines(scenario: Scenario, resolved: float | None = None) -> tuple[Line, ...]:
    """Every series of a scenario, over its whole history; `resolved` is when its fault was mended."""
    return tuple(line for profile in scenario.profiles for line in _service(scenario, profile, resolved))


def _service(scenario: Scenario, profile: Profile, resolved: float | None) -> Iterator[Line]:
    own = tuple(r for r in scenario.restarts if r.service == profile.name and (resolved is None or r.at < resolved))
    every = pods(scenario, profile)
    yield _line("kube_deployment_spec_replicas", profile, np.full(OFFSETS.size, float(profile.pods)))
    yield from _requests(scenario, profile, every, own, resolved)
    yield from _latency(scenario, profile, resolved)
    for pod in every:
        yield from _container(scenario, profile, pod, own, resolved)
    if profile.disk is not None:
        used = np.minimum(course.run(scenario, profile, "disk", resolved), 100.0)
        yield _line("volume_used_percent", profile, _rounded(used, 2))
    if profile.pool is not None:
        percent = np.minimum(course.run(scenario, profile, "pool", resolved), 100.0)
        yield _line("connection_pool_used", profile, np.round(percent / 100.0 * profile.pool_max))
        yield _line("connection_pool_max", profile, np.full(OFFSETS.size, float(profile.pool_max)))


def _line(name: str, profile: Profile, values: Array, **more: str) -> Line:
    labels = {"__name__": name, "service": profile.name, "env": ENV, **more}
    return Line(labels, OFFSETS, values)


def _within(line: Line, pod: Pod) -> Line:
    kept = (line.offsets >= pod.since) & (line.offsets < pod.until)
    return Line(line.labels, line.offsets[kept], line.values[kept])


# ── requests ─────────────────────────────────────────────────────────────────────────────────────


def _requests(
    scenario: Scenario, profile: Profile, every: tuple[Pod, ...], restarts: tuple[Restart, ...], resolved: float | None
) -> Iterator[Line]:
    if profile.traffic is None:
        return
    traffic = course.run(scenario, profile, "traffic", resolved)
    failing = np.clip(course.run(scenario, profile, "errors", resolved) / 100.0, 0.0, 1.0)
    serving = np.maximum(sum(_up(pod, restarts) for pod in every), 1.0)
    shares = {"200": 0.985 * (1 - failing), "404": 0.015 * (1 - failing), profile.error_code: failing}
    for pod in every:
        for code, share in shares.items():
            rate = traffic * share * _up(pod, restarts) / serving
            counted = _counter(rate, [r.at for r in restarts if r.pod == pod.index and pod.serves(r.at)])
            line = _line("http_requests_total", profile, counted, code=code, pod=pod.name)
            if (line := _within(line, pod)).offsets.size:
                yield line


def _counter(rate: Array, resets: list[float]) -> Array:
    """A counter of whole events that grew at `rate` a second; it begins at zero again after each reset."""
    grown = np.cumsum(rate * np.diff(OFFSETS, prepend=OFFSETS[0] - SCRAPE))
    for reset in sorted(resets):
        first = int(np.searchsorted(OFFSETS, reset))
        if first < grown.size:
            grown[first:] -= grown[first]
    return np.floor(grown)


def _latency(scenario: Scenario, profile: Profile, resolved: float | None) -> Iterator[Line]:
    if profile.traffic is None:
        return
    traffic = course.run(scenario, profile, "traffic", resolved)
    p50 = course.run(scenario, profile, "p50", resolved)
    p99 = np.maximum(course.run(scenario, profile, "p99", resolved), p50 * 1.2)
    below = buckets(p50, p99)
    name = "http_request_duration_seconds"
    counted = np.floor(np.cumsum(traffic[:, None] * below * _gaps()[:, None], axis=0))
    for i, bound in enumerate(BOUNDS):
        le = "+Inf" if math.isinf(bound) else f"{bound:g}"
        yield _line(f"{name}_bucket", profile, counted[:, i], le=le)
    yield _line(f"{name}_count", profile, counted[:, -1])
    yield _line(f"{name}_sum", profile, _rounded(np.cumsum(traffic * (0.8 * p50 + 0.05 * p99) * _gaps()), 3))


def _rounded(values: Array, digits: int) -> Array:
    return np.asarray(np.round(values, digits), dtype=np.float64)


def _gaps() -> Array:
    return np.diff(OFFSETS, prepend=OFFSETS[0] - SCRAPE)


# ── containers ───────────────────────────────────────────────────────────────────────────────────


def _alive(pod: Pod) -> Array:
    """1 while the pod is there; 0 at its last scrape, so that it counts for nothing in the lookback after it."""
    at = OFFSETS
    return ((at >= pod.since) & (at < pod.until - SCRAPE)).astype(np.float64)


def _up(pod: Pod, restarts: tuple[Restart, ...]) -> Array:
    """1 where the pod answers its scrape."""
    at, serving = OFFSETS, _alive(pod) > 0
    for restart in restarts:
        if restart.pod == pod.index:
            serving &= ~((at >= restart.at) & (at < restart.at + restart.down))
    return serving.astype(np.float64)


def _container(
    scenario: Scenario, profile: Profile, pod: Pod, restarts: tuple[Restart, ...], resolved: float | None
) -> Iterator[Line]:
    own = tuple(r for r in restarts if r.pod == pod.index and pod.serves(r.at))
    busy = course.run(scenario, profile, "cpu", resolved) * (1.0 + 0.04 * (pod.index - 1)) * _up(pod, own)
    cores = np.minimum(busy, 100.0) / 100.0 * profile.cpu_limit
    limit, memory_limit = profile.cpu_limit * _alive(pod), profile.memory_limit * _alive(pod)
    memory = _memory(scenario, profile, pod, own, resolved) * _alive(pod)
    series = (
        _line("up", profile, _up(pod, own), pod=pod.name, job=profile.name),
        _line("container_cpu_usage_seconds_total", profile, _rounded(np.cumsum(cores * _gaps()), 3), pod=pod.name),
        _line("container_cpu_limit_cores", profile, limit, pod=pod.name),
        _line("container_memory_working_set_bytes", profile, memory, pod=pod.name),
        _line("container_memory_limit_bytes", profile, memory_limit, pod=pod.name),
        _line("container_restarts_total", profile, _restarted(own), pod=pod.name),
    )
    for line in series:
        if (kept := _within(line, pod)).offsets.size:
            yield kept


def _restarted(restarts: tuple[Restart, ...]) -> Array:
    return np.searchsorted(sorted(restart.at for restart in restarts), OFFSETS, side="right").astype(np.float64)


def _memory(
    scenario: Scenario, profile: Profile, pod: Pod, restarts: tuple[Restart, ...], resolved: float | None
) -> Array:
    effects = [e for e in scenario.effects if e.service == profile.name and e.signal == "memory"]
    name = f"{scenario.id}/{pod.name}/memory"
    percent = profile.memory * (1.0 + 0.01 * (pod.index - 1) + course.ordinary(name, "memory"))
    percent = percent + course.leaking(effects, restarts, profile.memory, resolved) * (1.0 - 0.03 * pod.index)
    return np.round(np.clip(percent, 0.0, 99.8) / 100.0 * profile.memory_limit / 4096) * 4096
