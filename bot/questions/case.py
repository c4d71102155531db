"""What is known of an incident, numbered and fenced for a model: the evidence engine's findings, compact (pure).

The facts keep the numbers that the briefing gives them. What else was found (figures, changes, log templates) follows
under further numbers, so that all of it can be cited. Raw log lines are never in it: a template stands for thousands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.analysis import Analysis, Cause, Fact, SignalState
from bot.domain.context import Report
from bot.domain.incident import Incident
from bot.domain.question import Source
from bot.domain.words import ago, clock, figure, quantity, span
from bot.guard import fence
from integrations.contract import Change, Facts, OnCall, OpenAlert, RunbookMatch, Similar
from integrations.signals import signal

SOFT = frozenset({"elasticsearch", "github", "chromadb", "alert"})
"""Sources whose texts people or programs wrote; what they say alone makes no cause more than low."""
_ALERTS, _CHANGES, _PAST, _OTHERS, _PATTERNS = 5, 8, 3, 8, 6


@dataclass(frozen=True, slots=True)
class Case:
    """What a model is told of an incident, and what can be cited of it."""

    words: str
    facts: tuple[Fact, ...]
    """The briefing's own, and those that were found besides, each of one service."""
    sources: tuple[Source, ...]
    """The same, and what else has a number, such as the alerts."""


def case(incident: Incident, report: Report | None, now: datetime) -> Case:
    """The incident as a model sees it. Without a report only its alerts are known."""
    facts = (*report.analysis.facts, *_found_besides(report, now)) if report else ()
    sources = [Source(f.id, f"{f.source}: {f.text}", f.url, f.source not in SOFT) for f in facts]
    parts = [part for part in (_incident(incident, report, now), _team(report)) if part]
    if report:
        parts.append(fence.facts((*map(_fact, facts), *_causes(report.analysis))))
    number = max((fact.id for fact in facts), default=0)
    for source, label, lines, url in _more(incident, report, now):
        number += 1
        sources.append(Source(number, label, url, source not in SOFT))
        parts.append(fence.fence(number, source, "\n".join(lines)))
    return Case("\n\n".join(parts), facts, tuple(sources))


def _found_besides(report: Report, now: datetime) -> Iterator[Fact]:
    """What no cause of the engine's rests on: the same figure or change is not told twice."""
    told = {fact.url for fact in report.analysis.facts if fact.url}
    number = max((fact.id for fact in report.analysis.facts), default=0)
    for source, service, text, at, url in _findings(report, now):
        if url is None or url not in told:
            number += 1
            yield Fact(number, source, service, text, at, url)


Finding = tuple[str, str, str, datetime | None, str | None]
"""Source, service, words, when, and where a person can look."""


def _findings(report: Report, now: datetime) -> Iterator[Finding]:
    for state in report.analysis.signals:
        yield "prometheus", state.service, _figure(state), state.since, state.url
    for pattern in report.analysis.patterns[:_PATTERNS]:
        text = f"{pattern.often} × {pattern.template[:200]} ({pattern.usual})"
        yield "elasticsearch", pattern.service, text, pattern.first_seen, pattern.url
    for change in sorted(report.context.of(Change), key=lambda one: one.at, reverse=True)[:_CHANGES]:
        yield "github", change.service, _change(change), change.at, change.url
    for other in report.context.of(OpenAlert)[:_OTHERS]:
        text = f"alert {other.name} fires too, since {clock(other.since, now)}"
        yield "alert", other.service, text, other.since, None


def _incident(incident: Incident, report: Report | None, now: datetime) -> str:
    """Our own words and what our own clock says; names from outside stand in the fences."""
    state = "resolved" if incident.status == "resolved" else "open"
    began = report.analysis.onset if report and report.analysis.onset else incident.started_at
    return (
        f"An incident of {incident.severity.name}, {state}. It began {clock(began, now)} UTC,"
        f" {span((now - began).total_seconds())} ago; now it is {clock(now, now)} UTC."
    )


def _team(report: Report | None) -> str:
    """Pinned before all that was found; no source, so that nothing can be made to rest on it."""
    facts = next(iter(report.context.of(Facts)), None) if report else None
    return fence.team(facts.notes) if facts else ""


