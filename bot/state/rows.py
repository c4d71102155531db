"""What stands in a row of incidents or alerts, as the noun that it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.domain.closing import FALSE_ALARM
from bot.domain.incident import Channel, Incident, Posted, Severity
from bot.state.life_tables import entries
from bot.state.tables import alerts, incidents
from integrations.contract import Alert

_ALERTS_OF = (
    sa.select(alerts).where(alerts.c.incident_id.in_(sa.bindparam("ids", expanding=True))).order_by(alerts.c.seq)
)
_SAID = (
    sa.select(*(entries.c[name] for name in ("incident_id", "kind", "key", "who", "value")))
    .where(entries.c.incident_id.in_(sa.bindparam("ids", expanding=True)))
    .where(entries.c.kind.in_(("severity", "resolved", "reopened")))
    .order_by(entries.c.number)
)
"""What people did that its own row does not tell: a severity counts over that of the alerts."""
_SAID_LAST = (
    sa.select(entries.c.value)
    .where(entries.c.incident_id == incidents.c.id, entries.c.kind == "severity")
    .order_by(entries.c.number.desc())
    .limit(1)
    .correlate(incidents)
    .scalar_subquery()
)
SEVERITY = sa.case({one.name: int(one) for one in Severity}, value=_SAID_LAST, else_=incidents.c.severity)
"""The same as a column, for what reads many incidents and not their alerts."""


def incidents_of(connection: Connection, which: sa.Select[Any], named: Mapping[str, Any]) -> tuple[Incident, ...]:
    """The incidents that `which` selects, with the alerts of each."""
    rows = connection.execute(which, named).all()
    ids = {"ids": [row.id for row in rows]}
    joined = connection.execute(_ALERTS_OF, ids).all() if rows else []
    of_each: dict[str, list[Alert]] = {row.id: [] for row in rows}
    for one in joined:
        of_each[one.incident_id].append(_alert(one))
    said: dict[str, list[Any]] = {row.id: [] for row in rows}
    for one in connection.execute(_SAID, ids) if rows else ():
        said[one.incident_id].append(one)
    return tuple(replace(_incident(row, said[row.id]), alerts=tuple(of_each[row.id])) for row in rows)


def _incident(row: Any, said: Sequence[Any]) -> Incident:
    """`said`: the last severity counts, and what was said of the present opening."""
    severity = next((one.value for one in reversed(said) if one.kind == "severity"), "")
    closed = next((one.value for one in said if one.key == f"resolved:{row.opening}"), "")
    reopened_by = next((one.who for one in said if one.key == f"reopened:{row.opening}"), "")
    return Incident(
        id=row.id,
        service=row.service,
        env=row.env,
        severity=Severity.of(severity) if severity else Severity(row.severity),
        title=row.title,
        status=row.status,
        started_at=row.started_at,
        opened_at=row.opened_at,
        opening=row.opening,
        reopened_at=row.reopened_at,
        reopened_by=reopened_by,
        resolved_at=row.resolved_at,
        closed_at=row.closed_at if row.closed_opening == row.opening else None,
        false_alarm=closed == FALSE_ALARM,
        channel=Channel(row.channel_id, row.channel_name) if row.channel_id else None,
        message=Posted(row.message_channel, row.message_ts) if row.message_ts else None,
        previous=row.previous,
        lead=row.lead,
        linked_because=row.linked_because or "",
        linked_by=row.linked_by or "",
        storm=row.storm,
        looked_into=row.looked == row.opening <= row.wrapped,
    )


def said_at(row: Any) -> datetime | None:
    """When an incident's present opening stood in Slack first; None: it did not yet.

    Where no version has kept that, its message says it, as long as it has not moved.
    """
    first: datetime | None = row.first_said_at
    return first or (Posted(row.message_channel, row.message_ts).at if row.message_ts else None)


def _alert(row: Any) -> Alert:
    return Alert(
        source=row.source,
        fingerprint=row.fingerprint,
        status=row.status,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        **row.payload,
    )
