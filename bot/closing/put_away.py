"""Channels of incidents that were closed long ago are put away, where the team wants that."""

from __future__ import annotations

from datetime import timedelta

import structlog

from bot.closing.desk import ClosingDesk
from bot.domain.incident import Incident
from bot.insist import HOPELESS
from bot.ports import ChatError, JournalDown

log = structlog.get_logger(__name__)


async def put_away(at: ClosingDesk, after: timedelta | None) -> None:
    """Once for each channel that no open or newer incident uses; `after` the closing, None: never.

    One that Slack does not put away now is tried again the next time.
    """
    if after is None:
        return
    now = at.desk.clock.now()
    try:
        for incident in await at.closings.to_archive(now - after):
            if await _archived(at, incident):
                await at.closings.keep_archived(incident.id, now)
    except JournalDown as problem:
        log.warning("no channel is put away this time", problem=str(problem))


async def _archived(at: ClosingDesk, incident: Incident) -> bool:
    if incident.channel is None:
        return False
    try:
        await at.desk.chat.archive(incident.channel.id)
    except ChatError as problem:
        log.warning("a channel was not put away", incident=incident.id, slack=problem.code)
        return problem.code in HOPELESS
    return True
