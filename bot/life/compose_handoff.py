"""An incident handed over: what is known, done, open and suggested, for whoever comes next (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from bot import sections
from bot.domain.briefing import Briefing, Section
from bot.domain.context import Report
from bot.domain.entry import Entry
from bot.domain.incident import Incident
from bot.domain.run import Ended
from bot.domain.text import code, prose, safe
from bot.domain.words import ago, clock, count, span
from bot.life.chronicle import Record
from bot.life.lifecycle import Standing, standing
from bot.runs.progress import put_right

_MOST = 12
"""Lines of one part: the rest is in `/incident timeline`."""
_BARELY = 90.0
"""Seconds before the alert in which nobody needs to be told of the difference."""
_DONE = {"note": "noted", "status": "status", "escalated": "escalated", "watched": "watched", "pinned": "pinned"}


def handoff(record: Record, entry: Entry, at: datetime) -> Briefing:
    """From the record alone. `entry` is the handing over itself."""
    incident, report = record.incident, record.report
    now = standing((one for one in record.entries if one.number <= entry.number), incident.last_opened_at)
    to = f" to {sections.who(entry.value)}" if entry.value else ""
    headline = f"*Handoff{to}* · from {sections.who(entry.who)} · {clock(entry.at, at)} UTC"
    what = f"{incident.severity.name} {safe(incident.service, 80)}, {_course(incident, report, at)}."
    parts = (
        Section((what, *_known(incident, report, now)), title="Known"),
        *_found(record, at),
        _section("Done", _done(record, entry, at)),
        _section("Open", _open(record, now, at)),
        _section("Suggested", _suggested(record, now)),
    )
    text = safe(entry.text, 600)
    first = (Section((text,)),) if text else ()
    shown = (*first, *(part for part in parts if part is not None))
    sources = sections.sources(report) if report else None
    return Briefing(f"Handoff of {incident.service}", headline, shown, footer=sources or None)


def _section(title: str, lines: Iterable[str]) -> Section | None:
    found = [f"• {line}" for line in lines]
    cut = (*found[:2], f"… {count(len(found) - _MOST, 'more')}", *found[len(found) - _MOST + 2 :])
    kept = tuple(found) if len(found) <= _MOST else cut
    return Section(kept, title=title) if kept else None


def _course(incident: Incident, report: Report | None, at: datetime) -> str:
    """«began 22 min ago»; of what is over, when that was."""
    if incident.status == "open":
        return f"began {ago(_began(incident, report), at)}"
    return sections.over(incident, at)


def _began(incident: Incident, report: Report | None) -> datetime:
    """By the evidence where it saw it begin, else by the alert."""
    onset = report.analysis.onset if report else None
    return min(onset, incident.last_opened_at) if onset else incident.last_opened_at


def _known(incident: Incident, report: Report | None, now: Standing) -> Iterator[str]:
    if now.cause is not None:
        yield f"• Cause, says {sections.who(now.cause.who)}: {safe(now.cause.text, 300)}"
    if report is None:
        yield "• Nothing was found yet: no look has ended."
        return
    if report.analysis.onset:
        early = (incident.last_opened_at - report.analysis.onset).total_seconds()
        before = f", {span(early)} before the alert" if early >= _BARELY else ""
        yield f"• It began {report.analysis.onset:%H:%M} UTC{before}."


def _found(record: Record, at: datetime) -> tuple[Section | None, ...]:
    """The last look's findings with their figures, as the briefing has them; its numbers are the footer's."""
    if record.report is None:
        return ()
    over = ", before that" if sections.measured_before(record.incident, record.report) else ""
    figures = sections.status(record.report, sections.measured(record.report, at) + over)
    return figures, sections.analysis(record.incident, record.report)


def _done(record: Record, entry: Entry, at: datetime) -> Iterator[str]:
    moments = [
        (one.at, f"{_DONE[one.kind]} by {sections.who(one.who)}: {safe(one.text, 200)}")
        for one in record.entries
        if one.kind in _DONE and one.number < entry.number
    ]
    for run, events in record.runs:
        ended = next((event for event in events if isinstance(event, Ended)), None)
        if ended is not None:
            why = f", {safe(ended.reason, 120)}" if ended.reason else ""
            moments.append((ended.at, f"runbook {code(run.runbook.id, 80)}: {ended.result}{why}"))
    for when, text in sorted(moments, key=lambda moment: moment[0]):
        yield f"{clock(when, at)} {text}"


def _open(record: Record, now: Standing, at: datetime) -> Iterator[str]:
    incident, report = record.incident, record.report
    for alert in incident.firing[:5]:
        yield f"alert {safe(alert.name, 80)} fires since {clock(alert.starts_at, at)} UTC"
    for run, events in record.runs:
        if not any(isinstance(event, Ended) for event in events):
            yield f"runbook {code(run.runbook.id, 80)} is not at its end: {code(run.id)}"
    if now.taken is None and incident.status == "open":
        yield f"{_missing(now)}: `/incident ack`"
    if now.status is not None and now.status.due:
        yield f"the next status was promised by {clock(now.status.due, at)} UTC"
    for gap in report.context.gaps[:5] if report else ():
        yield f"not seen: {safe(gap.source, 40)}, {safe(gap.reason, 120)}"


def _missing(now: Standing) -> str:
    """Who acknowledged before a call has not answered it. Where none could be made, there is none to answer."""
    if now.acknowledged is None:
        return "nobody has acknowledged it"
    if now.reached:
        return "nobody has answered the call"
    return "nobody has acknowledged it since the next level was to be called"


def _suggested(record: Record, now: Standing) -> Iterator[str]:
    """First steps, without a runbook that came to its end since the incident was last opened: it was followed."""
    since, report = record.incident.last_opened_at, record.report
    over = {run.runbook.id for run, events in record.runs if run.asked_at >= since and put_right(events)}
    if report is not None:
        for step in [one for one in report.analysis.first_steps if sections.runbook_of(one) not in over][:4]:
            text = prose(step.text, 200)
            yield f"{text.rstrip(':.')}: {code(step.command, 300)}" if step.command else text
    if now.lead is None:
        yield "somebody should lead: `/incident lead`"
