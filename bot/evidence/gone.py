"""Which services have no figures any more: pods that are deleted or scaled to none end them, and nothing falls.

That alone accuses nobody: figures also end where a scrape fails. It is told, and it is the first look to take.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from bot.evidence.traces import Trace
from integrations.signals import signal

BESIDE = "instances_wanted"
"""What the cluster tells of a service, also where nothing of it runs."""
RECENT = 3600.0
"""Seconds before the alert in which a silence must have begun to have to do with it; alerts wait for their `for:`."""


def gone(traces: Iterable[Trace]) -> dict[str, float]:
    """Service → when the last of its own figures came, for each that has had some and has none any more."""
    own: dict[str, list[Trace]] = defaultdict(list)
    for trace in traces:
        if not trace.edge and trace.signal != BESIDE and signal(trace.signal).place != "machine":
            own[trace.service].append(trace)
    return {
        service: max(trace.times[-1] for trace in several)
        for service, several in own.items()
        if not any(trace.heard for trace in several)
    }
