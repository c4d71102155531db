"""PagerDuty's REST API over the playground's shifts: on-call, policies, users, and incidents that page; https only."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground.pagerduty_changes import Changes
from playground.pagerduty_listing import listing
from playground.serving import serving
from playground.tls import Certificates
from playground.world import Person, Shift, World

JSON = dict[str, Any]


@dataclass
class Running:
    url: str = ""
    ca_file: Path = Path()
    """For `EXTRA_CA_FILE`."""
    requests: list[str] = field(default_factory=list)
    """Path and query of each request so far."""
    incidents: list[JSON] = field(default_factory=list)
    """Those that were made here, oldest first."""
    done: list[str] = field(default_factory=list)
    """What was done to them through the API, such as `acknowledged Q1`."""


@asynccontextmanager
async def running(world: World, *, token: str, certificates: Certificates, port: int = 0) -> AsyncIterator[Running]:
    """Serves the world's shifts over TLS; `certificates` come from `playground.tls.make`."""
    stand_in = PagerDuty(world, token)
    async with serving(stand_in.app(), certificates, port) as url:
        stand_in.seen.url, stand_in.seen.ca_file = url, certificates.ca_file
        yield stand_in.seen


class PagerDuty:
    """The stand-in; `app()` is what is served, `seen` what was asked of it."""

    def __init__(self, world: World, token: str) -> None:
        self._world = world
        self._token = token
        self.seen = Running()
        self._changes = Changes(self.seen.incidents, world.people, self._assigned, _error)
        self.seen.done = self._changes.done

    def _assigned(self, policy: str, level: int) -> list[JSON]:
        return _assignments(
            [shift for shift in self._world.shifts() if shift.policy_id == policy], level, self.seen.url
        )

    def app(self) -> Starlette:
        routes = [
            Route("/oncalls", self._oncalls),
            Route("/abilities", self._abilities),
            Route("/incidents", self._incidents, methods=["GET", "POST"]),
            *self._changes.routes(),
            Route("/escalation_policies/{id}", self._policy),
            Route("/users/{id}", self._user),
        ]
        return Starlette(routes=routes, middleware=[Middleware(BaseHTTPMiddleware, dispatch=self._guard)])

    async def _guard(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        self.seen.requests.append(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
        given = request.headers.get("authorization", "")
        if not secrets.compare_digest(given.encode(), f"Token token={self._token}".encode()):
            return _error(401, 2006, "Unauthorized")
        response = await call_next(request)
        return _error(404, 2100, "Not Found") if response.status_code == 404 else response

    async def _oncalls(self, request: Request) -> Response:
        """Filters by policy and user as the real one does; a policy that does not exist has nobody on call."""
        asked = request.query_params
        unknown = sorted(set(asked) - _ONCALL_PARAMETERS)
        if unknown:
            return _error(400, 2001, "Invalid Input Provided", [f"{name} is not permitted" for name in unknown])
        policies, users = asked.getlist("escalation_policy_ids[]"), asked.getlist("user_ids[]")
        turns = [
            _oncall(shift, self._base(request), full="users" in asked.getlist("include[]"))
            for shift in self._world.shifts()
            if (not policies or shift.policy_id in policies) and (not users or _user_id(shift.person) in users)
        ]
        limit = int(asked["limit"]) if asked.get("limit", "").isdigit() else 25
        offset = int(asked["offset"]) if asked.get("offset", "").isdigit() else 0
        page = turns[offset : offset + limit]
        more = offset + limit < len(turns)
        return JSONResponse({"oncalls": page, "limit": limit, "offset": offset, "more": more, "total": None})

    async def _abilities(self, _: Request) -> Response:
        return JSONResponse({"abilities": ["teams", "read_only_users", "service_support_hours", "urgencies"]})

    async def _incidents(self, request: Request) -> Response:
        """What is listed; a call that would change something is another matter."""
        if request.method == "POST":
            return self._make(request, await request.json())
        return listing(request.query_params, self.seen.incidents, self._world.now(), _error)

    def _make(self, request: Request, asked: JSON) -> Response:
        """An incident that calls level 1 of its escalation policy. One of an open incident's key is refused."""
        sender, wanted = request.headers.get("from"), asked.get("incident") or {}
        if not sender:
            return _error(400, 2016, 'You must specify a user\'s email address in the "From" header')
        if sender not in [person.email for person in self._world.people()]:
            return _error(400, 1008, "Requester User Not Found")
        policy = str((wanted.get("escalation_policy") or {}).get("id", ""))
        turns = [shift for shift in self._world.shifts() if shift.policy_id == policy]
        if not turns or (wanted.get("service") or {}).get("id") != _service_id(policy) or not wanted.get("title"):
            return _error(400, 2002, "Arguments Caused Error", ["Service not found"])
        key, base = str(wanted.get("incident_key") or secrets.token_hex(8)), self._base(request)
        if any(one["incident_key"] == key and one["status"] != "resolved" for one in self.seen.incidents):
            told = "Open incident with matching dedup key already exists on this service"
            return _error(400, 2002, "Arguments Caused Error", [told])
        made = _incident(f"Q{len(self.seen.incidents) + 1:08d}", wanted, turns, base)
        made |= {"incident_key": key, "created_at": _time(self._world.now())}
        self.seen.incidents.append(made)
        return JSONResponse({"incident": made}, 201)

    async def _policy(self, request: Request) -> Response:
        wanted = [shift for shift in self._world.shifts() if shift.policy_id == request.path_params["id"]]
        if not wanted:
            return _error(404, 2100, "Not Found")
        base = self._base(request)
        rules = [
            {"id": f"R{level}", "escalation_delay_in_minutes": 30,
             "targets": [_user(s.person, base, full=False) for s in wanted if s.level == level]}
            for level in sorted({shift.level for shift in wanted})
        ]  # fmt: skip
        service = {
            "id": _service_id(wanted[0].policy_id),
            "type": "service_reference",
            "summary": wanted[0].policy_name,
        }
        whole = {**_policy(wanted[0], base), "escalation_rules": rules, "services": [service]}
        return JSONResponse({"escalation_policy": whole})

    async def _user(self, request: Request) -> Response:
        for person in self._world.people():
            if _user_id(person) == request.path_params["id"]:
                return JSONResponse({"user": _user(person, self._base(request), full=True)})
        return _error(404, 2100, "Not Found")

    @staticmethod
    def _base(request: Request) -> str:
        return str(request.base_url).rstrip("/")


_ONCALL_PARAMETERS = {
    *("escalation_policy_ids[]", "user_ids[]", "schedule_ids[]", "include[]", "earliest", "limit", "offset"),
    *("since", "until", "time_zone", "total"),
}


def _error(status: int, code: int, message: str, errors: Sequence[str] = ()) -> JSONResponse:
    told: JSON = {"code": code, "message": message}
    return JSONResponse({"error": {**told, "errors": list(errors)} if errors else told}, status)


def _oncall(shift: Shift, base: str, *, full: bool) -> JSON:
    return {
        "escalation_policy": _policy(shift, base),
        "escalation_level": shift.level,
        "schedule": None,
        "user": _user(shift.person, base, full=full),
        "start": None,
        "end": _time(shift.until),
    }


def _incident(id_: str, wanted: JSON, turns: Sequence[Shift], base: str) -> JSON:
    return {
        "id": id_,
        "type": "incident",
        "title": wanted["title"],
        "summary": wanted["title"],
        "status": "triggered",
        "urgency": wanted.get("urgency", "high"),
        "body": wanted.get("body"),
        "service": {
            "id": _service_id(turns[0].policy_id),
            "type": "service_reference",
            "summary": turns[0].policy_name,
        },
        "escalation_policy": _policy(turns[0], base),
        "assignments": _assignments(turns, 1, base),
        "html_url": f"{base}/incidents/{id_}",
    }


def _assignments(turns: Sequence[Shift], level: int, base: str) -> list[JSON]:
    return [{"at": None, "assignee": _user(shift.person, base, full=False)} for shift in turns if shift.level == level]


def _service_id(policy_id: str) -> str:
    """Each escalation policy is used by one service."""
    return f"S{policy_id.removeprefix('P')}"


def _policy(shift: Shift, base: str) -> JSON:
    return {
        "id": shift.policy_id,
        "type": "escalation_policy_reference",
        "summary": shift.policy_name,
        "self": f"{base}/escalation_policies/{shift.policy_id}",
        "html_url": f"{base}/escalation_policies/{shift.policy_id}",
    }


def _user(person: Person, base: str, *, full: bool) -> JSON:
    reference = {
        "id": _user_id(person),
        "type": "user" if full else "user_reference",
        "summary": person.name,
        "self": f"{base}/users/{_user_id(person)}",
        "html_url": f"{base}/users/{_user_id(person)}",
    }
    return {**reference, "name": person.name, "email": person.email, "time_zone": "UTC"} if full else reference


def _user_id(person: Person) -> str:
    """As PagerDuty's: P and letters, the same for a person each time."""
    return "P" + person.slack_id.upper().removeprefix("U")


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
