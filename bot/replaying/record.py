"""Records an incident of one's own: its sources are asked once more about the time around the alert.

A team measures the bot on its own past that way: `replay` and `make eval` take the folder like any other recording.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bot.catalog import load as load_catalog
from bot.clock import SystemClock
from bot.domain.context import Context
from bot.domain.incident import Incident
from bot.domain.memory import Memory
from bot.gather import Gathering, Limits
from bot.guard.redact import Redaction
from bot.house.rooms import open_rooms
from bot.look import BEFORE, scope_of
from bot.replaying.recording import Truth, until, write_recording
from bot.settings import Settings
from bot.state.database import open_database
from bot.state.journal import journal
from bot.state.memories import SqlMemories
from integrations.contract import Alert, Change, Gap, Logs, Scope, Series, Window

PATIENCE = 4
"""Times as long as in an incident: nobody waits for it at night."""


class NothingToRecord(Exception):
    """There is no recording to make of it; says why."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a folder holds by now."""

    folder: Path
    figures: int
    lines: int
    changes: int
    gaps: tuple[Gap, ...]
    truth: Truth | None
    """None: nobody has said yet what lay behind it, so that the recording cannot be scored."""


async def record(settings: Settings, incident_id: str, folder: Path) -> Recorded:
    """Asks the sources about the two hours before the alert and ten minutes after, and writes it down, masked.

    Raises NothingToRecord, LookupError for an unknown incident, JournalDown, OSError.
    """
    async with open_database(settings.database_url) as database:
        clock = SystemClock()
        rules = (settings.service_labels, settings.env_labels, settings.reopen_window_s)
        incident = await journal(database, clock, rules).incident(incident_id)
        remembered = await SqlMemories(database).of_incident(incident_id)
        context = await _seen_again(settings, scope_at(incident, settings, clock.now()))
    if not context.of(Series):
        told = "; ".join(f"{gap.source}: {gap.reason}" for gap in context.gaps) or "no source of figures is set"
        raise NothingToRecord(f"no figures of that time can be had ({told}); they may be older than what is kept")
    truth = truth_of(remembered, context)
    mask = Redaction(emails=True, cards=True).text
    write_recording(folder, context, truth, mask)
    lines = sum(len(logs.lines) for logs in context.of(Logs))
    return Recorded(folder, len(context.of(Series)), lines, len(context.of(Change)), context.gaps, truth)


def scope_at(incident: Incident, settings: Settings, now: datetime) -> Scope:
    """What the incident's briefing asked about, at the latest ten minutes after its first alert."""
    if not incident.alerts:
        raise NothingToRecord("its alert has moved to a later incident of the service; record that one")
    first = min(incident.alerts, key=lambda alert: alert.starts_at)
    services = load_catalog(settings.services_file).scope_of(incident.service)
    firing = replace(incident, alerts=(replace(first, status="firing", ends_at=None),))
    scope = scope_of(firing, services, now)
    end = until(first.starts_at, max(now, first.starts_at))
    return replace(scope, alerts=(_labelled(first, scope),), window=Window(first.starts_at - BEFORE, end))


def _labelled(alert: Alert, scope: Scope) -> Alert:
    """A recording's alert names its service and its environment by these labels, whatever its sender's are."""
    env = {"env": scope.env} if scope.env else {}
    return replace(alert, labels={**alert.labels, "service": scope.service.name, **env})


async def _seen_again(settings: Settings, scope: Scope) -> Context:
    rooms = open_rooms(settings, load_catalog(settings.services_file).templates)
    limits = Limits(
        settings.source_timeout_s * PATIENCE,
        settings.gather_deadline_s * PATIENCE,
        settings.gather_deadline_s * PATIENCE,
    )
    gathering = Gathering(rooms.open, tuple(rooms.off), limits)

    async def early(_: Context) -> None:
        """Nobody reads along."""

    try:
        return await gathering.gather(scope, early)
    finally:
        await gathering.close()


def truth_of(remembered: Sequence[Memory], context: Context) -> Truth | None:
    """What people have said of it: a false alarm, a cause of their own, or the bot's own cause that they accepted.

    Of a cause in a person's words it is the service that they name; where they name none of the incident's, nothing is
    known.
    """
    said = next((one for one in remembered if one.false_alarm or one.reviewed or one.cause_by == "person"), None)
    if said is None:
        return None
    if said.false_alarm:
        return Truth(None)
    service = _named(said, tuple(context.scope.services))
    if service is None:
        return None
    blamed = said.fingerprint.causes[0].kind if said.fingerprint.causes else ""
    return Truth(service, blamed, blamed == "change", said.began_at)


def _named(said: Memory, services: Sequence[str]) -> str | None:
    """The longest name counts where one holds another: «payment-db» is not «payment»."""
    if said.cause_by == "person":
        words = said.cause.casefold()
        found = [name for name in services if name.casefold() in words]
        return max(found, key=len, default=None)
    return said.fingerprint.causes[0].service if said.fingerprint.causes else None
