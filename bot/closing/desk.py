"""What lies in reach while incidents end: the desk, the records, the rules of closing, where postmortems go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from bot.closing.later import Later
from bot.closing.next_closing import Rules
from bot.closing.ports import Closings, Postmortems, Publisher
from bot.closing.postmortem.record import Record
from bot.closing.postmortem.roles import user_ids
from bot.desk import Desk
from bot.domain.closing import Closing
from bot.domain.incident import Incident
from bot.life.entry_ports import Entries
from bot.memory.archive import Archive
from bot.runs.action_ports import Runs

Names = Callable[[Collection[str]], Awaitable[Mapping[str, str]]]
"""User ids → the names of those that are known."""


async def nothing_in_hand() -> Collection[tuple[str, int]]:
    """Where no stories are told."""
    return ()


@dataclass(frozen=True, slots=True)
class ClosingDesk:
    desk: Desk
    closings: Closings
    postmortems: Postmortems
    entries: Entries
    runs: Runs
    rules: Rules
    take_up: Callable[[str, int], Awaitable[bool]]
    """Begins the story of what was closed, or goes on with it; False once it failed too often."""
    respond: Callable[[str, int], Awaitable[None]]
    """Begins the story of an opening anew."""
    remember: Callable[[str, int], Awaitable[object]] | None = None
    """Makes a memory of an opening; None where nothing is remembered."""
    archive: Archive | None = None
    """None where nothing is remembered."""
    publisher: Publisher | None = None
    """None: postmortems stay in the channel."""
    names: Names | None = None
    """Set where postmortems name people."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when something was closed, or may be over."""
    in_hand: Callable[[], Awaitable[Collection[tuple[str, int]]]] = nothing_in_hand
    """Incidents and openings of which some replica tells the story of the end: these need no taking up."""
    later: Later = field(default_factory=Later)
    """What failed, and is tried again after a while."""


@dataclass(frozen=True, slots=True)
class Wrapping:
    """One opening of one incident that is over."""

    at: ClosingDesk
    incident_id: str
    opening: int

    @property
    def desk(self) -> Desk:
        return self.at.desk

    async def incident(self) -> Incident:
        return await self.at.desk.journal.incident(self.incident_id)

    async def closing(self) -> Closing | None:
        return await self.at.closings.closing(self.incident_id, self.opening)

    def key(self, what: str) -> str:
        return f"{self.incident_id}:{self.opening}:{what}"


async def record_of(wrapping: Wrapping, closing: Closing) -> Record:
    """Everything that is known of the opening, with this closing. Raises JournalDown."""
    at, incident = wrapping.at, await wrapping.incident()
    made = Record(
        incident=incident,
        closing=closing,
        report=await at.desk.journal.report(incident.id, wrapping.opening),
        entries=await at.entries.of_incident(incident.id),
        runs=[(run, await at.runs.events(run.id)) for run in reversed(await at.runs.of_incident(incident.id))],
        slo=at.desk.catalog.service(incident.service).slo,
    )
    return made if at.names is None else replace(made, named=True, names=await at.names(user_ids(made)))
