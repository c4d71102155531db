"""How the PagerDuty stand-in lists incidents: filtered, ordered and paged as by the real one, and refused as by it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from starlette.datastructures import QueryParams
from starlette.responses import JSONResponse, Response

from playground.pagerduty_changes import Refusal

JSON = dict[str, Any]

LONGEST = timedelta(days=180)
"""Half a year at once: of more it says no more than « is invalid.»"""
USUAL = timedelta(days=30)
"""It goes back so far where it is not told since when."""
FURTHEST = 10_000
"""The last one of a question's answers that it tells."""
MOST, FEW = 100, 25


def listing(asked: QueryParams, incidents: Sequence[JSON], now: datetime, refusal: Refusal) -> Response:
    """A page of those that are asked for; the newest first, unless `sort_by` says otherwise."""
    limit, offset = min(_number(asked, "limit", FEW), MOST), _number(asked, "offset", 0)
    if limit + offset > FURTHEST:
        told = f"Offset+limit exceeds maximum allowed value of {FURTHEST}. Please try to refine your search"
        return refusal(400, 2002, "Arguments Caused Error", [told])
    try:
        until = _moment(asked.get("until")) or now
        since = _moment(asked.get("since")) or until - USUAL
    except ValueError:
        return refusal(400, 2001, "Invalid Input Provided", ["Time is invalid."])
    everything = asked.get("date_range") == "all"
    if until - since > LONGEST and not everything:
        return refusal(400, 2001, "Invalid Input Provided", [" is invalid."])
    within = [one for one in incidents if everything or _within(one, since, until)]
    found = _ordered(_filtered(within, asked), asked.get("sort_by"))
    page = found[offset : offset + limit]
    more = offset + limit < len(found)
    return JSONResponse({"incidents": page, "limit": limit, "offset": offset, "more": more, "total": None})


def _number(asked: QueryParams, name: str, otherwise: int) -> int:
    given = asked.get(name, "")
    return int(given) if given.isdigit() else otherwise


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _within(incident: JSON, since: datetime, until: datetime) -> bool:
    """By whole days, as the real one does: so that it is told in two spans that meet on its day."""
    created = _moment(incident.get("created_at"))
    return created is None or since.date() <= created.date() <= until.date()


def _filtered(incidents: Iterable[JSON], asked: QueryParams) -> list[JSON]:
    states, key = asked.getlist("statuses[]"), asked.get("incident_key")
    return [
        one
        for one in incidents
        if (not states or one["status"] in states) and (key is None or one.get("incident_key") == key)
    ]


def _ordered(incidents: list[JSON], by: str | None) -> list[JSON]:
    if by is None:
        return incidents[::-1]
    name, _, way = by.partition(":")
    return sorted(incidents, key=lambda one: str(one.get(name) or ""), reverse=way == "desc")
