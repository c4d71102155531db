"""An incident and what was found about it, put into words: every message of the first minutes (pure)."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot import sections
from bot.domain.analysis import Analysis, Cause
from bot.domain.briefing import Briefing, Section
from bot.domain.context import Context, Report
from bot.domain.incident import ALONE, Channel, Company, Incident, Severity
from bot.domain.text import bare, clean, cut, first_sentence, link, links, safe
from bot.domain.words import clock, count, ordinal, span
from integrations.contract import Facts

TOPIC_LIMIT = 250
"""Characters that Slack allows in a channel's topic."""
_PRODUCTION = frozenset({"", "prod", "production", "live", "default"})
_BARELY = timedelta(seconds=60)
"""An onset this close to the alert is not worth a word."""


NEXT = "`/incident resolve &lt;what helped&gt;` closes it; if nobody does, I ask in a while."
"""What people may do once the last alert is resolved."""


def headline(incident: Incident, sources: int, now: datetime, company: Company = ALONE) -> Briefing:
    """The first second: what fires, since when, and that we are looking."""
    looking = f"looking at {count(sources, 'source')}…" if sources else "no source is configured"
    state = " · ".join((_state(incident, now, _by(incident)), *_declared(incident), *_alerts(incident), looking))
    return Briefing(plain=_plain(incident, now), headline=f"{_name(incident)}\n{state}{_told_with(incident, company)}")


def brief(
    incident: Incident, report: Report, now: datetime, previous: Channel | None = None, company: Company = ALONE
) -> Briefing:
    """The headline once evidence is there: what is wrong, why, what to do first, and what could not be seen.

    While `report.context.waiting` names sources it says that it is still looking; resolved and reopened incidents
    get their own first line. `previous` is the channel of `incident.previous`, where there is one.
    """
    return Briefing(
        plain=_plain(incident, now, report.analysis),
        headline=f"{_name(incident)}\n{_story(incident, report, now, previous)}{_told_with(incident, company)}",
        sections=tuple(section for section in _sections(incident, report, now, company) if section is not None),
        footer=_footer(report),
    )


def _sections(incident: Incident, report: Report, now: datetime, company: Company) -> tuple[Section | None, ...]:
    over, one_of_several = incident.status == "resolved", company.lead is not None
    return (
        sections.status(report, sections.measured(report, now) if over else "Now"),
        sections.analysis(incident, report),
        sections.changes(report, now),
        sections.similar(report, now),
        None if over else sections.team(report),
        None if over else sections.runbooks(report),
        None if over else sections.first_steps(report.analysis, incident.id if one_of_several else ""),
        sections.addressed(incident, report),
        sections.linked(company.linked, now),
        sections.gaps(report),
        None if over else sections.open_alerts(report, now, company.ids),
        None if over else sections.on_call(report, now),
    )


def notice(incident: Incident, company: Company = ALONE) -> Briefing:
    """One line for the channel of all incidents. It is edited when the incident resolves or fires again."""
    told = f" · {sections.told_with(incident, company.lead)}" if company.lead else _where(incident.channel)
    line = f"{_name(incident)} · {_state(incident, incident.opened_at, _by(incident))}{told}"
    return Briefing(plain=_plain(incident, incident.opened_at), headline=line)


def moved(incident: Incident, company: Company = ALONE) -> Briefing:
    """What stands where the message was, once the incident has its own channel, or is told in another's."""
    where = f"moved to its own channel{_where(incident.channel)}"
    if company.lead:
        where = sections.told_with(incident, company.lead)
    return Briefing(plain=_plain(incident, incident.opened_at), headline=f"{_name(incident)}\n{where}")


def resolved(incident: Incident, company: Company = ALONE) -> Briefing:
    """One line in the incident's channel when its last alert is resolved; what else is told there may still fire."""
    state = _state(incident, incident.opened_at)
    state = f"{_service(incident)} {state}" if company != ALONE else f"{state[:1].upper()}{state[1:]}"
    still = sections.still_firing(company.linked)
    line = " · ".join((f"✅ *{state}*", *_alerts(incident), *([still] if still else [])))
    return Briefing(plain=_plain(incident, incident.opened_at), headline=line, footer=NEXT)


