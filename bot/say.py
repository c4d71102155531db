"""What the story says in Slack, and where: a place, the headline, the briefing in its stead, the notice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import structlog

from bot import compose
from bot.desk import Desk, Telling
from bot.domain.briefing import Briefing
from bot.domain.incident import Channel, Incident, Posted
from bot.insist import attempt, insist
from bot.ports import ChatError
from bot.priority import Priority, done_as
from bot.show import show, words

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the incident is talked about: its own channel, or the incidents channel until that is there."""

    channel_id: str


@done_as(Priority.HEADLINE)
async def find_place(telling: Telling) -> Place:
    """The incident's channel; if that is not there in time, the incidents channel for now."""
    desk, incident = telling.desk, await telling.incident()
    if incident.channel is not None:
        return Place(incident.channel.id)
    try:
        async with asyncio.timeout(desk.channel_timeout_s):
            return Place((await _own_channel(desk, incident)).id)
    except (ChatError, TimeoutError) as problem:
        log.warning("no channel yet", problem=str(problem) or "no answer in time")
        if desk.incidents_channel is None:
            return Place((await insist(partial(_own_channel, desk, incident))).id)
        return Place(desk.incidents_channel)


@done_as(Priority.HEADLINE)
async def headline(telling: Telling, place: Place) -> Posted:
    """The first message: nothing is known yet but the alert. Gives back where it stands."""
    desk, incident = telling.desk, await telling.incident()
    first = compose.headline(incident, len(desk.looking.sources), desk.clock.now())
    try:
        posted = await insist(_posting(telling, place.channel_id, first, "briefing"))
    except ChatError:  # it cannot be said there, whatever one tries: it gets a channel of its own
        channel = await insist(partial(_own_channel, desk, incident))
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
    """One line in the incidents channel, where people look for what is going on. However long Slack is away or has
    other things to say: nothing waits for it."""
    channel = telling.desk.incidents_channel
    if channel is None or said.channel_id == channel:
        return False
    line = compose.notice(await telling.incident())
    try:
        await insist(_posting(telling, channel, line, "notice"))
    except ChatError as problem:
        log.warning("no line in the incidents channel", slack=problem.code)
        return False
    await _show_again(telling)
    return True


async def move(telling: Telling, left: Posted) -> bool:
    """From the incidents channel to the incident's own, as soon as Slack gives one; a pointer stays behind.

    Where it never gives one, the incident stays where it is.
    """
    desk, incident = telling.desk, await telling.incident()
    if left.channel_id != desk.incidents_channel or not await _still_told(telling):
        return False
    try:
        channel = await insist(partial(_own_channel, desk, incident))
        if not await _still_told(telling):
            return False
        incident = await telling.incident()  # much may have happened while we waited
        report = await desk.journal.report(incident.id, telling.opening)
        posted = await insist(_posting(telling, channel.id, await words(desk, incident, report), "briefing"))
    except ChatError as problem:
        log.warning("stays in the incidents channel", slack=problem.code)
        return False
    await desk.journal.keep_message(incident.id, posted)
    pointed = await attempt("pointer", partial(desk.chat.edit, left, compose.moved(await telling.incident())))
    await _show_again(telling)
    return pointed


async def _show_again(telling: Telling) -> None:
    """What was said while the incident went on may be behind it: `bot.keep_current` has another look."""
    await telling.desk.journal.keep_shown(telling.incident_id, 0)
    telling.desk.changed.set()


async def _still_told(telling: Telling) -> bool:
    """Whether this is the incident's present opening; once it fired again, that story tells it."""
    return (await telling.incident()).opening == telling.opening


def _posting(telling: Telling, channel_id: str, words: Briefing, what: str) -> Callable[[], Awaitable[Posted]]:
    """A post that can be tried again: from the second try on, and after a crash, it first looks whether it stands."""
    key, tries = f"{telling.incident_id}:{telling.opening}:{what}", 0

    async def act() -> Posted:
        nonlocal tries
        tries += 1
        found = await telling.desk.chat.find(channel_id, key) if telling.taken_up or tries > 1 else None
        return found or await telling.desk.chat.post(channel_id, words, key=key)

    return act


async def _own_channel(desk: Desk, incident: Incident) -> Channel:
    channel = await desk.chat.open_channel(desk.channel_name(incident), incident.id)
    await desk.journal.keep_channel(incident.id, channel)
    return channel
