"""Quick status: the figures of the service beside their normal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.analysis import SignalState
from bot.domain.briefing import Section
from bot.domain.context import Report
from bot.domain.incident import Incident
from bot.domain.text import links, safe
from bot.domain.words import clock, count, figure, quantity
from integrations.signals import signal

_ALWAYS = {"error_rate", "availability", "latency_p99", "latency", "requests", "instances_up"}
_LINKS = 1_800
"""Characters that the links of the figures may take."""
_POINTS, _SHARE = 1.0, 0.25
"""What nobody would call normal any more: one more request in a hundred that fails, a quarter more of a latency."""
_ARROWS = {"up": " ▲", "down": " ▼", "steady": "", "unknown": ""}


def status(report: Report, title: str) -> Section | None:
    """What moved and what everybody asks for, each beside its normal, bad ones in bold; the rest as steady.

    Of what has no figures any more it is said since when, and no figure.
    """
    states = {state.signal: state for state in report.analysis.signals if not state.silent_since}
    wanted = states.pop("instances_wanted", None)
    ended = [state for state in report.analysis.signals if state.silent_since]
    shown = [state for state in states.values() if moved(state) or signal(state.signal).name in _ALWAYS][:10]
    steady = [s for s in states.values() if s not in shown and signal(s.signal).family == "saturation"][:5]
    if not states and not ended:
        return None
    labels = iter(links(((s.url, _label(s)) for s in (*shown, *steady)), _LINKS))
    lines = [" · ".join(f"{next(labels)} {_reading(state, wanted)}" for state in shown)]
    if steady:
        lines.append("Steady: " + " · ".join(f"{next(labels)} {quantity(s.value, _unit(s))}" for s in steady))
    if ended:
        lines.append(f"⚠️ No figures any more: {_ended(ended, report.context.scope.window.until)}")
    compared = any(state.normal is not None for state in states.values())
    aside = "(normal)" if compared else "nothing known of its normal" if states else ""
    return Section(tuple(line for line in lines if line), title=title, aside=aside)


def _ended(states: Sequence[SignalState], now: datetime) -> str:
    """«Instances since 11:47, Errors and Traffic since 11:52»: rates go on for their span after the last scrape."""
    since: dict[str, list[str]] = {}
    for state in sorted(states, key=lambda one: one.silent_since or now):
        since.setdefault(clock(state.silent_since or now, now), []).append(_label(state))
    return ", ".join(f"{' · '.join(labels)} since {at}" for at, labels in since.items())


def moved(state: SignalState) -> bool:
    return state.bad or state.moved in ("up", "down")


def visibly_worse(state: SignalState) -> bool:
    """Whether a reader sees errors or slowness in it, be it a clear departure or one that happens anyway."""
    known = signal(state.signal)
    if state.normal is None or known.family not in ("errors", "latency"):
        return False
    apart = state.value - state.normal if known.worse == "up" else state.normal - state.value
    return apart > (_POINTS if known.unit == "%" else _SHARE * state.normal)


def measured(report: Report, now: datetime) -> str:
    """The title of figures that are not of now any more."""
    return f"Measured {clock(report.context.scope.window.until, now)} UTC"


def measured_before(incident: Incident, report: Report) -> bool:
    """Whether these figures are of before it was over."""
    ended = incident.resolved_at or incident.closed_at
    return incident.status == "resolved" and ended is not None and report.context.scope.window.until <= ended


def over(incident: Incident, now: datetime, lasted: str = "") -> str:
    """«resolved 13:53 UTC, closed 13:57 UTC»; «closed 13:54 UTC as a false alarm, 1 alert still firing».

    What nothing had resolved when it was closed is not called resolved. `lasted` stands behind the first of its times.
    """
    resolved = f"resolved {clock(incident.resolved_at, now)} UTC{lasted}" if incident.resolved_at else "resolved"
    if incident.closed_at is None:
        return resolved
    closed = f"closed {clock(incident.closed_at, now)} UTC" + (" as a false alarm" if incident.false_alarm else "")
    if not incident.ended_by_closing:
        return f"{resolved}, {closed}"
    return f"{closed}{lasted}" + (f", {count(len(incident.firing), 'alert')} still firing" if incident.firing else "")


def _reading(state: SignalState, wanted: SignalState | None) -> str:
    """«*23.4 %* (0.3 %) ▲»; for instances «3/3»."""
    if state.signal == "instances_up" and wanted is not None:
        value, beside = f"{figure(state.value)}/{figure(wanted.value)}", ""
    else:
        value, beside = quantity(state.value, _unit(state)), _beside(state, _unit(state))
    return f"*{value}*{beside}{_ARROWS[state.moved]}" if state.bad else f"{value}{beside}{_ARROWS[state.moved]}"


def _label(state: SignalState) -> str:
    return safe(signal(state.signal).label, 60)


def _unit(state: SignalState) -> str:
    return signal(state.signal).unit


def _beside(state: SignalState, unit: str) -> str:
    if state.normal is not None:
        return f" ({quantity(state.normal, unit)})"
    return f" ({quantity(state.yesterday, unit)} yesterday)" if state.yesterday is not None else ""
