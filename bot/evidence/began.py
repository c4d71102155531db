"""When it began: the alert's own time is late by its `for:` and the scrape, so the signals are asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.evidence.log_patterns import Growth, onset_in
from bot.evidence.onset import Shift
from bot.evidence.scale import Scale
from bot.evidence.traces import Trace
from bot.evidence.witnesses.resource import resource_weight
from integrations.contract import Logs
from integrations.signals import signal

CLEAR = 0.5
"""Surprise from which a shift dates the beginning."""
MATTERS = 0.2
"""Least weight of what it changed."""
DEFAULT_ONSET = 180.0
"""Seconds before the alert that are taken as the beginning where nothing tells: a common `for:` and a scrape."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """When it began, in unix seconds, as far as that was seen. What is only assumed is weighed by, and never told."""

    onset: float | None
    """None where nothing departed from normal."""
    by_service: Mapping[str, float]
    """When those that left their normal by themselves did so."""
    alerted: float

    @property
    def taken(self) -> float:
        """The onset, or what is taken for it."""
        return self.alerted - DEFAULT_ONSET if self.onset is None else self.onset

    def seen(self, service: str) -> tuple[float, ...]:
        """The onsets that were seen and that this service may have led to; empty for none."""
        own = self.by_service.get(service, self.onset)
        return tuple(at for at in (own, self.onset) if at is not None)


def began(
    logs: Sequence[Logs], traces: Sequence[Trace], shifts: Sequence[Shift], own: str, alerted: float
) -> float | None:
    """The first lasting departure from normal, in unix seconds; None when nothing departed.

    Of the alerting service itself where it shows one, else of any service, else of the error lines.
    """
    scale = Scale.of(shifts, traces, own)
    clear = [shift for shift in shifts if shift.bad and shift.surprise >= CLEAR and _matters(shift, scale)]
    mine = [shift.since for shift in clear if shift.service == own]
    if mine:
        return min(mine)
    if clear:
        return max(clear, key=lambda shift: (shift.surprise, -shift.since)).since
    lines = [onset for one in logs if (onset := onset_in(one, alerted)) is not None]
    return min(lines, default=None)


def refined(onset: float, growths: Iterable[Growth], slack: float) -> float:
    """The onset by figures, moved back by at most `slack` seconds to the first error line that is new since then.

    Figures are late by their step and by the span of their rates; lines are not.
    """
    new = [
        at
        for growth in growths
        if growth.pattern.new
        and growth.weight == "error"
        and growth.share >= CLEAR
        and onset - slack <= (at := growth.pattern.first_seen.timestamp()) <= onset
    ]
    return min(new, default=onset)


def began_by_service(shifts: Iterable[Shift]) -> dict[str, float]:
    """When each service first showed a clear shift for the worse."""
    since: dict[str, float] = {}
    for shift in shifts:
        if shift.bad and shift.surprise >= CLEAR:
            since[shift.service] = min(since.get(shift.service, shift.since), shift.since)
    return since


def _matters(shift: Shift, scale: Scale) -> bool:
    if signal(shift.signal).family in ("saturation", "instances"):
        return resource_weight(shift) >= MATTERS
    return scale.noticed(shift) >= MATTERS
