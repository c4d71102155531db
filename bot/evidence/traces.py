"""One line for each signal of each service: what single instances report is taken together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import floor

from integrations.contract import Series
from integrations.signals import signal

OVERDUE = 300.0
"""Seconds that the last figure of a trace may be old, or HELD steps where these are more: sources may be late."""
HELD = 5
"""Steps for which an instance counts with its last figure when some are missing: else one figure that is lost looks as
if the whole service had less to do. An instance that is silent for longer is taken to be gone.
"""


@dataclass(frozen=True, slots=True)
class Trace:
    """One signal of one service, its instances taken together."""

    service: str
    signal: str
    edge: str
    times: tuple[float, ...]
    values: tuple[float, ...]
    yesterday: tuple[float, ...] = ()
    url: str | None = None
    instance: str = ""
    """Where it is of one instance alone."""
    part: float = 1.0
    """How much of the service it speaks of: of one instance its share of them."""
    heard: bool = True
    """Whether figures still come. Where not, its last one is nothing of now: what is gone does not fall, it ends."""
    step: float = field(init=False, compare=False)
    """Usual seconds between two points; 60 where there are fewer than two."""

    def __post_init__(self) -> None:
        gaps = [b - a for a, b in zip(self.times, self.times[1:], strict=False)]
        object.__setattr__(self, "step", middle(gaps) if gaps else 60.0)  # asked for often: reckoned once


def traces(series: Iterable[Series], until: float = 0.0) -> tuple[Trace, ...]:
    """Each signal of each service (and edge) as one trace: mean over instances, sum for traffic.

    So a rollout that changes every pod leaves one unbroken line. A figure of the whole service goes before those
    of its instances. In the order of their names, whatever order they come in. Figures were asked `until` then, in
    unix seconds: a trace that ends well before is not heard any more.
    """
    groups: dict[tuple[str, str, str], list[Series]] = defaultdict(list)
    for one in series:
        if one.times:
            groups[one.service, one.signal, one.edge].append(one)
    ordered = (sorted(groups[key], key=lambda one: (one.instance, one.times)) for key in sorted(groups))
    return tuple(_heard(_together(members), until) for members in ordered)


def _heard(trace: Trace, until: float) -> Trace:
    late = until - trace.times[-1] > max(OVERDUE, HELD * trace.step)
    return replace(trace, heard=False) if late else trace


def _together(members: Sequence[Series]) -> Trace:
    whole = [one for one in members if not one.instance] or members
    first = whole[0]
    if len(whole) == 1:
        times, values = first.times, first.values
    else:
        times, values = _merged(whole)
    return Trace(first.service, first.signal, first.edge, times, values, first.yesterday, first.url)


def _merged(members: Sequence[Series]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    longest = max(members, key=lambda one: len(one.times))
    step, start = max(1.0, Trace("", "", "", longest.times, longest.values).step), longest.times[0]
    buckets: dict[int, list[float]] = defaultdict(list)
    for one in members:
        places = [floor((moment - start) / step + 0.5) for moment in one.times]
        for place, following, value in zip(places, [*places[1:], places[-1] + 1], one.values, strict=True):
            for at in range(place, following if following - place <= HELD else place + 1):
                buckets[at].append(value)
    add = signal(longest.signal).family == "traffic"
    order = sorted(buckets)
    values = tuple(sum(buckets[at]) if add else sum(buckets[at]) / len(buckets[at]) for at in order)
    return tuple(start + at * step for at in order), values


def middle(values: Sequence[float]) -> float:
    """The median; raises IndexError for no values."""
    return quantile(sorted(values), 0.5)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which this share of the ordered values lies, between neighbours in proportion."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
