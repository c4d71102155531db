"""The witnesses: each looks at figures or logs in its own way and says how much they speak against which service."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from bot.domain.analysis import LogPattern
from bot.evidence.graph import CallGraph
from bot.evidence.log_patterns import Growth
from bot.evidence.onset import Shift
from bot.evidence.scale import Scale, of_family
from bot.evidence.standing import Standing
from bot.evidence.traces import Trace
from integrations.signals import signal

MESSENGER = 0.85
"""How much of a caller's symptom a callee in full trouble explains."""
SAME_MOMENT = 600.0
"""Seconds before the trouble began at the alert's own service beyond which another's symptom is an old story."""


def standings(
    shifts: Sequence[Shift], traces: Sequence[Trace], growths: Sequence[Growth], graph: CallGraph
) -> dict[str, Standing]:
    """What figures and logs say of every service that is known, by name."""
    names = dict.fromkeys([*graph.names(), *(t.service for t in traces), *(g.pattern.service for g in growths)])
    found = {name: Standing(name) for name in names}
    scale = Scale.of(shifts, traces, graph.own)
    for shift in shifts:
        _resource(found, shift, shifts)
        _symptom(found, shift, scale)
    _network(found, shifts, traces, scale)
    _failing_fast(found, shifts, graph)
    _broken_flow(found, shifts, traces, graph)
    _logs(found, growths, traces, shifts)
    _explain(found, graph)
    _discount_the_alerting(found[graph.own], traces, graph)
    for standing in found.values():
        for witnesses in standing.shifts.values():
            witnesses.sort(key=lambda shift: -shift.surprise)
    return found


def _resource(found: Mapping[str, Standing], shift: Shift, shifts: Sequence[Shift]) -> None:
    kind = signal(shift.signal)
    if not shift.bad or kind.family not in ("saturation", "instances"):
        return
    weight = resource_weight(shift)
    load = [s for s in of_family(shifts, shift.service, "traffic") if s.direction == "up"]
    if load and shift.ratio < 1.5 * max(s.ratio for s in load):
        weight *= 0.3  # it works harder because it is asked more
    standing = found[shift.service]
    standing.resource = max(standing.resource, shift.surprise * weight)
    standing.shifts["resource"].append(shift)


def resource_weight(shift: Shift) -> float:
    """How much a shift of a resource matters, 0 to 1: by points of the limit, else by how often it has multiplied."""
    if shift.signal.startswith("node_"):
        return 0.15
    if signal(shift.signal).family == "instances":
        return 0.9
    if signal(shift.signal).unit == "%":
        return min(1.0, (shift.value - shift.normal) / 20)
    return min(0.8, max(0.0, shift.ratio - 1.3) / 2) if shift.normal > 0 else 0.5


def _symptom(found: Mapping[str, Standing], shift: Shift, scale: Scale) -> None:
    if not shift.bad or signal(shift.signal).family not in ("errors", "latency"):
        return
    if shift.signal.startswith("client_"):
        return  # it tells of those that it calls
    share = shift.surprise * scale.noticed(shift)
    if scale.began is not None and abs(shift.since - scale.began) > SAME_MOMENT:
        share *= 0.5
    standing = found[shift.service]
    standing.symptom = max(standing.symptom, share)
    standing.shifts["symptom"].append(shift)


def _network(found: Mapping[str, Standing], shifts: Iterable[Shift], traces: Sequence[Trace], scale: Scale) -> None:
    served = {s.edge: s.value - s.normal for s in shifts if s.edge and s.signal.startswith("latency") and s.bad}
    slow = [s for s in shifts if s.edge and s.bad and s.signal.startswith("client_latency")]
    slow = [s for s in slow if served.get(s.edge, 0.0) < 0.4 * (s.value - s.normal)]
    edges = {trace.edge for trace in traces if trace.signal.startswith("client_latency") and trace.edge}
    for shift in slow:
        caller, _, callee = shift.edge.partition("->")
        out = {edge for edge in edges if edge.startswith(f"{caller}->")}
        late = {s.edge for s in slow if s.edge in out}
        blamed = caller if len(out) > 2 and len(late) > 0.6 * len(out) else callee
        standing = found[blamed]
        standing.network = max(standing.network, shift.surprise * scale.noticed(shift))
        standing.shifts["network"].append(shift)


