"""An open incident whose place in Slack is archived or deleted goes on in another, where people can see it."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial

import structlog

from bot import compose
from bot.chores import CHORES
from bot.desk import Desk, Telling
from bot.domain.briefing import Briefing
from bot.domain.incident import Incident, Posted
from bot.insist import LOCKED_OUT, attempt
from bot.ports import ChatError

log = structlog.get_logger(__name__)

GONE = {
    "is_archived": "was archived",
    "is_inactive": "was archived",  # its word where a message is edited
    "channel_not_found": "was deleted, or made private",
    "not_in_channel": "does not have this bot in it any more",
}
"""What Slack says of a place in which the bot can no longer speak, and what that means."""
PUT_OUT = "not_in_channel"
"""People are still there, who removed the bot: a second channel would tear them apart."""
TELLING_S = 10.0
"""How long Slack is tried with each thing that only helps to find it there."""


async def told_elsewhere(desk: Desk, incident: Incident, words: Briefing, problem: ChatError) -> bool:
    """Whether the incident's message stands in another place now, once, and with why it does.

    Only what is still open is told on, and only where the place is gone: a message that people removed stays removed.
    Raises ChatError where Slack may give another place later.
    """
    left = incident.message
    if left is None or incident.status != "open" or problem.code not in GONE:
        return False
    channel_id = await _another_place(desk, incident, left, problem.code)
    if channel_id is None:
        return False
    key = f"{incident.id}:{incident.opening}:briefing"
    posted = await desk.chat.stand(channel_id, words, key=key)
    await desk.journal.keep_message(incident.id, posted)
    log.warning("told in another place, for its own is gone", slack=problem.code, left=left.channel_id, to=channel_id)
    await attempt("why it moved", partial(_say_why, desk, posted, left, problem.code), TELLING_S)
    await attempt("notice", partial(_point_there, desk, incident.id), TELLING_S)
    await _settle(desk, await desk.journal.incident(incident.id))
    return True


async def _another_place(desk: Desk, incident: Incident, left: Posted, code: str) -> str | None:
    """The channel of the incident, or of the one that it is told with; where there is none, the incidents channel."""
    home = await desk.journal.incident(incident.lead) if incident.lead else incident
    if home.channel is not None and home.channel.id != left.channel_id:
        return home.channel.id
    elsewhere = desk.incidents_channel if desk.incidents_channel != left.channel_id else None
    if code == PUT_OUT and elsewhere is not None:
        return elsewhere
    try:
        channel = await desk.chat.open_channel(desk.channel_name(home), home.id)
    except ChatError as refusal:
        if refusal.passing or refusal.code in LOCKED_OUT:
            raise
        log.warning("no other channel", slack=refusal.code)
        return elsewhere
    await desk.journal.keep_channel(home.id, channel)
    return channel.id


async def _say_why(desk: Desk, posted: Posted, left: Posted, code: str) -> None:
    """Under the message, for whoever wonders at a second channel."""
    key = f"{posted.ts}:moved"
    why = f"<#{left.channel_id}> {GONE[code]} while this incident was open, so it goes on here."
    words = Briefing(plain="Moved", headline=why)
    await desk.chat.stand(posted.channel_id, words, key=key, thread=posted.ts)


async def _point_there(desk: Desk, incident_id: str) -> None:
    """The incident's line in the incidents channel leads to where it is told now."""
    incident = await desk.journal.incident(incident_id)
    if desk.incidents_channel is not None:
        notice = await desk.chat.find(desk.incidents_channel, f"{incident.id}:{incident.opening}:notice")
        if notice is not None:
            await desk.chat.edit(notice, compose.notice(incident))


async def _settle(desk: Desk, incident: Incident) -> None:
    """A new channel of its own gets what the first one had: topic, pin, the people on call."""
    if incident.channel is None or incident.message is None or incident.message.channel_id != incident.channel.id:
        return
    telling = Telling(desk, incident.id, incident.opening, may_stand=lambda: True)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(TELLING_S):
            await asyncio.gather(*(CHORES[name](telling) for name in ("topic", "pin", "invite")))
