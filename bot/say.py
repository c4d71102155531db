"""What the story says in Slack, and where: a place, the headline, the briefing in its stead, the notice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import structlog

from bot import compose
from bot.desk import Telling
from bot.domain.briefing import Briefing
from bot.domain.incident import Posted
from bot.insist import OUTAGE_S, attempt, insist
from bot.place import home_of, own_channel, reach_home
from bot.ports import ChatError
from bot.priority import Priority, done_as
from bot.show import company_of, go_home, show, words
from bot.storms.one_incident import stands_in_table, table_of, turn_for_a_channel

log = structlog.get_logger(__name__)

SOON_S = 0.5
"""How soon it is looked again whether another replica has brought the message home."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the incident is talked about: its own channel, or the incidents channel until that is there.

    In a storm it is a row of the storm's table.
    """

    channel_id: str
    table: str = ""
    """The table's ts."""


@done_as(Priority.HEADLINE)
async def find_place(telling: Telling) -> Place:
    """The incident's channel, or that of its lead; if that is not there in time, the incidents channel for now.

    In a storm its table.
    """
    desk, incident = telling.desk, await telling.incident()
    if (home := await home_of(desk, incident)) is not None:
        return Place(home.id)
    if (table := await table_of(desk, incident)) is not None:
        return Place(table.channel_id, table.ts)
    try:
        async with asyncio.timeout(desk.channel_timeout_s):
            return Place((await reach_home(desk, incident)).id)
    except (ChatError, TimeoutError) as problem:
        log.warning("no channel yet", problem=str(problem) or "no answer in time")
        if desk.incidents_channel is None:
            return Place((await insist(partial(reach_home, desk, incident))).id)
        return Place(desk.incidents_channel)


@done_as(Priority.HEADLINE)
async def headline(telling: Telling, place: Place) -> Posted:
    """The first message: nothing is known yet but the alert. Gives back where it stands.

    In a storm the table is it, and the incident has no message of its own.
    """
    if place.table:
        return Posted(place.channel_id, place.table)
    desk, incident = telling.desk, await telling.incident()
    first = await words(desk, incident, None)
    try:
        posted = await insist(_posting(telling, place.channel_id, first, "briefing"))
    except ChatError:  # it cannot be said there, whatever one tries: it gets a channel of its own
        channel = await insist(partial(own_channel, desk, incident))
        posted = await insist(_posting(telling, channel.id, first, "briefing"))
    if await _still_told(telling):
        await desk.journal.keep_message(incident.id, posted)
    desk.measures.headline(incident, desk.clock.now())
    return posted


async def briefing(telling: Telling) -> bool:
    """Edits the message into what the journal holds by now."""
    desk = telling.desk
    if not await _still_told(telling):
        return False
    try:
        await insist(partial(show, desk, telling.incident_id))
    except ChatError as problem:  # somebody removed the message, or the whole channel
        log.warning("no message to edit", slack=problem.code)
        return False
    report = await desk.journal.report(telling.incident_id, telling.opening)
    if report is not None:
        desk.measures.briefing(await telling.incident(), desk.clock.now())
        log.info("briefed", confidence=report.analysis.confidence, gaps=[gap.source for gap in report.context.gaps])
    return True


async def briefed(telling: Telling) -> bool:
    """From here on, what changes in the journal is shown by `bot.keep_current`."""
    await telling.desk.journal.keep_briefed(telling.incident_id, telling.opening)
    telling.desk.changed.set()
    return True


async def notice(telling: Telling, said: Posted) -> bool:
    """One line in the incidents channel, where people look for what is going on."""
    channel, incident = telling.desk.incidents_channel, await telling.incident()
    if channel is None or said.channel_id == channel or await stands_in_table(telling.desk, incident, said):
        return False  # of a storm one line stands there for all
    line = compose.notice(incident, await company_of(telling.desk, incident))
    stands = await attempt("notice", _posting(telling, channel, line, "notice"), OUTAGE_S)
    await _show_again(telling)
    return stands


async def move(telling: Telling, left: Posted) -> bool:
    """To where the incident belongs, as soon as Slack gives a channel; a pointer stays behind.

    Where it never gives one, the incident stays where it is. From a storm's table they move one after another, the
    most important first; the row points there. One that is told with another goes to that one's channel, if that is
    there by now; if not, `bot.keep_current` brings it there later.
    """
    incident = await telling.incident()
    if incident.lead is None and await stands_in_table(telling.desk, incident, left):
        async with turn_for_a_channel(telling) as due:
            moved = due and await _bring_home(telling)
    else:
        moved = await _bring_home(telling)
    await _show_again(telling)
    return moved


async def _bring_home(telling: Telling) -> bool:
    """Where the channel is its own, it is opened. False where the incident stays where it is."""
    desk, incident = telling.desk, await telling.incident()
    if not await _still_told(telling):
        return False
    try:
        if incident.lead is None and incident.channel is None:
            await insist(partial(own_channel, desk, incident))
        return await insist(partial(_go_home, telling))
    except ChatError as problem:
        log.warning("stays where it is", slack=problem.code)
        return False


async def _go_home(telling: Telling) -> bool:
    """By one replica at a time: another's `bot.keep_current` may be at the same. Raises ChatError."""
    while True:
        async with telling.desk.alone(f"show {telling.incident_id}") as ours:
            if ours:
                return await go_home(telling.desk, telling.incident_id, telling.opening)
        await asyncio.sleep(SOON_S)


async def _show_again(telling: Telling) -> None:
    """What was said while the incident went on may be behind it: `bot.keep_current` has another look."""
    await telling.desk.journal.show_again(telling.incident_id)
    telling.desk.changed.set()


async def _still_told(telling: Telling) -> bool:
    """Whether this is the incident's present opening; once it fired again, that story tells it."""
    return (await telling.incident()).opening == telling.opening


def _posting(telling: Telling, channel_id: str, words: Briefing, what: str) -> Callable[[], Awaitable[Posted]]:
    """A post that can be tried again: where it may stand already, it first looks whether it does."""
    key, tries = f"{telling.incident_id}:{telling.opening}:{what}", 0

    async def act() -> Posted:
        nonlocal tries
        tries += 1
        found = await telling.desk.chat.find(channel_id, key) if tries > 1 or telling.may_stand() else None
        return found or await telling.desk.chat.post(channel_id, words, key=key)

    return act
