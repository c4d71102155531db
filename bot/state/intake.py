"""What an alert does to the record: opens, joins, reopens, resolves, or repeats. One transaction, one alert."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.domain.dependencies import Dependencies, words
from bot.domain.incident import BY_RULES, Severity, incident_id, service_of
from bot.ports import Taken
from bot.state.moment import Moment
from bot.state.storms import storm_that_is_on, take_into_storm
from bot.state.tables import alerts, incidents
from integrations.contract import Alert

TOGETHER = timedelta(minutes=5)
"""Incidents of services that depend on each other have one cause where they opened within this time of each other."""
INTAKE_LOCK = 7310212
"""PostgreSQL's advisory locks are numbers that all who use the database share; this one is ours."""

# What every alert asks and says, put together once: to do so for each takes longer than the database's part of it.
_SEEN = (
    sa.select(alerts, incidents.c.opening, incidents.c.lead, incidents.c.resolved_at)
    .outerjoin(incidents, incidents.c.id == alerts.c.incident_id)
    .where(
        alerts.c.source == sa.bindparam("source"),
        alerts.c.fingerprint == sa.bindparam("fingerprint"),
        alerts.c.starts_at == sa.bindparam("starts_at"),
    )
)
_FIRING = (
    sa.select(alerts.c.starts_at, incidents.c.resolved_at)
    .join(incidents, incidents.c.id == alerts.c.incident_id)
    .where(
        alerts.c.source == sa.bindparam("source"),
        alerts.c.fingerprint == sa.bindparam("fingerprint"),
        alerts.c.status == "firing",
    )
)
_LAST = (
    sa.select(incidents)
    .where(incidents.c.service == sa.bindparam("service"), incidents.c.env == sa.bindparam("env"))
    .order_by(incidents.c.status != "open", incidents.c.resolved_at.desc())
    .limit(1)
)
"""The open one, else the one that ended last: people may have opened an older one again."""
_AT_ABOUT_THAT_TIME = (
    sa.select(incidents.c.id, incidents.c.service, incidents.c.lead)
    .where(
        incidents.c.status == "open",
        incidents.c.env == sa.bindparam("env"),
        sa.func.coalesce(incidents.c.reopened_at, incidents.c.opened_at) >= sa.bindparam("since", type_=Moment),
    )
    .order_by(incidents.c.opened_at, incidents.c.id)
)
_NEXT_SEQ = (
    sa.select(sa.func.coalesce(sa.func.max(alerts.c.seq), 0) + 1)
    .where(alerts.c.incident_id == sa.bindparam("here"))
    .scalar_subquery()
)
"""Part of the statement that stores the alert, so that it is no question of its own."""
_JOINS = alerts.insert().values(seq=_NEXT_SEQ, incident_id=sa.bindparam("here"))
_CHANGES = incidents.update().where(incidents.c.id == sa.bindparam("here")).values(revision=incidents.c.revision + 1)
"""A change that people should see: the revision goes up with it. A lead's message tells of those linked to it too."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How alerts become incidents."""

    service_labels: tuple[str, ...]
    env_labels: tuple[str, ...]
    reopen_window: timedelta
    dependencies: Dependencies = field(default_factory=Dependencies)
    storm_threshold: int = 0
    """More new incidents than so many in a minute are a storm; 0: nothing is."""


