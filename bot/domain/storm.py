"""A storm: more incidents at once than Slack gives channels for; which of them come first, and when it is over."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.domain.incident import Channel, Incident, Posted, Severity

WITHIN = timedelta(seconds=60)
"""In so long more new incidents than the threshold make a storm."""
CALM = timedelta(minutes=5)
"""A storm is over when for so long no minute had more than the threshold."""

_BEGINNING = "STORM-"
"""Of a storm's id: no incident's begins so."""

Rank = tuple[bool, int, bool, int, float]
"""What comes first is smaller: what fires, severity, leads before what is told with them, most alerts, the oldest."""
State = Literal["waiting", "looking", "looked", "resolved", "resolved unseen"]
"""How far the bot is with an incident. `waiting`: its look has not begun. `resolved unseen`: before anybody looked."""


@dataclass(frozen=True, slots=True)
class Storm:
    id: str
    began_at: datetime
    """When the first of the incidents that made it one was opened."""
    ended_at: datetime | None = None
    channel: Channel | None = None
    """Where its table stands: a channel of its own, or the incidents channel where Slack gave none."""
    message: Posted | None = None
    """The table."""


@dataclass(frozen=True, slots=True)
class Row:
    """One incident as the table of its storm shows it."""

    incident_id: str
    opening: int
    service: str
    env: str
    severity: Severity
    title: str
    alerts: int
    firing: int
    since: datetime
    """When its present opening began: by its first alert's clock, or when it was reopened."""
    opened_at: datetime
    """When that was committed."""
    state: State
    resolved_at: datetime | None = None
    channel_id: str | None = None
    lead: str | None = None
    """The incident that it is told with, by id."""
    reported: bool = False
    """Whether what its look found is kept."""
    said: bool = False
    """Whether its present opening is known to have stood in Slack, as a row or in a message of its own."""
    suspect: str = ""
    """The likely cause in a few words; empty where none is known."""


def storm_id(first: str, moment: datetime) -> str:
    """The id of the storm that this incident made one, at this moment."""
    digest = hashlib.sha256(f"{first}\0{moment.isoformat()}".encode()).digest()
    return _BEGINNING + base64.b32encode(digest)[:10].decode()


def kind_of(id_: str) -> Literal["Storm", "Incident"]:
    """What has this id."""
    return "Storm" if id_.startswith(_BEGINNING) else "Incident"


def is_one_too_many(opened: int, threshold: int) -> bool:
    """Whether so many new incidents `WITHIN` one minute are a storm. A threshold of 0: nothing ever is."""
    return 0 < threshold < opened


def is_over(opened: Sequence[datetime], threshold: int, now: datetime) -> bool:
    """Whether no minute that ended in the last `CALM` had more new incidents than the threshold.

    `opened`: when incidents were opened, at least all since `CALM` and a minute ago, in any order.
    """
    moments = sorted(opened)
    spans = zip(moments, moments[threshold:], strict=False) if threshold else ()
    return not any(last - first < WITHIN and first + WITHIN > now - CALM for first, last in spans)


def rank(incident: Incident) -> Rank:
    """Its place in the line for looks and channels, by what is known of it now."""
    firing = len(incident.firing)
    return (not firing, int(incident.severity), incident.lead is not None, -firing, incident.last_opened_at.timestamp())


def rank_of(row: Row) -> Rank:
    """`rank`, of a row of the table."""
    return (not row.firing, int(row.severity), row.lead is not None, -row.firing, row.opened_at.timestamp())