def chart_words(incident: Incident) -> Briefing:
    """The chart's title (`plain`) and what it shows to who cannot see it (`headline`). Neither is mrkdwn."""
    service, since = clean(incident.service)[:80], clock(incident.started_at, incident.opened_at)
    alt = f"Line charts of {service}: error rate and latency beside their normal, the alert at {since} UTC marked"
    return Briefing(plain=f"{service}: errors and latency", headline=alt)


def topic(incident: Incident, report: Report | None = None, lead: Incident | None = None) -> str:
    """The channel's topic, plain, of at most 250 characters: severity, alert, since when, and the likely cause.

    Of one that is told with another, where.
    """
    if lead is not None:
        where = f" in #{lead.channel.name}" if lead.channel else ""
        return cut(f"told with {bare(lead.service, 80)} ({lead.id}){where}", TOPIC_LIMIT)
    parts = [f"{incident.severity.name} · {bare(incident.title, 60)}", _topic_state(incident, report)]
    if report and (cause := _leading(report.analysis)):
        where = "" if cause.service == incident.service else f"{bare(cause.service, 60)}: "
        what = bare(cause.version, 80) if cause.version else where + bare(_words(cause), 80)
        parts.append(f"{'likely' if cause.confidence == 'high' else 'maybe'} {what} ({cause.confidence})")
    text = ""
    for part in parts:
        longer = f"{text} · {part}" if text else part
        text = longer if len(longer) <= TOPIC_LIMIT else text
    return text or cut(incident.severity.name, TOPIC_LIMIT)


# ── the first two lines ──────────────────────────────────────────────────────────────────────────


def _name(incident: Incident) -> str:
    title = link(incident.alerts[0].url if incident.alerts else None, safe(incident.title, 150))
    return f"{_sign(incident)} *{incident.severity.name} · {_service(incident)}* · {title}"


def _service(incident: Incident) -> str:
    env = "" if incident.env.strip().lower() in _PRODUCTION else f" ({safe(incident.env, 40)})"
    return safe(incident.service, 100) + env


def _sign(incident: Incident) -> str:
    if incident.status == "resolved":
        return sections.over_sign(incident)
    if incident.opening > 1:
        return "🔁"
    return {Severity.SEV1: "🚨", Severity.SEV2: "🚨", Severity.SEV3: "🟠", Severity.SEV4: "🔵"}[incident.severity]


def _state(incident: Incident, now: datetime, by: str = "") -> str:
    """Firing, fired again, reopened, resolved or closed, and when. `by`: who reopened it, where people may be named."""
    if incident.status == "resolved":
        return _over(incident, _opened(incident), now)
    if incident.reopened_by:
        return f"reopened {clock(_opened(incident), now)} UTC{by}"
    if incident.opening > 1:
        return f"fired again {clock(_opened(incident), now)} UTC, for the {ordinal(incident.opening)} time"
    return f"firing since {clock(incident.started_at, now)} UTC"


def _by(incident: Incident) -> str:
    return f" by {sections.who(incident.reopened_by)}" if incident.reopened_by else ""


def _opened(incident: Incident) -> datetime:
    """When the present opening began: the first alert's start, or the moment of firing again."""
    if incident.opening == 1:
        return incident.started_at
    return incident.reopened_at or max((alert.starts_at for alert in incident.alerts), default=incident.started_at)


def _over(incident: Incident, since: datetime, now: datetime) -> str:
    """When it was resolved or closed, and how long that is after `since`, when it began or its opening did."""
    ended, opened = incident.resolved_at, "it was reopened" if incident.reopened_by else "the alert"
    what = "it began" if since < _opened(incident) else opened
    lasted = f", {span((ended - since).total_seconds())} after {what}" if ended else ""
    return sections.over(incident, now, lasted)


def _story(incident: Incident, report: Report, now: datetime, previous: Channel | None) -> str:
    """The second line of a briefing: the time it began, the alerts, what is still awaited, what came before."""
    parts = [_began(incident, report.analysis.onset, now, _by(incident)), *_declared(incident), *_alerts(incident)]
    if incident.previous:
        parts.append(f"follows {safe(incident.previous, 40)}" + (f" <#{previous.id}>" if previous else ""))
    if report.context.waiting and incident.status == "open":
        parts.append("still looking: " + ", ".join(safe(name, 40) for name in report.context.waiting))
    return " · ".join(parts)