def in_turn(connection: Connection) -> None:
    """Waits until no other transaction takes alerts; ours ends the wait of the next. First in each such transaction.

    What an alert does depends on its neighbours: whether another still fires, whether the incident is open. Two that
    look at once would each see the other's past: an incident that nobody closes, an alert in one that was closed.
    SQLite has one writer at a time as it is.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(INTAKE_LOCK)))


def take(connection: Connection, alert: Alert, rules: Rules, now: datetime) -> Taken:
    """Records one alert and says what it did, in a transaction that has waited its turn (`in_turn`).

    An alert is the one recorded under its start, which only its sender's own word fires again; without a start it is
    the one of its fingerprint that fires, unless it comes firing later than an incident may reopen after that one's
    was closed over it: then it begins now.
    """
    alert = alert if alert.dated else _dated(connection, alert, rules, now)
    seen = _seen(connection, alert)
    if alert.status == "resolved":
        return _resolve(connection, alert, seen, now)
    if seen is None:
        return _fire(connection, alert, rules, now)
    if _fires_again(alert, seen):
        return _fire_again(connection, alert, seen, rules, now)
    if seen.status == "firing" and alert.reopened_at is not None:  # its end before that may still be on its way
        newest = max(alert.reopened_at, seen.reopened_at or alert.reopened_at)
        connection.execute(alerts.update().where(_identity(alert)).values(reopened_at=newest))
    return _told(seen, "repeated")


def _seen(connection: Connection, alert: Alert) -> Any:
    """The alert as it is recorded, with the present opening of its incident."""
    identity = {"source": alert.source, "fingerprint": alert.fingerprint, "starts_at": alert.starts_at}
    return connection.execute(_SEEN, identity).one_or_none()


def _dated(connection: Connection, alert: Alert, rules: Rules, now: datetime) -> Alert:
    """The alert with the start of the one of its fingerprint that fires now; its own where none does."""
    firing = connection.execute(_FIRING, {"source": alert.source, "fingerprint": alert.fingerprint})
    # What repeats itself each minute does not undo a closing; what is never ended is not unheard for ever either.
    it = [row for row in firing if alert.status == "resolved" or _may_reopen(row.resolved_at, rules, now)]
    began = max(it, key=lambda row: (row.resolved_at is None, row.starts_at), default=None)
    return replace(alert, starts_at=began.starts_at) if began else alert


def _may_reopen(resolved_at: datetime | None, rules: Rules, now: datetime) -> bool:
    """Whether what fires is still of the incident that ended then; None: it is open."""
    return resolved_at is None or now - resolved_at <= rules.reopen_window


def _identity(alert: Alert) -> sa.ColumnElement[bool]:
    return sa.and_(
        alerts.c.source == alert.source,
        alerts.c.fingerprint == alert.fingerprint,
        alerts.c.starts_at == alert.starts_at,
    )


def _fires_again(alert: Alert, seen: Any) -> bool:
    """Only a sender that says so itself (PagerDuty's reopened) fires an alert again under the same start.

    It is believed although the end never came, where people closed the incident before it said so.
    """
    if not alert.dated:  # it ended in this very delivery, which has one time for all
        return bool(seen.status == "resolved")
    if alert.reopened_at is None:
        return False
    if seen.status == "resolved":
        return seen.ends_at is None or alert.reopened_at > seen.ends_at
    return seen.resolved_at is not None and alert.reopened_at > seen.resolved_at


def _told(seen: Any, effect: Any) -> Taken:
    return Taken(seen.incident_id or "", seen.opening or 0, effect)


def _fire(connection: Connection, alert: Alert, rules: Rules, now: datetime) -> Taken:
    taken = _home(connection, alert, rules, now)
    connection.execute(_JOINS, {**_row(alert, now), "here": taken.incident_id})
    return taken


def _fire_again(connection: Connection, alert: Alert, seen: Any, rules: Rules, now: datetime) -> Taken:
    """It is one alert with one history: where its first incident is long over, it moves to the one it fires in now."""
    taken = _home(connection, alert, rules, now)
    here = taken.incident_id
    seq = seen.seq if here == seen.incident_id else _NEXT_SEQ
    again = {"status": "firing", "ends_at": None, "fired_at": now, "incident_id": here, "seq": seq}
    again |= {"reopened_at": alert.reopened_at}
    connection.execute(alerts.update().where(_identity(alert)).values(**again), {"here": here})
    return taken


def _home(connection: Connection, alert: Alert, rules: Rules, now: datetime) -> Taken:
    """The incident that a firing alert belongs to: the open one, one to reopen, or a new one."""
    service, env = service_of(alert, rules.service_labels), service_of(alert, rules.env_labels, otherwise="")
    last = connection.execute(_LAST, {"service": service, "env": env}).one_or_none()
    if last is not None and last.status == "open":
        severity = min(last.severity, Severity.of(alert.severity))
        _change(connection, last.id, last.lead, severity=severity)
        return Taken(last.id, last.opening, "joined")
    if last is not None and _may_reopen(last.resolved_at, rules, now):
        severity = min(last.severity, Severity.of(alert.severity))
        again = {"status": "open", "resolved_at": None, "reopened_at": now, "opening": last.opening + 1}
        again |= {"message_channel": None, "message_ts": None, "first_said_at": None}  # the next is said anew
        again |= {"storm": storm_that_is_on(connection)}
        _change(connection, last.id, last.lead, severity=severity, **again)
        return Taken(last.id, last.opening + 1, "reopened")
    known = {"service": service, "env": env, "previous": last.id if last else None}
    known |= _link(connection, rules.dependencies, service, env, now)
    opened = _open(connection, alert, known, now)
    take_into_storm(connection, opened.incident_id, rules.storm_threshold, now)
    return opened


def _link(connection: Connection, dependencies: Dependencies, service: str, env: str, now: datetime) -> dict[str, Any]:
    """With which incident a new one is told, and why; empty where it is told by itself.

    Of several that opened lately, the nearest along the call graph, and of those the first. Where that one is linked
    itself, its lead leads: a lead never has one.
    """
    paths = dependencies.paths(service)
    if not paths:
        return {}
    lately = connection.execute(_AT_ABOUT_THAT_TIME, {"env": env, "since": now - TOGETHER})
    near = min((row for row in lately if row.service in paths), key=lambda row: len(paths[row.service]), default=None)
    if near is None:
        return {}
    lead = near.lead or near.id
    _change(connection, lead, None)
    return {"lead": lead, "linked_because": words(paths[near.service]), "linked_by": BY_RULES}


def _open(connection: Connection, alert: Alert, known: dict[str, Any], now: datetime) -> Taken:
    opened = incident_id(alert)
    if connection.scalar(sa.select(incidents.c.id).where(incidents.c.id == opened)):
        opened = incident_id(alert, again=now)  # fired again under its own start, after the reopen window
    connection.execute(
        incidents.insert().values(
            id=opened,
            **known,
            severity=Severity.of(alert.severity),
            title=alert.name,
            status="open",
            started_at=alert.starts_at,
            opened_at=now,
            opening=1,
        )
    )
    return Taken(opened, 1, "opened")


def _resolve(connection: Connection, alert: Alert, seen: Any, now: datetime) -> Taken:
    if seen is None:  # kept, so that its own firing, should it come late, opens nothing
        connection.execute(alerts.insert().values(**_row(alert, now), seq=0, incident_id=None))
        return Taken("", 0, "unmatched")
    if seen.status == "resolved" or _was_overtaken(alert, seen):
        return _told(seen, "repeated")
    ended = alert.ends_at or now
    connection.execute(alerts.update().where(_identity(alert)).values(status="resolved", ends_at=ended))
    firing = connection.scalar(
        sa.select(sa.func.count())
        .select_from(alerts)
        .where(alerts.c.incident_id == seen.incident_id, alerts.c.status == "firing")
    )
    here = incidents.c.id == seen.incident_id
    over = connection.scalar(sa.select(incidents.c.resolved_at).where(here))  # set: a person closed it while this fired
    closed = {} if firing or over else {"status": "resolved", "resolved_at": now}
    _change(connection, seen.incident_id, seen.lead, **closed)
    return _told(seen, "resolved")


def _was_overtaken(alert: Alert, seen: Any) -> bool:
    """Whether its sender said that it was reopened after this end, and that word was here first."""
    return alert.ends_at is not None and seen.reopened_at is not None and alert.ends_at < seen.reopened_at


def _change(connection: Connection, incident: str, lead: str | None, **values: Any) -> None:
    connection.execute(_CHANGES, {"here": incident, **values})
    if lead is not None:
        connection.execute(_CHANGES, {"here": lead})


def _row(alert: Alert, now: datetime) -> dict[str, Any]:
    return {
        "source": alert.source,
        "fingerprint": alert.fingerprint,
        "starts_at": alert.starts_at,
        "status": alert.status,
        "ends_at": alert.ends_at,
        "received_at": now,
        "reopened_at": alert.reopened_at,
        "payload": {
            "name": alert.name,
            "severity": alert.severity,
            "summary": alert.summary,
            "labels": dict(alert.labels),
            "annotations": dict(alert.annotations),
            "url": alert.url,
        },
    }
