"""People are asked whether what is over may be closed; where nobody answers, it is closed and called so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import structlog

from bot.closing import closing_message
from bot.closing.desk import ClosingDesk, Wrapping, record_of
from bot.closing.postmortem.summary import what_helped
from bot.domain.briefing import Briefing
from bot.domain.closing import Closing, How, Over, Proposal
from bot.domain.entry import BOT
from bot.domain.incident import Incident, Posted
from bot.insist import HOPELESS
from bot.ports import ChatError

log = structlog.get_logger(__name__)


class NowhereError(Exception):
    """The incident is talked about nowhere yet."""


async def propose(at: ClosingDesk, over: Over, number: int) -> None:
    """Asks, once for each number: recorded first, and found by its key. People have their time from when it stands.

    Where the question has no place by the time that they would have had, it is closed unasked, and called so.
    Raises ChatError, JournalDown, and NowhereError where nobody would see it.
    """
    wrapping = Wrapping(at, over.incident_id, over.opening)
    incident, now = await wrapping.incident(), at.desk.clock.now()
    if incident.opening != over.opening or incident.status == "open":
        return  # it fired again
    asked = await at.closings.propose(Proposal(over.incident_id, over.opening, number, now))
    if asked.message is not None:
        return
    try:
        message = await _ask(wrapping, incident, number, now)
    except (NowhereError, ChatError) as problem:
        placeless = isinstance(problem, NowhereError) or problem.code in HOPELESS
        if not placeless or now < asked.at + at.rules.patience:
            raise
        await close(at, over, "not reviewed", unasked=True)
    else:
        await at.closings.propose(replace(asked, at=now, message=message))


async def _ask(wrapping: Wrapping, incident: Incident, number: int, now: datetime) -> Posted:
    channel = place_of(incident)
    if channel is None:
        raise NowhereError
    helped = what_helped(await record_of(wrapping, closing_by_bot(wrapping, "not reviewed")))
    words = closing_message.proposal(incident, helped.text if helped else "", now + wrapping.at.rules.patience, now)
    return await wrapping.desk.chat.stand(channel, words, key=wrapping.key(f"close?{number}"))


async def close(at: ClosingDesk, over: Over, how: How, *, unasked: bool = False) -> None:
    """Closes what no person closed. Raises JournalDown."""
    closing = closing_by_bot(Wrapping(at, over.incident_id, over.opening), how)
    closed = await at.closings.close(replace(closing, unasked=unasked))
    log.info("closed", incident=over.incident_id, opening=over.opening, how=closed.how if closed else "not any more")
    at.desk.changed.set()
    at.changed.set()


async def close_with_its_lead(at: ClosingDesk, over: Over, lead_id: str) -> None:
    """What is told with another incident is closed with it, and nobody is asked twice. Raises JournalDown."""
    lead = await at.desk.journal.incident(lead_id)
    closing = await at.closings.closing(lead_id, lead.opening)
    if closing is not None:
        await at.closings.close(replace(closing, incident_id=over.incident_id, opening=over.opening))
        at.desk.changed.set()
        at.changed.set()


async def settle(at: ClosingDesk, asked: Proposal) -> None:
    """A proposal that was answered, or overtaken, says so in its place. Raises ChatError, JournalDown."""
    if asked.message is not None:
        try:
            await at.desk.chat.edit(asked.message, await _how_it_ended(at, asked))
        except ChatError as problem:
            if problem.code not in HOPELESS:
                raise
    await at.closings.settle(asked)


async def _how_it_ended(at: ClosingDesk, asked: Proposal) -> Briefing:
    """Where it was closed, what the story of that would have said there. Raises JournalDown."""
    over, now = Wrapping(at, asked.incident_id, asked.opening), at.desk.clock.now()
    closing, incident = await over.closing(), await over.incident()
    if closing is None or asked.kept_by:
        again = now + at.rules.patience if asked.kept_by and closing is None else None
        return closing_message.turned_down(incident, asked, again, now)
    written = await at.postmortems.written(asked.incident_id, asked.opening)
    return closing_message.closed(incident, closing, written)


def closing_by_bot(wrapping: Wrapping, how: How) -> Closing:
    return Closing(wrapping.incident_id, wrapping.opening, wrapping.desk.clock.now(), BOT, how)


def place_of(incident: Incident) -> str | None:
    """The channel in which it is talked about; None: nobody sees it anywhere."""
    if incident.message is not None:
        return incident.message.channel_id
    return incident.channel.id if incident.channel else None
