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
"""Spreads from normal at which a point is off: the usual rule; how often that happens anyway is asked apart."""
SUSTAINED = 3
"""Points of which the median counts: the fewest in which one spike alone cannot win."""
BREAK = 2
"""Normal points in a row that end a run: one may be chance."""
ALONE, LONG_STEP = 0.6, 240.0
"""What a single point of a long step (seconds) counts: it is already a mean over minutes, and no neighbour is there."""
UNSEEN = 300.0
"""Seconds before the alert that are not asked what is normal: alerts wait for their `for:` and fire late."""
REACH, SLACK = 1.5, 30.0
"""A run touches the alert within so many steps, and seconds more: figures come late, and clocks differ."""
FEW = 8
"""With fewer quiet points than this the minutes just before the alert are asked too: no quartile rests on less."""
LITTLE = 2
"""Quiet points at which surprise is half believed."""
ROUNDS = 3
"""How often normal is taken anew from before the run that was found: it settles at once, or is a slow slope."""
AS_CLEAR = 0.9
"""An earlier departure is preferred when it surprises at least so much as the later one."""
HABIT = 0.95
"""The share of its quiet time that tells what a signal does by itself: the worst twentieth may be an incident."""
AS_YESTERDAY = 0.3
"""What is left of a surprise when the same hour of yesterday went there too."""
FLOORS = {"%": 0.3, "s": 0.0005, "m": 2.0, "MiB": 2.0, "B/s": 500.0}
"""Smallest spread worth a thought, by unit: nobody is woken for less."""
POINT = 1.0
"""The same for resources in percent of their limit, which move by whole points."""
ONE_GONE = 0.15
"""The same for instances: one of two that is gone for a third of the time is already off."""
RELATIVE_FLOOR = 0.05
"""Smallest spread, as a share of the normal value; of a signal without a known unit, of its largest value."""
IQR = 1.349
"""Interquartile range of a normal distribution, in standard deviations."""


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
    instance: str = ""
    """Where it is of one instance alone, which is"""
    part: float = 1.0
    """this share of its service."""

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
        if older and (found is None or (older.since < found.since and older.surprise > AS_CLEAR * found.surprise)):
            found = older
    return found


def normal_of(trace: Trace, alerted: float) -> float | None:
    """The median of the quiet time before; None where there is none."""
    before = _quiet(trace, alerted)
    return middle(trace.values[:before]) if before else None


def knows_normal(trace: Trace, alerted: float) -> bool:
    """Whether so much of its quiet time is known that «it kept to its normal» may be said of it."""
    return _quiet(trace, alerted) >= FEW


def _quiet(trace: Trace, alerted: float) -> int:
    """How many points lie safely before the alert."""
    before = bisect_left(trace.times, alerted - max(UNSEEN, 2 * trace.step))
    if before < FEW:
        before = bisect_left(trace.times, alerted - SUSTAINED * trace.step)
    return before


def _settled(trace: Trace, before: int, alerted: float) -> Shift | None:
    run: tuple[int, int] | None = None
    up = True
    for _ in range(ROUNDS):
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
    reach = alerted - REACH * trace.step - SLACK
    best: tuple[int, int, float] | None = None
    for first, last in _runs(off):
        if trace.times[last] >= reach and trace.times[first] <= alerted + REACH * trace.step:
            strength = _strength(off[first : last + 1], trace.step)
            if strength > (best[2] if best else OFF):
                best = (first, last, strength)
    return best


def _runs(off: Sequence[float]) -> Iterable[tuple[int, int]]:
    first: int | None = None
    last = 0
    for index, score in enumerate(off):
        if score > OFF:
            if first is None or index - last > BREAK:
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
    return ALONE * off[0] if step >= LONG_STEP else 0.0


def _shift(trace: Trace, before: int, run: tuple[int, int], sign: int) -> Shift | None:
    centre, spread = _normal(trace, before)
    off = [sign * (value - centre) / spread for value in trace.values]
    first, last = run
    strength = _strength(off[first : last + 1], trace.step)
    excess = strength / max(OFF, _usual(off[:before]))
    surprise = max(0.0, 1 - 1 / excess) * before / (before + LITTLE) if excess > 0 else 0.0
    recent = (
        slice(max(first, last + 1 - SUSTAINED), last + 1) if last + 2 >= len(trace.values) else slice(first, last + 1)
    )
    value = middle(trace.values[recent])
    if trace.yesterday and min(trace.yesterday) <= value <= max(trace.yesterday):
        surprise *= AS_YESTERDAY
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
        instance=trace.instance,
        part=trace.part,
    )


def _usual(off: Sequence[float]) -> float:
    """How far this signal strays by itself: the 95th percentile of its quiet three-point medians."""
    windows = sorted(middle(off[at : at + SUSTAINED]) for at in range(max(1, len(off) - SUSTAINED + 1)))
    return windows[min(len(windows) - 1, int(HABIT * len(windows)))]


def _normal(trace: Trace, before: int) -> tuple[float, float]:
    """Median and spread of the first `before` points."""
    values = sorted(trace.values[:before])
    centre = quantile(values, 0.5)
    spread = (quantile(values, 0.75) - quantile(values, 0.25)) / IQR
    return centre, max(spread, _floor(trace, centre), RELATIVE_FLOOR * abs(centre))


def _floor(trace: Trace, centre: float) -> float:
    kind = signal(trace.signal)
    if kind.family == "traffic":
        return math.sqrt(max(1.0, centre * trace.step)) / trace.step  # what chance does to a count
    if kind.family == "instances":
        return ONE_GONE
    if kind.unit not in FLOORS:
        return RELATIVE_FLOOR * max(map(abs, trace.values)) or 1.0
    return POINT if kind.family == "saturation" and kind.unit == "%" else FLOORS[kind.unit]
