"""Functions over a span of a series: rates with Prometheus' extrapolation, and figures over time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from playground.prometheus.storage import Stored
from playground.prometheus.values import Bools, Floats, Millis

LOOKBACK = 300_000
"""Milliseconds for which a point counts as the present value; Prometheus' default."""

Answer = tuple[Floats, Bools]


def last_point(stored: Stored, steps: Millis) -> Answer:
    """The newest point at or before each step that is not older than the lookback."""
    newest = np.searchsorted(stored.times, steps, side="right") - 1
    there = newest >= 0
    newest = np.maximum(newest, 0)
    there = there & (stored.times[newest] >= steps - LOOKBACK)
    return stored.values[newest], there


class Span:
    """The points of one series within `length` milliseconds before each step, both ends included."""

    def __init__(self, stored: Stored, steps: Millis, length: int) -> None:
        self.stored = stored
        self.starts = steps - length
        self.ends = steps
        self.first = np.searchsorted(stored.times, self.starts, side="left")
        self.past = np.searchsorted(stored.times, steps, side="right")
        self.count = self.past - self.first
        self.length = length

    def edges(self) -> tuple[Millis, Millis]:
        """Indexes of the first and last point; within bounds even where the span is empty."""
        end = self.stored.times.size - 1
        return np.clip(self.first, 0, end), np.clip(self.past - 1, 0, end)


def rate(span: Span) -> Answer:
    grown, there = increase(span)
    return grown / (span.length / 1_000), there


def increase(span: Span) -> Answer:
    first, last = span.edges()
    full = span.stored.values + span.stored.resets
    return _extrapolated(span, full[last] - full[first], zero_bound=True)


def delta(span: Span) -> Answer:
    first, last = span.edges()
    return _extrapolated(span, span.stored.values[last] - span.stored.values[first], zero_bound=False)


def _extrapolated(span: Span, grown: Floats, *, zero_bound: bool) -> Answer:
    """`extrapolatedRate` of promql/functions.go, v2.42: to the ends of the span where points come close to them,
    else half a step further; a counter never to before it was zero.
    """
    first, last = span.edges()
    times, values = span.stored.times, span.stored.values
    there = span.count >= 2
    sampled = np.where(there, (times[last] - times[first]) / 1_000, 1.0)
    step = sampled / np.maximum(span.count - 1, 1)
    to_start = (times[first] - span.starts) / 1_000
    to_end = (span.ends - times[last]) / 1_000
    if zero_bound:
        with np.errstate(divide="ignore", invalid="ignore"):
            to_zero = sampled * (values[first] / grown)
        bounded = (grown > 0) & (values[first] >= 0) & (to_zero < to_start)
        to_start = np.where(bounded, to_zero, to_start)
    near = step * 1.1
    reach = sampled + np.where(to_start < near, to_start, step / 2) + np.where(to_end < near, to_end, step / 2)
    return grown * (reach / sampled), there


def irate(span: Span) -> Answer:
    grown, seconds, there = _last_two(span)
    _, last = span.edges()
    grown = np.where(grown < 0, span.stored.values[last], grown)
    return grown / seconds, there


def idelta(span: Span) -> Answer:
    grown, _, there = _last_two(span)
    return grown, there


def _last_two(span: Span) -> tuple[Floats, Floats, Bools]:
    _, last = span.edges()
    before = np.maximum(last - 1, 0)
    there = span.count >= 2
    seconds = np.where(there, (span.stored.times[last] - span.stored.times[before]) / 1_000, 1.0)
    return span.stored.values[last] - span.stored.values[before], seconds, there


def count_over_time(span: Span) -> Answer:
    return span.count.astype(np.float64), span.count > 0


def last_over_time(span: Span) -> Answer:
    _, last = span.edges()
    return span.stored.values[last], span.count > 0


def over_time(reduce: Callable[[Floats], float]) -> Callable[[Span], Answer]:
    """A function that reduces the values of each span to one."""

    def reduced(span: Span) -> Answer:
        values, there = np.zeros(span.count.size), span.count > 0
        for i in np.flatnonzero(there):
            values[i] = reduce(span.stored.values[span.first[i] : span.past[i]])
        return values, there

    return reduced


def changes(values: Floats) -> float:
    return float(np.count_nonzero(values[1:] != values[:-1]))


def resets(values: Floats) -> float:
    return float(np.count_nonzero(values[1:] < values[:-1]))


FUNCTIONS: dict[str, Callable[[Span], Answer]] = {
    "rate": rate,
    "increase": increase,
    "delta": delta,
    "irate": irate,
    "idelta": idelta,
    "count_over_time": count_over_time,
    "last_over_time": last_over_time,
    "avg_over_time": over_time(lambda values: float(values.mean())),
    "sum_over_time": over_time(lambda values: float(values.sum())),
    "min_over_time": over_time(lambda values: float(np.fmin.reduce(values))),
    "max_over_time": over_time(lambda values: float(np.fmax.reduce(values))),
    "changes": over_time(changes),
    "resets": over_time(resets),
}
KEEP_NAME = frozenset({"last_over_time"})
"""The one function of these whose answer is still the metric itself."""
