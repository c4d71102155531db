"""What may be done to an incident of the PagerDuty stand-in, refused as the real one refuses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground.world import Person

JSON = dict[str, Any]

NOT_FOUND = 2100
_STATES = ("acknowledged", "resolved")


class Refusal(Protocol):
    def __call__(self, status: int, code: int, message: str, errors: Sequence[str] = ()) -> JSONResponse: ...


class Changes:
    """`incidents` is shared with whoever makes them; `done` is each change in PagerDuty's words, such as `note Q1`."""

    def __init__(
        self,
        incidents: list[JSON],
        people: Callable[[], Sequence[Person]],
        assigned: Callable[[str, int], list[JSON]],
        refusal: Refusal,
    ) -> None:
        """`assigned`: whom a level of an escalation policy (its id) calls; nobody where there is no such level."""
        self._incidents = incidents
        self._assigned = assigned
        self._people = people
        self._refusal = refusal
        self.done: list[str] = []

    def routes(self) -> list[Route]:
        return [
            Route("/incidents/{id}", self._incident, methods=["GET", "PUT"]),
            Route("/incidents/{id}/notes", self._notes, methods=["GET", "POST"]),
        ]

    async def _incident(self, request: Request) -> Response:
        found = self._found(request)
        if found is None:
            return self._refusal(404, NOT_FOUND, "Not Found")
        if request.method == "GET":
            return JSONResponse({"incident": _shown(found)})
        return self._sender(request) or self._move(found, (await request.json()).get("incident") or {})

    def _move(self, incident: JSON, wanted: JSON) -> Response:
        if "escalation_level" in wanted and "status" not in wanted:
            return self._escalate(incident, wanted)
        state = wanted.get("status")
        if wanted.get("type") not in ("incident", "incident_reference") or state not in _STATES:
            return self._refusal(400, 2001, "Invalid Input Provided", ["Status must be acknowledged or resolved."])
        if incident["status"] == "resolved":
            return self._refusal(400, 2001, "Arguments Caused Error", ["Incident Already Resolved"])
        incident["status"] = state
        self.done.append(f"{state} {incident['id']}")
        return JSONResponse({"incident": _shown(incident)})

    def _escalate(self, incident: JSON, wanted: JSON) -> Response:
        """The level is called; who had acknowledged it has not any more. The same level again changes nothing."""
        level = wanted["escalation_level"]
        called = self._assigned(incident["escalation_policy"]["id"], level) if isinstance(level, int) else []
        if wanted.get("type") not in ("incident", "incident_reference") or not called:
            return self._refusal(400, 2001, "Invalid Input Provided", ["Escalation level is not valid."])
        if incident["status"] == "resolved":
            return self._refusal(400, 2001, "Arguments Caused Error", ["Incident Already Resolved"])
        if incident["assignments"] != called:
            incident |= {"assignments": called, "status": "triggered"}
            self.done.append(f"level {level} {incident['id']}")
        return JSONResponse({"incident": _shown(incident)})

    async def _notes(self, request: Request) -> Response:
        found = self._found(request)
        if found is None:
            return self._refusal(404, NOT_FOUND, "Not Found")
        notes: list[JSON] = found.setdefault("notes", [])
        if request.method == "GET":
            return JSONResponse({"notes": notes})
        content = str(((await request.json()).get("note") or {}).get("content") or "")
        if refused := self._sender(request):
            return refused
        if not content.strip():
            return self._refusal(400, 2001, "Invalid Input Provided", ["Content cannot be empty."])
        notes.append({"id": f"N{len(notes) + 1}", "content": content, "user": {"summary": "Bot"}})
        self.done.append(f"note {found['id']}")
        return JSONResponse({"note": notes[-1]}, 200)

    def _sender(self, request: Request) -> Response | None:
        """What is said to a change in nobody's name, or in that of somebody unknown; None: it may be done."""
        sender = request.headers.get("from")
        if not sender:
            return self._refusal(400, 2016, 'You must specify a user\'s email address in the "From" header')
        if sender not in [person.email for person in self._people()]:
            return self._refusal(400, 1008, "Requester User Not Found")
        return None

    def _found(self, request: Request) -> JSON | None:
        return next((one for one in self._incidents if one["id"] == request.path_params["id"]), None)


def _shown(incident: JSON) -> JSON:
    return {key: value for key, value in incident.items() if key != "notes"}
