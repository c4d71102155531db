"""From context to analysis: evidence first. Pure; a model may share in it later, behind the same `Analyst` port.

The stages: figures → when it began → log patterns → who is in trouble by himself → which change came before →
ranked causes → words with numbered facts → first steps. Each stage works with whatever is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from bot.domain.analysis import Analysis, Cause, FirstStep, RuledOut
from bot.domain.context import Context
from bot.evidence import log_patterns
from bot.evidence.began import Beginning, began, began_by_service, refined
from bot.evidence.changes import Suspicion, suspicions
from bot.evidence.facts import CHANGES, Numbering
from bot.evidence.first_steps import first_steps
from bot.evidence.gone import RECENT, gone
from bot.evidence.graph import CallGraph
from bot.evidence.likeness import moved
from bot.evidence.log_patterns import Growth
from bot.evidence.next_look import looked_at, next_look
from bot.evidence.odd_one import odd_ones
from bot.evidence.onset import Shift, knows_normal, shift_of
from bot.evidence.pods import known_pods, restarted_pods
from bot.evidence.ranking import LOWEST, MEDIUM, MOST_CAUSES, Candidate, Kind, candidates, confidences, kind_of
from bot.evidence.ruled_out import no_changes, ruled_out
from bot.evidence.standing import Standing
from bot.evidence.status import states
from bot.evidence.telling import told
from bot.evidence.traces import Trace, traces
from bot.evidence.witnesses import standings
from integrations.contract import Change, Logs, Series


class Analyst(Protocol):
    """Whoever makes an analysis of a context."""

    def __call__(self, context: Context) -> Analysis: ...


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the pure stages found, before it is put into words."""

    traces: Sequence[Trace]
    shifts: Sequence[Shift]
    growths: Sequence[Growth]
    graph: CallGraph
    standings: Mapping[str, Standing]
    suspicions: Sequence[Suspicion]
    ranked: Sequence[Candidate]
    onset: float | None
    """When it began, unix seconds; None when nothing departed from normal."""


def analyse(context: Context) -> Analysis:
    """What the evidence says of this context; works whole with any part of it missing."""
    return tell(context, weigh(context))


def weigh(context: Context) -> Evidence:
    """The evidence of this context, weighed."""
    alerted = context.scope.alerted_at.timestamp()
    until = context.scope.window.until.timestamp()
    drawn = traces(context.of(Series), until)
    whole = [shift for trace in drawn if (shift := shift_of(trace, alerted))]
    single = [shift for trace in odd_ones(context.of(Series), alerted) if (shift := shift_of(trace, alerted))]
    shifts = (*whole, *(shift for shift in single if shift.bad))
    graph = CallGraph.of(context.scope, drawn)
    onset = began(context.of(Logs), drawn, shifts, graph.own, alerted)
    beginning = Beginning(onset, began_by_service(shifts), alerted)
    slack = 2 * max((trace.step for trace in drawn if trace.service == graph.own), default=60.0)
    growths = log_patterns.together(
        log_patterns.growths(logs, beginning.taken - slack, until) for logs in context.of(Logs)
    )
    if onset is not None:
        onset = refined(onset, growths, slack)
        growths = log_patterns.since(onset, growths)
        beginning = replace(beginning, onset=onset)
    found = standings(shifts, drawn, growths, graph)
    suspects = suspicions(context.of(Change), beginning, context.of(Series), context.of(Logs))
    ranked = candidates(found, suspects, graph)
    return Evidence(drawn, shifts, growths, graph, found, suspects, ranked, onset)


