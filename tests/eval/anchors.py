"""Simple rules that anybody would try first: what the engine has to beat, on the same files and in the same run.

Each ranks services by how far their figures moved: the figures of the last four minutes before the alert and of what
is known after it, against everything before. Figures of single calls are left out, each instance counts by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, median, pstdev

from bot.domain.context import Context
from bot.evidence.traces import quantile
from integrations.contract import Series
from tests.eval.cases import Answer

LEAD = 240.0
"""Seconds before the alert from which figures count as those of the fault: alerts are two to three minutes late."""
FLOOR = 0.01
"""The smallest spread, as a share of the normal value: some figures never moved before."""
LEAST_BEFORE = 3
"""Figures before, below which nobody knows what is normal."""
RARE_Z, RARE_SHIFT, MOVED_Z = 10.0, 3.0, 20.0
"""From here on a rule names its first with medium confidence, and from the last on a service counts as moved. In quiet
hours |z| passes 10 in a quarter to a third of the windows."""

Moved = Callable[[Sequence[float], Sequence[float]], float]
"""How far figures are from those before."""


def largest_z(before: Sequence[float], then: Sequence[float]) -> float:
    """The farthest figure in standard deviations from the mean."""
    usual = fmean(before)
    return max(abs(value - usual) for value in then) / max(pstdev(before), FLOOR * abs(usual), 1e-9)


def median_shift(before: Sequence[float], then: Sequence[float]) -> float:
    """How far the median moved, in interquartile ranges."""
    ordered = sorted(before)
    usual = quantile(ordered, 0.5)
    spread = quantile(ordered, 0.75) - quantile(ordered, 0.25)
    return abs(median(then) - usual) / max(spread, FLOOR * abs(usual), 1e-9)


def by_largest_z(context: Context) -> Answer:
    """The service with the largest z-score first."""
    return _loudest(_farthest(context, largest_z), RARE_Z)


def by_median_shift(context: Context) -> Answer:
    """The service whose median moved most first."""
    return _loudest(_farthest(context, median_shift), RARE_SHIFT)


def down_the_calls(context: Context) -> Answer:
    """The moved service that lies deepest below the alerting one first; none that it does not reach is named."""
    farthest = _farthest(context, largest_z)
    depths = _depths(context)
    moved = [name for name in depths if farthest.get(name, 0.0) > MOVED_Z]
    ranked = sorted(moved, key=lambda name: (-depths[name], -farthest[name]))
    return Answer(tuple((name, "medium" if place == 0 else "low") for place, name in enumerate(ranked)))


ANCHORS: Mapping[str, Callable[[Context], Answer]] = {
    "largest z-score": by_largest_z,
    "median shift over spread": by_median_shift,
    "down the call graph": down_the_calls,
}


def _farthest(context: Context, moved: Moved) -> dict[str, float]:
    """Service → how far the farthest of its figures moved."""
    split = context.scope.alerted_at.timestamp() - LEAD
    found: dict[str, float] = defaultdict(float)
    for one in context.of(Series):
        points = list(zip(one.times, one.values, strict=True))
        before = [value for moment, value in points if moment <= split]
        then = [value for moment, value in points if moment > split]
        if not one.edge and len(before) >= LEAST_BEFORE and then:
            found[one.service] = max(found[one.service], moved(before, then))
    return found


def _loudest(farthest: Mapping[str, float], rare: float) -> Answer:
    ranked = sorted(farthest, key=lambda name: -farthest[name])
    sure = "medium" if ranked and farthest[ranked[0]] > rare else "low"
    return Answer(tuple((name, sure if place == 0 else "low") for place, name in enumerate(ranked)))


def _depths(context: Context) -> dict[str, int]:
    own, services = context.scope.service.name, context.scope.services
    depths = {own: 0}
    for name in (queue := [own]):
        for callee in services[name].depends_on if name in services else ():
            if callee not in depths:
                depths[callee] = depths[name] + 1
                queue.append(callee)
    return depths
