"""Symptom: does it answer slowly or with errors, by figures taken where the request is served?

How sure it is: the shift's own surprise, by how much of it the users behind the alert could notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.evidence.graph import CallGraph
from bot.evidence.onset import Shift
from bot.evidence.scale import Scale
from bot.evidence.standing import Standing
from bot.evidence.traces import Trace
from integrations.signals import signal

SAME_MOMENT = 600.0
"""Seconds from when the trouble began at the alert's own service beyond which another's symptom is an old story: two
steps of the coarsest figures.
"""
OLD_STORY = 0.5
"""What such a symptom still counts: slow leaks show early."""
NONE_WELL, ALL_WELL = 0.4, 0.9
"""What the alerting service's own symptom counts where nobody that it calls is seen to be well, and where all are."""
CALLS_UNKNOWN = 0.8
"""The share of its callees that is taken to be seen where none are known: it has some, and most of them are well."""


def symptom(found: Mapping[str, Standing], shifts: Iterable[Shift], scale: Scale) -> None:
    """Says of every service how much of what users feel is seen at it."""
    for shift in shifts:
        kind = signal(shift.signal)
        if not shift.bad or kind.family not in ("errors", "latency") or kind.place != "service":
            continue  # what a caller measures tells of those that it calls
        share = shift.surprise * scale.noticed(shift)
        if scale.began is not None and abs(shift.since - scale.began) > SAME_MOMENT:
            share *= OLD_STORY
        standing = found[shift.service]
        standing.symptom = max(standing.symptom, share)
        standing.shifts["symptom"].append(shift)


def discount_the_alerting(own: Standing, traces: Iterable[Trace], graph: CallGraph) -> None:
    """An alert fires where users feel the trouble: that it shows there tells nothing of where it lies.

    It speaks for the alerting service itself only as far as those that it calls are seen to be well; one that is not
    heard any more is not.
    """
    callees = graph.callees.get(graph.own, ())
    kinds = {signal(s.signal).family for s in own.shifts.get("symptom", ())}
    heard = [trace for trace in traces if trace.heard]
    seen = {t.service for t in heard if signal(t.signal).family in kinds and signal(t.signal).place == "service"}
    share = sum(1 for callee in callees if callee in seen) / len(callees) if callees else CALLS_UNKNOWN
    own.own_symptom *= NONE_WELL + (ALL_WELL - NONE_WELL) * share
