"""The paths under which the stand-in for GitHub is written to, each only of the repositories that allow it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from playground.github_writing import RefusedError, Repo

Act = Callable[[Repo, Request, Mapping[str, Any], str], tuple[int, Any]]
"""Gets the repository, the request, its JSON and the API's address; gives status and answer."""


class _OfTheWritten(Route):
    """Matches only repositories that may be written to; of the others the world's own pages tell."""

    written: Mapping[str, Repo]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = super().matches(scope)
        known = child.get("path_params", {})
        repo = f"{known.get('owner')}/{known.get('name')}"
        return (match, child) if match is Match.FULL and repo in self.written else (Match.NONE, {})


def writing_routes(written: Mapping[str, Repo], repo: str) -> Sequence[Route]:
    """`repo`: the path of a repository, with `{owner}` and `{name}`."""
    return [
        _route(written, "GET", repo + "/branches/{branch:path}", _branch),
        _route(written, "POST", repo + "/git/refs", lambda there, _, asked, api: (201, there.make_ref(asked, api))),
        _route(written, "GET", repo + "/contents/{path:path}", _file),
        _route(written, "PUT", repo + "/contents/{path:path}", _put),
        _route(written, "GET", repo + "/pulls", _pulls),
        _route(written, "POST", repo + "/pulls", lambda there, _, asked, api: (201, there.make_pull(asked, api))),
        _route(written, "PATCH", repo + "/pulls/{number:int}", _edit),
        _route(written, "GET", repo + "/issues", _issues),
        _route(written, "POST", repo + "/issues", lambda there, _, asked, api: (201, there.make_issue(asked, api))),
        _route(written, "PATCH", repo + "/issues/{number:int}", _edit),
    ]


def _route(written: Mapping[str, Repo], method: str, path: str, act: Act) -> Route:
    async def endpoint(request: Request) -> Response:
        there = written["{owner}/{name}".format(**request.path_params)]
        body = await request.body()
        try:
            status, told = act(there, request, json.loads(body or b"{}"), str(request.base_url).rstrip("/"))
        except json.JSONDecodeError:
            return JSONResponse({"message": "Problems parsing JSON"}, 400)
        except RefusedError as refusal:
            return JSONResponse({"message": refusal.message, "status": str(refusal.status)}, refusal.status)
        return JSONResponse(told, status)

    route = _OfTheWritten(path, endpoint, methods=[method])
    route.written = written
    return route


def _branch(there: Repo, request: Request, _: Mapping[str, Any], api: str) -> tuple[int, Any]:
    return 200, there.branch(request.path_params["branch"], api)


def _file(there: Repo, request: Request, _: Mapping[str, Any], api: str) -> tuple[int, Any]:
    return 200, there.file(request.path_params["path"], request.query_params.get("ref", "main"), api)


def _put(there: Repo, request: Request, asked: Mapping[str, Any], api: str) -> tuple[int, Any]:
    return there.put(request.path_params["path"], asked, api)


def _pulls(there: Repo, request: Request, _asked: Mapping[str, Any], _api: str) -> tuple[int, Any]:
    asked = request.query_params
    return 200, there.pulls_of(asked.get("head", "").rpartition(":")[2], asked.get("state", "open"))


def _issues(there: Repo, request: Request, _asked: Mapping[str, Any], _api: str) -> tuple[int, Any]:
    return 200, there.labelled(request.query_params.get("labels", ""))


def _edit(there: Repo, request: Request, asked: Mapping[str, Any], _api: str) -> tuple[int, Any]:
    return 200, there.edit(request.path_params["number"], asked)
