"""What lies on the desk while a story is told: the ports, and the few settings that stories read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from bot.catalog import Catalog
from bot.domain.incident import Incident
from bot.life.entry_ports import Entries, NoEntries
from bot.life.link_ports import Links, NoLinks
from bot.measures import Measures
from bot.ports import Chat, Clock, Journal, Looking
from bot.questions.consult import Consult
from bot.storms.ports import Storms
from bot.storms.waiting_line import WaitingLine
from bot.turns import Turns
from runbooks.model import Library

LOOKS_AT_ONCE = 12
"""So many looks are made at once: with more, each would only be slower."""


@asynccontextmanager
async def nobody_else(_name: str) -> AsyncIterator[bool]:
    """Where there is one process: it is always at it alone."""
    yield True


@dataclass(frozen=True, slots=True)
class Desk:
    journal: Journal
    chat: Chat
    clock: Clock
    looking: Looking
    catalog: Catalog
    library: Library
    measures: Measures
    incidents_channel: str | None
    """Id of the channel that gets a line for each incident; None: there is none."""
    channel_timeout_s: float
    channel_name: Callable[[Incident], str]
    consult: Consult | None = None
    """The models; None where stories are told without."""
    opinion_deadline_s: float = 20.0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the journal holds something that Slack does not show yet."""
    alone: Callable[[str], AbstractAsyncContextManager[bool]] = nobody_else
    """Whether no other replica is at what has this name. Raises JournalDown."""
    links: Links = field(default_factory=NoLinks)
    """Which incidents are told in the channel of another."""
    entries: Entries = field(default_factory=NoEntries)
    """What people and the bot did in incidents."""
    written: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the record holds an entry that is perhaps to be told on in the channel."""
    written_elsewhere: asyncio.Event = field(default_factory=asyncio.Event)
    """The same, for where its alert came from."""
    turns: Turns = field(default_factory=Turns)
    """One edit of an incident's message at a time, so that the last one says the newest."""
    storms: Storms | None = None
    """The record of storms; None where none ever begins."""
    stormy: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a storm's table has something new to say."""
    looks: WaitingLine = field(default_factory=lambda: WaitingLine(LOOKS_AT_ONCE))
    """Who waits to be looked into."""
    channels: WaitingLine = field(default_factory=lambda: WaitingLine(1))
    """Who waits for a channel in a storm: one is opened after another, as fast as Slack gives them, so that the most
    important has the next.
    """


@dataclass(frozen=True, slots=True)
class Telling:
    """One opening of one incident, being told."""

    desk: Desk
    incident_id: str
    opening: int
    may_stand: Callable[[], bool]
    """Whether what it says may stand in Slack already: it was begun before a crash, or a step is tried once more."""

    async def incident(self) -> Incident:
        return await self.desk.journal.incident(self.incident_id)
