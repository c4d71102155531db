"""Where there is no clear cause: the one look that would tell most."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.context import Context
from bot.evidence import words
from bot.evidence.graph import CallGraph
from bot.evidence.ranking import Candidate
from integrations.contract import Logs, Series


def next_look(context: Context, graph: CallGraph, weak: Sequence[Candidate], onset: float | None) -> str:
    """One sentence. What could not be seen comes first, then the strongest of the weak suspects."""
    own = graph.own
    since = f" since {words.clock(onset)}" if onset is not None else ""
    if context.waiting:
        return f"Still looking at {words.listed(context.waiting, 3)}."
    if not context.of(Series):
        return f"Figures of {own}: errors, latency and CPU{since}. None came in."
    if not any(logs.lines for logs in context.of(Logs)):
        return f"The error lines of {weak[0].service if weak else own}{since}. No log lines came in."
    if not graph.callees.get(own):
        return f"What {own} calls, and how that is. services.yaml names no dependencies of it."
    if weak:
        return f"{weak[0].service} by instance{since}: is one of its pods different from the others?"
    return f"{own} by endpoint and by caller{since}: all its figures together look as usual."


def looked_at(context: Context, traces: int, services: int, changes: int) -> tuple[str, ...]:
    """What the analysis has seen, in words."""
    lines = sum(logs.total for logs in context.of(Logs))
    told = []
    if traces:
        told.append(f"{traces:,} signal{'s' * (traces != 1)} of {services} service{'s' * (services != 1)}")
    if context.of(Logs):
        told.append(f"{lines:,} log line{'s' * (lines != 1)}")
    if changes:
        told.append(f"{changes} change{'s' * (changes != 1)}")
    return tuple(told)