def _failing_fast(found: Mapping[str, Standing], shifts: Sequence[Shift], graph: CallGraph) -> None:
    errors = max((s.surprise for s in of_family(shifts, graph.own, "errors") if s.bad), default=0.0)
    for name, standing in found.items():
        quick = [s for s in of_family(shifts, name, "latency") if s.direction == "down" and s.ratio < 0.4]
        fewer = [s for s in of_family(shifts, name, "traffic") if s.direction == "down" and s.ratio < 0.7]
        if name == graph.own or not quick or not fewer or not errors:
            continue
        deep = 1 - max((min(s.ratio for s in fewer), min(s.ratio for s in quick)))
        share = max(s.surprise for s in quick) * max(s.surprise for s in fewer) * deep
        standing.failing_fast = share**0.5
        standing.shifts["failing_fast"] += [max(quick, key=lambda s: s.surprise), max(fewer, key=lambda s: s.surprise)]


def _logs(
    found: Mapping[str, Standing], growths: Sequence[Growth], traces: Iterable[Trace], shifts: Sequence[Shift]
) -> None:
    """A line speaks for the service that wrote it, or for another that it names and that is not seen to be well."""
    watched = {trace.service for trace in traces if signal(trace.signal).family in ("errors", "latency")}
    unwell = {s.service for s in shifts if s.bad}
    for growth in growths:
        writer = growth.pattern.service
        named = [name for name in found if name != writer and _names(growth.pattern, name)]
        for name in named:
            share = 0.8 if name in unwell else 0.2 if name in watched else 0.5
            found[name].logs = max(found[name].logs, share * growth.share)
            found[name].growths.append(growth)
        share = 0.35 if any(name in unwell for name in named) else 1.0
        found[writer].logs = max(found[writer].logs, share * growth.share)
        found[writer].growths.append(growth)


def _names(pattern: LogPattern, service: str) -> bool:
    if len(service) <= 3 or service not in pattern.template:  # most are not: much quicker than to look for the word
        return False
    return bool(re.search(rf"(?<![\w-]){re.escape(service)}(?![\w-])", pattern.template))


def _explain(found: Mapping[str, Standing], graph: CallGraph) -> None:
    """Takes from every symptom what a callee in trouble explains, from the far end of the graph upwards.

    A messenger passes on the trouble of those that it calls, so the blame reaches all the way up.
    """
    passed: dict[str, float] = {}
    for name, below in graph.upwards():
        standing = found[name]
        blame = max((passed[callee] for callee in below), default=0.0)
        standing.own_symptom = standing.symptom * (1 - MESSENGER * blame)
        standing.own_logs = standing.logs * (1 - MESSENGER * blame)
        passed[name] = max(standing.trouble, min(blame, max(standing.symptom, standing.logs)))
    for name in found.keys() - passed.keys():
        found[name].own_symptom, found[name].own_logs = found[name].symptom, found[name].logs


def _broken_flow(
    found: Mapping[str, Standing], shifts: Sequence[Shift], traces: Sequence[Trace], graph: CallGraph
) -> None:
    fell = {
        s.service: s for s in shifts if signal(s.signal).family == "traffic" and s.direction == "down" and not s.edge
    }
    counted = {t.service for t in traces if signal(t.signal).family == "traffic" and not t.edge}
    for name, standing in found.items():
        below = [callee for callee in graph.callees.get(name, ()) if callee in counted]
        dropped = [fell[callee] for callee in below if callee in fell]
        if name not in counted or not dropped:
            continue
        lost = [max(0.0, (fell[name].ratio if name in fell else 1.0) - s.ratio) * s.surprise for s in dropped]
        blame = max((found[callee].failing_fast for callee in below), default=0.0)
        share = max(lost) * (0.5 + 0.5 * len(dropped) / len(below))
        standing.broken_flow = share * (1 - MESSENGER * blame)
        standing.shifts["broken_flow"] += dropped


def _discount_the_alerting(own: Standing, traces: Iterable[Trace], graph: CallGraph) -> None:
    """An alert fires where users feel the trouble: that it shows there tells nothing of where it lies.

    It speaks for the alerting service itself only as far as those that it calls are seen to be well.
    """
    callees = graph.callees.get(graph.own, ())
    kinds = {signal(s.signal).family for s in own.shifts.get("symptom", ())}
    seen = {t.service for t in traces if signal(t.signal).family in kinds and not t.signal.startswith("client_")}
    share = sum(1 for callee in callees if callee in seen) / len(callees) if callees else 0.8
    own.own_symptom *= 0.4 + 0.5 * share
