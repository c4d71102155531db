"""A storm put into words: its table, the rows that follow in its thread, and that it is over (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bot.domain.briefing import Briefing, Section
from bot.domain.context import Report
from bot.domain.incident import Severity
from bot.domain.storm import Row, Storm, rank_of
from bot.domain.text import safe
from bot.domain.words import clock, count, span

TOP = 30
"""So many rows stand in the table itself, the most important. Where there are more, all stand in its thread as well."""
PAGE = 40
"""Rows of one message in the thread: each keeps its place there, so that a change is one edit."""
BLOCK = 10
"""Rows of one section: so many long ones are not cut."""
LEADS = 15
EMPTY = Briefing(
    plain="No rows here any more.",
    headline="No rows here any more: what fired again since is told by itself, and the rest stands above.",
)
"""A page of the thread whose rows are gone: incidents leave a storm that is over when they fire again."""
_SIGNS = {Severity.SEV1: "🚨", Severity.SEV2: "🚨", Severity.SEV3: "🟠", Severity.SEV4: "🔵"}


def table(storm: Storm, rows: Sequence[Row], now: datetime) -> Briefing:
    """The message of the storm: how many, what waits, and the most important rows."""
    state = "Storm" if storm.ended_at is None else f"Storm, over since {clock(storm.ended_at, now)} UTC"
    head = f"{_amounts(rows)} since {clock(storm.began_at, now)} UTC"
    leads = _by_id(rows)
    shown = first(rows)
    lines = [_line(row, leads, now) for row in shown]
    return Briefing(
        plain=f"🌩️ {state}: {head}.",
        headline="\n".join([f"🌩️ *{state}* · {head}", *_progress(storm, rows)]),
        sections=_sections(lines),
        footer=f"The {len(shown)} most important of {len(rows):,}. Every one stands in the thread, by when it came."
        if len(rows) > len(shown)
        else None,
    )


def first(rows: Sequence[Row]) -> Sequence[Row]:
    """Those that stand in the table itself."""
    return sorted(rows, key=rank_of)[:TOP]


def pages(rows: Sequence[Row], now: datetime) -> tuple[Briefing, ...]:
    """All rows in the order in which they came, for the thread; none where the table holds them all."""
    if len(rows) <= TOP:
        return ()
    leads = _by_id(rows)
    return tuple(_page(at, rows[at : at + PAGE], leads, now) for at in range(0, len(rows), PAGE))


def notice(storm: Storm, rows: Sequence[Row], now: datetime) -> Briefing:
    """The storm's line in the channel of all incidents: one for all that came in it."""
    where = f"<#{storm.channel.id}>" if storm.channel else ""
    if storm.ended_at is None:
        since = clock(storm.began_at, now)
        text = f"🌩️ *Storm* since {since} UTC · more incidents than channels can be opened for · they stand in {where}"
        return Briefing(
            plain=f"🌩️ Storm since {since} UTC: more incidents than channels can be opened for.", headline=text
        )
    text = f"Storm over since {clock(storm.ended_at, now)} UTC: {_amounts(rows)}"
    return Briefing(plain=f"{text}.", headline=f"✅ {text} · {where}")


def over(storm: Storm, rows: Sequence[Row], now: datetime) -> Briefing:
    """What the storm's channel says when it is over, once: how much it was, what is left, and by which lead."""
    lasted = span((now - storm.began_at).total_seconds())
    states = Counter(row.state for row in rows)
    resolved, unseen = states["resolved"] + states["resolved unseen"], states["resolved unseen"]
    parts = [f"{resolved:,} resolved" + (f" ({unseen:,} before anybody looked)" if unseen else "")]
    parts.append(f"{len(rows) - resolved:,} still open")
    text = f"The storm is over: {_amounts(rows)} in {lasted}"
    leads, alone = _by_lead(rows)
    rest = [count(len(leads) - LEADS, "other lead")] if len(leads) > LEADS else []
    rest += [f"{count(alone, 'incident that stands', 'incidents that stand')} alone"] if alone else []
    more = (f"… and {' and '.join(rest)}; the table above and its thread have all",) if rest else ()
    return Briefing(
        plain=f"✅ {text}.",
        headline=f"✅ *{text}*\n{' · '.join(parts)}",
        sections=(Section((*leads[:LEADS], *more), title="By lead"),) if leads else (),
        footer="New incidents have channels of their own again.",
    )


def suspect(report: Report, service: str) -> str:
    """The likely cause as a row has room for it: a version, or where it lies; empty where none is known."""
    cause = next((cause for cause in report.analysis.causes[:1] if cause.confidence != "unknown"), None)
    if cause is None:
        return ""
    what = cause.version or (cause.kind if cause.service == service else cause.service)
    return f"{what} ({cause.confidence})"


