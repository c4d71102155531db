"""Whether a call is still wanted: the incident may be over, or somebody has answered, in Slack or in the pager."""

from __future__ import annotations

import structlog

from bot.desk import Desk
from bot.domain.entry import Entry
from bot.domain.incident import Incident
from bot.life.lifecycle import Standing, acknowledged_at, acknowledging, standing
from bot.life.reach import write
from bot.runs.action_ports import Escalator
from integrations.contract import RoomError

log = structlog.get_logger(__name__)


def over(incident: Incident, entry: Entry) -> bool:
    """Whether the opening has ended for which this entry has somebody called."""
    return incident.status != "open" or entry.value != f"begun {incident.opening}"


async def taken(desk: Desk, incident: Incident, entry: Entry) -> bool:
    """Whether somebody acknowledged since the call was begun, and has not taken it back, as far as the record tells."""
    if (await _standing(desk, incident)).answer(entry) is not None:
        return True
    if incident.lead is None:
        return False
    lead = await desk.journal.incident(incident.lead)  # linked since: who has the lead has this one
    return (await _standing(desk, lead)).acknowledged is not None


async def _standing(desk: Desk, incident: Incident) -> Standing:
    return standing(await desk.entries.of_incident(incident.id), incident.last_opened_at)


async def answered_there(desk: Desk, pager: Escalator, incident: Incident, page: str = "") -> bool:
    """Who answered there acknowledged it here. A pager that does not tell has nobody answer: better one call too many.

    `page` is what they were called by; without one the last. Raises JournalDown.
    """
    try:
        answered = pager.off(incident.service) == "" and await pager.answered(incident, page)
    except RoomError as problem:
        log.warning("cannot tell whether somebody answered", incident=incident.id, reason=str(problem))
        return False
    if answered:
        known = await desk.entries.of_incident(incident.id)
        when = acknowledged_at(incident, known, desk.clock.now())
        key = acknowledging(incident, known, when)
        await write(desk, Entry(incident.id, key, when, "acknowledged", f"{pager.source}:"))
    return bool(answered)
