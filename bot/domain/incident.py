"""An incident: the alerts that one service fires together, and where people talk about it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Literal

from integrations.contract import Alert


class Severity(IntEnum):
    """1 is the worst. What a sender calls `critical`, `page` or `P1` is SEV1."""

    SEV1 = 1
    SEV2 = 2
    SEV3 = 3
    SEV4 = 4

    @classmethod
    def of(cls, word: str) -> Severity:
        """The severity behind a sender's word; one that is not known counts as SEV3, never as harmless."""
        return _WORDS.get(word.strip().lower(), cls.SEV3)


_WORDS = {
    **dict.fromkeys(("sev1", "p1", "1", "critical", "crit", "page", "emergency", "fatal", "disaster"), Severity.SEV1),
    **dict.fromkeys(("sev2", "p2", "2", "error", "high", "major", "urgent"), Severity.SEV2),
    **dict.fromkeys(("sev3", "p3", "3", "warning", "warn", "medium", "minor", "ticket"), Severity.SEV3),
    **dict.fromkeys(("sev4", "sev5", "p4", "p5", "4", "5", "info", "low", "none", "notice"), Severity.SEV4),
}

BY_HAND = "person"
"""The sender of alerts that people make: no sender resolves them, so they end with their incident."""
BY_RULES = "rules"
"""Who linked it where no person did."""
DECLARED_BY = "declared_by"
"""The annotation of such an alert that holds the user id of whoever made it."""
LONGEST_NAME = 200
"""Of a service or an environment, in characters."""


@dataclass(frozen=True, slots=True)
class Channel:
    id: str
    name: str
    """Without the `#`."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that stands in Slack."""

    channel_id: str
    ts: str

    @property
    def at(self) -> datetime:
        """When it was posted: Slack's ts is that in seconds."""
        return datetime.fromtimestamp(float(self.ts), UTC)


@dataclass(frozen=True, slots=True)
class Incident:
    id: str
    service: str
    env: str
    severity: Severity
    """As a person set it, else the worst of its alerts."""
    title: str
    """The first alert's name."""
    status: Literal["open", "resolved"]
    started_at: datetime
    """When the first alert began, by its sender's clock."""
    opened_at: datetime
    """When the bot committed it."""
    opening: int = 1
    """Counts the times it was opened: 1, and one more for every re-fire within the reopen window."""
    reopened_at: datetime | None = None
    """When the present opening was committed, if it is not the first."""
    reopened_by: str = ""
    """Who opened it again, by user id; empty: it fired again, or this is its first opening."""
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    """When its present opening was closed: nobody works on it any more."""
    false_alarm: bool = False
    """Whether its present opening was closed as one."""
    alerts: tuple[Alert, ...] = ()
    """In the order in which they joined. Never empty while it is open; empty once its only alert, long resolved, was
    reopened by its sender and moved to a later incident."""
    channel: Channel | None = None
    message: Posted | None = None
    """The headline that became the briefing."""
    previous: str | None = None
    """The earlier incident of the same service that this one follows, by id."""
    lead: str | None = None
    """The incident in whose channel this one is told, by id; None: it is told by itself. A lead never has one."""
    linked_because: str = ""
    """Why it is linked, or no longer is, in plain words; empty: it never was."""
    linked_by: str = ""
    """Who decided so: `rules`, or a user id. What a person decided, rules leave as it is."""
    storm: str | None = None
    """The storm that its present opening came in, by id."""
    looked_into: bool = False
    """Whether its present opening was told to its very end and is known to have been looked into: where nothing is kept
    of that any more, it was removed. What was made of it then stands as it is."""

    @property
    def last_opened_at(self) -> datetime:
        """When its present opening was committed."""
        return self.reopened_at or self.opened_at

    @property
    def firing(self) -> tuple[Alert, ...]:
        return tuple(alert for alert in self.alerts if alert.status == "firing")

    @property
    def ended_by_closing(self) -> bool:
        """Whether nothing had resolved its present opening when it was closed."""
        return self.closed_at is not None and self.resolved_at is not None and self.closed_at <= self.resolved_at

    @property
    def declared_by(self) -> str:
        """Who opened it by hand, by user id; empty where a sender's alert did."""
        return declarer(self.alerts[0]) if self.alerts else ""

    @property
    def severity_moved(self) -> bool:
        """Whether it is another than it was opened with: a worse alert joined, or a person set it."""
        return bool(self.alerts) and self.severity != Severity.of(self.alerts[0].severity)

    @property
    def put_right(self) -> bool:
        """Whether a person decided with whom it is told."""
        return self.linked_by not in ("", BY_RULES)

    @property
    def split_off(self) -> bool:
        """Whether a person took it out of its lead's channel."""
        return self.lead is None and self.put_right


@dataclass(frozen=True, slots=True)
class Company:
    """Who is told in the same channel as an incident."""

    lead: Incident | None = None
    """With whom it is told."""
    linked: tuple[Incident, ...] = ()
    """Those that are told with it."""

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(one.id for one in (*self.linked, *([self.lead] if self.lead else [])))


ALONE = Company()


def declarer(alert: Alert) -> str:
    """The user id of the person who made this alert; empty where a sender did, whatever it says of itself."""
    return alert.annotations.get(DECLARED_BY, "") if alert.source == BY_HAND else ""


def incident_id(alert: Alert, *, again: datetime | None = None) -> str:
    """The id of the incident that this alert opens: the same alert gives the same id, on any machine.

    `again` is the moment at which the same alert opens a second incident, long after its first was resolved.
    """
    moments = [alert.starts_at, *([again] if again else [])]
    identity = "\0".join((alert.source, alert.fingerprint, *(moment.isoformat() for moment in moments)))
    return "INC-" + base64.b32encode(hashlib.sha256(identity.encode()).digest())[:10].decode()


def service_of(alert: Alert, labels: Sequence[str], *, otherwise: str | None = None) -> str:
    """The service an alert speaks of: the first of `labels` that it carries, else `otherwise`, else its name.

    `labels` is the setting `SERVICE_LABELS`, by default service, job, app, deployment, alertname. At most 209
    characters: a longer one is cut to `LONGEST_NAME` and a short hash, so that two long ones stay two (PostgreSQL's
    index takes no row above some 2,700 bytes).
    """
    fallback = alert.name if otherwise is None else otherwise
    found = next((value for label in labels if (value := alert.labels.get(label, "").strip())), fallback)
    return found if len(found) <= LONGEST_NAME else f"{found[:LONGEST_NAME]}~{_short_hash(found)}"


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
