"""Incidents that are over, as PagerDuty keeps them: what was wrong, for how long, and what people noted at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from integrations.contract import aware
from integrations.pagerduty import Settings
from integrations.pagerduty.client import MOST, Asked, PagerDuty, let_in

if TYPE_CHECKING:
    import pagerduty

MOST_PAGES = 50
"""So many pages of a hundred: PagerDuty tells no more than 10,000 of one question."""
LIMIT_S = 300.0
"""For all of them, one after another, from the command line."""


@dataclass(frozen=True, slots=True)
class Over:
    """One resolved incident."""

    id: str
    number: int
    title: str
    service: str
    """The name of the PagerDuty service."""
    created_at: datetime
    resolved_at: datetime | None
    url: str | None
    note: str
    """The last one that was written; empty where there is none."""


async def resolved(settings: Settings, since: datetime, until: datetime) -> tuple[Over, ...]:
    """What was opened between the two and is resolved, the oldest first. Raises RoomError."""

    def read(client: pagerduty.RestApiV2Client) -> tuple[Over, ...]:
        found: list[Over] = []
        for page in range(MOST_PAGES):
            asked: Asked = {
                "statuses": ["resolved"],
                "since": since.isoformat(),
                "until": until.isoformat(),
                "sort_by": "created_at:asc",
                "limit": MOST,
                "offset": page * MOST,
            }
            answer = client.get("/incidents", params={**asked})
            let_in(answer.status_code)
            told = answer.json()
            found += [_over(one, _last_note(client, str(one["id"]))) for one in told["incidents"]]
            if not told.get("more"):
                break
        return tuple(found)

    room = PagerDuty(settings)
    try:
        return await room.run(read, LIMIT_S)
    finally:
        await room.close()


def _last_note(client: pagerduty.RestApiV2Client, incident_id: str) -> str:
    answer = client.get(f"/incidents/{incident_id}/notes")
    let_in(answer.status_code)
    notes = sorted(answer.json()["notes"], key=lambda note: str(note.get("created_at") or ""))
    return str(notes[-1].get("content") or "") if notes else ""


def _over(wire: Mapping[str, Any], note: str) -> Over:
    ended = wire.get("resolved_at") or wire.get("last_status_change_at")
    return Over(
        id=str(wire["id"]),
        number=int(wire.get("incident_number") or 0),
        title=str(wire.get("title") or wire.get("summary") or ""),
        service=str((wire.get("service") or {}).get("summary") or ""),
        created_at=aware(datetime.fromisoformat(str(wire["created_at"]))),
        resolved_at=aware(datetime.fromisoformat(str(ended))) if ended else None,
        url=str(wire["html_url"]) if wire.get("html_url") else None,
        note=note.strip(),
    )
