"""Has a level of an incident's escalation policy called, and tells whether somebody has answered.

Source: PagerDuty's REST API reference, «Update an Incident» (`escalation_level`) and «Get an incident». A level that is
called already is called no second time by setting it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from integrations.contract import Paged, Refused
from integrations.pagerduty import NAME, Settings
from integrations.pagerduty.client import PagerDuty, let_in
from integrations.pagerduty.page import FROM, RESOLVED, paged, refusal

if TYPE_CHECKING:
    import pagerduty

LIMIT_S = 20.0
"""Seconds for all of it: two requests."""


async def call_level(settings: Settings, incident_id: str, level: int) -> Paged:
    """Whom this level of the incident's policy calls by now. Raises RoomError.

    Refused where there is no such level, and where it is resolved.
    """
    if not settings.page_from:
        raise Refused(NAME, "it is not said in whose name to page", FROM)
    door = PagerDuty(settings)
    try:
        return await door.run(lambda client: _called(client, settings.page_from, incident_id, level), LIMIT_S)
    finally:
        await door.close()


async def standing(settings: Settings, incident_id: str) -> Paged:
    """Who is called by now, and whether they have answered. Raises RoomError."""
    door = PagerDuty(settings)
    try:
        return await door.run(lambda client: paged(_incident(client, incident_id), before=True), LIMIT_S)
    finally:
        await door.close()


def _called(client: pagerduty.RestApiV2Client, sender: str, incident_id: str, level: int) -> Paged:
    if _incident(client, incident_id).get("status") == RESOLVED:  # it takes a level, and calls nobody
        raise Refused(NAME, "its incident is resolved there", "where it is not over, call somebody by hand")
    wanted = {"type": "incident", "escalation_level": level}
    answer = client.put(f"/incidents/{incident_id}", json={"incident": wanted}, headers={"From": sender})
    if answer.status_code == 400:
        about_sender = any(word in refusal(answer) for word in ("From", "Requester"))
        raise Refused(NAME, *(("it did not take the page (400)", FROM) if about_sender else _no_level(level)))
    if answer.status_code == 403:
        raise Refused(NAME, "no right to page (403)", "PAGERDUTY_API_KEY may only read; use one that is not read-only")
    let_in(answer.status_code)
    return paged(answer.json()["incident"], before=False)


def _incident(client: pagerduty.RestApiV2Client, incident_id: str) -> Mapping[str, Any]:
    answer = client.get(f"/incidents/{incident_id}")
    let_in(answer.status_code)
    found: Mapping[str, Any] = answer.json()["incident"]
    return found


def _no_level(level: int) -> tuple[str, str]:
    return f"its escalation policy has no level {level}", "the highest level was called before; call somebody by hand"
