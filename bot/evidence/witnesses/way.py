"""The way: do callers wait longer for it than it takes to answer? What is left is the network between them.

How sure it is: the surprise of what the caller measures, by how much of it users could notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.evidence.onset import Shift
from bot.evidence.scale import Scale
from bot.evidence.standing import Standing
from bot.evidence.traces import Trace
from integrations.signals import Signal, signal

EXPLAINED = 0.4
"""Where the callee itself got slower by this share of what the caller waits more, the callee is what is slow."""
MOST_CALLS = 0.6
"""Where more than this share of all that one caller calls is late, it is the caller's own way; with"""
SEVERAL = 3
"""at least so many of them: of two that are late it cannot be told."""


def way(found: Mapping[str, Standing], shifts: Iterable[Shift], traces: Iterable[Trace], scale: Scale) -> None:
    """Says of every service how far the way to it, or from it, is slow."""
    worse = [shift for shift in shifts if shift.edge and shift.bad and signal(shift.signal).family == "latency"]
    served = {s.edge: s.value - s.normal for s in worse if not _waited(signal(s.signal))}
    slow = [
        s for s in worse if _waited(signal(s.signal)) and served.get(s.edge, 0.0) < EXPLAINED * (s.value - s.normal)
    ]
    edges = {trace.edge for trace in traces if trace.edge and _waited(signal(trace.signal))}
    late = {shift.edge for shift in slow}
    for shift in slow:
        standing = found[_blamed(shift.edge, edges, late)]
        standing.network = max(standing.network, shift.surprise * scale.noticed(shift))
        standing.shifts["network"].append(shift)


def _waited(kind: Signal) -> bool:
    return kind.family == "latency" and kind.place == "caller"


def _blamed(edge: str, edges: Iterable[str], late: Iterable[str]) -> str:
    """The end of the call at which the way is slow: the callee, unless nearly all calls of the caller are late."""
    caller, _, callee = edge.partition("->")
    out, out_late = (_from(caller, several) for several in (edges, late))
    return caller if len(out) >= SEVERAL and len(out_late) > MOST_CALLS * len(out) else callee


def _from(caller: str, edges: Iterable[str]) -> Sequence[str]:
    return [edge for edge in edges if edge.startswith(f"{caller}->")]
