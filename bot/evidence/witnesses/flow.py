"""The flow: does it refuse instead of working, or no longer pass calls on?

How sure it is: the surprises of the figures that fell, by how deep they fell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.evidence.graph import CallGraph
from bot.evidence.onset import Shift
from bot.evidence.scale import of_family
from bot.evidence.standing import MESSENGER, Standing
from bot.evidence.traces import Trace
from integrations.signals import signal

QUICK = 0.4
"""Who answers in less than this share of the usual time has not done the work; a lighter load alone saves less."""
FEWER = 0.7
"""Traffic below this share of the usual is less than an hour's ups and downs explain."""
ONE_OF_MANY = 0.5
"""What a drop counts for where it is seen at one of very many that are called; in full where all have it."""


def failing_fast(found: Mapping[str, Standing], shifts: Sequence[Shift], graph: CallGraph) -> None:
    """Its traffic and its latency fell together while users see errors: it refuses instead of working."""
    if not any(s.bad for s in of_family(shifts, graph.own, "errors")):
        return
    for name, standing in found.items():
        quick = [s for s in of_family(shifts, name, "latency") if s.direction == "down" and s.ratio < QUICK]
        fewer = [s for s in of_family(shifts, name, "traffic") if s.direction == "down" and s.ratio < FEWER]
        if name == graph.own or not quick or not fewer:
            continue
        deep = 1 - max((min(s.ratio for s in fewer), min(s.ratio for s in quick)))
        share = max(s.surprise for s in quick) * max(s.surprise for s in fewer) * deep
        standing.failing_fast = share**0.5  # two that say the same: their mean, not their product
        standing.shifts["failing_fast"] += [max(quick, key=lambda s: s.surprise), max(fewer, key=lambda s: s.surprise)]


def broken_flow(
    found: Mapping[str, Standing], shifts: Sequence[Shift], traces: Sequence[Trace], graph: CallGraph
) -> None:
    """Its own traffic is steady, and what reaches those that it calls has dropped."""
    fell = {s.service: s for s in shifts if _traffic(s.signal) and s.direction == "down" and not s.edge}
    counted = {trace.service for trace in traces if _traffic(trace.signal) and not trace.edge and trace.heard}
    for name, standing in found.items():
        below = [callee for callee in graph.callees.get(name, ()) if callee in counted]
        dropped = [fell[callee] for callee in below if callee in fell]
        if name not in counted or not dropped:
            continue
        lost = [max(0.0, (fell[name].ratio if name in fell else 1.0) - s.ratio) * s.surprise for s in dropped]
        blame = max((found[callee].failing_fast for callee in below), default=0.0)
        share = max(lost) * (ONE_OF_MANY + (1 - ONE_OF_MANY) * len(dropped) / len(below))
        standing.broken_flow = share * (1 - MESSENGER * blame)
        standing.shifts["broken_flow"] += dropped


def _traffic(name: str) -> bool:
    return signal(name).family == "traffic"