def _fact(fact: Fact) -> str:
    at = f" (at {fact.at:%H:%M:%S})" if fact.at else ""
    return f"[{fact.id}] {fact.source} · {fact.service} · {fact.text}{at}"


def _causes(found: Analysis) -> Iterator[str]:
    """What the evidence engine makes of it, for the model to weigh."""
    for number, cause in enumerate(found.causes, 1):
        sure = f"confidence {cause.confidence} · rests on {_cited(cause)}"
        yield f"cause {number} · {cause.service} · {sure} · {cause.text}"
    if not found.causes:
        yield "no cause · confidence unknown"
    for out in found.ruled_out:
        yield f"ruled out · {out.text} {' '.join(f'[{id_}]' for id_ in out.facts)}".rstrip()


def _cited(cause: Cause) -> str:
    return " ".join(f"[{id_}]" for id_ in cause.facts)


Told = tuple[str, str, Sequence[str], str | None]
"""Source, label for people, lines, and where a person can look."""


def _more(incident: Incident, report: Report | None, now: datetime) -> Iterator[Told]:
    first = incident.alerts[0].url if incident.alerts else None
    yield "alert", "the incident's alerts", [_service(incident), *_alerts(incident, now)], first
    if report is None:
        return
    if past := report.context.of(Similar)[:_PAST]:
        yield "chromadb", "past incidents like it", [_past(one, now) for one in past], past[0].url
    yield "first-responder", "what is known of the service", [*_known(report)], None


def _service(incident: Incident) -> str:
    return f"service {incident.service} · environment {incident.env or 'not told'} · title {incident.title}"


def _alerts(incident: Incident, now: datetime) -> Iterator[str]:
    for alert in incident.alerts[:_ALERTS]:
        yield f"{alert.name} · {alert.status} · since {clock(alert.starts_at, now)} · {alert.summary[:300]}"
    if len(incident.alerts) > _ALERTS:
        yield f"and {len(incident.alerts) - _ALERTS} more"


def _figure(state: SignalState) -> str:
    known = signal(state.signal)
    normal = f" (normal {quantity(state.normal, known.unit)})" if state.normal is not None else ""
    moved = "" if state.moved in ("steady", "unknown") else f" {state.moved}"
    if state.silent_since:
        moved += f", the last figure, of {state.silent_since:%H:%M} UTC: none came since"
    return f"{known.label} {quantity(state.value, known.unit)}{normal}{moved}"


def _change(change: Change) -> str:
    files = f" · files {', '.join(change.files[:8])}" if change.files else ""
    what = f"{change.what} {change.version}".strip()
    return f"{what} · {change.author} · {change.title[:200]}{files}"


def _past(past: Similar, now: datetime) -> str:
    lasted = f" · {figure(past.minutes)} min" if past.minutes is not None else ""
    cause = "a false alarm" if past.false_alarm else past.cause
    head = f"{past.incident_id} · {past.service} · {ago(past.at, now)} · {cause} · fixed: {past.resolution}{lasted}"
    return (
        head + (f" · alike: {past.why}" if past.why else "") + ("" if past.reviewed else " · not reviewed by anybody")
    )


def _known(report: Report) -> Iterator[str]:
    scope, context = report.context.scope, report.context
    facts = next(iter(context.of(Facts)), None)
    if facts is not None and facts.known:
        yield f"owner {facts.service.owner or 'unknown'} · repo {facts.service.repo or 'unknown'}"
    yield "services that can be asked about: " + ", ".join(list(scope.services)[:50])
    if placed := [f"{one.name} in {one.namespace}" for one in scope.services.values() if one.namespace][:50]:
        yield "namespaces: " + ", ".join(placed)
    if matches := context.of(RunbookMatch)[:3]:
        yield "runbooks that match: " + ", ".join(f"{match.id} ({match.title})" for match in matches)
    if duty := context.of(OnCall)[:3]:
        yield "on call: " + ", ".join(f"{one.name} (level {one.level})" for one in duty)
    for gap in context.gaps:
        yield f"could not look: {gap.source}: {gap.reason}"
    if context.off:
        yield "not set up: " + ", ".join(context.off)
