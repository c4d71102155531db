"""The parts of a briefing, one function each: findings and facts in, lines of mrkdwn out, None for nothing to say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.domain.analysis import Analysis, Cause, Fact, FirstStep, LogPattern, SignalState
from bot.domain.briefing import Section
from bot.domain.context import Context, Report
from bot.domain.incident import Incident, Severity
from bot.domain.text import code, link, prose, safe, visible
from bot.domain.words import ago, clock, count, figure, quantity, span
from integrations.contract import Change, Facts, History, OnCall, OpenAlert, RunbookMatch, Similar
from integrations.signals import signal

CHANGES_FROM = "github"
MEMORY = "chromadb"
_ARROWS = {"up": " ▲", "down": " ▼", "steady": "", "unknown": ""}


# ── quick status ─────────────────────────────────────────────────────────────────────────────────


def status(report: Report, title: str) -> Section | None:
    """Each signal of the service beside its normal, bad ones in bold, on one line."""
    states = [state for state in report.analysis.signals if state.signal != "instances_wanted"][:10]
    if not states:
        return None
    wanted = next((s.value for s in report.analysis.signals if s.signal == "instances_wanted"), None)
    compared = any(state.normal is not None for state in states)
    line = " · ".join(_reading(state, wanted) for state in states)
    return Section((line,), title=title, aside="(normal)" if compared else "nothing known of its normal")


def measured(report: Report, now: datetime) -> str:
    """The title of figures that are not of now any more."""
    return f"Measured {clock(report.context.scope.window.until, now)} UTC"


def _reading(state: SignalState, wanted: float | None) -> str:
    """«Errors *23.4 %* (0.3 %) ▲»; for instances «3/3»."""
    known = signal(state.signal)
    if state.signal == "instances_up" and wanted is not None:
        value, beside = f"{figure(state.value)}/{figure(wanted)}", ""
    else:
        value, beside = quantity(state.value, known.unit), _beside(state, known.unit)
    shown = f"*{value}*" if state.bad else value
    return f"{link(state.url, safe(known.label, 60))} {shown}{beside}{_ARROWS[state.moved]}"


def _beside(state: SignalState, unit: str) -> str:
    if state.normal is not None:
        return f" ({quantity(state.normal, unit)})"
    return f" ({quantity(state.yesterday, unit)} yesterday)" if state.yesterday is not None else ""


# ── the cause ────────────────────────────────────────────────────────────────────────────────────


def analysis(incident: Incident, report: Report) -> Section:
    """The likely cause with what it rests on, or that there is none and what was looked at."""
    found = report.analysis
    if not found.causes or found.confidence == "unknown":
        return _no_cause(incident, report)
    first, *others = found.causes
    elsewhere = "" if first.service == incident.service else f" · in {safe(first.service, 80)}"
    lines = [_cause(first, found.facts), *(f"Or ({c.confidence}): {_cause(c, found.facts)}" for c in others[:2])]
    return Section(
        (*lines, *_ruled_out(found)), title=title_of(first), aside=f"confidence {first.confidence}{elsewhere}"
    )


def title_of(cause: Cause) -> str:
    return "Likely cause" if cause.confidence in ("high", "medium") else "Possible cause"


def _cause(cause: Cause, facts: Sequence[Fact]) -> str:
    return prose(cause.text) + _cites(cause.facts, facts)


def _no_cause(incident: Incident, report: Report) -> Section:
    found, waiting = report.analysis, report.context.waiting
    lines = [f"Could be: {_cause(cause, found.facts)}" for cause in found.causes[:2]]
    if found.looked_at:
        lines.append("Looked at: " + ", ".join(safe(what, 120) for what in found.looked_at))
    if found.suspects:
        lines.append("Weak signs in: " + ", ".join(safe(name, 80) for name in found.suspects[:3]))
    lines += [f"In the logs: {_grown(pattern)}" for pattern in found.patterns[:2]]
    lines += _ruled_out(found)
    if found.next_look and not waiting:
        lines.append(f"Would tell most: {prose(found.next_look, 400)}")
    if incident.status == "resolved":
        return Section(tuple(lines), title="No clear cause found")
    return Section(tuple(lines), title="No clear cause yet", aside="still looking" if waiting else "confidence unknown")


def patterns(report: Report) -> Section | None:
    """Log lines that are new or grew, the strongest first."""
    lines = tuple(f"• {_grown(pattern)}" for pattern in report.analysis.patterns[:5])
    return Section(lines, title="In the logs") if lines else None


def _grown(pattern: LogPattern) -> str:
    before = "never before" if pattern.new else f"{figure(round(pattern.before))} before"
    return f"{pattern.count:,} × {link(pattern.url, code(pattern.template, 160))} ({before})"


def _ruled_out(found: Analysis) -> tuple[str, ...]:
    """What was looked at and is not it, on one line."""
    parts = [prose(out.text, 300).rstrip(".") + _cites(out.facts, found.facts) for out in found.ruled_out[:6]]
    return (f"Ruled out: {'; '.join(parts)}.",) if parts else ()


def _cites(ids: Iterable[int], facts: Sequence[Fact]) -> str:
    known = {fact.id for fact in facts}
    return "".join(f" [{id_}]" for id_ in dict.fromkeys(ids) if id_ in known)


# ── what is known besides ────────────────────────────────────────────────────────────────────────


def changes(report: Report, now: datetime) -> Section | None:
    """Deployments, releases and merges of the last day, the suspected one first."""
    found = sorted(report.context.of(Change), key=lambda change: _change_order(change, report.analysis))
    complete = _saw_all(report.context, CHANGES_FROM)
    if not found:
        return Section((), title="Changed recently", aside="nothing in 24 h") if complete else None
    shown = [_change(change, report, now) for change in found[:3]]
    more = f"{len(found) - 3} more in 24 h" if len(found) > 3 else ("nothing else in 24 h" if complete else "")
    if len(shown) == 1:
        return Section((), title="Changed recently", aside=" · ".join(filter(None, (shown[0], more))))
    return Section(tuple(f"• {line}" for line in shown), title="Changed recently", aside=more)


def _change_order(change: Change, found: Analysis) -> tuple[bool, float]:
    suspected = any(c.version == change.version and c.service == change.service for c in found.causes[:1])
    return (not suspected, -change.at.timestamp())


def _change(change: Change, report: Report, now: datetime) -> str:
    where = "" if change.service == report.context.scope.service.name else f"{safe(change.service, 60)} "
    title = f' "{safe(change.title, 90)}"' if change.title else ""
    author = f" {safe(change.author, 40)}" if change.author else ""
    kind = "" if change.what == "deployment" else f" ({change.what})"
    cited = tuple(f.id for f in report.analysis.facts if f.url and f.url == change.url)
    name = link(change.url, safe(change.version, 60) or change.what)
    when = f"{clock(change.at, now)}{_distance(change.at, report.analysis.onset)}"
    return f"{where}{name}{title}{author} {when}{kind}{_cites(cited, report.analysis.facts)}"


def _distance(moment: datetime, onset: datetime | None) -> str:
    if onset is None:
        return ""
    return f", {span((onset - moment).total_seconds())} {'before' if moment <= onset else 'after'} it began"


def similar(report: Report, now: datetime) -> Section | None:
    """Past incidents that look like this one, the most alike first."""
    found = sorted(report.context.of(Similar), key=lambda past: -past.score)[:2]
    if not found:
        return _nothing_alike(report.context)
    lines = [_past(past, report, now) for past in found]
    if len(lines) == 1:
        return Section((), title="Seen before", aside=lines[0])
    return Section(tuple(f"• {line}" for line in lines), title="Seen before")


def _nothing_alike(context: Context) -> Section | None:
    """That nothing was found may only be said of a memory that was searched."""
    searched = sum(history.count for history in context.of(History))
    if searched:
        aside = f"nothing like it in {count(searched, 'past incident')}"
    elif context.of(History) or _saw_all(context, MEMORY):
        aside = "nothing like it remembered"
    else:
        return None
    return Section((), title="Seen before", aside=aside)


def _past(past: Similar, report: Report, now: datetime) -> str:
    where = "" if past.service == report.context.scope.service.name else f" {safe(past.service, 60)},"
    lasted = f" ({span(past.minutes * 60)})" if past.minutes is not None else ""
    fixed = f" Fixed: {safe(past.resolution, 240).rstrip('.')}{lasted}." if past.resolution else ""
    what = safe(past.cause or past.title, 240).rstrip(".")
    return f"{link(past.url, safe(past.incident_id, 40))},{where} {ago(past.at, now)}: {what}.{fixed}"


def runbooks(report: Report) -> Section | None:
    """Runbooks that match, with what made them match."""
    found = sorted(report.context.of(RunbookMatch), key=lambda match: -match.score)[:3]
    parts = [code(match.id, 80) + (f" ({safe(match.why, 100)})" if match.why else "") for match in found]
    return Section((), title="Runbooks", aside=" · ".join(parts)) if parts else None


def first_steps(found: Analysis) -> Section | None:
    """What a person can do now, numbered; commands can be pasted as they stand."""
    lines = [line for number, step in enumerate(found.first_steps[:5], 1) for line in _step(number, step)]
    return Section(tuple(lines), title="First steps") if lines else None


def _step(number: int, step: FirstStep) -> tuple[str, ...]:
    """One line; a command that no code span can hold stands in a fence of its own."""
    text = f"{number}. {prose(step.text, 300)}"
    command = (step.command or "").strip()
    if not command:
        return (text,)
    if "\n" not in command and "`" not in command:
        return (f"{text.rstrip(':.')}: {code(command, 2_000)}",)
    inner = (visible(line).rstrip().replace("```", "ˋˋˋ") for line in command.splitlines()[:30])
    escaped = (line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for line in inner)
    return (f"{text.rstrip(':.')}:", "```", *escaped, "```")


def gaps(report: Report) -> Section | None:
    """What could not be seen, and why."""
    blind = [f"{safe(g.source, 40)} ({safe(g.reason, 200)})" for g in report.context.gaps if not g.partial]
    part = [f"{safe(g.source, 40)} ({safe(g.reason, 200)})" for g in report.context.gaps if g.partial]
    lines = []
    if blind:
        lines.append(f"⚠️ Could not look: {', '.join(blind)}")
    if part:
        lines.append(f"⚠️ Saw only in part: {', '.join(part)}")
    return Section(tuple(lines)) if lines else None


def open_alerts(report: Report, now: datetime) -> Section | None:
    """Alerts of other incidents on this service or on what it depends on."""
    found = report.context.of(OpenAlert)
    lines = [f"• {_open_alert(alert, now)}" for alert in found[:5]]
    if len(found) > 5:
        lines.append(f"• {len(found) - 5} more")
    return Section(tuple(lines), title="Also firing") if lines else None


def _open_alert(alert: OpenAlert, now: datetime) -> str:
    severity = Severity.of(alert.severity).name
    where = f" · <#{alert.channel_id}>" if alert.channel_id else f" · {safe(alert.incident_id, 40)}"
    return f"{safe(alert.service, 80)} · {safe(alert.name, 100)} · {severity} since {clock(alert.since, now)}{where}"


def on_call(report: Report, now: datetime) -> Section | None:
    """Who answers for it now, by level, and whose service it is."""
    people = sorted(report.context.of(OnCall), key=lambda person: person.level)[:4]
    parts = [_person(person, now) for person in people]
    owner = next((facts.service.owner for facts in report.context.of(Facts) if facts.service.owner), None)
    if owner and not people:
        return Section((), title="Owner", aside=safe(owner, 60))
    if owner:
        parts.append(f"owner {safe(owner, 60)}")
    return Section((), title="On call", aside=" · ".join(parts)) if parts else None


def _person(person: OnCall, now: datetime) -> str:
    until = f" until {clock(person.until, now)}" if person.until else ""
    return f"{link(person.url, safe(person.name, 60))} (level {person.level}{until})"


def _saw_all(context: Context, source: str) -> bool:
    """Whether this source answered, and in full: only then may «nothing» be said."""
    return source in context.took and source not in {*(gap.source for gap in context.gaps), *context.waiting}
