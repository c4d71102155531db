"""Fuses what the witnesses say into ranked causes, each with a confidence that was tested on quiet hours.

The rule. Each witness has its own scale from 0 to 1, on which 0 means «nothing to say»: figures calibrated on the
signal's own quiet hours, log growth in spreads of the same template's count, changes by time and by new pods against
old. They are joined by a noisy or (Pearl, Probabilistic Reasoning, 1988: one minus the product of what each leaves
open), because each alone can be enough, so a strong witness stays strong beside a silent one; adding up ranks with
equal weight made the best witness worse (36 % to 13 % on public recordings). A change alone accuses nobody: it counts
in full only for a service that is in trouble which nothing that it calls explains. A service that the alerting one
cannot reach by calls counts half; one of which no call is known at all counts a little more, and leaves doubt about
every other.

Confidence comes from the score, from its lead over the next service, from how many kinds of evidence agree, and
from whether the alerting service is seen to suffer at all. Below `LOWEST` there is no cause: a false alarm stays one.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.domain.analysis import Confidence
from bot.evidence.changes import Suspicion
from bot.evidence.graph import CallGraph
from bot.evidence.onset import Shift
from bot.evidence.standing import Standing, either
from integrations.signals import signal

Kind = Literal["change", "resource", "dependency", "own fault", "network"]

CHANGE = 0.75
"""What the most suspect change adds by itself to a service in trouble. Less than certain: of the latest rollouts before
an onset about half were the culprit (47 to 59 % on public recordings).
"""
UNSUPPORTED, SUPPORTED = 0.4, 0.4
"""What a change still counts for a service that is in no trouble, and the trouble from which on it counts in full."""
ALONE = 0.9
"""The score from which one kind of evidence suffices for high confidence, where users are seen to suffer."""
CERTAIN = 0.01
"""No score leaves less open than this: a lead over next to nothing would be infinite."""
UNREACHED = 0.5
"""What is left of a suspicion against a service that the alerting one does not call, not even through others."""
OFF_THE_MAP = 0.7
"""What is left of one against a service of which no call is known at all: it may be called, nobody has told."""
LOWEST, MEDIUM, HIGH = 0.2, 0.5, 0.8
"""Scores from which a candidate is a cause, one of medium and one of high confidence: what each means is measured in
`make eval`, also on the system from which it was not chosen."""
CLEAR_LEAD = 2.0
"""For high confidence the second must leave at least this many times as much open as the first."""
FAIR_LEAD = 1.5
"""The same for medium. On recordings that were damaged on purpose (edges lost, services off the map, gaps) nearly all
wrong causes of medium confidence led by less, and nearly all right ones by more.
"""
SPEAKS = 0.3
"""From here on a kind of evidence counts as agreeing: what is said with less is hardly more than noise."""
MOST_CAUSES = 5
"""How many are named: nobody reads more."""
_RESOURCE_WORDS = re.compile(
    r"out of memory|outofmemory|\boom\b|oom-?kill|heap space|no space left|disk (?:is )?full|quota exceeded|"
    r"too many (?:open files|connections)|(?:pool|connections?|threads?|slots?) (?:is |are )?(?:all )?exhausted|"
    r"exhausted (?:the )?(?:connection )?pool|remaining connection slots|cannot allocate",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Levels:
    """From where on a first cause is named, and named with medium or high confidence."""

    lowest: float = LOWEST
    medium: float = MEDIUM
    high: float = HIGH
    lead: float = CLEAR_LEAD
    fair: float = FAIR_LEAD


LEVELS = Levels()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One service as a possible place of the cause."""

    standing: Standing
    suspicion: Suspicion | None
    """Its most suspect change, where that adds anything."""
    change: float
    """What the change adds, 0 to 1."""
    score: float
    placed: float
    """What the score would be if the alerting service were known to call it: more, where no call of it is known."""

    @property
    def service(self) -> str:
        return self.standing.service

    @property
    def came_with_change(self) -> bool:
        """Whether a change is suspect enough to be named."""
        return self.suspicion is not None and self.change >= SPEAKS

    @property
    def agreeing(self) -> int:
        """How many kinds of evidence speak for it: figures, logs, changes."""
        return sum(share >= SPEAKS for share in (self.standing.figures, self.standing.own_logs, self.change))


