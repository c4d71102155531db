"""How the alerting service is now: each of its signals beside its normal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from bot.domain.analysis import SignalState
from bot.evidence.onset import Shift, knows_normal, normal_of
from bot.evidence.traces import Trace, middle
from integrations.signals import Family, signal

CLEAR = 0.2
"""Surprise below this is not worth an arrow."""
_ORDER: tuple[Family, ...] = ("errors", "latency", "traffic", "saturation", "instances", "network", "other")


def states(traces: Iterable[Trace], shifts: Sequence[Shift], own: str, alerted: float) -> tuple[SignalState, ...]:
    """Every signal of the service `own` in the briefing's order: errors, latency (p99 first), traffic, the rest."""
    departed = {
        shift.signal: shift for shift in shifts if shift.service == own and not shift.edge and not shift.instance
    }
    mine = [trace for trace in traces if trace.service == own and not trace.edge and trace.values]
    told = [_state(trace, departed.get(trace.signal), alerted) for trace in mine]
    return tuple(sorted(told, key=_place))


def _state(trace: Trace, departed: Shift | None, alerted: float) -> SignalState:
    value = trace.values[-1]
    shift = departed if departed and _still(departed, value) else None
    normal = departed.normal if departed else normal_of(trace, alerted)
    return SignalState(
        service=trace.service,
        signal=trace.signal,
        value=value,
        normal=normal,
        yesterday=middle(trace.yesterday) if trace.yesterday else None,
        moved=shift.direction if shift else "steady" if trace.heard and knows_normal(trace, alerted) else "unknown",
        bad=bool(shift and shift.bad),
        since=datetime.fromtimestamp(shift.since, UTC) if shift else None,
        url=trace.url,
        silent_since=None if trace.heard else datetime.fromtimestamp(trace.times[-1], UTC),
    )


def _still(shift: Shift, value: float) -> bool:
    """Whether a clear departure has not half gone back."""
    return shift.surprise >= CLEAR and (value - shift.normal) / (shift.value - shift.normal) > 0.5


def _place(state: SignalState) -> tuple[int, bool, str]:
    first = state.signal in ("error_rate", "latency_p99")
    return _ORDER.index(signal(state.signal).family), not first, state.signal
