"""Which single instance is unlike its siblings: in the mean of many it hardly shows.

The rule. At least three instances; the worst of them lies further from the others than these lie apart, by the same
measure by which new instances are held against old ones (`changes`). That it always was so is no news: its own figures
still have to leave their own normal (`onset`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from bot.evidence.changes import CLEAR_SHARE, CLEAR_SPREADS, LEAST_SPREAD, MAD
from bot.evidence.onset import SUSTAINED, UNSEEN
from bot.evidence.traces import Trace, middle
from integrations.contract import Series
from integrations.signals import signal

SIBLINGS = 3
"""Fewest instances: of two nobody can say which is the odd one."""


def odd_ones(series: Iterable[Series], alerted: float) -> tuple[Trace, ...]:
    """For each signal that can hurt, the instance that is clearly worse than its siblings now, where there is one."""
    groups: dict[tuple[str, str], list[Series]] = defaultdict(list)
    for one in series:
        if one.instance and not one.edge and one.times and one.times[-1] >= alerted - UNSEEN and _can_hurt(one.signal):
            groups[one.service, one.signal].append(one)
    return tuple(trace for key in sorted(groups) if (trace := _odd(groups[key])))


def _can_hurt(name: str) -> bool:
    kind = signal(name)
    return kind.worse != "either" and kind.family in ("errors", "latency", "saturation") and kind.place == "service"


def _odd(members: Sequence[Series]) -> Trace | None:
    if len(members) < SIBLINGS:
        return None
    sign = 1 if signal(members[0].signal).worse == "up" else -1
    *others, worst = sorted(members, key=lambda one: (sign * _now(one), one.instance))
    levels = [_now(one) for one in others]
    centre = middle(levels)
    spread = max(middle([abs(level - centre) for level in levels]) * MAD, LEAST_SPREAD * abs(centre))
    gap = sign * (_now(worst) - centre)
    if gap <= CLEAR_SPREADS * spread or gap <= CLEAR_SHARE * abs(centre):
        return None
    part = 1 / len(members)
    return Trace(
        worst.service, worst.signal, "", worst.times, worst.values, url=worst.url, instance=worst.instance, part=part
    )


def _now(one: Series) -> float:
    return middle(one.values[-SUSTAINED:])
