"""Which pods the cluster has by the newest figures, how they fare, and how their last container ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from playground.world import Sample

GONE_S = 120.0
"""A pod whose figures end so long before those of its service is not there any more."""
FULL = 0.9
"""Of its memory limit: a container that ends above it was killed for its memory."""


class Scraped(Protocol):
    def samples(self) -> Sequence[Sample]: ...


@dataclass(frozen=True, slots=True)
class Living:
    """One pod that is there. Moments are unix seconds, memory is in bytes."""

    name: str
    service: str
    since: float
    ready: bool
    memory: float
    restarts: int
    ended: float = 0.0
    """When its last container ended; 0 if none did."""
    reason: str = ""


def living(world: Scraped) -> Mapping[str, Living]:
    """Name → pod, of every service. One that a rollout replaced is not among them."""
    figures: dict[str, dict[str, Sample]] = {}
    for sample in world.samples():
        if (pod := sample.labels.get("pod")) and sample.points:
            figures.setdefault(sample.labels["__name__"], {})[pod] = sample
    memory = figures.get("container_memory_working_set_bytes", {})
    newest: dict[str, float] = {}
    for sample in memory.values():
        service = sample.labels["service"]
        newest[service] = max(newest.get(service, 0.0), sample.points[-1][0])
    return {
        name: _pod(name, {metric: by_pod[name] for metric, by_pod in figures.items() if name in by_pod})
        for name, sample in memory.items()
        if sample.points[-1][0] >= newest[sample.labels["service"]] - GONE_S
    }


def _pod(name: str, own: Mapping[str, Sample]) -> Living:
    memory, restarts = own["container_memory_working_set_bytes"], own["container_restarts_total"].points
    count = int(restarts[-1][1])
    ended = next((at for at, value in restarts if value == count), 0.0) if count else 0.0
    return Living(
        name=name,
        service=memory.labels["service"],
        since=memory.points[0][0],
        ready=own["up"].points[-1][1] > 0,
        memory=memory.points[-1][1],
        restarts=count,
        ended=ended,
        reason=_reason(memory, own["container_memory_limit_bytes"], ended) if count else "",
    )


def _reason(memory: Sample, limit: Sample, ended: float) -> str:
    """As Kubernetes names it, by the last figure before the end."""
    last = max((point for point in memory.points if point[0] < ended), default=(0.0, 0.0))[1]
    return "OOMKilled" if last >= FULL * limit.points[-1][1] else "Error"


def age(seconds: float) -> str:
    """As kubectl writes it: «95m», «25h», «3d»."""
    minutes = int(seconds // 60)
    if minutes < 180:
        return f"{minutes}m"
    return f"{minutes // 60}h" if minutes < 48 * 60 else f"{minutes // 1440}d"
