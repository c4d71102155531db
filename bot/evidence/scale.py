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
    """Typical latency of the alerting service in seconds; 0.1 where unknown."""
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
        waits = [median(t.values) for t in whole if t.service == own and t.signal.startswith("latency")]
        began = [s.since for s in of_family(shifts, own, "errors", "latency") if s.bad and s.surprise > 0.2]
        return cls(
            waits=max(min(waits), 0.001) if waits else 0.1,
            rates={t.service: median(t.values) for t in whole if signal(t.signal).family == "traffic"},
            traffic={t.service: t for t in whole if signal(t.signal).family == "traffic"},
            own=own,
            began=min(began) if began else None,
        )

    def noticed(self, shift: Shift) -> float:
        """How much of a change the users could notice, 0 to 1: rare is not yet important.

        A change counts by the share of the users' requests that pass through the service, as far as that is known.
        """
        change = abs(shift.value - shift.normal) * self._share(shift.service) * _touched(shift.signal)
        family = signal(shift.signal).family
        if family == "latency":
            return self._believed(shift) * change / (change + NOTICEABLE * self.waits)
        if family == "errors":
            return self._believed(shift) * change / (change + 1.0)
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
        return min(2.0, mine / all_of_them) if mine is not None and all_of_them else 1.0


def _touched(name: str) -> float:
    """The least share of requests that a change of this figure touches: a p99 can move by one in a hundred."""
    tail = name.rpartition("_p")[2]
    return max(0.05, 1 - int(tail) / 100) if tail.isdigit() else 1.0
