"""Who calls whom, seen from the service that alerts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.evidence.circles import circles
from bot.evidence.traces import Trace
from integrations.contract import Scope


@dataclass(frozen=True, slots=True)
class CallGraph:
    own: str
    """The service that alerts."""
    callees: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, scope: Scope, traces: Iterable[Trace]) -> CallGraph:
        """Calls as `services.yaml` knows them, and as figures of single edges show them."""
        callees: dict[str, set[str]] = defaultdict(set)
        for service in scope.services.values():
            callees[service.name].update(service.depends_on)
        for trace in traces:
            caller, arrow, callee = trace.edge.partition("->")
            if arrow and caller and callee:
                callees[caller].add(callee)
        return cls(scope.service.name, {name: tuple(sorted(called - {name})) for name, called in callees.items()})

    def names(self) -> dict[str, None]:
        """Every service that calls or is called, the alerting one first."""
        return {self.own: None} | {n: None for caller, called in self.callees.items() for n in (caller, *called)}

    def placed(self) -> frozenset[str]:
        """Services of which a call is known, to them or from them."""
        return frozenset(n for caller, called in self.callees.items() if called for n in (caller, *called))

    def depths(self) -> dict[str, int]:
        """Service → calls away from the alerting one; a service that it cannot reach is missing."""
        found = {self.own: 0}
        queue = [self.own]
        for name in queue:
            for callee in self.callees.get(name, ()):
                if callee not in found:
                    found[callee] = found[name] + 1
                    queue.append(callee)
        return found

    def upwards(self) -> list[tuple[str, tuple[str, ...]]]:
        """Each service with those that it calls, every one of these before it; the alerting one comes last or nearly.

        Of calls in a circle only those count that lead further away from the alert: else each would explain the
        other, and who is blamed would hang on where the walk began.
        """
        circle = circles(self.callees, self.names())
        depths = self.depths()
        deep = {name: depths.get(name, len(circle)) for name in circle}
        ordered = sorted(circle, key=lambda name: (circle[name], -deep[name]))
        return [
            (name, tuple(c for c in self.callees.get(name, ()) if circle[c] != circle[name] or deep[c] > deep[name]))
            for name in ordered
        ]

    def way_to(self, service: str) -> tuple[str, ...]:
        """A shortest way of calls from the alerting service to this one, both in it; empty where there is none."""
        ways: dict[str, tuple[str, ...]] = {self.own: (self.own,)}
        queue = [self.own]
        for name in queue:
            for callee in self.callees.get(name, ()):
                if callee not in ways:
                    ways[callee] = (*ways[name], callee)
                    queue.append(callee)
        return ways.get(service, ())
