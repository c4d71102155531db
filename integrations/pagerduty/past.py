"""Incidents that are over, as PagerDuty keeps them: what was wrong, for how long, and what people noted at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from integrations.contract import Refused, aware
from integrations.pagerduty import NAME, Settings
from integrations.pagerduty.client import MOST, Asked, PagerDuty, let_in

if TYPE_CHECKING:
    import pagerduty

SPAN = timedelta(days=90)
"""Asked for at once. PagerDuty takes no question about more than half a year, and counts by whole days."""
MOST_PAGES = 100
"""So many pages of a hundred: PagerDuty tells no more than 10,000 of one question."""
MOST_FOUND = 5_000
LIMIT_S = 1_800.0
"""For all of them, one after another, from the command line."""

_LESS = "ask for less: `--days 90`"
_KEY = "PAGERDUTY_API_KEY must be a REST API key that may read incidents (read-only will do)"


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


@dataclass(frozen=True, slots=True)
class Past:
    """What was found of it."""

    found: tuple[Over, ...]
    """The oldest first."""
    left_out_before: datetime | None = None
    """What was opened before then was not read, because there is too much; None: all was."""


async def resolved(settings: Settings, since: datetime, until: datetime, most: int = MOST_FOUND) -> Past:
    """What was opened between the two days and is resolved, at most the newest so many. Raises RoomError."""

    def read(client: pagerduty.RestApiV2Client) -> Past:
        found: dict[str, Over] = {}
        for wire in _newest_first(client, since, until):
            id_ = str(wire["id"])
            if id_ in found:
                continue
            if len(found) == most:
                return Past(_oldest_first(found), min(one.created_at for one in found.values()))
            found[id_] = _over(wire, _last_note(client, id_))
        return Past(_oldest_first(found))

    room = PagerDuty(settings)
    try:
        return await room.run(read, LIMIT_S)
    finally:
        await room.close()


def _oldest_first(found: Mapping[str, Over]) -> tuple[Over, ...]:
    return tuple(sorted(found.values(), key=lambda one: (one.created_at, one.number)))


def _newest_first(client: pagerduty.RestApiV2Client, since: datetime, until: datetime) -> Iterator[Mapping[str, Any]]:
    """Span after span; what was opened on the day at which two meet comes twice."""
    while until > since:
        begin = max(since, until - SPAN)
        yield from _within(client, begin, until)
        until = begin


def _within(client: pagerduty.RestApiV2Client, since: datetime, until: datetime) -> Iterator[Mapping[str, Any]]:
    for page in range(MOST_PAGES):
        asked: Asked = {
            "statuses": ["resolved"],
            "since": since.isoformat(),
            "until": until.isoformat(),
            "sort_by": "created_at:desc",
            "limit": MOST,
            "offset": page * MOST,
        }
        told = _answer(client.get("/incidents", params={**asked}))
        yield from told["incidents"]
        if not told.get("more"):
            return


def _last_note(client: pagerduty.RestApiV2Client, incident_id: str) -> str:
    notes = _answer(client.get(f"/incidents/{incident_id}/notes"))["notes"]
    notes = sorted(notes, key=lambda note: str(note.get("created_at") or ""))
    return str(notes[-1].get("content") or "") if notes else ""


def _answer(answer: Any) -> Any:
    """What it holds. Raises the RoomError of any other than a good one."""
    if answer.status_code == 400:
        raise Refused(NAME, "it does not take this question (400)", _LESS)
    if answer.status_code == 403:
        raise Refused(NAME, "no right to read incidents (403)", _KEY)
    if answer.status_code == 404:
        raise Refused(NAME, "it knows no such incident, or none at all (404)", "check PAGERDUTY_API_URL")
    let_in(answer.status_code)
    return answer.json()


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
