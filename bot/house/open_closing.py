"""The composition of an incident's end: its record, its rules, its story, where postmortems go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from bot.closing.command import ClosingCommand
from bot.closing.desk import ClosingDesk, Wrapping, nothing_in_hand
from bot.closing.next_closing import Rules
from bot.closing.put_away import put_away
from bot.closing.until_closed import keep_wrapping_up
from bot.command_words import Words
from bot.desk import Desk
from bot.house.open_shelf import open_shelf
from bot.house.what_is_open import House
from bot.memory.archive import Archive
from bot.memory.remember import remember
from bot.ports import Steps
from bot.settings import Settings
from bot.slack.governor import Governor
from bot.slack.known_names import KnownNames
from bot.slack.web import open_web
from bot.state.closings import SqlClosings
from bot.state.database import Database
from bot.state.engine import Engine
from bot.state.entries import SqlEntries
from bot.state.postmortems import SqlPostmortems
from bot.state.runs import SqlRuns
from bot.wrap_up import wrap_up


@dataclass(frozen=True, slots=True)
class Deeds:
    """What follows from a closing or an opening: as in `bot.closing.desk.ClosingDesk`."""

    take_up: Callable[[str, int], Awaitable[bool]]
    respond: Callable[[str, int], Awaitable[None]]
    remember: Callable[[str, int], Awaitable[object]] | None = None
    in_hand: Callable[[], Awaitable[Collection[tuple[str, int]]]] = nothing_in_hand


@dataclass(frozen=True, slots=True)
class Closing:
    """What the bot at work does of it."""

    at: ClosingDesk
    archive_after: timedelta | None

    async def put_away(self) -> None:
        """What is done once a day."""
        await put_away(self.at, self.archive_after)

    async def close(self) -> None:
        """Gives back every connection."""
        await close_closing(self.at)

    async def tell(self, steps: Steps, incident_id: str, opening: int) -> None:
        """The story, for the engine."""
        await wrap_up(Wrapping(self.at, incident_id, opening), steps)

    async def keep_on(self) -> None:
        """Runs until cancelled."""
        await keep_wrapping_up(self.at)

    def words(self) -> Words:
        return ClosingCommand(self.at).words()


def open_closing(house: House, archive: Archive, engine: Callable[[], Engine]) -> Closing:
    """`engine`: asked for once stories are begun, since it has to know this one first. Nothing is connected here."""

    async def respond(incident_id: str, opening: int) -> None:
        await engine().start("respond", incident_id, opening)

    async def take_up(incident_id: str, opening: int) -> bool:
        return await engine().take_up("wrap_up", incident_id, opening)

    async def in_hand() -> Collection[tuple[str, int]]:
        return await engine().in_hand("wrap_up")

    deeds = Deeds(take_up, respond, partial(remember, archive), in_hand)
    at = closing_desk(house.settings, house.desk, house.database, deeds, house.replica.governor)
    at, days = replace(at, archive=archive), house.settings.archive_after_days
    return Closing(at, timedelta(days=days) if days else None)


def closing_desk(
    settings: Settings, desk: Desk, database: Database, deeds: Deeds, governor: Governor | None = None
) -> ClosingDesk:
    """Also for the command line, where no story is told, and Slack's limits are not shared. Raises SettingsError."""
    quiet, patience = timedelta(seconds=settings.quiet_period_s), timedelta(seconds=settings.close_after_s)
    return ClosingDesk(
        desk=desk,
        closings=SqlClosings(database),
        postmortems=SqlPostmortems(database),
        entries=SqlEntries(database),
        runs=SqlRuns(database),
        rules=Rules(quiet, patience, settings.auto_resolve),
        take_up=deeds.take_up,
        respond=deeds.respond,
        remember=deeds.remember,
        in_hand=deeds.in_hand,
        publisher=open_shelf(settings),
        names=KnownNames(open_web(settings, governor=governor)) if settings.postmortem_names else None,
    )


async def close_closing(at: ClosingDesk) -> None:
    """Gives back every connection that a closing desk has of its own."""
    if at.publisher is not None:
        await at.publisher.close()
    if isinstance(at.names, KnownNames):
        await at.names.close()
