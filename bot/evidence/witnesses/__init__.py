"""The witnesses: each looks at figures or lines in its own way and says how much they speak against which service.

Each module asks one question and has its own sense of how sure it is, from 0 (nothing to say) to 1. None knows of the
others; what they say is put together in `bot.evidence.ranking`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.evidence.graph import CallGraph
from bot.evidence.log_patterns import Growth
from bot.evidence.onset import Shift
from bot.evidence.scale import Scale
from bot.evidence.standing import MESSENGER, Standing
from bot.evidence.traces import Trace
from bot.evidence.witnesses.flow import broken_flow, failing_fast
from bot.evidence.witnesses.lines import lines
from bot.evidence.witnesses.resource import resource
from bot.evidence.witnesses.symptom import discount_the_alerting, symptom
from bot.evidence.witnesses.way import way


def standings(
    shifts: Sequence[Shift], traces: Sequence[Trace], growths: Sequence[Growth], graph: CallGraph
) -> dict[str, Standing]:
    """What figures and logs say of every service that is known, by name."""
    names = dict.fromkeys([*graph.names(), *(t.service for t in traces), *(g.pattern.service for g in growths)])
    found = {name: Standing(name) for name in names}
    scale = Scale.of(shifts, traces, graph.own)
    resource(found, shifts)
    symptom(found, shifts, scale)
    way(found, shifts, traces, scale)
    failing_fast(found, shifts, graph)
    broken_flow(found, shifts, traces, graph)
    lines(found, growths, traces, shifts)
    _explain(found, graph)
    discount_the_alerting(found[graph.own], traces, graph)
    for standing in found.values():
        for several in standing.shifts.values():
            several.sort(key=lambda shift: -shift.surprise)
    return found


def _explain(found: Mapping[str, Standing], graph: CallGraph) -> None:
    """Takes from every symptom what a callee in trouble explains, from the far end of the graph upwards.

    A messenger passes on the trouble of those that it calls, so the blame reaches all the way up.
    """
    for standing in found.values():
        standing.own_symptom, standing.own_logs = standing.symptom, standing.logs
    passed: dict[str, float] = {}
    for name, below in graph.upwards():
        standing = found[name]
        blame = max((passed[callee] for callee in below), default=0.0)
        standing.own_symptom *= 1 - MESSENGER * blame
        standing.own_logs *= 1 - MESSENGER * blame
        passed[name] = max(standing.trouble, min(blame, max(standing.symptom, standing.logs)))
