"""How long what was learnt and said is kept: what is older is removed, and the audit says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.domain.entry import BOT
from bot.memory.archive import Archive
from bot.memory.ports import Leftovers
from bot.runs.action_ports import Entry

log = structlog.get_logger(__name__)

MOST_NAMED = 50
"""So many ids stand in one line of the audit."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long each is kept; None: for ever."""

    memories: timedelta | None = None
    reports: timedelta | None = None
    transcripts: timedelta | None = None

    @classmethod
    def days(cls, memories: int, reports: int, transcripts: int) -> Keeping:
        """From settings; 0 days are none."""
        spans = [timedelta(days=days) if days else None for days in (memories, reports, transcripts)]
        return cls(*spans)


async def forget_old(archive: Archive, leftovers: Leftovers, keeping: Keeping) -> None:
    """Removes what is older than it is to be kept. Repeated, it finds nothing more. Raises JournalDown.

    The audit has it before it happens; vectors are dropped by whoever looks, some minutes later.
    """
    now = archive.clock.now()
    if keeping.memories is not None:
        old = await archive.memories.older_than(now - keeping.memories)
        if old:
            await _told(
                archive, BOT, "", {"memories": len(old), **_named(old), "older_than_days": keeping.memories.days}
            )
            await archive.memories.forget(old)
            log.info("old memories forgotten", count=len(old))
    for kind, span in (("reports", keeping.reports), ("transcripts", keeping.transcripts)):
        if span is None:
            continue
        count = await leftovers.count(kind, now - span)
        if count:
            await _told(archive, BOT, "", {kind: count, "older_than_days": span.days})
            await leftovers.remove(kind, now - span)
            log.info("old records forgotten", kind=kind, count=count)


async def forget_one(archive: Archive, leftovers: Leftovers, name: str, by: str) -> Mapping[str, int]:
    """Removes what is remembered under this id, of a memory or of an incident: what was learnt, found and asked.

    What was removed, by kind; all zero where nothing was there. Raises JournalDown, and ValueError while the incident
    is open, or closed and not written up yet.
    """
    memory = await archive.memories.memory(name)
    incident_id = memory.incident_id if memory else name
    of_it = [one.id for one in await archive.memories.of_incident(incident_id)] if memory is None else [memory.id]
    if await leftovers.is_open(incident_id):
        raise ValueError(
            f"{incident_id} is open, or not written up yet: what is known of it is needed until then. "
            "`/incident resolve` closes it, and a minute later it can be forgotten"
        )
    there = {"memories": len(of_it), **await leftovers.of_incident(incident_id)}
    if any(there.values()):
        await _told(archive, by, incident_id, {**there, **_named(of_it)})
        await archive.memories.forget(of_it)
        await leftovers.remove_of(incident_id)
    return there


async def _told(archive: Archive, by: str, incident_id: str, facts: Mapping[str, object]) -> None:
    if archive.audit is not None:
        await archive.audit.record(Entry("memory.forgotten", by, incident_id, facts=dict(facts)), archive.clock.now())


def _named(ids: Sequence[str]) -> Mapping[str, object]:
    return {"ids": list(ids[:MOST_NAMED])} if ids else {}
