"""When a signal left its own normal: which way, how far, and how rare that is for this very signal.

The rule. Normal is the median of the quiet time before, its spread the interquartile range / 1.349 (the standard
deviation of a normal distribution, but deaf to spikes), never taken as smaller than a floor that people would
care about. A point is off when it lies more than three spreads away. Points that are off, with no two normal ones
in a row between them, are a run; a run that touches the time of the alert counts. Its strength is the best median
of three neighbours, so that one spike alone is none. Because spikes are normal for some signals, the strength is
divided by what this signal did by itself in its quiet time (its 95th percentile): `surprise` is 1 - 1/that.

Median and IQR instead of mean and deviation, and calibration on quiet hours, after BARO (Pham et al., FSE 2024).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.evidence.traces import Trace, middle, quantile
from integrations.signals import signal

OFF = 3.0
"""Spreads from normal at which a point is off."""
SUSTAINED = 3
"""Points of which the median counts."""
FEW = 8
"""With fewer quiet points than this the minutes just before the alert are asked too."""
FLOORS = {"%": 0.3, "s": 0.0005, "/s": 0.2, "m": 2.0, "MiB": 2.0, "B/s": 500.0, "": 0.5}
"""Smallest spread worth a thought, by unit; resource percentages move by whole points, see `_floor`."""
RELATIVE_FLOOR = 0.05
"""Smallest spread, as a share of the normal value."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A lasting departure from normal that touches the time of the alert. Times are unix seconds."""

    service: str
    signal: str
    edge: str
    direction: Literal["up", "down"]
    normal: float
    value: float
    """Typical value while it was off; the latest where it still is."""
    since: float
    surprise: float
    """0 (happens anyway) to 1 (never seen before)."""
    url: str | None = None

    @property
    def bad(self) -> bool:
        """Whether it moved the way that hurts; a signal that may move either way never did."""
        return signal(self.signal).worse == self.direction

    @property
    def ratio(self) -> float:
        """Value over normal; infinite from a normal of zero."""
        return self.value / self.normal if self.normal else float("inf")


def shift_of(trace: Trace, alerted: float) -> Shift | None:
    """The trace's departure around the alert; None when it stayed normal or cannot be told.

    What is normal is first taken from everything before the last minutes, then from the older half and the oldest
    quarter alone, because a slow leak hides in its own history: the earliest departure that is as clear counts.
    Once a run is found, normal is everything before it.
    """
    before = _quiet(trace, alerted)
    found = _settled(trace, before, alerted)
    for share in (2, 4):
        if before // share < FEW:
            break
        older = _settled(trace, before // share, alerted)
        if older and (found is None or (older.since < found.since and older.surprise > 0.9 * found.surprise)):
            found = older
    return found


def normal_of(trace: Trace, alerted: float) -> float | None:
    """The median of the quiet time before; None where there is none."""
    before = _quiet(trace, alerted)
    return middle(trace.values[:before]) if before else None


def _quiet(trace: Trace, alerted: float) -> int:
    """How many points lie safely before the alert."""
    before = bisect_left(trace.times, alerted - max(300.0, 2 * trace.step))
    if before < FEW:
        before = bisect_left(trace.times, alerted - 3 * trace.step)
    return before


def _settled(trace: Trace, before: int, alerted: float) -> Shift | None:
    run: tuple[int, int] | None = None
    up = True
    for _ in range(3):
        if before < 2:
            return None
        off = _off(trace, before)
        ups, downs = _run(trace, off, alerted), _run(trace, [-score for score in off], alerted)
        strongest = max(((r, s) for r, s in ((ups, 1), (downs, -1)) if r), key=lambda rs: rs[0][2], default=None)
        if strongest is None:
            return None
        (first, last, _), sign = strongest
        run, up = (first, last), sign == 1
        if first >= before:
            break
        before = first
    return _shift(trace, before, run, 1 if up else -1) if run and before >= 2 else None


def _off(trace: Trace, before: int) -> list[float]:
    """How many spreads each value lies above the normal of the first `before` points."""
    centre, spread = _normal(trace, before)
    return [(value - centre) / spread for value in trace.values]


def _run(trace: Trace, off: Sequence[float], alerted: float) -> tuple[int, int, float] | None:
    """First and last index of the run that touches the alert, and its strength in spreads."""
    if max(off) <= OFF:
        return None
    reach = alerted - 1.5 * trace.step - 30
    best: tuple[int, int, float] | None = None
    for first, last in _runs(off):
        if trace.times[last] >= reach and trace.times[first] <= alerted + 1.5 * trace.step:
            strength = _strength(off[first : last + 1], trace.step)
            if strength > (best[2] if best else OFF):
                best = (first, last, strength)
    return best


def _runs(off: Sequence[float]) -> Iterable[tuple[int, int]]:
    first: int | None = None
    last = 0
    for index, score in enumerate(off):
        if score > OFF:
            if first is None or index - last > 2:
                if first is not None:
                    yield first, last
                first = index
            last = index
    if first is not None:
        yield first, last


def _strength(off: Sequence[float], step: float) -> float:
    """The best median of three neighbours; a single point of a long step counts for 60 %, of a short one not."""
    if len(off) >= SUSTAINED:
        return max(middle(off[at : at + SUSTAINED]) for at in range(len(off) - SUSTAINED + 1))
    if len(off) == 2:
        return min(off)
    return 0.6 * off[0] if step >= 240 else 0.0


def _shift(trace: Trace, before: int, run: tuple[int, int], sign: int) -> Shift | None:
    centre, spread = _normal(trace, before)
    off = [sign * (value - centre) / spread for value in trace.values]
    first, last = run
    strength = _strength(off[first : last + 1], trace.step)
    excess = strength / max(OFF, _usual(off[:before]))
    surprise = max(0.0, 1 - 1 / excess) * before / (before + 2) if excess > 0 else 0.0
    recent = (
        slice(max(first, last + 1 - SUSTAINED), last + 1) if last + 2 >= len(trace.values) else slice(first, last + 1)
    )
    value = middle(trace.values[recent])
    if trace.yesterday and min(trace.yesterday) <= value <= max(trace.yesterday):
        surprise *= 0.3  # the same hour of yesterday went there too
    if surprise <= 0:
        return None
    return Shift(
        service=trace.service,
        signal=trace.signal,
        edge=trace.edge,
        direction="up" if sign > 0 else "down",
        normal=centre,
        value=value,
        since=trace.times[first],
        surprise=surprise,
        url=trace.url,
    )


def _usual(off: Sequence[float]) -> float:
    """How far this signal strays by itself: the 95th percentile of its quiet three-point medians."""
    windows = sorted(middle(off[at : at + SUSTAINED]) for at in range(max(1, len(off) - SUSTAINED + 1)))
    return windows[min(len(windows) - 1, int(0.95 * len(windows)))]


def _normal(trace: Trace, before: int) -> tuple[float, float]:
    """Median and spread of the first `before` points."""
    values = sorted(trace.values[:before])
    centre = quantile(values, 0.5)
    spread = (quantile(values, 0.75) - quantile(values, 0.25)) / 1.349
    return centre, max(spread, _floor(trace, centre), RELATIVE_FLOOR * abs(centre))


def _floor(trace: Trace, centre: float) -> float:
    kind = signal(trace.signal)
    if kind.family == "traffic":
        return math.sqrt(max(1.0, centre * trace.step)) / trace.step  # what chance does to a count
    if kind.family == "instances":
        return 0.15  # one of many that is gone is already off
    return 1.0 if kind.family == "saturation" and kind.unit == "%" else FLOORS[kind.unit]
