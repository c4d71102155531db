"""What is known besides: changes, similar incidents, gaps, other alerts, and who is on call."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime

from bot.domain.analysis import Analysis
from bot.domain.briefing import Section
from bot.domain.context import Context, Report
from bot.domain.incident import Severity
from bot.domain.text import link, safe
from bot.domain.words import ago, clock, count, span, where_known
from bot.sections.cause import cites
from integrations.contract import Change, Facts, History, OnCall, OpenAlert, Similar

CHANGES_FROM = "github"
MEMORY = "chromadb"
_FAR_S = 2.5 * 3_600
"""Of what lies further back only the hours are told."""


def changes(report: Report, now: datetime) -> Section | None:
    """Deployments, releases and merges of the last day, the suspected one first."""
    found = sorted(report.context.of(Change), key=lambda change: _change_order(change, report.analysis))
    services = report.context.scope.services.values()
    known = sum(bool(service.repo) for service in services)
    complete, where = known > 0 and _saw_all(report.context, CHANGES_FROM), where_known(known, len(services))
    if not found:
        return Section((), title="Changed recently", aside=f"nothing in 24 h{where}") if complete else None
    shown = [_change(change, report, now) for change in found[:3]]
    if len(found) == 1:
        aside = shown[0] + (f" · nothing else in 24 h{where}" if complete else "")
        return Section((), title="Changed recently", aside=aside)
    aside = f"{len(found)} in 24 h" if len(found) <= 3 else f"the last 3 of {len(found)} in 24 h"
    return Section(tuple(f"• {line}" for line in shown), title="Changed recently", aside=aside)


def _change_order(change: Change, found: Analysis) -> tuple[bool, float]:
    suspected = any(c.version == change.version and c.service == change.service for c in found.causes[:1])
    return not suspected, -change.at.timestamp()


def _change(change: Change, report: Report, now: datetime) -> str:
    where = "" if change.service == report.context.scope.service.name else f"{safe(change.service, 60)} "
    title = f' "{safe(change.title, 90)}"' if change.title else ""
    author = f" by {safe(change.author, 40)}" if change.author else ""
    kind = "" if change.what == "deployment" else f" ({change.what})"
    cited = tuple(f.id for f in report.analysis.facts if f.url and f.url == change.url)
    name = link(change.url, safe(change.version, 60) or change.what)
    when = _when(change.at, report.analysis.onset, now)
    return f"{where}{name}{title}{author}, {when}{kind}{cites(cited, report.analysis.facts)}"


def _when(moment: datetime, onset: datetime | None, now: datetime) -> str:
    """«03:27, 40 s before it began»; of what is hours away only how many."""
    if onset is None:
        return clock(moment, now)
    apart, side = (onset - moment).total_seconds(), "before" if moment <= onset else "after"
    if abs(apart) > _FAR_S:
        return f"{round(abs(apart) / 3_600)} h {side} it began"
    return f"{clock(moment, now)}, {span(apart)} {side} it began"


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
    fixed = f" Fixed: {_clause(past.resolution)}{lasted}." if past.resolution else ""
    what = "a false alarm" if past.false_alarm else _clause(past.cause or past.title)
    alike = f" Alike: {_clause(past.why)}." if past.why else ""
    unseen = "" if past.reviewed else " _(not reviewed)_"
    return f"{link(past.url, safe(past.incident_id, 40))},{where} {ago(past.at, now)}: {what}.{fixed}{alike}{unseen}"


def _clause(text: str) -> str:
    """A sentence from outside as a part of ours: it begins small, and its full stop is gone."""
    words = safe(text, 240).rstrip(".")
    return words[:1].lower() + words[1:] if words[1:2].islower() else words


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


def open_alerts(report: Report, now: datetime, told: Container[str] = ()) -> Section | None:
    """Alerts of other incidents on this service or on what it depends on; without those (by id) told of elsewhere."""
    found = [alert for alert in report.context.of(OpenAlert) if alert.incident_id not in told]
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
