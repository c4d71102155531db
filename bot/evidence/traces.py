"""One line for each signal of each service: what single instances report is taken together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from integrations.contract import Series
from integrations.signals import signal


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
    step: float = field(init=False, compare=False)
    """Usual seconds between two points; 60 where there are fewer than two."""

    def __post_init__(self) -> None:
        gaps = [b - a for a, b in zip(self.times, self.times[1:], strict=False)]
        object.__setattr__(self, "step", middle(gaps) if gaps else 60.0)  # asked for often: reckoned once


def traces(series: Iterable[Series]) -> tuple[Trace, ...]:
    """Each signal of each service (and edge) as one trace: mean over instances, sum for traffic.

    So a rollout that changes every pod leaves one unbroken line. A figure of the whole service goes before those
    of its instances.
    """
    groups: dict[tuple[str, str, str], list[Series]] = defaultdict(list)
    for one in series:
        if one.times:
            groups[one.service, one.signal, one.edge].append(one)
    return tuple(_together(members) for members in groups.values())


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
    step = max(1.0, Trace("", "", "", longest.times, longest.values).step)
    buckets: dict[int, list[float]] = defaultdict(list)
    for one in members:
        for moment, value in zip(one.times, one.values, strict=True):
            buckets[round(moment / step)].append(value)
    add = signal(longest.signal).family == "traffic"
    order = sorted(buckets)
    values = tuple(sum(buckets[at]) if add else sum(buckets[at]) / len(buckets[at]) for at in order)
    return tuple(at * step for at in order), values


def middle(values: Sequence[float]) -> float:
    """The median; raises IndexError for no values."""
    return quantile(sorted(values), 0.5)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which this share of the ordered values lies, between neighbours in proportion."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
