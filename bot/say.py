"""What a story says in Slack, and where: a place, the headline, the briefing in its stead, and the small chores."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import structlog

from bot import compose
from bot.chart import chart
from bot.desk import Desk, Telling
from bot.domain.briefing import Briefing
from bot.domain.context import Report
from bot.domain.incident import Channel, Incident, Posted
from bot.insist import attempt, insist
from bot.ports import ChatError
from integrations.contract import OnCall

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the incident is talked about. `temporary`: in the incidents channel, until its own is there."""

    channel_id: str
    temporary: bool = False


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
        return Place(desk.incidents_channel, temporary=True)


async def headline(telling: Telling, place: Place) -> bool:
    """The first message: nothing is known yet but the alert."""
    desk, incident = telling.desk, await telling.incident()
    words = compose.headline(incident, len(desk.gathering.sources), desk.clock.now())
    try:
        posted = await insist(_posting(telling, place.channel_id, words, "briefing"))
    except ChatError:  # its channel was archived or left since: it gets a new one
        channel = await insist(partial(_own_channel, desk, incident))
        posted = await insist(_posting(telling, channel.id, words, "briefing"))
    await desk.journal.keep_message(incident.id, posted)
    desk.measures.headline(incident, desk.clock.now())
    return True


async def briefing(telling: Telling) -> bool:
    """Edits the message into what the journal holds by now. Before the headline stands, there is nothing to edit."""
    desk = telling.desk
    if (await telling.incident()).message is None:
        return False
    try:
        await insist(partial(show, desk, telling.incident_id))
    except ChatError as problem:  # somebody removed the message, or the whole channel
        log.warning("no message to edit", slack=problem.code)
        return False
    report = await desk.journal.report(telling.incident_id, telling.opening)
    if report is not None and not report.context.waiting:
        desk.measures.briefing(await telling.incident(), desk.clock.now())
        log.info("briefed", confidence=report.analysis.confidence, gaps=[gap.source for gap in report.context.gaps])
    return True


async def show(desk: Desk, incident_id: str) -> None:
    """Brings the incident's message up to date with the journal. Raises ChatError."""
    async with desk.turns[incident_id]:
        revision = await desk.journal.revision(incident_id)
        incident = await desk.journal.incident(incident_id)
        report = await desk.journal.report(incident_id, incident.opening)
        if incident.message is None:
            return
        words = await _words(desk, incident, report)
        await desk.chat.edit(incident.message, words)
        await desk.journal.keep_shown(incident_id, revision)


async def _words(desk: Desk, incident: Incident, report: Report | None) -> Briefing:
    """What the message says by now."""
    now = desk.clock.now()
    if report is None:
        return compose.headline(incident, len(desk.gathering.sources), now)
    before = await desk.journal.incident(incident.previous) if incident.previous else None
    return compose.brief(incident, report, now, before.channel if before else None)


async def resolved(desk: Desk, incident_id: str) -> None:
    """One line in the channel when the last alert is resolved; once for each resolution. Raises ChatError."""
    incident = await desk.journal.incident(incident_id)
    if incident.resolved_at is None or incident.message is None:
        return
    key = f"{incident.id}:{incident.opening}:resolved"
    if await desk.chat.find(incident.message.channel_id, key) is None:
        await desk.chat.post(incident.message.channel_id, compose.resolved(incident), key=key)
        await _update_notice(desk, incident)


async def _update_notice(desk: Desk, incident: Incident) -> None:
    """The line in the incidents channel says that it is over."""
    if desk.incidents_channel is None:
        return
    posted = await desk.chat.find(desk.incidents_channel, f"{incident.id}:{incident.opening}:notice")
    if posted is not None:
        await desk.chat.edit(posted, compose.notice(incident))


async def notice(telling: Telling, place: Place) -> bool:
    """One line in the incidents channel, where people look for what is going on."""
    desk = telling.desk
    if desk.incidents_channel is None or place.temporary:
        return False
    words = compose.notice(await telling.incident())
    return await attempt("notice", _posting(telling, desk.incidents_channel, words, "notice"))


async def move(telling: Telling) -> bool:
    """From the incidents channel to the incident's own, as soon as Slack gives one."""
    desk, incident = telling.desk, await telling.incident()
    if incident.message is None:
        return False
    channel = await insist(partial(_own_channel, desk, incident))
    report = await desk.journal.report(incident.id, telling.opening)
    posted = await insist(_posting(telling, channel.id, await _words(desk, incident, report), "briefing"))
    left = incident.message
    await desk.journal.keep_message(incident.id, posted)
    if left != posted:
        await attempt("pointer", partial(desk.chat.edit, left, compose.moved(await telling.incident())))
    return True


async def _topic(telling: Telling) -> bool:
    incident = await telling.incident()
    report = await telling.desk.journal.report(incident.id, telling.opening)
    if incident.channel is None:
        return False
    words = compose.topic(incident, report)
    return await attempt("topic", partial(telling.desk.chat.topic, incident.channel.id, words))


async def _pin(telling: Telling) -> bool:
    incident = await telling.incident()
    if incident.message is None:
        return False
    return await attempt("pin", partial(telling.desk.chat.pin, incident.message))


async def _invite(telling: Telling) -> bool:
    """Those who are on call come in; nobody else is called."""
    incident = await telling.incident()
    report = await telling.desk.journal.report(incident.id, telling.opening)
    emails = [person.email for person in report.context.of(OnCall) if person.email] if report else []
    if incident.channel is None or not emails:
        return False
    return await attempt("invite", partial(telling.desk.chat.invite, incident.channel.id, emails))


async def _chart(telling: Telling) -> bool:
    """Error rate and latency as a picture, in the thread of the briefing."""
    desk, incident = telling.desk, await telling.incident()
    report = await desk.journal.report(incident.id, telling.opening)
    picture = await asyncio.to_thread(chart, report, incident) if report else None
    if picture is None or incident.message is None:
        return False
    words = compose.chart_words(incident)
    act = partial(
        desk.chat.picture,
        incident.message,
        picture,
        title=words.plain,
        alt=words.headline,
        key=f"{incident.id}:{telling.opening}:chart",
    )
    return await attempt("chart", act)


async def done(telling: Telling) -> bool:
    """The story has ended; from here on the journal's changes are shown by `bot.keep_current`."""
    await telling.desk.journal.keep_briefed(telling.incident_id, telling.opening)
    return True


CHORES: dict[str, Callable[[Telling], Awaitable[bool]]] = {
    "topic": _topic,
    "pin": _pin,
    "invite": _invite,
    "chart": _chart,
}
"""After the briefing, side by side: each is nice to have, and none may hold up another."""


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