def _began(incident: Incident, onset: datetime | None, now: datetime, by: str = "") -> str:
    """Since when, by the evidence where it saw it begin, else by the alert."""
    alerted = _opened(incident)
    began = onset if onset is not None and onset < alerted else alerted
    if incident.status == "resolved":
        return _over(incident, began, now)
    if incident.opening > 1 or alerted - began < _BARELY:
        return _state(incident, now, by)
    early = span((_minute(alerted) - _minute(began)).total_seconds())
    return f"since {clock(began, now)} UTC ({early} before the alert)"


def _minute(moment: datetime) -> datetime:
    """As the clock shows it: the reader subtracts what is shown."""
    return moment.replace(second=0, microsecond=0)


def _declared(incident: Incident) -> tuple[str, ...]:
    """By whom, where no sender's alert opened it."""
    return (f"declared by {sections.who(incident.declared_by)}",) if incident.declared_by else ()


def _alerts(incident: Incident) -> tuple[str, ...]:
    """«3 alerts: A, B», «2 of 3 alerts firing»; nothing for the one alert that the first line names."""
    total, firing = len(incident.alerts), len(incident.firing)
    if total <= 1:
        return ()
    others = dict.fromkeys(alert.name for alert in incident.alerts if alert.name != incident.title)
    names = ", ".join(safe(name, 60) for name in list(others)[:3]) + (" …" if len(others) > 3 else "")
    some = 0 < firing < total and incident.status == "open"  # of one that is over it is said where it is told so
    amount = f"{firing} of {total} alerts firing" if some else count(total, "alert")
    return (f"{amount} (also {names})" if names else amount,)


# ── small print ──────────────────────────────────────────────────────────────────────────────────


def _footer(report: Report) -> str:
    """How to go on, how long it took, whether a model shared in it, sources as links, sources that are off."""
    cost = f" · {report.analysis.cost}" if report.analysis.cost is not None else ""
    model = f"with {safe(report.analysis.model, 60)}{cost}" if report.analysis.model else "no model"
    lines = [f"Ask here, in the thread · `/incident-action` · {report.context.seconds:.1f} s · {model}"]
    if sources := sections.sources(report):
        lines.append(sources)
    if links := _links(report.context):
        lines.append(links)
    if report.context.off:
        lines.append("Off: " + ", ".join(safe(name, 40) for name in report.context.off))
    return "\n".join(lines)


def _links(context: Context) -> str:
    """The service's dashboards."""
    known = next((facts.service for facts in context.of(Facts)), None)
    if known is None or not known.dashboards:
        return ""
    return "Dashboards: " + " · ".join(
        links(((url, safe(title, 60)) for title, url in list(known.dashboards.items())[:5]), 600)
    )


# ── small words ──────────────────────────────────────────────────────────────────────────────────


def _plain(incident: Incident, now: datetime, analysis: Analysis | None = None) -> str:
    """What the notification shows: it has to tell without being opened."""
    text = f"{_sign(incident)} {incident.severity.name} {_service(incident)}: {safe(incident.title, 150)}"
    text += f", {_state(incident, now)}."
    cause = _leading(analysis) if analysis else None
    return f"{text} {sections.title_of(cause)} ({cause.confidence}): {safe(_words(cause), 180)}." if cause else text


def _words(cause: Cause) -> str:
    """The cause's first sentence, or what stands before its first semicolon."""
    return first_sentence(cause.text.replace("`", ""))


def _leading(analysis: Analysis) -> Cause | None:
    return next((cause for cause in analysis.causes[:1] if cause.confidence != "unknown"), None)


def _topic_state(incident: Incident, report: Report | None) -> str:
    if incident.status == "resolved" or report is None:
        return _state(incident, incident.opened_at)
    return _began(incident, report.analysis.onset, incident.opened_at).partition(" (")[0]


def _told_with(incident: Incident, company: Company) -> str:
    """A line of its own for an incident that is told in another's channel."""
    return f"\n{sections.told_with(incident, company.lead)}" if company.lead else ""


def _where(channel: Channel | None) -> str:
    return f" · <#{channel.id}>" if channel else ""
