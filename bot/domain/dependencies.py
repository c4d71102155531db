"""Which services depend on each other, through how many others: what makes two incidents one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType

FARTHEST = 5
"""Edges between two services that still count: beyond that nearly everything depends on everything."""
NOBODY: Mapping[str, Sequence[str]] = MappingProxyType({})
"""Where nothing is known of who calls whom."""


class Dependencies:
    """The call graph as `services.yaml` has it, asked in both directions. Cycles do no harm."""

    def __init__(self, calls: Mapping[str, Sequence[str]] = NOBODY) -> None:
        """`calls`: service → the services that it depends on."""
        self._callees = {name: tuple(callees) for name, callees in calls.items()}
        callers = defaultdict[str, list[str]](list)
        for caller, callees in self._callees.items():
            for callee in callees:
                callers[callee].append(caller)
        self._callers = {name: tuple(sorted(found)) for name, found in callers.items()}
        self._known: dict[str, Mapping[str, tuple[str, ...]]] = {}

    def paths(self, service: str) -> Mapping[str, tuple[str, ...]]:
        """Every service that this one depends on, or that depends on it, through at most `FARTHEST` edges.

        Its path is the shortest one, from who depends to what is depended on, both ends in it.
        """
        if service not in self._callees and service not in self._callers:
            return {}  # not kept: names come from alerts, and there is no end of them
        if service not in self._known:
            down = _reached(service, self._callees)
            up = {end: path[::-1] for end, path in _reached(service, self._callers).items()}
            both = down.keys() & up.keys()
            self._known[service] = {**up, **down} | {end: min(up[end], down[end], key=len) for end in both}
        return self._known[service]


def words(path: Sequence[str]) -> str:
    """«web depends on payment-db through payment-api»."""
    between = f" through {', '.join(path[1:-1])}" if len(path) > 2 else ""
    return f"{path[0]} depends on {path[-1]}{between}"


def _reached(service: str, edges: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Each service along the edges, with the way to it; without the one to start from."""
    found: dict[str, tuple[str, ...]] = {service: (service,)}
    level = [service]
    for _ in range(FARTHEST):
        level = _next(level, found, edges)
    del found[service]
    return found


def _next(level: Sequence[str], found: dict[str, tuple[str, ...]], edges: Mapping[str, Sequence[str]]) -> list[str]:
    """The services one edge farther that were not found before; puts their ways into `found`."""
    farther: list[str] = []
    for here in level:
        for there in edges.get(here, ()):
            if there not in found:
                found[there] = (*found[here], there)
                farther.append(there)
    return farther
