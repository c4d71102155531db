"""A status update, drafted from what is known: one for colleagues, one in customers' words (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

from bot import sections
from bot.domain.analysis import Cause, SignalState
from bot.domain.briefing import Briefing, Button, Section
from bot.domain.context import Report
from bot.domain.entry import Entry, State
from bot.domain.incident import Incident
from bot.domain.text import cut, first_sentence, safe
from bot.domain.words import clock, quantity, span
from bot.life.lifecycle import Standing
from integrations.signals import signal

SEND, CHANGE = "status.send", "status.change"
"""What the buttons of a draft do; their value is the incident's id and the number of the reminder."""
STATES: tuple[State, ...] = get_args(State)
"""From the first to the last: a draft never falls behind what was said."""
_DOING = {
    "investigating": "We are looking into it.",
    "identified": "We know what causes it and are working on it.",
    "monitoring": "A change that should put it right is in place, and we are watching.",
    "resolved": "It is over. We are sorry for the trouble.",
}
_SEEN = {
    "errors": "Some requests fail.",
    "latency": "Some requests take longer than usual.",
    "instances": "It may be unavailable at times.",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """Plain words, not yet escaped for any medium."""

    state: State
    text: str


def draft(incident: Incident, report: Report | None, now: Standing, acted: Sequence[str]) -> Draft:
    """What can be said to colleagues. `acted`: what was done since it began, such as runbooks that ended well."""
    state = _state(incident, report, now, acted)
    parts = [_impact(incident, report), _cause(report, now), *(f"Done: {one}." for one in acted[-2:])]
    said = " ".join(part for part in parts if part)
    return Draft(state, said or f"{incident.title} on {incident.service}; the cause is not known yet.")


def for_customers(incident: Incident, report: Report | None, state: str, due: datetime | None, at: datetime) -> str:
    """The same for people outside: what they notice, since when, and when they hear more.

    No service, version, person or cause is named: every word of it is one of ours or a time.
    """
    onset = report.analysis.onset if report else None
    began = min(onset, incident.last_opened_at) if onset else incident.last_opened_at
    families = [signal(one.signal).family for one in _bad(report)]
    seen = " ".join(text for family, text in _SEEN.items() if family in families)
    noticed = f"Since {clock(began, at)} UTC something may not work as it should. {seen}".rstrip()
    if state == "resolved":
        noticed = f"From {clock(began, at)} UTC something did not work as it should."
    more = f" Next update by {clock(due, at)} UTC." if due else ""
    return f"{noticed} {_DOING.get(state, _DOING['investigating'])}{more}"


def said(status: Entry, at: datetime) -> Briefing:
    """A status update as it stands in the channel."""
    headline = f"*Status · {safe(status.value, 20)}* · {clock(status.at, at)} UTC · {sections.who(status.who)}"
    footer = f"Next update by {clock(status.due, at)} UTC" if status.due else None
    plain = f"Status: {status.value}. {safe(status.text, 200)}"
    lines = tuple(safe(line, 2_800) for line in cut(status.text, 2_800).splitlines() if line.strip())
    return Briefing(plain, headline, (Section(lines),), footer)


def asking(reminder: Entry, lead: str, silent: timedelta, customers: str) -> Briefing:
    """Asks for an update, with a draft to send. `lead`: whom, by user id; empty: nobody has it.

    `customers`: the draft in their words; empty where the service does not face them.
    """
    spoken = f"No status for {span(silent.total_seconds())}"
    headline = f"<@{lead}> {spoken.lower()}." if lead else f"*{spoken}*, and nobody leads: `/incident lead`."
    value = f"{reminder.incident_id} {reminder.number}"
    buttons = (Button("Send it", SEND, value, "primary"), Button("Change it first", CHANGE, value))
    parts = [Section((safe(reminder.text, 2_500),), title="Draft", aside=safe(reminder.value, 20), buttons=buttons)]
    if customers:
        parts.append(Section((safe(customers, 1_000),), title="For the status page"))
    return Briefing(plain=f"{spoken}: a draft is ready", headline=headline, sections=tuple(parts))


def answered(reminder: Entry, by: str) -> Briefing:
    """What stands in place of the draft once it was sent."""
    text = f"Status asked for; {sections.who(by)} sent it: {safe(reminder.value, 20)}."
    return Briefing(plain="Status sent", headline=text)


def _state(incident: Incident, report: Report | None, now: Standing, acted: Sequence[str]) -> State:
    if incident.status == "resolved":
        return "resolved"
    known = now.cause is not None or _leading(report) is not None
    found: State = "monitoring" if acted else "identified" if known else "investigating"
    before: State = now.status.value if now.status and now.status.value in STATES[:3] else STATES[0]
    return max(found, before, key=STATES.index)


def _bad(report: Report | None) -> tuple[SignalState, ...]:
    return tuple(state for state in report.analysis.signals if state.bad) if report else ()


def _impact(incident: Incident, report: Report | None) -> str:
    """With the time of the measurement: it may be old by now, and of before the end."""
    ended = incident.resolved_at or incident.closed_at
    said = sections.over(incident, ended) if incident.status == "resolved" and ended else ""
    over = f"{said[0].upper()}{said[1:]}." if said else ""
    figures = [_figure(state) for state in _bad(report) if not state.silent_since][:3]
    if report is None or not figures:
        return over
    measured, told = f"{report.context.scope.window.until:%H:%M} UTC", ", ".join(figures)
    if sections.measured_before(incident, report):
        return f"{over} Last measured {measured}, before that: {told}."
    return f"{over} Measured {measured}: {told}.".lstrip()


def _figure(state: SignalState) -> str:
    known = signal(state.signal)
    normal = f" (normal {quantity(state.normal, known.unit)})" if state.normal is not None else ""
    return f"{known.label} {quantity(state.value, known.unit)}{normal}"


def _cause(report: Report | None, now: Standing) -> str:
    if now.cause is not None:
        return f"Cause: {now.cause.text}"
    found = _leading(report)
    if found is None:
        return "The cause is not known yet." if report else ""
    first = first_sentence(found.text.replace("`", ""))
    return f"Likely cause ({found.confidence}): {first}."


def _leading(report: Report | None) -> Cause | None:
    causes = report.analysis.causes[:1] if report else ()
    return next((cause for cause in causes if cause.confidence in ("high", "medium")), None)
