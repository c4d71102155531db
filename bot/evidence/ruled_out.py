"""What the evidence speaks against: said, because the next question of whoever is woken up is «is it …?»."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot.domain.words import count, where_known
from bot.evidence import facts, words
from bot.evidence.changes import LATE, Suspicion
from bot.evidence.facts import CHANGES, METRICS, Seen
from bot.evidence.graph import CallGraph
from bot.evidence.onset import Shift
from bot.evidence.ranking import LOWEST, Candidate
from bot.evidence.standing import Standing
from bot.evidence.status import CLEAR
from bot.evidence.traces import Trace
from integrations.contract import Service
from integrations.signals import signal

NEAR = 3600.0
"""Seconds around the onset in which a change needs an explanation why it was not that."""
NAMED = 2
"""So many dependencies are told by their names where not all are steady; more are counted."""

Ruled = tuple[str, tuple[Seen, ...]]


def ruled_out(
    first: Candidate | None,
    found: Mapping[str, Standing],
    suspicions: Sequence[Suspicion],
    figures: tuple[Sequence[Trace], Sequence[Shift]],
    graph: CallGraph,
) -> tuple[Ruled, ...]:
    """What was looked at and found innocent, each with what it rests on.

    `figures` are the traces of which it is known what is normal for them, and the shifts.
    """
    traces, shifts = figures
    told = [*_callees(first, found, figures, graph), *_others(first, found, traces, graph)]
    told += _traffic(traces, shifts, graph.own)
    told += [ruled for one in suspicions if (ruled := _late_change(one))]
    return tuple(told[:4])


def _callees(
    first: Candidate | None,
    found: Mapping[str, Standing],
    figures: tuple[Sequence[Trace], Sequence[Shift]],
    graph: CallGraph,
) -> list[Ruled]:
    """Those that the suspect calls, where none of them is in trouble; by name where not all are seen to be steady.

    One that clearly left its normal is not steady either way: calls that no longer reach it are no trouble of its own.
    """
    traces, shifts = figures
    service = first.service if first else graph.own
    callees = graph.callees.get(service, ())
    watched = {trace.service for trace in traces} - {shift.service for shift in shifts if shift.surprise >= CLEAR}
    steady = [callee for callee in callees if callee in watched]
    if not steady or any(found[callee].trouble >= LOWEST for callee in callees):
        return []
    signals = sum(trace.service in steady for trace in traces)
    text = f"{signals} signal{'s' * (signals != 1)} of {words.listed(steady, 4)} within their normal"
    which = "dependencies" if service == graph.own else f"dependencies of {service}"
    if len(steady) < len(callees):
        which = f"{words.listed(steady)}," if len(steady) <= NAMED else f"{len(steady)} of {len(callees)} {which}"
    return [(f"{which} steady", (Seen(METRICS, steady[0], text),))]


def _others(
    first: Candidate | None, found: Mapping[str, Standing], traces: Sequence[Trace], graph: CallGraph
) -> list[Ruled]:
    """Every other service of which there are figures and in which no trouble of its own is seen."""
    if first is None:
        return []
    told = {graph.own, first.service, *graph.callees.get(first.service, ())}
    watched = {trace.service for trace in traces} - told
    well = sorted(name for name in watched if found[name].trouble < LOWEST)
    if not well:
        return []
    signals = sum(trace.service in well for trace in traces)
    text = f"{signals} signal{'s' * (signals != 1)} of {words.listed(well, 4)} without clear trouble"
    which = f"{len(well)} other services" if well[1:] else well[0]
    return [(f"no clear sign of trouble in {which}", (Seen(METRICS, well[0], text),))]


def _traffic(traces: Sequence[Trace], shifts: Sequence[Shift], own: str) -> list[Ruled]:
    mine = [t for t in traces if t.service == own and not t.edge and signal(t.signal).family == "traffic"]
    if not mine or any(s.service == own and signal(s.signal).family == "traffic" for s in shifts):
        return []
    text = f"traffic of {own} {words.quantity(mine[0].signal, mine[0].values[-1])}, as usual"
    return [("traffic as usual", (Seen(METRICS, own, text, url=mine[0].url),))]


def _late_change(one: Suspicion) -> Ruled | None:
    if not one.dated or not -NEAR <= one.before < -LATE:
        return None
    name = one.change.version or one.change.what
    text = f"{name} of {one.change.service}, {words.span(one.before)} after it began"
    return text, (facts.of_change(one),)


def no_changes(services: Collection[Service]) -> Ruled | None:
    """For when the source of changes has answered and knows of none; None where no service's repository is known.

    Of a service without a repository nobody has asked.
    """
    known = sum(bool(service.repo) for service in services)
    if not known:
        return None
    text = f"no deployment, release or merge of {count(known, 'service')} in 24 h"
    return f"no change in 24 h{where_known(known, len(services))}", (Seen(CHANGES, "", text),)
