"""The likely cause with what it rests on; or that there is none, what was looked at, and what would tell most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.domain.analysis import Analysis, Cause, Fact, LogPattern
from bot.domain.briefing import Section
from bot.domain.context import Report
from bot.domain.incident import Incident
from bot.domain.text import code, link, links, prose, safe
from bot.sections.status import moved, visibly_worse
from integrations.signals import signal

_SOURCE_LINKS = 1_800
"""Characters that the links of the sources may take."""
WELL = "No figure of the service has clearly left its normal: a false alarm, or trouble that figures do not show."


def analysis(incident: Incident, report: Report) -> Section:
    """The likely cause with what it rests on, or that there is none and what was looked at."""
    found = report.analysis
    if not found.causes or found.confidence == "unknown":
        return _no_cause(incident, report)
    first, *others = found.causes
    elsewhere = "" if first.service == incident.service else f" · in {safe(first.service, 80)}"
    lines = [_cause(first, found.facts), *(f"Or ({c.confidence}): {_cause(c, found.facts)}" for c in others[:2])]
    return Section(
        (*lines, *_not_felt(first, incident, found), *_ruled_out(found), *_opinion(found), *_next_look(report)),
        title=title_of(first),
        aside=f"confidence {first.confidence}{elsewhere}",
    )


def title_of(cause: Cause) -> str:
    return "Likely cause" if cause.confidence in ("high", "medium") else "Possible cause"


def _cause(cause: Cause, facts: Sequence[Fact]) -> str:
    return prose(cause.text) + cites(cause.facts, facts)


def _not_felt(first: Cause, incident: Incident, found: Analysis) -> tuple[str, ...]:
    """What speaks against a cause elsewhere that is not certain: the service that alerts does not feel it."""
    suspected = incident.service in [cause.service for cause in found.causes]
    if first.confidence == "high" or suspected or not _well(found):
        return ()
    return (f"Against it: no figure of {safe(incident.service, 80)} itself has clearly left its normal.",)


def _well(found: Analysis) -> bool:
    """Whether figures of the incident's own service are there and none of them moved, looks bad or has ended.

    Of what users feel the normal has to be known: a figure that nothing is held against has not kept to it.
    """
    states = found.signals
    if any(state.silent_since for state in states):
        return False
    felt = [state for state in states if signal(state.signal).family in ("errors", "latency")]
    known = all(state.moved == "steady" for state in felt) and any(state.moved == "steady" for state in states)
    return known and not any(moved(state) or visibly_worse(state) for state in states)


def _no_cause(incident: Incident, report: Report) -> Section:
    found = report.analysis
    lines = [f"Could be: {_cause(cause, found.facts)}" for cause in found.causes[:2]]
    if _well(found):
        lines.append(WELL)
    if found.looked_at:
        lines.append("Looked at: " + ", ".join(safe(what, 120) for what in found.looked_at))
    if found.suspects:
        lines.append("Weak signs in: " + ", ".join(safe(name, 80) for name in found.suspects[:3]))
    lines += [f"In the logs: {_grown(pattern)}" for pattern in found.patterns[:2]]
    lines += _ruled_out(found)
    lines += [*_opinion(found), *_next_look(report)]
    if incident.status == "resolved":
        return Section(tuple(lines), title="No clear cause found")
    return Section(
        tuple(lines),
        title="No clear cause yet",
        aside="still looking" if report.context.waiting else "confidence unknown",
    )


def _next_look(report: Report) -> tuple[str, ...]:
    """The one look that would tell most, where nothing is certain and nobody is still looking."""
    look = "" if report.context.waiting else report.analysis.next_look
    return (f"Would tell most: {prose(look, 400)}",) if look else ()


def patterns(report: Report) -> Section | None:
    """Log lines that are new or grew, the strongest first."""
    lines = tuple(f"• {_grown(pattern)}" for pattern in report.analysis.patterns[:5])
    return Section(lines, title="In the logs") if lines else None


def _grown(pattern: LogPattern) -> str:
    return f"{link(pattern.url, f'{pattern.often} ×')} {code(pattern.template, 160)} ({pattern.usual})"


def evidence(report: Report) -> Section | None:
    """Every fact that is cited, under its number."""
    facts = report.analysis.facts[:30]
    lines = (f"{link(f.url, f'[{f.id}]')} {safe(f.source, 40)}: {_fact(f)}" for f in facts)
    return Section(tuple(lines), title="Evidence") if facts else None


def sources(report: Report) -> str:
    """«Sources: github [1] · elasticsearch [2] [3]», each number a link where there is one; empty for none."""
    facts = report.analysis.facts[:30]
    numbers = links(((fact.url, f"[{fact.id}]") for fact in facts), _SOURCE_LINKS)
    rooms: dict[str, list[str]] = {}
    for fact, number in zip(facts, numbers, strict=True):
        rooms.setdefault(safe(fact.source, 40), []).append(number)
    told = " · ".join(f"{room} {' '.join(cited)}" for room, cited in rooms.items())
    return f"Sources: {told}" if told else ""


def _fact(fact: Fact) -> str:
    """Its words, with the service that they are of where they do not name it."""
    where = f"{safe(fact.service, 80)}: " if fact.service and fact.service not in fact.text else ""
    return where + prose(fact.text, 300)


def _ruled_out(found: Analysis) -> tuple[str, ...]:
    """What was looked at and is not it, on one line."""
    parts = [prose(out.text, 300).rstrip(".") + cites(out.facts, found.facts) for out in found.ruled_out[:6]]
    return (f"Ruled out: {'; '.join(parts)}.",) if parts else ()


def _opinion(found: Analysis) -> tuple[str, ...]:
    """What the model makes of it."""
    told = [prose(line, 500) for line in found.opinion[:5]]
    return (f"Second opinion ({safe(found.model or 'model', 60)}): {told[0]}", *told[1:]) if told else ()


def cites(ids: Iterable[int], facts: Sequence[Fact]) -> str:
    known = {fact.id for fact in facts}
    return "".join(f" [{id_}]" for id_ in dict.fromkeys(ids) if id_ in known)