def tell(context: Context, evidence: Evidence) -> Analysis:
    """The evidence in words, with numbered facts, first steps and what was ruled out."""
    own = evidence.graph.own
    numbering = Numbering()
    causes = _causes(context, evidence, numbering)
    named = {cause.service for cause in causes}
    first = evidence.ranked[0] if causes else None
    figures = (_watched(context, evidence), evidence.shifts)
    innocent = ruled_out(first, evidence.standings, evidence.suspicions, figures, evidence.graph)
    if _knows_of_no_change(context) and (none := no_changes(context.scope.services.values())):
        innocent = (*innocent, none)
    ruled = tuple(RuledOut(text, numbering.cite(seen)) for text, seen in innocent)
    weak = [candidate.service for candidate in evidence.ranked if candidate.service not in named]
    lost = _lost(context, evidence)
    unclear = not causes or causes[0].confidence != "high" or lost
    return Analysis(
        causes=causes,
        onset=datetime.fromtimestamp(evidence.onset, UTC) if evidence.onset is not None else None,
        facts=numbering.facts(),
        signals=states(evidence.traces, evidence.shifts, own, context.scope.alerted_at.timestamp()),
        patterns=log_patterns.strongest(evidence.growths),
        ruled_out=ruled,
        first_steps=_first_steps(context, evidence, causes),
        looked_at=looked_at(
            context, len(evidence.traces), len({t.service for t in evidence.traces}), len(context.of(Change))
        ),
        suspects=tuple(dict.fromkeys((*(name for name in lost if name not in named), *weak)))[:8],
        next_look=next_look(context, evidence.graph, evidence.ranked, evidence.onset, lost) if unclear else None,
        moved=moved(evidence.shifts),
    )


def _watched(context: Context, evidence: Evidence) -> tuple[Trace, ...]:
    """The figures of which it can be said that nothing happened to them."""
    alerted, silent = context.scope.alerted_at.timestamp(), gone(evidence.traces)
    heard = (trace for trace in evidence.traces if trace.heard and trace.service not in silent)
    return tuple(trace for trace in heard if knows_normal(trace, alerted))


def _lost(context: Context, evidence: Evidence) -> dict[str, float]:
    """The alerting service and those that it can reach whose figures have ended lately, the nearest first."""
    silent, depths = gone(evidence.traces), evidence.graph.depths()
    recent = context.scope.alerted_at.timestamp() - RECENT
    return {name: silent[name] for name in depths if silent.get(name, 0.0) >= recent}


def _causes(context: Context, evidence: Evidence, numbering: Numbering) -> tuple[Cause, ...]:
    own = evidence.graph.own
    sure = confidences(evidence.ranked, suffering=suffering(evidence), complete=not context.waiting)
    worth_naming = MEDIUM if "high" in sure[:1] else LOWEST
    causes: list[Cause] = []
    for candidate, confidence in list(zip(evidence.ranked, sure, strict=True))[:MOST_CAUSES]:
        if confidence == "unknown" or (causes and candidate.score < worth_naming):
            break
        kind = kind_of(candidate, own)
        text, seen = told(candidate, kind, evidence.graph, evidence.traces)
        change = candidate.suspicion.change if candidate.came_with_change and candidate.suspicion else None
        causes.append(
            Cause(
                service=candidate.service,
                kind=kind,
                text=text,
                confidence=confidence,
                facts=numbering.cite(seen),
                score=round(candidate.score, 3),
                version=change.version or None if change else None,
            )
        )
    return tuple(causes)


def suffering(evidence: Evidence) -> bool | None:
    """Whether the alerting service is seen to suffer; None where there are no figures of it."""
    own = evidence.graph.own
    if not any(trace.service == own for trace in evidence.traces):
        return None
    return any(shift.service == own and shift.bad for shift in evidence.shifts)


def _knows_of_no_change(context: Context) -> bool:
    blind = {gap.source for gap in context.gaps} | set(context.off) | set(context.waiting)
    return CHANGES in context.took and CHANGES not in blind and not context.of(Change)


def _odd(first: tuple[Candidate, Kind]) -> Sequence[str]:
    """Instances of the first suspect that are unlike their siblings."""
    several = [shift for shifts in first[0].standing.shifts.values() for shift in shifts]
    return [shift.instance for shift in several if shift.instance]


def _first_steps(context: Context, evidence: Evidence, causes: Sequence[Cause]) -> tuple[FirstStep, ...]:
    first: tuple[Candidate, Kind] | None = (evidence.ranked[0], causes[0].kind) if causes else None
    pods = (*_odd(first), *known_pods(context, causes[0].service)) if first and causes else ()
    restarted = restarted_pods(context, causes[0].service) if causes else ()
    return first_steps(first, context.scope.services, pods, restarted)