# ── a row ────────────────────────────────────────────────────────────────────────────────────────


def _page(at: int, rows: Sequence[Row], leads: Mapping[str, Row], now: datetime) -> Briefing:
    title = f"Incidents from {at + 1:,} on, in the order they came"
    lines = [f"{_line(row, leads, now)} · {safe(row.title, 40)} · `{row.incident_id}`" for row in rows]
    return Briefing(plain=title, headline=f"*{title}*", sections=_sections(lines))


def _sections(lines: Sequence[str]) -> tuple[Section, ...]:
    return tuple(Section(tuple(lines[at : at + BLOCK])) for at in range(0, len(lines), BLOCK))


def _line(row: Row, leads: Mapping[str, Row], now: datetime) -> str:
    env = "" if row.env.lower() in ("", "prod", "production") else f" ({safe(row.env, 20)})"
    over = "🔒" if row.firing else "✅"  # closed by a person, whatever still fires
    sign = over if row.resolved_at else _SIGNS[row.severity]
    alerts = f"{row.firing} of {row.alerts} alerts" if 0 < row.firing < row.alerts else count(row.alerts, "alert")
    head = f"{sign} *{safe(row.service, 50)}*{env} · {alerts} · {clock(row.since, now)}"
    return " · ".join((head, *_fate(row, leads, now)))


def _fate(row: Row, leads: Mapping[str, Row], now: datetime) -> Iterable[str]:
    """The suspect, how far the bot is, and where to go on."""
    if row.suspect:
        yield f"likely {safe(row.suspect, 60)}"
    if row.lead:
        lead = leads.get(row.lead)
        yield f"with {safe(lead.service, 50)}" if lead else f"with `{safe(row.lead, 20)}`"
    match row.state:
        case "resolved":
            yield _ended(row, now)
        case "resolved unseen":
            yield f"{_ended(row, now)}, before anybody looked"
        case "looking":
            yield "looking…"
        case "waiting":
            yield "waits"
        case "looked":
            if not row.channel_id:
                yield "looked into" if row.suspect else "looked into, no clear cause"
    if row.channel_id:
        yield f"<#{row.channel_id}>"


def _ended(row: Row, now: datetime) -> str:
    how = "closed" if row.firing else "resolved"
    return f"{how} {clock(row.resolved_at, now)}" if row.resolved_at else how


# ── all of them ──────────────────────────────────────────────────────────────────────────────────


def _amounts(rows: Sequence[Row]) -> str:
    return f"{count(len(rows), 'incident')}, {count(sum(row.alerts for row in rows), 'alert')}"


def _progress(storm: Storm, rows: Sequence[Row]) -> Iterable[str]:
    """What is done, and what is postponed."""
    states = Counter(row.state for row in rows)
    resolved = states["resolved"] + states["resolved unseen"]
    done = [(states["looked"], "looked into"), (states["looking"], "being looked into"), (resolved, "resolved")]
    yield " · ".join(f"{number:,} {what}" for number, what in done if number) or "none looked into yet"
    to_open = sum(not (row.channel_id or row.lead or row.resolved_at) for row in rows)
    later = [count(states["waiting"], "look")] if states["waiting"] else []
    later += [f"{count(to_open, 'channel')} (about 20 a minute)"] if to_open else []
    if later:
        yield f"Postponed: {', '.join(later)}. Severity, leads and most alerts go first."


def _by_id(rows: Sequence[Row]) -> dict[str, Row]:
    return {row.incident_id: row for row in rows}


def _by_lead(rows: Sequence[Row]) -> tuple[tuple[str, ...], int]:
    """A line for each lead, the one with the most incidents and alerts first; and how many are told by themselves."""
    by_id, groups = _by_id(rows), dict[str, list[Row]]()
    for row in rows:
        groups.setdefault(row.lead or row.incident_id, []).append(row)
    leads = {lead: told for lead, told in groups.items() if told[1:] or told[0].lead}
    ordered = sorted(leads.items(), key=lambda group: (-len(group[1]), -sum(r.alerts for r in group[1])))
    return tuple(_lead(lead, by_id.get(lead), told) for lead, told in ordered), len(groups) - len(leads)


def _lead(lead: str, head: Row | None, told: Sequence[Row]) -> str:
    name = safe(head.service, 50) if head else f"`{safe(lead, 20)}`"
    where = f" · <#{head.channel_id}>" if head and head.channel_id else ""
    likely = f" · likely {safe(head.suspect, 60)}" if head and head.suspect else ""
    return f"*{name}* · {_amounts(told)}{likely}{where}"
