"""What was done in Slack is done in PagerDuty too: acknowledged, noted, resolved; never twice, however often asked.

Source: PagerDuty's REST API reference, «Get an incident», «Update an incident», «Create a note on an incident».
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from integrations.contract import Refused
from integrations.pagerduty import NAME, Settings
from integrations.pagerduty.client import PagerDuty, let_in

if TYPE_CHECKING:
    import pagerduty

Json = Mapping[str, Any]

LIMIT_S = 15.0
"""Seconds for one of them: two requests."""
NOTE = 2_000
"""Characters of a note."""
_FROM = "PAGERDUTY_FROM must be the address of a user of this account"
_FULL_KEY = "PAGERDUTY_API_KEY may only read; this needs a REST API key that is not read-only"
_ALREADY = {"acknowledged": ("acknowledged", "resolved"), "resolved": ("resolved",)}
"""Where an incident is that far already, nothing is asked of it: each asking would be a line in its log."""


async def move(settings: Settings, incident_id: str, to: Literal["acknowledged", "resolved"]) -> None:
    """Acknowledges or resolves it, where it is not that far already. Raises RoomError."""
    await _done(settings, lambda client: _move(client, settings.page_from, incident_id, to))


async def note(settings: Settings, incident_id: str, mark: str, text: str) -> None:
    """Adds a note that begins with `mark`, unless one does already. Raises RoomError."""
    told = f"{mark} {' '.join(text.split())}"[:NOTE]
    await _done(settings, lambda client: _note(client, settings.page_from, incident_id, mark, told))


async def _done(settings: Settings, work: Callable[[pagerduty.RestApiV2Client], None]) -> None:
    if not settings.page_from:
        raise Refused(NAME, "it is not said in whose name to change anything", _FROM)
    door = PagerDuty(settings)
    try:
        await door.run(work, LIMIT_S)
    finally:
        await door.close()


def _move(client: pagerduty.RestApiV2Client, sender: str, incident_id: str, to: str) -> None:
    found = client.get(f"/incidents/{incident_id}")
    _taken(found)
    if found.json()["incident"]["status"] in _ALREADY[to]:
        return
    wanted = {"incident": {"type": "incident_reference", "status": to}}
    answer = client.put(f"/incidents/{incident_id}", json=wanted, headers={"From": sender})
    if answer.status_code == 400 and "Already Resolved" in answer.text:  # in the meantime
        return
    _taken(answer)


def _note(client: pagerduty.RestApiV2Client, sender: str, incident_id: str, mark: str, told: str) -> None:
    found = client.get(f"/incidents/{incident_id}/notes")
    _taken(found)
    if any(str(one["content"]).startswith(mark) for one in found.json()["notes"]):
        return
    wanted = {"note": {"content": told}}
    _taken(client.post(f"/incidents/{incident_id}/notes", json=wanted, headers={"From": sender}))


def _taken(answer: Any) -> None:
    """Nothing for a good answer. Raises the RoomError of any other."""
    match answer.status_code:
        case 403:
            raise Refused(NAME, "no right to change an incident (403)", _FULL_KEY)
        case 404:
            raise Refused(NAME, "it does not know this incident (404)")
        case 400:
            sender = any(word in answer.text for word in ("From", "Requester"))
            raise Refused(NAME, "it did not take the change (400)", _FROM if sender else "")
        case status:
            let_in(status)
