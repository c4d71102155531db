"""How much a change matters to the people behind the alert: rare is not yet important."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from bot.evidence.onset import Shift
from bot.evidence.traces import Trace
from integrations.signals import Family, signal

NOTICEABLE = 0.1
"""A slowdown of this share of what users wait for anyway is half noticeable."""
NOTICEABLE_ERRORS = 1.0
"""Percent of all requests that must fail more for it to be half noticeable."""
LEAST_TOUCHED = 0.05
"""The tail is never taken as smaller than this: one request in a hundred that hangs is noticed by more than one user
in a hundred, since a page makes many requests.
"""
UNKNOWN_WAIT, SHORTEST_WAIT = 0.1, 0.001
"""Seconds that users wait where nobody measures it (a common answer of a service), and at least."""
MOST_PASSES = 2.0
"""A service that is asked more often than this for each request of the users counts no more for it."""
CLEAR = 0.2
"""Surprise below this dates nothing."""
FEW_REQUESTS = 3.0
"""Requests that a figure rests on, in each of its points, at which it is half believed: with fewer, one request alone
moves it by more than a third. A mean rests on all requests, a percentile on those beyond it.
"""


def of_family(shifts: Iterable[Shift], service: str, *families: Family) -> list[Shift]:
    """The shifts of one service in these families of signals."""
    return [s for s in shifts if s.service == service and signal(s.signal).family in families]


@dataclass(frozen=True, slots=True)
class Scale:
    """What a change is measured against: what users of the alerting service wait for and how often they ask."""

    waits: float
    """Typical latency of the alerting service in seconds; an assumed one where unknown."""
    rates: Mapping[str, float]
    """Service → its usual traffic, in one unit for all."""
    traffic: Mapping[str, Trace]
    """Service → its traffic over time."""
    own: str
    began: float | None
    """When errors or latency of the alerting service left normal."""

    @classmethod
    def of(cls, shifts: Iterable[Shift], traces: Iterable[Trace], own: str) -> Scale:
        whole = [trace for trace in traces if not trace.edge]
        waits = [median(t.values) for t in whole if t.service == own and _served(t.signal)]
        began = [s.since for s in of_family(shifts, own, "errors", "latency") if s.bad and s.surprise > CLEAR]
        return cls(
            waits=max(min(waits), SHORTEST_WAIT) if waits else UNKNOWN_WAIT,
            rates={t.service: median(t.values) for t in whole if signal(t.signal).family == "traffic"},
            traffic={t.service: t for t in whole if signal(t.signal).family == "traffic"},
            own=own,
            began=min(began) if began else None,
        )

    def noticed(self, shift: Shift) -> float:
        """How much of a change the users could notice, 0 to 1: rare is not yet important.

        A change counts by the share of the users' requests that pass through the service, as far as that is known.
        """
        change = abs(shift.value - shift.normal) * self._share(shift.service) * _touched(shift.signal) * shift.part
        family = signal(shift.signal).family
        if family == "latency":
            return self._believed(shift) * change / (change + NOTICEABLE * self.waits)
        if family == "errors":
            return self._believed(shift) * change / (change + NOTICEABLE_ERRORS)
        return 1.0

    def _believed(self, shift: Shift) -> float:
        """How far a share or a percentile can be believed, by the requests that it rests on; in full where unknown."""
        trace = self.traffic.get(shift.service)
        since = zip(trace.times, trace.values, strict=True) if trace else ()
        counts = [value for moment, value in since if moment >= shift.since]
        if not trace or not counts:
            return 1.0
        behind = max(0.0, median(counts) * trace.step) * _touched(shift.signal)
        return behind / (behind + FEW_REQUESTS)

    def _share(self, service: str) -> float:
        mine, all_of_them = self.rates.get(service), self.rates.get(self.own)
        return min(MOST_PASSES, mine / all_of_them) if mine is not None and all_of_them else 1.0


def _touched(name: str) -> float:
    """The least share of requests that a change of this figure touches: a p99 can move by one in a hundred."""
    return max(LEAST_TOUCHED, signal(name).beyond)


def _served(name: str) -> bool:
    return signal(name).family == "latency" and signal(name).place == "service"
