"""What an alert does to the record: opens, joins, reopens, resolves, or repeats. One transaction, one alert."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.incident import Severity, incident_id, service_of
from bot.ports import Taken
from bot.state.tables import alerts, incidents
from integrations.contract import Alert


@dataclass(frozen=True, slots=True)
class Rules:
    """How alerts become incidents."""

    service_labels: tuple[str, ...]
    env_labels: tuple[str, ...]
    reopen_window: timedelta


async def take(connection: AsyncConnection, alert: Alert, rules: Rules, now: datetime) -> Taken:
    """Records one alert and says what it did. Two at once for the same service end as one incident."""
    alert = alert if alert.dated else await _dated(connection, alert)
    seen = await _seen(connection, alert)
    if alert.status == "resolved":
        return await _resolve(connection, alert, seen, now)
    if seen is None:
        return await _fire(connection, alert, rules, now)
    if _fires_again(alert, seen):
        return await _fire_again(connection, alert, seen, rules, now)
    return await _told(connection, seen.incident_id, "repeated")


async def _seen(connection: AsyncConnection, alert: Alert) -> Any:
    return (await connection.execute(sa.select(alerts).where(_identity(alert)))).one_or_none()


async def _dated(connection: AsyncConnection, alert: Alert) -> Alert:
    """The alert with the start of the one of its fingerprint that fires now; its own where none does."""
    firing = sa.select(alerts.c.starts_at).where(
        alerts.c.source == alert.source, alerts.c.fingerprint == alert.fingerprint, alerts.c.status == "firing"
    )
    began = await connection.scalar(firing.order_by(alerts.c.starts_at.desc()).limit(1))
    return replace(alert, starts_at=began) if began else alert


def _identity(alert: Alert) -> sa.ColumnElement[bool]:
    return sa.and_(
        alerts.c.source == alert.source,
        alerts.c.fingerprint == alert.fingerprint,
        alerts.c.starts_at == alert.starts_at,
    )


def _fires_again(alert: Alert, seen: Any) -> bool:
    """Only a sender that says so itself (PagerDuty's reopened) fires an alert again under the same start."""
    return (
        seen.status == "resolved"
        and alert.reopened_at is not None
        and (seen.ends_at is None or alert.reopened_at > seen.ends_at)
    )


async def _told(connection: AsyncConnection, incident: str | None, effect: Any) -> Taken:
    opening = await connection.scalar(sa.select(incidents.c.opening).where(incidents.c.id == incident))
    return Taken(incident or "", opening or 0, effect)


async def _fire(connection: AsyncConnection, alert: Alert, rules: Rules, now: datetime) -> Taken:
    taken = await _home(connection, alert, rules, now)
    await connection.execute(
        alerts.insert().values(
            **_row(alert, now), seq=await _next_seq(connection, taken.incident_id), incident_id=taken.incident_id
        )
    )
    return taken


async def _fire_again(connection: AsyncConnection, alert: Alert, seen: Any, rules: Rules, now: datetime) -> Taken:
    taken = await _home(connection, alert, rules, now)
    await connection.execute(
        alerts.update().where(_identity(alert)).values(status="firing", ends_at=None, incident_id=taken.incident_id)
    )
    return taken


async def _home(connection: AsyncConnection, alert: Alert, rules: Rules, now: datetime) -> Taken:
    """The incident that a firing alert belongs to: the open one, one to reopen, or a new one."""
    service, env = service_of(alert, rules.service_labels), service_of(alert, rules.env_labels, otherwise="")
    of_service = sa.and_(incidents.c.service == service, incidents.c.env == env)
    last = (
        await connection.execute(sa.select(incidents).where(of_service).order_by(incidents.c.opened_at.desc()).limit(1))
    ).one_or_none()
    if last is not None and last.status == "open":
        severity = min(last.severity, Severity.of(alert.severity))
        await _change(connection, last.id, severity=severity)
        return Taken(last.id, last.opening, "joined")
    if last is not None and now - last.resolved_at <= rules.reopen_window:
        severity = min(last.severity, Severity.of(alert.severity))
        await _change(connection, last.id, status="open", resolved_at=None, opening=last.opening + 1, severity=severity)
        return Taken(last.id, last.opening + 1, "reopened")
    return await _open(connection, alert, (service, env), last.id if last else None, now)


async def _open(
    connection: AsyncConnection, alert: Alert, home: tuple[str, str], previous: str | None, now: datetime
) -> Taken:
    opened = incident_id(alert)
    if await connection.scalar(sa.select(incidents.c.id).where(incidents.c.id == opened)):
        opened = incident_id(alert, again=now)  # fired again under its own start, after the reopen window
    await connection.execute(
        incidents.insert().values(
            id=opened,
            service=home[0],
            env=home[1],
            severity=Severity.of(alert.severity),
            title=alert.name,
            status="open",
            started_at=alert.starts_at,
            opened_at=now,
            opening=1,
            previous=previous,
        )
    )
    return Taken(opened, 1, "opened")


async def _resolve(connection: AsyncConnection, alert: Alert, seen: Any, now: datetime) -> Taken:
    if seen is None:  # kept, so that its own firing, should it come late, opens nothing
        await connection.execute(alerts.insert().values(**_row(alert, now), seq=0, incident_id=None))
        return Taken("", 0, "unmatched")
    if seen.status == "resolved":
        return await _told(connection, seen.incident_id, "repeated")
    ended = alert.ends_at or now
    await connection.execute(alerts.update().where(_identity(alert)).values(status="resolved", ends_at=ended))
    firing = await connection.scalar(
        sa.select(sa.func.count())
        .select_from(alerts)
        .where(alerts.c.incident_id == seen.incident_id, alerts.c.status == "firing")
    )
    closed = {} if firing else {"status": "resolved", "resolved_at": now}
    await _change(connection, seen.incident_id, **closed)
    return await _told(connection, seen.incident_id, "resolved")


async def _change(connection: AsyncConnection, incident: str, **values: Any) -> None:
    """A change that people should see: the revision goes up with it."""
    await connection.execute(
        incidents.update().where(incidents.c.id == incident).values(revision=incidents.c.revision + 1, **values)
    )


async def _next_seq(connection: AsyncConnection, incident: str) -> int:
    count = await connection.scalar(
        sa.select(sa.func.count()).select_from(alerts).where(alerts.c.incident_id == incident)
    )
    return (count or 0) + 1


def _row(alert: Alert, now: datetime) -> dict[str, Any]:
    return {
        "source": alert.source,
        "fingerprint": alert.fingerprint,
        "starts_at": alert.starts_at,
        "status": alert.status,
        "ends_at": alert.ends_at,
        "received_at": now,
        "payload": {
            "name": alert.name,
            "severity": alert.severity,
            "summary": alert.summary,
            "labels": dict(alert.labels),
            "annotations": dict(alert.annotations),
            "url": alert.url,
        },
    }
