"""What a cause is called: one or two plain sentences, the number first, and the statements that they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.evidence import facts, slow_way, words
from bot.evidence.changes import Suspicion
from bot.evidence.facts import Seen
from bot.evidence.graph import CallGraph
from bot.evidence.log_patterns import Growth
from bot.evidence.onset import Shift
from bot.evidence.ranking import Candidate, Kind
from bot.evidence.standing import either
from bot.evidence.traces import Trace
from integrations.signals import signal

VERBS = {
    "deployment": "deployed",
    "deployment request": "asked to be deployed",
    "release": "released",
    "merge": "merged",
}
MOST_SHIFTS = 2
MOST_PATTERNS = 2
CLEAR = 0.2
"""Surprise below this is no part of a sentence."""
WORTH_SAYING = 0.3
"""Growth below this is no part of a sentence."""
TOGETHER = 300.0
"""Seconds within which what moved is told as one moment: figures are five minutes apart at most."""
HARDLY = 0.05
"""What is left of the traffic where none is passed on."""


def told(
    candidate: Candidate, kind: Kind, graph: CallGraph, traces: Sequence[Trace] = ()
) -> tuple[str, tuple[Seen, ...]]:
    """The sentences and what they rest on (never empty)."""
    own, shifts, grown = graph.own, _shifts(candidate, kind), _growths(candidate)
    lead, besides = _lead(candidate, kind, graph, shifts, traces)
    parts = [lead] if lead else []
    if grown:
        first = words.counted(grown[0].pattern)
        where = "" if grown[0].pattern.service in (own, candidate.service) else f" at {grown[0].pattern.service}"
        when = words.clock(grown[0].pattern.first_seen)
        if kind == "change" and lead:
            parts[0] = f"{lead.removesuffix('.')}; since then {first}{where}."
        else:
            parts.append(f"{first[:1].upper()}{first[1:]}{where}, since {when}.")
    brought = candidate.suspicion if candidate.came_with_change or kind == "change" else None
    if brought and kind != "change":
        parts.insert(1, _brought(brought, own))
    seen = [facts.of_change(brought)] if brought else []
    seen += [facts.of_shift(shift) for shift in shifts] + [facts.of_growth(growth) for growth in grown]
    return " ".join(parts), (*seen, *besides)


def _shifts(candidate: Candidate, kind: Kind) -> tuple[Shift, ...]:
    """The shifts that carry the sentence, one of each family of signals, the most telling first."""
    standing = candidate.standing
    strength = {
        "network": standing.network,
        "failing_fast": standing.failing_fast,
        "broken_flow": standing.broken_flow,
        "served": either(standing.resource, standing.own_symptom),
    }
    witness = "served" if kind == "resource" else max(strength, key=lambda name: strength[name])
    if witness != "served":
        return tuple(standing.shifts.get(witness, ()))[:MOST_SHIFTS]
    served = [s for name in ("resource", "symptom") for s in standing.shifts.get(name, ()) if s.surprise >= CLEAR]
    served = served or _strongest(candidate)
    whole = [shift for shift in served if not shift.edge] or served
    families: dict[str, Shift] = {}
    for shift in sorted(whole, key=lambda shift: _telling(shift, kind)):
        families.setdefault(signal(shift.signal).family, shift)
    if kind == "resource":
        return _used_up(whole, families)
    return tuple(families.values())[:MOST_SHIFTS]


def _used_up(shifts: Sequence[Shift], families: Mapping[str, Shift]) -> tuple[Shift, ...]:
    """Each resource once, in percent where that is known, and then what users of the service feel of it."""
    resources: dict[str, Shift] = {}
    for shift in sorted(shifts, key=lambda shift: _telling(shift, "resource")):
        if signal(shift.signal).family in ("saturation", "instances"):
            resources.setdefault(shift.signal.removesuffix("_usage"), shift)
    felt = [families[family] for family in ("errors", "latency") if family in families]
    return (*list(resources.values())[:MOST_SHIFTS], *felt[:1])


def _strongest(candidate: Candidate) -> list[Shift]:
    """Where nothing is clear and no line says anything: the one shift that is least unclear."""
    every = [shift for several in candidate.standing.shifts.values() for shift in several]
    return sorted(every, key=lambda shift: -shift.surprise)[:1] if not _growths(candidate) else []


def _telling(shift: Shift, kind: Kind) -> tuple[int, float]:
    """Of a resource its level first, else lost instances before errors before latency; p99 and percents as known."""
    known = signal(shift.signal)
    places: dict[str, int] = {"instances": 0, "errors": 1, "latency": 2, "saturation": 3}
    place = -1 if kind == "resource" and known.family == "saturation" else places.get(known.family, 4)
    familiar = shift.signal.endswith(("_p99", "error_rate")) or known.unit == "%"
    return place, -shift.surprise - (0.1 if familiar else 0.0)


def _growths(candidate: Candidate) -> tuple[Growth, ...]:
    strong = [growth for growth in candidate.standing.growths if growth.share >= WORTH_SAYING]
    strong.sort(key=lambda growth: -growth.share)
    if strong and candidate.standing.own_logs >= WORTH_SAYING / 2:
        return tuple(strong[:MOST_PATTERNS])
    moved = any(candidate.standing.shifts.values())
    if moved or candidate.came_with_change:
        return ()
    return tuple(g for g in candidate.standing.growths if g.weight != "info" or not candidate.change)[:1]


def _lead(
    candidate: Candidate, kind: Kind, graph: CallGraph, shifts: Sequence[Shift], traces: Sequence[Trace]
) -> tuple[str, tuple[Seen, ...]]:
    """The first sentence, and what it rests on besides the change, the shifts and the log lines."""
    standing, service = candidate.standing, candidate.service
    if kind == "change" and candidate.suspicion:
        return _of_change(candidate.suspicion, candidate, graph.own, shifts), ()
    if not shifts:
        return "", ()
    first = shifts[0]
    if first in standing.shifts.get("network", ()):
        return slow_way.told(service, standing.shifts["network"], traces)
    if first in standing.shifts.get("failing_fast", ()):
        return f"{_figures(shifts)}: it refuses instead of working.", ()
    if first in standing.shifts.get("broken_flow", ()):
        return f"{_flow(shifts)}: {service} {_passes_on(first)}.", ()
    reached = "" if service == graph.own else f"; {_reached(shifts, graph.way_to(service), graph.own)}"
    return f"{_figures(shifts)}{reached}.", ()


def _figures(shifts: Sequence[Shift]) -> str:
    """«CPU 100 % (8 %), p99 246 ms (8 ms) at basket since 12:45», what came later with its own time behind it."""
    began = min(shift.since for shift in shifts)
    first = [shift for shift in shifts if shift.since - began <= TOGETHER]
    where = "" if all(shift.edge for shift in first) else f" at {shifts[0].service}"
    told = f"{', '.join(words.moved(shift) for shift in first)}{where} since {words.clock(began)}"
    later = [f"{words.moved(shift)} since {words.clock(shift.since)}" for shift in shifts if shift not in first]
    return ", ".join((told, *later))


def _reached(shifts: Sequence[Shift], way: Sequence[str], own: str) -> str:
    """How the alerting service comes to feel it."""
    if not way:
        return f"no known call leads there from {own}"
    felt = any(signal(shift.signal).family in ("errors", "latency") for shift in shifts)
    through = f" through {words.listed(way[1:-1])}" if len(way) > 2 else ""
    return f"{own} {'waits for' if felt else 'calls'} it{through}"


def _flow(shifts: Sequence[Shift]) -> str:
    """«Traffic 4/s (50/s) at stock, 0/s (2/s) at mailer since 11:55»: all of them are of one kind."""
    told = [f"{words.moved(shift)} at {shift.service}" for shift in shifts]
    several = [told[0], *(one.removeprefix(f"{words.label(shifts[0])} ") for one in told[1:])]
    return f"{', '.join(several)} since {words.clock(min(shift.since for shift in shifts))}"


def _passes_on(shift: Shift) -> str:
    return "passes on fewer calls than before" if shift.ratio > HARDLY else "no longer passes calls on"


def _of_change(suspicion: Suspicion, candidate: Candidate, own: str, shifts: Sequence[Shift]) -> str:
    change = suspicion.change
    where = "" if change.service == own else f"{change.service} "
    who = f" by {change.author}" if change.author else ""
    name = change.version or f"a {change.what}"
    grown = [growth for growth in candidate.standing.growths if growth.weight != "info"]
    if not shifts and not grown:
        when = "" if suspicion.dated else f", {_when(suspicion, '')}"
        return f"{where}{name}, {VERBS[change.what]} {words.clock(change.at)}{who}{when}: nothing else points at it."
    when = _when(suspicion, _what_began(shifts, grown))
    text = f"{where}{name}, {VERBS[change.what]} {words.clock(change.at)}{who}, {when}."
    if change.files:
        text += f" It changed {words.listed([f'`{name}`' for name in change.files])}."
    elif change.title:
        text += f" It says “{change.title}”."
    if suspicion.compared == "worse":
        text += " Its new instances fare worse than the old ones beside them."
    if shifts and not grown:
        text += f" Since then {', '.join(words.moved(shift) for shift in shifts)}."
    return text


def _brought(suspicion: Suspicion, own: str) -> str:
    change = suspicion.change
    where = "" if change.service == own else f"{change.service} "
    who = f" by {change.author}" if change.author else ""
    name = change.version or f"A {change.what}"
    return f"{where}{name} was {VERBS[change.what]} {words.clock(change.at)}{who}, {_when(suspicion, 'it began')}."


def _when(suspicion: Suspicion, began: str) -> str:
    """«40 s before errors began», «as errors began»; «4 min before the alert» where nobody saw it begin."""
    moment = began if suspicion.dated else "the alert fired" if suspicion.before < 1 else "the alert"
    return f"{words.span(suspicion.before)} before {moment}" if suspicion.before >= 1 else f"as {moment}"


def _what_began(shifts: Sequence[Shift], grown: Sequence[Growth]) -> str:
    families = {signal(shift.signal).family for shift in shifts}
    if "errors" in families or (not shifts and any(growth.weight == "error" for growth in grown)):
        return "errors began"
    if not shifts:
        return "log lines grew"
    return "slowness began" if "latency" in families else f"the rise of {words.label(shifts[0]).lower()} began"