def candidates(
    found: Mapping[str, Standing], suspicions: Sequence[Suspicion], graph: CallGraph
) -> tuple[Candidate, ...]:
    """Every service with any sign of trouble, the likeliest first."""
    reached = graph.depths()
    placed = graph.placed()
    weighed = [
        _candidate(standing, suspicions, _reach(name, reached, placed, graph.own)) for name, standing in found.items()
    ]
    depth = {name: reached.get(name, 0) for name in found}
    told = [candidate for candidate in weighed if candidate.score > 0]
    return tuple(sorted(told, key=lambda one: (-one.score, -depth[one.service], one.service)))


def _reach(name: str, reached: Container[str], placed: Container[str], own: str) -> float:
    """How far the place of a service in the graph lets it be suspected."""
    if name in reached or own not in placed:
        return 1.0
    return UNREACHED if name in placed else OFF_THE_MAP


def _candidate(standing: Standing, suspicions: Sequence[Suspicion], reach: float) -> Candidate:
    mine = [one for one in suspicions if one.change.service == standing.service and one.share > 0]
    best = max(mine, key=lambda one: one.share, default=None)
    support = UNSUPPORTED + (1 - UNSUPPORTED) * min(1.0, standing.ails / SUPPORTED)
    change = CHANGE * best.share * support if best else 0.0
    whole = either(standing.trouble, change)
    return Candidate(standing, best, change, reach * whole, whole if reach == OFF_THE_MAP else reach * whole)


def confidences(
    ranked: Sequence[Candidate], *, suffering: bool | None, complete: bool, levels: Levels = LEVELS
) -> tuple[Confidence, ...]:
    """The confidence of each candidate, in order; «unknown» where it is too weak to be a cause.

    `suffering` tells whether figures of the alerting service itself left normal, None where there are none;
    `complete` whether every source has answered: before that nothing is certain.
    """
    told: list[Confidence] = []
    for place, one in enumerate(ranked):
        if one.score < levels.lowest:
            told.append("unknown")
        elif place:
            told.append("low")
        else:
            second = max((other.placed for other in ranked[1:]), default=0.0)
            sure = one.agreeing >= 2 or (suffering is not False and one.score >= ALONE)
            told.append(_first(one, second, levels, sure=sure and complete))
    return tuple(told)


def _first(first: Candidate, second: float, levels: Levels, *, sure: bool) -> Confidence:
    lead = (1 - second) / max(1 - first.score, CERTAIN)
    if first.score >= levels.high and lead >= levels.lead and sure:
        return "high"
    return "medium" if first.score >= levels.medium and lead >= levels.fair else "low"


def kind_of(candidate: Candidate, own: str) -> Kind:
    """What sort of cause it is: a resource that ran out before anything else showed, a change, the network, a place."""
    standing = candidate.standing
    if _ran_out(standing):
        return "resource"
    if candidate.came_with_change or candidate.change > standing.trouble:
        return "change"
    others = (standing.own_symptom, standing.failing_fast, standing.broken_flow, standing.own_logs)
    if standing.network > max(others):
        return "network"
    return "own fault" if standing.service == own else "dependency"


def _ran_out(standing: Standing) -> bool:
    """Whether a resource moved before anything else of its service did, or the lines say that it is used up."""
    moved = [(name, shift) for name, several in standing.shifts.items() for shift in several]
    clear = [(name, shift) for name, shift in moved if shift.surprise >= SPEAKS]
    levels = [shift.since for name, shift in clear if name == "resource" and _family(shift) == "saturation"]
    others = [shift.since for name, shift in clear if name == "symptom" or _family(shift) == "instances"]
    first = min(levels, default=float("inf")) <= min(others, default=float("inf"))
    if standing.resource >= SPEAKS and levels and first:
        return True
    if others and levels and not first:
        return False
    told = [growth for growth in standing.growths if growth.share >= SPEAKS]
    return any(_RESOURCE_WORDS.search(growth.pattern.template) for growth in told)


def _family(shift: Shift) -> str:
    return signal(shift.signal).family
