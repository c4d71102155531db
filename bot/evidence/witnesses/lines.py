"""Lines: which service do the log lines that grew speak of?

How sure it is: the growth's own share, in Poisson spreads (see `log_patterns`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from bot.domain.analysis import LogPattern
from bot.evidence.log_patterns import Growth
from bot.evidence.onset import Shift
from bot.evidence.standing import Standing
from bot.evidence.traces import Trace
from integrations.signals import signal

NAMED_UNWELL, NAMED_UNSEEN, NAMED_WELL = 0.8, 0.5, 0.2
"""What a line counts for a service that it names: one whose figures agree, one without figures, one seen to be well."""
PASSED_ON = 0.35
"""What it still counts for the writer, where one that it names is unwell: then the writer only tells of it."""
SHORTEST_NAME = 4
"""Letters of a name that can be looked for in a text: shorter ones are words of their own."""


def lines(
    found: Mapping[str, Standing], growths: Sequence[Growth], traces: Iterable[Trace], shifts: Iterable[Shift]
) -> None:
    """A line speaks for the service that wrote it, or for another that it names and that is not seen to be well."""
    watched = {t.service for t in traces if t.heard and signal(t.signal).family in ("errors", "latency")}
    unwell = {shift.service for shift in shifts if shift.bad}
    for growth in growths:
        writer = growth.pattern.service
        named = [name for name in found if name != writer and _names(growth.pattern, name)]
        for name in named:
            share = NAMED_UNWELL if name in unwell else NAMED_WELL if name in watched else NAMED_UNSEEN
            _speak(found[name], share * growth.share, growth)
        told = any(name in unwell for name in named)
        _speak(found[writer], (PASSED_ON if told else 1.0) * growth.share, growth)


def _speak(standing: Standing, share: float, growth: Growth) -> None:
    standing.logs = max(standing.logs, share)
    if growth.weight != "info":
        standing.complaints = max(standing.complaints, share)
    standing.growths.append(growth)


def _names(pattern: LogPattern, service: str) -> bool:
    if len(service) < SHORTEST_NAME or service not in pattern.template:  # quicker than to look for the word
        return False
    return bool(re.search(rf"(?<![\w-]){re.escape(service)}(?![\w-])", pattern.template))
