"""How alike two incidents are, by what their evidence looked like. Pure.

A fingerprint is a bag of weighed signs: which signal of which service moved which way (weighed by how surprising that
was), which log templates grew, where the evidence put the cause and of what kind. Two are as alike as their bags
overlap: the sum of the smaller weights over the sum of the larger ones (Ružička's similarity; Jaccard's where all
weights are one). `make eval` measures it on recordings beside BM25 on the same incidents' words.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from bot.domain.analysis import Analysis, Moved
from bot.domain.memory import MOST_MOVED, MOST_PATTERNS, Blamed, Fingerprint, Pattern
from bot.evidence.onset import Shift

CAUSE = 2.0
"""What a shared cause weighs, in signals that moved: of 1, 1.5, 2 and 3 the best on the recordings, by little."""
PATTERN = 1.0
"""A shared log template weighs as much as a signal that never moved before."""
LEAST = 0.05
"""Surprise below this is no sign of anything."""
FEW_CAUSES = 2

Sign = tuple[str, ...]


def moved(shifts: Iterable[Shift]) -> tuple[Moved, ...]:
    """What is kept of the shifts: for each signal its clearest, the most surprising first."""
    clearest: dict[Sign, Moved] = {}
    for shift in shifts:
        key = (shift.service, shift.edge, shift.signal, shift.direction)
        one = Moved(shift.service, shift.signal, shift.direction, round(shift.surprise, 2), shift.edge)
        if one.surprise >= LEAST and (key not in clearest or clearest[key].surprise < one.surprise):
            clearest[key] = one
    ranked = sorted(clearest.values(), key=lambda one: (-one.surprise, one.service, one.signal, one.edge))
    return tuple(ranked[:MOST_MOVED])


def fingerprint(found: Analysis) -> Fingerprint:
    """What an analysis is recognised by later."""
    patterns = (Pattern(one.service, one.template, one.new) for one in found.patterns[:MOST_PATTERNS])
    causes = tuple(dict.fromkeys(Blamed(cause.service, cause.kind) for cause in found.causes))
    return Fingerprint(found.moved, tuple(patterns), causes[:FEW_CAUSES])


def likeness(one: Fingerprint, other: Fingerprint) -> float:
    """0 (nothing in common) to 1 (the same); 0 where either is empty."""
    mine, theirs = signs(one), signs(other)
    every = mine.keys() | theirs.keys()
    larger = math.fsum(max(mine.get(sign, 0.0), theirs.get(sign, 0.0)) for sign in every)
    shared = math.fsum(min(mine[sign], theirs[sign]) for sign in mine.keys() & theirs.keys())
    return shared / larger if larger else 0.0


def signs(of: Fingerprint) -> Mapping[Sign, float]:
    """Sign → its weight."""
    found: dict[Sign, float] = {
        ("moved", one.service, one.edge, one.signal, one.direction): one.surprise for one in of.moved
    }
    found |= {("pattern", one.service, one.template): PATTERN for one in of.patterns}
    for place, cause in enumerate(of.causes, 1):
        found.setdefault(("cause", cause.service), CAUSE / place)
        found.setdefault(("kind", cause.service, cause.kind), CAUSE / place)
    return found


def why(one: Fingerprint, other: Fingerprint) -> tuple[str, ...]:
    """What two have in common, in words, the most telling first: «same new pattern», «also after a deploy»."""
    mine, theirs = set(one.patterns), set(other.patterns)
    new = [p for p in mine & theirs if p.new]
    grown = {(p.service, p.template) for p in mine} & {(p.service, p.template) for p in theirs}
    said = []
    if new or grown:
        said.append(f"same {'new ' if new else ''}log pattern")
    if (causes := [cause for cause in one.causes[:1] if cause in other.causes[:1]]) and causes[0].kind == "change":
        said.append("also after a deploy")
    elif one.causes and other.causes and one.causes[0].service == other.causes[0].service:
        said.append(f"{one.causes[0].service} suspected both times")
    both = {(m.service, m.signal, m.direction) for m in one.moved} & {
        (m.service, m.signal, m.direction) for m in other.moved
    }
    if both:
        said.append(f"{len(both)} signal{'' if len(both) == 1 else 's'} moved the same way")
    return tuple(said)
