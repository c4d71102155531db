"""How it is told that not a service but the way to it is slow: what callers measure beside what it takes itself."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from bot.evidence import words
from bot.evidence.facts import METRICS, Seen
from bot.evidence.onset import Shift
from bot.evidence.traces import Trace, middle
from integrations.signals import signal

AT_CALLER = "client_"
"""What a signal's name begins with where it is measured at the caller."""
AS_BEFORE = 1.5
"""A service that takes less than this many times its normal answers as before."""
MOST_NAMES = 3


def told(service: str, slow: Sequence[Shift], traces: Sequence[Trace]) -> tuple[str, tuple[Seen, ...]]:
    """The sentence, and what it rests on besides `slow`: the calls of which `service` is an end, strongest first."""
    first = slow[0]
    caller, _, callee = first.edge.partition("->")
    statistic = signal(first.signal.removeprefix(AT_CALLER)).label
    now, normal = (words.quantity(first.signal, value) for value in (first.value, first.normal))
    figure, since = f"{statistic} {now} ({normal})", words.clock(first.since)
    if service != callee:
        called = words.listed(_ends(slow, 2, caller), MOST_NAMES)
        return f"{figure} for calls from {caller} to {called} since {since}: its way out is slow.", ()
    callers = words.listed(_ends(slow, 0, callee), MOST_NAMES)
    head = f"{figure} for calls to {callee} since {since}, measured at {callers}"
    answers = _answers(first, traces)
    if answers is None:
        return f"{head}; what {callee} itself takes is not measured: it is slow, or the way to it.", ()
    return f"{head}; {answers.text}: the way to it is slow.", (answers,)


def _ends(slow: Sequence[Shift], which: int, other: str) -> list[str]:
    """Who is at this end of the slow calls, the other end of which is `other`; by name."""
    edges = [shift.edge.partition("->") for shift in slow]
    return sorted({edge[which] for edge in edges if edge[2 - which] == other})


def _answers(slow: Shift, traces: Sequence[Trace]) -> Seen | None:
    """The same statistic measured where the calls are served: of these calls, else of all that the service serves."""
    served, callee = slow.signal.removeprefix(AT_CALLER), slow.edge.partition("->")[2]
    heard = [trace for trace in traces if trace.service == callee and trace.heard]
    fitting = [trace for trace in heard if trace.signal == served and trace.edge in (slow.edge, "")]
    if not fitting:
        return None
    trace = max(fitting, key=lambda one: bool(one.edge))
    began = bisect_left(trace.times, slow.since)
    before, after = trace.values[:began], trace.values[began:]
    if not after:
        return None
    taken = _taken(served, middle(after), middle(before) if before else None)
    return Seen(METRICS, callee, f"{callee} itself answers in {taken}", url=trace.url)


def _taken(served: str, now: float, normal: float | None) -> str:
    """«4 ms, as before», «120 ms (100 ms)»."""
    told = words.quantity(served, now)
    if normal is None:
        return told
    return f"{told}, as before" if now < AS_BEFORE * normal else f"{told} ({words.quantity(served, normal)})"
